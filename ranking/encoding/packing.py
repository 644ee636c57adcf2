"""Short texts side by side in one pass of the model, without padding: a brief and each of its words.

A pass over so few tokens costs mostly the reading of the model's weights, 42 MB for the bundled one, so one pass over
all takes far less than one for each. Each text keeps its own positions and sees itself only; its row is that of a pass
of its own: to rounding (1e-6) that of the library's, which the bundled model's attention, mean and length allow, and to
the bit that of ours where :attr:`PackedBert.alike` says so.

The pass is BERT's, written out (Devlin et al., "BERT", 2019; layer norms behind the sums, as in the original
Transformer), with each layer's weights laid out once as oneDNN reads them, while the library's own modules have them
laid out anew at every call: 12 instead of 19 ms for 36 tokens on one core, for a second copy of the weights.

Central names: :func:`packs`, :class:`PackedBert`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

_STEPS = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
"""Classes of the modules of models whose rows are a mean over the tokens, at most brought to unit length."""

_TOKENS = 32
"""Tokens of a usual brief with its words, for which the layout of the weights is chosen; it serves for any number."""

TRIED_TOKENS = 64
"""Tokens of a pass up to which each room is tried for :attr:`PackedBert.alike`: twice those of a usual brief with its
words."""

ROOM, LONG_ROOM = 4, 32
"""A pass has room for a multiple of so many tokens, a longer one for a multiple of more: oneDNN keeps 2 MB for every
number of tokens that it ever met."""


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
        and config.hidden_act == "gelu"
        # Other kinds of attention take no mask of who sees whom.
        and config._attn_implementation == "sdpa"
        and pooling.get("pooling_mode") == "mean"
        and bool(pooling.get("include_prompt", True))
    )


class PackedBert:
    """The encoder of a model that :func:`packs`; holds a copy of its weights, but for the embeddings."""

    def __init__(self, model: SentenceTransformer) -> None:
        network: Any = model.transformers_model
        embeddings = network.embeddings
        self._words, self._positions = embeddings.word_embeddings.weight, embeddings.position_embeddings.weight
        self._segment = embeddings.token_type_embeddings.weight[0]
        self._norm = embeddings.LayerNorm
        self._layers = [_layer_of(layer, network.config.num_attention_heads) for layer in network.encoder.layer]

    def rows(self, features: dict[str, Any]) -> NDArray[np.float32]:
        """The mean over the tokens of each text, shape (n, dimensions), of texts tokenized as one batch."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        there = features["attention_mask"].bool()
        # Texts of a length lie side by side, so that attention takes them as one batch without a mask: with one, a
        # text's place in the pass would decide on its last bits.
        sizes, order = there.sum(dim=1).sort(stable=True)
        ids, there = features["input_ids"][order], there[order]
        positions = torch.arange(there.shape[1]).expand(there.shape)[there]
        lengths, counts = (found.tolist() for found in sizes.unique_consecutive(return_counts=True))
        found = np.empty((len(sizes), self._words.shape[1]), np.float32)
        with torch.inference_mode():
            hidden = self._norm(self._words[ids[there]] + self._segment + self._positions[positions])
            tokens = len(hidden)
            hidden = torch.cat([hidden, hidden.new_zeros(room_for(tokens) - tokens, hidden.shape[1])])
            for layer in self._layers:
                hidden = layer.applied(hidden, lengths, counts)
            found[order.numpy()] = torch.segment_reduce(hidden[:tokens], "mean", lengths=sizes).numpy()
        return found

    @cached_property
    def alike(self) -> bool:
        """Whether a token's row comes out the same to the bit wherever it stands in a pass of at most
        :data:`TRIED_TOKENS`: tried with each room, since a library may add up otherwise for each."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        chance, width = torch.Generator().manual_seed(1), self._words.shape[1]
        with torch.inference_mode():
            layer, token = self._layers[0], torch.randn(1, width, generator=chance)
            wide = layer.widened(token.repeat(ROOM, 1))[:1]
            tried = ((layer.attended, token), (layer.joined, token), (layer.widened, token), (layer.narrowed, wide))
            return all(_is_alike(step, row) for step, row in tried)


def room_for(tokens: int) -> int:
    """Tokens that a pass over so many has room for."""
    step = ROOM if tokens <= TRIED_TOKENS else LONG_ROOM
    return -(-tokens // step) * step


def _is_alike(step: Callable[[Tensor], Tensor], row: Tensor) -> bool:
    expected = step(row.repeat(ROOM, 1))[:1]
    rooms = range(ROOM, TRIED_TOKENS + 1, ROOM)
    return all(bool((step(row.repeat(room, 1)) == expected).all()) for room in rooms)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer: ``attended`` gives queries, keys and values side by side; each norm comes behind a sum."""

    heads: int
    attended: Callable[[Tensor], Tensor]
    joined: Callable[[Tensor], Tensor]
    norm: Callable[[Tensor], Tensor]
    widened: Callable[[Tensor], Tensor]
    narrowed: Callable[[Tensor], Tensor]
    last_norm: Callable[[Tensor], Tensor]

    def applied(self, hidden: Tensor, lengths: Sequence[int], counts: Sequence[int]) -> Tensor:
        """What the layer makes of the tokens, shape (t, d): of ``counts[i]`` texts of ``lengths[i]`` tokens each, one
        text after the other, and of whatever fills the room behind them."""
        import torch  # noqa: PLC0415 - heavy, loaded by now

        sizes = [length * count for length, count in zip(lengths, counts, strict=True)]
        *attended, filling = self.attended(hidden).split_with_sizes([*sizes, len(hidden) - sum(sizes)])
        seen = [self._seen(part, length) for part, length in zip(attended, lengths, strict=True)]
        hidden = self.norm(self.joined(torch.cat([*seen, filling[:, : hidden.shape[1]]])) + hidden)
        return self.last_norm(self.narrowed(self.widened(hidden)) + hidden)

    def _seen(self, attended: Tensor, length: int) -> Tensor:
        """What the tokens of texts of one length see of their own text."""
        from torch.nn.functional import scaled_dot_product_attention  # noqa: PLC0415 - heavy, loaded by now

        parts = attended.view(-1, length, 3, self.heads, attended.shape[1] // (3 * self.heads)).permute(2, 0, 3, 1, 4)
        query, key, value = parts
        return scaled_dot_product_attention(query, key, value).transpose(1, 2).reshape(len(attended), -1)


def _layer_of(layer: Any, heads: int) -> _Layer:
    import torch  # noqa: PLC0415 - heavy, loaded by now

    asked = layer.attention.self
    parts = (asked.query, asked.key, asked.value)
    weight, bias = (torch.cat([getattr(part, name).detach() for part in parts]) for name in ("weight", "bias"))
    joined, widened, narrowed = layer.attention.output, layer.intermediate, layer.output
    return _Layer(
        heads,
        _linear(weight, bias),
        _linear(joined.dense.weight.detach(), joined.dense.bias.detach()),
        joined.LayerNorm,
        _linear(widened.dense.weight.detach(), widened.dense.bias.detach(), "gelu"),
        _linear(narrowed.dense.weight.detach(), narrowed.dense.bias.detach()),
        narrowed.LayerNorm,
    )


def _linear(weight: Tensor, bias: Tensor, then: str = "none") -> Callable[[Tensor], Tensor]:
    """A linear layer, followed by ``gelu`` if asked: by oneDNN with its own layout of the weights where this build of
    torch has that (its compiler calls the same operators), else by torch's own."""
    import torch  # noqa: PLC0415 - heavy, loaded by now
    from torch.nn import functional  # noqa: PLC0415 - heavy, loaded by now

    def plain(rows: Tensor) -> Tensor:
        made = functional.linear(rows, weight, bias)
        return functional.gelu(made) if then == "gelu" else made

    try:
        laid_out = torch.ops.mkldnn._reorder_linear_weight(weight, _TOKENS)
        run = torch.ops.mkldnn._linear_pointwise
        run(torch.zeros(1, weight.shape[1]), laid_out, bias, then, [], "none")
    except (AttributeError, RuntimeError):
        return plain
    return lambda rows: run(rows, laid_out, bias, then, [], "none")
