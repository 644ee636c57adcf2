"""The score as one stacked bar: what each part contributes, what findings take away, on a fixed scale of 0 to 100.

Positions are percent of the bar's width, so the bar is as wide as its place and nothing in it is distorted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNKNOWN_SLIVER = 1.5
"""Width in percent at which an unknown part that contributes nothing is still seen."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part's share of the bar; ``known`` is False where the part is unknown and drawn hatched."""

    part: str
    x: float
    width: float
    known: bool


@dataclass(frozen=True, slots=True)
class ScoreBar:
    """The segments, and the notch that deductions cut from ``gross`` back to ``net``."""

    segments: tuple[Segment, ...]
    gross: float
    net: float
    below_zero: bool
    """The score is negative: the notch ends at the left edge."""

    @property
    def deducted(self) -> float:
        """Width of the notch, 0 without deductions."""
        return self.gross - self.net


def score_bar(contributions: Mapping[str, float], known: Mapping[str, bool], deductions: Sequence[float]) -> ScoreBar:
    """The bar of a score with these contributions (0 to 1 each) and deducted amounts (from 0 up)."""
    segments, x = [], 0.0
    for part, contribution in contributions.items():
        width = 100 * max(contribution, 0.0)
        if not known[part]:
            width = max(width, UNKNOWN_SLIVER)
        segments.append(Segment(part, round(x, 3), round(width, 3), known[part]))
        x += width
    gross = min(round(x, 3), 100.0)
    net = round(x - 100 * sum(deductions), 3)
    return ScoreBar(tuple(segments), gross, max(net, 0.0) if deductions else gross, bool(deductions) and net < 0)
