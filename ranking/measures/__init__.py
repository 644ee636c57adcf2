"""Measures of a ranking against judgements, one per file with its source.

A run is document ids, best first; judgements map document ids to grades (0 and absent: not relevant).
"""

from ranking.measures.average_precision import average_precision
from ranking.measures.bootstrap import share_above_zero
from ranking.measures.bpref import bpref
from ranking.measures.condensed import condensed, on_condensed
from ranking.measures.judged import judged_share
from ranking.measures.ndcg import ndcg
from ranking.measures.precision import precision

__all__ = [
    "average_precision",
    "bpref",
    "condensed",
    "judged_share",
    "ndcg",
    "on_condensed",
    "precision",
    "share_above_zero",
]
