import gc
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from bloghound.errors import EncoderError
from ranking.encoder import BUNDLED_MODEL, Encoder
from ranking.encoding import packing
from ranking.encoding.choice import BUNDLED_CHOICE
from ranking.encoding.loading import BUNDLED_SHA256, FoundModel, bundled_folder
from ranking.encoding.packing import packs
from ranking.passages import RECIPE
from tests.ranking_bloggers import COFFEE, CYCLING, encoder
from tests.small_models import WORDS, saved_model


def test_the_name_says_model_weights_and_recipe() -> None:
    assert encoder().name == f"{BUNDLED_MODEL}@{BUNDLED_SHA256[:12]}+{RECIPE}"


def test_what_is_known_of_the_bundled_model_before_it_is_read_is_true() -> None:
    model = encoder()._model
    assert encoder().dimensions == model.get_embedding_dimension()
    assert not any(model.prompts.values())


def test_rows_are_unit_vectors_in_the_order_of_the_texts() -> None:
    texts = ["short", *COFFEE, "a longer text " * 60, *CYCLING]
    rows = encoder().encode(texts)
    assert rows.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for text, row in zip(texts, rows, strict=True):
        assert encoder().encode_brief(text) @ row > 0.999


def test_a_text_is_nearer_to_its_own_subject() -> None:
    rows, brief = encoder().encode([COFFEE[0], CYCLING[0]]), encoder().encode_brief("espresso at home")
    assert rows[0] @ brief > rows[1] @ brief


def test_no_texts_give_no_rows() -> None:
    assert encoder().encode([]).shape == (0, 384)


def test_progress_adds_up_to_all_texts() -> None:
    done: list[int] = []
    encoder().encode(["one", "two " * 300, "three"] * 5, done.append)
    assert sum(done) == 15


def test_unrelated_texts_are_the_zero_of_the_scale() -> None:
    assert 0 < encoder().background < 0.15


def test_windows_of_texts_keep_their_order(tmp_path: Path) -> None:
    small = Encoder.load(str(saved_model(tmp_path / "small")))
    texts = [f"{WORDS[number % len(WORDS)]} {'coffee ' * (number % 7)}" for number in range(small.plan.texts + 40)]
    rows = small.encode(texts)
    for number in (0, 1, small.plan.texts - 1, small.plan.texts, len(texts) - 1):
        assert rows[number] @ small.encode_brief(texts[number]) > 0.999


def test_a_type_that_is_not_exact_enough_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ranking.encoder.LEAST_COSINE", 1.1)
    careful = Encoder.load(str(saved_model(tmp_path / "small")))
    assert np.allclose(careful.encode([COFFEE[0]])[0], careful.encode_brief(COFFEE[0]), atol=1e-6)


def test_a_brief_is_computed_once_and_cannot_be_changed() -> None:
    row = encoder().encode_brief("Bread ovens in the garden")
    assert encoder().encode_brief("Bread ovens in the garden") is row
    with pytest.raises(ValueError, match="read-only"):
        row += 1


def test_briefs_of_many_threads_at_once() -> None:
    briefs = [f"Brief number {number} about {WORDS[number]}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(encoder().encode_brief, briefs))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


class Cramped(torch.nn.Module):
    """Stands where a GPU's memory would: no batch of more than ``most`` texts fits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def forward(self, features: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if len(features["sentence_embedding"]) > self.most:
            raise torch.OutOfMemoryError
        return features


def cramped(folder: Path, most: int) -> Encoder:
    whole = SentenceTransformer(str(saved_model(folder)), device="cpu")
    return made_of(SentenceTransformer(modules=[*whole, Cramped(most)], device="cpu"), "cramped")


def made_of(model: SentenceTransformer, name: str) -> Encoder:
    return Encoder(FoundModel(name, BUNDLED_CHOICE, int(model.get_embedding_dimension() or 0), "cpu", lambda: model))


def test_a_batch_that_does_not_fit_the_memory_is_halved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [*COFFEE, *CYCLING, "bread"]
    small = cramped(tmp_path / "small", 2)
    monkeypatch.setattr(Encoder, "_quick_type", None)  # its own probe is a batch of 16
    for text, row in zip(texts, small.encode(texts), strict=True):
        assert small.encode_brief(text) @ row == pytest.approx(1, abs=1e-5)


def test_a_text_that_does_not_fit_the_memory_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Encoder, "_quick_type", None)
    with pytest.raises(EncoderError, match="one text"):
        cramped(tmp_path / "small", 0).encode(["coffee"])


def test_a_model_that_breaks_is_one_sentence(tmp_path: Path) -> None:
    whole = SentenceTransformer(str(saved_model(tmp_path / "small")), device="cpu")
    broken = SentenceTransformer(modules=[whole[0]], device="cpu")
    with pytest.raises(EncoderError, match="headless failed"):
        made_of(broken, "headless").encode(["coffee"])


def test_importing_ranking_loads_no_model_library() -> None:
    script = (
        "import sys, ranking.engine, ranking.evaluate, ranking.index;"
        "sys.exit(bool({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("packs", [True, False])
def test_a_brief_and_its_words_are_encoded_as_briefs_and_kept(packs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    brief, words = "Espresso at home: machines and grinders", ("espresso", f"grinders{' ' * packs}")
    monkeypatch.setattr(encoder(), "_packs", packs)
    rows = encoder().encode_with_words(brief, words)
    assert encoder().encode_with_words(brief, list(words)) is rows
    for text, row in zip([brief, *words], rows, strict=True):
        assert row @ encoder().encode_brief(text) == pytest.approx(1, abs=1e-5)


def test_a_brief_without_words_is_encoded_alone() -> None:
    assert encoder().encode_with_words("it is what it is", []).shape == (1, encoder().dimensions)


def test_the_bundled_model_is_read_in_one_pass_and_one_of_another_make_in_two(tmp_path: Path) -> None:
    words = SentenceTransformer(str(saved_model(tmp_path / "words")), device="cpu")
    assert packs(SentenceTransformer(str(bundled_folder()), device="cpu", local_files_only=True))
    assert not packs(SentenceTransformer(modules=[*words, Cramped(2)], device="cpu"))


def test_a_packed_layer_is_that_of_torch_with_one_dnn_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = np.random.default_rng(3)
    weight, bias, rows = (torch.from_numpy(chance.normal(size=size).astype("f4")) for size in ((24, 16), 24, (5, 16)))
    expected = torch.nn.functional.linear(rows, weight, bias)
    usual = [packing._linear(weight, bias, then)(rows) for then in ("none", "gelu")]
    monkeypatch.setattr(torch.ops, "mkldnn", object())
    without = [packing._linear(weight, bias, then)(rows) for then in ("none", "gelu")]
    for plain, bent in (usual, without):
        assert torch.allclose(plain, expected, atol=1e-5)
        assert torch.allclose(bent, torch.nn.functional.gelu(expected), atol=1e-5)


def test_an_encoder_that_nobody_holds_is_freed_at_once(tmp_path: Path) -> None:
    held = Encoder.load(str(saved_model(tmp_path / "small")))
    held.encode_brief("coffee")
    held.encode_with_words("coffee", ["coffee"])
    seen = weakref.ref(held)
    gc.disable()
    try:
        del held
        assert seen() is None
    finally:
        gc.enable()
