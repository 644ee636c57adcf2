"""Telling what a text is about without the model: word by word, from the model's own word vectors."""

import pickle
import subprocess
import sys

import numpy as np
import pytest

from ranking.word_judge import BACKGROUND, ON_TOPIC, WordJudge, piece_weights, scaled

TEA = "Oolong tea: picking, oxidation, roasting the leaves and brewing them in a small pot."
BIKES = "Bicycle touring: wheels, spokes, panniers and roadside repairs."


def test_a_post_is_judged_by_the_brief_it_suits_best() -> None:
    judge = WordJudge([BIKES, TEA])
    steeping = "The green leaves were steeped for a minute, and the second infusion of this tea tasted of roasted nuts."
    on_bikes, on_tea = judge.relevances("A pot in the morning", steeping)
    assert on_tea > 2 * on_bikes
    assert judge.relevance("A pot in the morning", steeping) == on_tea


def test_other_words_for_the_same_thing_count() -> None:
    judge = WordJudge(["Baking bread at home"])
    kin = judge.relevance("Sourdough", "The loaf rose in the oven, and its crust cracked when I cut the dough.")
    other = judge.relevance("Minutes", "The committee postponed its vote on the water tax until the next session.")
    assert kin > other


def test_nothing_is_on_topic_without_words() -> None:
    assert WordJudge([]).relevance("Tea", "tea") == 0.0
    assert WordJudge([TEA]).relevance("", "") == 0.0
    assert WordJudge(["the of and"]).relevance("Tea", "tea") == 0.0


@pytest.mark.parametrize(
    ("score", "share"),
    [(-1.0, 0.0), (BACKGROUND, 0.0), ((BACKGROUND + ON_TOPIC) / 2, 0.5), (ON_TOPIC, 1.0), (1.0, 1.0)],
)
def test_the_scale_begins_at_the_background(score: float, share: float) -> None:
    assert scaled(score) == pytest.approx(share)


def test_rare_words_weigh_more() -> None:
    weights = piece_weights(30_522)
    assert weights.min() == 0.0
    assert weights.max() == pytest.approx(1.0)
    assert bool((np.diff(weights) >= 0).all())


def test_a_judge_travels_to_another_process() -> None:
    judge = WordJudge([TEA])
    assert judge.relevance("Tea", "a pot of oolong tea") > 0
    assert pickle.loads(pickle.dumps(judge)).briefs == (TEA,)  # noqa: S301 - our own


def test_judging_needs_no_torch() -> None:
    code = (
        "import sys; from ranking.word_judge import WordJudge; "
        "assert WordJudge(['tea']).relevance('Tea', 'tea leaves') > 0; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
