"""A blogger between those who link to it (left) and those it links to (right), most links on top.

Two columns instead of a cloud: every name can be read, and which way a link goes is seen without arrowheads.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

PER_SIDE = 12
"""With 12 on each side there are 24 neighbours at most, as many rows as a screen shows at once."""

ROW_HEIGHT = 26.0
SMALLEST_RADIUS = 3.0
LARGEST_RADIUS = 9.0
"""Pixels: a dot that is seen, and one that fits into its row."""

LEFT_PERCENT, MIDDLE_PERCENT, RIGHT_PERCENT = 32.0, 50.0, 68.0
"""Where the columns stand: a third of the width for the names on either side."""

LONGEST_NAME = 26
"""Characters that fit into a third of the narrowest drawing (600 pixels)."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A linked blogger and how many links there are."""

    public_id: str
    name: str
    links: int


@dataclass(frozen=True, slots=True)
class PlacedNeighbour:
    """A neighbour's dot: percent across, pixels down and radius; ``side`` is ``in`` or ``out``."""

    neighbour: Neighbour
    side: str
    x: float
    y: float
    radius: float
    stroke: float
    label: str
    mutual: bool


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """The drawing: neighbours of both sides, the height and the middle in pixels."""

    placed: tuple[PlacedNeighbour, ...]
    height: float
    middle_x: float
    middle_y: float
    left_out: int


def neighbourhood(linkers: Sequence[Neighbour], linked: Sequence[Neighbour]) -> Neighbourhood | None:
    """Where the first :data:`PER_SIDE` of each side are drawn; None when there is nobody.

    The area of a dot is proportional to the links; those on both sides link each other.
    """
    if not linkers and not linked:
        return None
    sides = {"in": linkers[:PER_SIDE], "out": linked[:PER_SIDE]}
    height = ROW_HEIGHT * max(len(one) for one in sides.values())
    most = max(one.links for side in sides.values() for one in side)
    both = {one.public_id for one in linkers} & {one.public_id for one in linked}
    placed = tuple(
        _placed(one, side, (row + 0.5) * ROW_HEIGHT + (height - len(ones) * ROW_HEIGHT) / 2, most, both)
        for side, ones in sides.items()
        for row, one in enumerate(ones)
    )
    left_out = len(linkers) + len(linked) - len(placed)
    return Neighbourhood(placed, height, MIDDLE_PERCENT, height / 2, left_out)


def _placed(one: Neighbour, side: str, y: float, most: int, both: set[str]) -> PlacedNeighbour:
    share = math.sqrt(one.links / most)
    return PlacedNeighbour(
        neighbour=one,
        side=side,
        x=LEFT_PERCENT if side == "in" else RIGHT_PERCENT,
        y=y,
        radius=round(max(LARGEST_RADIUS * share, SMALLEST_RADIUS), 2),
        stroke=round(1 + 2 * share, 2),
        label=shortened(one.name, LONGEST_NAME),
        mutual=one.public_id in both,
    )


def shortened(text: str, most: int) -> str:
    """The text, cut with an ellipsis where it is longer than ``most`` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
