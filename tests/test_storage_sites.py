"""Sites: how they come in, discovery, facts, figures; on SQLite and PostgreSQL."""

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


def _known(connection: Connection, *keys: str) -> dict[str, int]:
    return sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in keys], now=NOW)


def test_ensuring_a_site_twice_gives_the_same_id(database: Database) -> None:
    with database.transaction() as connection:
        first = sites.ensure(connection, [NewSite("a.example", "https://a.example/")], now=NOW)
        again = sites.ensure(connection, [NewSite("a.example", "https://other.example/")], now=NOW)
    assert first == again


def test_only_a_seed_says_anew_where_a_visit_begins(database: Database) -> None:
    linked = NewSite("a.example", "https://a.example/x/", 1, "https://b.example/")
    with database.transaction() as connection:
        ids = _known(connection, "a.example")
        assert sites.place(connection, ids["a.example"], linked) == "https://a.example/"
        assert sites.place(connection, ids["a.example"], sites.seed("https://a.example/blog/")) == (
            "https://a.example/blog/"
        )


def test_linkers_of_known_sites_are_counted(database: Database) -> None:
    with database.transaction() as connection:
        ids = _known(connection, "a.example", "b.example")
        links.keep_site_links(
            connection, [(ids["a.example"], Link("https://b.example/", LinkContext.BLOGROLL))], now=NOW
        )
        sites.refresh_linkers(connection)
        rows = {row.key: row.linkers for row in connection.execute(select(sites._SITE.c.key, sites._SITE.c.linkers))}
    assert rows == {"a.example": 0, "b.example": 1}


def test_a_figure_is_written_only_when_it_changes(database: Database) -> None:
    with database.transaction() as connection:
        ids = _known(connection, "a.example")
        for day, value in enumerate([10, 10, 12, None, None]):
            sites.observe_metric(
                connection, ids["a.example"], "followers", value, source_url="u", now=NOW + timedelta(days=day)
            )
        values = connection.execute(select(METRIC.c.value).order_by(METRIC.c.observed_at)).scalars().all()
    assert values == [10, 12, None]


def test_facts_fill_gaps_only(database: Database) -> None:
    with database.transaction() as connection:
        ids = _known(connection, "a.example")
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
        ids = _known(connection, "a.example", "linked.example")
        sites.end_visit(connection, ids["a.example"], now=NOW, health=SiteHealth.OK)
    with database.read() as connection:
        assert [site.key for site in status.site_statuses(connection)] == ["a.example"]
        assert status.status(connection).counts["sites"] == 2


@pytest.mark.parametrize(
    ("address", "key", "home"),
    [
        ("https://a.example/blog/", "a.example", "https://a.example/blog/"),
        ("https://a.example", "a.example", "https://a.example"),
        ("https://medium.com/@ann/some-post", "medium.com/@ann", "https://medium.com/@ann"),
        ("https://uni.example/~ann/blog/", "uni.example/~ann", "https://uni.example/~ann/blog/"),
    ],
)
def test_a_seed_names_its_site_and_where_to_begin(address: str, key: str, home: str) -> None:
    found = sites.seed(address)
    assert (found.key, found.home_url) == (key, home)
