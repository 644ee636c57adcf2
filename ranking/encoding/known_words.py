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

        The same bits whatever was asked before: all are computed in one pass, less those that are known, where it is
        no longer than the passes in which company is known to change nothing.
        """
        known = {word: self._known[word] for word in words if word in self._known}
        new = [brief, *dict.fromkeys(word for word in words if word not in known)]
        features = self._features(new)
        sizes = features["attention_mask"].sum(dim=1).tolist()
        is_short = sum(sizes) + sum(word.tokens for word in known.values()) <= TRIED_TOKENS
        if not is_short or not self._model.alike:
            return self._model.rows(features if not known else self._features([brief, *words]))
        found = self._model.rows(features)
        known |= {word: _Word(row, size) for word, row, size in zip(new[1:], found[1:], sizes[1:], strict=True)}
        self._keep(known)
        return np.stack([found[0], *(known[word].row for word in words)])

    def _keep(self, words: dict[str, _Word]) -> None:
        """Keep these words as those that were used last; who was used longest ago goes."""
        with self._keeping:
            for word, row in words.items():
                self._known.pop(word, None)
                self._known[word] = row
            for word in list(self._known)[: max(len(self._known) - KEPT_WORDS, 0)]:
                del self._known[word]
