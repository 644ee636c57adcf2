"""Batched upserts by unique key, alike on SQLite and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")
Row = Mapping[str, Any]

BATCH_VALUES = 500
"""Values per ``IN`` list: far under SQLite's limit of 32,766 variables; so long that round trips do not count."""


def batches(items: Sequence[T], size: int = BATCH_VALUES) -> Iterator[Sequence[T]]:
    """``items`` in runs of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    *,
    key: Sequence[str],
    update: Sequence[str] = (),
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert ``rows``; where the unique ``key`` is taken, set the columns ``update`` (none: leave the row as it is).

    ``where`` is the condition of a partial unique index. Of several rows with one key, the last one's ``update`` stays.
    """
    if not rows:
        return
    statement = (sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert)(table)
    if update:
        excluded = {name: statement.excluded[name] for name in update}
        conflict = statement.on_conflict_do_update(index_elements=list(key), index_where=where, set_=excluded)
    else:
        conflict = statement.on_conflict_do_nothing(index_elements=list(key), index_where=where)
    connection.execute(conflict, [dict(row) for row in rows])
