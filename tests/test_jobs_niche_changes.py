"""What is told of bloggers below the places that are kept of a ranking; how many there are is an estimate."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from bloghound.jobs import niche_changes, reranking
from tests.ranking_bloggers import AS_OF
from tests.reranked import Reranked, writer

LATER = AS_OF + timedelta(days=1)
PURE, HALF, RIDER, LATE = writer("pure", 1, 6), writer("half", 2, 4, 4), writer("rider", 4, 0, 4), writer("late", 5, 3)


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reranked:
    """A world in which two places are kept of each ranking."""
    for module in (reranking, niche_changes):
        monkeypatch.setattr(module, "KEPT_PLACES", 2)
    return Reranked(tmp_path / "data")


def reason_of(name: str, world: Reranked) -> str:
    """The first reason for what became of a blogger."""
    return world.of(name).change.because[0].text


def test_who_falls_below_the_kept_places_is_gone(quick: Reranked) -> None:
    quick.generation([HALF, PURE, RIDER])
    quick.generation([HALF, PURE, LATE], seen_at=LATER)
    assert reason_of("half", quick) == "fell below place 2"
    quick.generation([HALF, PURE], seen_at=LATER)
    assert reason_of("half", quick) == "below place 2 or outside the niche before"


def test_an_estimate_that_is_too_low_lets_nobody_seem_outside(quick: Reranked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ranking.engine._in_niche", lambda *_: np.array([], np.int64))
    quick.generation([HALF, PURE, LATE])
    quick.generation([HALF, PURE], seen_at=LATER)
    since = quick.changes().since
    assert since is not None
    assert (since.total, since.kept) == (2, 2)
    assert reason_of("half", quick) == "below place 2 or outside the niche before"
