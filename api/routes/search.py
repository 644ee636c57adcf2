"""Ranked lists of bloggers for a brief or a niche, page by page, and the explanation of any one score."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from anyio import to_thread
from fastapi import APIRouter, Query, Response

from api.auth.actor import Actor, Documented, Reader, Scope, require
from api.http.problems import PROBLEMS
from api.schemas.search import ExplanationOut, FiltersIn, SearchIn, SearchOut
from api.service import Service, ServiceDep
from bloghound.errors import CursorError, InputError, NotFoundError
from bloghound.jobs import contacts
from bloghound.records import StatementKind
from ranking.brief import MAX_BRIEF_CHARS

if TYPE_CHECKING:
    from bloghound.jobs.searching import Question
    from ranking.filters import Filters

# A search changes nothing, so none of its answers is kept for an Idempotency-Key: one would outlive an opt-out.
router = APIRouter(prefix="/v1/search", tags=["search"], responses=PROBLEMS, dependencies=[Documented])


@router.post("", response_model=SearchOut)
async def search(service: ServiceDep, actor: Reader, wanted: SearchIn) -> Response:
    """Rank bloggers for a brief or a niche, with the reasons for every score."""
    body = await to_thread.run_sync(found, service, actor, wanted, limiter=service.searches)
    return Response(body, media_type="application/json")


@router.get("/explain")
def explain_score(
    service: ServiceDep,
    actor: Reader,
    blogger: Annotated[str, Query(max_length=64, description="Public id of the blogger.")],
    query: Annotated[str | None, Query(min_length=1, max_length=MAX_BRIEF_CHARS)] = None,
    niche_id: Annotated[str | None, Query(max_length=64)] = None,
    weights: Annotated[str | None, Query(max_length=200, description="As `relevance=0.6,engagement=0.4`.")] = None,
    generation: Annotated[str | None, Query(max_length=64)] = None,
) -> ExplanationOut:
    """Recompute one blogger's score, however far down the list or off the niche it is."""
    from ranking.score import FORMULA, Weights  # noqa: PLC0415 - the index's libraries load in the background first

    if (query is None) == (niche_id is None):
        raise InputError("Give exactly one of query and niche_id.")
    engine = service.engines.engine(generation)
    asked = _question(service, actor, query, niche_id, asdict(Weights.parse(weights)) if weights else None)
    if blogger in service.engines.hidden(engine, service.database):
        raise NotFoundError(f"There is no blogger {blogger} in {engine.generation.public_id}.")
    result = engine.explain(asked.brief, blogger, weights=asked.weights, niche=asked.terms)
    return ExplanationOut.model_validate(
        {
            "query": asked.brief,
            "generation": engine.generation.public_id,
            "formula": FORMULA,
            "weights": asdict(asked.weights),
            "result": result.as_dict(),
        }
    )


def found(service: Service, actor: Actor, wanted: SearchIn) -> bytes:
    """The page of the ranking that is asked for, without bloggers who opted out: a :class:`SearchOut` as JSON.

    Written straight from the ranking, which is made of nothing but what the model says: checking a hundred kilobytes of
    our own takes three times as long as writing them.

    Raises CursorError for a cursor of another request, ForbiddenError for a filter that the key may not use, GoneError
    for a generation that was replaced, NotFoundError for a niche or list that the workspace does not have.
    """
    from ranking.ranking import Place  # noqa: PLC0415 - the index's libraries load in the background first

    asked = _question(service, actor, wanted.query, wanted.niche_id, _weights(wanted))
    purpose = f"search.{_digest(actor, wanted, asked.version)}"
    position = service.signer.position(purpose, wanted.cursor, (str, int, float, str))
    generation, shown, *last = position or (wanted.generation, 0)
    if wanted.generation not in {None, generation}:
        raise CursorError(f"The cursor belongs to {generation}, not to {wanted.generation}.")
    engine = service.engines.engine(generation)
    allowed, hidden = _by_lists(service, actor, wanted.filters)
    allowed, hidden = _by_contact(service, actor, wanted.filters, allowed, hidden)
    ranking = engine.rank(
        asked.brief,
        limit=wanted.limit,
        offset=shown,
        after=Place(*last) if last else None,
        languages=wanted.languages,
        weights=asked.weights,
        filters=_filters(wanted.filters),
        niche=asked.terms,
        allowed=allowed,
        hidden=hidden | service.engines.hidden(engine, service.database),
    )
    cursor = None
    if ranking.last is not None:
        following = [ranking.generation, shown + len(ranking.results), *ranking.last]
        cursor = service.signer.cursor(purpose, following)
    page = {**ranking.as_dict(), "has_more": cursor is not None, "next_cursor": cursor}
    _add_wishes(service, actor, page["results"])
    return orjson.dumps(page)


def _question(
    service: Service, actor: Actor, query: str | None, niche_id: str | None, weights: dict[str, float] | None
) -> "Question":
    from bloghound.jobs import searching  # noqa: PLC0415 - the index's libraries load in the background first

    if niche_id is None:
        return searching.question_of(query or "", weights)
    with service.database.read() as connection:
        return searching.question_of_niche(connection, actor.workspace_id, niche_id, weights)


def _weights(wanted: SearchIn) -> dict[str, float] | None:
    return wanted.weights.model_dump() if wanted.weights is not None else None


def _by_lists(service: Service, actor: Actor, filters: FiltersIn) -> tuple[frozenset[str] | None, frozenset[str]]:
    """The bloggers of the list that alone may be shown (None: all may), and those of the list that may not."""
    from bloghound.jobs import searching  # noqa: PLC0415 - the index's libraries load in the background first

    if filters.in_list is None and filters.not_in_list is None:
        return None, frozenset()
    with service.database.read() as connection:
        allowed = searching.listed(connection, actor.workspace_id, filters.in_list)
        hidden = searching.listed(connection, actor.workspace_id, filters.not_in_list)
    return allowed, hidden or frozenset()


def _by_contact(
    service: Service, actor: Actor, filters: FiltersIn, allowed: frozenset[str] | None, hidden: frozenset[str]
) -> tuple[frozenset[str] | None, frozenset[str]]:
    """``allowed`` and ``hidden``, narrowed to bloggers with a known way of contact, or to those without one.

    It is read here and now and not kept in the index, so that nothing of it is left there after an erasure. Raises
    ForbiddenError for a key that may not read contacts, InputError where they are not collected.
    """
    if filters.has_contact is None:
        return allowed, hidden
    require(actor, Scope.CONTACTS_READ)
    with service.database.read() as connection:
        reachable = contacts.reachable(connection, service.settings)
    if filters.has_contact:
        return (reachable if allowed is None else allowed & reachable), hidden
    return allowed, hidden | reachable


def _add_wishes(service: Service, actor: Actor, results: Sequence[dict[str, Any]]) -> None:
    """Write beside each blogger what it states about pitches, for those who may read contacts; null for others."""
    wishes: dict[str, list[StatementKind]] = {}
    if service.settings.collect_contacts and actor.may(Scope.CONTACTS_READ):
        ids = [result["blogger"]["id"] for result in results]
        with service.database.read() as connection:
            known = contacts.contacts_of(connection, service.settings, ids)
        wishes = {blogger: [wish.kind for wish in known[blogger].wishes] for blogger in ids}
    for result in results:
        result["contact_wishes"] = wishes.get(result["blogger"]["id"])


def _filters(wanted: FiltersIn) -> "Filters":
    from ranking.filters import Bounds, Filters  # noqa: PLC0415 - the index's libraries load in the background first

    return Filters(
        languages=tuple(wanted.language),
        last_post_within_days=wanted.last_post_within_days,
        posts_per_month=Bounds(wanted.posts_per_month.min, wanted.posts_per_month.max),
        min_engagement=wanted.min_engagement,
        max_sponsored_share=wanted.max_sponsored_share,
        platforms=tuple(wanted.platform),
        followers=Bounds(wanted.followers.min, wanted.followers.max),
        personal_only=wanted.personal_only,
    )


def _digest(actor: Actor, wanted: SearchIn, niche_version: str) -> str:
    """Of all that decides on the order: a cursor is worth something for the same question of the same team only."""
    asked = wanted.model_dump(mode="json", exclude={"cursor", "limit", "generation"})
    text = json.dumps([actor.workspace_public_id, niche_version, asked], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
