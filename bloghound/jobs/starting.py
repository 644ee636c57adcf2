"""Asking for long work: a crawl from seeds, an index build. Both answer at once with the job that will do it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bloghound.errors import ConflictError, InputError, SettingsError
from bloghound.jobs.naming import Judged, judge
from bloghound.jobs.work import CRAWL, INDEX
from bloghound.settings import Settings
from bloghound.urls import host_of
from storage import jobs, suppressions
from storage.database import Connection, Database
from storage.jobs import UNFINISHED, JobRecord
from storage.tables.base import utc_now

DEFAULT_MAX_SITES = 1000
"""That of ``bloghound crawl``."""


@dataclass(frozen=True, slots=True)
class CrawlWish:
    """How a crawl is asked for; ``max_pages_per_site`` None takes the setting's."""

    max_depth: int = 1
    max_sites: int = DEFAULT_MAX_SITES
    max_pages_per_site: int | None = None
    index: bool = True


@dataclass(frozen=True, slots=True)
class StartedCrawl:
    """A crawl that waits for a worker, and the seeds that it leaves out, by their place in the list."""

    crawl_public_id: str
    job: JobRecord
    refused: tuple[tuple[int, Judged], ...]


def start_crawl(
    settings: Settings,
    database: Database,
    seeds: Sequence[str],
    wish: CrawlWish,
    *,
    workspace_id: int,
    workspace: str,
) -> StartedCrawl:
    """Write a crawl down and put it into the queue; who asks twice for the same while it is under way gets the same.

    Raises InputError when no seed can be crawled, ConflictError when no contact address is configured.
    """
    with database.transaction() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
        judged = [judge(text, suppressed) for text in seeds]
        accepted = [one.site.home_url for one in judged if one.site is not None]
        refused = tuple((place, one) for place, one in enumerate(judged, 1) if one.refusal)
        if not accepted:
            first = f" The first: {refused[0][1].message}" if refused else ""
            raise InputError(f"None of the {len(judged)} seeds can be crawled.{first}")
        _require_contact(settings, accepted)
        return _submit(connection, settings, accepted, wish, refused, workspace_id=workspace_id, workspace=workspace)


def _submit(
    connection: Connection,
    settings: Settings,
    accepted: Sequence[str],
    wish: CrawlWish,
    refused: tuple[tuple[int, Judged], ...],
    *,
    workspace_id: int,
    workspace: str,
) -> StartedCrawl:
    from bloghound.jobs.crawl import CrawlLimits, begin_crawl  # noqa: PLC0415 - Scrapy costs a second at start

    limits = CrawlLimits(wish.max_sites, wish.max_pages_per_site or settings.max_pages_per_site, wish.max_depth)
    begun = begin_crawl(connection, settings, accepted, limits, workspace=workspace)
    job = jobs.unfinished(connection, CRAWL, workspace_id=workspace_id, crawl_id=begun.crawl_id, states=UNFINISHED)
    if job is None:
        job = jobs.submit(
            connection,
            CRAWL,
            workspace_id=workspace_id,
            parameters={INDEX: wish.index},
            crawl_id=begun.crawl_id,
            now=utc_now(),
        )
    return StartedCrawl(begun.public_id, job, refused)


def _require_contact(settings: Settings, addresses: Sequence[str]) -> None:
    from crawler.downloads import require_contact  # noqa: PLC0415 - loads Scrapy

    try:
        require_contact(settings, map(host_of, addresses))
    except SettingsError as error:
        raise ConflictError(str(error)) from error


def start_index(database: Database, *, workspace_id: int) -> JobRecord:
    """Ask for a new generation; a build that waits already will see everything stored, so it is the one."""
    with database.transaction() as connection:
        waiting = jobs.unfinished(connection, INDEX, workspace_id=workspace_id, states=("queued",))
        return waiting or jobs.submit(connection, INDEX, workspace_id=workspace_id, now=utc_now())
