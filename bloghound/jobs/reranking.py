"""Ranking every saved niche again after each generation, and one alone after it was changed; the results are kept.

Central names: :func:`rerank`, :func:`after_build` (the call at the end of building an index).
"""

import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bloghound.errors import BloghoundError
from bloghound.jobs.ranking import suppressed_bloggers
from bloghound.jobs.searching import Question, question_of_stored
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.changes import Outside
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.index import Generation
from ranking.niche import NicheTerms
from ranking.ranking import SHOWN_GATE, Ranking, Result
from ranking.score import FORMULA
from ranking.standings import standing_of
from storage import niche_rankings, niches, suppressions
from storage.database import Database
from storage.niche_rankings import NewPlace, NewRanking
from storage.niches import StoredNiche
from storage.tables.base import utc_now

KEPT_PLACES = 200
"""Bloggers kept of each ranking: several times what a campaign talks to, and 0.1 MB of figures."""
ASKED = ("brief", "examples_like", "examples_unlike", "languages", "exclude_terms", "exclude_sites", "weights")
"""What a niche asks the ranking; its name is no part of it."""
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
    """What became of the saved niches: ranked anew, ranked for this generation already, and those that failed."""

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
    settings: Settings, database: Database, generation: Generation, encoder: Encoder, progress: Progress
) -> RerankReport:
    """Rank all saved niches in a generation that was just built; without any, nothing is opened."""
    with database.read() as connection:
        saved = niches.every(connection)
    if not saved:
        return RerankReport()
    return rerank(settings, database, RankingEngine(generation, encoder, niche_reach), saved, progress)


def rerank(
    settings: Settings,
    database: Database,
    engine: RankingEngine,
    saved: Sequence[StoredNiche],
    progress: Progress | None = None,
) -> RerankReport:
    """Rank these niches with the engine and keep the rankings; twice is as good as once.

    One that cannot be ranked is kept with the reason, and stops no other.
    """
    report = progress or (lambda _stage, _done, _total: None)
    with database.read() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
    desk = _Desk(settings, database, engine, suppressed_bloggers(engine, suppressed) if suppressed else frozenset())
    ranked, failed = 0, []
    for done, niche in enumerate(saved):
        report(STAGE, done, len(saved))
        try:
            ranked += _rerank(desk, niche)
        except BloghoundError as error:
            _LOG.warning(
                "the niche %s could not be ranked in %s: %s", niche.public_id, engine.generation.public_id, error
            )
            failed.append(Failure(niche.public_id, niche.name, str(error)))
    report(STAGE, len(saved), len(saved))
    return RerankReport(ranked, len(saved) - ranked - len(failed), tuple(failed))


def question_digests(settings: Settings, niche: StoredNiche) -> dict[str, str]:
    """What a niche asks, field by field, as keyed digests: they tell what was changed, and name nobody."""
    key = settings.secret_key()
    fields = ((name, json.dumps(getattr(niche, name), sort_keys=True)) for name in ASKED)
    return {name: suppressions.keyed_hash(key, f"{name}\x00{text}")[:16] for name, text in fields}


@dataclass(frozen=True, slots=True)
class _Leaver:
    """Somebody of the ranking before who has no place in this one; ``result`` is None for who has no score here."""

    blogger: str
    where: Outside
    result: Result | None = None


def _rerank(desk: _Desk, niche: StoredNiche) -> bool:
    """Rank one niche and keep the ranking; False where the same is kept already."""
    made = _heading(desk, niche)
    with desk.database.read() as connection:
        known = niche_rankings.of_niche(connection, niche.public_id)
        good = next((one for one in known if not one.problem), None)
        before = niche_rankings.placed(connection, good.ranking_id) if good else []
    if known and made.is_same_as(known[0]):
        return False
    try:
        question = question_of_stored(niche)
        ranking = _asked(desk, question, KEPT_PLACES)
        found = [one for one in ranking.results if one.score.gate >= SHOWN_GATE]
        here = {one.blogger.public_id for one in found} | desk.hidden
        left = _leavers(desk, question, [one for one in before if one not in here])
    except BloghoundError as error:
        _keep(desk, niche, replace(made, problem=str(error)), [])
        raise
    made = replace(made, weights=asdict(ranking.weights), total=ranking.total)
    return _keep(desk, niche, made, _places(desk, found, left))


def _heading(desk: _Desk, niche: StoredNiche) -> NewRanking:
    generation = desk.engine.generation
    return NewRanking(
        generation=generation.number,
        formula=FORMULA,
        model=generation.model,
        question=question_digests(desk.settings, niche),
        weights={},
        total=0,
        problem="",
        as_of=datetime.fromisoformat(generation.as_of),
        made_at=utc_now(),
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
    scored, looked_for = _scored(desk, question, gone), set(gone)
    indexed = {one.public_id: one for one in desk.engine.generation.bloggers if one.public_id in looked_for}
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


def _keep(desk: _Desk, niche: StoredNiche, made: NewRanking, places: Sequence[NewPlace]) -> bool:
    with desk.database.transaction() as connection:
        return niche_rankings.keep(connection, niche.public_id, made, places)
