"""A niche's link graph as a drawing: circles that do not cover each other, lines, letters of communities, names."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.web.charts.labels import Circle, Label, place_labels
from api.web.charts.neighbours import shortened
from api.web.charts.packing import packed

WIDTH, HEIGHT, LEAST_HEIGHT = 960.0, 620.0, 320.0
"""Pixels: a drawing that fits a laptop's screen without scrolling; a few bloggers need less."""

MEMBER_HEIGHT = 120.0
"""Pixels that the height grows with the square root of the bloggers: 26 fill a screen."""

SMALLEST_RADIUS, LARGEST_RADIUS = 8.0, 24.0
"""A circle that still holds its letter, and one that ten of do not fill the page."""

COLOURS = 7
"""Okabe & Ito's colours without black; further communities are grey, told apart by their letters alone."""

ALONE = "·"
"""What stands instead of a letter for a blogger who is a community by itself."""

MOST_LABELS = 40
LONGEST_NAME = 24
SPREADING_ROUNDS = 60
"""Rounds after which circles of a map of 120 have come apart; fewer where nothing overlaps any more."""


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A blogger to draw: place and reach from 0 to 1, and the number of its community."""

    public_id: str
    name: str
    x: float
    y: float
    reach: float
    community: int


@dataclass(frozen=True, slots=True)
class DrawnNode:
    """A circle with the letter and colour of its community, and its name where there was room for it."""

    point: MapPoint
    circle: Circle
    letter: str
    colour: int
    label: Label | None
    text: str


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """A line between two circles, both ways when they link each other."""

    source: str
    target: str
    start: Circle
    end: Circle
    mutual: bool


@dataclass(frozen=True, slots=True)
class DrawnMap:
    """Nodes, those of the most reach first, and lines, in a drawing of ``width`` by ``height`` pixels."""

    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]
    width: float
    height: float


def drawn_map(points: Sequence[MapPoint], links: Sequence[tuple[str, str]], letters: Mapping[int, str]) -> DrawnMap:
    """The drawing of bloggers and the links between them; ``letters`` names the communities, the largest first."""
    height = min(max(MEMBER_HEIGHT * math.sqrt(len(points)), LEAST_HEIGHT), HEIGHT)
    circles = spread(_circles(points, links, height), WIDTH, height)
    order = sorted(range(len(points)), key=lambda index: (-points[index].reach, points[index].public_id))
    texts = [shortened(point.name, LONGEST_NAME) for point in points]
    labels = place_labels(circles, texts, order[:MOST_LABELS], WIDTH, height)
    colours = community_colours(letters)
    nodes = [
        DrawnNode(point, circle, letters[point.community], colours[point.community], label, text)
        for point, circle, label, text in zip(points, circles, labels, texts, strict=True)
    ]
    places = {point.public_id: circle for point, circle in zip(points, circles, strict=True)}
    return DrawnMap(tuple(nodes[index] for index in order), _edges(links, places), WIDTH, height)


def community_letters(sizes: Mapping[int, int]) -> dict[int, str]:
    """A letter for each community, largest first: A, B, …, Z, AA, AB, …; :data:`ALONE` for those of one blogger."""
    ordered = sorted(sizes, key=lambda number: (-sizes[number], number))
    return {number: _letters(place) if sizes[number] > 1 else ALONE for place, number in enumerate(ordered)}


def community_colours(letters: Mapping[int, str]) -> dict[int, int]:
    """The colour of each community: one of its own for the first :data:`COLOURS`, else that number, which is grey."""
    return {
        number: COLOURS if letter == ALONE else min(place, COLOURS)
        for place, (number, letter) in enumerate(letters.items())
    }


def _letters(place: int) -> str:
    alphabet = 26
    head = _letters(place // alphabet - 1) if place >= alphabet else ""
    return head + chr(ord("A") + place % alphabet)


def _circles(points: Sequence[MapPoint], links: Sequence[tuple[str, str]], height: float) -> list[Circle]:
    """The circles of bloggers, whose areas grow with their reach, group beside group."""
    at = {point.public_id: index for index, point in enumerate(points)}
    places = packed(
        [(point.x, point.y) for point in points], [(at[one], at[other]) for one, other in links], WIDTH, height
    )
    highest = max((point.reach for point in points), default=0.0)
    return [Circle(x, y, _radius(point.reach, highest)) for point, (x, y) in zip(points, places, strict=True)]


def _radius(reach: float, highest: float) -> float:
    share = math.sqrt(reach / highest) if highest > 0 else 0.0
    return round(SMALLEST_RADIUS + (LARGEST_RADIUS - SMALLEST_RADIUS) * share, 2)


def spread(circles: Sequence[Circle], width: float, height: float) -> list[Circle]:
    """The circles pushed apart where they overlap, within a drawing of that size; the others stay."""
    places = [[circle.x, circle.y] for circle in circles]
    radii = [circle.radius for circle in circles]
    for _ in range(SPREADING_ROUNDS):
        moved = [
            _push(places, radii, one, other) for one in range(len(circles)) for other in range(one + 1, len(circles))
        ]
        for place, radius in zip(places, radii, strict=True):
            place[0] = min(max(place[0], radius), width - radius)
            place[1] = min(max(place[1], radius), height - radius)
        if not any(moved):
            break
    return [Circle(round(x, 2), round(y, 2), radius) for (x, y), radius in zip(places, radii, strict=True)]


def _push(places: list[list[float]], radii: Sequence[float], one: int, other: int) -> bool:
    """Move two overlapping circles apart, each by half of what is missing; whether they were moved."""
    dx, dy = places[other][0] - places[one][0], places[other][1] - places[one][1]
    wanted = radii[one] + radii[other] + 2
    if abs(dx) >= wanted or abs(dy) >= wanted:
        return False
    distance = math.hypot(dx, dy)
    if distance >= wanted:
        return False
    if distance == 0:  # on one spot: apart by an angle of their own, the same at every drawing
        dx, dy, distance = math.cos(other), math.sin(other), 1.0
        missing = wanted / 2
    else:
        missing = (wanted - distance) / 2
    for place, sign in ((places[one], -1), (places[other], 1)):
        place[0] += sign * missing * dx / distance
        place[1] += sign * missing * dy / distance
    return True


def _edges(links: Sequence[tuple[str, str]], places: Mapping[str, Circle]) -> tuple[DrawnEdge, ...]:
    """One line for each pair that is linked in any direction."""
    given = set(links)
    once = dict.fromkeys(pair for pair in links if pair[0] < pair[1] or (pair[1], pair[0]) not in given)
    return tuple(
        DrawnEdge(source, target, places[source], places[target], (target, source) in given) for source, target in once
    )
