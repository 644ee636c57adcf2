"""Reach as one figure per blogger: what links bring, over the whole graph and within the niche.

PageRank gives every node a share for merely existing (or, in a niche, for being on topic). That share is no reach:
only what flows in over links counts, compared with an average node's rank. So a blogger without in-links has reach 0,
an average one nearly 1/2, and a hub comes near 1, in a graph of any size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranking.values import GraphColumns, NicheReach


@dataclass(frozen=True, slots=True)
class Reach:
    """Reach of each blogger, shape (n,) each: over the whole graph, in the niche, and their mean."""

    whole: NDArray[np.float64]
    niche: NDArray[np.float64]
    known: bool
    """False when no link between bloggers is known at all."""

    @property
    def value(self) -> NDArray[np.float64]:
        """The mean of both, from 0 toward 1."""
        return (self.whole + self.niche) / 2


def whole_reach(graph: GraphColumns) -> NDArray[np.float64]:
    """Reach of each node over the whole graph, shape (n,): one step of PageRank, without the share for existing."""
    given = np.asarray(graph.matrix.sum(axis=1), np.float64)
    per_weight = np.divide(graph.reach, given, out=np.zeros(len(given)), where=given > 0)
    return _against_average(graph.damping * (graph.matrix.T @ per_weight))


def reach_of(
    matrix: csr_array, whole: NDArray[np.float64], relevance: NDArray[np.float64], niche_reach: NicheReach
) -> Reach:
    """Reach of all nodes, ``whole`` being that of :func:`whole_reach`.

    ``relevance`` weighs each node's part in the niche, shape (n,), 0 for those outside it.
    """
    inflow = niche_reach(matrix, relevance) if matrix.nnz and relevance.any() else np.zeros(len(whole))
    return Reach(whole, _against_average(inflow), known=bool(whole.any()))


def off_niche(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """:attr:`Reach.value` of nodes to which no link of the niche leads."""
    return whole / 2


def _against_average(inflow: NDArray[np.float64]) -> NDArray[np.float64]:
    """What links bring to each node, as x / (x + average rank)."""
    return np.asarray(inflow / (inflow + 1 / max(len(inflow), 1)), np.float64)
