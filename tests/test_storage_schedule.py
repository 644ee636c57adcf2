"""When sites and posts are due: claimed by one worker, postponed, counted; on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, update

from bloghound.records import SiteHealth
from storage import crawls, frontier, jobs, pacing, schedule, sites
from storage.database import Database
from storage.migrating import run_downgrade, run_upgrade
from storage.pacing import Pace
from storage.sites import NewSite
from storage.tables import Fetch, Job, Page, Post, Site
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SITE, PAGE, POST, JOB = table_of(Site), table_of(Page), table_of(Post), table_of(Job)
FETCH = table_of(Fetch)


def known(connection: Connection, *keys: str, due_at: datetime | None = NOW - DAY) -> dict[str, int]:
    ids = sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in keys], now=NOW)
    connection.execute(update(SITE).where(SITE.c.id.in_(ids.values())).values(next_due_at=due_at))
    return ids


def claim(connection: Connection, limit: int = 9, now: datetime = NOW) -> list[str]:
    return [site.key for site in schedule.claim_due(connection, now=now, until=now + DAY, limit=limit)]


def test_what_is_due_longest_is_claimed_first_and_once(database: Database) -> None:
    with database.transaction() as connection:
        known(connection, "late.example", due_at=NOW - DAY)
        known(connection, "later.example", due_at=NOW - 2 * DAY)
        known(connection, "next.example", due_at=NOW + HOUR)
        known(connection, "never.example", due_at=None)
        assert claim(connection, limit=1) == ["later.example"]
        assert claim(connection) == ["late.example"]
        assert claim(connection) == []
        assert claim(connection, now=NOW + DAY) == ["next.example", "late.example", "later.example"]


def test_a_site_that_no_crawl_has_finished_is_on_no_schedule(database: Database) -> None:
    with database.transaction() as connection:
        known(connection, "next.example", due_at=NOW + DAY)
        known(connection, "never.example", due_at=None)
        asked = ["next.example", "never.example", "unknown.example"]
        assert schedule.on_schedule(connection, asked) == {"next.example"}


def test_workers_at_once_never_claim_the_same_site(database: Database) -> None:
    keys = [f"s{number}.example" for number in range(40)]
    with database.transaction() as connection:
        known(connection, *keys)

    def work(_: int) -> list[str]:
        taken: list[str] = []
        for _ in range(10):
            with database.transaction() as connection:
                taken += claim(connection, limit=3)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [key for part in pool.map(work, range(4)) for key in part]
    assert sorted(taken) == sorted(keys)


def test_a_site_whose_host_wants_to_be_left_alone_is_not_due(database: Database) -> None:
    with database.transaction() as connection:
        known(connection, "parked.example", "free.example")
        pacing.keep(connection, {"parked.example": Pace(NOW + HOUR, 5)})
        assert claim(connection) == ["free.example"]
        assert claim(connection, now=NOW + 2 * HOUR) == ["parked.example"]


def test_a_visit_is_put_off_but_never_brought_forward(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.example") | known(connection, "b.example", due_at=None)
        for site_id in ids.values():
            schedule.postpone(connection, site_id, NOW + 2 * HOUR)
            schedule.postpone(connection, site_id, NOW + HOUR)
        assert claim(connection, now=NOW + HOUR) == []
        assert claim(connection, now=NOW + 2 * HOUR) == ["a.example"]


def test_what_an_older_version_crawled_on_the_live_web_is_due_when_the_tables_are_brought_up_to_date(
    database: Database,
) -> None:
    with database.transaction() as connection:
        ids = known(connection, "live.example", "archived.example", "unvisited.example")
        crawl_id = crawls.begin(connection, "crawl", {"seeds": []}, now=NOW).crawl_id
        for key, origin in (("live.example", "live"), ("archived.example", "archive")):
            site_id = ids[key]
            fetched = {"crawl_id": crawl_id, "site_id": site_id, "url": "", "outcome": "post", "fetched_at": NOW}
            connection.execute(insert(FETCH).values(**fetched, origin=origin, reason="", content_type="", bytes=0))
            sites.end_visit(connection, site_id, now=NOW - DAY, health=SiteHealth.OK)
    run_downgrade(database, "0003")
    run_upgrade(database)
    with database.transaction() as connection:
        assert claim(connection) == ["live.example"]


def visit(connection: Connection, key: str, health: SiteHealth, name: str) -> None:
    crawl_id = crawls.begin(connection, "crawl", {"name": name}, now=NOW).crawl_id
    site = NewSite(key, f"https://{key}/")
    frontier.admit(connection, crawl_id, {sites.ids_by_key(connection, [key])[key]: site}, now=NOW)
    (leased,) = frontier.lease(connection, "me", crawl_ids=[crawl_id], now=NOW, seconds=60, limit=1)
    frontier.end_visit(connection, leased, now=NOW, again_at=None, health=health)


def test_failures_are_counted_since_a_visit_that_ended_well(database: Database) -> None:
    endings = (SiteHealth.FAILED, SiteHealth.OK, SiteHealth.BLOCKED, SiteHealth.FAILED)
    counted: list[int] = []
    with database.transaction() as connection:
        site_id = known(connection, "a.example")["a.example"]
        for place, health in enumerate(endings):
            visit(connection, "a.example", health, str(place))
            counted.append(schedule.failures_in_a_row(connection, site_id))
    assert counted == [1, 0, 1, 2]


def store_post(connection: Connection, site_id: int, url: str, published: datetime | None, state: str = "live") -> None:
    row = {"site_id": site_id, "url": url, "content_hash": url, "published_at": published, "state": state}
    connection.execute(insert(POST).values(**row, first_seen=NOW, updated_at=NOW, disclosures=[]))


def test_the_rhythm_is_read_off_live_posts_that_are_dated_and_out(database: Database) -> None:
    with database.transaction() as connection:
        site_id = known(connection, "a.example")["a.example"]
        for place, date in enumerate((NOW - DAY, NOW - 3 * DAY, NOW + DAY, None)):
            store_post(connection, site_id, f"https://a.example/{place}", date)
        store_post(connection, site_id, "https://a.example/gone", NOW - 2 * DAY, state="vanished")
        assert schedule.post_dates(connection, site_id, now=NOW, limit=5) == [NOW - DAY, NOW - 3 * DAY]
        assert schedule.post_dates(connection, site_id, now=NOW, limit=1) == [NOW - DAY]


def store_page(connection: Connection, site_id: int, url: str, **columns: object) -> None:
    row = {"site_id": site_id, "url": url, "folded_url": url, "state": "done", "outcome": "post", "fetched_at": NOW}
    connection.execute(insert(PAGE).values(**row | columns))


def test_pages_of_young_posts_are_read_and_of_old_ones_that_are_missing_or_to_be_looked_at(database: Database) -> None:
    columns: dict[str, dict[str, object]] = {
        "young": {},
        "old": {},
        "missing": {"outcome": "not_found"},
        "watched": {"next_fetch_at": NOW},
        "queued": {"state": "queued"},
    }
    with database.transaction() as connection:
        site_id = known(connection, "a.example")["a.example"]
        for name, more in columns.items():
            store_post(connection, site_id, name, NOW - (2 if name in {"young", "queued"} else 500) * DAY)
            store_page(connection, site_id, name, **more)
        found = schedule.post_pages(connection, site_id, since=NOW - 365 * DAY)
    assert [page.url for page in found] == ["young", "missing", "watched"]


def test_looks_are_written_and_found_when_they_are_due(database: Database) -> None:
    with database.transaction() as connection:
        site_id = known(connection, "a.example")["a.example"]
        for name in ("a", "b"):
            store_page(connection, site_id, name)
        first, second = (page for (page,) in connection.execute(PAGE.select().with_only_columns(PAGE.c.id)))
        schedule.set_looks(connection, {first: (NOW + HOUR, NOW), second: (None, None)})
        assert schedule.worth_a_look(connection, site_id, now=NOW, limit=9) == []
        assert schedule.worth_a_look(connection, site_id, now=NOW + HOUR, limit=9) == [first]
        schedule.requeue(connection, [first])
        assert schedule.worth_a_look(connection, site_id, now=NOW + HOUR, limit=9) == []


@pytest.mark.parametrize("state", ["queued", "cancelled"])
def test_any_worker_goes_on_with_live_crawls_that_hold_sites(database: Database, state: str) -> None:
    with database.transaction() as connection:
        site_id = known(connection, "a.example")["a.example"]
        asked: dict[str, object] = {"seeds": [], "archives": []}
        named = {name: crawls.begin(connection, kind, asked | more, now=NOW).crawl_id for name, kind, more in (
            ("live", "crawl", {}), ("archived", "crawl", {"archives": ["a.warc"]}), ("read", "import", {}),
            ("again", "recrawl", {}), ("empty", "crawl", {"name": "empty"}),
        )}  # fmt: skip
        for name in ("live", "archived", "read", "again"):
            frontier.admit(connection, named[name], {site_id: NewSite("a.example", "https://a.example/")}, now=NOW)
        job = jobs.submit(connection, "crawl", workspace_id=None, crawl_id=named["live"], now=NOW)
        connection.execute(update(JOB).where(JOB.c.id == job.job_id).values(state=state))
        found = [one.crawl_id for one in crawls.unfinished_live(connection)]
    assert found == ([named["live"], named["again"]] if state == "queued" else [named["again"]])
