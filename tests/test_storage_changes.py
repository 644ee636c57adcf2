"""Marks tell whose facts have changed: those who say something else have another mark, whoever wrote it and where."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select, text, update

from bloghound.records import RankableBlogger
from bloghound.urls import fold_url
from storage import changes, rankable
from storage.database import Database
from storage.tables import (
    Author,
    Blogger,
    EngagementObservation,
    Link,
    Post,
    PostAddress,
    PostComment,
    Site,
    SiteChange,
)
from storage.tables.base import table_of
from tests.rankable_worlds import LONG_AGO, NOW, World, drawn, stored, worlds

WATCHED = import_module("storage.migrations.versions.0010_changes").WATCHED

CHANGES: dict[type, dict[str, list[Any]]] = {
    Blogger: {"name": ["Bea"]},
    Site: {
        "blogger_id": [1, 2, 3],
        "title": ["Diary"],
        "kind": ["blog", "profile"],
        "platform": ["hugo"],
        "flags": [["link_farm"], ["personal"]],
        "health": [None, "ok", "not_a_blog"],
        "home_url": ["https://elsewhere.example/"],
    },
    Author: {"name": ["Somebody"]},
    Post: {
        "author_id": [None, 1, 2],
        "site_id": [1, 2, 3],
        "url": ["https://elsewhere.example/1"],
        "content_hash": ["f" * 64],
        "published_at": [None, NOW, LONG_AGO],
        "language": [None, "de"],
        "words": [3, 400],
        "state": ["live", "vanished"],
        "text_reserved": [True, False],
        "disclosures": [[], [{"kind": "gifted", "words": "given", "position": 0.0}]],
    },
    PostAddress: {"post_id": [1, 2, 3], "folded_url": ["p0.example/9"]},
    EngagementObservation: {"count": [None, 0, 9], "kind": ["shares"], "observed_at": [LONG_AGO]},
    PostComment: {"by_author": [True, False], "commenter_hash": ["h9"], "words": [None, 1], "source": ["page"]},
    Link: {
        "rel": [[], ["nofollow"], ["sponsored"]],
        "context": ["content", "blogroll"],
        "target_url": ["https://s0.example/0"],
        "site_id": [1, 2, 3],
    },
}
"""What an update may set of each table; a row that would break a key is left as it is."""

edits = st.sampled_from([(table, name) for table, columns in CHANGES.items() for name in columns]).flatmap(
    lambda one: st.tuples(st.just(one[0]), st.just(one[1]), st.sampled_from(CHANGES[one[0]][one[1]]), st.integers(0, 9))
)
removals = st.tuples(
    st.sampled_from([Site, Author, Post, PostAddress, EngagementObservation, PostComment, Link]), st.integers(0, 9)
)


def everybody(connection: Connection) -> tuple[dict[int, int | None], dict[int, RankableBlogger]]:
    """The mark and the facts of each blogger."""
    outlines = rankable.outlines(connection)
    return {one.blogger_id: one.mark for one in outlines}, {
        one.blogger_id: one for one in rankable.bloggers(connection, outlines)
    }


def folded(connection: Connection) -> tuple[dict[int, int | None], dict[int, RankableBlogger]]:
    changes.fold(connection)
    return everybody(connection)


def require_told(before: tuple[Mapping[int, Any], Mapping[int, Any]], after: tuple[Mapping[int, Any], ...]) -> None:
    """Whoever says something else has another mark."""
    same = {number for number, mark in after[0].items() if mark is not None and before[0].get(number) == mark}
    assert {number: after[1][number] for number in same} == {number: before[1].get(number) for number in same}


@contextmanager
def unless_refused(connection: Connection) -> Iterator[None]:
    """What breaks a key is undone, and the example is no example."""
    try:
        with connection.begin_nested():
            yield
    except Exception as error:
        assume("IntegrityError" not in type(error).__name__)
        raise


@drawn
@given(world=worlds(), edit=edits)
def test_whoever_says_something_else_after_an_update_has_another_mark(
    database: Database, world: World, edit: tuple[type, str, Any, int]
) -> None:
    table, column, value, place = edit
    with stored(database, world) as connection:
        before = folded(connection)
        assert None not in before[0].values()
        assume(place < len(world.rows[table]))
        with unless_refused(connection):
            row = world.rows[table][place]["id"]
            connection.execute(update(table_of(table)).where(table_of(table).c.id == row).values({column: value}))
        require_told(before, everybody(connection))
        require_told(before, folded(connection))


@drawn
@given(world=worlds(), removal=removals)
def test_whoever_says_something_else_after_a_removal_has_another_mark(
    database: Database, world: World, removal: tuple[type, int]
) -> None:
    table, place = removal
    with stored(database, world) as connection:
        before = folded(connection)
        assume(place < len(world.rows[table]))
        row = world.rows[table][place]["id"]
        connection.execute(delete(table_of(table)).where(table_of(table).c.id == row))
        require_told(before, folded(connection))


@drawn
@given(world=worlds(), table=st.sampled_from([Post, PostAddress, EngagementObservation, PostComment, Link]))
def test_whoever_says_something_else_after_rows_came_has_another_mark(
    database: Database, world: World, table: type
) -> None:
    later = world.rows[table][-3:]
    gone = {row["id"] for row in later}
    assume(
        later
        and not (table is Post and any(row.get("post_id") in gone for rows in world.rows.values() for row in rows))
    )
    world.rows[table] = world.rows[table][:-3]
    with stored(database, world) as connection:
        before = folded(connection)
        connection.execute(table_of(table).insert(), later)
        require_told(before, folded(connection))


@drawn
@given(world=worlds())
def test_what_changes_nothing_leaves_every_mark(database: Database, world: World) -> None:
    with stored(database, world) as connection:
        before = folded(connection)
        for table, columns in CHANGES.items():
            same = table_of(table)
            connection.execute(update(same).values({name: same.c[name] for name in columns}))
        connection.execute(update(table_of(Site)).values(visits=7, last_visited_at=NOW, lease_owner="somebody"))
        connection.execute(update(table_of(Link)).values(last_seen=NOW))
        assert connection.execute(select(table_of(SiteChange))).all() == []
        assert folded(connection) == before


def citing() -> World:
    """Four bloggers with a post each; those of the second and the third cite the first one's."""
    world = World()
    for number in (1, 2, 3, 4):
        key = f"s{number}.example"
        home = {"home_url": f"https://{key}/", "public_id": f"site_{number}", "first_seen": NOW, "health": None}
        world.add(Blogger, public_id=f"blg_{number}", name="", site_key=key, created_at=NOW)
        world.add(Site, blogger_id=number, key=key, kind="blog", flags=[], **home)
        url = f"https://{key}/1"
        post = {"url": url, "content_hash": key, "disclosures": [], "first_seen": NOW, "updated_at": NOW}
        world.add(Post, site_id=number, state="live", **post)
        world.add(PostAddress, post_id=number, site_id=number, url=url, folded_url=fold_url(url), claim="own")
    seen = {"first_seen": NOW, "last_seen": NOW, "anchor": "", "rel": [], "context": "content"}
    target = {"target_url": "https://s1.example/1", "target_site_key": "s1.example"}
    for number in (2, 3):
        world.add(Link, site_id=number, post_id=number, **target, **seen)
    return world


@pytest.mark.parametrize(("table", "change"), [(Post, {"state": "vanished"}), (Site, {"blogger_id": 3})])
def test_whoever_is_cited_no_more_has_another_mark(database: Database, table: type, change: dict[str, Any]) -> None:
    with stored(database, citing()) as connection:
        before = folded(connection)
        connection.execute(update(table_of(table)).where(table_of(table).c.id == 2).values(change))
        after = folded(connection)
        assert [one.posts[0].citing_bloggers for one in (before[1][1], after[1][1])] == [2, 1]
        assert (before[0][1] == after[0][1], before[0][4] == after[0][4]) == (False, True)


def test_what_is_being_written_has_no_mark_and_is_told_the_next_time(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    noted = text("INSERT INTO site_change (site_id) VALUES (1)")
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO blogger VALUES (1, 'blg_a', '', 'a.example', now())"))
        site = {"id": 1, "public_id": "site_a", "key": "a.example", "home_url": "u", "blogger_id": 1, "first_seen": NOW}
        connection.execute(table_of(Site).insert(), [site])
        changes.fold(connection)
        (known,) = changes.marks(connection).values()
    with database.transaction() as writing:
        writing.execute(noted)
        with database.transaction() as connection:
            changes.fold(connection)
            assert changes.marks(connection) == {1: known}
    with database.transaction() as connection:
        assert changes.marks(connection) == {}
        changes.fold(connection)
        assert changes.marks(connection)[1] != known


def test_all_triggers_are_there(database: Database) -> None:
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if not database.is_sqlite:
        names = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"
    with database.read() as connection:
        found = connection.execute(text(names)).scalars().all()
    assert sorted(found) == sorted(f"note_{one.name}_{event}" for one in WATCHED for event in one.events)


def test_a_site_that_goes_while_changes_are_looked_for_stops_nobody(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with database.transaction() as connection:
        citing().write(connection)
    with database.transaction() as erasing:
        erasing.execute(delete(table_of(Link)))
        erasing.execute(delete(table_of(Site)).where(table_of(Site).c.id == 4))
        with database.transaction() as connection:
            changes.fold(connection)
            assert set(changes.marks(connection)) == {1, 2, 3, 4}
    with database.transaction() as connection:
        changes.fold(connection)
        assert set(changes.marks(connection)) == {1, 2, 3}


def test_many_rows_are_noted_in_no_time_after_a_single_one(database: Database) -> None:
    """PostgreSQL would keep the plan for one row and compare every row with every other."""
    site, number = table_of(Site), 3000
    with database.transaction() as connection:
        connection.execute(
            table_of(Blogger).insert(), [{"id": 1, "public_id": "b", "site_key": "s", "created_at": NOW}]
        )
        rows = [{"public_id": f"{one}", "key": f"{one}", "home_url": "u"} for one in range(number)]
        connection.execute(site.insert(), [row | {"blogger_id": 1, "first_seen": NOW} for row in rows])
        changes.fold(connection)
        connection.execute(update(site).where(site.c.key == "1").values(title="one"))
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = '2s'"))
        connection.execute(update(site).values(title="all"))
        connection.execute(update(site).values(title="all of them"))
        assert connection.execute(text("SELECT count(*) FROM site_change")).scalar() == number


def test_triggers_find_their_tables_whatever_the_path(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has no schemas")
    with database.transaction() as connection:
        citing().write(connection)
        changes.fold(connection)
        connection.execute(text("SET LOCAL search_path = ''"))
        connection.execute(text("UPDATE public.site SET title = 'x' WHERE id = 1"))
        assert connection.execute(text("SELECT site_id FROM public.site_change")).scalars().all() == [1]
