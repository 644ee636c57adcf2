import json
from pathlib import Path

import pytest

from bloghound.errors import InputError, JudgementsError
from ranking.judgements import Query, qrels_lines, read_qrels, read_queries, write_run


def written(tmp_path: Path, content: str) -> Path:
    path = tmp_path / "file"
    path.write_text(content, "utf-8")
    return path


def test_queries_come_with_or_without_judgements(tmp_path: Path) -> None:
    entries = [{"id": "Q1", "query": "tea", "relevant": {"Tea.test": 2}}, {"id": "Q2", "query": "rye"}]
    expected = [Query("Q1", "tea", {"tea.test": 2}), Query("Q2", "rye", {})]
    assert read_queries(written(tmp_path, json.dumps({"queries": entries}))) == expected
    assert read_queries(written(tmp_path, json.dumps(entries))) == expected


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ('{"queries": [\n{"id": }', "line 2"),
        ('[{"id": "Q1", "query": "tea"}, {"id": "Q2"}]', "query 2"),
        ('[{"id": "Q1", "query": "tea", "relevant": {"a": -1}}]', "query 1"),
        ('["tea"]', "query 1"),
        ('[{"id": "Q1", "query": "a"}, {"id": "Q1", "query": "b"}]', "'Q1'"),
        ("{}", "no list"),
        ("[" * 100_000, "nested"),
        ('[{"id": "Q1", "query": "tea", "relevant": {"a": 1' + "0" * 5000 + "}}]", "too long"),
        ('[{"id": "Q1", "query": "tea", "relevant": {"a": 31}}]', "query 1"),
        ('[{"id": "Q 1", "query": "tea"}]', "query 1"),
        ('[{"id": "", "query": "tea"}]', "query 1"),
        ('[{"id": "\\ud800", "query": "tea"}]', "query 1"),
    ],
)
def test_unusable_queries_are_named(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(JudgementsError, match=named):
        read_queries(written(tmp_path, content))


def test_qrels_are_read_in_trec_form(tmp_path: Path) -> None:
    found = read_qrels(written(tmp_path, "Q1 0 A.test 2\n\nQ1 0 b.test 0\nQ2 0 a.test 1\n"))
    assert found == {"Q1": {"a.test": 2, "b.test": 0}, "Q2": {"a.test": 1}}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("Q1 0 a 1\nQ1 a 1\n", "line 2"),
        ("Q1 0 a x", "line 1"),
        ("", "no judge"),
        ("Q1 0 a 31", "line 1"),
        (f"Q1 0 a {'9' * 5000}", "line 1"),
    ],
)
def test_unusable_qrels_name_the_line(tmp_path: Path, content: str, named: str) -> None:
    with pytest.raises(JudgementsError, match=named):
        read_qrels(written(tmp_path, content))


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(JudgementsError, match="absent"):
        read_qrels(tmp_path / "absent")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(JudgementsError, match="UTF-8"):
        read_queries(tmp_path / "binary")


def test_a_run_is_written_in_trec_form(tmp_path: Path) -> None:
    write_run(tmp_path / "run", {"Q1": [("a.test", 0.5), ("b.test", 0.25)]}, "us")
    assert (tmp_path / "run").read_text() == "Q1 Q0 a.test 1 0.500000 us\nQ1 Q0 b.test 2 0.250000 us\n"
    with pytest.raises(InputError, match="cannot be written"):
        write_run(tmp_path / "no" / "run", {}, "us")


def test_a_byte_order_mark_is_no_part_of_the_first_query(tmp_path: Path) -> None:
    assert read_qrels(written(tmp_path, "\ufeffQ1 0 a.test 1\n")) == {"Q1": {"a.test": 1}}
    assert read_queries(written(tmp_path, '\ufeff[{"id": "Q1", "query": "tea"}]')) == [Query("Q1", "tea", {})]


def test_hosts_are_read_in_any_case_and_what_follows_them_as_it_stands(tmp_path: Path) -> None:
    lines = "Q1 0 Coffee.Test 1\nQ1 0 S.test/@Ann 2\nQ1 0 s.test/@ann 0\n"
    expected = {"coffee.test": 1, "s.test/@Ann": 2, "s.test/@ann": 0}
    assert read_qrels(written(tmp_path, lines)) == {"Q1": expected}
    entry = {"id": "Q1", "query": "tea", "relevant": {"Coffee.Test": 1, "S.test/@Ann": 2, "s.test/@ann": 0}}
    assert read_queries(written(tmp_path, json.dumps([entry]))) == [Query("Q1", "tea", expected)]
    assert "".join(qrels_lines({"Q1": expected})) == "Q1 0 coffee.test 1\nQ1 0 s.test/@Ann 2\nQ1 0 s.test/@ann 0\n"
