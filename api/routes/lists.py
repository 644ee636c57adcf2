"""Shortlists and their history; every change raises the version that the ETag names."""

from fastapi import APIRouter, Request, Response

from api.auth.actor import Actor, Documented, ListWriter, Reader
from api.http.etag import IfMatch, etag, require_match
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.lists import EventOut, ListIn, ListOut
from api.schemas.teams import ListId
from api.service import Service, ServiceDep
from storage import shortlist_history, shortlists, suppressions
from storage.database import Connection
from storage.shortlists import StoredShortlist
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/lists", tags=["lists"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.get("", response_model=Page[ListOut])
def list_lists(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[ListOut]:
    """List the shortlists of the workspace by name."""
    after = service.signer.position("lists", cursor, (str,))
    with service.database.read() as connection:
        rows = shortlists.page(
            connection,
            actor.workspace_id,
            limit=limit + 1,
            after_name=after[0] if after else None,
            suppressed=suppressions.load(connection, service.settings.secret_key()),
        )
    shown = [ListOut.of(row) for row in rows]
    return page_of(
        request, response, rows=shown, limit=limit, cursor_of=lambda last: service.signer.cursor("lists", [last.name])
    )


@router.post("", status_code=201)
def create_list(service: ServiceDep, actor: ListWriter, wanted: ListIn, response: Response) -> ListOut:
    """Make an empty shortlist."""
    with service.database.transaction() as connection:
        made = shortlists.create(connection, actor.workspace_id, wanted.name, actor=actor.key_name, now=utc_now())
    response.headers["Location"] = f"/v1/lists/{made.public_id}"
    return _with_etag(response, made)


@router.get("/{list_id}")
def get_list(service: ServiceDep, actor: Reader, list_id: ListId, response: Response) -> ListOut:
    """Show a shortlist with its counts by stage; its entries are a listing of their own."""
    with service.database.read() as connection:
        return _with_etag(response, _shown(connection, service, actor, list_id))


@router.patch("/{list_id}")
def rename_list(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    wanted: ListIn,
    response: Response,
    if_match: IfMatch = None,
) -> ListOut:
    """Give a shortlist another name."""
    with service.database.transaction() as connection:
        held = shortlists.hold(connection, actor.workspace_id, list_id)
        require_match(if_match, etag(held.public_id, held.version))
        shortlists.rename(connection, held, wanted.name, actor=actor.key_name, now=utc_now())
        return _with_etag(response, _shown(connection, service, actor, list_id))


@router.delete("/{list_id}", status_code=204)
def delete_list(service: ServiceDep, actor: ListWriter, list_id: ListId, if_match: IfMatch = None) -> Response:
    """Delete a shortlist with its entries and its history."""
    with service.database.transaction() as connection:
        held = shortlists.hold(connection, actor.workspace_id, list_id)
        require_match(if_match, etag(held.public_id, held.version))
        shortlists.remove(connection, held)
    return Response(status_code=204)


@router.get("/{list_id}/history", response_model=Page[EventOut])
def list_events(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    list_id: ListId,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[EventOut]:
    """List who changed what, the newest first."""
    purpose = f"history:{list_id}"
    before = service.signer.position(purpose, cursor, (int,))
    with service.database.read() as connection:
        found = shortlists.look_up(connection, actor.workspace_id, list_id)
        rows = shortlist_history.page(
            connection,
            found.list_id,
            limit=limit + 1,
            before_id=before[0] if before else None,
            suppressed=suppressions.load(connection, service.settings.secret_key()),
        )
    return page_of(
        request,
        response,
        rows=[EventOut.of(row) for row in rows],
        limit=limit,
        cursor_of=lambda _last: service.signer.cursor(purpose, [rows[limit - 1].event_id]),
    )


def _shown(connection: Connection, service: Service, actor: Actor, list_id: str) -> StoredShortlist:
    suppressed = suppressions.load(connection, service.settings.secret_key())
    return shortlists.get(connection, actor.workspace_id, list_id, suppressed=suppressed)


def _with_etag(response: Response, stored: StoredShortlist) -> ListOut:
    response.headers["ETag"] = etag(stored.public_id, stored.version)
    return ListOut.of(stored)
