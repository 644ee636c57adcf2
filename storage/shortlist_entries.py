"""Reading the entries of a shortlist: pages in several orders, filtered, and the batches of an export."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, bindparam, exists, func, select, tuple_

from bloghound.errors import NotFoundError
from storage import shortlist_hiding, shortlists
from storage.shortlist_hiding import NOBODY
from storage.shown_bloggers import COLUMNS, NAME, ShownBlogger, shown, with_bloggers
from storage.suppressions import Suppressions
from storage.tables import Blogger, ShortlistEntry, Site
from storage.tables.base import table_of
from storage.upserts import batches

_ENTRY, _BLOGGER, _SITE = table_of(ShortlistEntry), table_of(Blogger), table_of(Site)
_OWN = (
    _ENTRY.c.id,
    _ENTRY.c.stage,
    _ENTRY.c.owner,
    _ENTRY.c.notes,
    _ENTRY.c.tags,
    _ENTRY.c.added_from,
    _ENTRY.c.created_at,
    _ENTRY.c.updated_at,
)
_ENTRIES = (
    select(*_OWN, *COLUMNS)
    .select_from(with_bloggers(_ENTRY, _ENTRY.c.blogger_id))
    .where(_ENTRY.c.shortlist_id == bindparam("list_id"))
)
_ONE = _ENTRIES.where(_BLOGGER.c.public_id == bindparam("blogger"))
_SEVERAL = _ENTRIES.where(_BLOGGER.c.public_id.in_(bindparam("bloggers", expanding=True)))
_KEYS = select(func.aggregate_strings(_SITE.c.key, "\n")).where(_SITE.c.blogger_id == _BLOGGER.c.id)
_BATCH = (
    _ENTRIES.add_columns(_KEYS.correlate(_BLOGGER).scalar_subquery())
    .where(_ENTRY.c.id > bindparam("after_id"))
    .order_by(_ENTRY.c.id)
    .limit(bindparam("n"))
)

EXPORT_BATCH_ENTRIES = 500
"""Entries read in one go: at most some megabytes, and so many that round trips do not count."""


class EntrySort(StrEnum):
    """Orders of a list's entries; a minus is the reverse."""

    ADDED = "added"
    ADDED_LAST = "-added"
    UPDATED_LAST = "-updated"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it is kept, with its blogger; each note is ``{id, author, text, created_at}``."""

    entry_id: int
    stage: str
    owner: str
    notes: list[dict[str, Any]]
    tags: list[str]
    added_from: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    blogger: ShownBlogger


@dataclass(frozen=True, slots=True)
class EntryFilters:
    """Which entries to show; None shows all."""

    stage: str | None = None
    tag: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedEntry:
    """An entry with the keys of its blogger's sites, by which opt-outs are recognised."""

    entry: StoredEntry
    site_keys: tuple[str, ...]


def page(
    connection: Connection,
    list_id: int,
    *,
    limit: int,
    sort: EntrySort = EntrySort.ADDED,
    filters: EntryFilters = EntryFilters(),
    after: list[Any] | None = None,
    suppressed: Suppressions = NOBODY,
) -> list[StoredEntry]:
    """At most ``limit`` entries of a list, those after the :func:`position` ``after``, without who is hidden."""
    hidden = shortlist_hiding.on_lists(connection, [list_id], suppressed)
    wanted = {"stage": filters.stage, "tag": filters.tag, "owner": filters.owner, "hidden": hidden or None}
    values = {name: value for name, value in wanted.items() if value is not None}
    is_sqlite = connection.dialect.name == "sqlite"
    query = _page_query(sort, tuple(values), is_sqlite=is_sqlite, continued=after is not None)
    return [entry_of(row) for row in connection.execute(query, values | _start(sort, after, list_id, limit))]


def position(entry: StoredEntry, sort: EntrySort) -> list[Any]:
    """Where a page that ends with this entry is to be continued: JSON values, of the kinds :func:`position_kinds`."""
    if sort is EntrySort.NAME:
        return [entry.blogger.name, entry.entry_id]
    if sort is EntrySort.UPDATED_LAST:
        return [entry.updated_at.isoformat(), entry.entry_id]
    return [entry.entry_id]


def position_kinds(sort: EntrySort) -> tuple[type, ...]:
    """The types of a position in this order."""
    return (str, int) if sort in {EntrySort.NAME, EntrySort.UPDATED_LAST} else (int,)


def get(
    connection: Connection, list_id: int, blogger_public_id: str, *, suppressed: Suppressions = NOBODY
) -> StoredEntry:
    """The entry of a blogger; raises NotFoundError when the list has none, or when the blogger is hidden."""
    row = connection.execute(_ONE, {"list_id": list_id, "blogger": blogger_public_id}).first()
    if row is None or shortlist_hiding.among(connection, [blogger_public_id], suppressed):
        raise not_listed(blogger_public_id)
    return entry_of(row)


def several(
    connection: Connection, list_id: int, bloggers: Sequence[str], *, suppressed: Suppressions = NOBODY
) -> list[StoredEntry]:
    """The entries of those of the bloggers who are on the list and not hidden, by name."""
    hidden = shortlist_hiding.among(connection, bloggers, suppressed)
    found = []
    for batch in batches([one for one in bloggers if one not in hidden]):
        found += [entry_of(row) for row in connection.execute(_SEVERAL, {"list_id": list_id, "bloggers": list(batch)})]
    return sorted(found, key=lambda entry: (entry.blogger.name.casefold(), entry.entry_id))


def blogger_ids(connection: Connection, workspace_id: int, list_public_id: str) -> set[str]:
    """Public ids of all bloggers on a workspace's list; raises NotFoundError for a list that it does not have."""
    held = shortlists.look_up(connection, workspace_id, list_public_id)
    query = select(_BLOGGER.c.public_id).join(_ENTRY, _ENTRY.c.blogger_id == _BLOGGER.c.id)
    return set(connection.execute(query.where(_ENTRY.c.shortlist_id == held.list_id)).scalars())


def all_with_site_keys(connection: Connection, list_id: int) -> Iterator[ExportedEntry]:
    """Every entry in the order of adding, read in batches; for a connection that sees one state of the database."""
    after_id = 0
    while True:
        values = {"list_id": list_id, "after_id": after_id, "n": EXPORT_BATCH_ENTRIES}
        rows = connection.execute(_BATCH, values).all()
        for row in rows:
            yield ExportedEntry(entry_of(row[:-1]), tuple((row[-1] or "").split("\n")))
        if len(rows) < EXPORT_BATCH_ENTRIES:
            return
        after_id = rows[-1][0]


def entry_of(row: Row[Any] | tuple[Any, ...]) -> StoredEntry:
    """The entry in a row of its own columns, followed by those of its blogger."""
    own: tuple[Any, ...] = tuple(row)[: len(_OWN)]
    return StoredEntry(*(*own, shown(row[len(_OWN) :])))


def not_listed(blogger_public_id: str) -> NotFoundError:
    """The error for a blogger who is not on a list."""
    return NotFoundError(f"The list has no blogger {blogger_public_id}.")


@lru_cache(maxsize=256)  # 4 orders, 8 sets of filters, hidden or not, first or later page, 2 databases: 256
def _page_query(sort: EntrySort, filtered: tuple[str, ...], *, is_sqlite: bool, continued: bool) -> Select[Any]:
    query = _ENTRIES.order_by(*_order(sort)).limit(bindparam("n"))
    for name in filtered:
        query = query.where(_passes(name, is_sqlite=is_sqlite))
    return query.where(_after(sort)) if continued else query


def _passes(name: str, *, is_sqlite: bool) -> ColumnElement[bool]:
    if name == "hidden":
        return _ENTRY.c.blogger_id.not_in(bindparam("hidden", expanding=True))
    return _has_tag(is_sqlite) if name == "tag" else _ENTRY.c[name] == bindparam(name)


def _order(sort: EntrySort) -> tuple[ColumnElement[Any], ...]:
    if sort is EntrySort.NAME:
        return (NAME, _ENTRY.c.id)
    if sort is EntrySort.UPDATED_LAST:
        return (_ENTRY.c.updated_at.desc(), _ENTRY.c.id.desc())
    return (_ENTRY.c.id.desc(),) if sort is EntrySort.ADDED_LAST else (_ENTRY.c.id,)


def _after(sort: EntrySort) -> ColumnElement[bool]:
    after_id: BindParameter[int] = bindparam("after_id")
    if sort is EntrySort.NAME:
        return tuple_(NAME, _ENTRY.c.id) > tuple_(bindparam("after", type_=NAME.type), after_id)
    if sort is EntrySort.UPDATED_LAST:
        after = bindparam("after", type_=_ENTRY.c.updated_at.type)
        return tuple_(_ENTRY.c.updated_at, _ENTRY.c.id) < tuple_(after, after_id)
    return _ENTRY.c.id < after_id if sort is EntrySort.ADDED_LAST else _ENTRY.c.id > after_id


def _has_tag(is_sqlite: bool) -> ColumnElement[bool]:
    members = (func.json_each if is_sqlite else func.json_array_elements_text)(_ENTRY.c.tags).table_valued("value")
    return exists(
        select(1)
        .select_from(members)
        .where(members.c.value == bindparam("tag", type_=_ENTRY.c.owner.type))
        .correlate(_ENTRY)
    )


def _start(sort: EntrySort, after: list[Any] | None, list_id: int, limit: int) -> dict[str, Any]:
    values: dict[str, Any] = {"list_id": list_id, "n": limit}
    if after is None:
        return values
    if sort is EntrySort.UPDATED_LAST:
        values["after"] = datetime.fromisoformat(after[0])
    elif sort is EntrySort.NAME:
        values["after"] = after[0]
    return values | {"after_id": after[-1]}
