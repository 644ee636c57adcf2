"""What is usual among the bloggers of a generation, to show beside a blogger's own figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engagement import EngagementTable


@dataclass(frozen=True, slots=True)
class EngagementPeers:
    """Engagement over a whole generation: ``values`` are those of all bloggers, ``known_median`` is over the bloggers
    whose engagement is known, and None where it is of nobody."""

    values: NDArray[np.float64]
    known_median: float | None


def engagement_peers(engagement: EngagementTable) -> EngagementPeers:
    """The peers' figures, computed once per generation."""
    return EngagementPeers(engagement.values, median_or_none(engagement.values[engagement.known]))


def median_or_none(figures: Sequence[float] | NDArray[np.float64]) -> float | None:
    """The median; None of nothing."""
    return float(np.median(figures)) if len(figures) else None


def percentile(peers: NDArray[np.float64], value: float) -> float:
    """The share of peers below, ties counting half, from 0 to 100 (the mid-rank definition)."""
    below = np.count_nonzero(peers < value) + np.count_nonzero(peers == value) / 2
    return round(100 * float(below) / max(len(peers), 1), 1)
