from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking import duplicates
from ranking.duplicates import MAX_SHARERS, NEAR_DUPLICATE, UNDATED, SketchedRows, copied_posts, resemblances
from ranking.sketches import SKETCH_SIZE, sketches_of

TEXT = " ".join(f"word{number * number % 97} and{number % 13} then{number}" for number in range(60))
OTHER = " ".join(f"else{number * 7 % 89} so{number % 11} now{number}" for number in range(60))
DAY = 86_400_000_000


World = tuple[NDArray[np.uint64], list[int], list[float | None], list[int]]


class Post(NamedTuple):
    owner: int
    text: str
    day: float | None = 1


def copies(posts: Sequence[Post], linkers: Sequence[int], parts: int = 1) -> set[int]:
    sketches = sketches_of([post.text for post in posts])
    return found(sketches, [post.owner for post in posts], [post.day for post in posts], linkers, parts)


def found(
    sketches: NDArray[np.uint64],
    owners: Sequence[int],
    days: Sequence[float | None],
    linkers: Sequence[int],
    parts: int,
) -> set[int]:
    published = [UNDATED if day is None else int(day * DAY) for day in days]
    rows = [SketchedRows(sketches[part::parts], np.arange(len(owners))[part::parts]) for part in range(parts)]
    columns = (np.array(values, np.int64) for values in (owners, published, linkers))
    return set(copied_posts(rows, *columns).tolist())


def test_resemblance_runs_from_nothing_to_all() -> None:
    sketches = sketches_of([TEXT, OTHER, ""])
    assert resemblances(sketches[[0, 0, 2]], sketches[[0, 1, 2]]).tolist() == [1.0, 0.0, 0.0]


@given(*[st.sets(st.integers(1, 60), max_size=SKETCH_SIZE)] * 2)
def test_resemblance_is_the_share_of_the_smallest_of_the_union(one: set[int], other: set[int]) -> None:
    rows = [sorted(values) + [0] * (SKETCH_SIZE - len(values)) for values in (one, other)]
    smallest = sorted(one | other)[:SKETCH_SIZE]
    expected = sum(value in one & other for value in smallest) / max(len(smallest), 1)
    assert resemblances(*(np.array([row], np.uint64) for row in rows)).tolist() == [expected]


def test_the_later_of_two_is_the_copy_even_with_a_frame_around_it() -> None:
    framed = f"Read this first. {TEXT} Originally seen elsewhere, all rights theirs."
    assert copies([Post(0, framed, 9), Post(1, TEXT, 2)], [9, 0]) == {0}


def test_a_bloggers_own_repeats_and_short_texts_are_no_copies() -> None:
    assert copies([Post(0, TEXT, 1), Post(0, TEXT, 5)], [0]) == set()
    assert copies([Post(0, "Hello world"), Post(1, "Hello world")], [0, 0]) == set()
    assert copies([], []) == set()


@pytest.mark.parametrize("day", [1.5, None])
def test_without_telling_dates_the_one_with_more_doubles_copied(day: float | None) -> None:
    posts = [Post(0, TEXT, 1 if day else None), Post(1, TEXT, day), Post(1, OTHER, day)]
    assert copies(posts, [5, 0]) == {0}


def test_without_any_other_sign_the_one_with_fewer_linkers_copied() -> None:
    posts = [Post(0, TEXT), Post(1, TEXT)]
    assert copies(posts, [0, 3]) == {0}
    assert copies(posts, [3, 0]) == {1}
    assert copies(posts, [3, 3]) == {1}


def test_a_text_that_more_than_fifty_have_is_boilerplate() -> None:
    posts = [Post(owner, TEXT, owner) for owner in range(MAX_SHARERS + 1)]
    assert copies(posts, [0] * len(posts)) == set()
    assert copies(posts[:-1], [0] * len(posts)) == set(range(1, MAX_SHARERS))


def test_a_row_of_no_post_is_no_double() -> None:
    sketches, nobody = sketches_of([TEXT, TEXT]), np.array([0, -1])
    owners, published, linkers = np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)
    assert copied_posts([SketchedRows(sketches, nobody)], owners, published, linkers).tolist() == []


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Sketches that have much in common, since their hashes are few; of up to five bloggers."""
    size = draw(st.integers(1, 14))
    sketches = np.zeros((size, SKETCH_SIZE), np.uint64)
    kinds = [draw(st.sets(st.integers(1, 2**64 - 1), max_size=40)) for _ in range(3)]
    for row in range(size):
        values = sorted(draw(st.sampled_from(kinds)) - draw(st.sets(st.sampled_from(sorted(set().union(*kinds, {1}))))))
        sketches[row, : len(values[:SKETCH_SIZE])] = values[:SKETCH_SIZE]
    owners = sorted(draw(st.lists(st.integers(0, 4), min_size=size, max_size=size)))
    days = draw(st.lists(st.sampled_from([None, 0.0, 0.9, 1.0, 7.0]), min_size=size, max_size=size))
    return sketches, owners, days, draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))


def looked_at_one_by_one(
    sketches: NDArray[np.uint64], owners: Sequence[int], days: Sequence[float | None], linkers: Sequence[int]
) -> set[int]:
    """The rule in words: every pair that shares any hash is compared, and one of the two named."""
    sets = [set(row[row != 0].tolist()) for row in sketches]
    pairs = [
        (one, other)
        for one, other in combinations(range(len(sets)), 2)
        if owners[one] != owners[other] and sets[one] & sets[other]
        if resemblances(sketches[[one]], sketches[[other]])[0] >= NEAR_DUPLICATE
    ]
    doubled, totals = Counter(owners[index] for index in {index for pair in pairs for index in pair}), Counter(owners)

    def suspicion(index: int) -> tuple[float, int, int]:
        return (doubled[owners[index]] / totals[owners[index]], -linkers[owners[index]], index)

    named = set()
    for pair in pairs:
        one, other = (days[index] for index in pair)
        apart = one is not None and other is not None and abs(one - other) >= 1
        named.add(max(pair, key=lambda index: days[index] or 0) if apart else max(pair, key=suspicion))
    return named


@settings(deadline=None)
@given(worlds(), st.integers(1, 3))
def test_the_search_finds_what_looking_at_every_pair_finds(world: World, parts: int) -> None:
    assert found(*world, parts) == looked_at_one_by_one(*world)


@settings(deadline=None)
@given(worlds())
def test_little_memory_changes_nothing(
    world: World,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_KEYS_AT_ONCE", 50)
        for name in ("_KEYS_COMPARED_AT_ONCE", "_WAITING_PAIRS", "_PAIRS_AT_ONCE", "_ROWS_AT_ONCE"):
            patch.setattr(duplicates, name, 3)
        assert found(*world, 1) == looked_at_one_by_one(*world)
