"""What is left when the crawling process is killed again and again: kill -9 at random moments over whole crawls.

Each crawl of a live web is killed so many times at a random page or a random moment, start-up included, and continued
by X

    python -m bench.kills [--kills 200] [--kills-per-crawl 20] [--blogs 32] [--posts 50] [--seed 1]
"""

import argparse
import multiprocessing
import os
import random
import re
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from sqlalchemy import text

from bloghound.errors import CrawlError
from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from crawler.plan import CrawlProgress, WebAccess
from storage.database import open_database
from tests.crawling import natural_rows
from tests.mockweb import MockWeb, small_blog

SITES_AT_ONCE = 32
MOMENT_SECONDS = 6.0
"""Kills by the clock fall into this time from the start of the process, half of which it takes to start."""
_POST = re.compile(r"/post-\d+/")

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Undisturbed:
    """A crawl that nobody killed: its rows, and how often each address was asked for."""

    rows: Rows
    asked: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Trial:
    """A crawl that was killed, and what became of it; ``in_flight`` sums up the sites in work at each kill."""

    kills: int
    pages: int
    lost: int
    doubled: int
    corrupt: int
    left_in_queue: int
    asked_again: int
    """Posts asked for again, in all."""
    in_flight: int
    others_again: int
    """robots.txt, home pages and feeds asked for again: a new process has no memory of them."""
    seconds: float


class Killer:
    """Kills the crawling process once, at a page or at a moment; ``pages`` of None means by the clock."""

    def __init__(self, pages: int | None, seconds: float) -> None:
        self._pages = pages
        self._seconds = seconds
        self._is_time = threading.Event()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._kill)

    def __enter__(self) -> "Killer":
        if self._pages is None:
            self._is_time.set()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._is_time.set()
        self._thread.join()

    def listen(self, event: CrawlProgress) -> None:
        """Set the clock when the process has stored the pages."""
        if self._pages is not None and event.pages >= self._pages:
            self._is_time.set()

    def _kill(self) -> None:
        self._is_time.wait()
        # The process may not have been started yet.
        while not self._is_over.wait(self._seconds) and not _kill_crawler():
            self._seconds = 0.01


def _kill_crawler() -> bool:
    children = [child for child in multiprocessing.active_children() if child.name == "bloghound-crawl"]
    for child in children:
        if child.pid is not None:
            os.kill(child.pid, signal.SIGKILL)
    return bool(children)


def killed(crawl: "Crawl", chance: random.Random, most_pages: int) -> bool:
    """Run until a kill at random; False when the crawl was over before."""
    by_page = chance.random() < 0.7
    pages = chance.randint(1, most_pages) if by_page else None
    with Killer(pages, chance.uniform(0, 0.2 if by_page else MOMENT_SECONDS)) as killer:
        try:
            crawl.run(killer.listen)
        except CrawlError as error:
            if "signal 9" not in str(error):
                raise
            return True
    return False


class Crawl:
    """One crawl of the web into a data directory of its own."""

    def __init__(self, web: MockWeb, folder: Path) -> None:
        self._web = web
        self.settings = Settings(
            data_dir=folder,
            concurrent_sites=SITES_AT_ONCE,
            crawl_delay_seconds=0.5,
            extraction_workers=1,
            max_pages_per_site=1000,
        )

    def run(self, listen: Callable[[CrawlProgress], None] | None = None) -> None:
        """Begin or continue it."""
        own = dict.fromkeys(self._web.hosts, (self._web.address, self._web.port))
        homes = [self._web.url(host) for host in self._web.hosts]
        run_crawl(self.settings, homes, static_hosts=own, progress=listen, access=WebAccess(spares_own_hosts=True))

    def rows(self) -> Rows:
        """All that it stored."""
        database = open_database(self.settings)
        try:
            return natural_rows(database)
        finally:
            database.close()

    def figure(self, sql: str) -> object:
        """One value of its database."""
        database = open_database(self.settings)
        try:
            with database.read() as connection:
                return connection.execute(text(sql)).scalar_one()
        finally:
            database.close()

    def count(self, sql: str) -> int:
        """One number of its database."""
        return int(str(self.figure(sql)))


_QUEUED = (
    "SELECT (SELECT count(*) FROM page WHERE state = 'queued') + "
    "(SELECT count(*) FROM crawl_site WHERE state <> 'done') + "
    "(SELECT count(*) FROM crawl WHERE finished_at IS NULL)"
)
_IN_FLIGHT = "SELECT count(*) FROM site WHERE lease_owner IS NOT NULL"


def undisturbed(web: MockWeb, folder: Path) -> Undisturbed:
    """Crawl once without a kill."""
    crawl = Crawl(web, folder)
    crawl.run()
    return Undisturbed(crawl.rows(), _asked(web, 0))


def _asked(web: MockWeb, since: int) -> Counter[tuple[str, str]]:
    return Counter((request.host, request.path) for request in web.requests[since:])


def trial(web: MockWeb, folder: Path, expected: Undisturbed, kills: int, chance: random.Random) -> Trial:
    """Kill a crawl so many times, let it end, and compare."""
    crawl = Crawl(web, folder)
    seen, started, in_flight, done = len(web.requests), time.monotonic(), 0, 0
    pages = sum(_POST.fullmatch(path) is not None for _, path in expected.asked)
    for _ in range(kills):
        if not killed(crawl, chance, max(1, 2 * pages // kills)):
            break
        in_flight += crawl.count(_IN_FLIGHT)
        done += 1
    crawl.run()
    again = _asked(web, seen) - expected.asked
    rows = crawl.rows()
    posts = sum(number for (_, path), number in again.items() if _POST.fullmatch(path))
    return Trial(
        kills=done,
        pages=pages,
        lost=_missing(rows, expected.rows),
        doubled=_missing(expected.rows, rows),
        corrupt=int(crawl.figure("PRAGMA integrity_check") != "ok"),
        left_in_queue=crawl.count(_QUEUED),
        asked_again=posts,
        in_flight=in_flight,
        others_again=again.total() - posts,
        seconds=round(time.monotonic() - started, 1),
    )


def _missing(rows: Rows, expected: Rows) -> int:
    """How many of the expected rows are not among ``rows``; of equal rows each counts."""
    return sum((Counter(expected[name]) - Counter(rows[name])).total() for name in expected)


@contextmanager
def blogs(number: int, posts: int) -> Iterator[MockWeb]:
    """A web of so many blogs."""
    hosts = [f"blog-{place:02}.test" for place in range(number)]
    with MockWeb({host: small_blog(posts, host) for host in hosts}) as web:
        yield web


def main() -> None:
    """Run the trials that were asked for and print a line for each, and their sum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("kills", 200), ("kills-per-crawl", 40), ("blogs", 40), ("posts", 40), ("seed", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    wanted = parser.parse_args()
    chance = random.Random(wanted.seed)  # noqa: S311 - the same kills every time
    names = [field.name for field in fields(Trial)]
    print(*names, sep="\t")
    trials: list[Trial] = []
    with blogs(wanted.blogs, wanted.posts) as web, tempfile.TemporaryDirectory() as folder:
        expected = undisturbed(web, Path(folder) / "undisturbed")
        while (left := wanted.kills - sum(one.kills for one in trials)) > 0:
            data = Path(folder) / f"crawl-{len(trials)}"
            trials.append(trial(web, data, expected, min(left, wanted.kills_per_crawl), chance))
            print(*(getattr(trials[-1], name) for name in names), sep="\t", flush=True)
    print(*(round(sum(getattr(one, name) for one in trials), 1) for name in names), sep="\t")


if __name__ == "__main__":
    main()
