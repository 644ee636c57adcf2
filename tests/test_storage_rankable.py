import gc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloghound.records import PostText, RankablePost
from storage import citations, comments, engagement, posts, rankable
from storage.database import Database
from storage.tables import Blogger, Post, Site
from tests.rankable_worlds import NOW, World, drawn, read_plainly, stored, worlds


@drawn
@given(world=worlds(), newest=st.sampled_from([None, 1, 2, 3]), at_once=st.sampled_from([1, 3, 1000]))
def test_bloggers_come_as_their_rows_say(database: Database, world: World, newest: int | None, at_once: int) -> None:
    with stored(database, world) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(rankable, "_POSTS_AT_ONCE", at_once)
        outlines = rankable.outlines(connection)
        found = list(rankable.bloggers(connection, outlines, newest))
        whole = read_plainly(world, None)
        assert found == read_plainly(world, newest)
        assert list(rankable.bloggers(connection, outlines[::2], newest)) == found[::2]
        assert [(one.blogger_id, one.site_key) for one in outlines] == [(one.blogger_id, one.site_key) for one in found]
        assert [one.posts for one in outlines] == [len(one.posts) for one in whole]


@drawn
@given(world=worlds(), suppressed=st.sets(st.sampled_from(["s0.example", "p0.example", "p1.example"])))
def test_whoever_has_a_suppressed_site_is_left_out(database: Database, world: World, suppressed: set[str]) -> None:
    shown = {
        owner["id"]
        for owner in world.rows[Blogger]
        if suppressed.isdisjoint(site["key"] for site in world.of(Site, blogger_id=owner["id"]))
    }
    expected = [one for one in read_plainly(world, 2) if one.blogger_id in shown]
    with stored(database, world) as connection:
        assert list(rankable.bloggers(connection, rankable.outlines(connection, suppressed), 2)) == expected


def test_more_pages_are_looked_up_than_one_question_holds(database: Database) -> None:
    """PostgreSQL gives up some 9,000 conditions that stand in each other."""
    with database.read() as connection:
        assert citations._by_post(connection, {1: {f"a.example/{number}": {2} for number in range(20_000)}}) == {}


@drawn
@given(world=worlds())
def test_many_posts_are_read_as_each_alone(database: Database, world: World) -> None:
    with stored(database, world) as connection:
        for blogger in rankable.bloggers(connection, rankable.outlines(connection)):
            ids = [post.post_id for post in blogger.posts]
            readings, said = engagement.latest_readings(connection, ids), comments.of_posts(connection, ids)
            cited = citations.citing_bloggers(connection, [site.site_id for site in blogger.sites])
            for post in blogger.posts:
                alone = readings.get(post.post_id, {})
                assert post.engagement == tuple(alone[kind] for kind in sorted(alone))
                assert post.comments == said.get(post.post_id)
                assert post.citing_bloggers == cited.get(post.post_id, 0)


@drawn
@given(world=worlds(), post_ids=st.lists(st.integers(1, 12), unique=True))
def test_texts_come_in_the_order_asked(database: Database, world: World, post_ids: list[int]) -> None:
    known = {row["id"]: PostText(row["id"], row["title"], row["text"]) for row in world.rows[Post]}
    with stored(database, world) as connection:
        assert list(rankable.texts(connection, post_ids)) == [known[one] for one in post_ids if one in known]
        shown = {row["id"] for row in world.of(Post, state="live")}
        assert posts.not_live(connection) == known.keys() - shown


@drawn
@given(world=worlds())
def test_every_site_has_the_key_of_its_bloggers_founding_site(database: Database, world: World) -> None:
    with stored(database, world) as connection:
        found = rankable.founding_keys(connection)
    assert {key: f"s{key[1:]}" for key in found} == found
    assert found.keys() == {row["key"] for row in world.rows[Site]}


def test_looking_for_cycles_is_left_as_it_was() -> None:
    with rankable._without_cycles():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_fingerprint_tells_apart_all_that_an_index_keeps_of_a_post() -> None:
    post = RankablePost(1, "https://a.example/1", "a" * 64, "en", NOW, 100)
    changes: tuple[dict[str, Any], ...] = (
        {"url": "https://a.example/2"},
        {"content_hash": "b" * 64},
        {"language": None},
        {"published": NOW + timedelta(days=1)},
        {"published": None},
        {"text_reserved": True},
    )
    changed = [replace(post, **change).fingerprint for change in changes]
    assert len({post.fingerprint, *changed}) == len(changes) + 1
    assert replace(post, post_id=2, words=7, author="Ann", citing_bloggers=3).fingerprint == post.fingerprint
    assert 0 <= post.fingerprint < 2**64
