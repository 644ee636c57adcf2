"""Visiting known sites again: what is due now, or whatever becomes due as long as a worker stays.

Central names: :func:`run_due`, :func:`run_standing`.
"""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bloghound.errors import SettingsError
from bloghound.jobs.crawl import resume_crawl
from bloghound.jobs.judging import judge_of_niches
from bloghound.jobs.supervising import Progress, supervise
from bloghound.records import CrawlReport, SiteHealth
from bloghound.settings import Settings
from crawler.due import collect
from crawler.plan import RECRAWL, RETRY_DELAYS_SECONDS, CrawlPlan, WebAccess
from crawler.safety.policy import Endpoint
from storage import crawls
from storage.database import Database, open_database
from storage.tables.base import utc_now

POLL_SECONDS = 60.0
"""How often a worker that stays looks for sites that have become due: none is due again within four hours."""

_NOTHING = CrawlReport(dict.fromkeys((health.value for health in SiteHealth), 0), {}, 0, 0, 0, 0.0)


def run_due(
    settings: Settings,
    *,
    static_hosts: Mapping[str, Endpoint] | None = None,
    progress: Progress | None = None,
    retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
    access: WebAccess = WebAccess(),  # noqa: B008 - an immutable value
) -> CrawlReport:
    """Visit every site that is due now, and go on with re-crawls that were interrupted; the figures of all of them.

    Arguments as for :func:`bloghound.jobs.crawl.run_crawl`. Raises SettingsError where a contact address is missing,
    and what a crawl raises.
    """
    _require_contact(settings, static_hosts)
    started = time.monotonic()
    database = open_database(settings)
    try:
        crawl_ids = _collect_all(database, settings)
    finally:
        database.close()
    report = _NOTHING
    for crawl_id in crawl_ids:
        report = _sum(
            report,
            resume_crawl(
                settings,
                crawl_id,
                static_hosts=static_hosts,
                progress=progress,
                retry_delays_seconds=retry_delays_seconds,
                access=access,
            ),
        )
    return replace(report, seconds=time.monotonic() - started)


def run_standing(
    settings: Settings,
    *,
    static_hosts: Mapping[str, Endpoint] | None = None,
    progress: Progress | None = None,
    retry_delays_seconds: Sequence[float] = RETRY_DELAYS_SECONDS,
    access: WebAccess = WebAccess(),  # noqa: B008 - an immutable value
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Work on every unfinished crawl and visit what becomes due, until interrupted: then it returns, all committed.

    Any number of these share one database. Raises what :func:`run_due` raises.
    """
    _require_contact(settings, static_hosts)
    database = open_database(settings)
    try:
        with database.read() as connection:
            judge = judge_of_niches(connection)
    finally:
        # Where SQLite allows one writing process only, it must be the worker.
        database.close()
    plan = CrawlPlan(
        settings,
        static_hosts=dict(static_hosts or {}),
        retry_delays_seconds=tuple(retry_delays_seconds),
        access=access,
        judge=judge,
        poll_seconds=poll_seconds,
    )
    try:
        supervise(plan, progress or (lambda _: None))
    except KeyboardInterrupt:
        return


def _require_contact(settings: Settings, static_hosts: Mapping[str, Endpoint] | None) -> None:
    if not settings.contact and not static_hosts:
        raise SettingsError(
            "Visiting sites again needs a contact address: set BLOGHOUND_CONTACT to a page or mailbox "
            "(https:// or mailto:) where their owners can reach you."
        )


def _collect_all(database: Database, settings: Settings) -> list[int]:
    """Take in what is due; the unfinished re-crawls, those that were interrupted included."""
    while True:
        with database.transaction() as connection:
            if not collect(connection, settings, now=utc_now()):
                return crawls.unfinished_ids(connection, RECRAWL)


def _sum(one: CrawlReport, other: CrawlReport) -> CrawlReport:
    return CrawlReport(
        sites={name: number + other.sites.get(name, 0) for name, number in one.sites.items()},
        outcomes=dict(Counter(one.outcomes) + Counter(other.outcomes)),
        posts_new=one.posts_new + other.posts_new,
        posts_updated=one.posts_updated + other.posts_updated,
        pages_fetched=one.pages_fetched + other.pages_fetched,
        seconds=one.seconds + other.seconds,
        errors=(*one.errors, *other.errors),
    )
