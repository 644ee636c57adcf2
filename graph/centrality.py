"""How central a blogger is: PageRank over all links, reach within a niche, and the count of distinct linkers.

Power iteration on the sparse matrix: a crawl's graph is mostly dangling nodes (sites seen but not yet crawled), whose
mass must be redistributed, and networkx takes half a minute where this takes a second.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from bloghound.errors import GraphError
from graph.matrix import LinkMatrix, checked_links, links_within

DAMPING = 0.85
"""Brin & Page 1998, section 2.1.1: the chance that the surfer follows a link rather than starts anew."""

TOLERANCE = 1e-10
"""Largest total change of one round at which the ranks are taken as settled."""

MAX_ITERATIONS = 200
"""The error shrinks at least by the damping each round: 0.85 ** 143 < 1e-10, and a third more for rounding."""


def pagerank(
    matrix: LinkMatrix,
    personalization: NDArray[np.float64] | None = None,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
    max_iterations: int = MAX_ITERATIONS,
) -> NDArray[np.float64]:
    """PageRank of each node (shape (n,), sums to 1) by the weights of its in-links, as networkx defines it.

    The surfer starts anew, and leaves a node without out-links, by ``personalization`` (shape (n,), any scale; uniform
    when None). Raises GraphError for unusable weights and when the ranks do not settle in ``max_iterations`` rounds.
    """
    links = checked_links(matrix)
    restart = _distribution(np.ones(links.shape[0]) if personalization is None else personalization, links.shape[0])
    return _stationary(_scaled_rows(links, links.sum(axis=1)), restart, damping, tolerance, max_iterations)


def niche_reach(matrix: LinkMatrix, relevance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reach within a niche: the part of each node's rank that links bring, shape (n,); ``relevance`` is on any scale.

    The ranks, which sum to 1, are PageRank personalised on the topic (Haveliwala, "Topic-sensitive PageRank", 2002) for
    a surfer who knows the topic (Richardson & Domingos, "The intelligent surfer", 2002). He starts at node i with
    chance r_i / Σ r; that share is no reach and is left out. At i he picks a link by its weight w_ij, follows it with
    chance f_ij · r_j / max r, and otherwise starts anew. So a link into an off-topic site carries nothing on, and a
    blogger whose links mostly lead elsewhere has a weak voice in the niche.

    ``f_ij = max(w_ij, w_ji) / (w_ij + w_ji)`` damps reciprocal pairs (our own form): a link that is not returned counts
    in full, two equal links exchanged count half each. Relevance that is negative or not a number counts as 0.
    """
    _check_length("relevance", relevance, matrix.shape[0])
    found = np.zeros(len(relevance))
    niche = np.flatnonzero((relevance > 0) & (relevance < np.inf))
    if len(niche):
        # No link carries anything to or from a node of weight 0, so the links within the niche are all that counts;
        # of the others only their weight does, in the sums.
        links, totals = links_within(matrix, niche)
        topical = relevance[niche].astype(np.float64)
        found[niche] = _reach_within(links, totals, topical / topical.max())
    return found


def _reach_within(links: LinkMatrix, totals: NDArray[np.float64], topical: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reach among nodes that are all topical; ``totals`` are the weights of all links from each, also those that lead
    elsewhere."""
    followed = csr_array(_damp_reciprocal(links) @ diags_array(topical))
    chances = _scaled_rows(followed, totals)
    ranks = _stationary(chances, topical / topical.sum(), DAMPING, TOLERANCE, MAX_ITERATIONS)
    return np.asarray(DAMPING * (chances @ ranks), np.float64)


def distinct_linkers(matrix: LinkMatrix) -> NDArray[np.int64]:
    """How many other nodes link to each node: shape (n,)."""
    links = checked_links(matrix)
    return np.bincount(links.indices, minlength=links.shape[0]).astype(np.int64)


def _damp_reciprocal(links: LinkMatrix) -> LinkMatrix:
    """The links with each weight that is returned multiplied by max(w_ij, w_ji) / (w_ij + w_ji)."""
    back = csr_array(links.T)
    returned = csr_array(links.minimum(back))
    pattern = returned.sign()
    # One pattern and sorted indices: the data of these three lie entry beside entry.
    there, both = csr_array(links.multiply(pattern)), csr_array((links + back).multiply(pattern))
    for part in (returned, there, both):
        part.sort_indices()
    loss = csr_array((there.data * returned.data / both.data, there.indices, there.indptr), shape=links.shape)
    return csr_array(links - loss)


def _scaled_rows(links: LinkMatrix, totals: NDArray[np.float64]) -> LinkMatrix:
    """Each row divided by its total, turned so that a row gathers a node's in-links; a row of total 0 stays empty."""
    shares = np.divide(1.0, totals, out=np.zeros(len(totals)), where=totals > 0)
    return csr_array((diags_array(shares) @ links).T)


def _stationary(
    gather: LinkMatrix, restart: NDArray[np.float64], damping: float, tolerance: float, max_iterations: int
) -> NDArray[np.float64]:
    """The fixed point of ``x = d·G·x + (1 - Σ d·G·x)·restart``: whatever is not passed on by a link starts anew."""
    ranks = restart
    for _ in range(max_iterations):
        passed = damping * (gather @ ranks)
        following = passed + (1.0 - passed.sum()) * restart
        change = np.abs(following - ranks).sum()
        ranks = following
        if change < tolerance:
            return ranks
    raise GraphError(f"PageRank has not settled after {max_iterations} rounds at damping {damping}.")


def _distribution(weights: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    _check_length("personalization", weights, size)
    if not np.isfinite(weights).all() or (weights < 0).any() or (size and not weights.any()):
        raise GraphError("The personalization must be finite, never negative, and not all zero.")
    return weights / weights.sum() if size else weights


def _check_length(name: str, figures: NDArray[np.float64], size: int) -> None:
    if figures.shape != (size,):
        raise GraphError(f"The {name} must have one figure for each of {size} nodes, not shape {figures.shape}.")
