"""Cosines of a brief with unit vectors, the same to the last bit whichever others are compared with it.

Each row is one dot product of its own (``np.vecdot``); a matrix product adds up in an order that depends on how many
rows there are and on which place a row has.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranking.index.post_list import PostRows

ROWS_AT_A_TIME = 1024
"""Rows widened at a time: 0.8 MB of half floats and 1.6 MB of floats. Anything from 384 to 2,048 is about as fast:
fewer are more calls, more leave the processor's cache."""


class HasPostVectors(Protocol):
    """A segment, as far as cosines need it."""

    @property
    def post_vectors(self) -> NDArray[np.float16]:
        """One row per post, zeros where it has no vector."""
        ...


def cosines(rows: NDArray[np.float32], vector: NDArray[np.float32]) -> NDArray[np.float64]:
    """The dot product of each row with the vector, shape (r,)."""
    return np.asarray(np.vecdot(rows, vector), np.float64)


def post_cosines(
    segments: Sequence[HasPostVectors], posts: PostRows, vector: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The cosine of each of these posts with the vector, shape (m,); nan where a post has no vector."""
    order = np.argsort(posts.segments, kind="stable")
    rows, close = posts.rows[order], np.empty(len(order), np.float32)
    widened, end = _widening(len(vector)), 0
    for segment, count in enumerate(np.bincount(posts.segments).tolist()):
        if count:
            start, end = end, end + count
            _compare(widened, segments[segment].post_vectors, rows[start:end], vector, close[start:end])
    found = np.empty(len(order), np.float64)
    found[order] = close
    return found


Widened = Callable[[NDArray[np.float16], NDArray[np.uint32]], NDArray[np.float32]]
"""Rows of a file, and which of them, at most :data:`ROWS_AT_A_TIME` → these as floats, until the next call."""


def _widening(dimensions: int) -> Widened:
    import torch  # noqa: PLC0415 - heavy, and a generation may be opened without asking anything

    halves = np.empty((ROWS_AT_A_TIME, dimensions), np.float16)
    half_tensor, float_tensor = torch.from_numpy(halves), torch.empty(halves.shape)
    floats: NDArray[np.float32] = float_tensor.numpy()

    def widened(vectors: NDArray[np.float16], rows: NDArray[np.uint32]) -> NDArray[np.float32]:
        count = len(rows)
        # With a mode other than "raise" the rows are written straight to their place.
        np.take(vectors, rows, axis=0, out=halves[:count], mode="clip")
        # torch widens with the processor's own instructions, ten times as fast as numpy.
        float_tensor[:count].copy_(half_tensor[:count])
        return floats[:count]

    return widened


def _compare(
    widened: Widened,
    vectors: NDArray[np.float16],
    rows: NDArray[np.uint32],
    vector: NDArray[np.float32],
    close: NDArray[np.float32],
) -> None:
    """Write the dot product of each of these rows into ``close``, nan where the row is blank."""
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        some = slice(start, start + ROWS_AT_A_TIME)
        floats = widened(vectors, rows[some])
        found = np.vecdot(floats, vector, out=close[some])
        places = np.flatnonzero(found == 0)
        zero = floats.take(places, axis=0)
        # A row is blank where its length is 0, which is found sooner than that each of its figures is.
        found[places[np.vecdot(zero, zero) == 0]] = np.nan
