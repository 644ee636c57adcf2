"""Ranking the bloggers of the current generation for a brief, and measuring how well that is done."""

from collections.abc import Callable, Container, Sequence
from pathlib import Path

from bloghound.jobs.standing import peers_of
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.evaluate import Evaluation, evaluate, read_qrels, read_queries
from ranking.index import open_generation
from ranking.ranking import Ranking
from ranking.score import Weights

WARMING_BRIEF = "Walking, gardens and bread in small towns"
"""What an engine is tried with before it serves: no niche in particular."""


def load_encoder(settings: Settings) -> Encoder:
    """The configured model; raises EncoderError when it is not there. It takes seconds and can be shared."""
    return Encoder.load(settings.model)


def open_engine(settings: Settings, number: int | None = None, encoder: Encoder | None = None) -> RankingEngine:
    """The engine over the current generation, or over the numbered one.

    Raises IndexMissingError when there is none, or none for the configured model, IndexDamagedError when none is whole,
    EncoderError when the model is not there.
    """
    generation = open_generation(settings.index_dir, number)
    return RankingEngine(generation, encoder or load_encoder(settings), niche_reach)


def warm(engine: RankingEngine) -> None:
    """Rank for some brief once, so that the first question finds everything loaded, as does the first profile."""
    engine.rank(WARMING_BRIEF, limit=1)
    peers_of(engine.generation)


def suppressed_bloggers(engine: RankingEngine, suppressed: Container[str]) -> frozenset[str]:
    """The public ids of the generation's bloggers with a site key that is ``suppressed``."""
    return frozenset(
        blogger.public_id
        for blogger in engine.generation.bloggers
        if any(key in suppressed for key in blogger.site_keys)
    )


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
