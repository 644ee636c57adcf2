"""The embedding model: texts to unit vectors, offline, as fast as the processor allows.

What makes it fast: texts are tokenized once and on all cores, sorted by length, and batched by a budget of tokens
instead of a number of texts, so that little is computed on padding; each core computes batches of its own, instead of
all cores waiting for each other within every layer; and where the processor has bfloat16 arithmetic the model runs in
it. On a GPU batches are as large as its memory allows, and the next texts are tokenized while it computes.
``bench/encode.py`` prints what that brings on a machine.

Tried and left out (one core, 64 posts, 2.4 s): weights turned to bfloat16 beforehand (no faster, and further from
float32), 8-bit integers (1.8 s, but cosines down to 0.82), attention as two plain products (no faster over all).
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cached_property, lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import EncoderError
from ranking.encoding.ahead import made_ahead
from ranking.encoding.batches import Plan, batches_by_length, plan_for_cpu, plan_for_gpu
from ranking.encoding.choice import BUNDLED_MODEL, ModelChoice
from ranking.encoding.known_words import KnownWords
from ranking.encoding.loading import FoundModel, found_model
from ranking.encoding.packing import PackedBert, packs
from ranking.encoding.tokens import Reader, Reading, Tokens, UnpaddedTexts

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

__all__ = ["BUNDLED_MODEL", "Encoder", "has_bfloat16"]

LEAST_COSINE = 0.9995
"""To float32, of each probe: a type that does worse for a model is not used, so that all rows keep 0.999."""

KEPT_BRIEFS = 256
"""Rows of briefs kept, some 400 kB: the same brief is asked again for every page, filter and explanation."""

# Sentences on subjects that have nothing to do with each other, our own words: how similar the model finds them is
# what "no relation" looks like for it (0.06 for the bundled model, 0.7 and more for others).
_UNRELATED = (
    "The goalkeeper saved a penalty in extra time.",
    "Whisk the egg whites until stiff peaks form.",
    "The committee postponed its vote on the water tax.",
    "Our server crashed after the nightly backup.",
    "She tuned the old cello before the concert.",
    "A frost in May ruined the cherry blossom.",
    "The museum lends its bronze coins to schools.",
    "Train tickets are cheaper outside rush hour.",
    "The dentist recommended a softer toothbrush.",
    "He proved the lemma by induction on trees.",
    "The ferry to the island leaves twice a day.",
    "Our puppy learned to fetch slippers last week.",
    "The novel's narrator lies on every page.",
    "Inflation slowed for the third month.",
    "The nurse measured her blood pressure twice.",
    "They painted the bedroom a pale green.",
)


class Encoder:
    """An embedding model, thread-safe; the bundled one is read when it first encodes something, which takes seconds.

    ``name`` is the key of its vectors in storage: all that shapes them. ``choice`` is how it is loaded again. Whatever
    encodes raises EncoderError when the model fails.
    """

    def __init__(self, found: FoundModel) -> None:
        self.name, self.choice, self.dimensions = found.name, found.choice, found.dimensions
        self._found = found
        self._reading = Lock()
        self._read: tuple[SentenceTransformer, Reader] | None = None
        self._passages = Reading(self.choice.passage_prompt, "document")
        self._briefs = Reading(self.choice.query_prompt, "query")
        # What holds its holder is freed by a collection of cycles only, which may let a model of 90 MB lie for long.
        own = weakref.proxy(self)
        self._brief_row = lru_cache(maxsize=KEPT_BRIEFS)(partial(Encoder._encoded_brief, own))
        self._rows_with_words = lru_cache(maxsize=KEPT_BRIEFS)(partial(Encoder._encoded_with_words, own))

    @classmethod
    def load(
        cls, model: str = BUNDLED_MODEL, *, query_prompt: str = "", passage_prompt: str = "", device: str = "cpu"
    ) -> Encoder:
        """The model of that name or folder; the default name is the bundled one, with its weights verified.

        An empty prompt is the one that the model's own configuration names, if any. Raises EncoderError when the model
        or the device (``cpu``, ``cuda``) is not there, cannot be used, or the weights are not the official ones.
        """
        return cls(found_model(ModelChoice(model, query_prompt, passage_prompt), device))

    @property
    def _model(self) -> SentenceTransformer:
        return self._model_and_reader()[0]

    @property
    def _reader(self) -> Reader:
        return self._model_and_reader()[1]

    def _model_and_reader(self) -> tuple[SentenceTransformer, Reader]:
        with self._reading:
            if self._read is None:
                model = self._found.read()
                self._read = model, Reader(model)
            return self._read

    @cached_property
    def _packs(self) -> bool:
        return packs(self._model)

    @cached_property
    def plan(self) -> Plan:
        """How many texts this model computes at a time on its device."""
        if self._found.device == "cpu":
            return plan_for_cpu()
        import torch  # noqa: PLC0415 - heavy, loaded by now

        free, _ = torch.cuda.mem_get_info(self._model.device)
        config = getattr(self._model.transformers_model, "config", None)
        return plan_for_gpu(free, int(getattr(config, "hidden_size", None) or self.dimensions))

    @cached_property
    def _words(self) -> KnownWords:
        return KnownWords(PackedBert(self._model), partial(self._reader.features, reading=self._briefs))

    @cached_property
    def background(self) -> float:
        """Mean cosine of unrelated briefs and posts under this model: the zero of an absolute scale of similarity."""
        briefs, posts = self._unrelated(self._briefs), self._unrelated(self._passages)
        above = np.triu_indices(len(posts), 1)
        return float((briefs @ posts.T)[above].mean(dtype=np.float64))

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Unit rows of shape (n, dimensions) in the order of ``texts``; ``progress`` gets the count of each batch done.

        In bfloat16 where the processor has it, in half precision on a GPU: rows keep a cosine above 0.999 to those
        computed in float32, and a model that would not is computed in float32.
        """
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        starts, dtype = range(0, len(texts), self.plan.texts), self._quick_type
        with ThreadPoolExecutor(self.plan.threads) as pool:
            for start, tokens in zip(starts, made_ahead(self._windows(texts)), strict=True):
                batches = batches_by_length(tokens.lengths, self.plan.tokens)
                found = pool.map(partial(self._rows, tokens, dtype), batches)
                for batch, part in zip(batches, found, strict=True):
                    rows[np.add(batch, start)] = part
                    if progress is not None:
                        progress(len(batch))
        return _unit(rows)

    def encode_brief(self, brief: str) -> NDArray[np.float32]:
        """The unit row of one brief, shape (dimensions,), read-only, in float32 and with the prompt for briefs.

        Rows of the last briefs are kept.
        """
        return self._brief_row(brief)

    def encode_with_words(self, brief: str, words: Sequence[str]) -> NDArray[np.float32]:
        """The unit rows of a brief and, behind it, of each of its words, shape (1 + n, dimensions), read-only.

        Each is encoded as a brief of its own, in float32, and gives the same bits whatever was asked before. Rows of
        the last briefs and words are kept.
        """
        return self._rows_with_words(brief, tuple(words))

    def _encoded_with_words(self, brief: str, words: tuple[str, ...]) -> NDArray[np.float32]:
        if self._packs:
            with self._failing_clearly():
                found = self._words.rows(brief, words)
        else:
            # Padded to the length of the brief, its words would cost more than a pass of their own.
            passes = [texts for texts in ([brief], words) if texts]
            features = [self._reader.features(texts, self._briefs) for texts in passes]
            found = np.concatenate([self._computed(one, None, self._briefs.task) for one in features])
        rows = _unit(found)
        rows.flags.writeable = False
        return rows

    def _encoded_brief(self, brief: str) -> NDArray[np.float32]:
        features = self._reader.features([brief], self._briefs)
        row: NDArray[np.float32] = _unit(self._computed(features, None, self._briefs.task))[0]
        row.flags.writeable = False
        return row

    def _windows(self, texts: Sequence[str]) -> Iterator[Tokens | UnpaddedTexts]:
        for start in range(0, len(texts), self.plan.texts):
            yield self._reader.tokenize(texts[start : start + self.plan.texts], self._passages)

    def _rows(
        self, tokens: Tokens | UnpaddedTexts, dtype: torch.dtype | None, batch: Sequence[int]
    ) -> NDArray[np.float32]:
        """The rows of one batch, in halves where it does not fit the device's memory."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        try:
            return self._computed(tokens.batch(batch), dtype, self._passages.task)
        except torch.OutOfMemoryError as error:
            if len(batch) == 1:
                raise EncoderError(f"The device's memory does not hold one text under {self.name}.") from error
        torch.cuda.empty_cache()
        half = len(batch) // 2
        return np.concatenate([self._rows(tokens, dtype, part) for part in (batch[:half], batch[half:])])

    def _computed(self, features: dict[str, Any], dtype: torch.dtype | None, task: str) -> NDArray[np.float32]:
        """What the model makes of one batch, with most of it in ``dtype`` (None: float32)."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        device = self._model.device
        arithmetic = nullcontext() if dtype is None else torch.autocast(device.type, dtype)
        with self._failing_clearly():
            placed = {name: _placed(value, device) for name, value in features.items()}
            with torch.inference_mode(), arithmetic:
                embedded = self._model(placed, task=task)["sentence_embedding"]
            return np.asarray(embedded.float().cpu().numpy(), np.float32)

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        import torch  # noqa: PLC0415 - heavy, loaded by now

        try:
            yield
        except torch.OutOfMemoryError:
            raise
        except (RuntimeError, ValueError, IndexError, KeyError) as error:
            raise EncoderError(f"The embedding model {self.name} failed on a batch of texts: {error}") from error

    @cached_property
    def _quick_type(self) -> torch.dtype | None:
        """The shorter type that is faster on this device and exact enough for this model; None where there is none."""
        exact = self._unrelated(self._passages)
        for dtype in _quick_types(self._model.device.type):
            quick = self._unrelated(self._passages, dtype)
            if float((exact * quick).sum(axis=1).min()) >= LEAST_COSINE:  # never true of what overflowed: NaN
                return dtype
        return None

    def _unrelated(self, reading: Reading, dtype: torch.dtype | None = None) -> NDArray[np.float32]:
        return _unit(self._computed(self._reader.features(_UNRELATED, reading), dtype, reading.task))


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16 natively (AMX tiles, AVX-512 BF16); elsewhere it is slower."""
    import torch  # noqa: PLC0415 - heavy, on first use only

    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _quick_types(device: str) -> list[torch.dtype]:
    """Types to try: on a GPU the more exact one first, which overflows in some models."""
    import torch  # noqa: PLC0415 - heavy, loaded by now

    if device == "cpu":
        return [torch.bfloat16] if has_bfloat16() else []
    return [torch.float16, torch.bfloat16]


def _placed(value: Any, device: torch.device) -> Any:
    """A feature on the device; for a GPU through pinned memory, so that the copy waits for nothing."""
    if not hasattr(value, "to") or device.type == "cpu":
        return value
    return value.pin_memory().to(device, non_blocking=True)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0), np.float32)
