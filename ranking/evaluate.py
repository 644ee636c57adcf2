"""Measuring our relevance against judged briefs, beside five baselines on the same posts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexMissingError, JudgementsError
from bloghound.urls import host_of
from ranking.baselines import Baselines, all_post_vectors
from ranking.engine import RankingEngine
from ranking.judgements import Judgements, Query, read_qrels, read_queries, write_run
from ranking.measures import average_precision, ndcg, precision, share_above_zero
from ranking.relevance import Relevance

__all__ = ["Evaluation", "Judgements", "Query", "evaluate", "read_qrels", "read_queries"]

MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "map": average_precision,
    "ndcg@10": ndcg,
    "p@10": precision,
}

RUN_TAG = "bloghound"

Run = list[tuple[str, float]]
"""Hosts with their scores, best first."""


@dataclass(frozen=True, slots=True)
class QueryFigures:
    """One judged query: each method's measures, by method name (``ours`` and the baselines)."""

    id: str
    query: str
    methods: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Our runs, and the figures of every judged query; without judgements only the runs."""

    runs: Mapping[str, Run]
    judged: tuple[QueryFigures, ...]

    def means(self) -> dict[str, dict[str, float]]:
        """Each method's measures, averaged over the judged queries."""
        if not self.judged:
            return {}
        return {
            method: {name: fmean(one.methods[method][name] for one in self.judged) for name in MEASURES}
            for method in self.judged[0].methods
        }

    def against_best_baseline(self) -> dict[str, Any] | None:
        """The paired difference in MAP to the best baseline, and the bootstrap share of P(ours > baseline)."""
        means = self.means()
        if not means:
            return None
        best = max((name for name in means if name != "ours"), key=lambda name: means[name]["map"])
        differences = [one.methods["ours"]["map"] - one.methods[best]["map"] for one in self.judged]
        return {"baseline": best, "difference": fmean(differences), "bootstrap_share": share_above_zero(differences)}

    def as_dict(self) -> dict[str, Any]:
        """The evaluation in the stable JSON shape; measures are None where nothing is judged."""
        means = self.means()
        return {
            "queries": len(self.runs),
            "judged": len(self.judged),
            "ours": means.pop("ours", dict.fromkeys(MEASURES)),
            "baselines": means,
            "best_baseline": self.against_best_baseline(),
            "per_query": [
                {
                    "id": one.id,
                    "query": one.query,
                    "ours": dict(one.methods["ours"]),
                    "baselines": {name: dict(found) for name, found in one.methods.items() if name != "ours"},
                }
                for one in self.judged
            ],
        }

    def write_run(self, path: Path) -> None:
        """Write our ranking of every query as a TREC run file; raises InputError when it cannot be written."""
        write_run(path, self.runs, RUN_TAG)


def evaluate(
    engine: RankingEngine,
    queries: Sequence[Query],
    qrels: Judgements | None = None,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Our relevance, and where there are judgements the baselines, over ``queries``.

    ``qrels`` replace the judgements that came with the queries. ``progress`` gets the count of posts that had to be
    encoded for the baselines. Raises JudgementsError when ``qrels`` judge none of the queries, BriefError for a query
    that cannot be used, IndexMissingError when the index holds no bloggers.
    """
    if not engine.generation.bloggers:
        raise IndexMissingError("The index holds no bloggers to measure; 'bloghound index' builds a new one.")
    grades = {query.id: dict((qrels or {}).get(query.id, {}) if qrels else query.relevant) for query in queries}
    judged = {name for name, found in grades.items() if any(grade > 0 for grade in found.values())}
    if qrels and not judged:
        raise JudgementsError("The judgements name none of the queries.")
    generation = engine.generation
    baselines = Baselines(generation, all_post_vectors(generation, engine.encoder, progress)) if judged else None
    runs, figures = {}, []
    for query in queries:
        brief = engine.read(query.text)
        runs[query.id] = _our_run(engine, engine.relevance(brief))
        if baselines is not None and query.id in judged:
            scores = baselines.scores(brief, engine.encoder.encode_brief(query.text))
            methods = {"ours": runs[query.id]} | {name: _run(engine, found) for name, found in scores.items()}
            figures.append(QueryFigures(query.id, query.text, _measured(methods, grades[query.id])))
    return Evaluation(runs, tuple(figures))


def _measured(runs: Mapping[str, Run], grades: Mapping[str, int]) -> dict[str, dict[str, float]]:
    return {
        method: {name: measure([host for host, _ in run], grades) for name, measure in MEASURES.items()}
        for method, run in runs.items()
    }


def _our_run(engine: RankingEngine, found: Relevance) -> Run:
    scores = np.full(len(engine.generation.bloggers), -np.inf)
    scores[found.bloggers] = found.value
    return _run(engine, scores)


def _run(engine: RankingEngine, scores: NDArray[np.float64]) -> Run:
    """Hosts of the eligible bloggers that were retrieved, best first, equal ones by site key.

    Bloggers may share a host; it stands once, at its best blogger, since a run names no document twice.
    """
    bloggers = engine.generation.bloggers
    retrieved = np.flatnonzero(engine.generation.eligible & np.isfinite(scores)).tolist()
    order = sorted(retrieved, key=lambda index: (-scores[index], bloggers[index].site_key))
    best: dict[str, float] = {}
    for index in order:
        best.setdefault(host_of(bloggers[index].home_url), float(scores[index]))
    return list(best.items())
