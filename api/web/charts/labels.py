"""Names beside circles without overlaps: the most important first, each where there is room, or nowhere.

The greedy rule of map lettering (Christensen, Marks & Shieber, "An empirical study of algorithms for point-feature
label placement", *ACM Transactions on Graphics* 14, 1995): positions around a point in order of preference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

CHARACTER_WIDTH = 7.0
"""Pixels at 13 pixels' type: above the mean advance of a system sans (0.5 em), so that boxes err on the wide side."""

WIDE_CHARACTER_WIDTH = 14.0
"""Of a CJK character, which is as wide as the type is high."""

FIRST_WIDE = "\u1100"
LABEL_HEIGHT = 16.0
GAP = 4.0
"""Pixels between a circle and its name."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A drawn circle, in pixels."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Label:
    """A placed name: where its text is anchored (``start``, ``middle``, ``end``) and its baseline, in pixels."""

    x: float
    y: float
    anchor: str


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether both share any area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def inside(self, width: float, height: float) -> bool:
        """Whether it lies within a drawing of that size."""
        return self.left >= 0 and self.top >= 0 and self.right <= width and self.bottom <= height


def text_width(text: str) -> float:
    """How wide a name is at most, in pixels."""
    return sum(WIDE_CHARACTER_WIDTH if character >= FIRST_WIDE else CHARACTER_WIDTH for character in text)


def place_labels(
    circles: Sequence[Circle], texts: Sequence[str], order: Iterable[int], width: float, height: float
) -> list[Label | None]:
    """A place for each text beside its circle; None where every place would cover a circle or another text.

    ``order`` names the circles that may get a label, the most important first.
    """
    taken = [box_of(circle) for circle in circles]
    placed: list[Label | None] = [None] * len(circles)
    for index in order:
        for label, box in _candidates(circles[index], text_width(texts[index])):
            if box.inside(width, height) and not any(box.overlaps(other) for other in taken):
                placed[index] = label
                taken.append(box)
                break
    return placed


def box_of(circle: Circle) -> Box:
    """The square around a circle."""
    return Box(circle.x - circle.radius, circle.y - circle.radius, circle.x + circle.radius, circle.y + circle.radius)


def _candidates(circle: Circle, width: float) -> list[tuple[Label, Box]]:
    """Right, left, then above and below, centred or flush with the circle: in the order in which readers expect it."""
    x, y, radius = circle.x, circle.y, circle.radius
    beside, baseline = radius + GAP, LABEL_HEIGHT * 0.3
    above, below = y - beside - LABEL_HEIGHT / 2, y + beside + LABEL_HEIGHT / 2
    spots = [(x + beside, y, "start"), (x - beside, y, "end")]
    spots += [(x, level, "middle") for level in (above, below)]
    spots += [(x - radius, level, "start") for level in (above, below)]
    spots += [(x + radius, level, "end") for level in (above, below)]
    return [(Label(at, level + baseline, anchor), _text_box(at, level, anchor, width)) for at, level, anchor in spots]


def _text_box(x: float, middle: float, anchor: str, width: float) -> Box:
    """The rectangle of a text whose anchor is at ``x`` and whose line is centred on ``middle``."""
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return Box(left, middle - LABEL_HEIGHT / 2, left + width, middle + LABEL_HEIGHT / 2)
