"""Precision at a depth: the share of the first documents that are relevant.

Source: van Rijsbergen, "Information Retrieval", 1979, chapter 7; as in trec_eval's ``P``.
"""

from collections.abc import Mapping, Sequence


def precision(run: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """From 0 to 1; a run shorter than ``depth`` is filled up with not relevant documents."""
    return sum(grades.get(document, 0) > 0 for document in run[:depth]) / depth
