from math import log2

import pytest

from ranking.measures import (
    average_precision,
    bpref,
    condensed,
    judged_share,
    ndcg,
    on_condensed,
    precision,
    share_above_zero,
)

GRADES = {"a": 2, "b": 1, "c": 0, "d": 1}


def test_average_precision_is_the_mean_over_all_relevant() -> None:
    assert average_precision(["a", "c", "b"], GRADES) == pytest.approx((1 / 1 + 2 / 3 + 0) / 3)
    assert average_precision(["a", "b", "d"], GRADES) == 1.0
    assert average_precision([], GRADES) == 0.0
    assert average_precision(["a"], {}) == 0.0


def test_ndcg_gains_are_exponential_and_discounted() -> None:
    ideal = 3 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert ndcg(["b", "a"], GRADES) == pytest.approx((1 / log2(2) + 3 / log2(3)) / ideal)
    assert ndcg(["a", "d", "b", "c"], GRADES) == pytest.approx(1.0)
    assert ndcg(["c"] * 10 + ["a"], GRADES) == 0.0
    assert ndcg(["a"], {"a": 0}) == 0.0


def test_precision_fills_a_short_run_with_misses() -> None:
    assert precision(["a", "c", "b"], GRADES) == pytest.approx(2 / 10)
    assert precision(["a", "c", "b"], GRADES, depth=2) == pytest.approx(1 / 2)


def test_the_bootstrap_share_follows_the_differences() -> None:
    assert share_above_zero([0.1, 0.2, 0.05]) == 1.0
    assert share_above_zero([-0.1, -0.2]) == 0.0
    assert 0.3 < share_above_zero([0.1, -0.1] * 20) < 0.7
    assert share_above_zero([]) == 0.0


def test_bpref_counts_for_each_relevant_one_what_was_judged_not_and_stands_before_it() -> None:
    grades = {"a": 1, "b": 2, "x": 0, "y": 0, "z": 0}  # two relevant, three not: 2 below the line
    assert bpref(["x", "a", "y", "b"], grades) == pytest.approx(((1 - 1 / 2) + (1 - 2 / 2)) / 2)
    assert bpref(["a", "?", "b", "x"], grades) == 1.0
    assert bpref(["x", "y", "z", "a"], grades) == 0.0
    assert bpref(["b"], grades) == pytest.approx(1 / 2)


def test_bpref_with_fewer_others_than_relevant_divides_by_those() -> None:
    grades = {"a": 1, "b": 1, "c": 1, "x": 0}
    assert bpref(["a", "x", "b", "c"], grades) == pytest.approx((1 + (1 - 1 / 1) + (1 - 1 / 1)) / 3)


@pytest.mark.parametrize("grades", [{"a": 1, "c": 2}, {"x": 0}, {}])
def test_one_kind_of_judgement_alone_gives_no_bpref(grades: dict[str, int]) -> None:
    assert bpref(["c", "a", "x"], grades) is None


def test_a_condensed_list_of_liked_ones_alone_is_not_measured() -> None:
    assert on_condensed(average_precision, ["c", "a"], {"a": 1, "c": 2}) is None
    assert on_condensed(average_precision, ["?", "x", "a"], {"a": 1, "x": 0}) == pytest.approx(1 / 2)


def test_the_unjudged_change_no_bpref_and_no_condensed_list() -> None:
    run = ["?1", "a", "?2", "c", "b", "?3"]
    assert condensed(run, GRADES) == ["a", "c", "b"]
    assert bpref(run, GRADES) == bpref(condensed(run, GRADES), GRADES)
    ideal = 3 / log2(2) + 1 / log2(3) + 1 / log2(4)
    assert ndcg(condensed(run, GRADES), GRADES) == pytest.approx((3 / log2(2) + 0 + 1 / log2(4)) / ideal)
    assert ndcg(run, GRADES) < ndcg(condensed(run, GRADES), GRADES)


def test_the_judged_share_is_of_the_documents_that_are_there() -> None:
    assert judged_share(["a", "?", "c", "??"], GRADES) == pytest.approx(2 / 4)
    assert judged_share(["a"] * 5 + ["?"] * 5 + ["a"], GRADES) == pytest.approx(5 / 10)
    assert judged_share([], GRADES) == 0.0
