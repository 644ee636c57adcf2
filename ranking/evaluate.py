"""Measuring our relevance against judged briefs, beside five baselines on the same posts.

Three orders are compared: ``ours`` is the relevance part, which the baselines are rivals of; ``score`` is the order
that a reader sees, in which engagement and reach count too; and each baseline's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexMissingError, JudgementsError
from bloghound.urls import host_of
from ranking.baselines import Baselines, all_post_vectors
from ranking.engine import Candidate, RankingEngine
from ranking.index.generation import Generation
from ranking.judgements import Judgements, Query, read_qrels, read_queries, write_run
from ranking.measures import average_precision, bpref, judged_share, ndcg, on_condensed, precision, share_above_zero

__all__ = ["Evaluation", "Judgements", "Query", "evaluate", "read_qrels", "read_queries"]

MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float | None]] = {
    "map": average_precision,
    "ndcg@10": ndcg,
    "p@10": precision,
    "judged@10": judged_share,
    "bpref": bpref,
    "condensed_map": partial(on_condensed, average_precision),
    "condensed_ndcg@10": partial(on_condensed, ndcg),
}
"""The first three take what nobody judged as not relevant. The last three leave it out, and are None where the
judgements hold no two kinds to compare."""

OURS, SCORE = "ours", "score"
RUN_TAG = "bloghound"

Progress = Callable[[str, int, int | None], None]
"""Told the stage (``baselines``: posts that have to be encoded for them; ``briefs``), what is done of it, and how much
there is."""

Run = list[tuple[str, float]]
"""Documents with their scores, best first."""


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """One judged query: each method's measures, by method name (``ours``, ``score`` and the baselines).

    ``liked`` of the ``judged`` documents are relevant. Baselines are none where the query has no words; a measure is
    absent where the judgements say nothing for it.
    """

    id: str
    query: str
    judged: int
    liked: int
    methods: Mapping[str, Mapping[str, float]]

    @property
    def baselines(self) -> dict[str, Mapping[str, float]]:
        """The measures of the rivals alone."""
        return {name: found for name, found in self.methods.items() if name not in {OURS, SCORE}}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Our runs, and the figures of every judged query; without judgements only the runs."""

    runs: Mapping[str, Run]
    judged: tuple[QueryFigures, ...]

    def means(self) -> dict[str, dict[str, float]]:
        """Each method's measures, averaged over the judged queries that have them; absent where none has."""
        found: dict[str, dict[str, list[float]]] = {}
        for one in self.judged:
            for method, figures in one.methods.items():
                for name, figure in figures.items():
                    found.setdefault(method, {}).setdefault(name, []).append(figure)
        return {method: {name: fmean(each) for name, each in own.items()} for method, own in found.items()}

    def against_best_baseline(self) -> dict[str, Any] | None:
        """The paired difference in MAP to the best baseline, and the bootstrap share of P(ours > baseline)."""
        means = self.means()
        rivals = [name for name in means if name not in {OURS, SCORE}]
        if not rivals:
            return None
        best = max(rivals, key=lambda name: means[name]["map"])
        paired = [one.methods for one in self.judged if best in one.methods]
        differences = [methods[OURS]["map"] - methods[best]["map"] for methods in paired]
        return {"baseline": best, "difference": fmean(differences), "bootstrap_share": share_above_zero(differences)}

    def as_dict(self) -> dict[str, Any]:
        """The evaluation in the stable JSON shape; a measure is None where the judgements say nothing for it."""
        means = {method: _shown(found) for method, found in self.means().items()}
        return {
            "queries": len(self.runs),
            "judged": len(self.judged),
            "judgements": sum(one.judged for one in self.judged),
            "ours": means.pop(OURS, dict.fromkeys(MEASURES)),
            "score": means.pop(SCORE, dict.fromkeys(MEASURES)),
            "baselines": means,
            "best_baseline": self.against_best_baseline(),
            "per_query": [
                {
                    "id": one.id,
                    "query": one.query,
                    "judged": one.judged,
                    "liked": one.liked,
                    "ours": _shown(one.methods[OURS]),
                    "score": _shown(one.methods[SCORE]),
                    "baselines": {name: _shown(found) for name, found in one.baselines.items()},
                }
                for one in self.judged
            ],
        }

    def write_run(self, path: Path) -> None:
        """Write our ranking of every query as a TREC run file; raises InputError when it cannot be written."""
        write_run(path, self.runs, RUN_TAG)


def _shown(figures: Mapping[str, float]) -> dict[str, float | None]:
    return {name: figures.get(name) for name in MEASURES}


def evaluate(
    engine: RankingEngine,
    queries: Sequence[Query],
    qrels: Judgements | None = None,
    progress: Progress = lambda _stage, _done, _total: None,
    *,
    with_baselines: bool = True,
    hidden: Collection[str] = (),
) -> Evaluation:
    """Our relevance and our score, and where there are judgements the baselines, over ``queries``.

    ``qrels`` replace the judgements that came with the queries. Bloggers are named in them by public id, site key or
    host. ``hidden`` are public ids of bloggers whom no list shows. The baselines know a niche's words only, so a niche
    without any has none.
    Raises JudgementsError when ``qrels`` judge none of the queries, BriefError for a query that cannot be used,
    IndexMissingError when the index holds no bloggers.
    """
    generation = engine.generation
    if not generation.bloggers:
        raise IndexMissingError("The index holds no bloggers to measure; 'bloghound index' builds a new one.")
    grades = {query.id: dict((qrels or {}).get(query.id, {}) if qrels else query.relevant) for query in queries}
    judged = {name for name, found in grades.items() if any(grade > 0 for grade in found.values())}
    if qrels and not judged:
        raise JudgementsError("The judgements name none of the queries.")
    rivals = any(query.id in judged and query.text.strip() for query in queries) and with_baselines
    baselines = None
    if rivals:
        vectors = all_post_vectors(generation, engine.encoder, lambda done, total: progress("baselines", done, total))
        baselines = Baselines(generation, vectors)
    documents = _Documents(generation, hidden)
    runs, figures = {}, []
    for done, query in enumerate(queries):
        progress("briefs", done, len(queries))
        names = documents.names(grades[query.id])
        own = _own_runs(engine, query, documents, names, hidden)
        runs[query.id] = own[OURS]
        if query.id in judged:
            methods = own
            if baselines is not None and query.text.strip():
                scores = baselines.scores(engine.read(query.text), engine.encoder.encode_brief(query.text))
                methods |= {name: documents.run(found, names) for name, found in scores.items()}
            figures.append(_figures(query, grades[query.id], methods))
    progress("briefs", len(queries), len(queries))
    return Evaluation(runs, tuple(figures))


class _Documents:
    """The generation's bloggers as documents of a run."""

    def __init__(self, generation: Generation, hidden: Collection[str]) -> None:
        self._bloggers = generation.bloggers
        facts = generation.table.entries.facts
        shown = [public_id not in hidden for public_id in facts.public_id]
        self._open = generation.eligible & np.array(shown, np.bool_)
        keys = sorted(range(len(shown)), key=facts.site_key.__getitem__)
        self._key_order = np.argsort(np.array(keys))

    def names(self, grades: Mapping[str, int]) -> list[str]:
        """What each blogger is called in these judgements, and where they do not name it, as in a run file."""
        return [_name(one.public_id, one.site_key, one.home_url, grades) for one in self._bloggers]

    def run(self, scores: NDArray[np.float64], names: Sequence[str]) -> Run:
        """Those of the open bloggers that were retrieved (score above -inf), best first, equal ones by site key.

        Bloggers may share a host; it stands once, at its best blogger, since a run names no document twice.
        """
        retrieved = np.flatnonzero(self._open & np.isfinite(scores))
        order = retrieved[np.lexsort((self._key_order[retrieved], -scores[retrieved]))]
        best: dict[str, float] = {}
        for index in order.tolist():
            best.setdefault(names[index], float(scores[index]))
        return list(best.items())


def _name(public_id: str, key: str, home_url: str, grades: Mapping[str, int]) -> str:
    host = host_of(home_url)
    named = next((name for name in (public_id, key, host) if name in grades), None)
    # On a shared host the key alone tells two of its bloggers apart.
    return named or (key if "/" in key else host)


def _own_runs(
    engine: RankingEngine, query: Query, documents: _Documents, names: Sequence[str], hidden: Collection[str]
) -> dict[str, Run]:
    found = engine.candidates(query.text, weights=query.weights, niche=query.terms, hidden=hidden)

    def run(value: Callable[[Candidate], float]) -> Run:
        scores = np.full(len(names), -np.inf)
        scores[[one.blogger for one in found]] = [value(one) for one in found]
        return documents.run(scores, names)

    return {OURS: run(lambda one: one.relevance), SCORE: run(lambda one: one.score)}


def _figures(query: Query, grades: Mapping[str, int], runs: Mapping[str, Run]) -> QueryFigures:
    methods = {method: _measured([document for document, _ in run], grades) for method, run in runs.items()}
    return QueryFigures(query.id, query.text, len(grades), sum(grade > 0 for grade in grades.values()), methods)


def _measured(run: Sequence[str], grades: Mapping[str, int]) -> dict[str, float]:
    found = {name: measure(run, grades) for name, measure in MEASURES.items()}
    return {name: figure for name, figure in found.items() if figure is not None}
