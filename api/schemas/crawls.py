"""Crawls as they are asked for and shown."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.jobs import JobOut
from bloghound.jobs.naming import Refusal
from bloghound.jobs.sitelists import MAX_ROWS
from bloghound.records import SiteHealth
from bloghound.urls import MAX_URL_CHARS
from storage.crawls import CrawlRow

MAX_DEPTH = 5
"""Hops from a seed; five reach most of the blogs there are, so more is no niche any more."""
MAX_SITES = 1_000_000
MAX_PAGES = 10_000

Address = Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARS)]


class CrawlIn(BaseModel):
    """What shall be crawled, and how far."""

    model_config = ConfigDict(extra="forbid")

    seeds: list[Address] = Field(
        min_length=1, max_length=MAX_ROWS, description="Home addresses of blogs, or profiles as `@ann@social.example`."
    )
    max_depth: int = Field(default=1, ge=0, le=MAX_DEPTH, description="Hops from the seeds to other sites.")
    max_pages_per_site: int | None = Field(
        default=None, ge=1, le=MAX_PAGES, description="Null takes the installation's setting."
    )
    max_sites: int = Field(default=1000, ge=1, le=MAX_SITES)
    index: bool = Field(default=True, description="Build a new index when the crawl is over.")


class RefusedSeedOut(BaseModel):
    """A seed that is left out."""

    row: int = Field(description="Its place in `seeds`, from 1.")
    input: str
    reason: Refusal
    message: str


class CrawlState(StrEnum):
    """How a crawl stands; an unfinished one goes on when the same is asked for again."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    UNFINISHED = "unfinished"


class CrawlSitesOut(BaseModel):
    """The sites of a crawl: those whose latest crawl it is."""

    total: int
    waiting: int
    in_work: int
    health: dict[SiteHealth, int] = Field(description="Those that are done, by health; every health appears.")


class CrawlPagesOut(BaseModel):
    """The pages of a crawl; the outcomes add up to `total`."""

    total: int
    outcomes: dict[str, int]
    per_second: float = Field(description="Of an unfinished crawl: over the last minute; else over the whole crawl.")


class CrawlOut(BaseModel):
    """A crawl as it stands."""

    id: str
    state: CrawlState
    kind: str = Field(
        description="`crawl`; `recrawl` of known sites that were due again; or how archives were read: `import`, `own`."
    )
    seeds: int = Field(description="How many.")
    max_depth: int | None
    max_pages_per_site: int | None
    max_sites: int | None
    sites: CrawlSitesOut
    pages: CrawlPagesOut
    job: str | None = Field(description="The latest job that works on it; null for one of the command line.")
    started_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: CrawlRow, states: dict[str, int]) -> "CrawlOut":
        """As stored, with the crawl's sites by state and health."""
        healths = {health: states.get(health.value, 0) for health in SiteHealth}
        waiting, in_work = states.get("waiting", 0), states.get("in_work", 0)
        total = sum(row.outcomes.values())
        return cls(
            id=row.public_id,
            state=state_of(row, in_work),
            kind=row.kind,
            seeds=len(row.options.get("seeds", ())),
            max_depth=row.options.get("max_depth"),
            max_pages_per_site=row.options.get("max_pages_per_site"),
            max_sites=row.options.get("max_sites"),
            sites=CrawlSitesOut(
                total=sum(healths.values()) + waiting + in_work, waiting=waiting, in_work=in_work, health=healths
            ),
            pages=CrawlPagesOut(total=total, outcomes=dict(row.outcomes), per_second=round(per_second(row), 3)),
            job=row.job_public_id,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )


class CrawlDetailOut(CrawlOut):
    """One crawl, with what it brought."""

    posts_new: int = Field(description="Posts first seen with this crawl.")
    posts_updated: int


class StartedCrawlOut(BaseModel):
    """A crawl that waits for a worker, and the job that does it."""

    crawl: CrawlOut
    job: JobOut
    refused: list[RefusedSeedOut] = Field(description="Seeds that are left out, and why.")


def state_of(row: CrawlRow, in_work: int) -> CrawlState:
    """How a crawl stands, by its own end, its job, and whether anybody works on it (the command line has no job)."""
    if row.finished_at is not None:
        return CrawlState.FINISHED
    if row.job_state == "running" or in_work:
        return CrawlState.RUNNING
    return CrawlState.WAITING if row.job_state == "queued" else CrawlState.UNFINISHED


def per_second(row: CrawlRow) -> float:
    """Pages per second: over the last minute while a crawl is unfinished, else over its whole time."""
    if row.finished_at is None:
        return row.pages_last_minute / 60
    seconds = (row.finished_at - row.started_at).total_seconds()
    return sum(row.outcomes.values()) / seconds if seconds > 0 else 0.0
