"""Sites as they are listed, with their health, and what became of the rows of an imported list."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.crawls import Address
from api.schemas.jobs import JobOut
from bloghound.jobs.sitelists import MAX_ROWS, ImportedRow, RowStatus
from bloghound.records import SiteHealth
from storage.health import SiteRow, Step


class SiteState(StrEnum):
    """Where a site stands in the queue."""

    KNOWN = "known"
    WAITING = "waiting"
    IN_WORK = "in_work"
    DONE = "done"


class SiteOut(BaseModel):
    """A site as it stands."""

    id: str
    key: str
    home_url: str
    title: str
    kind: str = Field(description="`blog` or `profile`.")
    platform: str
    language: str | None
    blogger: str
    crawl: str | None = Field(description="Its latest crawl.")
    state: SiteState = Field(description="`known`: nobody asked for a visit yet; `done`: its latest crawl is over.")
    health: SiteHealth | None = Field(
        description="How its latest crawl ended; null until then. A site that keeps us out is `blocked` or `robots`, "
        "never inactive."
    )
    reason: str = Field(description="Why the health is what it is, in words.")
    flags: list[str]
    depth: int = Field(description="Hops from a seed.")
    pages: int = Field(description="Pages asked for at least once.")
    posts: int
    first_seen: datetime
    last_visit: datetime | None
    next_visit: datetime | None

    @classmethod
    def of(cls, row: SiteRow) -> "SiteOut":
        """As stored."""
        return cls(**_fields(row))


class FoundAtOut(BaseModel):
    """One site on the way from a seed."""

    id: str
    key: str
    home_url: str
    found_from_url: str | None = Field(description="The address that led to it; null for a seed.")

    @classmethod
    def of(cls, step: Step) -> "FoundAtOut":
        """As stored."""
        return cls(id=step.public_id, key=step.key, home_url=step.home_url, found_from_url=step.found_from_url)


class SiteDetailOut(SiteOut):
    """One site, with the way by which it was found."""

    path: list[FoundAtOut] = Field(description="From the seed to the site itself.")

    @classmethod
    def found(cls, row: SiteRow, path: list[Step]) -> "SiteDetailOut":
        """As stored."""
        return cls(**_fields(row), path=[FoundAtOut.of(step) for step in path])


def _fields(row: SiteRow) -> dict[str, Any]:
    same = ("key", "home_url", "title", "kind", "platform", "language", "state", "health", "reason", "depth")
    counted = ("pages", "posts", "first_seen", "last_visit", "next_visit")
    return {name: getattr(row, name) for name in (*same, *counted)} | {
        "id": row.public_id,
        "blogger": row.blogger_public_id,
        "crawl": row.crawl_public_id,
        "flags": list(row.flags),
    }


class UrlsIn(BaseModel):
    """A list of sites as JSON."""

    model_config = ConfigDict(extra="forbid")

    urls: list[Address] = Field(min_length=1, max_length=MAX_ROWS)


class ImportedRowOut(BaseModel):
    """What became of a row."""

    row: int = Field(description="Line of the file, or number of the outline or address.")
    input: str
    site_id: str | None
    status: RowStatus
    message: str

    @classmethod
    def of(cls, row: ImportedRow) -> "ImportedRowOut":
        """As done."""
        return cls(row=row.row, input=row.text, site_id=row.site_id, status=row.status, message=row.message)


class ImportOut(BaseModel):
    """A list that was imported, row by row."""

    counts: dict[RowStatus, int] = Field(description="Rows by status; every status appears.")
    rows: list[ImportedRowOut]
    crawl: str | None = Field(description="The crawl of the sites that came in, when one was asked for.")
    job: JobOut | None
