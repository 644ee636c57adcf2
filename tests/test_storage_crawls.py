"""Runs of ``crawl`` and ``import`` in storage."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

from sqlalchemy import text

from storage import crawls
from storage.crawls import CrawlRun
from storage.database import Database
from tests import waiting

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OPTIONS = {"seeds": ["https://one.example/"]}


def begun(database: Database) -> CrawlRun:
    with database.transaction() as connection:
        return crawls.begin(connection, "crawl", OPTIONS, now=NOW)


def is_answered_or_waits(database: Database, one: "Future[CrawlRun]") -> bool:
    if one.done() or database.is_sqlite:
        return True
    with database.read() as connection:
        return bool(connection.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())


def test_the_same_crawl_begun_twice_at_one_moment_is_one_crawl(database: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            first = crawls.begin(connection, "crawl", OPTIONS, now=NOW)
            second = pool.submit(begun, database)
            waiting.until(lambda: is_answered_or_waits(database, second))
        assert (first.continued, second.result().continued) == (False, True)
    assert second.result().crawl_id == first.crawl_id
