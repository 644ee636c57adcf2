"""How a niche's brief was read when it was ranked: kept, so that what moved everybody is not taken for their doing.

Two readings of the same words differ with the prompt, with the languages that the model is said to know, and with the
bloggers named as examples, whose posts move the brief's vector. Of the vector only a sketch is kept: enough to tell
whether it moved, too little to say what an example writes. Central name: :class:`BriefReading`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import shake_256
from math import dist
from typing import Any

import numpy as np
from numpy.typing import NDArray

SKETCHED = 32
"""Projections of a sketch: the distance of two vectors is estimated within an eighth (relative standard error
1 / √(2 · 32)), from a twelfth of the numbers of the bundled model's vectors."""
DECIMALS = 5
LEAST_DISTANCE = 0.01
"""No cosine with a unit vector can move by more than the vector itself did: below this none shows it."""
_SIGNS = b"bloghound brief sketch"


@dataclass(frozen=True, slots=True)
class BriefReading:
    """A reading: the prompt put before briefs, the model's languages (None: all), how many of the niche's examples the
    index held, and the sketch of the vector that was ranked with (None: there was none)."""

    prompt: str
    languages: tuple[str, ...] | None
    examples: int
    sketch: tuple[float, ...] | None

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values, which :func:`reading_from` reads."""
        return asdict(self)


def reading_from(kept: Mapping[str, Any]) -> BriefReading | None:
    """The reading that was kept as :meth:`BriefReading.as_json`; None where none was."""
    if not kept:
        return None
    sequences = {name: None if kept[name] is None else tuple(kept[name]) for name in ("languages", "sketch")}
    return BriefReading(**{**kept, **sequences})


def sketch_of(vector: NDArray[np.float32] | None) -> tuple[float, ...] | None:
    """:data:`SKETCHED` projections of a vector (d,) on fixed directions of signs; None for None.

    Their distances are on average those of the vectors (D. Achlioptas, "Database-friendly random projections", 2003).
    """
    if vector is None:
        return None
    drawn = np.frombuffer(shake_256(_SIGNS).digest((SKETCHED * len(vector) + 7) // 8), np.uint8)
    signs = 2.0 * np.unpackbits(drawn)[: SKETCHED * len(vector)].reshape(SKETCHED, len(vector)) - 1.0
    return tuple((signs @ vector.astype(np.float64) / SKETCHED**0.5).round(DECIMALS).tolist())


def settings_changed(before: BriefReading | None, after: BriefReading | None) -> list[str]:
    """What was set otherwise, in words; nothing where one of both is not known."""
    if before is None or after is None:
        return []
    told = (
        (before.prompt != after.prompt, "what is put before it for the language model"),
        (before.languages != after.languages, "the languages that the model is said to know"),
    )
    return [words for differs, words in told if differs]


def vector_moved(before: BriefReading | None, after: BriefReading | None) -> str:
    """Why the vector of the same brief, read by the same model, is another one; empty where it is not."""
    if before is None or after is None:
        return ""
    if before.examples != after.examples:
        return f"{before.examples} → {after.examples} of the bloggers named as examples are in the index"
    if _distance(before.sketch, after.sketch) < LEAST_DISTANCE:
        return ""
    return "the bloggers named as examples write otherwise" if after.examples else "its vector is another one"


def _distance(before: tuple[float, ...] | None, after: tuple[float, ...] | None) -> float:
    if before is None or after is None or len(before) != len(after):
        return 0.0 if before == after else float("inf")
    return dist(before, after)
