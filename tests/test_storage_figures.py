"""Figures of all crawls: counted as they are written, and as things stand now; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, delete, update

from bloghound.records import Outcome, SiteHealth
from storage import crawls, frontier, pacing, results, sites
from storage.database import Database
from storage.figures import CrawlFigures, crawl_figures
from storage.migrating import run_downgrade, run_upgrade
from storage.pacing import Pace
from storage.results import PageResult
from storage.sites import NewSite
from storage.tables import Fetch, Site
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
KEYS = ("one.example", "two.example", "three.example", "four.example")


class Crawling:
    """A crawl of four sites in an empty database."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        self.ids = sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in KEYS], now=NOW)
        found = {self.ids[key]: NewSite(key, f"https://{key}/") for key in KEYS}
        frontier.admit(connection, self.crawl_id, found, now=NOW)

    def fetch(
        self, outcome: Outcome, body_bytes: int = 0, at: datetime = NOW, crawl_id: int | None = None
    ) -> PageResult:
        url = f"https://{KEYS[0]}/{outcome}"
        crawl = crawl_id or self.crawl_id
        return PageResult(crawl, self.ids[KEYS[0]], url, outcome, at, "live", body_bytes=body_bytes)

    def record(self, *fetched: PageResult) -> None:
        results.record(self.connection, fetched, secret_key=b"k" * 32, now=NOW)

    def figures(self, now: datetime = NOW) -> CrawlFigures:
        return crawl_figures(self.connection, now=now)


@pytest.fixture
def crawling(database: Database) -> Iterator[Crawling]:
    with database.transaction() as connection:
        yield Crawling(connection)


def test_pages_and_bytes_add_up_over_batches_and_crawls(crawling: Crawling) -> None:
    other = crawls.begin(crawling.connection, "crawl", {"seeds": []}, now=NOW).crawl_id
    crawling.record(
        crawling.fetch(Outcome.POST, 100), crawling.fetch(Outcome.NETWORK_ERROR), crawling.fetch(Outcome.POST, 20)
    )
    crawling.record(crawling.fetch(Outcome.POST, 3), crawling.fetch(Outcome.POST, 4, crawl_id=other))
    figures = crawling.figures()
    assert figures.pages_by_outcome == {"post": 4, "network_error": 1}
    assert figures.bytes_fetched == 100 + 20 + 3 + 4


def test_totals_do_not_need_the_log(crawling: Crawling) -> None:
    crawling.record(crawling.fetch(Outcome.POST))
    crawling.connection.execute(delete(table_of(Fetch)))
    assert crawling.figures().pages_by_outcome == {"post": 1}


def test_the_last_minute_is_a_minute(crawling: Crawling) -> None:
    seconds = (0, 59, 61)
    crawling.record(*(crawling.fetch(Outcome.POST, at=NOW - timedelta(seconds=ago)) for ago in seconds))
    assert crawling.figures().pages_last_minute == 2


def test_the_queue_tells_who_is_visited_waits_or_comes_later(crawling: Crawling) -> None:
    connection, crawl_id = crawling.connection, crawling.crawl_id
    ended, later, held = frontier.lease(connection, "w", crawl_ids=[crawl_id], now=NOW, seconds=60, limit=3)
    frontier.end_visit(connection, ended, now=NOW, again_at=None, health=SiteHealth.OK)
    frontier.end_visit(connection, later, now=NOW, again_at=NOW + timedelta(hours=1), health=None)
    figures = crawling.figures(NOW + timedelta(seconds=30))
    assert figures.queue == {"in_work": 1, "due": 1, "later": 1}
    assert figures.oldest_due_seconds == 30
    assert figures.sites_by_health == {"ok": 1, "unknown": 3}
    assert held.key in KEYS


def test_a_finished_crawl_has_no_queue(crawling: Crawling) -> None:
    crawls.finish(crawling.connection, crawling.crawl_id, now=NOW)
    figures = crawling.figures()
    assert (sum(figures.queue.values()), figures.oldest_due_seconds) == (0, 0)


def test_workers_are_counted_while_their_leases_last(crawling: Crawling) -> None:
    for owner, seconds in (("a", 60), ("b", 10)):
        frontier.lease(crawling.connection, owner, crawl_ids=[crawling.crawl_id], now=NOW, seconds=seconds, limit=2)
    assert [crawling.figures(NOW + timedelta(seconds=later)).workers for later in (5, 30, 90)] == [2, 1, 0]


def test_a_host_is_parked_after_failures_not_between_two_requests(crawling: Crawling) -> None:
    soon = NOW + timedelta(minutes=5)
    pacing.keep(
        crawling.connection, {"gap.example": Pace(soon), "down.example": Pace(soon, 5), "up.example": Pace(NOW, 1)}
    )
    assert crawling.figures().hosts_parked == 1


def test_sites_that_are_due_again_are_counted_with_the_oldest(crawling: Crawling) -> None:
    site = table_of(Site)
    for key, hours in zip(KEYS, (5, 1, -1), strict=False):
        due = update(site).where(site.c.key == key).values(next_due_at=NOW - timedelta(hours=hours))
        crawling.connection.execute(due)
    figures = crawling.figures()
    assert (figures.recrawls_due, figures.oldest_recrawl_seconds) == (2, 5 * 3600)


def test_what_an_older_version_logged_is_counted_when_the_tables_are_brought_up_to_date(database: Database) -> None:
    with database.transaction() as connection:
        crawling = Crawling(connection)
        crawling.record(crawling.fetch(Outcome.POST, 100), crawling.fetch(Outcome.POST, 20))
        before = crawling.figures()
    run_downgrade(database, "0003")
    run_upgrade(database)
    with database.read() as connection:
        after = crawl_figures(connection, now=NOW)
    assert (
        (after.pages_by_outcome, after.bytes_fetched)
        == (before.pages_by_outcome, before.bytes_fetched)
        == ({"post": 2}, 120)
    )
