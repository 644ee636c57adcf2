from hypothesis import given
from hypothesis import strategies as st

from ranking.index.tiers import MAX_REWRITTEN_POSTS, MERGED_AT_ONCE, SMALLEST_TIER_POSTS, SegmentSize, merges, tier_of

MAX = 500_000


def sized(*live: int, dead: int = 0) -> list[SegmentSize]:
    return [SegmentSize(f"s{number:03d}", posts, dead) for number, posts in enumerate(live)]


def test_three_of_a_size_wait_and_the_fourth_merges_them() -> None:
    assert merges(sized(10, 20, 30)) == []
    assert merges(sized(10, 20, 30, 40)) == [("s000", "s001", "s002", "s003")]


def test_a_large_segment_is_left_alone_when_small_ones_merge() -> None:
    assert merges(sized(400_000, 10, 20, 30, 40)) == [("s001", "s002", "s003", "s004")]


def test_a_merge_that_fills_a_tier_sets_off_the_next() -> None:
    tier = SMALLEST_TIER_POSTS * 2
    assert merges(sized(1500, 1500, 1500, 1500, tier, tier, tier)) == [
        ("s004", "s005", "s006", "s000", "s001", "s002", "s003")
    ]


def test_tiers_are_a_factor_of_four_apart() -> None:
    assert [tier_of(SMALLEST_TIER_POSTS * factor) for factor in (1, 4, 16)] == [0, 1, 2]
    assert [tier_of(SMALLEST_TIER_POSTS * factor + 1) for factor in (1, 4, 16)] == [1, 2, 3]


def test_no_merge_makes_a_segment_too_large() -> None:
    assert merges(sized(200_000, 200_000, 200_000, 200_000)) == [("s000", "s001")]
    assert merges(sized(300_000, 300_000, 300_000, 300_000)) == []


def test_what_has_no_live_post_goes() -> None:
    assert merges([SegmentSize("gone", 0, 5), SegmentSize("other", 9, 1)]) == [("gone",)]


def test_an_eighth_of_dead_rows_is_borne_and_more_is_not() -> None:
    assert merges([SegmentSize("one", 7, 1)]) == []
    assert merges([SegmentSize("one", 69, 10)]) == [("one",)]


def test_one_build_rewrites_no_more_than_one_full_segment_for_its_dead_rows() -> None:
    half = MAX_REWRITTEN_POSTS // 2
    given = [SegmentSize(name, half, dead) for name, dead in (("a", half), ("b", half + 2), ("c", half + 1))]
    assert merges(given) == [("b",), ("c",)]


segments = st.lists(
    st.tuples(st.integers(0, MAX), st.integers(0, MAX)).filter(lambda one: one[0] + one[1] > 0),
    max_size=60,
).map(lambda rows: [SegmentSize(f"s{place:03d}", *row) for place, row in enumerate(rows)])


@given(segments)
def test_each_segment_is_in_one_group_at_most_and_no_group_is_too_large(given: list[SegmentSize]) -> None:
    live = {one.name: one.live for one in given}
    groups = merges(given)
    names = [name for group in groups for name in group]
    assert len(names) == len(set(names))
    assert all(sum(live[name] for name in group) <= MAX for group in groups)


@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=120))
def test_builds_without_end_leave_few_segments_and_copy_a_post_few_times(builds: list[int]) -> None:
    sizes: dict[str, int] = {}
    copied = 0
    for number, posts in enumerate(builds):
        sizes[f"new{number}"] = posts
        for place, group in enumerate(merges([SegmentSize(name, live, 0) for name, live in sizes.items()])):
            total = sum(sizes.pop(name) for name in group)
            sizes[f"merged{number}-{place}"] = total
            copied += total
    tiers = tier_of(MAX) + 1
    assert len(sizes) <= (MERGED_AT_ONCE - 1) * tiers + MERGED_AT_ONCE * sum(builds) / MAX
    assert copied <= tiers * sum(builds)
