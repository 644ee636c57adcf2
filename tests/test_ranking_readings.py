"""How a brief was read: sketches of its vector, and what is said where two readings differ; pure."""

from dataclasses import replace
from math import dist, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.readings import (
    LEAST_DISTANCE,
    SKETCHED,
    BriefReading,
    reading_from,
    settings_changed,
    sketch_of,
    vector_moved,
)

DIMENSIONS = 384


def vector(seed: int, moved_by: float = 0.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A unit vector, and beside it one that lies so far from it, in a direction of the seed."""
    drawn = np.random.default_rng(seed).standard_normal((2, DIMENSIONS))
    one, other = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    return np.asarray(one + moved_by * other, np.float32)


def reading(seed: int = 1, moved_by: float = 0.0, **changes: object) -> BriefReading:
    made = BriefReading("", ("en",), 1, sketch_of(vector(seed, moved_by)))
    return replace(made, **changes)  # type: ignore[arg-type]


def test_distances_of_sketches_are_those_of_the_vectors_on_average() -> None:
    pairs = [(sketch_of(vector(seed)), sketch_of(vector(seed, 0.5))) for seed in range(200)]
    squares = [dist(one, other) ** 2 for one, other in pairs if one and other]
    # Of one square the relative standard error is √(2 / 32); of the mean of 200 a fourteenth of that.
    assert np.mean(squares) == pytest.approx(0.25, rel=4 * sqrt(2 / SKETCHED) / sqrt(200))


def test_a_sketch_is_the_same_every_time_and_none_of_nothing() -> None:
    assert sketch_of(vector(3)) == sketch_of(vector(3))
    assert len(sketch_of(vector(3)) or ()) == SKETCHED
    assert sketch_of(None) is None


@given(st.integers(0, 1000))
def test_a_vector_that_moved_by_far_less_or_more_than_is_shown_is_told_apart(seed: int) -> None:
    assert vector_moved(reading(seed), reading(seed, LEAST_DISTANCE / 4)) == ""
    assert vector_moved(reading(seed), reading(seed, LEAST_DISTANCE * 4)).startswith("the bloggers named as examples")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (reading(), ""),
        (None, ""),
        (reading(examples=0), "1 → 0 of the bloggers named as examples are in the index"),
        (reading(sketch=None), "the bloggers named as examples write otherwise"),
    ],
)
def test_why_a_vector_moved(after: BriefReading | None, said: str) -> None:
    assert vector_moved(reading(), after) == said


def test_without_examples_only_the_vector_is_named() -> None:
    assert vector_moved(reading(examples=0), reading(2, examples=0)) == "its vector is another one"


def test_settings_are_named_each() -> None:
    assert settings_changed(reading(), reading(2)) == []
    assert settings_changed(None, reading()) == []
    assert len(settings_changed(reading(), reading(prompt="query: ", languages=None))) == 2


@pytest.mark.parametrize("made", [reading(), reading(languages=None, sketch=None)])
def test_a_reading_survives_json(made: BriefReading) -> None:
    assert reading_from(made.as_json()) == made
    assert reading_from({}) is None
