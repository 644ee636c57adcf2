"""Places in two rankings as lines between two columns: who rose goes up, who fell goes down (Tufte's slopegraph).

E. R. Tufte, *The Visual Display of Quantitative Information*, 1983, p. 158. Rows are even: a place is a count, and the
one hundredth is not ten times as far from the tenth as that is from the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from api.web.charts.neighbours import shortened

MOST_ROWS = 15
"""Of each ranking the first 15: a chart that is seen at once, and the places that a campaign looks at."""
ROW_HEIGHT = 24.0
LEFT_PERCENT, RIGHT_PERCENT = 36.0, 64.0
"""Where the columns stand: more than a third of the width for the names on either side."""
LONGEST_NAME = 26
"""Characters that fit into a third of the narrowest drawing (600 pixels)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A blogger with both places; None where it has none."""

    public_id: str
    name: str
    kind: str
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class Slope:
    """A blogger's line: pixels down on either side; None where it has no place among those shown there."""

    moved: Moved
    label: str
    y1: float | None
    y2: float | None


@dataclass(frozen=True, slots=True)
class RankSlopes:
    """The chart: its lines, its height in pixels, and whether a ranking has places below those that are shown."""

    slopes: tuple[Slope, ...]
    height: float
    is_cut: bool
    left_x: float = LEFT_PERCENT
    right_x: float = RIGHT_PERCENT


def rank_slopes(moved: Sequence[Moved]) -> RankSlopes | None:
    """The chart of the first :data:`MOST_ROWS` of both rankings; None where nobody moved.

    Who comes from below the rows of one side, or goes there, has a line to its edge.
    """
    before, after = (
        {public_id: row for row, public_id in enumerate(_placed(moved, of)[:MOST_ROWS])} for of in (_before, _after)
    )
    shown = [one for one in moved if one.public_id in before or one.public_id in after]
    if all(one.before == one.after for one in shown):
        return None
    rows = max(len(before), len(after))
    slopes = tuple(
        Slope(
            one,
            shortened(one.name, LONGEST_NAME),
            _y(before.get(one.public_id), one.before, rows),
            _y(after.get(one.public_id), one.after, rows),
        )
        for one in shown
    )
    is_cut = any(len(_placed(moved, of)) > MOST_ROWS for of in (_before, _after))
    return RankSlopes(slopes, (rows + 1) * ROW_HEIGHT, is_cut)


def _before(one: Moved) -> int | None:
    return one.before


def _after(one: Moved) -> int | None:
    return one.after


def _placed(moved: Sequence[Moved], place_of: Callable[[Moved], int | None]) -> list[str]:
    """Everybody with a place, from the first on."""
    places = [(place, one.public_id) for one in moved if (place := place_of(one)) is not None]
    return [public_id for _, public_id in sorted(places)]


def _y(row: int | None, place: int | None, rows: int) -> float | None:
    """The middle of a row; the lower edge for a place below all rows."""
    if place is None:
        return None
    return (rows + 0.75 if row is None else row + 0.5) * ROW_HEIGHT
