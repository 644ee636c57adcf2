"""A brief and its words give the same bits whatever was asked before and whatever is computed beside them."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from ranking.encoding import known_words
from ranking.encoding.known_words import KnownWords
from ranking.encoding.loading import bundled_folder
from ranking.encoding.packing import LONG_ROOM, ROOM, TRIED_TOKENS, PackedBert, room_for
from ranking.encoding.tokens import Reader, Reading

WORDS = ("espresso", "grinders", "gravel", "kilns", "photosynthesis", "a", "café", "state-of-the-art", "bread", "glaze")
LONG = " ".join(WORDS * 7)
READING = Reading("", "query")


class Features:
    """The bundled model's tokens, and how many texts were asked for each time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> dict[str, Any]:
        self.asked.append([*texts])
        return self._reader.features(texts, READING)


@cache
def bundled() -> tuple[PackedBert, Reader]:
    model = SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True)
    return PackedBert(model), Reader(model)


def words_of(alike: bool | None = None) -> tuple[KnownWords, Features]:
    model, reader = bundled()
    if alike is not None:
        model.__dict__["alike"] = alike  # where a cached property keeps what it found
    features = Features(reader)
    return KnownWords(model, features), features


@pytest.fixture(autouse=True)
def _as_found() -> None:
    bundled()[0].__dict__.pop("alike", None)


def alone(text: str) -> NDArray[np.float32]:
    model, reader = bundled()
    return np.asarray(model.rows(reader.features([text], READING))[0], np.float32)


@given(st.lists(st.tuples(st.sampled_from([*WORDS, LONG]), st.sets(st.sampled_from(WORDS))), min_size=1, max_size=4))
@settings(max_examples=8, deadline=None)
def test_what_was_asked_before_changes_no_bit(asked: list[tuple[str, set[str]]]) -> None:
    kept, _ = words_of()
    for brief, words in asked:
        fresh, _ = words_of()
        assert np.array_equal(kept.rows(brief, sorted(words)), fresh.rows(brief, sorted(words)))


def test_a_row_is_that_of_a_pass_of_its_own() -> None:
    texts = ["gravel roads and glaze", *WORDS]
    rows = words_of()[0].rows(texts[0], texts[1:])
    assert np.array_equal(rows, np.stack([alone(text) for text in texts]))


def test_a_known_word_is_not_computed_again() -> None:
    kept, features = words_of(alike=True)
    kept.rows("gravel and bread", ["gravel", "bread"])
    kept.rows("bread and glaze", ["bread", "glaze"])
    assert features.asked == [["gravel and bread", "gravel", "bread"], ["bread and glaze", "glaze"]]


def test_where_company_counts_everything_is_computed_at_once() -> None:
    kept, features = words_of(alike=False)
    for _ in range(2):
        kept.rows("gravel and bread", ["gravel", "bread"])
    assert features.asked == [["gravel and bread", "gravel", "bread"]] * 2


def test_a_brief_longer_than_was_tried_is_computed_at_once_and_leaves_no_word() -> None:
    kept, features = words_of(alike=True)
    assert len(LONG.split()) > TRIED_TOKENS
    kept.rows(LONG, ["bread"])
    kept.rows("bread", ["bread", "glaze"])
    kept.rows(LONG, ["bread"])
    assert features.asked == [*[[LONG, "bread"]] * 2, ["bread", "bread", "glaze"], [LONG], [LONG, "bread"]]


def test_words_used_longest_ago_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_words, "KEPT_WORDS", 2)
    kept, features = words_of(alike=True)
    for words in (["bread", "glaze"], ["bread", "gravel"], ["bread", "gravel", "glaze"]):
        kept.rows("kilns", words)
    assert features.asked[-1] == ["kilns", "glaze"]


def test_a_word_named_twice_has_a_row_at_both_places() -> None:
    for brief in ("kilns", LONG):
        rows = words_of()[0].rows(brief, ["bread", "glaze", "bread"])
        assert rows.shape == (4, 384)
        assert np.allclose(rows[1], rows[3], atol=1e-6)
        assert not np.allclose(rows[1], rows[2], atol=1e-2)


def test_steps_that_add_up_otherwise_for_some_number_of_tokens_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    model, _ = bundled()
    assert model.alike
    layer = model._layers[0]
    joined = layer.joined

    def uneven(rows: torch.Tensor) -> torch.Tensor:
        return joined(rows) * (1 + 1e-6 * (len(rows) == TRIED_TOKENS - ROOM))

    model.__dict__.pop("alike")
    monkeypatch.setattr(model, "_layers", [type(layer)(**{**fields_of(layer), "joined": uneven})])
    assert not model.alike


def fields_of(layer: Any) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in layer.__slots__}


def test_the_pass_is_that_of_the_library() -> None:
    model = SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True)
    texts = ["gravel roads and glaze", *WORDS, LONG]
    rows = words_of()[0].rows(texts[0], texts[1:])
    expected = model.encode(texts, normalize_embeddings=True)
    found = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert np.abs(found - expected).max() < 1e-6
    assert all(not np.allclose(one, other, atol=0.1) for one, other in pairwise(found))


def test_a_pass_has_room_for_its_tokens_in_few_sizes() -> None:
    rooms = [room_for(tokens) for tokens in range(1, 513)]
    assert all(0 <= room - tokens < LONG_ROOM for tokens, room in enumerate(rooms, start=1))
    assert len(set(rooms)) == TRIED_TOKENS / ROOM + (512 - TRIED_TOKENS) / LONG_ROOM
