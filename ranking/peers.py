"""What is usual among the bloggers of a generation, to show beside a blogger's own figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranking.engagement import EngagementTable


class Peers:
    """The figures of all peers, sorted once."""

    def __init__(self, figures: NDArray[np.float64]) -> None:
        self._ordered = np.sort(figures)

    def changed(self, before: NDArray[np.float64], after: NDArray[np.float64]) -> "Peers":
        """These peers when figures of some, ``before``, are others; as many, and without sorting all again."""
        gone, come = np.sort(before), np.sort(after)
        equals_before = np.arange(len(gone)) - gone.searchsorted(gone)
        kept = np.delete(self._ordered, self._ordered.searchsorted(gone) + equals_before)
        return Peers.ordered(np.insert(kept, kept.searchsorted(come), come))

    @classmethod
    def ordered(cls, figures: NDArray[np.float64]) -> "Peers":
        """Peers with these figures, which ascend."""
        made = cls.__new__(cls)
        made._ordered = figures
        return made

    @cached_property
    def median(self) -> float | None:
        """The median; None of nothing."""
        return median_or_none(self._ordered)

    def percentile(self, value: float) -> float:
        """The share of peers below, ties counting half, from 0 to 100 (the mid-rank definition)."""
        below, to = self._ordered.searchsorted(value), self._ordered.searchsorted(value, side="right")
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
