"""Niches: the briefs that a team keeps."""

from fastapi import APIRouter, BackgroundTasks, Request, Response

from api.auth.actor import Documented, ListWriter, Reader
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.reranking import rerank_niche
from api.schemas.niches import NicheChange, NicheIn, NicheOut
from api.schemas.teams import NicheId
from api.service import ServiceDep
from storage import niches
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/niches", tags=["niches"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.get("", response_model=Page[NicheOut])
def list_niches(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[NicheOut]:
    """List the niches of the workspace by name."""
    after = service.signer.position("niches", cursor, (str,))
    with service.database.read() as connection:
        rows = niches.page(connection, actor.workspace_id, limit=limit + 1, after_name=after[0] if after else None)
    shown = [NicheOut.of(row) for row in rows]
    return page_of(
        request, response, rows=shown, limit=limit, cursor_of=lambda last: service.signer.cursor("niches", [last.name])
    )


@router.post("", status_code=201)
def create_niche(
    service: ServiceDep, actor: ListWriter, wanted: NicheIn, response: Response, later: BackgroundTasks
) -> NicheOut:
    """Keep a niche; it is ranked behind the answer, and again after each generation."""
    with service.database.transaction() as connection:
        made = niches.create(connection, actor.workspace_id, wanted.fields(), now=utc_now())
    response.headers["Location"] = f"/v1/niches/{made.public_id}"
    later.add_task(rerank_niche, service, made)
    return NicheOut.of(made)


@router.get("/{niche_id}")
def get_niche(service: ServiceDep, actor: Reader, niche_id: NicheId) -> NicheOut:
    """Show a niche."""
    with service.database.read() as connection:
        return NicheOut.of(niches.get(connection, actor.workspace_id, niche_id))


@router.patch("/{niche_id}")
def change_niche(
    service: ServiceDep, actor: ListWriter, niche_id: NicheId, wanted: NicheChange, later: BackgroundTasks
) -> NicheOut:
    """Change some fields of a niche; it is ranked again behind the answer."""
    with service.database.transaction() as connection:
        changed = niches.change(connection, actor.workspace_id, niche_id, wanted.fields(), now=utc_now())
    later.add_task(rerank_niche, service, changed)
    return NicheOut.of(changed)


@router.delete("/{niche_id}", status_code=204)
def delete_niche(service: ServiceDep, actor: ListWriter, niche_id: NicheId) -> Response:
    """Delete a niche; lists made from it stay."""
    with service.database.transaction() as connection:
        niches.remove(connection, actor.workspace_id, niche_id)
    return Response(status_code=204)
