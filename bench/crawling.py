"""Crawls to be measured, each in a process of its own, and what they cost.

Central names: :class:`Job`, :func:`measure`.
"""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from bench.processes import Meter, Usage, family

STORED = ("post", "listing", "page", "feed", "sitemap")
"""Outcomes of pages that were read and written; the requests for robots.txt and what was not found are not counted."""
GENERATIONS = ("command", "crawler", "parsers")


@dataclass(frozen=True)
class Job:
    """What one crawl is to do, and how it tells: ``begun`` is set when the work starts, after everything is loaded."""

    homes: Sequence[str]
    static_hosts: Mapping[str, tuple[str, int]]
    folder: Path
    parsers: int = 1
    archives: tuple[Path, ...] = ()
    crawl_id: int | None = None
    """A crawl that has begun, to be worked on beside others; None for one of its own."""
    core: int | None = None
    """The one core that the crawl and its parsers may use; None for all."""


@dataclass(frozen=True)
class Speed:
    """Pages between two moments, and the CPU seconds that each kind of process spent meanwhile."""

    pages: int
    started: float
    ended: float
    cpu_seconds: Mapping[str, float]

    @property
    def pages_per_second(self) -> float:
        """The rate."""
        return self.pages / (self.ended - self.started)

    def cpu_ms(self, name: str) -> float:
        """CPU milliseconds per page of one kind of process."""
        return 1000 * self.cpu_seconds.get(name, 0.0) / self.pages


Told = tuple[int, float, float]
Crawl = Callable[["Pipe[Told, None]", Event, Job], None]
"""Does a job and tells the pages it has, when the work started and when it was done."""


def crawl_bare(tell: "Pipe[Told, None]", begun: Event, job: Job) -> None:
    """Fetch every page by following links with Scrapy alone, and keep nothing."""
    from scrapy import Spider  # noqa: PLC0415 - a reactor is installed by importing it
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415
    from scrapy.linkextractors import LinkExtractor  # noqa: PLC0415

    links, moments = LinkExtractor(), list[float]()

    class BareSpider(Spider):
        name = "bare"

        async def start(self) -> Any:
            begun.set()
            moments.append(time.monotonic())
            self.start_urls = list(job.homes)
            async for request in super().start():
                yield request

        def parse(self, response: Any, **_: Any) -> Any:
            moments.append(time.monotonic())
            yield from response.follow_all(links.extract_links(response))

    process = AsyncCrawlerProcess(
        {
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "CONCURRENT_REQUESTS": 32,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
            "TWISTED_DNS_RESOLVER": "crawler.safety.resolver.FilteringResolver",
            "BLOGHOUND_STATIC_HOSTS": dict(job.static_hosts),
        }
    )
    process.crawl(BareSpider)
    process.start()
    tell.send((len(moments) - 1, moments[0], moments[-1]))


def crawl_ours(tell: "Pipe[Told, None]", begun: Event, job: Job) -> None:
    """Crawl as the command does, until the last page is committed; from ``archives`` where the job names some."""
    from bloghound.jobs.crawl import resume_crawl, run_crawl  # noqa: PLC0415 - the parsers import this module as well
    from bloghound.settings import Settings  # noqa: PLC0415

    if job.core is not None:
        os.sched_setaffinity(0, {job.core})
    told: list[tuple[float, Mapping[str, int]]] = []

    def progress(now: Any) -> None:
        begun.set()
        told.append((time.monotonic(), now.outcomes))

    settings = Settings(data_dir=job.folder, extraction_workers=job.parsers)
    hosts = dict(job.static_hosts)
    if job.crawl_id is not None:
        resume_crawl(settings, job.crawl_id, static_hosts=hosts, progress=progress)
    else:
        homes = list(job.homes)
        report = run_crawl(
            settings, homes, max_sites=len(homes), archives=job.archives, static_hosts=hosts, progress=progress
        )
        assert report.sites.get("ok", 0) == len(homes), report
    tell.send((sum(told[-1][1].get(name, 0) for name in STORED), told[0][0], told[-1][0]))


def measure(crawl: Crawl, jobs: Sequence[Job], server: int = 0) -> Speed:
    """Do jobs at the same time; ``server`` is the process that answers them, for its share of the CPU."""
    context = multiprocessing.get_context("spawn")
    begun, pipes, processes = context.Event(), [], []
    for job in jobs:
        told, telling = context.Pipe()
        process = context.Process(target=crawl, args=(telling, begun, job))
        process.start()
        telling.close()
        pipes.append(told)
        processes.append(process)
    with Meter(lambda: _named(server, [process.pid or 0 for process in processes]), begun.is_set) as meter:
        answers: list[Told] = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    pages, started, ended = zip(*answers, strict=True)
    return Speed(sum(pages), min(started), max(ended), meter.cpu_seconds)


def _named(server: int, crawls: Sequence[int]) -> Iterator[tuple[str, Usage]]:
    yield from (("server", usage) for _, usage in family(server))
    for crawl in crawls:
        for generation, usage in family(crawl):
            yield GENERATIONS[min(generation, len(GENERATIONS) - 1)], usage
