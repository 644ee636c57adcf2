"""How much of the top of a run anybody judged: below 1, a measure that takes the unjudged as not relevant is too low.

Source: the complement of hole@k in Thakur et al., "BEIR: a heterogeneous benchmark for zero-shot evaluation of
information retrieval models", NeurIPS 2021 (datasets and benchmarks).
"""

from collections.abc import Mapping, Sequence


def judged_share(run: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """From 0 to 1, of the first ``depth`` documents, or of all of a shorter run; 0 for an empty one."""
    top = run[:depth]
    return sum(document in grades for document in top) / len(top) if top else 0.0
