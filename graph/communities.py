"""Groups of sites that link among themselves more than to others."""

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.matrix import LinkMatrix, checked_links


def communities(matrix: LinkMatrix, seed: int = 0, resolution: float = 1.0) -> NDArray[np.int64]:
    """A community number for each node: shape (n,), 0 for the largest; a node without links is one of its own.

    Louvain (Blondel et al. 2008) in networkx on the links without their direction; the same seed gives the same answer.
    For graphs up to some hundred thousand links, since networkx keeps every link as an object.
    """
    links = checked_links(matrix)
    undirected = nx.from_scipy_sparse_array(links + links.T)
    groups = nx.community.louvain_communities(undirected, seed=seed, resolution=resolution)
    labels = np.empty(links.shape[0], dtype=np.int64)
    for number, group in enumerate(sorted(groups, key=lambda group: (-len(group), min(group)))):
        labels[list(group)] = number
    return labels
