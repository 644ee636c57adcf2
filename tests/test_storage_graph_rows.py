"""Bloggers as nodes of the graph, without their texts; on SQLite and PostgreSQL."""

from datetime import timedelta

from bloghound.records import SiteHealth
from storage import sites
from storage.database import Database
from storage.graph_rows import graph_rows
from tests.stored_bloggers import BICYCLE, NOW, Stored


def test_nodes_are_bloggers_with_posts_on_a_blog(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        for key, health in (("b.example", SiteHealth.OK), ("shop.example", SiteHealth.NOT_A_BLOG)):
            store.site(key, health=health)
            store.posts(key, 2)
        store.site("silent.example")
        store.site("a.example", health=None)
        store.posts("a.example", 1, text=BICYCLE)
        found = [(row.key, row.title, row.posts, row.health) for row in graph_rows(connection)]
    assert found == [("a.example", "a.example", 1, None), ("b.example", "B", 2, "ok")]


def test_a_blogger_without_a_profile_has_unknown_followers(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        store.site("b.example")
        store.posts("b.example", 1)
        (row,) = graph_rows(connection)
    assert (row.followers, row.site_keys) == (None, ("b.example",))


def test_followers_are_the_largest_audience_shown_now(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        store.site("b.example")
        store.posts("b.example", 1)
        for profile, counts in (("one.example/@b", (900, 70)), ("two.example/@b", (80,))):
            site_id = store.site(profile, kind="profile")
            store.join("b.example", profile)
            for day, count in enumerate(counts):
                now = NOW + timedelta(days=day)
                sites.observe_metric(connection, site_id, "followers", count, source_url="https://p.example", now=now)
        (row,) = graph_rows(connection)
    assert row.followers == max(70, 80)
    assert set(row.site_keys) == {"b.example", "one.example/@b", "two.example/@b"}
