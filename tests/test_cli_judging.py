"""evaluate and judgements on the command line: what the teams judged, measured, written down and read back."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bloghound.cli import run
from bloghound.settings import Settings
from storage import judgements, niches, workspaces
from storage.database import open_database
from storage.judgements import Grade, JudgedFor, Seen
from tests.listing import NOW
from tests.profiled_bloggers import HIDDEN, built_world, id_of

BRIEF = "Espresso at home: grinders, shots and roasted coffee beans"
BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))


class Terminal:
    """Runs commands over the judged world and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        """Exit code, standard output, and standard error with its line breaks folded."""
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        shown = self._capsys.readouterr()
        return code, shown.out, " ".join(shown.err.split())

    def json(self, *arguments: object) -> Any:
        """What a command with ``--json`` prints."""
        code, out, err = self(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A small world in which two teams judged the same brief, and the first one also a niche."""
    settings = built_world(tmp_path_factory.mktemp("judged"))
    with closing(open_database(settings)) as database, database.transaction() as connection:
        for team, grade in (("agency", Grade.LIKE), ("brand", Grade.DISLIKE)):
            room = workspaces.ensure(connection, team, now=NOW).workspace_id
            for blogger, given in ((BEAN, grade), (WHEEL, Grade.DISLIKE)):
                target, seen = JudgedFor(brief=BRIEF), Seen("gen_000001", 1, 0.5)
                judgements.give(connection, room, target, blogger, given, seen=seen, judge=team, now=NOW)
        agency = workspaces.ensure(connection, "agency", now=NOW).workspace_id
        written = {"name": "Coffee", "brief": BRIEF, "languages": ["en"], "exclude_sites": [HIDDEN]}
        niche = niches.create(connection, agency, written, now=NOW)
        target = JudgedFor(niche.public_id)
        judgements.give(connection, agency, target, CUP, Grade.PARTLY, seen=Seen(), judge="agency", now=NOW)
    return settings


@pytest.fixture
def terminal(
    judged: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal of 80 columns."""
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(judged.data_dir))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys)


def test_without_a_file_what_the_teams_judged_is_measured(terminal: Terminal) -> None:
    found = terminal.json("evaluate")
    assert (found["generation"], found["queries"], found["judged"], found["judgements"]) == ("gen_000001", 2, 2, 3)
    assert [one["judged"] for one in found["per_query"]] == [2, 1]
    assert found["per_query"][0]["ours"]["bpref"] == found["per_query"][0]["ours"]["condensed_map"] == 1.0
    assert set(found["baselines"]) == {"bm25_blog", "bm25_posts", "mean", "top3", "vote"}
    assert any("noisy" in sentence for sentence in found["warnings"])
    assert any("seen in a ranking of ours" in sentence for sentence in found["warnings"])


def test_the_table_fits_80_columns_and_warns(terminal: Terminal) -> None:
    code, out, err = terminal("evaluate", "--workspace", "agency", "--run", "run.txt")
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert all(name in out for name in ("MAP", "nDCG@10", "judged", "bpref", "MAP'", "nDCG'", "whole score", "vote"))
    assert "Only 2 briefs are judged" in err
    assert Path("run.txt").read_text().startswith("brf_")


def test_a_team_that_likes_nobody_is_told_so(terminal: Terminal) -> None:
    code, _, err = terminal("evaluate", "--workspace", "brand")
    assert (code, "No blogger is judged to fit" in err) == (2, True)
    code, _, err = terminal("evaluate", "--workspace", "nobody")
    assert (code, "'nobody'" in err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["evaluate", "--qrels", "q"], "name that file"),
        (["evaluate", "q.json", "--workspace", "agency"], "not both"),
        (["judgements", "--queries", "q"], "--qrels"),
        (["judgements", "--qrels", "no/folder/q"], "cannot be written"),
    ],
)
def test_what_does_not_go_together_is_named(terminal: Terminal, arguments: list[str], named: str) -> None:
    code, _, err = terminal(*arguments)
    assert (code, named in err) == (2, True), err


def test_what_is_written_down_is_measured_alike(terminal: Terminal) -> None:
    terminal("judgements", "--workspace", "agency", "--qrels", "qrels.txt", "--queries", "queries.json")
    stored = terminal.json("evaluate", "--workspace", "agency")
    of_file = terminal.json("evaluate", "queries.json", "--qrels", "qrels.txt")
    assert sorted(line.split()[2:] for line in Path("qrels.txt").read_text().splitlines()) == [
        ["bean.example", "2"],
        ["cup.example", "1"],
        ["wheel.example", "0"],
    ]
    assert [one["id"] for one in of_file["per_query"]] == [one["id"] for one in stored["per_query"]]
    # A file says nothing of who opted out; those who are judged stand in the same order all the same.
    assert of_file["score"]["condensed_map"] == stored["score"]["condensed_map"]


def test_nothing_that_is_written_down_names_who_opted_out(terminal: Terminal) -> None:
    terminal("judgements", "--qrels", "qrels.txt", "--queries", "queries.json")
    assert '"languages"' in Path("queries.json").read_text()
    assert HIDDEN not in Path("queries.json").read_text() + Path("qrels.txt").read_text()


def test_what_likes_alone_cannot_say_is_a_dash(terminal: Terminal) -> None:
    liked = [{"id": "A", "query": BRIEF, "relevant": {"bean.example": 2}}]
    Path("liked.json").write_text(json.dumps(liked))
    code, out, err = terminal("evaluate", "liked.json")
    ours = next(line for line in out.splitlines() if "ours" in line)
    assert (code, ours.count("–"), "1.000" in ours) == (0, 3, True), err


def test_judgements_are_counted_by_brief(terminal: Terminal) -> None:
    rows = terminal.json("judgements")["briefs"]
    counted = {(one["workspace"], one["brief"]): (one["likes"], one["partly"], one["dislikes"]) for one in rows}
    assert counted == {
        ("agency", BRIEF): (1, 0, 1),
        ("agency", "Coffee"): (0, 1, 0),
        ("brand", BRIEF): (0, 0, 2),
    }
    code, out, _ = terminal("judgements")
    assert (code, "Coffee" in out, "3 judged briefs" in out) == (0, True, True)


def test_a_brief_that_two_teams_judged_comes_twice(terminal: Terminal) -> None:
    terminal("judgements", "--qrels", "qrels.txt", "--queries", "queries.json")
    ids = [one["id"] for one in json.loads(Path("queries.json").read_text())["queries"]]
    shared = next(name for name in ids if name.startswith("brf_"))
    assert len(ids) == len(set(ids)) == 3
    assert f"{shared}.2" in ids
