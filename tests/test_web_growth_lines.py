"""Geometry of growth: straight lines from look to look, numbers that cover nothing, labels of days or months."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from api.web.charts.growth_lines import (
    LEFT_PERCENT,
    MOST_DAY_LABELS,
    NUMBER_HEIGHT,
    RIGHT_PERCENT,
    growth_lines,
)
from api.web.charts.scales import heights
from api.web.charts.time_dots import PLOT_HEIGHT, PLOT_TOP, Point

START = datetime(2026, 5, 1, 10, tzinfo=UTC)


def looks(*values: float, days: float = 1) -> list[Point]:
    return [Point(START + timedelta(days=days * index), value, "A post") for index, value in enumerate(values)]


def test_a_line_leads_from_look_to_look() -> None:
    chart = growth_lines([looks(0, 5, 10)])
    assert chart is not None
    (line,) = chart.lines
    middle = (LEFT_PERCENT + RIGHT_PERCENT) / 2
    assert [(mark.x, mark.y) for mark in line.marks] == [
        (LEFT_PERCENT, PLOT_TOP + PLOT_HEIGHT),
        (middle, PLOT_TOP + PLOT_HEIGHT / 2),
        (RIGHT_PERCENT, PLOT_TOP),
    ]
    assert [(one.x1, one.x2) for one in line.segments] == [(LEFT_PERCENT, middle), (middle, RIGHT_PERCENT)]
    assert all(one.y1 > one.y2 for one in line.segments)


@pytest.mark.parametrize("last", [(5, 5, 5, 5, 5), (0, 0, 0, 0, 0), (9, 0, 0, 9, 4), (1, 2, 3, 4, 5)])
def test_numbers_at_the_end_never_cover_each_other(last: tuple[int, ...]) -> None:
    chart = growth_lines([looks(3, value) for value in last])
    assert chart is not None
    levels = sorted(line.number_y for line in chart.lines)
    assert all(later - earlier >= NUMBER_HEIGHT for earlier, later in pairwise(levels))
    assert levels[-1] <= PLOT_TOP + PLOT_HEIGHT
    assert [line.number for line in chart.lines] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (0.1, ["1 May"]),
        (2, ["1 May", "2 May", "3 May"]),
        (8, ["1 May", "4 May", "7 May"]),
        (70, ["1 May", "29 May", "26 Jun"]),
        (100, ["Jun 2026", "Jul 2026", "Aug 2026"]),
    ],
)
def test_the_axis_names_days_or_months(days: float, labels: list[str]) -> None:
    chart = growth_lines([looks(1, 2, days=days)])
    assert chart is not None
    assert [tick.text for tick in chart.x_ticks] == labels
    assert all(LEFT_PERCENT <= tick.at <= RIGHT_PERCENT for tick in chart.x_ticks)


@pytest.mark.parametrize("days", range(1, 81))
def test_labels_of_days_are_few(days: int) -> None:
    chart = growth_lines([looks(1, 2, days=days)])
    assert chart is not None
    assert 1 <= len(chart.x_ticks) <= MOST_DAY_LABELS


def test_one_look_is_a_dot_in_the_middle() -> None:
    chart = growth_lines([looks(4), []])
    assert chart is not None
    assert [(len(line.marks), len(line.segments)) for line in chart.lines] == [(1, 0)]
    assert chart.lines[0].marks[0].x == (LEFT_PERCENT + RIGHT_PERCENT) / 2


def test_nothing_seen_is_no_chart() -> None:
    assert growth_lines([[], []]) is None


def test_long_figures_of_an_axis_are_shortened() -> None:
    ticks = heights((0, 500, 1_000, 1_500, 1_500_000), 0, 100)
    assert [tick.text for tick in ticks] == ["0", "500", "1k", "1.5k", "1.5M"]
