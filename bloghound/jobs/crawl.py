"""A crawl from start to report: seeds into the queue, the spider in a process of its own, the figures at the end.

Central names: :func:`run_crawl`, which is :func:`begin_crawl` and :func:`resume_crawl`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bloghound.errors import NotFoundError
from bloghound.jobs.judging import judge_of_niches
from bloghound.jobs.supervising import Progress, supervise
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from bloghound.urls import host_of
from crawler.archive.writer import purge_old_segments
from crawler.discovery import admit, seed_sites
from crawler.downloads import own_hosts, require_contact
from crawler.plan import RETRY_DELAYS_SECONDS, CrawlPlan, WebAccess, plan_for
from crawler.safety.policy import Endpoint
from storage import changes, crawls, frontier, sites, suppressions
from storage.database import Connection, open_database
from storage.tables.base import utc_now


def run_crawl(
    settings: Settings,
    seeds: Sequence[str],
    *,
    max_sites: int = 1000,
    max_pages_per_site: int | None = None,
    depth: int = 0,
    archives: Sequence[Path] = (),
    static_hosts: Mapping[str, Endpoint] | None = None,
    progress: Progress | None = None,
    retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
    access: WebAccess = WebAccess(),  # noqa: B008 - an immutable value
) -> CrawlReport:
    """Crawl from seed addresses outward and store what is found; an unfinished crawl for the same is continued.

    ``depth`` counts hops from site to site. With ``archives`` every answer comes from these WARC files.
    ``static_hosts`` are names of our own and where they are served, ``access`` says how all others are reached. The
    report covers the whole crawl, ``seconds`` this run of it. Raises AddressError for a seed that is none,
    SettingsError where a contact address is missing, ArchiveError for an archive that is none, CrawlError when the
    crawl cannot start or go on.
    """
    own = dict(static_hosts or {})
    if not archives:
        require_contact(settings, (host_of(seed) or seed for seed in seeds), own_hosts(own))
    limits = CrawlLimits(max_sites, max_pages_per_site or settings.max_pages_per_site, depth)
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            begun = begin_crawl(connection, settings, seeds, limits, archives=archives)
    finally:
        database.close()
    report = resume_crawl(
        settings,
        begun.crawl_id,
        static_hosts=own,
        progress=progress,
        retry_delays_seconds=retry_delays_seconds,
        access=access,
    )
    refused = [f"{url} is not to be stored (forgotten) and was not crawled." for url in begun.suppressed]
    return replace(report, errors=(*refused, *report.errors))


@dataclass(frozen=True, slots=True)
class CrawlLimits:
    """How far a crawl goes; ``max_depth`` counts hops from site to site."""

    max_sites: int
    max_pages_per_site: int
    max_depth: int


@dataclass(frozen=True, slots=True)
class BegunCrawl:
    """A crawl that is written down, and the seeds that it leaves out since they may not be stored."""

    crawl_id: int
    public_id: str
    suppressed: tuple[str, ...]


def begin_crawl(
    connection: Connection,
    settings: Settings,
    seeds: Sequence[str],
    limits: CrawlLimits,
    *,
    archives: Sequence[Path] = (),
    workspace: str = "",
) -> BegunCrawl:
    """Write down what shall be crawled; nothing is asked for before :func:`resume_crawl`.

    An unfinished crawl for the same is continued, unless another ``workspace`` asked for it. Raises AddressError.
    """
    wanted, suppressed = seed_sites(seeds, suppressions.load(connection, settings.secret_key()))
    seeds_in_order = list(dict.fromkeys(site.home_url for site in wanted))
    options: dict[str, object] = {
        "seeds": sorted(seeds_in_order),
        "archives": [str(path.resolve()) for path in archives],
        **asdict(limits),
    }
    options |= {"workspace": workspace} if workspace else {}
    # Their order tells no two crawls apart, but says which come first where there is no place for all.
    run = crawls.begin(connection, "crawl", options, now=utc_now(), more={"seeds": seeds_in_order})
    return BegunCrawl(run.crawl_id, run.public_id, tuple(suppressed))


def resume_crawl(
    settings: Settings,
    crawl_id: int,
    *,
    static_hosts: Mapping[str, Endpoint] | None = None,
    progress: Progress | None = None,
    retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
    access: WebAccess = WebAccess(),  # noqa: B008 - an immutable value
) -> CrawlReport:
    """Work on a crawl until it is over, from wherever it stands; of a finished one only the report is made.

    Seeds that were forgotten since it began are left out. Raises NotFoundError when there is no such crawl, and what
    :func:`run_crawl` raises while it runs.
    """
    started = time.monotonic()
    prepared = _prepare(settings, crawl_id, dict(static_hosts or {}), tuple(retry_delays_seconds), access)
    if not prepared.plan.is_archived:
        purge_old_segments(settings.archive_dir, settings.archive_retention_days)
    warnings = () if prepared.is_finished else supervise(prepared.plan, progress or (lambda _: None))
    return _report(prepared.plan, time.monotonic() - started, (*prepared.left_out, *warnings))


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A crawl that can go on, with a sentence about each seed for which it has no place."""

    plan: CrawlPlan
    left_out: tuple[str, ...]
    is_finished: bool


def _prepare(
    settings: Settings,
    crawl_id: int,
    static_hosts: Mapping[str, Endpoint],
    retry_delays_seconds: tuple[float, ...],
    access: WebAccess,
) -> _Prepared:
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            stored = crawls.stored(connection, crawl_id)
            if stored is None:
                raise NotFoundError("The crawl is no longer stored.")
            base = CrawlPlan(
                settings=settings,
                static_hosts=static_hosts,
                retry_delays_seconds=retry_delays_seconds,
                access=access,
                judge=judge_of_niches(connection) if stored.options["max_depth"] else None,
            )
            plan = plan_for(base, crawl_id, stored.kind, stored.options)
            left_out = () if stored.finished_at else _admit_seeds(connection, plan, stored.options["seeds"])
    finally:
        # Where SQLite allows one writing process only, it must be the worker.
        database.close()
    return _Prepared(plan, left_out, stored.finished_at is not None)


def _admit_seeds(connection: Connection, plan: CrawlPlan, seeds: Sequence[str]) -> tuple[str, ...]:
    """Bring the seeds into the queue; a sentence about each for which the crawl has no place."""
    wanted, _ = seed_sites(seeds, suppressions.load(connection, plan.settings.secret_key()))
    admit(connection, plan, wanted, now=utc_now())
    held = frontier.held_by(connection, [site.key for site in wanted], plan.crawl_id)
    left_out = [site.home_url for site in wanted if site.key not in held]
    return tuple(f"{url} was not crawled: the crawl holds {plan.max_sites} sites." for url in left_out)


def _report(plan: CrawlPlan, seconds: float, errors: tuple[str, ...]) -> CrawlReport:
    database = open_database(plan.settings)
    try:
        with database.transaction() as connection:
            if not frontier.unfinished(connection, [plan.crawl_id])[0]:
                sites.refresh_linkers(connection)
                crawls.finish(connection, plan.crawl_id, now=utc_now())
            outcomes, new, updated = crawls.outcomes(connection, plan.crawl_id)
            healths = crawls.site_healths(connection, plan.crawl_id)
        with database.transaction() as connection:
            changes.fold(connection)
    finally:
        database.close()
    return CrawlReport(healths, outcomes, new, updated, sum(outcomes.values()), seconds, errors)
