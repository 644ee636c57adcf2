"""Ranking the bloggers of the current generation for a brief, and measuring how well that is done."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.evaluate import Evaluation, evaluate, read_qrels, read_queries
from ranking.index import current_number, open_generation
from ranking.ranking import Ranking
from ranking.score import Weights


def open_engine(settings: Settings) -> RankingEngine:
    """The engine over the current generation.

    Raises IndexMissingError when there is none, or none for the configured model, IndexDamagedError when none is whole,
    EncoderError when the model is not there.
    """
    generation = open_generation(settings.index_dir)
    return RankingEngine(generation, Encoder.load(settings.model), niche_reach)


def is_outdated(settings: Settings, engine: RankingEngine) -> bool:
    """Whether a newer generation than the engine's is there."""
    newest = current_number(settings.index_dir)
    return newest is not None and newest != engine.generation.number


def run_rank(
    settings: Settings,
    brief: str,
    *,
    limit: int = 20,
    languages: Sequence[str] = (),
    weights: Weights | None = None,
) -> Ranking:
    """The best bloggers for a brief, each with parts, deductions and evidence."""
    return open_engine(settings).rank(brief, limit=limit, languages=languages, weights=weights or Weights())


def run_evaluate(
    settings: Settings,
    queries: Path,
    qrels: Path | None = None,
    run: Path | None = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Our relevance and five baselines over the briefs of a file; with ``run`` our ranking is written there.

    Judgements are those of ``qrels`` where it is given, else those in the file.
    Raises JudgementsError that names the file and the line that cannot be used.
    """
    briefs = read_queries(queries)
    judgements = read_qrels(qrels) if qrels is not None else None
    found = evaluate(open_engine(settings), briefs, judgements, progress)
    if run is not None:
        found.write_run(run)
    return found
