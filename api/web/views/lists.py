"""Lists: all of a workspace, making, renaming and deleting one, and the history of one."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError

from api.auth.actor import Actor, Scope
from api.http.paging import Cursor
from api.schemas.teams import MAX_NAME_CHARS, ListId, Name
from api.service import Service, ServiceDep
from api.web.charts.stage_bar import stage_bar
from api.web.list_access import MAX_TOLD_CHARS, FormWriter, PageReader, hold, suppressed, tell, told
from api.web.list_words import STAGE_NAMES, event_phrases
from api.web.rendering import render
from bloghound.errors import ConflictError, InputError
from storage import niches, shortlist_history, shortlists
from storage.shortlists import StoredShortlist
from storage.tables.base import utc_now

router = APIRouter(include_in_schema=False)

PAGE_LISTS = 50
PAGE_EVENTS = 50
MAX_CHIPS = 24
"""As on Find: three lines of niches."""

_NAME: TypeAdapter[str] = TypeAdapter(Name)

ListName = Annotated[str, Form(max_length=10 * MAX_NAME_CHARS)]
"""What was typed, however long within reason: :func:`named` says what is wrong with it."""


@router.get("/lists")
def lists(
    request: Request,
    service: ServiceDep,
    actor: PageReader,
    cursor: Cursor = None,
    told_text: Annotated[str, Query(alias="told", max_length=MAX_TOLD_CHARS)] = "",
) -> Response:
    """All lists of the workspace with how far their entries have come."""
    return _lists_page(request, service, actor, cursor=cursor, told=told(service, told_text))


@router.post("/lists")
def create(request: Request, service: ServiceDep, actor: FormWriter, name: ListName = "") -> Response:
    """Make a list and show it; a name that cannot be used is asked for again."""
    try:
        with service.database.transaction() as connection:
            made = shortlists.create(connection, actor.workspace_id, named(name), actor=actor.key_name, now=utc_now())
    except (ConflictError, InputError) as error:
        return _lists_page(request, service, actor, problem=str(error), typed=name, status=error.http_status)
    return RedirectResponse(f"/lists/{made.public_id}", status_code=303)


@router.post("/lists/{list_id}/rename")
def rename(service: ServiceDep, actor: FormWriter, list_id: ListId, name: ListName = "") -> Response:
    """Give a list another name; one that cannot be used is said on the page, and the old one stays."""
    try:
        with service.database.transaction() as connection:
            held = hold(service, connection, actor, list_id)
            shortlists.rename(connection, held, named(name), actor=actor.key_name, now=utc_now())
    except (ConflictError, InputError) as error:
        return tell(service, f"/lists/{list_id}", f"{error} The list keeps its name.")
    return tell(service, f"/lists/{list_id}", "The list is renamed.")


@router.get("/lists/{list_id}/delete")
def ask_to_delete(request: Request, service: ServiceDep, actor: PageReader, list_id: ListId) -> Response:
    """What is lost with a list, and the button that deletes it."""
    with service.database.read() as connection:
        found = _found(service, connection, actor, list_id)
    return render(request, "list_delete.html", nav="lists", list=found, entries=sum(found.stages.values()))


@router.post("/lists/{list_id}/delete")
def delete(service: ServiceDep, actor: FormWriter, list_id: ListId) -> Response:
    """Delete a list with its entries and its history."""
    with service.database.transaction() as connection:
        held = hold(service, connection, actor, list_id)
        shortlists.remove(connection, held)
    return tell(service, "/lists", f"The list “{held.name}” is deleted.")


@router.get("/lists/{list_id}/history")
def history(
    request: Request, service: ServiceDep, actor: PageReader, list_id: ListId, cursor: Cursor = None
) -> Response:
    """Who changed what on a list, the newest first."""
    purpose = f"page history:{list_id}"
    before = service.signer.position(purpose, cursor, (int,))
    with service.database.read() as connection:
        found = _found(service, connection, actor, list_id)
        events = shortlist_history.page(
            connection,
            found.list_id,
            limit=PAGE_EVENTS + 1,
            before_id=before[0] if before else None,
            suppressed=suppressed(service, connection),
        )
    shown = events[:PAGE_EVENTS]
    later = service.signer.cursor(purpose, [shown[-1].event_id]) if len(events) > PAGE_EVENTS else ""
    return render(
        request,
        "list_history.html",
        nav="lists",
        view="history",
        told="",
        events=[(event, event_phrases(event.action, event.changes)) for event in shown],
        later=later,
        first=cursor is None,
        **head_context(found, actor),
    )


def head_context(found: StoredShortlist, actor: Actor) -> dict[str, Any]:
    """What the head of every page of one list is made of."""
    return {
        "list": found,
        "entries": sum(found.stages.values()),
        "bar": stage_bar(found.stages),
        "stage_names": STAGE_NAMES,
        "may_write": actor.may(Scope.LISTS_WRITE),
        "may_export": actor.may(Scope.EXPORT),
    }


def named(text: str) -> str:
    """A name that a list or niche may have; raises InputError."""
    try:
        return _NAME.validate_python(text)
    except ValidationError as error:
        raise InputError(f"A name has 1 to {MAX_NAME_CHARS} characters, not all of them blank.") from error


def _found(service: Service, connection: Any, actor: Actor, list_id: str) -> StoredShortlist:
    return shortlists.get(connection, actor.workspace_id, list_id, suppressed=suppressed(service, connection))


def _lists_page(
    request: Request,
    service: Service,
    actor: Actor,
    *,
    cursor: str | None = None,
    told: str = "",
    problem: str = "",
    typed: str = "",
    status: int = 200,
) -> Response:
    after = service.signer.position("page lists", cursor, (str,))
    with service.database.read() as connection:
        rows = shortlists.page(
            connection,
            actor.workspace_id,
            limit=PAGE_LISTS + 1,
            after_name=after[0] if after else None,
            suppressed=suppressed(service, connection),
        )
        saved = niches.page(connection, actor.workspace_id, limit=MAX_CHIPS)
    shown = rows[:PAGE_LISTS]
    return render(
        request,
        "lists.html",
        status=status,
        nav="lists",
        lists=[(one, sum(one.stages.values()), stage_bar(one.stages)) for one in shown],
        niches=saved,
        stage_names=STAGE_NAMES,
        later=service.signer.cursor("page lists", [shown[-1].name]) if len(rows) > PAGE_LISTS else "",
        first=cursor is None,
        may_write=actor.may(Scope.LISTS_WRITE),
        told=told,
        problem=problem,
        typed=typed,
    )
