"""Politeness as servers see it: whole crawls in processes of their own, timed by the server that is asked."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text

from bloghound.demo.exchange import Document
from bloghound.jobs.crawl import run_crawl
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.plan import WebAccess
from storage import pacing
from storage.database import open_database
from storage.tables.base import utc_now
from tests.mockweb import Content, MockWeb, Refusing, small_blog

GAP_SECONDS = 0.5
CLOCK_SECONDS = 0.05
"""How much earlier than asked a request may arrive: the gap is kept by the crawler's clock, between its own events."""


def blog(**more: Content) -> dict[str, Content]:
    return small_blog(2) | {"/robots.txt": Document(b"User-agent: *\nAllow: /\n")} | more


def crawl(settings: Settings, web: MockWeb, *hosts: str, seeds: int | None = None) -> CrawlReport:
    """A crawl that spares the mock web's hosts as if they were strangers'."""
    own = dict.fromkeys(web.hosts, (web.address, web.port))
    return run_crawl(
        settings,
        [f"http://{host}/" for host in hosts],
        static_hosts=own,
        max_pages_per_site=seeds or 3,
        access=WebAccess(spares_own_hosts=True),
        retry_delays_seconds=(),
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", crawl_delay_seconds=GAP_SECONDS, extraction_workers=1)


def gaps(web: MockWeb, ending: str) -> list[float]:
    times = [request.received_at for request in web.requests if request.host.endswith(ending)]
    return [later - earlier for earlier, later in pairwise(times)]


def test_two_workers_keep_one_budget_for_a_registrable_domain(settings: Settings) -> None:
    hosts = [f"{name}.swallow-count.com" for name in ("ann", "ben", "cleo")]
    with MockWeb({host: blog() for host in (*hosts, "elsewhere.org")}) as web, ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: crawl(settings, web, *hosts, "elsewhere.org"), range(2)))
        found = gaps(web, ".swallow-count.com")
        agents = {request.headers["user-agent"].split("/")[0] for request in web.requests}
    assert reports[0].sites["ok"] == reports[1].sites["ok"] == len(hosts) + 1
    assert len(found) >= len(hosts) * len(["robots.txt", "/", "/feed.xml"]) - 1
    assert min(found) >= GAP_SECONDS - CLOCK_SECONDS
    assert agents == {"Bloghound"}


def test_a_crawl_delay_is_kept(settings: Settings) -> None:
    robots: Mapping[str, Content] = {"/robots.txt": Document(b"User-agent: Bloghound\nCrawl-delay: 1.5\n")}
    with MockWeb({"slow.org": blog(**robots)}) as web:
        crawl(settings, web, "slow.org", seeds=2)
        found = gaps(web, "slow.org")
    assert len(found) > 1
    # The file itself is asked for before anybody knows what it says.
    assert min(found[1:]) >= 1.5 - CLOCK_SECONDS


def test_a_parked_host_is_left_alone_by_the_next_process_too(settings: Settings) -> None:
    pages = blog() | {"/": Refusing("7200", refusals=9)}
    with MockWeb({"tired.org": pages, "well.org": blog()}) as web:
        first = crawl(settings, web, "tired.org", "well.org")
        asked = len(web.requests_to("tired.org"))
        again = crawl(settings, web, "tired.org", "well.org")
        asked_again = len(web.requests_to("tired.org"))
    assert (first.sites["blocked"], first.sites["ok"]) == (again.sites["blocked"], again.sites["ok"]) == (1, 1)
    assert 0 < asked == asked_again
    database = open_database(settings)
    with database.read() as connection:
        pace = pacing.load(connection, ["tired.org"], now=utc_now())["tired.org"]
        reason = connection.execute(text("SELECT health_reason FROM site WHERE key = 'tired.org'")).scalar_one()
    database.close()
    assert pace.free_at is not None
    assert timedelta(hours=1.9) < pace.free_at - utc_now() <= timedelta(hours=2)
    assert "tired.org" in reason


def test_a_robots_txt_that_cannot_be_had_forbids(settings: Settings) -> None:
    with MockWeb({"broken.org": blog() | {"/robots.txt": Document(b"oops", status=500)}}) as web:
        report = crawl(settings, web, "broken.org")
        asked = {request.path for request in web.requests}
    assert (report.sites["failed"], asked) == (1, {"/robots.txt"})
