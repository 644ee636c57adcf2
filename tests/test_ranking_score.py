import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloghound.errors import InputError
from ranking.credibility import Finding
from ranking.score import GATE_MIDDLE, Weights, gate, score, scores

share = st.floats(0, 1, allow_nan=False)


def test_default_weights_sum_to_one() -> None:
    weights = Weights()
    assert weights.relevance + weights.engagement + weights.reach == pytest.approx(1)
    assert weights.relevance > weights.engagement > weights.reach


def test_weights_are_used_as_shares() -> None:
    assert Weights(2, 1, 1) == Weights(0.5, 0.25, 0.25)
    assert Weights.parse("relevance=3, reach=1") == Weights(0.75, 0, 0.25)


@given(share, share, st.floats(1e-6, 1))
def test_weights_read_again_are_the_same(relevance: float, engagement: float, reach: float) -> None:
    once = Weights(relevance, engagement, reach)
    assert Weights(once.relevance, once.engagement, once.reach) == once


@pytest.mark.parametrize("wrong", [-1.0, math.nan, math.inf])
def test_an_unusable_weight_is_named(wrong: float) -> None:
    with pytest.raises(InputError, match="engagement"):
        Weights(1, wrong, 1)


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(InputError, match="all 0"):
        Weights(0, 0, 0)


@pytest.mark.parametrize("text", ["fame=1", "relevance=much", "", "relevance"])
def test_unreadable_weights_name_the_value(text: str) -> None:
    with pytest.raises(InputError, match=text.partition("=")[0] or "''"):
        Weights.parse(text)


def test_the_gate_is_closed_off_the_niche_and_open_on_it() -> None:
    assert gate(0.0) < 0.001
    assert gate(GATE_MIDDLE) == 0.5
    assert gate(0.9) > 0.999


def test_no_engagement_carries_a_blogger_that_is_off_the_niche() -> None:
    big = score({"relevance": 0.15, "engagement": 1.0, "reach": 1.0}, Weights(), ())
    small = score({"relevance": 0.5, "engagement": 0.0, "reach": 0.0}, Weights(), ())
    assert big.total < 0.01 < small.total


@given(share, share, share, st.lists(st.floats(0.001, 1), max_size=4))
def test_signed_contributions_sum_to_the_score(
    relevance: float, engagement: float, reach: float, amounts: list[float]
) -> None:
    findings = [Finding("f", 1, 1, amount, ()) for amount in amounts]
    made = score({"relevance": relevance, "engagement": engagement, "reach": reach}, Weights(3, 2, 1), findings)
    assert made.total == pytest.approx(sum(made.contributions.values()) - sum(amounts), abs=1e-9)


@given(share, share, share)
def test_more_of_any_part_never_lowers_the_score(relevance: float, engagement: float, more: float) -> None:
    values = {"relevance": relevance, "engagement": engagement, "reach": 0.3}
    for part, value in values.items():
        higher = {**values, part: max(value, more)}
        assert score(higher, Weights(), ()).total >= score(values, Weights(), ()).total


@given(st.lists(st.tuples(share, share, share, share), max_size=20))
def test_many_scores_are_the_same_as_each_alone(rows: list[tuple[float, float, float, float]]) -> None:
    values = np.array([row[:3] for row in rows]).reshape(-1, 3)
    found = scores(values, Weights(3, 2, 1), np.array([row[3] for row in rows]))
    for place, (relevance, engagement, reach, deducted) in enumerate(rows):
        finding = Finding("f", 1, 1, deducted, ())
        alone = score({"relevance": relevance, "engagement": engagement, "reach": reach}, Weights(3, 2, 1), [finding])
        assert found.of(place, [finding]) == alone
