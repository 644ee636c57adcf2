"""The list of bloggers in its orders, filters and pages, and one blogger with languages and authors."""

from datetime import timedelta

import pytest

from bloghound.records import SiteHealth
from storage import bloggers
from storage.bloggers import BloggerFilter, BloggerSort
from storage.database import Connection, Database
from tests.stored_bloggers import NOW, Stored


def fill(connection: Connection) -> Stored:
    store = Stored(connection)
    store.site("b.example", title="alpha 100%", language="nl", platform="ghost")
    store.posts("b.example", 3, author="Bo", language="nl")
    store.site("a.example", title="Zeta")
    store.posts("a.example", 1, published=NOW - timedelta(days=400), author="An")
    store.site("c.example", health=SiteHealth.BLOCKED, reason="403", title="", platform="")
    store.site("d.example", health=None)
    return store


def keys(connection: Connection, **wanted: object) -> list[str]:
    return [row.site_key for row in bloggers.page(connection, limit=10, **wanted)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("site", "abcd"), ("name", "bcda"), ("last_post", "bacd"), ("posts", "bacd")],
)
def test_pages_of_every_order_join_to_the_whole(database: Database, sort: str, expected: str) -> None:
    with database.transaction() as connection:
        fill(connection)
        found, after = [], None
        while rows := bloggers.page(connection, limit=1, sort=BloggerSort(sort), after=after):
            found.append(rows[0].site_key[0])
            after = rows[0].position
    # Without a title the address is the name; equal values are ordered by when they came to be known.
    ties = {"last_post": "bacd", "posts": "bacd", "site": "abcd", "name": "bcda"}
    assert "".join(found) == ties[sort] == expected


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (BloggerFilter(language="nl"), ["b.example"]),
        (BloggerFilter(platform="wordpress"), ["a.example"]),
        (BloggerFilter(health="blocked"), ["c.example"]),
        (BloggerFilter(text="ZETA"), ["a.example"]),
        (BloggerFilter(text="example", platform="ghost"), ["b.example"]),
        (BloggerFilter(text="100%"), ["b.example"]),
        (BloggerFilter(text="0_"), []),
        (BloggerFilter(text="%"), ["b.example"]),
    ],
)
def test_filters_are_taken_by_the_letter(database: Database, wanted: BloggerFilter, expected: list[str]) -> None:
    with database.transaction() as connection:
        fill(connection)
        assert keys(connection, wanted=wanted) == expected


def test_a_line_counts_live_posts_and_tells_why_a_site_is_silent(database: Database) -> None:
    with database.transaction() as connection:
        fill(connection)
        first, second, third, fourth = bloggers.page(connection, limit=10)
    assert (second.name, second.posts, second.last_post, second.language) == ("alpha 100%", 3, NOW, "nl")
    assert (first.posts, first.last_post) == (1, NOW - timedelta(days=400))
    assert (third.posts, third.last_post, third.health, third.health_reason) == (0, None, "blocked", "403")
    assert (fourth.health, fourth.last_visited_at) == (None, None)


def test_a_filter_looks_at_every_site_of_a_blogger(database: Database) -> None:
    with database.transaction() as connection:
        store = fill(connection)
        store.site("social.example/@bo", platform="mastodon", kind="profile")
        store.join("b.example", "social.example/@bo")
        assert keys(connection, wanted=BloggerFilter(platform="mastodon")) == ["b.example"]
        assert keys(connection) == ["a.example", "b.example", "c.example", "d.example"]


def test_one_blogger_comes_with_all_sites_the_founding_one_first(database: Database) -> None:
    with database.transaction() as connection:
        store = fill(connection)
        store.site("a-profile.example", platform="mastodon", kind="profile")
        store.join("b.example", "a-profile.example")
        public_id = bloggers.page(connection, limit=2)[1].public_id
        found = bloggers.find(connection, public_id)
    assert found is not None
    assert [site.key for site in found.sites] == ["b.example", "a-profile.example"]
    assert (found.name, found.site_key, found.public_id) == ("alpha 100%", "b.example", public_id)


def test_nobody_is_found_under_an_unknown_id(database: Database) -> None:
    with database.transaction() as connection:
        fill(connection)
        assert bloggers.find(connection, "blg_nobody") is None


def test_languages_and_authors_are_counted(database: Database) -> None:
    with database.transaction() as connection:
        store = fill(connection)
        site_id = store.site("e.example")
        store.posts("e.example", 2, author="Eva")
        store.posts("e.example", 5, start=2, author="Guest", language=None, text="Other words, {number} of them.")
        assert [(one.language, one.posts) for one in bloggers.languages(connection, [site_id])] == [
            (None, 5),
            ("en", 2),
        ]
        assert [(one.name, one.posts) for one in bloggers.authors(connection, [site_id])] == [("Guest", 5), ("Eva", 2)]
        assert (
            bloggers.posts_within(connection, [site_id], NOW - timedelta(days=8), NOW) == 2
        )  # both of Eva's: the guest's begin 14 days back
        assert bloggers.languages(connection, []) == []
        assert bloggers.authors(connection, []) == []
