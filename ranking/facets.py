"""How many bloggers of a list bear each of the names that a generation knows: their languages, their platforms."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class Facet:
    """The names of each blogger of a generation, in its order, as numbers that are counted without a look at each."""

    def __init__(self, names_by_blogger: Iterable[Sequence[str]]) -> None:
        numbers: dict[str, int] = {}
        sizes, codes = [0], list[int]()
        for names in names_by_blogger:
            sizes.append(len(names))
            codes.extend(numbers.setdefault(name, len(numbers)) for name in names)
        self._names = tuple(numbers)
        self._codes = np.array(codes, np.int64)
        self._offsets = np.cumsum(sizes)

    def counted(self, bloggers: NDArray[np.int64]) -> dict[str, int]:
        """How many of these bloggers bear each name that any of them bears, the most frequent first, then by name."""
        starts, sizes = self._offsets[bloggers], self._offsets[bloggers + 1] - self._offsets[bloggers]
        places = np.arange(int(sizes.sum())) + np.repeat(starts - np.cumsum(sizes) + sizes, sizes)
        counts = np.bincount(self._codes[places], minlength=len(self._names)).tolist()
        found = ((name, count) for name, count in zip(self._names, counts, strict=True) if count)
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))
