"""Memory of a crawl over a long web: what the crawling process and its parsers hold, again and again, and how it grows.

The web is written while it is asked for, so it may have any number of pages. Growth is the slope of a line fitted to
the later half of the samples: until then caches of fixed size are filled (the database's has 64 MiB). Usage::

    python -m bench.memory [--pages 50000] [--posts 95] [--parsers 1]
"""

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import linear_regression

from bench.blogpages import SMALL, Served
from bench.blogweb import BlogWeb
from bench.processes import family

NAMES = ("command", "crawler", "parsers")
_MIB = 1024 * 1024


@dataclass
class Memory:
    """Samples of resident MiB by kind of process, one for every ``every`` pages that are committed."""

    every: int
    web: BlogWeb
    pages: list[int] = field(default_factory=list)
    mib: list[Counter[str]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def look(self, pages: int) -> None:
        """Take a sample, and print it, when enough pages have come since the last one."""
        if self.pages and pages < self.pages[-1] + self.every:
            return
        held: Counter[str] = Counter()
        for generation, usage in family(os.getpid()):
            if usage.pid != self.web.pid:
                held[NAMES[min(generation, len(NAMES) - 1)]] += usage.resident_bytes
        self.pages.append(pages)
        self.mib.append(Counter({name: round(size / _MIB) for name, size in held.items()}))
        shown = ", ".join(f"{name} {self.mib[-1][name]} MiB" for name in NAMES)
        print(f"{pages:7} pages, {time.monotonic() - self.started:5.0f} s: {shown}", flush=True)

    def growth(self, name: str) -> float:
        """MiB per 10,000 pages, over the later half."""
        later = range(len(self.pages) // 2, len(self.pages))
        return 10_000 * slope([self.pages[place] for place in later], [self.mib[place][name] for place in later])


def slope(pages: Sequence[int], mib: Sequence[float]) -> float:
    """Of the line of least squares; 0 for fewer than two samples."""
    return linear_regression(pages, mib).slope if len(pages) > 1 else 0.0


def measure(served: Served, every: int, parsers: int) -> Memory:
    """Crawl the whole of it into a fresh folder."""
    from bloghound.jobs.crawl import run_crawl  # noqa: PLC0415 - the parsers import this module, and need none of it
    from bloghound.settings import Settings  # noqa: PLC0415

    with BlogWeb(served) as web, tempfile.TemporaryDirectory() as folder:
        memory = Memory(every, web)
        report = run_crawl(
            Settings(data_dir=Path(folder), extraction_workers=parsers),
            web.homes,
            max_sites=served.blogs,
            static_hosts=web.static_hosts,
            progress=lambda progress: memory.look(progress.pages),
        )
        print(f"{report.pages_fetched} requests to {sum(report.sites.values())} sites in {report.seconds:.0f} s")
    return memory


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=50_000)
    parser.add_argument("--posts", type=int, default=95, help="of each blog")
    parser.add_argument("--parsers", type=int, default=1)
    asked = parser.parse_args()
    one = replace(SMALL, posts=asked.posts)
    served = replace(one, blogs=-(-asked.pages // (one.posts + one.listings)))
    memory = measure(served, max(1, asked.pages // 40), asked.parsers)
    for name in NAMES:
        print(f"growth of {name}: {memory.growth(name):+.1f} MiB per 10,000 pages")


if __name__ == "__main__":
    main()
