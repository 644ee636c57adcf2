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
    if matrix.shape[0] != matrix.shape[1]:
        raise GraphError(f"A link matrix must be square, not {matrix.shape[0]} by {matrix.shape[1]}.")
    links = coo_array(matrix)
    if not np.isfinite(links.data).all() or (links.data < 0).any():
        raise GraphError("A link matrix holds a weight that is negative or not a finite number.")
    kept = (links.row != links.col) & (links.data > 0)
    weights = links.data[kept].astype(np.float64)
    return link_matrix(links.row[kept], links.col[kept], matrix.shape[0], weights)
