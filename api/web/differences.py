"""What sets bloggers apart, said in words: pure functions over the stable JSON of their results."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.web.cards import FINDINGS, PARTS
from api.web.formatting import number, plural, points

SAME = 0.02
"""Two points of 100: what is nearer than that is called equal, since a few posts more or less move it as far."""

Result = Mapping[str, Any]


def differences(results: Sequence[Result]) -> list[str]:
    """Sentences on two or more results, the telling ones first; nothing is said of what is unknown but that it is."""
    if len(results) < 2:
        return []
    said = [_score(results), *(_part(results, part) for part in PARTS)]
    said += [_counted(results, *count) for count in _COUNTS]
    said += [*_unknown(results), *_findings(results)]
    return [sentence for sentence in said if sentence]


def _score(results: Sequence[Result]) -> str:
    ordered = sorted(results, key=lambda one: -one["score"])
    first, second = ordered[0], ordered[1]
    gap = first["score"] - second["score"]
    if gap < SAME:
        return (
            f"{_name(first)} and {_name(second)} score about the same: {_points(first)} and {_points(second)} of 100."
        )
    gaps = {part: _contribution(first, part) - _contribution(second, part) for part in PARTS}
    widest = max(gaps, key=lambda part: gaps[part])
    most = f", most of all by {widest} ({_signed(gaps[widest])})" if gaps[widest] >= SAME else ""
    return f"{_name(first)} scores {points(gap)} points more than {_name(second)}{most}."


def _part(results: Sequence[Result], part: str) -> str:
    known = [one for one in results if one["parts"][part]["known"]]
    if len(known) < 2:
        return ""
    ordered = sorted(known, key=lambda one: -one["parts"][part]["value"])
    first, last = ordered[0], ordered[-1]
    high, low = first["parts"][part]["value"], last["parts"][part]["value"]
    if high - low < SAME:
        return f"{part.capitalize()} hardly differs: {points(low)} to {points(high)} of 100."
    return f"{_name(first)} leads in {part}, {points(high)} against {points(low)} of {_name(last)}."


def _counted(results: Sequence[Result], read: Callable[[Result], float | None], unit: str, of: str) -> str:
    known = [(value, one) for one in results if (value := read(one)) is not None]
    if len(known) < 2:
        return ""
    most, least = max(known, key=lambda pair: pair[0]), min(known, key=lambda pair: pair[0])
    if most[0] == least[0]:
        return ""
    return f"{_name(most[1])}: {plural(most[0], unit)} {of}; {_name(least[1])}: {number(least[0], 1)}."


def _unknown(results: Sequence[Result]) -> list[str]:
    return [
        f"{_name(one)}: {part} is unknown and counts {points(one['parts'][part]['value'])}, no more than its peers."
        for one in results
        for part in PARTS
        if not one["parts"][part]["known"]
    ]


def _findings(results: Sequence[Result]) -> list[str]:
    return [
        f"{_name(one)} loses {points(finding['amount'])} points for "
        f"{FINDINGS.get(finding['finding'], finding['finding']).lower()} ({finding['count']} of {finding['of']})."
        for one in results
        for finding in one["deductions"]
    ]


def _comments(result: Result) -> float | None:
    inputs = result["parts"]["engagement"]["inputs"]["conversation"]
    return float(inputs["median"]) if inputs["posts"] else None


def _linkers(result: Result) -> float | None:
    part = result["parts"]["reach"]
    return float(part["inputs"]["niche_linkers"]) if part["known"] else None


def _pace(result: Result) -> float | None:
    pace: float | None = result["blogger"]["posts_per_month"]
    return pace


_COUNTS = (
    (_comments, "comment", "a post in the median"),
    (_linkers, "blogger", "of this niche linking to it"),
    (_pace, "post", "a month"),
)


def _contribution(result: Result, part: str) -> float:
    return float(result["parts"][part]["contribution"])


def _name(result: Result) -> str:
    return str(result["blogger"]["name"])


def _points(result: Result) -> str:
    return points(result["score"])


def _signed(amount: float) -> str:
    return f"+{points(amount)}" if amount > 0 else points(amount)
