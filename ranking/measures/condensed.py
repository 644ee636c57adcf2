"""Condensed lists: a run without what nobody judged, on which any measure can be taken.

Source: Sakai, "Alternatives to bpref", SIGIR 2007, who found measures on condensed lists, above all graded ones, to
stand incomplete judgements better than bpref.
"""

from collections.abc import Mapping, Sequence


def condensed(run: Sequence[str], grades: Mapping[str, int]) -> list[str]:
    """The judged documents of a run, in its order."""
    return [document for document in run if document in grades]
