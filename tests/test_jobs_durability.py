"""Nothing is lost or doubled: kills at random, several workers, crawls at once, full disks, clocks that jump."""

import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.kills import blogs, trial, undisturbed
from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from storage import crawls, frontier, sites
from storage.database import Database, open_database
from storage.frontier import LeasedSite
from tests import waiting
from tests.conftest import MEASURED
from tests.crawling import natural_rows, query
from tests.faulty_worker import Case, finished, working
from tests.mockweb import MockWeb, Refusing, small_blog

HOSTS = ("one.test", "two.test", "three.test", "four.test")
POSTS = 24
HOUR = 3600
NOW = datetime(2026, 6, 1, tzinfo=UTC)
AHEAD = NOW + timedelta(seconds=5 * HOUR)
PATIENCE_SECONDS = 100
"""Longest wait for what takes some seconds on a machine that does nothing else; a lease runs for longer."""

Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def web() -> Iterator[MockWeb]:
    with MockWeb({host: small_blog(POSTS, host) for host in HOSTS}) as served:
        yield served


@pytest.fixture(scope="module")
def expected(web: MockWeb, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The rows of a crawl that nothing disturbed."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("undisturbed"), extraction_workers=1)
    run_crawl(settings, [web.url(host) for host in HOSTS], static_hosts=own(web), retry_delays_seconds=(0.2,))
    return rows_of(settings)


def own(web: MockWeb) -> dict[str, tuple[str, int]]:
    return dict.fromkeys(web.hosts, (web.address, web.port))


def case_of(web: MockWeb, folder: Path, *hosts: str, database_url: str = "") -> Case:
    seeds = [web.url(host) for host in hosts or web.hosts]
    return Case(str(folder / "data"), seeds, static_hosts=own(web), database_url=database_url)


def settings_of(case: Case) -> Settings:
    return Settings(data_dir=Path(case.data_dir), database_url=case.database_url)


def rows_of(settings: Settings) -> Rows:
    """What was stored, with times as SQLite writes them; which crawl asked for a site is looked at apart."""
    database = open_database(settings)
    try:
        found = natural_rows(database)
    finally:
        database.close()
    del found["places"]
    return {name: sorted((tuple(map(comparable, row)) for row in rows), key=repr) for name, rows in found.items()}


def comparable(value: object) -> object:
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value


def posts_asked(web: MockWeb, since: int) -> Counter[str]:
    """How often each post was asked for since then."""
    return Counter(one.host + one.path for one in web.requests[since:] if "/post-" in one.path)


def asked_since(web: MockWeb, since: int, number: int) -> None:
    """Wait until so many posts were asked for."""
    waiting.until(lambda: posts_asked(web, since).total() >= number, seconds=PATIENCE_SECONDS)


def test_a_crawl_killed_at_random_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """A small one of bench/kills.py."""
    with blogs(6, 8) as served:
        before = undisturbed(served, tmp_path / "undisturbed")
        one = trial(served, tmp_path / "killed", before, kills=2, chance=random.Random(3))  # noqa: S311
    assert (one.lost, one.doubled, one.corrupt, one.left_in_queue) == (0, 0, 0, 0)
    assert one.kills >= 1
    assert one.asked_again <= one.in_flight
    MEASURED.append(f"kills: {one}")


def crawl(case: Case) -> dict[str, int]:
    """Crawl with a worker of its own; the sites by health."""
    settings = settings_of(case).model_copy(update={"extraction_workers": 1, "concurrent_sites": case.concurrent_sites})
    return run_crawl(settings, case.seeds, static_hosts=case.static_hosts, retry_delays_seconds=(0.2,)).sites


def test_workers_that_are_killed_lose_and_double_nothing(
    web: MockWeb, expected: Rows, tables_url: str, tmp_path: Path
) -> None:
    case = replace(case_of(web, tmp_path, database_url=tables_url), concurrent_sites=1)
    since = len(web.requests)
    with ThreadPoolExecutor(3) as pool:
        workers = [pool.submit(crawl, case) for _ in range(3)]
        asked_since(web, since, POSTS // 2)
        for child in multiprocessing.active_children()[:2]:
            os.kill(child.pid or 0, signal.SIGKILL)
        errors = [worker.exception() for worker in workers]
    assert all("signal 9" in str(error) for error in errors if error is not None)
    assert [error for error in errors if error is None] == [None]
    assert rows_of(settings_of(case)) == expected
    assert query(settings_of(case), "SELECT count(*) FROM page WHERE state = 'queued'") == [(0,)]
    assert query(settings_of(case), "SELECT count(*) FROM crawl WHERE finished_at IS NULL") == [(0,)]


def test_two_crawls_at_once_share_what_they_fetch(
    web: MockWeb, expected: Rows, tables_url: str, tmp_path: Path
) -> None:
    cases = [case_of(web, tmp_path, *hosts, database_url=tables_url) for hosts in (HOSTS[:3], HOSTS[1:])]
    since = len(web.requests)
    with ThreadPoolExecutor(2) as pool:
        assert [found["ok"] for found in pool.map(crawl, cases)] == [3, 3]
    assert rows_of(settings_of(cases[0])) == expected
    assert set(posts_asked(web, since).values()) == {1}


# Full disks


def test_a_full_database_ends_the_crawl_with_a_sentence_and_the_same_command_goes_on(
    web: MockWeb, expected: Rows, tmp_path: Path
) -> None:
    case = case_of(web, tmp_path)
    begun = settings_of(case)
    open_database(begun).close()
    pages = int(str(query(begun, "PRAGMA page_count")[0][0]))
    code, told = finished(replace(case, max_database_pages=pages + 8), tmp_path)
    assert (code, told.count("\n")) == (2, 1), told
    assert "database or disk is full" in told
    assert finished(case, tmp_path) == (0, "")
    assert rows_of(begun) == expected


def test_a_full_disk_under_the_archives_ends_the_crawl_and_the_same_command_goes_on(
    web: MockWeb, expected: Rows, tmp_path: Path
) -> None:
    case = case_of(web, tmp_path)
    database = f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}"
    case = replace(case, database_url=database)
    open_database(settings_of(case)).close()
    code, told = finished(replace(case, max_file_bytes=60_000), tmp_path)
    assert (code, told.count("\n")) == (2, 1), told
    assert finished(case, tmp_path) == (0, "")
    assert rows_of(settings_of(case)) == expected


# Clocks


@pytest.mark.parametrize("jumps", [(-5 * HOUR,), (5 * HOUR, -2 * HOUR)])
def test_a_clock_that_jumps_loses_doubles_and_delays_nothing(
    jumps: tuple[int, ...], tmp_path: Path, expected: Rows, web: MockWeb
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("0")
    case = replace(case_of(web, tmp_path), clock_file=str(clock))
    since = len(web.requests)
    with working(case, tmp_path) as one, working(case, tmp_path) as another:
        for number, jump in enumerate(jumps, start=1):
            asked_since(web, since, number * POSTS // 2)
            set_clock(clock, jump)
        assert (one.wait(timeout=PATIENCE_SECONDS), another.wait(timeout=PATIENCE_SECONDS)) == (0, 0)
    assert rows_of(settings_of(case)) == expected


def set_clock(clock: Path, seconds: int) -> None:
    """Put the clock forward or back for all processes at one blow."""
    new = clock.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(clock)


def test_what_was_put_off_by_a_clock_that_was_ahead_is_not_late(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text(str(5 * HOUR))
    with MockWeb({"one.test": small_blog(3) | {"/post-2/": Refusing("0", status=500, refusals=2)}}) as web:
        case = replace(case_of(web, tmp_path), clock_file=str(clock))
        with working(case, tmp_path) as worker:
            waiting.until(lambda: web.requests_to("one.test", "/post-2/"), seconds=PATIENCE_SECONDS)
            set_clock(clock, 0)
            assert worker.wait(timeout=PATIENCE_SECONDS) == 0
        assert len(web.requests_to("one.test", "/post-2/")) == len(["the first", "the retry"])


def placed(database: Database, now: datetime) -> int:
    """A site with a place in a crawl; the number of the crawl."""
    with database.transaction() as connection:
        run = crawls.begin(connection, "crawl", {}, now=now)
        new = sites.seed("https://one.example/")
        ids = sites.ensure(connection, [new], now=now)
        frontier.admit(connection, run.crawl_id, {ids[new.key]: new}, now=now)
    return run.crawl_id


def lease(database: Database, owner: str, crawl_id: int, now: datetime) -> list[LeasedSite]:
    with database.transaction() as connection:
        return frontier.lease(connection, owner, crawl_ids=[crawl_id], now=now, seconds=120, limit=1)


def test_a_lease_that_was_given_by_a_clock_that_was_ahead_is_free(database: Database) -> None:
    crawl_id = placed(database, AHEAD)
    assert lease(database, "of a machine that died", crawl_id, AHEAD)
    assert [site.owner for site in lease(database, "another", crawl_id, NOW)] == ["another"]
    assert lease(database, "a third", crawl_id, NOW) == []


def test_a_visit_that_was_put_off_by_a_clock_that_was_ahead_is_due(database: Database) -> None:
    crawl_id = placed(database, NOW)
    for when, owner in ((AHEAD, "ahead"), (NOW, "right")):
        (site,) = lease(database, owner, crawl_id, when)
        with database.transaction() as connection:
            later = when + timedelta(minutes=1)
            frontier.end_visit(connection, site, now=when, again_at=later, health=None)
    assert lease(database, "right", crawl_id, NOW) == [], "it is to wait for a minute"
