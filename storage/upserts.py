"""Batched upserts by unique key, alike on SQLite and PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Insert, Table
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
    if rows:
        statement = _statement(connection.dialect.name, table, tuple(key), tuple(update), where)
        connection.execute(statement, [dict(row) for row in rows])


# Building a statement takes longer than running it for a few rows; the code asks for some dozens of different ones.
@lru_cache(maxsize=256)
def _statement(
    dialect: str, table: Table, key: tuple[str, ...], update: tuple[str, ...], where: ColumnElement[bool] | None
) -> Insert:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
    if not update:
        return statement.on_conflict_do_nothing(index_elements=list(key), index_where=where)
    excluded = {name: statement.excluded[name] for name in update}
    return statement.on_conflict_do_update(index_elements=list(key), index_where=where, set_=excluded)
