"""What is usual among the bloggers of a generation: the middle half of their reactions per post, kind by kind."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from ranking.engagement import MEASURES
from ranking.index.generation import Generation


@dataclass(frozen=True, slots=True)
class PeerBand:
    """Quartiles of the bloggers' medians per post, over the ``peers`` bloggers who show the figure."""

    low: float
    median: float
    high: float
    peers: int


_known: "WeakKeyDictionary[Generation, dict[str, PeerBand]]" = WeakKeyDictionary()


def peer_bands(generation: Generation) -> dict[str, PeerBand]:
    """The band of each kind of reaction (``comments``, …) that anybody shows; computed once for each generation."""
    found = _known.get(generation)
    if found is None:
        bands = {kind.value: _band(generation, measure) for measure, kind in MEASURES.items()}
        found = _known[generation] = {kind: band for kind, band in bands.items() if band is not None}
    return found


def _band(generation: Generation, measure: str) -> PeerBand | None:
    inputs = [one.inputs[measure] for one in generation.columns.engagement]
    return quartiles([float(one["median"] or 0) for one in inputs if one["posts"]])


def quartiles(medians: list[float]) -> PeerBand | None:
    """The band over these medians; None of nobody."""
    if not medians:
        return None
    low, median, high = np.percentile(medians, [25, 50, 75]).tolist()
    return PeerBand(low, median, high, len(medians))
