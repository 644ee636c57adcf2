"""Pages stored per second, against a bare Scrapy spider that fetches and follows the same links from the same server.

Both crawl blogs on a loopback server; ours also reads feeds, parses every page in other processes and commits what it
finds. Startup of either process is left out: the clock runs from the first request that the server sees. Usage::

    python -m bench.crawl [--blogs 48] [--posts 28]
"""

import argparse
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from tests.mockweb import MockWeb, small_blog

AIM = 0.6
"""The least acceptable share of the bare spider's speed."""
STORED = ("post", "listing", "page", "feed")


@dataclass(frozen=True)
class Speed:
    """Pages in so many seconds."""

    pages: int
    seconds: float

    @property
    def pages_per_second(self) -> float:
        """The rate."""
        return self.pages / self.seconds


def crawl_bare(urls: list[str], static_hosts: dict[str, tuple[str, int]]) -> None:
    """Fetch every page of some hosts by following links, and keep nothing; for a process of its own."""
    from scrapy import Spider  # noqa: PLC0415 - a reactor is installed by importing it
    from scrapy.crawler import AsyncCrawlerProcess  # noqa: PLC0415
    from scrapy.linkextractors import LinkExtractor  # noqa: PLC0415

    links = LinkExtractor()

    class BareSpider(Spider):
        name = "bare"
        start_urls = urls

        def parse(self, response: Any, **_: Any) -> Any:
            yield from response.follow_all(links.extract_links(response))

    process = AsyncCrawlerProcess(
        {
            "LOG_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "CONCURRENT_REQUESTS": 32,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
            "TWISTED_DNS_RESOLVER": "crawler.safety.resolver.FilteringResolver",
            "BLOGHOUND_STATIC_HOSTS": static_hosts,
        }
    )
    process.crawl(BareSpider)
    process.start()


def measure_bare(blogs: int, posts: int) -> Speed:
    """Requests that a bare spider makes, from the first to the last."""
    with serve(blogs, posts) as web:
        arguments = ([web.url(host) for host in web.hosts], hosts_of(web))
        process = multiprocessing.get_context("spawn").Process(target=crawl_bare, args=arguments)
        process.start()
        process.join()
        moments = [one.received_at for one in web.requests]
    return Speed(len(moments), max(moments) - min(moments))


def measure_ours(blogs: int, posts: int) -> Speed:
    """Pages that a crawl stores, from its first request until all is committed."""
    told: list[float] = []
    with serve(blogs, posts) as web, tempfile.TemporaryDirectory() as folder:
        report = run_crawl(
            Settings(data_dir=Path(folder), crawl_delay_seconds=0.5),
            [web.url(host) for host in web.hosts],
            static_hosts=hosts_of(web),
            progress=lambda _: told.append(time.monotonic()),
        )
        first = min(one.received_at for one in web.requests)
    assert report.sites["ok"] == blogs, report
    return Speed(sum(report.outcomes.get(name, 0) for name in STORED), told[-1] - first)


def serve(blogs: int, posts: int) -> MockWeb:
    """A server of so many blogs, not yet started."""
    return MockWeb({f"blog{number}.bench.test": small_blog(posts, f"Blog {number}") for number in range(blogs)})


def hosts_of(web: MockWeb) -> dict[str, tuple[str, int]]:
    """Where each blog's name is served."""
    return dict.fromkeys(web.hosts, (web.address, web.port))


def best(measure: Callable[[int, int], Speed], blogs: int, posts: int, rounds: int) -> Speed:
    """The fastest of some rounds: what else the machine does only ever slows one down."""
    return max((measure(blogs, posts) for _ in range(rounds)), key=lambda speed: speed.pages_per_second)


def main() -> None:
    """Measure both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--blogs", type=int, default=48)
    parser.add_argument("--posts", type=int, default=28, help="posts of each blog (at most 28: one a day)")
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many is taken")
    asked = parser.parse_args()
    bare = best(measure_bare, asked.blogs, asked.posts, asked.rounds)
    ours = best(measure_ours, asked.blogs, asked.posts, asked.rounds)
    for name, speed in (("bare Scrapy, fetched", bare), ("Bloghound, stored", ours)):
        print(f"{name}: {speed.pages} pages in {speed.seconds:.2f} s, {speed.pages_per_second:.1f} pages/s")
    ratio = ours.pages_per_second / bare.pages_per_second
    print(f"ratio: {ratio:.2f} (aim {AIM})")


if __name__ == "__main__":
    main()
