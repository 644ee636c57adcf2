"""Counts of some posts as they were seen to grow: a line for each post, numbered at its end."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from api.web.charts.scales import (
    Tick,
    anchored,
    heights,
    labelled_months,
    month_name,
    month_number,
    month_start,
    round_ticks,
)
from api.web.charts.time_dots import PLOT_HEIGHT, PLOT_TOP, Point

LEFT_PERCENT, RIGHT_PERCENT = 1.0, 94.0
"""Free at the left, so that no dot is cut, and at the right for the numbers of the lines."""

MOST_DAY_LABELS = 4
"""``13 Nov`` four times fits beside each other on the narrowest plot, the first of them flush with its edge."""
DAYS_UP_TO = timedelta(days=80)
"""From three months on, months are told apart well enough."""

DAY_STEPS = (1, 2, 3, 7, 14, 28)
NUMBER_HEIGHT = 13.0
"""Pixels between two numbers under each other at 12 pixels' type."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A straight piece of a line: percent across, pixels down."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A look: its place, and what was seen."""

    x: float
    y: float
    point: Point


@dataclass(frozen=True, slots=True)
class GrowthLine:
    """A post's line; ``number`` (from 1) stands ``number_y`` pixels down at the right edge."""

    number: int
    segments: tuple[Segment, ...]
    marks: tuple[Mark, ...]
    number_y: float


@dataclass(frozen=True, slots=True)
class GrowthLines:
    """The lines and both axes; ``baseline`` is where zero is, in pixels."""

    lines: tuple[GrowthLine, ...]
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    baseline: float


def growth_lines(series: Sequence[Sequence[Point]]) -> GrowthLines | None:
    """The chart of some series of looks, each in order of time; None of nothing."""
    shown = [points for points in series if points]
    if not shown:
        return None
    times = [point.at for points in shown for point in points]
    since, until = min(times), max(times)
    ticks = round_ticks(max(point.value for points in shown for point in points))
    marks = [tuple(_mark(point, since, until, ticks[-1]) for point in points) for points in shown]
    levels = _apart([placed[-1].y for placed in marks])
    return GrowthLines(
        lines=tuple(
            GrowthLine(number, _segments(placed), placed, level)
            for number, (placed, level) in enumerate(zip(marks, levels, strict=True), start=1)
        ),
        y_ticks=heights(ticks, PLOT_TOP, PLOT_HEIGHT),
        x_ticks=tuple(anchored(_across(moment, since, until), words) for moment, words in _labels(since, until)),
        baseline=PLOT_TOP + PLOT_HEIGHT,
    )


def _mark(point: Point, since: datetime, until: datetime, highest: float) -> Mark:
    return Mark(_across(point.at, since, until), round(PLOT_TOP + PLOT_HEIGHT * (1 - point.value / highest), 2), point)


def _across(moment: datetime, since: datetime, until: datetime) -> float:
    span = (until - since).total_seconds()
    share = (moment - since).total_seconds() / span if span else 0.5
    return round(LEFT_PERCENT + (RIGHT_PERCENT - LEFT_PERCENT) * share, 3)


def _segments(marks: Sequence[Mark]) -> tuple[Segment, ...]:
    return tuple(Segment(one.x, one.y, two.x, two.y) for one, two in pairwise(marks))


def _apart(levels: Sequence[float]) -> list[float]:
    """The levels, moved down where they are so near that numbers there would cover each other, and up at the bottom."""
    order = sorted(range(len(levels)), key=lambda index: levels[index])
    placed: dict[int, float] = {}
    lowest = -math.inf
    for index in order:
        lowest = placed[index] = max(levels[index], lowest + NUMBER_HEIGHT)
    highest = PLOT_TOP + PLOT_HEIGHT + NUMBER_HEIGHT
    for index in reversed(order):
        highest = placed[index] = min(placed[index], highest - NUMBER_HEIGHT)
    return [round(placed[index], 2) for index in range(len(levels))]


def _labels(since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    """Moments of the axis with their words: days, or months where the looks span a season."""
    if until - since > DAYS_UP_TO:
        months = ((month_start(one), month_name(one)) for one in labelled_months(*map(month_number, (since, until))))
        return [(moment, words) for moment, words in months if since <= moment <= until]
    first = datetime(since.year, since.month, since.day, tzinfo=UTC)
    days = (until - first).days
    step = next((step for step in DAY_STEPS if days // step < MOST_DAY_LABELS), DAY_STEPS[-1])
    moments = (first + timedelta(days=step * index) for index in range(days // step + 1))
    return [(max(moment, since), _day_and_month(moment)) for moment in moments]


def _day_and_month(moment: datetime) -> str:
    return f"{moment.day} {month_name(month_number(moment)).partition(' ')[0]}"
