"""Entries of a shortlist, one by one and many at once. ``If-Match`` and ``ETag`` are those of the list."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth.actor import Actor, Documented, ListWriter, Reader
from api.http.etag import IfMatch, etag, require_match
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.entries import BulkAdd, BulkIn, BulkOut, BulkRemove, EntryChange, EntryIn, EntryOut, NoteIn
from api.schemas.teams import MAX_NAME_CHARS, BloggerId, ListId, NoteId
from api.service import Service, ServiceDep
from bloghound.records import Stage
from storage import shortlist_changes, shortlist_entries, shortlists, suppressions
from storage.database import Connection
from storage.shortlist_changes import BulkResult, ChangedEntry
from storage.shortlist_entries import EntryFilters, EntrySort
from storage.shortlists import HeldShortlist
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/lists/{list_id}",
    tags=["lists"],
    route_class=ServiceRoute,
    responses=PROBLEMS,
    dependencies=[Documented],
)
OptionalText = Annotated[str | None, Query(max_length=MAX_NAME_CHARS)]


@router.get("/entries", response_model=Page[EntryOut])
def list_entries(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    list_id: ListId,
    stage: Stage | None = None,
    tag: OptionalText = None,
    owner: OptionalText = None,
    sort: EntrySort = EntrySort.ADDED,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[EntryOut]:
    """List the entries of a shortlist, those that pass every filter given."""
    purpose = f"entries:{list_id}:{sort}:{stage}:{tag!r}:{owner!r}"
    after = service.signer.position(purpose, cursor, shortlist_entries.position_kinds(sort))
    filters = EntryFilters(stage, tag, owner)
    with service.database.read() as connection:
        found = shortlists.look_up(connection, actor.workspace_id, list_id)
        hidden = suppressions.load(connection, service.settings.secret_key())
        rows = shortlist_entries.page(
            connection, found.list_id, limit=limit + 1, sort=sort, filters=filters, after=after, suppressed=hidden
        )
    _show_version(response, found.public_id, found.version)
    return page_of(
        request,
        response,
        rows=[EntryOut.of(row) for row in rows],
        limit=limit,
        cursor_of=lambda _last: service.signer.cursor(purpose, shortlist_entries.position(rows[limit - 1], sort)),
    )


@router.post("/entries", status_code=201)
def add_entry(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    wanted: EntryIn,
    response: Response,
    if_match: IfMatch = None,
) -> EntryOut:
    """Put a blogger on a list; one who is on it is a conflict."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        changed = shortlist_changes.add(connection, held, wanted.blogger_id, wanted.new_entry(), **_by(actor))
    response.headers["Location"] = f"/v1/lists/{list_id}/entries/{wanted.blogger_id}"
    return _changed(response, held, changed)


@router.post("/entries:bulk")
def edit_entries(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    wanted: BulkIn,
    response: Response,
    if_match: IfMatch = None,
) -> BulkOut:
    """Edit up to 1,000 entries alike, all or none, and say what became of each."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        result = _edit_all(connection, held, wanted, actor)
    _show_version(response, held.public_id, result.version)
    return BulkOut.of(result)


@router.get("/entries/{blogger_id}")
def get_entry(
    service: ServiceDep, actor: Reader, list_id: ListId, blogger_id: BloggerId, response: Response
) -> EntryOut:
    """Show the entry of a blogger."""
    with service.database.read() as connection:
        found = shortlists.look_up(connection, actor.workspace_id, list_id)
        hidden = suppressions.load(connection, service.settings.secret_key())
        entry = shortlist_entries.get(connection, found.list_id, blogger_id, suppressed=hidden)
    _show_version(response, found.public_id, found.version)
    return EntryOut.of(entry)


@router.patch("/entries/{blogger_id}")
def change_entry(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    blogger_id: BloggerId,
    wanted: EntryChange,
    response: Response,
    if_match: IfMatch = None,
) -> EntryOut:
    """Set stage, owner or tags of an entry."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        changed = shortlist_changes.edit(connection, held, blogger_id, wanted.edit(), **_by(actor))
    return _changed(response, held, changed)


@router.delete("/entries/{blogger_id}", status_code=204)
def remove_entry(
    service: ServiceDep, actor: ListWriter, list_id: ListId, blogger_id: BloggerId, if_match: IfMatch = None
) -> Response:
    """Take a blogger off a list."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        version = shortlist_changes.remove(connection, held, blogger_id, **_by(actor))
    return Response(status_code=204, headers={"ETag": etag(held.public_id, version)})


@router.post("/entries/{blogger_id}/notes", status_code=201)
def add_note(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    blogger_id: BloggerId,
    wanted: NoteIn,
    response: Response,
    if_match: IfMatch = None,
) -> EntryOut:
    """Add a note to an entry; its author is the name of the key."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        changed = shortlist_changes.add_note(connection, held, blogger_id, wanted.text, **_by(actor))
    return _changed(response, held, changed)


@router.delete("/entries/{blogger_id}/notes/{note_id}")
def delete_note(
    service: ServiceDep,
    actor: ListWriter,
    list_id: ListId,
    blogger_id: BloggerId,
    note_id: NoteId,
    response: Response,
    if_match: IfMatch = None,
) -> EntryOut:
    """Delete a note of an entry."""
    with _held(service, actor, list_id, if_match) as (connection, held):
        changed = shortlist_changes.remove_note(connection, held, blogger_id, note_id, **_by(actor))
    return _changed(response, held, changed)


@contextmanager
def _held(
    service: Service, actor: Actor, list_id: str, if_match: str | None
) -> Iterator[tuple[Connection, HeldShortlist]]:
    """A transaction that holds the list; raises NotFoundError, and PreconditionError for another version."""
    with service.database.transaction() as connection:
        suppressed = suppressions.load(connection, service.settings.secret_key())
        held = shortlists.hold(connection, actor.workspace_id, list_id, suppressed=suppressed)
        require_match(if_match, etag(held.public_id, held.version))
        yield connection, held


def _by(actor: Actor) -> dict[str, Any]:
    return {"actor": actor.key_name, "now": utc_now()}


def _edit_all(connection: Connection, held: HeldShortlist, wanted: BulkIn, actor: Actor) -> BulkResult:
    if isinstance(wanted, BulkAdd):
        return shortlist_changes.add_all(connection, held, wanted.blogger_ids, wanted.new_entry(), **_by(actor))
    if isinstance(wanted, BulkRemove):
        return shortlist_changes.remove_all(connection, held, wanted.blogger_ids, **_by(actor))
    return shortlist_changes.edit_all(connection, held, wanted.blogger_ids, wanted.edit(), **_by(actor))


def _show_version(response: Response, list_id: str, version: int) -> None:
    response.headers["ETag"] = etag(list_id, version)


def _changed(response: Response, held: HeldShortlist, changed: ChangedEntry) -> EntryOut:
    _show_version(response, held.public_id, changed.version)
    return EntryOut.of(changed.entry)
