"""How a niche was ranked in each generation, and who rose, fell, is new or gone because of what."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request, Response

from api.auth.actor import Documented, Reader
from api.http.etag import IfNoneMatch, content_etag, is_unchanged
from api.http.paging import Cursor, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.schemas.niche_rankings import (
    ChangeOut,
    ChangesPage,
    FailedRankingOut,
    PlaceOut,
    RankingPage,
    RankingRef,
    ReasonOut,
)
from api.schemas.teams import NicheId
from api.service import ServiceDep
from bloghound.jobs import niche_changes
from ranking.changes import ChangeKind

router = APIRouter(prefix="/v1/niches", tags=["niches"], responses=PROBLEMS, dependencies=[Documented])

MOVED = tuple(kind for kind in ChangeKind if kind is not ChangeKind.UNCHANGED)
"""What is listed where nothing else is asked for."""

Shown = TypeVar("Shown", RankingPage, ChangesPage)

_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing changed since the `ETag` given."}}


@router.get("/{niche_id}/ranking", response_model=RankingPage, responses=_UNCHANGED)
def niche_ranking(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    niche_id: NicheId,
    generation: Annotated[str | None, Query(max_length=64, description="As `gen_000012`; without: the newest.")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response | RankingPage:
    """List the bloggers of a niche as they were ranked in a generation, which may itself be gone."""
    purpose = f"niche ranking:{niche_id}:{generation or ''}"
    after = service.signer.position(purpose, cursor, (int, int))
    with service.database.read() as connection:
        at = (connection, service.settings, actor.workspace_id, niche_id)
        found = niche_changes.same_ranking(*at, after[0]) if after else niche_changes.ranking_of(*at, generation)
    rows = [one for one in found.places if after is None or one.position > after[1]]
    weights, positions = found.ranking.weights, {one.rank: one.position for one in rows}
    page = page_of(
        request,
        response,
        rows=[PlaceOut.of(one, weights, found.posts) for one in rows[: limit + 1]],
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(purpose, [found.ranking.ranking_id, positions[last.rank]]),
    )
    shown = RankingPage(
        **dict(page),
        niche_id=niche_id,
        ranking=RankingRef.of(found.ranking),
        outdated=found.outdated,
        problem=FailedRankingOut.of(found.problem),
    )
    return _versioned(response, shown, if_none_match)


@router.get("/{niche_id}/changes", response_model=ChangesPage, responses=_UNCHANGED)
def niche_ranking_changes(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    niche_id: NicheId,
    since: Annotated[
        str | None,
        Query(max_length=64, description="A generation, or a time (RFC 3339); without: the ranking before the newest."),
    ] = None,
    change: Annotated[list[ChangeKind] | None, Query(description="Without: all but `unchanged`.")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
    if_none_match: IfNoneMatch = None,
) -> Response | ChangesPage:
    """List who rose, fell, is new or gone since an earlier ranking, and because of which evidence."""
    kinds = sorted(set(change or MOVED))
    purpose = f"niche changes:{niche_id}:{since or ''}:{','.join(kinds)}"
    after = service.signer.position(purpose, cursor, (int, int, int, int))
    with service.database.read() as connection:
        at = (connection, service.settings, actor.workspace_id, niche_id)
        found = niche_changes.same_changes(*at, after[:2]) if after else niche_changes.changes_of(*at, since)
    rows = [one for one in found.changes if one.change.kind in kinds and (not after or one.position > tuple(after[2:]))]
    pair = [found.since.ranking_id if found.since else 0, found.to.ranking_id]
    page = page_of(
        request,
        response,
        rows=[ChangeOut.of(one, found) for one in rows[: limit + 1]],
        limit=limit,
        cursor_of=lambda _last: service.signer.cursor(purpose, [*pair, *rows[limit - 1].position]),
    )
    shown = ChangesPage(
        **dict(page),
        niche_id=niche_id,
        since=RankingRef.of(found.since) if found.since else None,
        to=RankingRef.of(found.to),
        outdated=found.outdated,
        causes=[ReasonOut.of(one, found.posts) for one in found.causes],
        counts=found.counts,
        problem=FailedRankingOut.of(found.problem),
    )
    return _versioned(response, shown, if_none_match)


def _versioned(response: Response, shown: Shown, if_none_match: str | None) -> Response | Shown:
    """The answer with its ETag, or 304 for who has it already."""
    tag = content_etag(shown)
    if is_unchanged(if_none_match, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return shown
