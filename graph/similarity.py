"""Which sites are like a given one by who links to them: readers of the same linkers are readers of both."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from graph.matrix import LinkMatrix, checked_links

JACCARD_GATE = 0.1
"""Least share of common linkers, after Marginalia Search: below it two large sites are alike by chance."""


def link_similarity(matrix: LinkMatrix, node: int, jaccard_gate: float = JACCARD_GATE) -> NDArray[np.float64]:
    """Similarity of every node to ``node`` by their linkers: shape (n,), from 0 to 1, 0 for the node itself.

    The cosine of the two sets of linkers, where a linker weighs 1 / ln(2 + its out-degree), since who links to
    everything says little about anything (Marginalia Search). 0 where the sets' Jaccard index is below the gate.
    """
    links = checked_links(matrix)
    linked = csr_array((np.ones_like(links.data), links.indices, links.indptr), shape=links.shape)
    present: LinkMatrix = csr_array(linked.T)
    ours = present[[node], :].toarray().ravel()
    linker_weights = 1.0 / np.log(2.0 + np.diff(links.indptr))
    common = _sums(present, ours)
    counts = np.diff(present.indptr)
    united = counts + counts[node] - common
    jaccard = _ratios(common, united)
    lengths = np.sqrt(_sums(present, linker_weights))
    cosine = _ratios(_sums(present, ours * linker_weights), lengths * lengths[node])
    cosine[jaccard < jaccard_gate] = 0.0
    cosine[node] = 0.0
    return cosine.clip(max=1.0)  # rounding may pass it by a hair


def _sums(present: LinkMatrix, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The summed weight of each site's linkers."""
    return np.asarray(present @ weights)


def _ratios(parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each part of its whole, 0 where there is no whole."""
    ratios = np.zeros(len(wholes))
    np.divide(parts, wholes, out=ratios, where=wholes > 0)
    return ratios
