"""Bombs, and servers that are slow, endless or lying, through the real spider: each costs itself only."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bloghound.demo.exchange import PLAIN, Document, redirect
from bloghound.jobs.crawl import run_crawl
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.plan import CrawlProgress
from crawler.visits import MAX_PARSE_TIMEOUTS
from storage.database import Database, open_database
from tests.conftest import MEASURED
from tests.mockweb import (
    AttributeBomb,
    BrokenChunked,
    Canary,
    Content,
    Drop,
    EndlessBody,
    ForeverTaking,
    GzipBomb,
    HeaderFlood,
    HugeRobots,
    MockWeb,
    NestingBomb,
    RedirectLoop,
    SlowDrip,
    TruncatedBody,
    page,
    post_page,
    small_blog,
)
from tests.mockweb.bombs import (
    BillionLaughs,
    EndlessTables,
    EntryFlood,
    ExternalEntity,
    GzippedSitemapBomb,
    NestedFeed,
    NestedLinks,
    QuadraticEntities,
)
from tests.processes import descendants, peak_mib, runs_a_program_of_its_own

PEAK_MB = 300
"""Most memory of any process while a bomb is read (reliability.md, section 2)."""
STOPPED = {"parse_timeout", "too_large"}
PARSE_SECONDS = 0.7
"""Of processor time for a page: the good ones here take a hundredth of it, and each bomb all of it."""
SLOW_HOSTS = 50
GOOD_POSTS = 20

BOMBS: dict[str, Content] = {
    "/attributes": AttributeBomb(),
    "/nesting": NestingBomb(),
    "/links": NestedLinks(),
    "/tables": EndlessTables(),
    "/laughs.xml": BillionLaughs("rss"),
    "/laughs.html": BillionLaughs("html"),
    "/quadratic.xml": QuadraticEntities(),
    "/nested.xml": NestedFeed(),
    "/entries.xml": EntryFlood(),
    "/gzip": GzipBomb(),
    "/laughs-sitemap.xml": BillionLaughs("urlset"),
    "/sitemap.xml.gz": GzippedSitemapBomb(),
    "/endless": EndlessBody(),
    "/one-byte-over": Document(b"<p>" + b"x" * (5 * 2**20 - 2)),
}
LIES: dict[str, tuple[Content, str]] = {
    "/drop": (Drop(), "network_error"),
    "/half-head": (Drop(after_head=True), "network_error"),
    "/broken-chunk": (BrokenChunked(), "network_error"),
    "/truncated": (TruncatedBody(), "network_error"),
    "/header-flood": (HeaderFlood(), "network_error"),
    "/loop": (RedirectLoop(), "redirect"),
    "/circle": (redirect("/circle-2", 307), "redirect"),
    "/circle-2": (redirect("/circle", 308), "redirect"),
}


def linking(paths: dict[str, Content]) -> dict[str, Content]:
    links = "".join(f'<p><a href="{path}">{path}</a></p>' for path in paths)
    return small_blog() | {"/": page("Home", f"{links}<p><a href='/post-1/'>1</a></p>")} | paths


SITES: dict[str, dict[str, Content]] = {
    "bombs.test": linking(BOMBS) | {"/feed.xml": BillionLaughs("rss")},
    "lies.test": linking({path: content for path, (content, _) in LIES.items()}),
    "drip.test": linking({"/drip": SlowDrip(interval_seconds=0.1)}),
    "robots.test": linking({"/secret/diary": post_page("Secret", 9)}) | {"/robots.txt": HugeRobots()},
    "held.test": linking({f"/held-{number}": NestingBomb() for number in range(MAX_PARSE_TIMEOUTS + 5)}),
    "good.test": small_blog(GOOD_POSTS),
}


class MemoryWatch:
    """Remembers the most memory that any process below this one has held."""

    def __init__(self) -> None:
        self.peaks: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.05):
            for pid in [child for child in descendants(os.getpid()) if runs_a_program_of_its_own(child)]:
                self.peaks[pid] = max(self.peaks.get(pid, 0.0), peak_mib(pid))


@dataclass(frozen=True)
class Attacked:
    web: MockWeb
    canary_hits: int
    report: CrawlReport
    database: Database
    peaks: dict[int, float]

    def outcomes(self, host: str, path: str) -> set[str]:
        query = text("SELECT outcome FROM fetch WHERE url = :url")
        with self.database.read() as connection:
            return set(connection.execute(query, {"url": self.web.url(host, path)}).scalars())

    def live_posts(self, host: str) -> set[str]:
        query = text("SELECT url FROM post WHERE state = 'live' AND url LIKE :url")
        root = self.web.url(host, "")
        with self.database.read() as connection:
            return {url.removeprefix(root) for url in connection.execute(query, {"url": f"{root}/%"}).scalars()}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("bombs") / "data", parse_timeout_seconds=PARSE_SECONDS)
    with MockWeb(SITES) as web, Canary() as canary, MemoryWatch() as memory:
        web.add("bombs.test", "/robots.txt", robots_naming(web.url("bombs.test", "/sitemap.xml.gz")))
        web.add("bombs.test", "/laughs-sitemap.xml", BillionLaughs("urlset"))
        web.add("bombs.test", "/external.xml", ExternalEntity(canary.url))
        web.add("bombs.test", "/file.xml", ExternalEntity("file:///etc/passwd"))
        report = run_crawl(
            settings,
            [web.url(host) for host in web.hosts],
            static_hosts={"*.test": (web.address, web.port)},
            retry_delays_seconds=(),
        )
        database = open_database(settings)
        yield Attacked(web, canary.hits, report, database, memory.peaks)
        database.close()


def robots_naming(url: str) -> Document:
    return Document(f"User-agent: *\nAllow: /\nSitemap: {url}\n".encode(), PLAIN)


@pytest.mark.parametrize("path", sorted(BOMBS))
def test_a_bomb_is_stopped_and_named(attacked: Attacked, path: str) -> None:
    found = attacked.outcomes("bombs.test", path)
    assert found
    assert found <= STOPPED


def test_no_process_ever_held_more_memory_than_the_limit(attacked: Attacked) -> None:
    peak_mb = max(attacked.peaks.values()) * 2**20 / 1e6
    MEASURED.append(f"bombs: {peak_mb:.0f} MB in the largest of {len(attacked.peaks)} processes")
    assert len(attacked.peaks) >= 3
    assert peak_mb <= PEAK_MB


def test_the_crawl_goes_on_in_all_sites(attacked: Attacked) -> None:
    for host in ("bombs.test", "lies.test", "drip.test", "robots.test"):
        assert {f"/post-{day}/" for day in (1,)} <= attacked.live_posts(host), host
    assert len(attacked.live_posts("good.test")) == GOOD_POSTS
    assert sum(attacked.report.outcomes.values()) == attacked.report.pages_fetched


@pytest.mark.parametrize(("path", "outcome"), [(path, outcome) for path, (_, outcome) in LIES.items()])
def test_a_lie_is_an_outcome(attacked: Attacked, path: str, outcome: str) -> None:
    assert attacked.outcomes("lies.test", path) == {outcome}


def test_redirects_end_after_five_hops(attacked: Attacked) -> None:
    assert len(attacked.web.requests_to("lies.test", "/loop")) == 1 + 5


def test_a_server_that_drips_is_given_up_after_the_total_time(attacked: Attacked) -> None:
    assert attacked.outcomes("drip.test", "/drip") == {"network_error"}


def test_a_huge_robots_txt_is_obeyed(attacked: Attacked) -> None:
    assert not attacked.web.requests_to("robots.test", "/secret/diary")


def test_a_site_that_holds_the_parsers_again_and_again_is_left_alone(attacked: Attacked) -> None:
    asked = [one for one in attacked.web.requests_to("held.test") if "/held-" in one.path]
    assert MAX_PARSE_TIMEOUTS <= len(asked) < MAX_PARSE_TIMEOUTS + 5


def test_no_entity_reads_a_file_or_an_address(attacked: Attacked) -> None:
    assert attacked.canary_hits == 0
    query = text("SELECT count(*) FROM post WHERE text LIKE '%root:%' OR title LIKE '%root:%'")
    with attacked.database.read() as connection:
        assert connection.execute(query).scalar_one() == 0


class _Enough(Exception):  # noqa: N818 - no error: it ends a crawl that would wait for its slow servers
    pass


def test_slow_servers_hold_up_no_good_one(settings: Settings) -> None:
    """All that a good site has is stored while fifty servers that never answer still hold their connections."""
    slow: dict[str, dict[str, Content]] = {
        f"slow-{n}.test": {"*": ForeverTaking() if n % 2 else SlowDrip()} for n in range(SLOW_HOSTS)
    }
    wide = settings.model_copy(update={"concurrent_sites": SLOW_HOSTS + 1})

    def listen(event: CrawlProgress) -> None:
        if event.posts >= GOOD_POSTS:
            raise _Enough

    with MockWeb(slow | {"good.test": small_blog(GOOD_POSTS)}) as web:
        seeds = [web.url(host) for host in web.hosts]
        with pytest.raises(_Enough):
            run_crawl(wide, seeds, static_hosts={"*.test": (web.address, web.port)}, progress=listen)
        assert {one.path for one in web.requests if one.host.startswith("slow-")} == {"/robots.txt"}
        assert len({one.host for one in web.requests}) == SLOW_HOSTS + 1
