"""Ranking the bloggers of the current generation for a brief, and measuring how well that is done."""

import gc
from collections.abc import Container, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from bloghound.errors import EncoderError, IndexDamagedError, IndexMissingError
from bloghound.jobs.models import Encoders
from bloghound.jobs.standing import peers_of
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.engine import RankingEngine
from ranking.evaluate import Evaluation, Progress, evaluate, read_qrels, read_queries
from ranking.index import Generation, layout, open_generation
from ranking.ranking import Ranking
from ranking.score import Weights
from storage import suppressions
from storage.database import open_database

WARMING_BRIEFS = "Walking, gardens and bread in small towns", "Bread from small towns"
"""What an engine is tried with before it serves: no niche in particular, and words that come again."""

POPULATE_SECONDS = 10.0
"""Ten times what it takes where the kernel has the index's files in its cache. What has to be read from a slow disk may
as well be read by the first questions."""


def open_engine(settings: Settings, number: int | None = None, encoders: Encoders | None = None) -> RankingEngine:
    """The engine over the current generation, or over the numbered one, with the model that it was built with.

    ``encoders`` shares loaded models among engines. Where the current generation's model is not on this machine, the
    newest older generation whose model is there serves, with a warning in its rankings.
    Raises IndexMissingError when there is none, IndexDamagedError when none is whole, EncoderError when no model of
    theirs is there.
    """
    loaded = encoders or Encoders(settings)
    with _collector_paused():
        generation = open_generation(settings.index_dir, number)
    try:
        return _engine_over(generation, loaded)
    except EncoderError as error:
        older = None if number is not None else _older_engine(settings, generation.number, loaded)
        if older is None:
            raise
        older.generation.warnings += (f"{error} Generation {older.generation.number} serves until then.",)
        return older


def _older_engine(settings: Settings, before: int, encoders: Encoders) -> RankingEngine | None:
    for number in reversed([one for one in layout.numbers(settings.index_dir) if one < before]):
        try:
            return _engine_over(open_generation(settings.index_dir, number), encoders)
        except (EncoderError, IndexDamagedError, IndexMissingError):
            continue
    return None


def _engine_over(generation: Generation, encoders: Encoders) -> RankingEngine:
    encoder = encoders.of(generation)
    with _collector_paused():
        return RankingEngine(generation, encoder, niche_reach)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """An index opens with a million small values and no cycle among them, and the collector would look at all of them
    again and again: two thirds of the time that 100,000 bloggers take."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def warm(engine: RankingEngine) -> None:
    """Rank for some briefs, so that the first question finds everything loaded, as does the first profile."""
    engine.generation.populate(POPULATE_SECONDS)
    for brief in WARMING_BRIEFS:
        engine.rank(brief, limit=1)
    peers_of(engine.generation)
    _set_aside()


def _set_aside() -> None:
    """Let the collector of cycles look no more at what there is by now, until the next engine is made warm: at all of
    an index and a model it looks for 0.4 s, once in some two hundred questions. What nobody holds is freed as ever."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def suppressed_bloggers(engine: RankingEngine, suppressed: Container[str]) -> frozenset[str]:
    """The public ids of the generation's bloggers with a site key that is ``suppressed``."""
    facts = engine.generation.table.entries.facts
    return frozenset(
        public_id
        for public_id, keys in zip(facts.public_id, facts.site_keys, strict=True)
        if any(key in suppressed for key in keys)
    )


def hidden(settings: Settings, engine: RankingEngine) -> frozenset[str]:
    """Public ids of the engine's bloggers who opted out since its generation was built, or are being forgotten."""
    with closing(open_database(settings)) as database, database.read() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
    return suppressed_bloggers(engine, suppressed) if suppressed else frozenset()


def run_rank(
    settings: Settings,
    brief: str,
    *,
    limit: int = 20,
    languages: Sequence[str] = (),
    weights: Weights | None = None,
) -> Ranking:
    """The best bloggers for a brief, each with parts, deductions and evidence; nobody who asked to be left out."""
    engine = open_engine(settings)
    return engine.rank(
        brief, limit=limit, languages=languages, weights=weights or Weights(), hidden=hidden(settings, engine)
    )


def run_evaluate(
    settings: Settings,
    queries: Path,
    qrels: Path | None = None,
    run: Path | None = None,
    *,
    progress: Progress = lambda _stage, _done, _total: None,
) -> Evaluation:
    """Our relevance and five baselines over the briefs of a file; with ``run`` our ranking is written there.

    Nobody who asked to be left out is ranked.
    Judgements are those of ``qrels`` where it is given, else those in the file.
    Raises JudgementsError that names the file and the line that cannot be used.
    """
    briefs = read_queries(queries)
    judgements = read_qrels(qrels) if qrels is not None else None
    engine = open_engine(settings)
    found = evaluate(engine, briefs, judgements, progress, hidden=hidden(settings, engine))
    if run is not None:
        found.write_run(run)
    return found
