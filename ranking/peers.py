"""What is usual among the bloggers of a generation, to show beside a blogger's own figures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engagement import EngagementTable


class Peers:
    """The figures of all peers, sorted once."""

    def __init__(self, figures: NDArray[np.float64]) -> None:
        self._ordered = np.sort(figures)

    @property
    def median(self) -> float | None:
        """The median; None of nothing."""
        return median_or_none(self._ordered)

    def percentile(self, value: float) -> float:
        """The share of peers below, ties counting half, from 0 to 100 (the mid-rank definition)."""
        below, to = np.searchsorted(self._ordered, value), np.searchsorted(self._ordered, value, side="right")
        return round(100 * float(below + to) / 2 / max(len(self._ordered), 1), 1)


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
