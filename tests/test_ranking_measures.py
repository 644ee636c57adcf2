from math import log2

import pytest

from ranking.measures import average_precision, ndcg, precision, share_above_zero

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
