"""Short texts side by side in one pass of the model, without padding: a brief and each of its words.

A pass over so few tokens costs mostly the reading of the model's weights, 42 MB for the bundled one, so one pass over
all takes little more than one over the brief alone. Each text keeps its own positions and sees itself only; its row is
that of a pass of its own but for rounding (1e-7), which the bundled model's attention, mean and length allow.

Central names: :func:`packs`, :func:`packed_rows`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_STEPS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
"""Classes of the modules of models whose rows are a mean over the tokens, at most brought to unit length."""


def packs(model: SentenceTransformer) -> bool:
    """Whether this model's texts can be packed: a BERT encoder on the processor, and the mean over all tokens."""
    modules: list[Any] = list(model)
    if [type(module).__name__ for module in modules] not in _STEPS or model.device.type != "cpu":
        return False
    config: Any = getattr(model.transformers_model, "config", None)
    pooling = modules[1].get_config_dict()
    return (
        getattr(config, "model_type", None) == "bert"
        and not config.is_decoder
        # Other kinds of attention take no mask of who sees whom.
        and config._attn_implementation == "sdpa"
        and pooling.get("pooling_mode") == "mean"
        and bool(pooling.get("include_prompt", True))
    )


def packed_rows(model: SentenceTransformer, features: dict[str, Any]) -> NDArray[np.float32]:
    """The mean over the tokens of each text, shape (n, dimensions), of texts tokenized as one batch."""
    import torch  # noqa: PLC0415 - heavy, loaded by now

    there = features["attention_mask"].bool()
    sizes = there.sum(dim=1)
    owners = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
    positions = torch.arange(there.shape[1]).expand(there.shape)[there]
    network: Any = model.transformers_model
    with torch.inference_mode():
        tokens = network(
            input_ids=features["input_ids"][there][None],
            position_ids=positions[None],
            attention_mask=(owners[:, None] == owners)[None, None],
        ).last_hidden_state[0]
        return np.asarray(torch.segment_reduce(tokens, "mean", lengths=sizes).numpy(), np.float32)
