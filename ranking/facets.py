"""How many bloggers of a list bear each of the names that a generation knows: their languages, their platforms."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ranking.slices import places_in_slices


class Facet:
    """The names of each blogger of a generation, in its order, as numbers that are counted without a look at each."""

    def __init__(self, names_by_blogger: Sequence[Sequence[str]]) -> None:
        self._names = tuple(dict.fromkeys(chain.from_iterable(names_by_blogger)))
        numbers = {name: number for number, name in enumerate(self._names)}
        self._codes = np.array([numbers[name] for name in chain.from_iterable(names_by_blogger)], np.int64)
        self._offsets = np.cumsum([0, *map(len, names_by_blogger)])

    def bearers(self) -> dict[str, NDArray[np.int64]]:
        """The bloggers who bear each name, ascending, whatever its case; the names are in lower case."""
        owners = np.repeat(np.arange(len(self._offsets) - 1), np.diff(self._offsets))
        found: dict[str, NDArray[np.int64]] = {}
        for number, name in enumerate(self._names):
            bearers = owners[self._codes == number]
            found[name.lower()] = np.union1d(found.get(name.lower(), bearers), bearers)
        return found

    def counted(self, bloggers: NDArray[np.int64]) -> dict[str, int]:
        """How many of these bloggers bear each name that any of them bears, the most frequent first, then by name."""
        starts, sizes = self._offsets[bloggers], self._offsets[bloggers + 1] - self._offsets[bloggers]
        counts = np.bincount(self._codes[places_in_slices(starts, sizes)], minlength=len(self._names)).tolist()
        found = ((name, count) for name, count in zip(self._names, counts, strict=True) if count)
        return dict(sorted(found, key=lambda item: (-item[1], item[0])))
