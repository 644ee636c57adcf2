"""Texts as tokens: tokenized once, all together and on all cores, then cut into batches without their padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

CHARS_PER_TOKEN = 4
"""Of English; a guess is enough where a model pads nothing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a model reads texts of one kind: the prompt before each, and the task by which it takes one of its routes."""

    prompt: str
    task: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokenized texts; ``lengths`` are tokens of each."""

    features: dict[str, Any]
    lengths: NDArray[np.int64]

    def batch(self, rows: Sequence[int]) -> dict[str, Any]:
        """The features of some of the texts, padded to the longest of them."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        index = torch.as_tensor(rows)
        mask = self.features["attention_mask"][index]
        used = mask.any(dim=0).nonzero()
        columns = slice(int(used[0]), int(used[-1]) + 1) if len(used) else slice(0, 1)
        return {name: self._cut(value, index, columns) for name, value in self.features.items()}

    def _cut(self, value: Any, index: Any, columns: slice) -> Any:
        if not hasattr(value, "shape") or not value.shape or value.shape[0] != len(self.lengths):
            return value
        return value[index][:, columns] if value.shape == self.features["attention_mask"].shape else value[index]


class Reader:
    """Turns texts into what a model computes from; thread-safe."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self._tokenizing = Lock()
        """A tokenizer that two threads use at once fails with "Already borrowed"."""

    def features(self, texts: Sequence[str], reading: Reading) -> dict[str, Any]:
        """The features of these texts as one batch, in the processor's memory."""
        with self._tokenizing:
            return dict(self._model.preprocess(list(texts), prompt=reading.prompt or None, task=reading.task))

    def tokenize(self, texts: Sequence[str], reading: Reading) -> Tokens | UnpaddedTexts:
        """The texts, ready to be cut into batches."""
        features = self.features(texts, reading)
        mask = features.get("attention_mask")
        if mask is None or mask.ndim != 2 or len(mask) != len(texts):
            guessed = np.array([len(text) // CHARS_PER_TOKEN + 1 for text in texts], np.int64)
            return UnpaddedTexts(self, texts, reading, guessed)
        return Tokens(features, mask.sum(dim=1).numpy().astype(np.int64))


@dataclass(frozen=True, slots=True)
class UnpaddedTexts:
    """Texts for models that pad nothing, so that batches of them are tokenized one by one; ``lengths`` are a guess."""

    reader: Reader
    texts: Sequence[str]
    reading: Reading
    lengths: NDArray[np.int64]

    def batch(self, rows: Sequence[int]) -> dict[str, Any]:
        """The features of some of the texts."""
        return self.reader.features([self.texts[row] for row in rows], self.reading)
