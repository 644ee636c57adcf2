"""Posts per month as bars: a bar for each month from the first to the last, months without posts included.

Across, positions are percent of the plot's width; downward they are pixels: bars stretch with the page, words do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from api.web.charts.scales import Tick, anchored, heights, labelled_months, month_name, round_ticks

PLOT_TOP = 12.0
PLOT_HEIGHT = 120.0
"""Pixels: room for half a line above the highest tick; four steps of an axis that can be told apart."""

GAP_SHARE = 0.2
"""Share of a month's width left free beside its bar."""

WIDEST_PERCENT = 100 / 12
"""A year fills the plot; a blog of two months gets two bars, not two walls."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: position and width in percent, top and height in pixels."""

    x: float
    width: float
    y: float
    height: float
    month: str
    posts: int


@dataclass(frozen=True, slots=True)
class MonthlyBars:
    """The bars and both axes; ``baseline`` is where zero is, in pixels."""

    bars: tuple[Bar, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    baseline: float


def monthly_bars(posts: Mapping[str, int]) -> MonthlyBars | None:
    """The chart of posts by month (``2026-05``), in order of time and without gaps; None of no month."""
    if not posts:
        return None
    first, last = (_number(name) for name in (min(posts), max(posts)))
    slot = min(100 / len(posts), WIDEST_PERCENT)
    ticks = round_ticks(max(posts.values()))
    bars = tuple(_bar(index, name, count, slot, ticks[-1]) for index, (name, count) in enumerate(posts.items()))
    return MonthlyBars(
        bars=bars,
        y_ticks=heights(ticks, PLOT_TOP, PLOT_HEIGHT),
        x_ticks=tuple(anchored(slot * (one - first + 0.5), month_name(one)) for one in labelled_months(first, last)),
        baseline=PLOT_TOP + PLOT_HEIGHT,
    )


def _bar(index: int, name: str, count: int, slot: float, highest: float) -> Bar:
    height = PLOT_HEIGHT * count / highest
    return Bar(
        x=round(slot * (index + GAP_SHARE / 2), 3),
        width=round(slot * (1 - GAP_SHARE), 3),
        y=round(PLOT_TOP + PLOT_HEIGHT - height, 2),
        height=round(height, 2),
        month=month_name(_number(name)),
        posts=count,
    )


def _number(name: str) -> int:
    year, month = name.split("-")
    return int(year) * 12 + int(month) - 1
