"""The links around a site as rows, and the mark of a link farm on its sites."""

from sqlalchemy import Connection

from bloghound.records import Link, LinkContext
from storage import farms, links, sites
from storage.database import Database
from storage.sites import NewSite
from storage.tables.base import utc_now

NOW = utc_now()


def known(connection: Connection, *keys: str) -> dict[str, int]:
    return sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in keys], now=NOW)


def roll(connection: Connection, source_id: int, *targets: str) -> None:
    found = [(source_id, Link(f"https://{target}/", LinkContext.BLOGROLL)) for target in targets]
    links.keep_site_links(connection, found, now=NOW)


def test_near_are_the_owners_other_sites_and_those_that_link_back(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.farm.co.uk", "b.farm.co.uk", "twin.example", "fan.example", "idol.example")
        roll(connection, ids["a.farm.co.uk"], "twin.example", "idol.example")
        roll(connection, ids["twin.example"], "a.farm.co.uk")
        roll(connection, ids["fan.example"], "a.farm.co.uk")
        near = farms.sites_near(connection, ids["a.farm.co.uk"], "farm.co.uk", limit=9)
        (first,) = farms.sites_near(connection, ids["a.farm.co.uk"], "farm.co.uk", limit=0).values()
    assert sorted(one.key for one in near.values()) == ["a.farm.co.uk", "b.farm.co.uk", "twin.example"]
    assert first.key == "a.farm.co.uk"


def test_bloggers_of_a_shared_host_are_not_near(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.wordpress.com", "b.wordpress.com")
        near = farms.sites_near(connection, ids["a.wordpress.com"], "wordpress.com", limit=9)
    assert [one.key for one in near.values()] == ["a.wordpress.com"]


def test_links_are_rows_by_key(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.example", "b.example")
        roll(connection, ids["a.example"], "b.example", "c.example")
        rows = list(farms.links_of(connection, list(ids.values())))
    assert rows == [(f"{s}.example", f"{t}.example", LinkContext.BLOGROLL, None) for s, t in (("a", "b"), ("a", "c"))]


def test_of_each_site_so_many_links_are_read(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.example", "b.example")
        for site_id in ids.values():
            roll(connection, site_id, "x.example", "y.example", "z.example")
        rows = list(farms.links_of(connection, list(ids.values()), most=2))
    assert [(row[0], row[1]) for row in rows] == [(f"{s}.example", f"{t}.example") for s in "ab" for t in "xy"]


def test_a_flag_is_set_once_beside_the_others(database: Database) -> None:
    with database.transaction() as connection:
        ids = known(connection, "a.example", "b.example")
        sites.set_facts(connection, ids["a.example"], {"flags": ["spam_suspected"]})
        for _ in range(2):
            farms.flag(connection, [ids["a.example"]], "link_farm")
        rows = connection.exec_driver_sql("SELECT key, flags FROM site ORDER BY key").all()
    assert "link_farm" in str(rows[0].flags)
    assert str(rows[0].flags).count("link_farm") == str(rows[0].flags).count("spam_suspected") == 1
    assert "link_farm" not in str(rows[1].flags)
