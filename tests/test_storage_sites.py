"""Sites and the queue: leases, visits, discovery; on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bloghound.records import Link, LinkContext, SiteHealth
from storage import crawls, links, sites, status
from storage.database import Database
from storage.sites import NewSite
from storage.tables import SiteMetric
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
METRIC = table_of(SiteMetric)


def _queue(connection: Connection, *keys: str, depth: int = 0) -> tuple[int, dict[str, int]]:
    crawl = crawls.begin(connection, "crawl", {"seeds": sorted(keys)}, now=NOW)
    ids = sites.ensure(connection, [NewSite(key, f"https://{key}/", depth=depth) for key in keys], now=NOW)
    sites.enqueue(connection, list(ids.values()), crawl.crawl_id, now=NOW)
    return crawl.crawl_id, ids


def _lease(connection: Connection, crawl_id: int, owner: str = "a", limit: int = 9, now: datetime = NOW) -> list[str]:
    leased = sites.lease(connection, owner, crawl_id=crawl_id, now=now, seconds=60, limit=limit)
    return [site.key for site in leased]


def test_ensuring_a_site_twice_gives_the_same_id(database: Database) -> None:
    with database.transaction() as connection:
        first = sites.ensure(connection, [NewSite("a.example", "https://a.example/")], now=NOW)
        again = sites.ensure(connection, [NewSite("a.example", "https://other.example/")], now=NOW)
    assert first == again


def test_a_leased_site_is_nobody_elses(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, "a.example", "b.example")
        assert _lease(connection, crawl_id, "one", limit=1) == ["a.example"]
        assert _lease(connection, crawl_id, "two") == ["b.example"]
        assert _lease(connection, crawl_id, "three") == []


def test_workers_at_once_never_share_a_site(database: Database) -> None:
    keys = [f"s{number}.example" for number in range(40)]
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, *keys)

    def take(worker: int) -> list[str]:
        taken: list[str] = []
        for _ in range(10):
            with database.transaction() as connection:
                taken += _lease(connection, crawl_id, f"w{worker}", limit=2)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [key for part in pool.map(take, range(4)) for key in part]
    assert sorted(taken) == sorted(keys)


def test_an_expired_lease_is_free_again(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, "a.example")
        _lease(connection, crawl_id, "one")
        assert _lease(connection, crawl_id, "two", now=NOW + timedelta(seconds=59)) == []
        assert _lease(connection, crawl_id, "two", now=NOW + timedelta(seconds=61)) == ["a.example"]


def test_an_extended_lease_stays(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, "a.example")
        _lease(connection, crawl_id, "one")
        sites.extend_leases(connection, "one", now=NOW + timedelta(seconds=50), seconds=60)
        assert _lease(connection, crawl_id, "two", now=NOW + timedelta(seconds=100)) == []


def test_a_dead_workers_leases_are_given_back(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, "a.example")
        _lease(connection, crawl_id, "dead")
        assert sites.lease_owners(connection) == ["dead"]
        sites.release_all(connection, "dead")
        assert _lease(connection, crawl_id, "alive") == ["a.example"]


def test_a_visit_ends_in_the_queue_or_at_rest(database: Database) -> None:
    later = NOW + timedelta(minutes=5)
    with database.transaction() as connection:
        crawl_id, ids = _queue(connection, "a.example", "b.example")
        _lease(connection, crawl_id)
        sites.end_visit(connection, ids["a.example"], now=NOW, again_at=later, health=None)
        sites.end_visit(connection, ids["b.example"], now=NOW, again_at=None, health=SiteHealth.OK)
        assert sites.unfinished(connection, crawl_id) == (1, later)
        assert _lease(connection, crawl_id, now=later) == ["a.example"]
        assert crawls.site_healths(connection, crawl_id)["ok"] == 1


def test_a_visit_that_outlived_its_lease_does_not_end_anothers(database: Database) -> None:
    late = NOW + timedelta(seconds=61)
    with database.transaction() as connection:
        crawl_id, ids = _queue(connection, "a.example")
        _lease(connection, crawl_id, "one")
        _lease(connection, crawl_id, "two", now=late)
        for owner, unfinished in (("one", 1), ("two", 0)):
            sites.end_visit(connection, ids["a.example"], now=late, again_at=None, health=SiteHealth.OK, owner=owner)
            assert sites.unfinished(connection, crawl_id)[0] == unfinished


def test_a_known_site_goes_where_the_new_crawl_found_it(database: Database) -> None:
    found = NewSite("b.example", "https://b.example/", 1, "https://a.example/", priority=3.0)
    with database.transaction() as connection:
        crawl_id, ids = _queue(connection, "a.example", "b.example")
        assert sites.place(connection, ids["b.example"], found) == "https://b.example/"
        assert _lease(connection, crawl_id) == ["a.example", "b.example"]
        row = connection.execute(select(sites._SITE).where(sites._SITE.c.key == "b.example")).one()
    assert (row.depth, row.priority, row.found_from_url) == (1, 3.0, "https://a.example/")


def test_only_a_seed_says_anew_where_a_visit_begins(database: Database) -> None:
    linked = NewSite("a.example", "https://a.example/x/", 1, "https://b.example/")
    with database.transaction() as connection:
        _, ids = _queue(connection, "a.example")
        assert sites.place(connection, ids["a.example"], linked) == "https://a.example/"
        assert sites.place(connection, ids["a.example"], sites.seed("https://a.example/blog/")) == (
            "https://a.example/blog/"
        )


def test_seeds_come_before_what_they_lead_to(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id, _ = _queue(connection, "deep.example", depth=1)
        ids = sites.ensure(connection, [NewSite("seed.example", "https://seed.example/")], now=NOW)
        sites.enqueue(connection, list(ids.values()), crawl_id, now=NOW)
        assert _lease(connection, crawl_id) == ["seed.example", "deep.example"]


def test_discovered_sites_come_with_their_distinct_linkers(database: Database) -> None:
    def link(url: str) -> Link:
        return Link(url, LinkContext.BLOGROLL)

    with database.transaction() as connection:
        _, ids = _queue(connection, "a.example", "b.example")
        links.keep_site_links(
            connection,
            [
                (ids["a.example"], link("https://c.example/x")),
                (ids["b.example"], link("https://c.example/y")),
                (ids["a.example"], link("https://d.example/")),
            ],
            now=NOW,
        )
        found = sites.linked_from(connection, ids["a.example"], limit=9)
    assert [(key, number, source) for key, _, number, source in found] == [
        ("c.example", 2, "https://a.example/"),
        ("d.example", 1, "https://a.example/"),
    ]


def test_linkers_of_known_sites_are_counted(database: Database) -> None:
    with database.transaction() as connection:
        _, ids = _queue(connection, "a.example", "b.example")
        links.keep_site_links(
            connection, [(ids["a.example"], Link("https://b.example/", LinkContext.BLOGROLL))], now=NOW
        )
        sites.refresh_linkers(connection)
        rows = {row.key: row.linkers for row in connection.execute(select(sites._SITE.c.key, sites._SITE.c.linkers))}
    assert rows == {"a.example": 0, "b.example": 1}


def test_a_figure_is_written_only_when_it_changes(database: Database) -> None:
    with database.transaction() as connection:
        _, ids = _queue(connection, "a.example")
        for day, value in enumerate([10, 10, 12, None, None]):
            sites.observe_metric(
                connection, ids["a.example"], "followers", value, source_url="u", now=NOW + timedelta(days=day)
            )
        values = connection.execute(select(METRIC.c.value).order_by(METRIC.c.observed_at)).scalars().all()
    assert values == [10, 12, None]


def test_facts_fill_gaps_only(database: Database) -> None:
    with database.transaction() as connection:
        _, ids = _queue(connection, "a.example")
        sites.learn(connection, ids["a.example"], {"title": "First"})
        sites.learn(connection, ids["a.example"], {"title": "Second", "platform": "hugo"})
        row = connection.execute(select(sites._SITE.c.title, sites._SITE.c.platform)).one()
    assert tuple(row) == ("First", "hugo")


def test_a_crawl_is_continued_until_it_is_finished(database: Database) -> None:
    with database.transaction() as connection:
        first = crawls.begin(connection, "crawl", {"seeds": ["a"]}, now=NOW)
        second = crawls.begin(connection, "crawl", {"seeds": ["a"]}, now=NOW + timedelta(hours=1))
        other = crawls.begin(connection, "crawl", {"seeds": ["b"]}, now=NOW)
        crawls.finish(connection, first.crawl_id, now=NOW)
        third = crawls.begin(connection, "crawl", {"seeds": ["a"]}, now=NOW + timedelta(hours=2))
    assert (second.crawl_id, second.continued) == (first.crawl_id, True)
    assert len({first.crawl_id, other.crawl_id, third.crawl_id}) == 3


def test_status_shows_asked_for_sites_only(database: Database) -> None:
    with database.transaction() as connection:
        _queue(connection, "a.example")
        sites.ensure(connection, [NewSite("linked.example", "https://linked.example/")], now=NOW)
    with database.read() as connection:
        assert [site.key for site in status.site_statuses(connection)] == ["a.example"]
        assert status.status(connection).counts["sites"] == 2


@pytest.mark.parametrize(
    ("address", "key", "home"),
    [
        ("https://a.example/blog/", "a.example", "https://a.example/blog/"),
        ("https://a.example", "a.example", "https://a.example"),
        ("https://medium.com/@ann/some-post", "medium.com/@ann", "https://medium.com/@ann"),
    ],
)
def test_a_seed_names_its_site_and_where_to_begin(address: str, key: str, home: str) -> None:
    found = sites.seed(address)
    assert (found.key, found.home_url) == (key, home)
