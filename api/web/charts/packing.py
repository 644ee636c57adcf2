"""Groups of linked bloggers beside each other: a map of several groups that share no link wastes no room between them.

Each group gets a cell whose area grows with its members (the slice-and-dice treemap of Shneiderman, "Tree
visualization with tree-maps", *ACM Transactions on Graphics* 11, 1992, halved along the longer side), and keeps its
shape within the cell.
"""

import math
from collections.abc import Sequence

Place = tuple[float, float]
Cell = tuple[float, float, float, float]
"""Left, top, width and height, in pixels."""

MEMBER_SIDE = 150.0
"""Pixels that the side of a group grows with the square root of its members: room for circles and names."""

PADDING = 34.0
"""Pixels between a group and the edge of its cell: more than the radius of the largest circle."""


def components(size: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    """The members of each group that links join, whatever their direction; the largest group first."""
    group = list(range(size))

    def root(one: int) -> int:
        while group[one] != one:
            group[one] = group[group[one]]
            one = group[one]
        return one

    for source, target in links:
        group[max(root(source), root(target))] = min(root(source), root(target))
    found: dict[int, list[int]] = {}
    for one in range(size):
        found.setdefault(root(one), []).append(one)
    return sorted(found.values(), key=lambda members: (-len(members), members[0]))


def packed(places: Sequence[Place], links: Sequence[tuple[int, int]], width: float, height: float) -> list[Place]:
    """Places in pixels for places on any scale: group beside group, those without any link as a grid of their own."""
    groups = components(len(places), links)
    joined = [members for members in groups if len(members) > 1]
    alone = [members[0] for members in groups if len(members) == 1]
    packs = [*joined, *([alone] if alone else [])]
    cells = _cells([len(members) for members in packs], (0.0, 0.0, width, height))
    moved: dict[int, Place] = {}
    for members, cell in zip(packs, cells, strict=True):
        shape = _grid(len(alone), cell) if members is alone else _scaled([places[one] for one in members])
        moved |= zip(members, _within(shape, cell), strict=True)
    return [moved[one] for one in range(len(places))]


def _cells(weights: Sequence[float], room: Cell) -> list[Cell]:
    """A cell for each weight, in their order."""
    if len(weights) <= 1:
        return [room] * len(weights)
    total, cut = sum(weights), 1
    while cut < len(weights) - 1 and sum(weights[:cut]) < total / 2:
        cut += 1
    share = sum(weights[:cut]) / total
    left, top, width, height = room
    if width >= height:
        first, second = (left, top, width * share, height), (left + width * share, top, width * (1 - share), height)
    else:
        first, second = (left, top, width, height * share), (left, top + height * share, width, height * (1 - share))
    return _cells(weights[:cut], first) + _cells(weights[cut:], second)


def _scaled(places: Sequence[Place]) -> list[Place]:
    """The places stretched to fill the square from 0 to 1; a side without any extent becomes its middle."""
    sides = []
    for axis in (0, 1):
        values = [place[axis] for place in places]
        low, span = min(values), max(values) - min(values)
        sides.append([(value - low) / span if span else 0.5 for value in values])
    return list(zip(*sides, strict=True))


def _grid(size: int, cell: Cell) -> list[Place]:
    """Places in rows, as far apart across as downward when they fill the cell."""
    columns = max(round(math.sqrt(size * cell[2] / cell[3])), 1)
    return _scaled([(index % columns, index // columns) for index in range(size)])


def _within(shape: Sequence[Place], cell: Cell) -> list[Place]:
    """The shape in the middle of its cell, no larger than its members need."""
    left, top, width, height = cell
    most = MEMBER_SIDE * math.sqrt(len(shape))
    across, down = (min(max(side - 2 * PADDING, 0.0), most) for side in (width, height))
    return [(left + width / 2 + (x - 0.5) * across, top + height / 2 + (y - 0.5) * down) for x, y in shape]
