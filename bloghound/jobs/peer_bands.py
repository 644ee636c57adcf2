"""What is usual among a blogger's peers: the middle half of their reactions per post, kind by kind."""

from dataclasses import dataclass

from ranking.engagement import KINDS
from ranking.index.generation import Generation


@dataclass(frozen=True, slots=True)
class PeerBand:
    """Quartiles of the peers' medians per post, over the ``peers`` members of ``group`` who show the figure."""

    low: float
    median: float
    high: float
    peers: int
    group: str


def peer_bands(generation: Generation, public_id: str) -> dict[str, PeerBand]:
    """The band of each kind of reaction (``comments``, …) that any peer shows; none of a blogger who is not there."""
    blogger = generation.positions.get(public_id)
    if blogger is None:
        return {}
    inputs = generation.columns.engagement[blogger].inputs
    bands = {kind.value: _band(inputs[measure]) for measure, kind in KINDS.items()}
    return {kind: band for kind, band in bands.items() if band is not None}


def _band(inputs: dict[str, float | int | str | None]) -> PeerBand | None:
    if not inputs["peers"]:
        return None
    low, median, high = (float(inputs[name] or 0) for name in ("peers_low", "peers_median", "peers_high"))
    return PeerBand(low, median, high, int(inputs["peers"]), str(inputs["peers_group"]))
