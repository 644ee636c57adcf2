import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from ranking.engagement import HALF_LEVEL, SHRINKAGE_POSTS, MeasureFigures, engagement_of_all, figures_of
from tests.ranking_bloggers import post

NOTHING = MeasureFigures(0, 0.0, 0.0, "not_exposed")


def commented(posts: int, median: float, share: float) -> dict[str, MeasureFigures]:
    return {"conversation": MeasureFigures(posts, median, share), "amplification": NOTHING, "applause": NOTHING}


UNKNOWN = {"conversation": NOTHING, "amplification": NOTHING, "applause": NOTHING}


def test_figures_are_median_and_share_with_any() -> None:
    posts = [post(number, "text", comments=count) for number, count in enumerate([0, 0, 4, 500])]
    assert figures_of(posts)["conversation"] == MeasureFigures(4, 2.0, 2 / 4)


def test_unknown_is_never_zero_and_says_why() -> None:
    closed = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    figures = figures_of([post(1, "text", engagement=(closed,))])
    assert figures["conversation"] == MeasureFigures(0, 0.0, 0.0, "comments_closed")
    assert figures["applause"].reason == "not_exposed"


def test_one_viral_post_does_not_carry_a_blogger() -> None:
    viral, steady = figures_of([post(n, "x", comments=c) for n, c in enumerate([0] * 9 + [5000])]), commented(10, 3, 1)
    found = engagement_of_all([viral, steady, *[commented(10, 0, 0)] * 3], ["a"] * 5)
    assert found[1].value > 2 * found[0].value


def test_few_posts_are_shrunk_to_the_platforms_median() -> None:
    middle = [commented(50, 2, 0.5)] * 3
    few, many = (engagement_of_all([commented(posts, 40, 1), *middle], ["a"] * 4)[0].value for posts in (1, 100))
    level = (1 + 40 / (40 + HALF_LEVEL["conversation"])) / 2
    typical = (0.5 + 2 / (2 + HALF_LEVEL["conversation"])) / 2
    assert few == pytest.approx(0.5 * (level + SHRINKAGE_POSTS * typical) / (1 + SHRINKAGE_POSTS))
    assert few < many < 0.5 * level


def test_an_unknown_enters_at_the_median_of_all_and_never_above_a_known_one() -> None:
    known = [commented(20, median, 1) for median in (1, 4, 9)]
    found = engagement_of_all([*known, UNKNOWN], ["a"] * 4)
    assert not found[3].known
    assert found[3].value <= min(one.value for one in found[:3])
    assert found[3].value == pytest.approx(sum(sorted(one.value for one in found)[:2]) / 2)


def test_unknown_for_most_means_nothing_for_the_unknown() -> None:
    found = engagement_of_all([commented(20, 4, 1), UNKNOWN, UNKNOWN, UNKNOWN], ["a"] * 4)
    assert found[1].value == 0.0 < found[0].value


def test_no_bloggers_have_no_engagement() -> None:
    assert engagement_of_all([], []) == []


figure = st.builds(commented, st.integers(1, 200), st.floats(0, 500, allow_nan=False), st.floats(0, 1, allow_nan=False))


@given(st.lists(st.one_of(figure, st.just(UNKNOWN)), min_size=1, max_size=9), st.data())
def test_taking_comments_away_never_raises_anybody(peers: list[dict[str, MeasureFigures]], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(peers) - 1))
    platforms = data.draw(st.lists(st.sampled_from("ab"), min_size=len(peers), max_size=len(peers)))
    before = engagement_of_all(peers, platforms)
    silent = commented(peers[index]["conversation"].posts, 0, 0) if peers[index] != UNKNOWN else UNKNOWN
    for fewer in (UNKNOWN, silent):
        after = engagement_of_all([*peers[:index], fewer, *peers[index + 1 :]], platforms)
        assert after[index].value <= before[index].value + 1e-12
        assert all(later.value <= earlier.value + 1e-12 for later, earlier in zip(after, before, strict=True))
