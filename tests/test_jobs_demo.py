"""The demo as a user runs it: a web of its own, crawled, indexed and ranked; the plot comes out as written."""

import socket
from pathlib import Path
from typing import Any

import pytest

from bloghound.cli import run
from bloghound.demo import BRIEFS
from tests.shown_demo import shown_demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``bloghound demo --json`` prints on standard output."""
    return shown_demo(tmp_path_factory).printed


def _ranking(shown: dict[str, Any], name: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = next(one["results"] for one in shown["rankings"] if one["name"] == name)
    return results


def _named(results: list[dict[str, Any]], site: str) -> dict[str, Any]:
    return next(result for result in results if f"//{site}.demo.test" in result["blogger"]["home"])


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.name)
def test_the_small_discussed_blog_of_the_niche_wins(shown: dict[str, Any], brief: Any) -> None:
    results = _ranking(shown, brief.name)
    big = max(results, key=lambda result: result["blogger"]["followers"] or 0)
    assert _named(results, brief.winner)["rank"] == 1
    assert big["blogger"]["followers"] == 480_000
    assert big["rank"] > 2


def test_what_was_written_to_mislead_is_found_out(shown: dict[str, Any]) -> None:
    results = _ranking(shown, "espresso")
    findings = {site: {one["finding"] for one in _named(results, site)["deductions"]} for site in _SUSPECTS}
    assert all(findings.values()), findings
    assert _named(results, "dailycrema")["score"] < 0
    assert _named(results, "morningcup")["rank"] > _named(results, "doublewall")["rank"]
    assert not any(_named(results, site)["deductions"] for site in ("koffie", "doublewall", "grindlog"))


_SUSPECTS = ("dailycrema", "morningcup")


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.name)
def test_whom_the_crawl_flagged_as_a_link_farm_is_a_candidate_for_no_brief(shown: dict[str, Any], brief: Any) -> None:
    homes = [result["blogger"]["home"] for result in _ranking(shown, brief.name)]
    assert len(homes) == shown["index"]["bloggers"] - 1
    assert not any("//cheapdeals.demo.test" in home for home in homes)


def test_hidden_comments_are_unknown_and_never_above_the_peers(shown: dict[str, Any]) -> None:
    results = _ranking(shown, "cycling")
    engagement = _named(results, "slowpannier")["parts"]["engagement"]
    known = sorted(result["parts"]["engagement"]["value"] for result in results)
    assert not engagement["known"]
    assert engagement["value"] <= known[len(known) // 2]


def test_profiles_are_joined_to_their_blogs(shown: dict[str, Any]) -> None:
    koffie = _named(_ranking(shown, "espresso"), "koffie")["blogger"]
    assert koffie["followers"] == 312
    assert len(koffie["sites"]) == 2


def test_the_shop_is_no_blog_and_every_page_has_one_outcome(shown: dict[str, Any]) -> None:
    crawl = shown["crawl"]
    assert crawl["sites"]["not_a_blog"] == 1
    assert crawl["sites"]["failed"] == 0
    assert sum(crawl["outcomes"].values()) == crawl["pages_fetched"]


def test_scores_add_up(shown: dict[str, Any]) -> None:
    for result in _ranking(shown, "plants"):
        parts = sum(part["contribution"] for part in result["parts"].values())
        deducted = sum(abs(one["amount"]) for one in result["deductions"])
        assert result["score"] == pytest.approx(parts - deducted, abs=1e-9)


def test_a_taken_port_is_one_clear_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = run(["demo", "--port", str(port)])
    assert code == 2
    assert str(port) in capsys.readouterr().err


def test_a_folder_that_is_not_the_demos_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(tmp_path))
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "letter.txt").write_text("mine")
    assert run(["demo"]) == 2
    assert (tmp_path / "demo" / "letter.txt").read_text() == "mine"
    assert "not the demo's" in " ".join(capsys.readouterr().err.split())
