"""Judged briefs: the queries file, TREC judgements, and TREC run files.

A document is a blogger, named by the host of its home address.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bloghound.errors import InputError, JudgementsError

MAX_GRADE = 30
"""Gains double with each grade, and scales of judgement have 5 grades or fewer; up to 30 all gains are exact."""

Judgements = Mapping[str, Mapping[str, int]]
"""Query id → host → grade: 2 strongly relevant, 1 partly, 0 not."""


@dataclass(frozen=True, slots=True)
class Query:
    """A brief with its id, and its judgements where the file holds them."""

    id: str
    text: str
    relevant: Mapping[str, int]


def read_queries(path: Path) -> list[Query]:
    """The queries of a JSON file: a list, or an object with ``queries``, of ``{"id", "query", "relevant"?}``.

    Raises JudgementsError that names the line, or the entry, that cannot be used.
    """
    try:
        content = json.loads(_text_of(path))
    except json.JSONDecodeError as error:
        raise JudgementsError(f"{path}, line {error.lineno}: this is no JSON ({error.msg}).") from error
    except RecursionError as error:
        raise JudgementsError(f"{path} is nested too deeply to be a list of queries.") from error
    except ValueError as error:
        raise JudgementsError(f"{path} holds a number that is too long to read.") from error
    entries = content.get("queries") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise JudgementsError(f"{path} holds no list of queries.")
    queries = [_query(path, number, entry) for number, entry in enumerate(entries, start=1)]
    doubled = {query.id for query in queries if sum(other.id == query.id for other in queries) > 1}
    if doubled:
        raise JudgementsError(f"{path} has several queries with the id {min(doubled)!r}.")
    return queries


def _query(path: Path, number: int, entry: Any) -> Query:
    fields = entry if isinstance(entry, dict) else {}
    relevant = fields.get("relevant") or {}
    grades = list(relevant.values()) if isinstance(relevant, dict) else [None]
    texts = [fields.get("id"), fields.get("query")]
    usable = all(isinstance(text, str) for text in texts) and _is_word(fields["id"])
    if not usable or not all(isinstance(one, int) and 0 <= one <= MAX_GRADE for one in grades):
        raise JudgementsError(
            f"{path}, query {number}: it needs an id without spaces, a query, and grades from 0 to {MAX_GRADE} by host."
        )
    return Query(entry["id"], entry["query"], {host.lower(): grade for host, grade in relevant.items()})


def _is_word(name: str) -> bool:
    """Whether a TREC file, whose columns are parted by spaces, can hold the name; surrogates are not printable."""
    return name.split() == [name] and name.isprintable()


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Judgements in TREC form, ``query 0 host grade`` a line; raises JudgementsError that names the line."""
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            query, _, host, grade = line.split()
            grades.setdefault(query, {})[host.lower()] = _grade(grade)
        except ValueError as error:
            expected = f"'query 0 host grade' with a grade up to {MAX_GRADE}"
            raise JudgementsError(f"{path}, line {number}: expected {expected}, not {line[:80]!r}.") from error
    if not grades:
        raise JudgementsError(f"{path} holds no judgements.")
    return grades


def _grade(text: str) -> int:
    """The grade in a column; less than 0 (TREC's mark of spam) is not relevant. Raises ValueError above the cap."""
    grade = int(text)
    if grade > MAX_GRADE:
        raise ValueError(text)
    return max(grade, 0)


def write_run(path: Path, runs: Mapping[str, Sequence[tuple[str, float]]], tag: str) -> None:
    """Write a TREC run: ``query Q0 host rank score tag``, best first. Raises InputError when it cannot be written."""
    lines = [
        f"{query} Q0 {host} {rank} {score:.6f} {tag}\n"
        for query, run in runs.items()
        for rank, (host, score) in enumerate(run, start=1)
    ]
    try:
        path.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise InputError(f"The run file {path} cannot be written: {error.strerror}.") from error


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JudgementsError(f"{path} is not UTF-8 text (byte {error.start}).") from error
    except OSError as error:
        raise JudgementsError(f"{path} cannot be read: {error.strerror}.") from error
