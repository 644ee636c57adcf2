"""What is usual among the bloggers of a generation, to show beside a blogger's own figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engagement import MEASURES, Engagement


@dataclass(frozen=True, slots=True)
class EngagementPeers:
    """Engagement over a whole generation.

    ``values`` are those of all bloggers; ``known_median`` is over the bloggers whose engagement is
    known; ``measures`` gives for each measure the bloggers who show it (``peers``) and the median of their medians per
    post (``peers_median``). A median is None where there is nobody.
    """

    values: NDArray[np.float64]
    known_median: float | None
    measures: dict[str, dict[str, float | int | None]]


def engagement_peers(engagement: Sequence[Engagement]) -> EngagementPeers:
    """The peers' figures, computed once per generation."""
    return EngagementPeers(
        values=np.array([one.value for one in engagement], np.float64),
        known_median=median_or_none([one.value for one in engagement if one.known]),
        measures={measure: _measure(engagement, measure) for measure in MEASURES},
    )


def median_or_none(figures: Sequence[float] | NDArray[np.float64]) -> float | None:
    """The median; None of nothing."""
    return float(np.median(figures)) if len(figures) else None


def percentile(peers: NDArray[np.float64], value: float) -> float:
    """The share of peers below, ties counting half, from 0 to 100 (the mid-rank definition)."""
    below = np.count_nonzero(peers < value) + np.count_nonzero(peers == value) / 2
    return round(100 * float(below) / max(len(peers), 1), 1)


def _measure(engagement: Sequence[Engagement], measure: str) -> dict[str, float | int | None]:
    inputs = [one.inputs[measure] for one in engagement]
    shown = [float(one["median"] or 0) for one in inputs if one["posts"]]
    return {"peers_median": median_or_none(shown), "peers": len(shown)}
