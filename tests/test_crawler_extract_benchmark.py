"""The extraction on 181 pages with their right texts, and the measure itself on texts small enough to count by hand."""

from pathlib import Path

import pytest

from bench.extraction import AIM, extracted, measure, read_articles
from bench.shingles import compare, summarize
from tests.conftest import MEASURED


def test_shingles_are_counted_with_repetitions() -> None:
    # Right: a b c d, b c d e. Found: a b c d, b c d a, c d a b, d a b c, a b c d. One of two, one of five.
    agreement = compare("a b c d e", "a b c d a b c d")
    assert (agreement.precision, agreement.recall, agreement.is_exact) == (1 / 5, 1 / 2, False)
    assert agreement.f1 == pytest.approx(2 * (1 / 5) * (1 / 2) / (1 / 5 + 1 / 2))


def test_punctuation_is_no_difference() -> None:
    assert compare("One, two.", "One two").is_exact


def test_an_empty_result_has_no_precision_and_costs_recall() -> None:
    empty, whole = compare("one two", ""), compare("one two", "one two")
    assert (empty.precision, empty.recall) == (None, 0.0)
    scores = summarize([empty, whole])
    assert (scores.precision, scores.recall, scores.accuracy, scores.texts) == (1.0, 0.5, 0.5, 2)
    assert scores.f1 == pytest.approx(2 * 1.0 * 0.5 / (1.0 + 0.5))


def test_articles_are_found_on_real_pages(shared_dir: Path) -> None:
    scores = measure(extracted, read_articles(shared_dir))
    MEASURED.append(f"article extraction: {scores}")
    assert scores.texts == 181
    assert scores.f1 >= AIM
    assert scores.precision >= 0.94
    assert scores.recall >= 0.975
