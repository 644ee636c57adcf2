"""Figures over time as dots, one for each post or reading, with what is usual among peers as a band behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.web.charts.scales import (
    Tick,
    Upward,
    anchored,
    labelled_months,
    month_name,
    month_number,
    month_start,
    upward,
)

PLOT_TOP = 12.0
PLOT_HEIGHT = 120.0
"""As the bars of posts per month, under which the dots stand."""

INSET_PERCENT = 1.0
"""Free at both ends, so that no dot is cut in half."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure at a time, with the words that name it."""

    at: datetime
    value: float
    label: str = ""
    hollow: bool = False
    """Whether it is of another kind than the others, and drawn so."""


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual among peers: the middle half of their figures, and the median."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A point's place: percent across, pixels down."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True, slots=True)
class PlacedBand:
    """The band in pixels: its top, its height, and the line of the median."""

    y: float
    height: float
    median_y: float


@dataclass(frozen=True, slots=True)
class TimeDots:
    """The dots, the band (None without peers) and both axes; ``baseline`` is where zero is, in pixels.

    ``logarithmic`` says that the upward axis is not even.
    """

    dots: tuple[Dot, ...]
    band: PlacedBand | None
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    baseline: float
    logarithmic: bool = False


def time_dots(points: Sequence[Point], since: datetime, until: datetime, band: Band | None = None) -> TimeDots | None:
    """The chart of the points from ``since`` to ``until``; None when no point is within."""
    shown = [point for point in points if since <= point.at <= until]
    if not shown:
        return None
    values = [point.value for point in shown]
    axis = upward(values, max([*values, band.high] if band else values), PLOT_TOP, PLOT_HEIGHT)
    labelled = labelled_months(month_number(since), month_number(until))
    months = [one for one in labelled if since <= month_start(one) < until]
    return TimeDots(
        dots=tuple(Dot(_across(point.at, since, until), axis.at(point.value), point) for point in shown),
        band=_placed(band, axis) if band else None,
        y_ticks=axis.labels(),
        x_ticks=tuple(anchored(_across(month_start(one), since, until), month_name(one)) for one in months),
        baseline=PLOT_TOP + PLOT_HEIGHT,
        logarithmic=axis.logarithmic,
    )


def _across(moment: datetime, since: datetime, until: datetime) -> float:
    span = (until - since).total_seconds()
    share = (moment - since).total_seconds() / span if span else 0.5
    return round(INSET_PERCENT + (100 - 2 * INSET_PERCENT) * share, 3)


def _placed(band: Band, axis: Upward) -> PlacedBand:
    top = axis.at(band.high)
    return PlacedBand(top, round(axis.at(band.low) - top, 2), axis.at(band.median))
