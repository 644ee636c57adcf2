"""The command line: one sentence for what is wrong, exit code 2, never a traceback; JSON alone on standard output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bloghound.cli import run
from bloghound.cli.console import fail, output, table
from bloghound.settings import Settings


class Terminal:
    """Runs commands in this process and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output, and standard error with its line breaks folded."""
        self._capsys.readouterr()
        code = run(list(arguments))
        shown = self._capsys.readouterr()
        return code, shown.out, " ".join(shown.err.split())


@pytest.fixture
def terminal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal in an empty folder, its data directory inside."""
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys)


HOSTILE = "[/b] [red]evil[/red] :fire:"


def test_what_strangers_write_is_no_markup(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    shown = table(f"title {HOSTILE}", ["words"])
    shown.add_row(f"a cell that is longer than the title: {HOSTILE}")
    output.print(shown)
    assert fail(HOSTILE) == 2
    printed = capsys.readouterr()
    assert printed.out.count(HOSTILE) == 2
    assert printed.err == f"bloghound: {HOSTILE}\n"


def test_help_names_every_command() -> None:
    result = subprocess.run([sys.executable, "-m", "bloghound", "--help"], capture_output=True, text=True, check=True)
    commands = ("crawl", "import", "reparse", "index", "rank", "evaluate", "posts", "graph", "forget", "status")
    assert all(command in result.stdout for command in (*commands, "demo", "serve", "settings"))


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = "import sys, bloghound.cli; sys.exit(1 if {'torch', 'trafilatura'} & set(sys.modules) else 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_version_is_shown(terminal: Terminal) -> None:
    assert terminal("--version") == (0, "bloghound 0.1.0\n", "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["crawl"], "nothing to crawl"),
        (["crawl", "mailto:ann"], "'mailto:ann'"),
        (["crawl", "--seeds", "none.txt"], "none.txt cannot be read"),
        (["crawl", "a.example", "--archive", "none.warc"], "none.warc cannot be read"),
        (["crawl", "--due", "--worker"], "--worker stays"),
        (["crawl", "--due", "a.example"], "--due visits sites that are known"),
        (["crawl", "--worker", "--seeds", "list.txt"], "--worker visits sites that are known"),
        (["crawl", "--worker", "--archive", "a.warc"], "no --archive"),
        (["crawl", "--due", "--max-pages-per-site", "9"], "not by --max-pages-per-site"),
        (["crawl", "--due"], "BLOGHOUND_CONTACT"),
        (["crawl", "--worker"], "BLOGHOUND_CONTACT"),
        (["import", "none.warc.gz"], "none.warc.gz cannot be read"),
        (["rank", "espresso"], "no index"),
        (["evaluate", "none.json"], "none.json"),
        (["graph", "export", "-o", "x.graphml"], "No blogs are stored"),
        (["forget", "a.example"], "No site 'a.example' is stored"),
        (["forget", "ftp://a"], "'ftp://a'"),
        (["reparse"], "no archives of live crawls"),
        (["rank", "x", "--weights", "fame=1"], "'fame'"),
        (["rank", "x", "--json", "--csv"], "--json"),
        (["rank"], "'brief'"),
        (["rank", "x", "--limit", "0"], "It was '0'"),
        (["serve", "--port=99999"], "It was '99999'"),
        (["rank", "x", "--language", "English"], "'English'"),
        (["rank", "x", "--weights", ""], "''"),
        (["index"], "No blogs are stored"),
        (["nonsense"], "nonsense"),
        (["graph", "export", "-o", "x", "--format", "pdf"], "pdf"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str], named: str, terminal: Terminal) -> None:
    code, out, err = terminal(*arguments)
    assert (code, out) == (2, "")
    assert named in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("BLOGHOUND_COLOR", "red", "Unknown setting BLOGHOUND_COLOR"),
        ("BLOGHOUND_DATABASE_URL", "nonsense", "'nonsense' is no database address"),
        ("BLOGHOUND_DATABASE_URL", "mysql://ann:secret@h/x", "neither a SQLite nor a PostgreSQL"),
        ("BLOGHOUND_DATA_DIR", "/proc/none", "/proc/none cannot be made"),
    ],
)
def test_wrong_settings_are_named(
    name: str, value: str, named: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    code, _, err = terminal("status")
    assert code == 2
    assert named in err
    assert "secret" not in err


def test_output_that_cannot_be_written_is_one_sentence(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "bloghound", "posts", "--csv"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_not_worth_words(terminal: Terminal) -> None:
    command = [sys.executable, "-m", "bloghound", "settings"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_empty_database_has_a_status_and_no_posts(terminal: Terminal) -> None:
    code, out, _ = terminal("status", "--json")
    assert (code, json.loads(out)["counts"]["posts"]) == (0, 0)
    assert terminal("posts", "--csv")[1] == "site,url,addresses,title,published,date_source,language,source,words\r\n"


def test_settings_are_listed_with_what_they_are_for(terminal: Terminal) -> None:
    code, out, _ = terminal("settings")
    assert code == 0
    assert all(f"BLOGHOUND_{name.upper()}" in out for name in Settings.model_fields)


def test_crawling_strangers_needs_a_contact_address(terminal: Terminal) -> None:
    code, _, err = terminal("crawl", "https://a.example/")
    assert code == 2
    assert "BLOGHOUND_CONTACT" in err


def test_a_seeds_file_is_refused_by_line(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("https://a.example/\nnot an address\n")
    code, _, err = terminal("crawl", "--seeds", "seeds.txt")
    assert code == 2
    assert "line 2: 'not an address'" in err


def test_a_file_that_is_no_archive_is_refused(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "x.warc").write_bytes(b"no archive at all\n" * 100)
    code, _, err = terminal("import", "x.warc")
    assert code == 2
    assert "x.warc" in err
