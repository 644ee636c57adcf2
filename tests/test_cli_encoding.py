"""Commands around embeddings; JSON alone on standard output, one sentence for what is wrong."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from bloghound.settings import Settings
from storage.database import open_database
from tests.small_models import saved_model
from tests.stored_bloggers import Stored
from tests.test_cli import Terminal

SMALL, OTHER = "small", "other"


@pytest.fixture
def terminal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal in a folder with two models, of which one is set; three posts are stored."""
    saved_model(tmp_path / SMALL)
    saved_model(tmp_path / OTHER, seed=2)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        stored = Stored(connection)
        stored.site("bean.example")
        stored.posts("bean.example", 3)
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("BLOGHOUND_MODEL", SMALL)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys)


def test_encoding_ahead_leaves_nothing_for_the_index(terminal: Terminal) -> None:
    code, shown, _ = terminal("encode", "--json")
    report = json.loads(shown)
    assert (code, report["encoded"], report["model"].split("@")[0]) == (0, 3, SMALL)
    assert json.loads(terminal("index", "--json")[1])["encoded"] == 0


def test_another_model_for_once_says_what_the_next_index_does(terminal: Terminal) -> None:
    code, shown, warning = terminal("index", "--model", OTHER, "--model-languages", "*")
    assert code == 0
    assert "3 encoded" in shown
    assert f"BLOGHOUND_MODEL is {SMALL}" in warning
    code, shown, warning = terminal("index")
    assert (code, "3 encoded" in shown, "BLOGHOUND_MODEL" in warning) == (0, True, False)


def test_another_model_needs_a_word_on_its_languages(terminal: Terminal) -> None:
    code, shown, sentence = terminal("encode", "--model", OTHER)
    assert (code, shown) == (2, "")
    assert "--model-languages" in sentence


def test_prompts_that_are_set_belong_to_the_model_that_is_set(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOGHOUND_MODEL_PASSAGE_PROMPT", "passage: ")
    own = json.loads(terminal("encode", "--json")[1])["model"]
    other = json.loads(terminal("encode", "--model", OTHER, "--model-languages", "en", "--json")[1])["model"]
    assert (own.count("+"), other.count("+")) == (2, 1)


@pytest.mark.parametrize("command", ["encode", "index"])
def test_a_device_that_is_not_there_is_one_sentence(terminal: Terminal, command: str) -> None:
    code, shown, sentence = terminal(command, "--device", "gpu")
    assert (code, shown) == (2, "")
    assert "'gpu'" in sentence


def test_vectors_are_listed_with_what_uses_them_and_dropped(terminal: Terminal) -> None:
    terminal("index")
    terminal("encode", "--model", OTHER, "--model-languages", "en")
    other, small = json.loads(terminal("vectors", "list", "--json")[1])["models"]
    assert (other["vectors"], other["used_by"]) == (3, [])
    assert (small["vectors"], small["used_by"]) == (3, ["settings", "gen_000001"])
    assert json.loads(terminal("status", "--json")[1])["vectors_by_model"] == {other["model"]: 3, small["model"]: 3}
    assert json.loads(terminal("vectors", "drop", "--unused", "--json")[1]) == {"dropped": {other["model"]: 3}}
    assert "in use" in terminal("vectors", "drop", "--unused")[1]


def test_vectors_in_use_are_not_dropped(terminal: Terminal) -> None:
    model = json.loads(terminal("encode", "--json")[1])["model"]
    code, _, sentence = terminal("vectors", "drop", model)
    assert (code, f"{model} are in use by settings" in sentence) == (2, True)


@pytest.mark.parametrize("arguments", [[], ["a-model", "--unused"]])
def test_what_to_drop_is_said_once(terminal: Terminal, arguments: list[str]) -> None:
    code, _, sentence = terminal("vectors", "drop", *arguments)
    assert (code, "--unused" in sentence) == (2, True)


def test_tables_name_the_models(terminal: Terminal) -> None:
    terminal("encode")
    for command in (["vectors", "list"], ["status"]):
        code, shown, _ = terminal(*command)
        assert (code, f"{SMALL}@" in shown) == (0, True)
