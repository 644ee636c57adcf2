"""The command that tells what changed in a niche: lines that stay whole, JSON like the API's, and refusals."""

import json
from pathlib import Path

import pytest

from bloghound.cli import run
from tests.reranked import Reranked, writer

PEERS = [writer(f"p{number}", 10 + number, 3) for number in range(3)]
HOSTILE = "A [bold]name[/bold] \x1b[31m of many words that no narrow terminal shows in one line without breaking it"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Reranked:
    made = Reranked(tmp_path_factory.mktemp("cli"), name=HOSTILE)
    made.generation(PEERS)
    *others, last = made.order()
    made.generation(PEERS, links=[(one, last) for one in others])
    return made


@pytest.fixture(autouse=True)
def environment(world: Reranked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(world.settings.data_dir))
    monkeypatch.setenv("COLUMNS", "30")
    monkeypatch.chdir(tmp_path)


def test_every_line_stays_whole_in_a_narrow_terminal(world: Reranked, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["changes", world.niche.public_id]) == 0
    heading, counts, columns, *lines = capsys.readouterr().out.splitlines()
    assert heading.startswith("A [bold]name[/bold]  [31m of many words")
    assert "gen_000001" in heading
    assert (counts, columns.split()) == (
        "0 new, 1 rose, 0 fell, 0 gone, 2 unchanged",
        ["was", "is", "points", "by", "blogger"],
    )
    assert lines[0].startswith("↑ rose          3     1")
    assert lines[1].split("  ")[-1] == "2 more bloggers of the niche link here (0 → 2)"


def test_a_niche_is_found_by_its_name_and_all_are_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["changes", HOSTILE, "--all"]) == 0
    assert capsys.readouterr().out.count("= unchanged") == 2


def test_json_is_that_of_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["changes", HOSTILE, "--json", "--since", "gen_000001"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["since"]["generation"], found["counts"]["rose"]) == ("gen_000001", 1)
    assert [one["change"] for one in found["changes"]] == ["rose"]


def test_that_the_niche_was_changed_since_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Reranked(tmp_path / "edited")
    made.generation(PEERS)
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(made.settings.data_dir))
    assert run(["changes", "Coffee", "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["outdated"]
    made.change(brief="Bicycle rides and wheels")
    assert run(["changes", "Coffee"]) == 0
    assert "The niche was changed since" in capsys.readouterr().err


def test_a_first_ranking_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Reranked(tmp_path / "new").generation(PEERS)
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(tmp_path / "new"))
    assert run(["changes", "Coffee"]) == 0
    assert "first ranked in gen_000001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Nothing"], "There is no niche 'Nothing'."),
        (["nch_nothing"], "There is no niche nch_nothing."),
        (["Coffee", "--workspace", "other"], "There is no workspace 'other'."),
        ([HOSTILE, "--since", "soon"], "is neither a generation nor a time"),
    ],
)
def test_what_is_not_there_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["changes", *arguments]) == 2
    assert said in capsys.readouterr().err
