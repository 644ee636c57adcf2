"""A crawl in a process of its own: a Twisted reactor runs only once in a process, and a crash must end nothing else.

The parent holds one end of a pipe. Over it the worker tells its progress and how it ended; a word on it from the
parent asks the worker to stop, and its end, which the parent's death brings too, stops the worker at once.
Central names: :func:`run_worker`, :class:`Finished`.
"""

import asyncio
import gc
import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

from scrapy.crawler import AsyncCrawlerProcess

from bloghound.errors import BloghoundError, CrawlError
from bloghound.logs import LOG_NAME, set_up_logging
from crawler.archive.index import open_index
from crawler.downloads import scrapy_settings
from crawler.extract.pool import ParserPool
from crawler.leases import WorkerMark, release_dead_workers
from crawler.plan import CrawlPlan
from crawler.politeness.identity import user_agent
from crawler.spiders.sites import SiteSpider
from storage.database import Database, open_database

_YOUNG_OBJECTS = 20_000
"""New objects between two looks at the young ones; Python's 700 is made for programs that are small and short."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finished:
    """A worker's last word: ``warnings`` are sentences about archives that could not be read in full."""

    warnings: tuple[str, ...] = ()


class _Line:
    """The worker's end of the pipe; the progress thread and the event loop share it."""

    def __init__(self, pipe: "Pipe[object, object]") -> None:
        self._pipe = pipe
        self._lock = threading.Lock()

    def tell(self, message: object) -> None:
        """Send; a parent that is gone hears nothing, and the watch ends this process."""
        with self._lock, suppress(OSError):
            self._pipe.send(message)

    def watch(self, on_stop: Callable[[], object]) -> None:
        """Wait in a thread for the parent's word, or for its end."""
        threading.Thread(target=self._listen, args=(on_stop,), name="parent-watch", daemon=True).start()

    def _listen(self, on_stop: Callable[[], object]) -> None:
        try:
            while True:
                self._pipe.recv()
                on_stop()
        except (EOFError, OSError):
            # The parent is gone: so are whoever waits for the results and the terminal. The parsers go with the group.
            os.killpg(os.getpgrp(), signal.SIGKILL)


def run_worker(plan: CrawlPlan, pipe: "Pipe[object, object]") -> None:
    """Work on a crawl until it is over; to be run as the target of a spawned process.

    Tells :class:`~crawler.plan.CrawlProgress` values, then :class:`Finished` or the error that ended it.
    """
    # A group of its own: Ctrl-C in the terminal reaches the parent alone, which asks this process to stop.
    os.setpgrp()
    line = _Line(pipe)
    set_up_logging(plan.settings, "crawl", to_file=True)
    try:
        line.tell(_crawl(plan, line))
    except BloghoundError as error:
        line.tell(error)
    except Exception as error:  # noqa: BLE001 - the last border: whatever it is, the parent is told in a sentence
        _LOG.exception("the worker failed")
        line.tell(
            CrawlError(f"The crawl failed ({type(error).__name__}: {error}); see {LOG_NAME} in the data directory.")
        )


def _crawl(plan: CrawlPlan, line: _Line) -> Finished:
    warnings = tuple(open_index(plan.archives).damage) if plan.is_archived else ()
    settings = plan.settings
    database = open_database(settings)
    try:
        release_dead_workers(settings, database)
        with (
            WorkerMark(settings) as mark,
            ParserPool(
                settings.extraction_workers,
                settings.parse_timeout_seconds,
                settings.parse_memory_mib,
                collect_contacts=settings.collect_contacts,
            ) as parsers,
        ):
            _run_scrapy(plan, mark.owner, database, parsers, line)
    finally:
        database.close()
    return Finished(warnings)


def _run_scrapy(plan: CrawlPlan, owner: str, database: Database, parsers: ParserPool, line: _Line) -> None:
    process = AsyncCrawlerProcess(_settings(plan))
    # Set here since Scrapy sets it when the process is made: a line for each page costs more than looking the page up.
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    stopping = asyncio.Event()
    loop = asyncio.get_event_loop()
    line.watch(lambda: loop.call_soon_threadsafe(stopping.set))
    signal.signal(signal.SIGTERM, lambda *_: loop.call_soon_threadsafe(stopping.set))
    crawler = process.create_crawler(SiteSpider)
    process.crawl(
        crawler,
        plan=plan,
        owner=owner,
        database=database,
        parsers=parsers,
        listener=line.tell,
        stopping=stopping,
    )
    _collect_rarely()
    process.start(install_signal_handlers=False)
    spider = crawler.spider
    if not isinstance(spider, SiteSpider):
        raise CrawlError("The crawler did not start.")
    if spider.error is not None:
        raise spider.error


def _collect_rarely() -> None:
    """Look for garbage in cycles less often, and not among what was imported: it took a seventh of the worker's time.

    Between two looks there are a few MB of it at most: a page makes some hundred objects, and most are in no cycle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, 20, 50)


def _settings(plan: CrawlPlan) -> dict[str, object]:
    made = scrapy_settings(
        plan.settings,
        agent=user_agent(plan.settings),
        archives=[Path(archive) for archive in plan.archives] or None,
        static_hosts=plan.static_hosts,
        polite=plan.is_polite,
        ports=plan.access.ports,
        lookup=plan.access.lookup,
    )
    return made | {"LOG_INSTALL_ROOT_HANDLER": False}
