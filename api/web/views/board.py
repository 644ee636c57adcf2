"""One list: as a board of its stages, as a table, and what is done to many of its entries at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from api.http.etag import etag
from api.schemas.entries import MAX_BULK
from api.schemas.teams import MAX_NAME_CHARS, ListId, Owner, PublicId, Tag
from api.service import Service, ServiceDep
from api.web.list_access import MAX_TOLD_CHARS, FormWriter, PageReader, hold, suppressed, tell, told
from api.web.list_words import STAGE_NAMES, origin, outcome_sentence, stage_name
from api.web.rendering import render
from api.web.views.lists import head_context
from bloghound.errors import InputError
from bloghound.records import Stage
from storage import shortlist_changes, shortlist_entries, shortlists
from storage.database import Connection
from storage.shortlist_changes import BulkResult
from storage.shortlist_edits import Edit, EditOutcome
from storage.shortlist_entries import EntryFilters, EntrySort, StoredEntry
from storage.shortlists import HeldShortlist, StoredShortlist
from storage.suppressions import Suppressions
from storage.tables.base import utc_now

router = APIRouter(include_in_schema=False)

MAX_CARDS = 100
"""Cards of one column: the longest page of a listing, and more than anybody scrolls through; the table has the rest."""

PAGE_ROWS = 100

_TAG: TypeAdapter[str] = TypeAdapter(Tag)

SORTS = (
    (EntrySort.UPDATED_LAST, "changed last"),
    (EntrySort.ADDED_LAST, "added last"),
    (EntrySort.ADDED, "added first"),
    (EntrySort.NAME, "name"),
)


class ListAsked(BaseModel):
    """How a list is looked at, as its address states it; a field left empty in a form counts as not given."""

    view: Literal["board", "table"] = "board"
    stage: Stage | None = None
    tag: str = Field(default="", max_length=MAX_NAME_CHARS)
    owner: str = Field(default="", max_length=MAX_NAME_CHARS)
    sort: EntrySort = EntrySort.UPDATED_LAST
    cursor: str | None = Field(default=None, max_length=2048)
    told: str = Field(default="", max_length=MAX_TOLD_CHARS)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        return {name: value for name, value in given.items() if value != ""} if isinstance(given, Mapping) else given

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.stage or self.tag or self.owner)

    @property
    def filters(self) -> EntryFilters:
        """As storage takes them."""
        return EntryFilters(self.stage.value if self.stage else None, self.tag or None, self.owner or None)

    def address(self, list_id: str, **changes: Any) -> str:
        """The address of this look at the list with ``changes``; from the first page, unless they name a cursor."""
        stated = ListAsked.model_validate(self.model_dump() | {"cursor": None, "told": "", **changes})
        query = urlencode(stated.model_dump(mode="json", exclude_defaults=True))
        return f"/lists/{list_id}?{query}" if query else f"/lists/{list_id}"


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the board: how many entries are at it, and the first of them."""

    stage: Stage
    name: str
    count: int
    cards: list[StoredEntry]


@router.get("/lists/{list_id}")
def show(
    request: Request, service: ServiceDep, actor: PageReader, list_id: ListId, asked: Annotated[ListAsked, Query()]
) -> Response:
    """A list as a board or as a table."""
    with service.database.read() as connection:
        hidden = suppressed(service, connection)
        found = shortlists.get(connection, actor.workspace_id, list_id, suppressed=hidden)
        if asked.view == "board":
            shown: dict[str, Any] = {"columns": _columns(connection, found, hidden)}
        else:
            shown = _rows(service, connection, found, asked, hidden)
    return render(
        request,
        f"list_{asked.view}.html",
        nav="lists",
        view=asked.view,
        asked=asked,
        origin=origin,
        told=told(service, asked.told),
        etag=etag(found.public_id, found.version),
        **shown,
        **head_context(found, actor),
    )


def _columns(connection: Connection, found: StoredShortlist, hidden: Suppressions) -> list[Column]:
    """All stages; nobody is asked for at a stage that is empty."""
    columns = []
    for stage, name in STAGE_NAMES.items():
        count = found.stages.get(stage.value, 0)
        cards = []
        if count:
            cards = shortlist_entries.page(
                connection,
                found.list_id,
                limit=MAX_CARDS,
                sort=EntrySort.UPDATED_LAST,
                filters=EntryFilters(stage=stage.value),
                suppressed=hidden,
            )
        columns.append(Column(stage, name, count, cards))
    return columns


def _rows(
    service: Service, connection: Connection, found: StoredShortlist, asked: ListAsked, hidden: Suppressions
) -> dict[str, Any]:
    """One page of the table, and the cursor of the next."""
    purpose = f"page entries:{found.public_id}:{asked.sort}:{asked.stage}:{asked.tag!r}:{asked.owner!r}"
    after = service.signer.position(purpose, asked.cursor, shortlist_entries.position_kinds(asked.sort))
    rows = shortlist_entries.page(
        connection,
        found.list_id,
        limit=PAGE_ROWS + 1,
        sort=asked.sort,
        filters=asked.filters,
        after=after,
        suppressed=hidden,
    )
    later = ""
    if len(rows) > PAGE_ROWS:
        position = shortlist_entries.position(rows[PAGE_ROWS - 1], asked.sort)
        later = asked.address(found.public_id, cursor=service.signer.cursor(purpose, position))
    return {"rows": rows[:PAGE_ROWS], "later": later, "sorts": SORTS}


Action = Literal["set_stage", "set_owner", "add_tag", "remove_tag", "remove"]


class BulkForm(BaseModel):
    """What is to be done to the marked entries; of ``stage``, ``owner`` and ``tag`` the action takes its own."""

    b: list[PublicId] = Field(default_factory=list, max_length=MAX_BULK)
    action: Action
    stage: Stage = Stage.CANDIDATE
    owner: Owner = ""
    tag: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)] = ""
    confirmed: bool = False
    back: str = Field(default="", max_length=2048)


@router.post("/lists/{list_id}/bulk")
def edit_many(
    request: Request, service: ServiceDep, actor: FormWriter, list_id: ListId, form: Annotated[BulkForm, Form()]
) -> Response:
    """Edit the marked entries, all or none, and tell what became of each; a removal is asked about first."""
    path = form.back if form.back.startswith(f"/lists/{list_id}?") else f"/lists/{list_id}?view=table"
    if not form.b:
        return tell(service, path, "Nobody was marked, so nothing was changed.")
    if form.action == "remove" and not form.confirmed:
        return _ask_to_remove(request, service, actor.workspace_id, list_id, form, path)
    try:
        with service.database.transaction() as connection:
            held = hold(service, connection, actor, list_id)
            result = _edit_all(connection, held, form, actor.key_name)
    except InputError as error:
        return tell(service, path, f"{error} Nothing was changed.")
    outcomes = list(result.outcomes.values())
    return tell(service, path, outcome_sentence({one: outcomes.count(one) for one in EditOutcome}))


def _edit_all(connection: Connection, held: HeldShortlist, form: BulkForm, actor: str) -> BulkResult:
    if form.action == "remove":
        return shortlist_changes.remove_all(connection, held, form.b, actor=actor, now=utc_now())
    return shortlist_changes.edit_all(connection, held, form.b, edit_of(form), actor=actor, now=utc_now())


def edit_of(form: BulkForm) -> Edit:
    """The edit that a form asks for; raises InputError for a tag that is none."""
    if form.action == "set_stage":
        return Edit(stage=form.stage)
    if form.action == "set_owner":
        return Edit(owner=form.owner)
    try:
        tag = _TAG.validate_python(form.tag)
    except ValidationError as error:
        raise InputError("A tag has 1 to 60 characters, not all of them blank.") from error
    return Edit(add_tags=[tag]) if form.action == "add_tag" else Edit(remove_tags=[tag])


def _ask_to_remove(
    request: Request, service: Service, workspace_id: int, list_id: str, form: BulkForm, path: str
) -> Response:
    with service.database.read() as connection:
        hidden = suppressed(service, connection)
        found = shortlists.get(connection, workspace_id, list_id, suppressed=hidden)
        entries = shortlist_entries.several(connection, found.list_id, form.b, suppressed=hidden)
    return render(
        request, "list_remove.html", nav="lists", list=found, marked=entries, back=path, stage_name=stage_name
    )
