"""The rows of a brief and of its words, with the words of earlier briefs kept: most of a brief's words are used again.

A kept row is the one that would be computed, to the bit, or none is kept: see :attr:`PackedBert.alike`.

Central name: :class:`KnownWords`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.encoding.packing import TRIED_TOKENS, PackedBert

KEPT_WORDS = 2048
"""3 MB of rows, and more words than the briefs of a team have."""


class _Word(NamedTuple):
    """A word's row, and how many tokens it is read as."""

    row: NDArray[np.float32]
    tokens: int


class KnownWords:
    """Computes briefs with their words; ``features`` are the tokens of texts as one batch. Thread-safe."""

    def __init__(self, model: PackedBert, features: Callable[[Sequence[str]], dict[str, Any]]) -> None:
        self._model = model
        self._features = features
        self._known: dict[str, _Word] = {}
        self._keeping = Lock()

    def rows(self, brief: str, words: Sequence[str]) -> NDArray[np.float32]:
        """The rows of the brief and, behind it, of each of its words, shape (1 + n, dimensions).

        The same bits whatever was asked before: all in one pass, less the words that are known, where all together are
        no more than the tokens among which company is known to change nothing.
        """
        known = {word: one for word in words if (one := self._known.get(word)) is not None}
        if known and not self._model.alike:
            known = {}
        new = [brief, *(word for word in dict.fromkeys(words) if word not in known)]
        features = self._features(new)
        sizes: list[int] = features["attention_mask"].sum(dim=1).tolist()
        if sum(sizes) + sum(one.tokens for one in known.values()) <= TRIED_TOKENS:
            rows = self._model.rows(features)
            computed = zip(new[1:], rows[1:], sizes[1:], strict=True)
            known |= {word: _Word(row.copy(), tokens) for word, row, tokens in computed}
            self._keep(known)
            return np.stack([rows[0], *(known[word].row for word in words)])
        return self._model.rows(self._features([brief, *words]))

    def _keep(self, words: dict[str, _Word]) -> None:
        """Keep these words as those that were used last; who was used longest ago goes."""
        with self._keeping:
            for word, row in words.items():
                self._known.pop(word, None)
                self._known[word] = row
            for word in list(self._known)[: max(len(self._known) - KEPT_WORDS, 0)]:
                del self._known[word]
