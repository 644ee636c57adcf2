"""Ranking every saved niche again after each generation, and one alone after it was changed; the results are kept.

Central names: :func:`rerank`, :func:`after_build` (the call at the end of building an index).
"""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bloghound.errors import BloghoundError
from bloghound.jobs.niche_questions import is_outdated, question_digests
from bloghound.jobs.ranking import suppressed_bloggers
from bloghound.jobs.searching import Question, question_of_stored
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.changes import KEPT_PLACES, Outside
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.index import Generation
from ranking.niche import NicheTerms, found_sites
from ranking.ranking import SHOWN_GATE, Ranking, Result
from ranking.readings import BriefReading, sketch_of
from ranking.score import FORMULA
from ranking.standings import standing_of
from storage import niche_rankings, niches, suppressions
from storage.database import Database
from storage.niche_rankings import Keeping, NewPlace, NewRanking
from storage.niches import StoredNiche
from storage.tables.base import utc_now

MOST_TRIES = 3
"""Times that a niche is ranked in a row because it was changed meanwhile; each change has it ranked again anyhow."""
STAGE = "niches"

Progress = Callable[[str, int, int | None], None]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Failure:
    """A niche that could not be ranked, and why."""

    niche: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class RerankReport:
    """What became of the saved niches: ranked anew, those that failed, and ``unchanged`` all others: ranked for this
    generation already or for a later one, or deleted."""

    ranked: int = 0
    unchanged: int = 0
    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class _Desk:
    """What all niches of one run are ranked with."""

    settings: Settings
    database: Database
    engine: RankingEngine
    hidden: frozenset[str]


def after_build(
    settings: Settings, database: Database, generation: Generation, encoder: Callable[[], Encoder], progress: Progress
) -> RerankReport:
    """Rank all saved niches in a generation that was just built; without any, no model is loaded."""
    with database.read() as connection:
        saved = niches.every(connection)
    if not saved:
        return RerankReport()
    return rerank(settings, database, RankingEngine(generation, encoder(), niche_reach), saved, progress)


def rerank(
    settings: Settings,
    database: Database,
    engine: RankingEngine,
    saved: Sequence[StoredNiche],
    progress: Progress | None = None,
) -> RerankReport:
    """Rank these niches with the engine, as they are by now, and keep the rankings; twice is as good as once.

    One that cannot be ranked is kept with the reason, and stops no other. Where a ranking of a later generation is
    kept, nothing is: whoever opens that generation ranks the niches once more (``api/reranking.py``).
    """
    report = progress or (lambda _stage, _done, _total: None)
    with database.read() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
    desk = _Desk(settings, database, engine, suppressed_bloggers(engine, suppressed) if suppressed else frozenset())
    ranked, failed = 0, []
    for done, niche in enumerate(saved):
        report(STAGE, done, len(saved))
        try:
            ranked += _rerank(desk, niche.public_id)
        except BloghoundError as error:
            _LOG.warning(
                "the niche %s could not be ranked in %s: %s", niche.public_id, engine.generation.public_id, error
            )
            failed.append(Failure(niche.public_id, niche.name, str(error)))
    report(STAGE, len(saved), len(saved))
    return RerankReport(ranked, len(saved) - ranked - len(failed), tuple(failed))


def not_ranked(settings: Settings, database: Database, generation: Generation) -> list[StoredNiche]:
    """The niches whose newest ranking is of an older generation than this one, or of another question."""
    built = (generation.number, datetime.fromisoformat(generation.as_of))
    missed = []
    with database.read() as connection:
        for niche in niches.every(connection):
            newest = next(iter(niche_rankings.of_niche(connection, niche.public_id)), None)
            is_later = newest is not None and newest.as_of > built[1]
            if newest is None or (not is_later and (newest.built != built or is_outdated(settings, newest, niche))):
                missed.append(niche)
    return missed


@dataclass(frozen=True, slots=True)
class _Leaver:
    """Somebody of the ranking before who has no place in this one; ``result`` is None for who has no score here."""

    blogger: str
    where: Outside
    result: Result | None = None


def _rerank(desk: _Desk, niche_id: str) -> bool:
    """Rank one niche as it is by now and keep the ranking; whether it was kept."""
    for _ in range(MOST_TRIES):
        with desk.database.read() as connection:
            niche = niches.find(connection, niche_id)
        kept = Keeping.NO_NICHE if niche is None else _ranked_and_kept(desk, niche)
        if kept is not Keeping.OLDER_QUESTION:
            return kept is Keeping.KEPT
    return False


def _ranked_and_kept(desk: _Desk, niche: StoredNiche) -> Keeping:
    made = _heading(desk, niche)
    with desk.database.read() as connection:
        known = niche_rankings.of_niche(connection, niche.public_id)
        earlier = niche_rankings.compared_with(known, made.built)
        before = niche_rankings.placed(connection, earlier.ranking_id) if earlier else []
    if known and made.is_same_as(known[0]):
        return Keeping.SAME
    try:
        question = question_of_stored(niche)
        ranking = _asked(desk, question, KEPT_PLACES)
        found = [one for one in ranking.results if one.score.gate >= SHOWN_GATE]
        here = {one.blogger.public_id for one in found} | desk.hidden
        left = _leavers(desk, question, [one for one in before if one not in here])
        reading = _reading(desk.engine, question).as_json()
    except BloghoundError as error:
        if _keep(desk, niche, replace(made, problem=str(error)), []) is Keeping.OLDER_QUESTION:
            return Keeping.OLDER_QUESTION
        raise
    # Their number is an estimate, and those who are there are certain.
    total = max(ranking.total, len(found))
    made = replace(made, weights=asdict(ranking.weights), total=total, reading=reading)
    return _keep(desk, niche, made, _places(desk, found, left))


def _heading(desk: _Desk, niche: StoredNiche) -> NewRanking:
    generation = desk.engine.generation
    return NewRanking(
        generation=generation.number,
        formula=FORMULA,
        model=generation.model,
        question=question_digests(desk.settings, niche),
        asked_at=niche.updated_at,
        reading={},
        weights={},
        total=0,
        kept=0,
        problem="",
        as_of=datetime.fromisoformat(generation.as_of),
        made_at=utc_now(),
    )


def _reading(engine: RankingEngine, question: Question) -> BriefReading:
    generation, terms = engine.generation, question.terms
    languages = generation.model_languages
    examples = found_sites(generation.positions, (*terms.examples_like, *terms.examples_unlike))
    return BriefReading(
        prompt=engine.encoder.choice.query_prompt,
        languages=None if languages is None else tuple(sorted(languages)),
        examples=len(examples.bloggers),
        sketch=sketch_of(engine.read_niche(question.brief, terms).vector),
    )


def _asked(desk: _Desk, question: Question, limit: int, allowed: Collection[str] | None = None) -> Ranking:
    return desk.engine.rank(
        question.brief,
        limit=limit,
        weights=question.weights,
        niche=question.terms,
        allowed=allowed,
        hidden=desk.hidden,
    )


def _leavers(desk: _Desk, question: Question, gone: Sequence[str]) -> list[_Leaver]:
    """Why each of these has no place any more; one question for all of them, rarely two, and none for nobody."""
    if not gone:
        return []
    scored = _scored(desk, question, gone)
    places = {one: place for one in gone if (place := desk.engine.generation.positions.get(one)) is not None}
    indexed = {one: desk.engine.generation.bloggers[place] for one, place in places.items()}
    wanted, left = set(question.terms.languages), []
    excluded = _excluded(desk, question, [one for one in gone if one in indexed and one not in scored])
    for one in gone:
        if one not in indexed:
            left.append(_Leaver(one, Outside.NOT_INDEXED))
        elif one in scored:
            below = scored[one].score.gate >= SHOWN_GATE
            left.append(_Leaver(one, Outside.BELOW if below else Outside.OFF_NICHE, scored[one]))
        elif indexed[one].reason:
            left.append(_Leaver(one, Outside.SET_ASIDE))
        elif wanted and wanted.isdisjoint(indexed[one].languages):
            left.append(_Leaver(one, Outside.OTHER_LANGUAGE))
        else:
            left.append(_Leaver(one, Outside.EXCLUDED if one in excluded else Outside.OFF_NICHE))
    return left


def _scored(desk: _Desk, question: Question, bloggers: Sequence[str]) -> dict[str, Result]:
    ranking = _asked(desk, question, len(bloggers), allowed=bloggers)
    return {one.blogger.public_id: one for one in ranking.results}


def _excluded(desk: _Desk, question: Question, bloggers: Sequence[str]) -> frozenset[str]:
    """Those of the bloggers who would be ranked if the niche excluded nothing."""
    terms = question.terms
    if not bloggers or not (terms.exclude_terms or terms.exclude_sites):
        return frozenset()
    open_terms = NicheTerms(examples_like=terms.examples_like, examples_unlike=terms.examples_unlike)
    return frozenset(_scored(desk, replace(question, terms=open_terms), bloggers))


def _places(desk: _Desk, found: Sequence[Result], left: Sequence[_Leaver]) -> list[NewPlace]:
    results = [*found, *(one.result for one in left if one.result)]
    addresses = {one.blogger.public_id: [post.url for post in one.evidence] for one in results}
    with desk.database.read() as connection:
        ids = niche_rankings.post_ids(connection, addresses)

    def figures(result: Result) -> dict[str, Any]:
        keys = ((result.blogger.public_id, post.url) for post in result.evidence)
        return standing_of(result, [ids[key] for key in keys if key in ids]).as_json()

    placed = [NewPlace(one.blogger.public_id, rank, "", figures(one)) for rank, one in enumerate(found, start=1)]
    gone = [NewPlace(one.blogger, None, one.where, figures(one.result) if one.result else None) for one in left]
    return [*placed, *gone]


def _keep(desk: _Desk, niche: StoredNiche, made: NewRanking, places: Sequence[NewPlace]) -> Keeping:
    with desk.database.transaction() as connection:
        return niche_rankings.keep(connection, niche.public_id, made, places)
