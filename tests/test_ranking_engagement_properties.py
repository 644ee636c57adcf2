"""What must hold of engagement in any population: nobody gains by hiding, no post and no platform carries the rest."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil, isfinite
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloghound.records import EngagementKind, PostComments, RankableBlogger, RankablePost
from ranking.engagement.channels import WINDOW_POSTS, channels_of
from ranking.engagement.groups import MIN_PEERS, groups_of
from ranking.engagement.levels import SHRINKAGE_POSTS, TYPICAL_LEVEL
from ranking.engagement.measures import MEASURES, NAMES, READERS
from tests.engagement_populations import (
    commented,
    entry,
    hidden,
    judged,
    liked,
    places,
    populations,
    posts_with_readers,
    readings,
    totals,
    undated,
    writer,
)
from tests.ranking_bloggers import AS_OF

LEAST = 1e-9
"""Worths are kept to steps of 2^-30."""

shares = st.floats(0, 1, allow_nan=False)


def with_posts(bloggers: Sequence[RankableBlogger], index: int, posts: Sequence[RankablePost]) -> list[RankableBlogger]:
    return [*bloggers[:index], replace(bloggers[index], posts=tuple(posts)), *bloggers[index + 1 :]]


def assert_nothing_gained(
    before: Sequence[RankableBlogger],
    after: Sequence[RankableBlogger],
    index: int,
    others: Sequence[tuple[float, float]],
) -> None:
    """The one who hid is no higher and nobody else is lower, to the last bit, in engagement and in total score."""
    shown, concealed = judged(before), judged(after)
    engagement = (shown.values.tolist(), concealed.values.tolist())
    for old, new in (engagement, (totals(shown, others), totals(concealed, others))):
        assert new[index] <= old[index]
        assert all(new[place] >= old[place] for place in range(len(old)) if place != index)
        assert places(new)[index] >= places(old)[index]


@settings(max_examples=150, deadline=None)
@given(populations(), st.data())
def test_hiding_anything_never_raises_a_rank(bloggers: list[RankableBlogger], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(bloggers) - 1))
    others = [data.draw(st.tuples(shares, shares)) for _ in bloggers]
    kinds = data.draw(st.lists(st.sampled_from(EngagementKind), unique=True))
    fewer = [
        hidden(post, kinds, listed=data.draw(st.booleans())) if data.draw(st.booleans()) else post
        for post in bloggers[index].posts
    ]
    assert_nothing_gained(bloggers, with_posts(bloggers, index, fewer), index, others)


@settings(deadline=None)
@given(populations(), st.data())
def test_hiding_dates_never_raises_a_rank_while_the_groups_stay(
    bloggers: list[RankableBlogger], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(bloggers) - 1))
    fewer = [undated(post) if data.draw(st.booleans()) else post for post in bloggers[index].posts]
    after = with_posts(bloggers, index, fewer)
    if groups(bloggers) == groups(after):
        assert_nothing_gained(bloggers, after, index, [(0.5, 0.5)] * len(bloggers))


def groups(bloggers: Sequence[RankableBlogger]) -> list[str]:
    """By whom each channel of each is judged."""
    channels = [one for blogger in bloggers for one in channels_of(blogger, AS_OF)]
    return groups_of([one.family for one in channels], [one.band for one in channels])


@pytest.mark.parametrize("odd", [None, AS_OF + timedelta(days=3000)])
@pytest.mark.parametrize("many_answered_the_new", [True, False])
def test_no_date_takes_posts_out_of_the_window_or_into_it(odd: datetime | None, many_answered_the_new: bool) -> None:
    posts = [
        entry(n, age_days=10 + n, shown={"comments": 40 * ((n < WINDOW_POSTS) == many_answered_the_new)})
        for n in range(2 * WINDOW_POSTS)
    ]
    peers = [commented(number, [number % 7] * 9) for number in range(1, 40)]
    for hides in (range(WINDOW_POSTS), range(WINDOW_POSTS, 2 * WINDOW_POSTS), range(2 * WINDOW_POSTS)):
        fewer = [replace(post, published=odd) if n in hides else post for n, post in enumerate(posts)]
        before, after = (judged([writer(0, own), *peers]).values[0] for own in (posts, fewer))
        assert after <= before


@settings(max_examples=150, deadline=None)
@given(populations())
def test_a_known_figure_never_enters_below_an_unknown_one(bloggers: list[RankableBlogger]) -> None:
    found = [one.inputs for one in judged(bloggers)]
    for name in NAMES:
        entered = {True: [1.0], False: [0.0]}
        for inputs in found:
            entered[inputs[name]["reason"] is None].append(float(inputs[name]["entered_at"] or 0))
        assert min(entered[True]) >= max(entered[False])


def test_whole_platforms_that_show_nothing_stand_below_whoever_shows_all() -> None:
    silent = [commented(number, [None] * 9, "hugo") for number in range(3 * MIN_PEERS)]
    told = [commented(100 + number, [number % 2] * 9) for number in range(MIN_PEERS)]
    values = judged([*silent, *told]).values
    assert values[len(silent) :].min() >= values[: len(silent)].max()


@settings(deadline=None)
@given(populations(), st.data())
def test_a_post_without_readers_on_a_new_channel_brings_nothing(
    bloggers: list[RankableBlogger], data: st.DataObject
) -> None:
    index, platform = data.draw(st.integers(0, len(bloggers) - 1)), data.draw(st.sampled_from(["devto", "medium"]))
    empty = entry(99, shown=dict.fromkeys(VIRAL, 0), url="https://new.example/1")
    site = replace(bloggers[index].sites[0], key="new.example", kind="blog", platform=platform)
    widened = replace(bloggers[index], sites=(*bloggers[index].sites, site), posts=(*bloggers[index].posts, empty))
    before, after = (judged(several) for several in (bloggers, [*bloggers[:index], widened, *bloggers[index + 1 :]]))
    for name in READERS:
        old, new = before[index].inputs[name], after[index].inputs[name]
        if old["reason"] is None:
            assert float(new["entered_at"] or 0) <= float(old["entered_at"] or 0) + LEAST


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=8), min_size=1, max_size=30), st.integers(0, 99))
def test_showing_only_the_posts_with_many_comments_never_helps(population: list[list[int]], least: int) -> None:
    bloggers = [commented(number, comments) for number, comments in enumerate(population)]
    boaster = commented(0, [count if count >= least else None for count in population[0]])
    assert_nothing_gained(bloggers, [boaster, *bloggers[1:]], 0, [(0.5, 0.5)] * len(bloggers))


@pytest.mark.parametrize("alone", [0, 3])
def test_hiding_does_not_help_where_there_are_no_peers(alone: int) -> None:
    assert judged([commented(1, [None] * 4)]).values <= judged([commented(1, [alone] * 4)]).values


@settings(deadline=None)
@given(populations(), st.data())
def test_more_of_anything_never_lowers_a_value(bloggers: list[RankableBlogger], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(bloggers) - 1))
    more = [_with_more(post, data.draw(st.integers(0, 99))) for post in bloggers[index].posts]
    assert judged(with_posts(bloggers, index, more)).values[index] >= judged(bloggers).values[index]


def _with_more(post: RankablePost, number: int) -> RankablePost:
    counts = {one.kind.value: None if one.count is None else one.count + number for one in post.engagement}
    comments = post.comments and replace(post.comments, commenters=(*post.comments.commenters, f"reader {number}"))
    return replace(post, engagement=readings(**counts), comments=comments, citing_bloggers=post.citing_bloggers + 1)


VIRAL = {kind.value: 10**7 for kind in EngagementKind}
FANS = PostComments(tuple(f"fan {number}" for number in range(500)), 0, ())


@pytest.mark.parametrize("number", [*range(1, WINDOW_POSTS + 1), 2 * WINDOW_POSTS])
def test_one_viral_post_moves_a_blogger_by_one_part_in_its_posts_and_five(number: int) -> None:
    quiet = [entry(index, age_days=10 + index, shown=dict.fromkeys(VIRAL, 0)) for index in range(number)]
    viral = [replace(quiet[0], engagement=readings(**VIRAL), comments=FANS, citing_bloggers=500), *quiet[1:]]
    peers = [writer(index, quiet) for index in range(1, 30)]
    before, after = (judged([writer(0, posts), *peers]).values[0] for posts in (quiet, viral))
    bound = 1 / (min(number, WINDOW_POSTS) + SHRINKAGE_POSTS)
    assert after - before <= bound
    assert after - before == pytest.approx(bound, rel=0.01)


@pytest.mark.parametrize("number", [1, 7, WINDOW_POSTS])
def test_the_first_post_that_shows_a_figure_brings_the_prior_too(number: int) -> None:
    silent = [entry(index, age_days=10 + index, shown={"likes": None}) for index in range(number)]
    viral = [replace(silent[0], engagement=readings(likes=10**7)), *silent[1:]]
    peers = [liked(index, [1000] * 9, "wordpress") for index in range(1, 30)]
    before, after = (judged([writer(0, posts), *peers])[0].inputs["applause"] for posts in (silent, viral))
    moved = float(after["entered_at"] or 0) - float(before["entered_at"] or 0)
    bound = (1 + SHRINKAGE_POSTS * TYPICAL_LEVEL) / (number + SHRINKAGE_POSTS)
    assert moved <= bound
    assert moved == pytest.approx(bound, rel=0.01)


@settings(deadline=None)
@given(st.lists(posts_with_readers(0), max_size=8), populations(), posts_with_readers(99))
def test_no_post_moves_anybody_further_than_the_bound(
    own: list[RankablePost], peers: list[RankableBlogger], added: RankablePost
) -> None:
    before, after = (judged([writer(0, posts), *peers])[0] for posts in (own, [*own, added]))
    counted = int(after.inputs["citations"]["of_posts"] or 0)
    for name in NAMES:
        old, new = before.inputs[name], after.inputs[name]
        if all(old[same] == new[same] for same in ("reason", "peers_group")):
            moved = abs(float(new["entered_at"] or 0) - float(old["entered_at"] or 0))
            assert moved <= 1 / (counted + SHRINKAGE_POSTS) + LEAST


likes = st.lists(st.lists(st.integers(1, 500), min_size=3, max_size=3), min_size=MIN_PEERS, max_size=MIN_PEERS + 9)


@settings(deadline=None)
@given(likes, likes, st.sampled_from([10, 1000]))
def test_a_platform_with_higher_counts_does_not_crowd_out_the_others(
    here: list[list[int]], there: list[list[int]], times: int
) -> None:
    blogs = [liked(number, counts, "wordpress") for number, counts in enumerate(here)]
    profiles = [liked(100 + number, counts, "mastodon") for number, counts in enumerate(there)]
    higher = [liked(100 + n, [times * count for count in counts], "mastodon") for n, counts in enumerate(there)]
    before, after = judged([*blogs, *profiles]).values, judged([*blogs, *higher]).values
    assert after == pytest.approx(before, abs=LEAST)


@settings(deadline=None)
@given(st.lists(st.lists(posts_with_readers(0), max_size=4), min_size=2, max_size=4), st.sampled_from([10, 1000]))
def test_a_platform_of_few_reactions_gains_at_most_half_by_higher_counts(
    kinds: list[list[RankablePost]], times: int
) -> None:
    low = [writer(number, kinds[number % len(kinds)], "hugo") for number in range(MIN_PEERS)]
    high = [replace(one, posts=tuple(_scaled(post, times) for post in one.posts)) for one in low]
    gained = (
        judged(high).values
        - judged([replace(one, posts=tuple(_scaled(p, 1) for p in one.posts)) for one in low]).values
    )
    assert all(-LEAST <= gain <= 1 / 2 + LEAST for gain in gained)


def _scaled(post: RankablePost, times: int) -> RankablePost:
    counts = {one.kind.value: None if one.count is None else one.count * times for one in post.engagement}
    return replace(post, engagement=readings(**counts), comments=None)


@given(st.lists(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), min_size=2, max_size=60))
def test_no_more_than_a_tenth_of_a_platform_stands_above_its_half_level(population: list[list[int]]) -> None:
    found = judged([liked(number, counts, "mastodon") for number, counts in enumerate(population)])
    inputs = [one.inputs["applause"] for one in found]
    above = sum(float(one["median"] or 0) > float(one["half_level"] or 0) for one in inputs)
    assert above <= ceil((len(population) - 1) / 10)


@settings(deadline=None)
@given(populations(), st.randoms(use_true_random=False))
def test_values_are_shares_and_do_not_depend_on_any_order(bloggers: list[RankableBlogger], chance: Random) -> None:
    found = judged(bloggers)
    shuffled = [replace(one, posts=tuple(chance.sample(one.posts, len(one.posts)))) for one in bloggers]
    chance.shuffle(shuffled)
    again = {one.public_id: item for one, item in zip(shuffled, judged(shuffled), strict=True)}
    for one, item in zip(bloggers, found, strict=True):
        assert again[one.public_id] == item
        assert 0 <= item.value <= 1
        assert item.value == pytest.approx(
            sum(MEASURES[name] * float(item.inputs[name]["entered_at"] or 0) for name in NAMES)
        )


@settings(deadline=None)
@given(populations())
def test_what_is_unknown_is_null_with_a_reason_and_the_rest_is_finite(bloggers: list[RankableBlogger]) -> None:
    for item in judged(bloggers):
        for inputs in item.inputs.values():
            known = inputs["posts"] != 0
            assert known == (inputs["reason"] is None) == (inputs["median"] is not None)
            assert all(isfinite(figure) for figure in inputs.values() if isinstance(figure, float))
            assert float(inputs["entered_at"] or 0) >= float(inputs["floor"] or 0)
