"""import-metrics on the command line: a table or JSON, bad lines named, exit code 2 when a line was refused."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from bloghound.cli import run
from bloghound.cli.importing import SHOWN_BAD_LINES
from bloghound.settings import Settings
from storage.database import open_database
from tests.stored_bloggers import Stored

HEADER = "blog,metric,value,date"
GOOD = "bean.example,followers,1200,2026-04-01"


@pytest.fixture
def figures(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where a file of figures goes; one blog is stored."""
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "200")
    with closing(open_database(settings)) as database, database.transaction() as connection:
        Stored(connection).site("bean.example")
    return tmp_path / "figures.csv"


def test_a_table_counts_the_lines(figures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures.write_text(f"{HEADER}\n{GOOD}\n")
    codes = [run(["import-metrics", str(figures), "--source", "Media kit"]) for _ in range(2)]
    shown = capsys.readouterr().out
    assert codes == [0, 0]
    assert [line.split("│")[2].strip() for line in shown.splitlines() if "stored" in line] == ["1", "0"]
    assert [line.split("│")[2].strip() for line in shown.splitlines() if "known" in line] == ["0", "1"]


def test_bad_lines_are_named_up_to_a_screen(figures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = [f"nowhere.example,followers,{number},2026-04-01" for number in range(SHOWN_BAD_LINES + 3)]
    figures.write_text("\n".join([HEADER, GOOD, *bad]))
    assert run(["import-metrics", str(figures), "--source", "Media kit"]) == 2
    printed = capsys.readouterr()
    assert "refused: unknown site" in printed.out
    assert "line 3: no site of that address is stored" in printed.err
    assert f"line {SHOWN_BAD_LINES + 3}:" not in printed.err
    assert "3 more lines were refused" in printed.err


def test_json_names_every_line(figures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures.write_text(f"{HEADER},source\n{GOOD},A\n{GOOD.replace('1200', 'many')},A\n")
    assert run(["import-metrics", str(figures), "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert {name: report[name] for name in ("lines", "stored", "replaced", "known", "refused")} == {
        "lines": 2,
        "stored": 1,
        "replaced": 0,
        "known": 0,
        "refused": {"wrong_value": 1},
    }
    assert [(one["line"], one["refused"]) for one in report["bad_lines"]] == [(3, "wrong_value")]


def test_a_correction_is_asked_for(figures: Path) -> None:
    figures.write_text(f"{HEADER}\n{GOOD}\n")
    command = ["import-metrics", str(figures), "--source", "A"]
    assert run(command) == 0
    figures.write_text(f"{HEADER}\n{GOOD.replace('1200', '1300')}\n")
    assert [run(command), run([*command, "--replace"]), run(command)] == [2, 0, 0]


@pytest.mark.parametrize(("content", "words"), [("", "is empty"), ("blog;metric", "separated by commas")])
def test_a_file_that_cannot_be_used_is_one_sentence(
    figures: Path, capsys: pytest.CaptureFixture[str], content: str, words: str
) -> None:
    figures.write_text(content)
    assert run(["import-metrics", str(figures)]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
