"""Cosines of a brief with unit vectors, the same to the last bit whichever others are compared with it.

Each row is one dot product of its own (``np.vecdot``); a matrix product adds up in an order that depends on how many
rows there are and on which place a row has.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ranking.index.post_list import PostRows

ROWS_AT_A_TIME = 2048
"""Rows widened at a time: 1.5 MB of half floats and 3 MB of floats, which stay in the processor's cache."""


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
    import torch  # noqa: PLC0415 - heavy, and a generation may be opened without asking anything

    found = np.full(len(posts.rows), np.nan, np.float32)
    halves = np.empty((ROWS_AT_A_TIME, len(vector)), np.float16)
    floats = torch.empty(halves.shape)
    for segment in np.flatnonzero(np.bincount(posts.segments)).tolist():
        places = np.flatnonzero(posts.segments == segment)
        for start in range(0, len(places), ROWS_AT_A_TIME):
            some = places[start : start + ROWS_AT_A_TIME]
            own = halves[: len(some)]
            # With a mode other than "raise" the rows are written straight to their place.
            np.take(segments[segment].post_vectors, posts.rows[some], axis=0, out=own, mode="clip")
            # torch widens with the processor's own instructions, ten times as fast as numpy.
            floats[: len(some)].copy_(torch.from_numpy(own))
            rows = floats.numpy()[: len(some)]
            close = np.vecdot(rows, vector)
            zero = rows[close == 0]
            # A row is blank where its length is 0, which is found sooner than that each of its figures is.
            close[np.flatnonzero(close == 0)[np.vecdot(zero, zero) == 0]] = np.nan
            found[some] = close
    return found.astype(np.float64)
