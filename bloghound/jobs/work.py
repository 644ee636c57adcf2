"""What each kind of job does: crawl, index, forget, quality. Heavy parts are loaded when a job first needs them.

Central names: :func:`do_job`, :class:`Done`, :class:`Postponed`.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bloghound.errors import BloghoundError, CrawlError, NotFoundError, StorageError
from bloghound.jobs.locks import locked
from bloghound.jobs.quality import QUALITY, MeasuredEngine, measure_workspace, start_after_build
from bloghound.jobs.queue import Desk
from bloghound.settings import Settings
from storage import jobs
from storage.database import Database

CRAWL, INDEX, FORGET = "crawl", "index", "forget"

MAX_ERRORS = 100
"""Sentences kept with a job: more than anybody reads, and a crawl of 10,000 seeds may have one for each."""
BUSY_DELAY = timedelta(minutes=5)
"""How long an erasure waits for a crawl that is writing archives, or for a reader that keeps the database open."""
POLL_SECONDS = 0.5
"""How often a build looks whether another one has ended."""

StaticHosts = Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Done:
    """A job that was done, with what came of it, and sentences about what could not be used in full."""

    result: dict[str, Any]
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Postponed:
    """A job that has to be taken up again later; what was done of it is written down."""

    delay: timedelta = BUSY_DELAY


@dataclass(frozen=True, slots=True)
class Tools:
    """What work is done with. ``static_hosts`` are names of our own and where they are served.

    The teams that are measured one after the other share ``measured_engine``.
    """

    settings: Settings
    database: Database
    static_hosts: StaticHosts = field(default_factory=dict)
    measured_engine: MeasuredEngine = field(default_factory=MeasuredEngine)


def do_job(tools: Tools, desk: Desk) -> Done | Postponed:
    """Do the job of a desk; raises BloghoundError when it fails, JobStopped when it shall stop."""
    kinds: dict[str, Callable[[Tools, Desk], Done | Postponed]] = {
        CRAWL: _crawl,
        INDEX: _index,
        FORGET: _forget,
        QUALITY: _quality,
    }
    work = kinds.get(desk.job.kind)
    if work is None:
        raise NotFoundError(f"This version does not know jobs of the kind {desk.job.kind!r}.")
    return work(tools, desk)


def _crawl(tools: Tools, desk: Desk) -> Done:
    from bloghound.jobs.crawl import resume_crawl  # noqa: PLC0415 - Scrapy costs a second that a start need not pay

    if desk.job.crawl_id is None:
        raise CrawlError("The crawl is no longer stored.")
    desk.report(CRAWL, 0, None)
    report = resume_crawl(
        tools.settings,
        desk.job.crawl_id,
        static_hosts=tools.static_hosts,
        progress=lambda event: desk.report(
            CRAWL, event.sites_done, event.sites_total, {"pages": event.pages, "posts": event.posts}
        ),
    )
    figures: dict[str, Any] = {
        "sites": report.sites,
        "outcomes": report.outcomes,
        "posts_new": report.posts_new,
        "posts_updated": report.posts_updated,
        "pages_fetched": report.pages_fetched,
    }
    if not desk.job.parameters.get(INDEX):
        return Done({CRAWL: figures}, _shortened(report.errors))
    try:
        built = _index(tools, desk)
    except BloghoundError as error:
        # The crawl itself is done and kept: only the index is to be built once more.
        return Done({CRAWL: figures}, _shortened((*report.errors, f"The index was not built: {error}")))
    return Done({CRAWL: figures, **built.result}, _shortened((*report.errors, *built.errors)))


def _shortened(errors: tuple[str, ...]) -> tuple[str, ...]:
    if len(errors) <= MAX_ERRORS:
        return errors
    return (*errors[:MAX_ERRORS], f"And {len(errors) - MAX_ERRORS} more.")


def _index(tools: Tools, desk: Desk) -> Done:
    """Build a generation, after any other build of this data directory."""
    from bloghound.jobs.index import run_index  # noqa: PLC0415 - loads numpy and scipy, and then the model

    with _one_build(tools.settings, desk):
        desk.report("load", 0, None)
        report = run_index(tools.settings, progress=desk.report)
    start_after_build(tools.database)
    # Niches are of all teams and the job is one team's: it tells how many, and not which.
    niches = {"ranked": report.niches.ranked, "unchanged": report.niches.unchanged, "failed": len(report.niches.failed)}
    figures = {"generation": report.generation, "bloggers": report.bloggers, "posts": report.posts, "niches": niches}
    problem = report.niches_problem
    return Done({INDEX: figures}, (f"The saved niches could not be ranked: {problem}",) if problem else ())


@contextmanager
def _one_build(settings: Settings, desk: Desk) -> Iterator[None]:
    """Wait, ready to stop, until no other build of this data directory is under way, and keep others waiting."""

    def wait() -> None:
        desk.report("wait", 0, None)
        time.sleep(POLL_SECONDS)

    with locked(settings.ensure_data_dir() / "build.lock", while_taken=wait):
        yield


def _quality(tools: Tools, desk: Desk) -> Done:
    if desk.job.workspace_id is None:
        raise NotFoundError("The workspace whose judgements were to be measured is not stored.")
    team, engine = desk.job.workspace_id, tools.measured_engine
    return Done({QUALITY: measure_workspace(tools.settings, tools.database, team, desk.report, engine)})


def _forget(tools: Tools, desk: Desk) -> Done | Postponed:
    """Erase the sites of a job one by one; each is taken off its list when nothing of it is left."""
    from bloghound.jobs.forgetting import erase  # noqa: PLC0415 - loads Scrapy and tantivy

    keys = list(desk.job.parameters.get("site_keys", ()))
    receipts = list(desk.job.result.get("receipts", ()))
    postponed = False
    for place, key in enumerate(keys):
        desk.report(FORGET, place, len(keys))
        done = erase(tools.settings, tools.database, key)
        postponed = postponed or bool(done.busy_archives)
        receipts.append(
            {
                "removed": done.receipt.removed,
                "archived_records": done.archived_records,
                "generations_rewritten": done.generations,
                "generations_deleted": done.generations_deleted,
                "log_lines": done.log_lines,
            }
        )
        _note(tools, desk, receipts)
    try:
        tools.database.checkpoint()
    except StorageError:
        return Postponed()
    return Postponed() if postponed else Done({"receipts": receipts})


def _note(tools: Tools, desk: Desk, receipts: list[dict[str, Any]]) -> None:
    """Keep the receipts so far; what is left to erase, the erasure itself has brought up to date."""
    with tools.database.transaction() as connection:
        stored = jobs.by_public_id(connection, desk.job.public_id)
        if stored is not None:
            jobs.set_parameters(connection, desk.job.job_id, stored.parameters, {"receipts": receipts})
