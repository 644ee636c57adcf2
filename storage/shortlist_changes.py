"""Changing the entries of a shortlist: adding, editing, notes, removing, one by one or many at once.

Every function is given the list held for this transaction, writes the list's history, and raises its version by one
when anything changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bloghound.errors import ConflictError, InputError, NotFoundError
from bloghound.records import Stage
from storage import shortlist_entries, shortlist_hiding, shortlists
from storage.shortlist_edits import MAX_NOTES, Edit, EditOutcome, changed_fields, unique
from storage.shortlist_entries import StoredEntry
from storage.shortlist_history import Change
from storage.shortlists import HeldShortlist
from storage.shown_bloggers import COLUMNS, bloggers_only, shown
from storage.tables import Blogger, ShortlistEntry
from storage.tables.base import random_id, table_of
from storage.upserts import batches

_ENTRY, _BLOGGER = table_of(ShortlistEntry), table_of(Blogger)
_BLOGGER_WITH_ENTRY = bloggers_only().outerjoin(
    _ENTRY, (_ENTRY.c.blogger_id == _BLOGGER.c.id) & (_ENTRY.c.shortlist_id == bindparam("list_id"))
)
_TO_ADD = (
    select(_BLOGGER.c.id, _ENTRY.c.id, *COLUMNS)
    .select_from(_BLOGGER_WITH_ENTRY)
    .where(_BLOGGER.c.public_id == bindparam("blogger"))
)
_TO_EDIT = (
    select(
        _BLOGGER.c.public_id,
        _BLOGGER.c.id.label("blogger_id"),
        _ENTRY.c.id.label("entry_id"),
        _ENTRY.c.stage,
        _ENTRY.c.owner,
        _ENTRY.c.tags,
    )
    .select_from(_BLOGGER_WITH_ENTRY)
    .where(_BLOGGER.c.public_id.in_(bindparam("bloggers", expanding=True)))
)
_BLOGGER_ID = select(_ENTRY.c.blogger_id).where(_ENTRY.c.id == bindparam("entry_id"))
_INSERT = insert(_ENTRY)
_INSERT_ONE = _INSERT.returning(_ENTRY.c.id)
_OF_ENTRY = _ENTRY.c.id == bindparam("entry_id")
_SET = update(_ENTRY).where(_OF_ENTRY).values(updated_at=bindparam("now"))
_SET_FIELDS = _SET.values(stage=bindparam("new_stage"), owner=bindparam("new_owner"), tags=bindparam("new_tags"))
_SET_NOTES = _SET.values(notes=bindparam("new_notes"))
_DELETE = delete(_ENTRY).where(_ENTRY.c.id.in_(bindparam("entry_ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What an entry begins with; ``note`` is empty for none."""

    stage: Stage = Stage.CANDIDATE
    owner: str = ""
    tags: Sequence[str] = ()
    note: str = ""
    added_from: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ChangedEntry:
    """An entry after a change, and the version of its list."""

    entry: StoredEntry
    version: int


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What became of each blogger, by public id in the order given, and the version of the list."""

    outcomes: dict[str, EditOutcome]
    version: int


def add(
    connection: Connection, held: HeldShortlist, blogger: str, new: NewEntry, *, actor: str, now: datetime
) -> ChangedEntry:
    """Put a blogger on the list; raises NotFoundError for an unknown one, ConflictError for one who is on it."""
    row = connection.execute(_TO_ADD, {"list_id": held.list_id, "blogger": blogger}).first()
    if row is None or shortlist_hiding.among(connection, [blogger], held.suppressed):
        raise NotFoundError(f"There is no blogger {blogger}.")
    if row[1] is not None:
        raise ConflictError(f"{blogger} is on the list {held.public_id} already; change that entry instead.")
    values = _new_row(held, row[0], new, actor=actor, now=now)
    entry_id = connection.execute(_INSERT_ONE, values).scalar_one()
    version = shortlists.record(connection, held, [_added(row[0], values)], actor=actor, now=now)
    kept = {name: values[name] for name in ("stage", "owner", "notes", "tags", "added_from")}
    entry = StoredEntry(entry_id=entry_id, **kept, created_at=now, updated_at=now, blogger=shown(row[2:]))
    return ChangedEntry(entry, version)


def edit(
    connection: Connection, held: HeldShortlist, blogger: str, wanted: Edit, *, actor: str, now: datetime
) -> ChangedEntry:
    """Change an entry; raises NotFoundError when the list has no such blogger, InputError for too many tags."""
    result = edit_all(connection, held, [blogger], wanted, actor=actor, now=now)
    if result.outcomes[blogger] not in {EditOutcome.CHANGED, EditOutcome.UNCHANGED}:
        raise shortlist_entries.not_listed(blogger)
    return ChangedEntry(shortlist_entries.get(connection, held.list_id, blogger), result.version)


def remove(connection: Connection, held: HeldShortlist, blogger: str, *, actor: str, now: datetime) -> int:
    """Take a blogger off the list; the list's version. Raises NotFoundError when the list has no such blogger."""
    result = remove_all(connection, held, [blogger], actor=actor, now=now)
    if result.outcomes[blogger] is not EditOutcome.REMOVED:
        raise shortlist_entries.not_listed(blogger)
    return result.version


def add_note(
    connection: Connection, held: HeldShortlist, blogger: str, text: str, *, actor: str, now: datetime
) -> ChangedEntry:
    """Add a note to an entry; raises NotFoundError, and InputError for an entry that is full of notes."""
    entry = shortlist_entries.get(connection, held.list_id, blogger, suppressed=held.suppressed)
    if len(entry.notes) >= MAX_NOTES:
        raise InputError(f"An entry has at most {MAX_NOTES} notes; delete one first.")
    notes = [*entry.notes, _note(text, actor=actor, now=now)]
    return _set_notes(connection, held, entry, notes, "note.added", [None, text], actor=actor, now=now)


def remove_note(
    connection: Connection, held: HeldShortlist, blogger: str, note_id: str, *, actor: str, now: datetime
) -> ChangedEntry:
    """Delete a note of an entry; raises NotFoundError when there is no such entry or note."""
    entry = shortlist_entries.get(connection, held.list_id, blogger, suppressed=held.suppressed)
    gone = [note for note in entry.notes if note["id"] == note_id]
    if not gone:
        raise NotFoundError(f"The entry has no note {note_id}.")
    kept = [note for note in entry.notes if note["id"] != note_id]
    return _set_notes(connection, held, entry, kept, "note.removed", [gone[0]["text"], None], actor=actor, now=now)


def add_all(
    connection: Connection, held: HeldShortlist, bloggers: Sequence[str], new: NewEntry, *, actor: str, now: datetime
) -> BulkResult:
    """Put bloggers on the list; those who are on it stay as they are."""
    found = _find(connection, held, bloggers)
    outcomes: dict[str, EditOutcome] = {}
    rows: list[dict[str, Any]] = []
    for blogger in unique(bloggers):
        row = found.get(blogger)
        if row is None:
            outcomes[blogger] = EditOutcome.UNKNOWN_BLOGGER
        elif row.entry_id is not None:
            outcomes[blogger] = EditOutcome.UNCHANGED
        else:
            outcomes[blogger] = EditOutcome.ADDED
            rows.append(_new_row(held, row.blogger_id, new, actor=actor, now=now))
    if rows:
        connection.execute(_INSERT, rows)
    changes = [_added(row["blogger_id"], row) for row in rows]
    return BulkResult(outcomes, shortlists.record(connection, held, changes, actor=actor, now=now))


def edit_all(
    connection: Connection, held: HeldShortlist, bloggers: Sequence[str], wanted: Edit, *, actor: str, now: datetime
) -> BulkResult:
    """Change the entries of bloggers alike; raises InputError, with nothing changed, for too many tags of one."""
    found = _find(connection, held, bloggers)
    outcomes: dict[str, EditOutcome] = {}
    changes: list[Change] = []
    rows: list[dict[str, Any]] = []
    for blogger in unique(bloggers):
        row = found.get(blogger)
        if row is None or row.entry_id is None:
            outcomes[blogger] = _absent(row)
            continue
        fields = changed_fields(wanted, stage=row.stage, owner=row.owner, tags=row.tags)
        outcomes[blogger] = EditOutcome.CHANGED if fields else EditOutcome.UNCHANGED
        if fields:
            before = {"stage": row.stage, "owner": row.owner, "tags": row.tags}
            after = before | {name: pair[1] for name, pair in fields.items()}
            rows.append({"entry_id": row.entry_id, "now": now} | {f"new_{name}": after[name] for name in after})
            changes.append(Change("entry.changed", row.blogger_id, fields))
    if rows:
        connection.execute(_SET_FIELDS, rows)
    return BulkResult(outcomes, shortlists.record(connection, held, changes, actor=actor, now=now))


def remove_all(
    connection: Connection, held: HeldShortlist, bloggers: Sequence[str], *, actor: str, now: datetime
) -> BulkResult:
    """Take bloggers off the list."""
    found = _find(connection, held, bloggers)
    outcomes: dict[str, EditOutcome] = {}
    gone = []
    for blogger in unique(bloggers):
        row = found.get(blogger)
        if row is None or row.entry_id is None:
            outcomes[blogger] = _absent(row)
        else:
            outcomes[blogger] = EditOutcome.REMOVED
            gone.append(row)
    for batch in batches([row.entry_id for row in gone]):
        connection.execute(_DELETE, {"entry_ids": batch})
    changes = [Change("entry.removed", row.blogger_id, {"stage": [row.stage, None]}) for row in gone]
    return BulkResult(outcomes, shortlists.record(connection, held, changes, actor=actor, now=now))


def _find(connection: Connection, held: HeldShortlist, bloggers: Sequence[str]) -> dict[str, Any]:
    """The known bloggers with their entries on the list, if any, by public id; who is hidden is not known."""
    found = {}
    hidden = shortlist_hiding.among(connection, bloggers, held.suppressed)
    for batch in batches(unique(bloggers)):
        for row in connection.execute(_TO_EDIT, {"list_id": held.list_id, "bloggers": list(batch)}):
            if row.public_id not in hidden:
                found[row.public_id] = row
    return found


def _absent(row: object | None) -> EditOutcome:
    return EditOutcome.UNKNOWN_BLOGGER if row is None else EditOutcome.NOT_LISTED


def _new_row(held: HeldShortlist, blogger_id: int, new: NewEntry, *, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "shortlist_id": held.list_id,
        "blogger_id": blogger_id,
        "stage": new.stage.value,
        "owner": new.owner,
        "notes": [_note(new.note, actor=actor, now=now)] if new.note else [],
        "tags": unique(new.tags),
        "added_from": dict(new.added_from or {}),
        "created_at": now,
        "updated_at": now,
    }


def _added(blogger_id: int, row: Mapping[str, Any]) -> Change:
    said = {name: [None, row[name]] for name in ("stage", "owner", "tags") if row[name]}
    notes = {"note": [None, row["notes"][0]["text"]]} if row["notes"] else {}
    return Change("entry.added", blogger_id, said | notes)


def _note(text: str, *, actor: str, now: datetime) -> dict[str, Any]:
    return {"id": random_id("note"), "author": actor, "text": text, "created_at": now.isoformat()}


def _set_notes(
    connection: Connection,
    held: HeldShortlist,
    entry: StoredEntry,
    notes: list[dict[str, Any]],
    action: str,
    change: list[str | None],
    *,
    actor: str,
    now: datetime,
) -> ChangedEntry:
    connection.execute(_SET_NOTES, {"entry_id": entry.entry_id, "now": now, "new_notes": notes})
    blogger_id = connection.execute(_BLOGGER_ID, {"entry_id": entry.entry_id}).scalar_one()
    changes = [Change(action, blogger_id, {"note": change})]
    version = shortlists.record(connection, held, changes, actor=actor, now=now)
    return ChangedEntry(shortlist_entries.get(connection, held.list_id, entry.blogger.public_id), version)
