"""Axes: ticks at round numbers from zero up, and at calendar months."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
YEAR_MONTHS = 12
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 36, 60)
"""Months between two labels: those that divide a year, then whole years."""

MOST_LABELS = 5
"""``Mar 2025`` five times fits beside each other on a plot 280 pixels wide, the narrowest there is."""

EDGE_PERCENT = 8.0
"""A label centred nearer to an edge than this would be cut: half of ``Mar 2025`` on the narrowest plot."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where it is (percent across, pixels down), its words, and how they are anchored."""

    at: float
    text: str
    anchor: str = "middle"


def round_ticks(highest: float, most: int = 4) -> tuple[float, ...]:
    """Ticks from 0 to at least ``highest`` in steps of 1, 2 or 5 times a power of ten, ``most`` above zero.

    No step is below 1, since what is counted comes in whole numbers.
    """
    if highest <= 0:
        return (0.0, 1.0)
    size = 10.0 ** math.floor(math.log10(highest / most))
    step = next(max(1.0, factor * size) for factor in (1, 2, 5, 10) if math.ceil(highest / (factor * size)) <= most)
    return tuple(step * number for number in range(math.ceil(highest / step) + 1))


def month_number(moment: datetime) -> int:
    """Months since the year 0."""
    return moment.year * YEAR_MONTHS + moment.month - 1


def month_name(number: int) -> str:
    """``Mar 2025`` for a number of :func:`month_number`."""
    return f"{MONTH_NAMES[number % YEAR_MONTHS]} {number // YEAR_MONTHS}"


def month_start(number: int) -> datetime:
    """When a month begins, in UTC."""
    return datetime(number // YEAR_MONTHS, number % YEAR_MONTHS + 1, 1, tzinfo=UTC)


def labelled_months(first: int, last: int) -> list[int]:
    """The months from ``first`` to ``last`` that get a label: evenly apart, Januaries where the step is a year."""
    step = next(
        (step for step in MONTH_STEPS if len(_multiples(first, last, step)) <= MOST_LABELS),
        YEAR_MONTHS * math.ceil((last - first + 1) / YEAR_MONTHS / MOST_LABELS),
    )
    return _multiples(first, last, step) or [first]


def _multiples(first: int, last: int, step: int) -> list[int]:
    return list(range(-(-first // step) * step, last + 1, step))


def anchored(at: float, text: str) -> Tick:
    """A label under a plot, anchored so that it is not cut at its edges."""
    if at < EDGE_PERCENT:
        return Tick(at, text, "start")
    return Tick(at, text, "end" if at > 100 - EDGE_PERCENT else "middle")


def heights(ticks: Sequence[float], top: float, height: float) -> tuple[Tick, ...]:
    """The ticks of an upward axis of ``height`` pixels that begins ``top`` pixels below the edge."""
    return tuple(Tick(round(top + height * (1 - tick / ticks[-1]), 2), f"{tick:,.0f}") for tick in ticks)
