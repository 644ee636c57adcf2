"""The database as text: every table one JSON array to a line, the same whichever database it comes from or goes to.

Times are ISO 8601, bytes Base64; all else is JSON already. Central names: :func:`shapes`, :func:`rows_as_lines`,
:func:`load_rows`.
"""

import base64
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from sqlalchemy import JSON, Column, Connection, Integer, MetaData, Table, bindparam, func, insert, select, text, update
from sqlalchemy.types import DateTime, LargeBinary

from bloghound.errors import BackupError, BloghoundError
from storage.database import REVISION_TABLE, revision_of
from storage.tables import metadata

_LEFT_OUT = frozenset({"web_session", "sign_in", "idempotency_record", "site_change", "site_mark"})
"""What lives for a day at most: nobody should be signed in again by a restore, and a retry is simply done anew; and
what loading the rows writes by itself."""
_ROWS_A_TIME = 1000
"""Rows read or written at once: some 100 KB of links, at most some MB of posts."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """The columns of a table, in the order of the values of its rows, and how many rows there are."""

    columns: tuple[str, ...]
    rows: int


def revision(connection: Connection) -> str:
    """The revision of the tables; raises BackupError for a database that is not ours."""
    found = revision_of(connection)
    if found is None:
        raise BackupError("There is nothing to back up: the database has no tables of Bloghound.")
    return found


def shapes(connection: Connection) -> dict[str, TableShape]:
    """The tables that a backup holds by name, each after those that it refers to."""
    return {
        table.name: TableShape(
            tuple(column.name for column in table.columns),
            connection.execute(select(func.count()).select_from(table)).scalar_one(),
        )
        for table in metadata.sorted_tables
        if table.name not in _LEFT_OUT
    }


def rows_as_lines(connection: Connection, table_name: str) -> Iterator[tuple[bytes, int]]:
    """A table as lines, some rows at a time: the bytes, and how many rows they are."""
    query = select(metadata.tables[table_name])
    found = connection.execution_options(yield_per=_ROWS_A_TIME).execute(query)
    for rows in found.partitions():
        yield b"".join(_as_line(row) for row in rows), len(rows)


def _as_line(row: Iterable[Any]) -> bytes:
    return json.dumps(list(row), default=_as_json, separators=(",", ":")).encode("ascii") + b"\n"


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is not stored in any table")


def reflected(connection: Connection) -> dict[str, Table]:
    """The tables that rows can be loaded into, as they are in the database, which may be of an older revision."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != REVISION_TABLE)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                column.type = JSON(none_as_null=True)
    return dict(found.tables)


def load_rows(connection: Connection, table: Table, columns: tuple[str, ...], lines: Iterable[bytes]) -> Iterator[int]:
    """Write lines made by :func:`rows_as_lines` into an empty table; yields how many rows are written.

    Raises BackupError for lines that do not fit the table.
    """
    unknown = [name for name in columns if name not in table.columns]
    if unknown:
        raise BackupError(f"The backup has a column {unknown[0]!r} of {table.name!r} that the table has not.")
    to_itself = tuple(_columns_to_itself(table))
    later: dict[str, list[dict[str, Any]]] = {name: [] for name in to_itself}
    batch: list[dict[str, Any]] = []
    written = 0
    for line in lines:
        row = _row_of(line, table, columns)
        for name in to_itself:
            later[name].extend(_put_off(row, name))
        batch.append(row)
        if len(batch) == _ROWS_A_TIME:
            written += _insert(connection, table, batch)
            yield written
    written += _insert(connection, table, batch)
    for name, values in later.items():
        _set_later(connection, table, name, values)
    _count_on(connection, table)
    yield written


def _columns_to_itself(table: Table) -> Iterator[str]:
    """Columns that refer to other rows of the same table: those may come later."""
    for key in table.foreign_keys:
        if key.column.table is table:
            yield key.parent.name


def _put_off(row: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    if row.get(name) is not None:
        yield {"row_id": row["id"], "later": row[name]}
        row[name] = None


def _row_of(line: bytes, table: Table, columns: tuple[str, ...]) -> dict[str, Any]:
    try:
        cells = zip(columns, _values_of(line), strict=True)
        return {name: _as_stored(value, table.columns[name], table) for name, value in cells}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BackupError(f"A row of the table {table.name!r} cannot be read: {error}.") from error


def _values_of(line: bytes) -> list[Any]:
    values = json.loads(line, parse_constant=_no_number)
    if isinstance(values, list):
        return values
    raise TypeError("it is no list")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _as_stored(value: Any, column: Column[Any], table: Table) -> Any:
    if value is None or isinstance(column.type, JSON):
        return value
    if isinstance(column.type, DateTime):
        time = datetime.fromisoformat(value)
        return time if column.type.timezone else time.astimezone(UTC).replace(tzinfo=None)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    expected = column.type.python_type
    if not isinstance(value, (float, int) if expected is float else expected):
        raise TypeError(f"{table.name}.{column.name} takes {expected.__name__}, not {type(value).__name__}")
    return value


def _insert(connection: Connection, table: Table, batch: list[dict[str, Any]]) -> int:
    """Write the rows and empty the batch; how many they were."""
    count = len(batch)
    try:
        if batch:
            connection.execute(insert(table), batch)
    except BloghoundError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        # A driver raises these for text that no database takes, and for integers over 64 bits.
        raise BackupError(f"A row of the table {table.name!r} cannot be stored: {error}.") from error
    batch.clear()
    return count


def _set_later(connection: Connection, table: Table, name: str, values: list[dict[str, Any]]) -> None:
    if values:
        statement = update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam("later")})
        connection.execute(statement, values)


def _count_on(connection: Connection, table: Table) -> None:
    """PostgreSQL counts the ids it gives by itself and has to be told of those that came with the rows."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    if not isinstance(table.c.id.type, Integer):
        return
    statement = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :newest)")
    newest = connection.execute(select(func.max(table.c.id))).scalar()
    if newest is not None:
        connection.execute(statement, {"name": table.name, "newest": newest})
