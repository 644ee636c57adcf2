"""Geometry of the charts: round axes, true lengths, names that cover nothing."""

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from statistics import median

import pytest

from api.web.charts.labels import Circle, box_of, place_labels, text_width
from api.web.charts.map_drawing import (
    ALONE,
    COLOURS,
    HEIGHT,
    LARGEST_RADIUS,
    SMALLEST_RADIUS,
    WIDTH,
    MapPoint,
    community_colours,
    community_letters,
    drawn_map,
    spread,
)
from api.web.charts.monthly_bars import PLOT_HEIGHT, PLOT_TOP, monthly_bars
from api.web.charts.neighbours import LARGEST_RADIUS as LARGEST_DOT
from api.web.charts.neighbours import PER_SIDE, Neighbour, neighbourhood, shortened
from api.web.charts.packing import PADDING, components, packed
from api.web.charts.scales import MOST_LABELS, anchored, labelled_months, month_name, month_number, round_ticks
from api.web.charts.time_dots import Band, Point, time_dots

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (0, (0, 1)),
        (0.5, (0, 1)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (5, (0, 2, 4, 6)),
        (7, (0, 2, 4, 6, 8)),
        (17, (0, 5, 10, 15, 20)),
        (40, (0, 10, 20, 30, 40)),
        (1234, (0, 500, 1000, 1500)),
    ],
)
def test_axes_have_round_numbers_from_zero(highest: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(highest) == ticks


@pytest.mark.parametrize("months", [1, 2, 5, 6, 13, 40, 61, 120, 500])
def test_months_are_labelled_evenly_and_not_too_often(months: int) -> None:
    first = month_number(datetime(2019, 11, 1, tzinfo=UTC))
    labelled = labelled_months(first, first + months - 1)
    assert 1 <= len(labelled) <= MOST_LABELS
    assert len({later - earlier for earlier, later in pairwise(labelled)}) <= 1


def test_labels_of_long_spans_are_januaries() -> None:
    first = month_number(datetime(2018, 5, 1, tzinfo=UTC))
    assert [month_name(one) for one in labelled_months(first, first + 50)] == [
        f"Jan {year}" for year in (2019, 2020, 2021, 2022)
    ]


@pytest.mark.parametrize(("at", "anchor"), [(0, "start"), (50, "middle"), (99, "end")])
def test_labels_at_the_edges_are_not_cut(at: float, anchor: str) -> None:
    assert anchored(at, "Jan 2026").anchor == anchor


def test_bars_stand_on_zero_and_are_as_long_as_their_figures() -> None:
    chart = monthly_bars({f"2025-{month:02d}": posts for month, posts in enumerate((2, 0, 4, 1) * 3, start=1)})
    assert chart is not None
    assert chart.y_ticks[-1].text == "4"
    assert [bar.height for bar in chart.bars[:4]] == [PLOT_HEIGHT * posts / 4 for posts in (2, 0, 4, 1)]
    assert {bar.y + bar.height for bar in chart.bars} == {PLOT_TOP + PLOT_HEIGHT} == {chart.baseline}


def test_bars_fill_the_width_in_order_without_touching() -> None:
    chart = monthly_bars({f"{year}-{month:02d}": 1 for year in (2024, 2025) for month in range(1, 13)})
    assert chart is not None
    edges = [edge for bar in chart.bars for edge in (bar.x, bar.x + bar.width)]
    assert edges == sorted(edges)
    assert len(set(edges)) == len(edges)
    assert 0 <= edges[0] < 1
    assert 99 < edges[-1] <= 100


def test_a_month_label_stands_under_its_bar() -> None:
    chart = monthly_bars({"2026-04": 3, "2026-05": 1})
    assert chart is not None
    middles = {bar.month: bar.x + bar.width / 2 for bar in chart.bars}
    assert {tick.text: round(tick.at, 2) for tick in chart.x_ticks} == {
        name: round(middle, 2) for name, middle in middles.items()
    }


def test_there_is_no_chart_of_nothing() -> None:
    assert monthly_bars({}) is None
    assert time_dots([], START, END) is None
    assert time_dots([Point(END + timedelta(days=1), 3)], START, END) is None
    assert neighbourhood([], []) is None


def test_dots_stand_where_their_time_and_figure_are() -> None:
    middle = START + (END - START) / 2
    chart = time_dots([Point(START, 0), Point(middle, 2), Point(END, 4)], START, END)
    assert chart is not None
    assert [dot.x for dot in chart.dots] == [1, 50, 99]
    assert [dot.y for dot in chart.dots] == [PLOT_TOP + PLOT_HEIGHT * share for share in (1, 0.5, 0)]


def test_a_band_beyond_all_dots_still_fits() -> None:
    chart = time_dots([Point(START, 1)], START, END, Band(2, 5, 8))
    assert chart is not None
    assert chart.band is not None
    assert chart.y_ticks[-1].text == "8"
    assert (chart.band.y, chart.band.height) == (PLOT_TOP, PLOT_HEIGHT * (8 - 2) / 8)
    assert chart.band.median_y == PLOT_TOP + PLOT_HEIGHT * (8 - 5) / 8


def test_a_single_moment_stands_in_the_middle() -> None:
    chart = time_dots([Point(START, 1)], START, START)
    assert chart is not None
    assert chart.dots[0].x == 50


def neighbours(*links: int, prefix: str = "n") -> list[Neighbour]:
    return [Neighbour(f"{prefix}{index}", f"Name {index}", count) for index, count in enumerate(links)]


def test_dots_of_neighbours_have_areas_in_proportion_to_links() -> None:
    drawing = neighbourhood(neighbours(4, 1), [])
    assert drawing is not None
    assert [one.radius for one in drawing.placed] == [LARGEST_DOT, LARGEST_DOT * (1 / 4) ** 0.5]


def test_each_side_has_rows_of_its_own_around_the_middle() -> None:
    drawing = neighbourhood(neighbours(1, 1, 1), neighbours(1, prefix="m"))
    assert drawing is not None
    left, right = ([one.y for one in drawing.placed if one.side == side] for side in ("in", "out"))
    assert left == sorted(set(left))
    assert right == [drawing.middle_y] == [drawing.height / 2]


def test_neighbours_beyond_a_dozen_a_side_are_counted() -> None:
    drawing = neighbourhood(neighbours(*[1] * (PER_SIDE + 3)), neighbours(1, prefix="m"))
    assert drawing is not None
    assert (len(drawing.placed), drawing.left_out) == (PER_SIDE + 1, 3)


def test_who_links_both_ways_is_told() -> None:
    drawing = neighbourhood(neighbours(1, 1), neighbours(1))
    assert drawing is not None
    assert [one.mutual for one in drawing.placed] == [True, False, True]


@pytest.mark.parametrize(("text", "short"), [("abc", "abc"), ("abcd", "ab…"), ("a bcd", "a…")])
def test_long_names_are_cut(text: str, short: str) -> None:
    assert shortened(text, 3) == short


def grid(number: int, step: float = 40) -> list[Circle]:
    return [Circle(30 + step * (index % 10), 30 + step * (index // 10), 8) for index in range(number)]


def test_names_cover_neither_circles_nor_each_other() -> None:
    circles, texts = grid(60), [f"Blog number {index}" for index in range(60)]
    labels = place_labels(circles, texts, range(60), 500, 400)
    boxes = [box_of(circle) for circle in circles]
    for label, text in zip(labels, texts, strict=True):
        if label is not None:
            shift = {"start": 0, "middle": 0.5, "end": 1}[label.anchor] * text_width(text)
            boxes.append(
                type(boxes[0])(label.x - shift, label.y - 12.8, label.x - shift + text_width(text), label.y + 3.2)
            )
    assert len(boxes) > 60 + 5
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_the_most_important_name_gets_its_place_first() -> None:
    circles = [Circle(100, 100, 8), Circle(100, 118, 8)]
    labels = place_labels(circles, ["first", "second"], [1, 0], 400, 400)
    assert labels[1] is not None
    assert labels[1].anchor == "start"


def test_names_stay_inside_the_drawing() -> None:
    labels = place_labels([Circle(395, 50, 5)], ["a long name"], [0], 400, 400)
    assert labels[0] is not None
    assert labels[0].anchor == "end"
    assert place_labels([Circle(50, 50, 5)], ["a name wider than all"], [0], 100, 100) == [None]


def test_letters_of_other_scripts_take_more_room() -> None:
    assert text_width("珈琲") == 2 * text_width("ab")


def test_circles_that_overlap_are_pushed_apart() -> None:
    circles = [Circle(200, 200, 20), Circle(210, 200, 20), Circle(200, 200, 20), Circle(600, 400, 9)]
    moved = spread(circles, WIDTH, HEIGHT)
    gaps = [
        ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5 - one.radius - other.radius
        for one, other in combinations(moved, 2)
    ]
    assert min(gaps) >= 0
    assert moved[3] == Circle(600, 400, 9)


def test_circles_stay_inside_the_drawing() -> None:
    moved = spread([Circle(0, 0, 20), Circle(5, 0, 20), Circle(WIDTH, HEIGHT, 12)], WIDTH, HEIGHT)
    assert all(
        one.radius <= one.x <= WIDTH - one.radius and one.radius <= one.y <= HEIGHT - one.radius for one in moved
    )


def test_communities_are_lettered_by_size() -> None:
    assert community_letters({3: 2, 5: 9, 1: 2}) == {5: "A", 1: "B", 3: "C"}
    assert list(community_letters(dict.fromkeys(range(28), 2)).values())[25:] == ["Z", "AA", "AB"]


def test_who_is_alone_has_neither_letter_nor_colour() -> None:
    letters = community_letters({0: 1, 1: 3, 2: 1})
    assert letters == {1: "A", 0: ALONE, 2: ALONE}
    assert community_colours(letters) == {1: 0, 0: COLOURS, 2: COLOURS}


def test_communities_beyond_the_colours_are_grey() -> None:
    colours = community_colours(community_letters(dict.fromkeys(range(9), 2)))
    assert list(colours.values()) == [*range(COLOURS), COLOURS, COLOURS]


def point(name: str, x: float, reach: float, community: int = 0) -> MapPoint:
    return MapPoint(name, name.upper(), x, 0.5, reach, community)


def test_the_map_draws_by_reach_with_one_line_per_pair() -> None:
    points = [point("a", 0.1, 0.0), point("b", 0.5, 1.0, 1), point("c", 0.9, 0.25, 1)]
    drawing = drawn_map(points, [("a", "b"), ("b", "a"), ("c", "a")], {1: "A", 0: "B"})
    radii = {node.point.public_id: node.circle.radius for node in drawing.nodes}
    middle = SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * 0.25**0.5
    assert radii == {"b": LARGEST_RADIUS, "c": middle, "a": SMALLEST_RADIUS}
    assert {(one.source, one.target, one.mutual) for one in drawing.edges} == {("a", "b", True), ("c", "a", False)}
    assert [(node.letter, node.colour) for node in drawing.nodes] == [("A", 0), ("A", 0), ("B", 1)]


def test_a_map_without_links_has_smallest_circles() -> None:
    drawing = drawn_map([point("a", 0.5, 0.0)], [], {0: "A"})
    assert [node.circle.radius for node in drawing.nodes] == [SMALLEST_RADIUS]
    assert drawing.nodes[0].label is not None
    assert drawn_map([], [], {}).nodes == ()


def test_groups_are_what_links_join() -> None:
    assert components(6, [(3, 1), (5, 3), (4, 2)]) == [[1, 3, 5], [2, 4], [0]]


def test_groups_far_apart_are_drawn_beside_each_other() -> None:
    far = [(0.0, 0.0), (0.01, 0.02), (1.0, 1.0), (0.99, 0.98)]
    left, right = packed(far, [(0, 1), (2, 3)], 800, 300)[:2], packed(far, [(0, 1), (2, 3)], 800, 300)[2:]
    assert max(x for x, _ in left) < 800 / 2 < min(x for x, _ in right)
    assert all(PADDING <= x <= 800 - PADDING and PADDING <= y <= 300 - PADDING for x, y in left + right)
    assert abs(left[0][0] - left[1][0]) > 100


def test_bloggers_without_links_stand_in_rows() -> None:
    places = packed([(0.5, 0.5)] * 9, [], 900, 600)
    # Nine in a room of 900 by 600: four columns, the root of 9 * 900 / 600 rounded.
    assert len({x for x, _ in places}) == 4
    assert len({y for _, y in places}) == 3
    assert len({(x, y) for x, y in places}) == 9


def test_a_few_bloggers_get_a_lower_drawing() -> None:
    low = drawn_map([point("a", 0.5, 0.0)], [], {0: "A"}).height
    high = drawn_map([point(f"n{index}", 0.5, 0.0) for index in range(60)], [], {0: "A"}).height
    assert low < high == HEIGHT


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((6, 5, 7, 180), ("0", "50", "100", "150", "200")),
        ((6, 5, 7, 196), ("0", "1", "10", "100", "1k")),
        ((6, 5, 7, 9_999), ("0", "1", "10", "100", "1k", "10k")),
        ((6, 5, 7, 10_001), ("0", "10", "100", "1k", "10k", "100k")),
        ((0, 0, 0, 31), ("0", "1", "10", "100")),
        ((0, 0, 0, 30), ("0", "10", "20", "30")),
    ],
)
def test_few_figures_that_tower_over_most_get_a_logarithmic_axis(
    values: tuple[int, ...], ticks: tuple[str, ...]
) -> None:
    chart = time_dots([Point(START + timedelta(days=day), value) for day, value in enumerate(values)], START, END)
    assert chart is not None
    assert tuple(tick.text for tick in chart.y_ticks) == ticks
    assert chart.logarithmic is (max(values) > 30 * max(median(values), 1))
    assert chart.y_ticks[0].at == chart.baseline
    assert max(dot.y for dot in chart.dots) <= chart.baseline
    assert [dot.y for dot in sorted(chart.dots, key=lambda dot: dot.point.value)] == sorted(
        (dot.y for dot in chart.dots), reverse=True
    )
