"""A crawl from start to report: seeds into the queue, the spider in a process of its own, the figures at the end."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from bloghound.errors import BloghoundError, CrawlError
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from bloghound.urls import host_of
from crawler.archive.writer import purge_old_segments
from crawler.discovery import admit, seed_sites
from crawler.downloads import own_hosts, require_contact
from crawler.plan import RETRY_DELAYS_SECONDS, CrawlPlan, CrawlProgress
from crawler.safety.policy import Endpoint
from crawler.worker import Finished, run_worker
from storage import crawls, sites, suppressions
from storage.database import open_database
from storage.sites import NewSite
from storage.tables.base import utc_now

Progress = Callable[[CrawlProgress], None]

STOP_SECONDS = 15.0
"""A worker that is asked to stop ends after the requests in flight, each of at most 20 s; it rarely takes one."""


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
) -> CrawlReport:
    """Crawl from seed addresses outward and store what is found; an unfinished crawl for the same is continued.

    ``depth`` counts hops from site to site. With ``archives`` every answer comes from these WARC files.
    ``static_hosts`` are names of our own and where they are served. The report covers the whole crawl, ``seconds``
    this run of it. Raises AddressError for a seed that is none, SettingsError where a contact address is missing,
    ArchiveError for an archive that is none, CrawlError when the crawl cannot start or go on.
    """
    started = time.monotonic()
    own = dict(static_hosts or {})
    if not archives:
        require_contact(settings, (host_of(seed) or seed for seed in seeds), own_hosts(own))
        purge_old_segments(settings.archive_dir, settings.archive_retention_days)
    limits = {
        "max_sites": max_sites,
        "max_pages_per_site": max_pages_per_site or settings.max_pages_per_site,
        "max_depth": depth,
    }
    paths = tuple(str(path.resolve()) for path in archives)
    plan, refused = _prepare(settings, seeds, limits, paths, own, tuple(retry_delays_seconds))
    warnings = _supervise(plan, progress or (lambda _: None))
    return _report(plan, time.monotonic() - started, (*refused, *warnings))


def _prepare(
    settings: Settings,
    seeds: Sequence[str],
    limits: Mapping[str, int],
    archives: tuple[str, ...],
    static_hosts: Mapping[str, Endpoint],
    retry_delays_seconds: tuple[float, ...],
) -> tuple[CrawlPlan, list[str]]:
    """The crawl begun or taken up, with its seeds in the queue; and a sentence about each seed that is left out."""
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            wanted, suppressed = seed_sites(seeds, suppressions.load(connection, settings.secret_key()))
            options = {"seeds": _fingerprint(wanted), "archives": list(archives)} | dict(limits)
            run = crawls.begin(connection, "crawl", options, now=utc_now())
            plan = CrawlPlan(
                settings=settings,
                crawl_id=run.crawl_id,
                archives=archives,
                static_hosts=static_hosts,
                retry_delays_seconds=retry_delays_seconds,
                **limits,
            )
            admit(connection, plan, wanted, now=utc_now())
            held = sites.held_by(connection, [site.key for site in wanted], plan.crawl_id)
    finally:
        # Where SQLite allows one writing process only, it must be the worker.
        database.close()
    refused = [f"{url} is not to be stored (forgotten) and was not crawled." for url in suppressed]
    left_out = [site.home_url for site in wanted if site.key not in held]
    return plan, [*refused, *(f"{url} was not crawled: the crawl holds {plan.max_sites} sites." for url in left_out)]


def _fingerprint(wanted: Sequence[NewSite]) -> list[str]:
    return sorted({site.home_url for site in wanted})


def _supervise(plan: CrawlPlan, progress: Progress) -> tuple[str, ...]:
    """Run the worker process and pass its progress on; the warnings it ended with."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_worker, args=(plan, theirs), name="bloghound-crawl")
    with _interrupts_ignored():
        process.start()
    theirs.close()
    try:
        return _listen(ours, progress)
    except (EOFError, ConnectionError) as error:
        process.join(STOP_SECONDS)
        raise CrawlError(
            f"The crawling process ended unexpectedly ({_exit_words(process.exitcode)}); "
            "the same command continues the crawl."
        ) from error
    except BloghoundError:
        raise
    except BaseException:
        _stop(ours)
        raise
    finally:
        process.join(STOP_SECONDS)
        ours.close()
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _listen(pipe: "Pipe[object, object]", progress: Progress) -> tuple[str, ...]:
    """Pass progress on until the worker's last word; raises the error that it ended with."""
    while True:
        message = pipe.recv()
        if isinstance(message, CrawlProgress):
            progress(message)
        elif isinstance(message, BloghoundError):
            raise message
        elif isinstance(message, Finished):
            return message.warnings


def _stop(pipe: "Pipe[object, object]") -> None:
    """Ask the worker to stop, and read what it still tells: a full pipe would hold it up."""
    deadline = time.monotonic() + STOP_SECONDS
    with suppress(EOFError, OSError):
        pipe.send("stop")
        while pipe.poll(max(0.0, deadline - time.monotonic())):
            pipe.recv()


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """What is started here ignores Ctrl-C, which reaches a whole process group: it is asked to stop over the pipe."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _exit_words(code: int | None) -> str:
    if code is None:
        return "still running"
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _report(plan: CrawlPlan, seconds: float, errors: tuple[str, ...]) -> CrawlReport:
    database = open_database(plan.settings)
    try:
        with database.transaction() as connection:
            if not sites.unfinished(connection, plan.crawl_id)[0]:
                sites.refresh_linkers(connection)
                crawls.finish(connection, plan.crawl_id, now=utc_now())
            outcomes, new, updated = crawls.outcomes(connection, plan.crawl_id)
            healths = crawls.site_healths(connection, plan.crawl_id)
    finally:
        database.close()
    return CrawlReport(healths, outcomes, new, updated, sum(outcomes.values()), seconds, errors)
