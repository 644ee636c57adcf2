import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bloghound.errors import EncoderError
from ranking.encoder import BUNDLED_MODEL, BUNDLED_SHA256, Encoder, batches_by_length, verify_weights
from ranking.passages import RECIPE
from tests.ranking_bloggers import COFFEE, CYCLING, encoder


def test_the_name_says_model_weights_and_recipe() -> None:
    assert encoder().name == f"{BUNDLED_MODEL}@{BUNDLED_SHA256[:12]}+{RECIPE}"


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


def test_batches_hold_every_index_once_within_the_budget() -> None:
    lengths = np.array([5, 100, 7, 40, 41, 300, 1])
    batches = batches_by_length(lengths, 128)
    assert sorted(index for batch in batches for index in batch) == list(range(7))
    assert all(len(batch) == 1 or len(batch) * max(lengths[batch]) <= 128 for batch in batches)
    assert batches[0] == [5]


def test_an_unknown_model_is_one_sentence() -> None:
    with pytest.raises(EncoderError, match="'nobody/no-such-model'"):
        Encoder.load("nobody/no-such-model")


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        Encoder.load(str(tmp_path))


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not the weights")
    with pytest.raises(EncoderError, match="not the official ones"):
        verify_weights(path, BUNDLED_SHA256)
    with pytest.raises(EncoderError, match="cannot be read"):
        verify_weights(tmp_path / "absent", BUNDLED_SHA256)


def test_importing_ranking_loads_no_model_library() -> None:
    script = (
        "import sys, ranking.engine, ranking.evaluate, ranking.index;"
        "sys.exit(bool({'torch', 'sentence_transformers', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
