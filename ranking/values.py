"""Values that ranking takes from other rooms: the link graph's columns, and reach within a niche as a callable."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

NicheReach = Callable[[csr_array, NDArray[np.float64]], NDArray[np.float64]]
"""Link matrix and one relevance weight per node → the part of the PageRank personalised on the niche (which sums to 1)
that links bring to each node, shape (n,)."""


@dataclass(frozen=True, slots=True)
class GraphColumns:
    """The link graph between bloggers; row, column and entry ``i`` belong to the site key ``keys[i]``."""

    keys: tuple[str, ...]
    reach: NDArray[np.float32]
    """Global PageRank, shape (n,), summing to 1."""
    distinct_linkers: NDArray[np.int64]
    """How many other bloggers link to each, shape (n,)."""
    matrix: csr_array
    """Shape (n, n): the row's blogger links to the column's with this weight."""
    damping: float = 0.85
    """What ``reach`` was computed with; Brin & Page's, as in :mod:`graph.centrality`."""


def no_graph(keys: tuple[str, ...]) -> GraphColumns:
    """The columns of bloggers between whom no link is known."""
    size = len(keys)
    reach = np.full(size, 1 / max(size, 1), np.float32)
    return GraphColumns(keys, reach, np.zeros(size, np.int64), csr_array((size, size), dtype=np.float64))
