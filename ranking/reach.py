"""Reach as one figure per blogger: what links bring, over the whole graph and within the niche.

PageRank gives every node a share for merely existing (or, in a niche, for being on topic). That share is no reach: it
is taken off, and what flows in over links is compared with an average node's rank. So a blogger without in-links has
reach 0, an average one 1/2, and a hub comes near 1, in a graph of any size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranking.values import NicheReach


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


def reach_of(
    matrix: csr_array, pagerank: NDArray[np.float64], relevance: NDArray[np.float64], niche_reach: NicheReach
) -> Reach:
    """Reach of all nodes; ``relevance`` weighs each node's part in the niche, shape (n,), 0 for those outside it."""
    size = matrix.shape[0]
    if not matrix.nnz:
        return Reach(np.zeros(size), np.zeros(size), known=False)
    in_niche = niche_reach(matrix, relevance) if relevance.any() else np.zeros(size)
    return Reach(_inflow(pagerank, np.ones(size)), _inflow(in_niche, relevance), known=True)


def _inflow(ranks: NDArray[np.float64], restart: NDArray[np.float64]) -> NDArray[np.float64]:
    """What links bring to each node, x / (x + average rank); who has the least rank for its restart has no in-link."""
    restarting = restart > 0
    if not restarting.any() or not ranks.any():
        return np.zeros(len(ranks))
    base = float((ranks[restarting] / restart[restarting]).min())
    inflow = np.maximum(ranks - base * restart, 0.0)
    inflow[inflow < ROUNDING / len(ranks)] = 0.0
    return np.asarray(inflow / (inflow + 1 / len(ranks)), np.float64)


ROUNDING = 1e-6
"""Parts of an average rank below which an inflow is the rounding of the power iteration, not a link."""
