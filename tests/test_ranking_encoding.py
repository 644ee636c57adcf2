import json
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from bloghound.errors import EncoderError
from ranking.encoder import BUNDLED_MODEL, Encoder
from ranking.encoding.ahead import made_ahead
from ranking.encoding.batches import (
    CPU_TOKENS,
    GPU_BYTES_PER_WIDTH,
    GPU_TOKENS,
    batches_by_length,
    plan_for_cpu,
    plan_for_gpu,
)
from ranking.encoding.loading import (
    BUNDLED_PACKAGE,
    BUNDLED_SHA256,
    MAX_TOKENS,
    bundled_folder,
    checked_device,
    verify_weights,
)
from ranking.encoding.tokens import Reader, Reading, Tokens
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY
from tests.small_models import PROMPTS, saved_model, saved_static_model

GIB = 2**30


def load(folder: Path, **prompts: str) -> Encoder:
    return Encoder.load(str(folder), **prompts)


def unit(row: object) -> np.ndarray:
    found = np.asarray(row, np.float32)
    return found / np.linalg.norm(found)


def test_prompts_of_the_models_own_configuration_go_before_briefs_and_posts(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "prompted", prompts=PROMPTS)
    found, plain = load(folder), SentenceTransformer(str(folder), device="cpu")
    assert (found.choice.query_prompt, found.choice.passage_prompt) == ("query: ", "passage: ")
    brief, post = unit(plain.encode(f"query: {COFFEE[0]}")), unit(plain.encode(f"passage: {COFFEE[0]}"))
    assert found.encode_brief(COFFEE[0]) @ brief == pytest.approx(1, abs=1e-5)
    assert found.encode([COFFEE[0]])[0] @ post > 0.999
    assert brief @ post < 0.9999


def test_prompts_that_are_given_stand_in_for_those_that_lack(tmp_path: Path) -> None:
    own = load(saved_model(tmp_path / "prompted", prompts=PROMPTS))
    given = load(saved_model(tmp_path / "plain"), query_prompt="query: ", passage_prompt="passage: ")
    assert np.array_equal(own.encode([*CYCLING]), given.encode([*CYCLING]))
    assert np.array_equal(own.encode_brief("gravel"), given.encode_brief("gravel"))


def test_a_document_prompt_is_a_passage_prompt(tmp_path: Path) -> None:
    found = load(saved_model(tmp_path / "prompted", prompts={"query": "q ", "document": "d "}))
    assert (found.choice.query_prompt, found.choice.passage_prompt) == ("q ", "d ")


def test_the_zero_of_similarity_is_between_briefs_and_posts(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "plain")
    assert load(folder).background != load(folder, query_prompt="coffee ").background


def test_rows_are_unit_vectors_though_the_model_leaves_them_longer(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "long")
    assert np.linalg.norm(SentenceTransformer(str(folder), device="cpu").encode("coffee")) > 2
    assert np.allclose(np.linalg.norm(load(folder).encode([*COFFEE, *POTTERY]), axis=1), 1, atol=1e-5)


def test_a_model_without_layers_is_a_model_too(tmp_path: Path) -> None:
    folder = saved_static_model(tmp_path / "table")
    texts = ["espresso machine", "gravel", *COFFEE]
    plain = SentenceTransformer(str(folder), device="cpu").encode(texts)
    assert [row @ unit(other) for row, other in zip(load(folder).encode(texts), plain, strict=True)] == pytest.approx(
        [1] * len(texts), abs=1e-5
    )


def test_the_name_tells_models_apart_by_all_that_shapes_vectors(tmp_path: Path) -> None:
    first = saved_model(tmp_path / "one" / "bert")
    others = [
        load(saved_model(tmp_path / "weights" / "bert", seed=2)),
        load(saved_model(tmp_path / "pooling" / "bert", pooling="cls")),
        load(saved_model(tmp_path / "length" / "bert", tokens=128)),
        load(first, passage_prompt="passage: "),
        load(first, passage_prompt="text: "),
    ]
    assert len({load(first).name, *(one.name for one in others)}) == 6
    assert all(one.name.startswith("bert@") for one in others)


def test_the_name_stays_where_vectors_do(tmp_path: Path) -> None:
    first = saved_model(tmp_path / "one" / "bert")
    moved = copytree(first, tmp_path / "two" / "bert")
    assert load(first).name == load(moved).name == load(first, query_prompt="query: ").name


def test_the_name_does_not_depend_on_what_was_encoded_before(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "bert")
    used = load(folder)
    used.encode([*COFFEE])
    assert load(folder).name == used.name


def test_the_name_stays_though_unused_weights_lack(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "bert", whole=False)
    names = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        names.add(load(folder).name)
    assert len(names) == 1


def test_the_choice_loads_the_same_model_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved_model(tmp_path / "bert", prompts=PROMPTS)
    monkeypatch.chdir(tmp_path)
    choice = Encoder.load("bert").choice
    monkeypatch.chdir("/")
    assert Path(choice.model).is_absolute()
    assert Encoder.load(choice.model, query_prompt=choice.query_prompt).name == load(tmp_path / "bert").name


def test_no_model_reads_more_than_a_passage_needs(tmp_path: Path) -> None:
    long = load(saved_model(tmp_path / "long", tokens=2 * MAX_TOKENS))
    opening = "coffee " * (2 * MAX_TOKENS)
    assert long.encode([opening])[0] @ long.encode([f"{opening} gravel"])[0] == pytest.approx(1, abs=1e-6)


def test_weights_in_half_precision_are_computed_in_full(tmp_path: Path) -> None:
    folder = saved_model(tmp_path / "bert")
    SentenceTransformer(str(folder), device="cpu").half().save(str(tmp_path / "half"), create_model_card=False)
    assert load(tmp_path / "half").encode_brief(COFFEE[0]) @ load(folder).encode_brief(COFFEE[0]) > 0.999


def test_an_unknown_model_is_one_sentence() -> None:
    with pytest.raises(EncoderError, match="'nobody/no-such-model'"):
        Encoder.load("nobody/no-such-model")


def test_a_folder_that_is_no_model_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="cannot be read"):
        load(tmp_path)


def test_a_folder_with_modules_of_its_own_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    folder, ran = saved_model(tmp_path / "hostile"), tmp_path / "ran"
    (folder / "modeling_hostile.py").write_text(f"open({str(ran)!r}, 'w').close()\nclass Reader: pass\n", "utf-8")
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    modules[0]["type"] = "modeling_hostile.Reader"
    (folder / "modules.json").write_text(json.dumps(modules), "utf-8")
    with pytest.raises(EncoderError, match="cannot be read"):
        load(folder)
    assert not ran.exists()


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"not the weights")
    with pytest.raises(EncoderError, match="not the official ones"):
        verify_weights(path, BUNDLED_SHA256)
    with pytest.raises(EncoderError, match="cannot be read"):
        verify_weights(tmp_path / "absent", BUNDLED_SHA256)


def test_a_bundled_model_without_one_of_its_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = copytree(bundled_folder().parent, tmp_path / BUNDLED_PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert bundled_folder() == package / "model"
    (package / "model" / "config.json").unlink()
    with pytest.raises(EncoderError, match=r"lacks .*config\.json: install"):
        Encoder.load()


@pytest.mark.parametrize("name", ["gpu", "", "cuda:", "cuda:x", "cpu:0", "cuda:²", "CUDA"])
def test_a_device_that_there_is_not_is_named(name: str) -> None:
    with pytest.raises(EncoderError, match="there are cpu, cuda"):
        checked_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_named() -> None:
    with pytest.raises(EncoderError, match="'cuda:1' is not on this machine"):
        Encoder.load(BUNDLED_MODEL, device="cuda:1")


def test_batches_hold_every_index_once_within_the_budget() -> None:
    lengths = np.array([5, 100, 7, 40, 41, 300, 1])
    batches = batches_by_length(lengths, 128)
    assert sorted(index for batch in batches for index in batch) == list(range(7))
    assert all(len(batch) == 1 or len(batch) * max(lengths[batch]) <= 128 for batch in batches)
    assert batches[0] == [5]


def test_a_gpu_gets_batches_as_large_as_its_memory_allows() -> None:
    width = 1024
    plan = plan_for_gpu(8 * GIB, width)
    assert plan.tokens == 8 * GIB // 2 // (2 * GPU_BYTES_PER_WIDTH * width)
    assert plan.tokens > 10 * CPU_TOKENS
    assert plan_for_gpu(80 * GIB, 384).tokens == GPU_TOKENS[1]
    assert plan_for_gpu(0, 384).tokens == GPU_TOKENS[0]
    assert plan.texts > plan_for_cpu().texts


def test_padding_is_cut_off_and_what_is_not_per_token_stays() -> None:
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 0, 0]])
    features = {"attention_mask": mask, "input_ids": mask * 7, "kind": torch.tensor([1, 2, 3]), "prompt_length": 2}
    cut = Tokens(features, np.array([3, 1, 2])).batch([2, 1])
    assert cut["input_ids"].tolist() == [[7, 7], [7, 0]]
    assert (cut["kind"].tolist(), cut["prompt_length"]) == ([3, 2], 2)


def test_padding_on_the_left_is_cut_off_too() -> None:
    mask = torch.tensor([[0, 0, 1], [0, 1, 1], [1, 1, 1]])
    assert Tokens({"attention_mask": mask}, np.array([1, 2, 3])).batch([0, 1])["attention_mask"].tolist() == [
        [0, 1],
        [1, 1],
    ]


def test_lengths_count_the_tokens_and_the_prompt(tmp_path: Path) -> None:
    model = SentenceTransformer(str(saved_model(tmp_path / "bert")), device="cpu")
    tokens = Reader(model).tokenize(["coffee", "coffee espresso"], Reading("query: ", "query"))
    marks, prompt = 2, 2
    assert tokens.lengths.tolist() == [marks + prompt + 1, marks + prompt + 2]


def test_the_next_item_is_made_while_the_present_one_is_used() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            yield number

    used = made_ahead(items())
    assert next(used) == 0
    assert [next(used), next(used), next(used)] == [1, 2, 3]
    assert made == [0, 1, 2, 3]
    assert list(used) == []


def test_what_fails_in_the_making_fails_where_it_is_used() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise EncoderError("The second one cannot be made.")

    used = made_ahead(items())
    assert next(used) == 1
    with pytest.raises(EncoderError, match="second"):
        next(used)
