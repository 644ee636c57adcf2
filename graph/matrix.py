"""The link matrix: a square sparse array whose row links to its column, without self-links or parallel links."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from bloghound.errors import GraphError

LinkMatrix: TypeAlias = csr_array[np.float64]


def link_matrix(
    rows: NDArray[np.integer[Any]],
    columns: NDArray[np.integer[Any]],
    size: int,
    weights: NDArray[np.float64] | None = None,
) -> LinkMatrix:
    """The (size, size) matrix of the links ``rows[k] -> columns[k]``; self-links are dropped.

    Without weights every linked pair counts 1, however many parallel links it has; with weights these are summed.
    """
    between = rows != columns
    data = np.ones(len(rows)) if weights is None else weights
    matrix = csr_array(coo_array((data[between], (rows[between], columns[between])), shape=(size, size)))
    matrix.sum_duplicates()
    if weights is None:
        matrix.data[:] = 1.0
    return matrix


def checked_links(matrix: LinkMatrix) -> LinkMatrix:
    """A canonical float64 copy without stored zeros and self-links; the input, which may be a read-only map, stays.

    Raises GraphError when the matrix is not square or holds a weight that is negative or not finite.
    """
    _check_square(matrix)
    links = coo_array(matrix)
    _check_weights(links.data)
    kept = (links.row != links.col) & (links.data > 0)
    weights = links.data[kept].astype(np.float64)
    return link_matrix(links.row[kept], links.col[kept], matrix.shape[0], weights)


def links_within(matrix: LinkMatrix, nodes: NDArray[np.int64]) -> tuple[LinkMatrix, NDArray[np.float64]]:
    """The canonical links among some nodes (ascending), and the weight of all links from each, shape (c,).

    Looks at the rows of these nodes only. Raises GraphError when the matrix is not square or one of those rows holds a
    weight that is negative or not finite.
    """
    _check_square(matrix)
    rows = coo_array(csr_array(matrix)[nodes])
    _check_weights(rows.data)
    between = rows.col != nodes[rows.row]
    sources, targets, weights = rows.row[between], rows.col[between], rows.data[between].astype(np.float64)
    totals = np.asarray(np.bincount(sources, weights=weights, minlength=len(nodes)), np.float64)
    places = np.full(matrix.shape[0], -1, np.int64)
    places[nodes] = np.arange(len(nodes))
    inside = (places[targets] >= 0) & (weights > 0)
    links = link_matrix(sources[inside], places[targets[inside]], len(nodes), weights[inside])
    return links, totals


def _check_square(matrix: LinkMatrix) -> None:
    if matrix.shape[0] != matrix.shape[1]:
        raise GraphError(f"A link matrix must be square, not {matrix.shape[0]} by {matrix.shape[1]}.")


def _check_weights(weights: NDArray[np.float64]) -> None:
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise GraphError("A link matrix holds a weight that is negative or not a finite number.")
