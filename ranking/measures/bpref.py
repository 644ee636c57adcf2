"""Binary preference: how often relevant documents stand before those judged not relevant; the unjudged say nothing.

Source: Buckley & Voorhees, "Retrieval evaluation with incomplete information", SIGIR 2004; with min(R, N) below the
line, as trec_eval has computed it since version 8.
"""

from collections.abc import Mapping, Sequence


def bpref(run: Sequence[str], grades: Mapping[str, int]) -> float | None:
    """From 0 to 1; a relevant document that is not in the run counts 0. None where nothing is judged relevant, or
    nothing not: without two kinds there is no preference."""
    relevant = sum(grade > 0 for grade in grades.values())
    other = len(grades) - relevant
    if not relevant or not other:
        return None
    before, total = 0, 0.0
    for document in run:
        grade = grades.get(document)
        if grade is None:
            continue
        if grade > 0:
            total += 1 - min(before, relevant) / min(relevant, other) if before else 1.0
        else:
            before += 1
    return total / relevant
