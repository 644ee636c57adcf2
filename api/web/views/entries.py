"""One entry of a list: its stage, owner, tags, notes and origin; a page of its own, or the panel beside the board."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, StringConstraints

from api.auth.actor import Actor, Scope
from api.http.etag import etag
from api.schemas.teams import MAX_NAME_CHARS, MAX_NOTE_CHARS, BloggerId, ListId, NoteId, NoteText, Owner
from api.service import ServiceDep
from api.web.asking import Asked
from api.web.list_access import MAX_TOLD_CHARS, FormWriter, PageReader, hold, suppressed, tell, told
from api.web.list_words import STAGE_NAMES, origin, stage_name
from api.web.rendering import render
from api.web.views.board import BulkForm, edit_of
from bloghound.errors import InputError, NotFoundError
from bloghound.records import Stage
from storage import niches, shortlist_changes, shortlist_entries, shortlists
from storage.database import Connection
from storage.shortlist_edits import Edit
from storage.shortlist_entries import StoredEntry
from storage.shortlists import HeldShortlist
from storage.tables.base import utc_now

router = APIRouter(prefix="/lists/{list_id}/entries/{blogger_id}", include_in_schema=False)

FRAGMENTS = {"entry": "parts/entry.html", "card": "parts/card_of_list.html"}
"""What scripts may ask for alone, by ``X-Fragment``."""


@router.get("")
def show(
    request: Request,
    service: ServiceDep,
    actor: PageReader,
    list_id: ListId,
    blogger_id: BloggerId,
    told_text: Annotated[str, Query(alias="told", max_length=MAX_TOLD_CHARS)] = "",
    fragment: Annotated[str, Header(alias="X-Fragment", max_length=20)] = "",
) -> Response:
    """All that is kept of a blogger on a list."""
    with service.database.read() as connection:
        hidden = suppressed(service, connection)
        found = shortlists.look_up(connection, actor.workspace_id, list_id)
        entry = shortlist_entries.get(connection, found.list_id, blogger_id, suppressed=hidden)
        niche_name = _niche_name(connection, actor, entry)
    return render(
        request,
        FRAGMENTS.get(fragment, "list_entry.html"),
        headers={"ETag": etag(found.public_id, found.version)},
        nav="lists",
        list=found,
        entry=entry,
        told=told(service, told_text),
        origin=origin,
        niche_name=niche_name,
        ranking_address=ranking_address(entry),
        stage_names=STAGE_NAMES,
        may_write=actor.may(Scope.LISTS_WRITE),
        max_note=MAX_NOTE_CHARS,
    )


def _niche_name(connection: Connection, actor: Actor, entry: StoredEntry) -> str | None:
    niche = entry.added_from.get("niche")
    if not niche:
        return None
    try:
        return niches.get(connection, actor.workspace_id, niche).name
    except NotFoundError:
        return None


def ranking_address(entry: StoredEntry) -> str:
    """The address of the ranking that an entry was added from; empty when it was added by hand."""
    known = entry.added_from
    asked = Asked(
        q="" if known.get("niche") else known.get("query") or "",
        niche=known.get("niche") or "",
        generation=known.get("generation") or "",
    )
    return asked.address() if asked.wanted else ""


class EntryForm(BaseModel):
    """One change of an entry; ``was`` is what the page showed of stage or owner when it was filled in."""

    action: Literal["set_stage", "set_owner", "add_tag", "remove_tag"]
    stage: Stage = Stage.CANDIDATE
    owner: Owner = ""
    tag: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)] = ""
    was: Annotated[str, StringConstraints(max_length=MAX_NAME_CHARS)] = ""
    back: Literal["board", "entry"] = "entry"


@router.post("")
def change(
    service: ServiceDep,
    actor: FormWriter,
    list_id: ListId,
    blogger_id: BloggerId,
    form: Annotated[EntryForm, Form()],
) -> Response:
    """Set the stage or owner of an entry, or add or remove a tag; what somebody else changed meanwhile stands."""
    with service.database.transaction() as connection:
        held = hold(service, connection, actor, list_id)
        entry = shortlist_entries.get(connection, held.list_id, blogger_id, suppressed=held.suppressed)
        sentence = _overtaken(entry, form)
        if not sentence:
            sentence = _changed(connection, held, entry, form, actor)
    if form.back == "board":
        return tell(service, f"/lists/{list_id}", sentence, anchor=f"card-{blogger_id}")
    return tell(service, f"/lists/{list_id}/entries/{blogger_id}", sentence)


def _overtaken(entry: StoredEntry, form: EntryForm) -> str:
    """What to say when the page was filled in over an older stage or owner; empty when it was not."""
    name = entry.blogger.name
    if form.action == "set_stage" and form.was and entry.stage not in {form.was, form.stage}:
        return f"{name} was moved to {stage_name(entry.stage)} meanwhile; nothing was changed. Decide anew."
    if form.action == "set_owner" and entry.owner not in {form.was, form.owner}:
        return f"{name} was given to {entry.owner or 'nobody'} meanwhile; nothing was changed. Decide anew."
    return ""


def _changed(connection: Connection, held: HeldShortlist, entry: StoredEntry, form: EntryForm, actor: Actor) -> str:
    """Make the change; what to say of it."""
    try:
        wanted = _edit(form)
        changed = shortlist_changes.edit(
            connection, held, entry.blogger.public_id, wanted, actor=actor.key_name, now=utc_now()
        ).entry
    except InputError as error:
        return f"{error} Nothing was changed."
    name = changed.blogger.name
    return {
        "set_stage": f"{name} is at {stage_name(changed.stage)} now.",
        "set_owner": f"{changed.owner or 'Nobody'} takes care of {name} now.",
    }.get(form.action, f"{name} is tagged {', '.join(changed.tags) or 'with nothing'} now.")


def _edit(form: EntryForm) -> Edit:
    fields = form.model_dump(include={"action", "stage", "owner", "tag"})
    return edit_of(BulkForm(**fields))


@router.post("/notes")
def add_note(
    service: ServiceDep,
    actor: FormWriter,
    list_id: ListId,
    blogger_id: BloggerId,
    text: Annotated[NoteText, Form()],
) -> Response:
    """Add a note."""
    path = f"/lists/{list_id}/entries/{blogger_id}"
    try:
        with service.database.transaction() as connection:
            held = hold(service, connection, actor, list_id)
            shortlist_changes.add_note(connection, held, blogger_id, text, **_by(actor))
    except InputError as error:
        return tell(service, path, str(error))
    return tell(service, path, "The note is kept.")


@router.post("/notes/{note_id}/delete")
def delete_note(
    service: ServiceDep, actor: FormWriter, list_id: ListId, blogger_id: BloggerId, note_id: NoteId
) -> Response:
    """Delete a note."""
    with service.database.transaction() as connection:
        held = hold(service, connection, actor, list_id)
        shortlist_changes.remove_note(connection, held, blogger_id, note_id, **_by(actor))
    return tell(service, f"/lists/{list_id}/entries/{blogger_id}", "The note is deleted.")


def _by(actor: Actor) -> dict[str, Any]:
    return {"actor": actor.key_name, "now": utc_now()}
