"""A lowered figure is told from changed data; and the pinned file is what the command prints."""

import json
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from tests.corpus_figures import MEASURES, TOLERANCE, data_digests, pinned, problems, to_pin

DATA = {"briefs": "b1", "judgements": "j1", "posts": "p1"}
OURS = {"map": 0.8, "ndcg@10": 0.9, "p@10": 0.5}
PINS = {"data": DATA, "ours": OURS}


def test_the_same_figures_and_better_ones_stand() -> None:
    assert list(problems(PINS, DATA, OURS)) == []
    assert list(problems(PINS, DATA, dict.fromkeys(MEASURES, 1.0))) == []


def test_another_processor_may_cost_the_tolerance_and_no_more() -> None:
    less = {name: figure - 0.9 * TOLERANCE for name, figure in OURS.items()}
    assert list(problems(PINS, DATA, less)) == []
    (said,) = problems(PINS, DATA, {**OURS, "ndcg@10": 0.9 - 1.1 * TOLERANCE})
    assert said.startswith("The ranking got worse on the same data: ndcg@10 is 0.89")


@pytest.mark.parametrize("name", sorted(DATA))
def test_other_data_are_named_and_their_figures_not_compared(name: str) -> None:
    (said,) = problems(PINS, {**DATA, name: "other"}, dict.fromkeys(MEASURES, 0.0))
    assert f"its {name} are not those" in said
    assert "worse" not in said


def test_what_is_printed_is_what_is_read() -> None:
    figures = {"map": 0.81236, "ndcg@10": 0.9, "p@10": 0.5, "bpref": 1.0}
    read = tomllib.loads(to_pin(DATA, {"ours": figures, "baselines": {"vote": figures}}))
    assert read["data"] == DATA
    assert read["ours"] == read["baselines"]["vote"] == {"map": 0.8124, "ndcg@10": 0.9, "p@10": 0.5}
    assert list(problems(read, DATA, figures)) == []


def test_the_pinned_file_is_whole() -> None:
    pins = pinned()
    assert set(pins["data"]) == set(DATA)
    assert all(0 < pins["ours"][name] <= 1 for name in MEASURES)
    assert all(pins["ours"]["map"] > figures["map"] for figures in pins["baselines"].values())


def test_every_file_and_every_stored_post_is_in_the_digest(tmp_path: Path) -> None:
    def digests(grade: str = "2", words: str = "h1") -> dict[str, str]:
        (tmp_path / "queries.json").write_text(json.dumps([{"id": "Q1"}]))
        (tmp_path / "qrels.txt").write_text(f"Q1 0 a.test {grade}")
        with closing(sqlite3.connect(tmp_path / "bloghound.sqlite3")) as connection, connection:
            connection.executescript(
                "DROP TABLE IF EXISTS site; DROP TABLE IF EXISTS post; CREATE TABLE site (id, key);"
                "CREATE TABLE post (site_id, url, content_hash, published_at, language, state);"
                "INSERT INTO site VALUES (1, 'a.test')"
            )
            connection.execute("INSERT INTO post VALUES (1, 'u', ?, NULL, 'en', 'live')", (words,))
        return data_digests(tmp_path, tmp_path)

    before = digests()
    assert before == digests()
    assert digests(grade="1") == {**before, "judgements": digests(grade="1")["judgements"]} != before
    assert digests(words="h2") == {**before, "posts": digests(words="h2")["posts"]} != before
