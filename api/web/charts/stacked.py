"""Counts as one stacked bar: positions in percent of its width. Central name: :func:`stacked`."""

from collections.abc import Sequence
from dataclasses import dataclass

SLIVER = 0.8
"""Width in percent at which one of thousands is still seen; the others give way in proportion."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One count of a bar; ``x`` and ``width`` are percent of the bar."""

    key: str
    label: str
    count: int
    x: float
    width: float


def stacked(counts: Sequence[tuple[str, str, int]]) -> tuple[Slice, ...]:
    """The slices of a bar, from (key, label, count); counts of 0 have none."""
    shown = [one for one in counts if one[2] > 0]
    total = sum(count for _, _, count in shown)
    widths = [max(100 * count / total, SLIVER) for _, _, count in shown]
    scale, x, slices = 100 / (sum(widths) or 1), 0.0, []
    for (key, label, count), width in zip(shown, widths, strict=True):
        slices.append(Slice(key, label, count, round(x, 3), round(width * scale, 3)))
        x += width * scale
    return tuple(slices)
