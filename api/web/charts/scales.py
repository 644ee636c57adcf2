"""Axes: ticks at round numbers from zero up, and at calendar months."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

MONTH_NAMES = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
YEAR_MONTHS = 12
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 36, 60)
"""Months between two labels: those that divide a year, then whole years."""

THOUSAND, MILLION = 1_000, 1_000_000
LONG_TAIL = 30
"""How often the highest figure may be the median one until an even axis would press most figures flat on zero."""

MOST_POWERS_FROM_ONE = 4

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
    return tuple(Tick(round(top + height * (1 - tick / ticks[-1]), 2), _short(tick)) for tick in ticks)


@dataclass(frozen=True, slots=True)
class Upward:
    """An upward axis of ``height`` pixels from zero to the last of ``ticks``; a logarithmic one grows as log(1 + x)."""

    ticks: tuple[float, ...]
    top: float
    height: float
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """How many pixels down a figure is."""
        highest = self.ticks[-1]
        share = math.log1p(value) / math.log1p(highest) if self.logarithmic else value / highest
        return round(self.top + self.height * (1 - share), 2)

    def labels(self) -> tuple[Tick, ...]:
        """The ticks with their words."""
        return tuple(Tick(self.at(tick), _short(tick)) for tick in self.ticks)


def upward(figures: Sequence[float], highest: float, top: float, height: float) -> Upward:
    """The axis for figures that reach up to ``highest``: even, or logarithmic where few tower over most."""
    if max(figures) <= LONG_TAIL * max(median(figures), 1):
        return Upward(round_ticks(highest), top, height)
    reach = math.ceil(math.log10(highest))
    # Far below many powers of ten, one is too near to zero for both to be labelled.
    powers = range(1 if reach > MOST_POWERS_FROM_ONE else 0, reach + 1)
    return Upward((0.0, *(10.0**power for power in powers)), top, height, logarithmic=True)


def _short(figure: float) -> str:
    """``500``, ``1.5k``, ``2M``: no more characters than there is room for beside a plot."""
    if figure >= MILLION:
        return f"{figure / MILLION:g}M"
    return f"{figure / THOUSAND:g}k" if figure >= THOUSAND else f"{figure:.0f}"
