"""Shortlists of a workspace: by name, each with a version that counts its changes and those of its entries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from bloghound.errors import ConflictError, NotFoundError, PreconditionError
from storage import shortlist_hiding, shortlist_history
from storage.shortlist_hiding import NOBODY
from storage.shortlist_history import Change
from storage.suppressions import Suppressions
from storage.tables import Shortlist, ShortlistEntry
from storage.tables.base import random_id, table_of

_LIST, _ENTRY = table_of(Shortlist), table_of(ShortlistEntry)
_SHOWN = (_LIST.c.id, _LIST.c.public_id, _LIST.c.name, _LIST.c.version, _LIST.c.created_at, _LIST.c.updated_at)
_ONE = select(*_SHOWN).where(
    _LIST.c.workspace_id == bindparam("workspace"), _LIST.c.public_id == bindparam("public_id")
)
# Whoever changes a list holds its row first: PostgreSQL by this lock, SQLite by having one writer.
_ONE_TO_CHANGE = _ONE.with_for_update()
_FIRST = (
    select(*_SHOWN).where(_LIST.c.workspace_id == bindparam("workspace")).order_by(_LIST.c.name).limit(bindparam("n"))
)
_NEXT = _FIRST.where(_LIST.c.name > bindparam("after"))
_STAGES = (
    select(_ENTRY.c.shortlist_id, _ENTRY.c.stage, func.count())
    .where(_ENTRY.c.shortlist_id.in_(bindparam("list_ids", expanding=True)))
    .group_by(_ENTRY.c.shortlist_id, _ENTRY.c.stage)
)
_SHOWN_STAGES = _STAGES.where(_ENTRY.c.blogger_id.not_in(bindparam("hidden", expanding=True)))
_INSERT = insert(_LIST)
_BUMP = (
    update(_LIST)
    .where(_LIST.c.id == bindparam("list_id"))
    .values(version=bindparam("new_version"), updated_at=bindparam("now"))
)
_RENAME = _BUMP.values(name=bindparam("new_name"))
_DELETE = delete(_LIST).where(_LIST.c.id == bindparam("list_id"))


@dataclass(frozen=True, slots=True)
class StoredShortlist:
    """A shortlist as it is kept; ``stages`` counts its entries by stage, without the stages that nobody is at."""

    list_id: int
    public_id: str
    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    stages: dict[str, int]


@dataclass(frozen=True, slots=True)
class HeldShortlist:
    """A shortlist that nobody else changes until the transaction ends."""

    list_id: int
    public_id: str
    name: str
    version: int
    suppressed: Suppressions = field(default=NOBODY, compare=False, repr=False)
    """Bloggers of these sites are treated as if they were unknown."""


def page(
    connection: Connection,
    workspace_id: int,
    *,
    limit: int,
    after_name: str | None = None,
    suppressed: Suppressions = NOBODY,
) -> list[StoredShortlist]:
    """At most ``limit`` shortlists of a workspace by name, those after ``after_name``; no count has who is hidden."""
    query = _FIRST if after_name is None else _NEXT
    values = {"workspace": workspace_id, "n": limit} | ({} if after_name is None else {"after": after_name})
    rows: list[tuple[Any, ...]] = [tuple(row) for row in connection.execute(query, values)]
    stages = _stages(connection, [row[0] for row in rows], suppressed)
    return [StoredShortlist(*(*row, stages.get(row[0], {}))) for row in rows]


def get(
    connection: Connection, workspace_id: int, public_id: str, *, suppressed: Suppressions = NOBODY
) -> StoredShortlist:
    """One shortlist, without who is hidden in its counts; raises NotFoundError."""
    row = _find(connection, workspace_id, public_id, to_change=False)
    return StoredShortlist(*(*row, _stages(connection, [row[0]], suppressed).get(row[0], {})))


def look_up(connection: Connection, workspace_id: int, public_id: str) -> HeldShortlist:
    """One shortlist to read from, without counts and without holding it; raises NotFoundError."""
    return HeldShortlist(*_find(connection, workspace_id, public_id, to_change=False)[:4])


def hold(
    connection: Connection,
    workspace_id: int,
    public_id: str,
    *,
    expected_version: int | None = None,
    suppressed: Suppressions = NOBODY,
) -> HeldShortlist:
    """The shortlist, to be changed in this transaction; to its changes, who is hidden is unknown.

    Raises NotFoundError, and PreconditionError when it is not at ``expected_version``.
    """
    row = _find(connection, workspace_id, public_id, to_change=True)
    list_id, held_id, name, version, *_ = row
    held = HeldShortlist(list_id, held_id, name, version, suppressed)
    if expected_version is not None and held.version != expected_version:
        raise PreconditionError(f"The list {public_id} is at version {held.version}, not {expected_version}.")
    return held


def create(connection: Connection, workspace_id: int, name: str, *, actor: str, now: datetime) -> StoredShortlist:
    """Keep a new, empty shortlist; raises ConflictError when the workspace has one of that name."""
    public_id = random_id("lst")
    row = Shortlist(public_id=public_id, workspace_id=workspace_id, name=name, created_at=now, updated_at=now)
    try:
        connection.execute(_INSERT, row.model_dump(exclude={"id"}))
    except IntegrityError as error:
        raise _name_taken(name) from error
    made = get(connection, workspace_id, public_id)
    created = Change("list.created", fields={"name": [None, made.name]})
    shortlist_history.write(connection, made.list_id, [created], actor=actor, now=now)
    return made


def rename(connection: Connection, held: HeldShortlist, name: str, *, actor: str, now: datetime) -> None:
    """Give a shortlist another name, the same one changes nothing; raises ConflictError for a taken one."""
    if name == held.name:
        return
    values = {"list_id": held.list_id, "new_version": held.version + 1, "now": now, "new_name": name}
    try:
        connection.execute(_RENAME, values)
    except IntegrityError as error:
        raise _name_taken(name) from error
    renamed = Change("list.renamed", fields={"name": [held.name, name]})
    shortlist_history.write(connection, held.list_id, [renamed], actor=actor, now=now)


def remove(connection: Connection, held: HeldShortlist) -> None:
    """Delete a shortlist with its entries and its history."""
    connection.execute(_DELETE, {"list_id": held.list_id})


def record(connection: Connection, held: HeldShortlist, changes: Sequence[Change], *, actor: str, now: datetime) -> int:
    """Write changes of the list's entries to its history and count them as one; the version after that.

    Without changes the version stays, so that a request sent twice does not fail whoever read the list in between.
    """
    if not changes:
        return held.version
    connection.execute(_BUMP, {"list_id": held.list_id, "new_version": held.version + 1, "now": now})
    shortlist_history.write(connection, held.list_id, changes, actor=actor, now=now)
    return held.version + 1


def _find(connection: Connection, workspace_id: int, public_id: str, *, to_change: bool) -> tuple[Any, ...]:
    query = _ONE_TO_CHANGE if to_change else _ONE
    row = connection.execute(query, {"workspace": workspace_id, "public_id": public_id}).first()
    if row is None:
        raise NotFoundError(f"There is no list {public_id}.")
    return tuple(row)


def _stages(connection: Connection, list_ids: Sequence[int], suppressed: Suppressions) -> dict[int, dict[str, int]]:
    counted: dict[int, dict[str, int]] = {}
    hidden = shortlist_hiding.on_lists(connection, list_ids, suppressed)
    query, values = (_SHOWN_STAGES, {"hidden": hidden}) if hidden else (_STAGES, {})
    for list_id, stage, entries in connection.execute(query, {"list_ids": list_ids, **values}):
        counted.setdefault(list_id, {})[stage] = entries
    return counted


def _name_taken(name: str) -> ConflictError:
    return ConflictError(f"There is a list named {name!r} already.")
