"""Places of things that lie behind each other in slices: what belongs to each of many bloggers, terms or names."""

import numpy as np
from numpy.typing import NDArray


def places_in_slices(starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places ``starts[i]`` to ``starts[i] + sizes[i]`` of each slice, one slice after the other."""
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes), np.int64)
