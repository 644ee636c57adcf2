"""Normalised discounted cumulative gain with gains of 2 ** grade - 1.

Source: Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002; the gain is that of
Burges et al., "Learning to rank using gradient descent", ICML 2005.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log2


def ndcg(run: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """From 0 to 1: the gain of the first ``depth`` documents as a share of the best possible order's."""
    ideal = _discounted(sorted(grades.values(), reverse=True)[:depth])
    return _discounted(grades.get(document, 0) for document in run[:depth]) / ideal if ideal else 0.0


def _discounted(grades: Iterable[int]) -> float:
    return float(sum((2**grade - 1) / log2(rank + 1) for rank, grade in enumerate(grades, start=1)))
