"""Sites with addresses without end, through the real spider and its default limits: their posts are found anyway."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bloghound.jobs.crawl import run_crawl
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from storage.database import Database, open_database
from tests.conftest import MEASURED
from tests.mockweb import (
    CalendarTrap,
    Content,
    DeeperTrap,
    FacetTrap,
    MockWeb,
    SessionIdTrap,
    SoftNotFound,
    WildcardHost,
    trapped_blog,
)

POSTS = 60
LEAST_FOUND = 0.95
"""Share of the real posts that a trap may not keep from being found (reliability.md, section 2)."""
MAX_SITES = 14
NO_PAGES = ("/robots.txt", "/.well-known/tdmrep.json")
"""What is asked for beside the pages of a site."""

CALENDAR: dict[str, Content] = {"/calendar*": CalendarTrap()}
ROOMS: dict[str, Content] = {"/rooms*": SessionIdTrap()}
FOLDERS: dict[str, Content] = {"/a*": DeeperTrap()}
FACETS: dict[str, Content] = {"/shop*": FacetTrap()}
APOLOGIES: dict[str, Content] = {"*": SoftNotFound()}

SITES: dict[str, dict[str, Content]] = {
    "calendar.test": trapped_blog("/calendar/2026/05/") | CALENDAR,
    "rooms.test": trapped_blog("/rooms/") | ROOMS,
    "folders.test": trapped_blog("/a/") | FOLDERS,
    "facets.test": trapped_blog("/shop") | FACETS,
    "soft404.test": trapped_blog(*(f"/gone-{number}/" for number in range(40))) | APOLOGIES,
    "all.test": trapped_blog("/calendar/2026/05/", "/rooms/", "/a/", "/shop", "gone/")
    | CALENDAR
    | ROOMS
    | FOLDERS
    | FACETS
    | APOLOGIES,
    "first.wild.test": {"*": WildcardHost("wild.test")},
    "*": {"*": WildcardHost("wild.test")},
}
BLOGS = [host for host in SITES if "/page/2/" in SITES[host]]


@dataclass(frozen=True)
class Crawled:
    web: MockWeb
    report: CrawlReport
    database: Database
    settings: Settings

    def count(self, query: str, **values: object) -> int:
        with self.database.read() as connection:
            return int(connection.execute(text(query), values).scalar_one())


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("traps") / "data", visit_pages=40)
    with MockWeb(SITES) as web:
        report = run_crawl(
            settings,
            [web.url(host) for host in web.hosts],
            max_sites=MAX_SITES,
            depth=3,
            static_hosts={"*.test": (web.address, web.port)},
        )
        database = open_database(settings)
        yield Crawled(web, report, database, settings)
        database.close()


@pytest.mark.parametrize("host", BLOGS)
def test_a_trap_hides_no_posts(crawled: Crawled, host: str) -> None:
    query = "SELECT count(*) FROM post WHERE state = 'live' AND url LIKE :url"
    found = crawled.count(query, url=f"%//{host}%/2026/swallow-%")
    MEASURED.append(f"{host}: {found} of {POSTS} posts in {len(crawled.web.requests_to(host))} requests")
    assert found >= LEAST_FOUND * POSTS


@pytest.mark.parametrize("host", BLOGS)
def test_a_trap_takes_no_more_than_the_sites_budget(crawled: Crawled, host: str) -> None:
    asked = [one for one in crawled.web.requests_to(host) if one.path not in NO_PAGES]
    assert POSTS < len(asked) <= crawled.settings.max_pages_per_site


@pytest.mark.parametrize("host", ["calendar.test", "rooms.test", "folders.test", "soft404.test"])
def test_a_trap_is_left_long_before_the_budget_is_spent(crawled: Crawled, host: str) -> None:
    asked = [one for one in crawled.web.requests_to(host) if one.path not in NO_PAGES]
    assert len(asked) <= 0.7 * crawled.settings.max_pages_per_site


def test_no_page_is_deeper_than_the_limit_and_no_address_runs_in_circles(crawled: Crawled) -> None:
    assert crawled.count("SELECT max(depth) FROM page") <= 200
    assert not [one for one in crawled.web.requests if "/a/a/a/" in one.path or "sid=" in one.target]


def test_hosts_without_end_take_no_more_than_the_places_of_the_crawl(crawled: Crawled) -> None:
    wild = {one.host for one in crawled.web.requests if one.host.endswith(".wild.test")}
    assert 1 < len(wild) <= MAX_SITES - len(BLOGS)
    assert sum(crawled.report.sites.values()) == MAX_SITES


def test_the_crawl_ends_with_nothing_in_the_queue(crawled: Crawled) -> None:
    assert crawled.count("SELECT count(*) FROM page WHERE state = 'queued'") == 0
    assert crawled.count("SELECT count(*) FROM crawl_site WHERE state = 'queued'") == 0
