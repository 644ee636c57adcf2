"""Average precision: the mean, over all relevant documents, of the precision where each was found.

Source: Buckley & Voorhees, "Evaluating evaluation measure stability", SIGIR 2000; as in trec_eval's ``map``.
"""

from collections.abc import Mapping, Sequence


def average_precision(run: Sequence[str], grades: Mapping[str, int]) -> float:
    """From 0 to 1; a relevant document that is not in the run counts as found with precision 0."""
    relevant = sum(grade > 0 for grade in grades.values())
    found, total = 0, 0.0
    for rank, document in enumerate(run, start=1):
        if grades.get(document, 0) > 0:
            found += 1
            total += found / rank
    return total / relevant if relevant else 0.0
