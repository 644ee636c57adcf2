"""Judged briefs: the queries file, TREC judgements, and TREC run files.

A document is a blogger, named by its public id, by its site's key, or by the host of its home address. Hosts are
written in any case; behind a host, where a key goes on, case tells bloggers apart.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bloghound.errors import InputError, JudgementsError
from ranking.niche import NicheTerms
from ranking.score import PARTS, Weights

MAX_GRADE = 30
"""Gains double with each grade, and scales of judgement have 5 grades or fewer; up to 30 all gains are exact."""

Judgements = Mapping[str, Mapping[str, int]]
"""Query id → document → grade: 2 strongly relevant, 1 partly, 0 not."""


@dataclass(frozen=True, slots=True)
class Query:
    """A brief with its id, and its judgements where the file holds them; of a niche also what it adds to its words."""

    id: str
    text: str
    relevant: Mapping[str, int]
    terms: NicheTerms = field(default_factory=NicheTerms)
    weights: Weights | None = None


def read_queries(path: Path) -> list[Query]:
    """The queries of a JSON file: a list, or an object with ``queries``, of ``{"id", "query", "relevant"?, "niche"?}``.

    ``niche`` holds lists named as the fields of :class:`NicheTerms`, and ``weights`` by part; all may be left out.
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
    terms, weights = _niche(path, number, fields.get("niche") or {})
    judged = {_document(name): grade for name, grade in relevant.items()}
    return Query(entry["id"], entry["query"], judged, terms, weights)


def _niche(path: Path, number: int, given: Any) -> tuple[NicheTerms, Weights | None]:
    """What a query's niche adds to its words."""
    try:
        lists = {name: _texts(found) for name, found in given.items() if name != "weights"}
        weights = given.get("weights")
        return NicheTerms(**lists), Weights(**_numbers(weights)) if weights else None
    except (AttributeError, TypeError, ValueError, InputError) as error:
        names = ", ".join(sorted(NicheTerms.__dataclass_fields__))
        raise JudgementsError(f"{path}, query {number}: a niche holds lists ({names}) and weights by part.") from error


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise TypeError
    return tuple(found)


def _numbers(found: Any) -> dict[str, float]:
    return dict.fromkeys(PARTS, 0.0) | {name: float(weight) for name, weight in found.items()}


def _is_word(name: str) -> bool:
    """Whether a TREC file, whose columns are parted by spaces, can hold the name; surrogates are not printable."""
    return name.split() == [name] and name.isprintable()


def _document(name: str) -> str:
    host, slash, rest = name.partition("/")
    return host.lower() + slash + rest


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """Judgements in TREC form, ``query 0 document grade`` a line; raises JudgementsError that names the line."""
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_text_of(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            query, _, host, grade = line.split()
            grades.setdefault(query, {})[_document(host)] = _grade(grade)
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


def qrels_lines(judged: Judgements) -> Iterator[str]:
    """Judgements as lines in TREC form, as :func:`read_qrels` reads them."""
    for query, grades in judged.items():
        for document, grade in sorted(grades.items()):
            yield f"{query} 0 {document} {grade}\n"


def queries_document(queries: Iterable[Query]) -> dict[str, Any]:
    """Queries as :func:`read_queries` reads them, without their judgements."""
    return {"queries": [_as_entry(query) for query in queries]}


def _as_entry(query: Query) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": query.id, "query": query.text}
    niche: dict[str, Any] = {name: list(found) for name, found in asdict(query.terms).items() if found}
    if query.weights is not None:
        niche["weights"] = asdict(query.weights)
    return entry | ({"niche": niche} if niche else {})


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
