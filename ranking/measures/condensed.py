"""Condensed lists: a run without what nobody judged, on which any measure can be taken that tells grades apart.

Source: Sakai, "Alternatives to bpref", SIGIR 2007, who found measures on condensed lists, above all graded ones, to
stand incomplete judgements better than bpref.
"""

from collections.abc import Callable, Mapping, Sequence


def condensed(run: Sequence[str], grades: Mapping[str, int]) -> list[str]:
    """The judged documents of a run, in its order."""
    return [document for document in run if document in grades]


def on_condensed(
    measure: Callable[[Sequence[str], Mapping[str, int]], float], run: Sequence[str], grades: Mapping[str, int]
) -> float | None:
    """The measure of the condensed run; None where nothing is judged not relevant: every order would be perfect."""
    return measure(condensed(run, grades), grades) if any(grade <= 0 for grade in grades.values()) else None
