"""A database beside the one in use, to be filled at leisure and then put in its place at one blow.

For SQLite it is a file beside the file, for PostgreSQL a schema in the same database. Central names: :func:`begin`,
:func:`switch`, :func:`require_unused`.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy import inspect, text

from bloghound.errors import BackupError, ConflictError, StorageError
from storage.database import Connection, Database
from storage.tables import metadata

_SCHEMA = "bloghound_restoring"
_SUFFIX = ".restoring"
_COMPANIONS = ("-wal", "-shm", "-journal", ".queue", ".writer")
"""What SQLite and our own locks keep beside a database file."""
_LOCK_TIMEOUT = "10s"
"""Longest wait for somebody who reads while the tables change places; nobody should, since that is looked at before."""

_LEAVING_SECONDS = 2.0
"""PostgreSQL still lists a session for a moment that was closed, such as one of our own."""


def is_filled(database: Database) -> bool:
    """Whether any of our tables has a row; False where there is no database yet. Raises StorageError."""
    file = _file_of(database)
    if file is not None and not file.exists():
        return False
    with database.read() as connection:
        there = set(inspect(connection).get_table_names()) & set(metadata.tables)
        return any(_has_a_row(connection, name) for name in sorted(there))


def _has_a_row(connection: Connection, table_name: str) -> bool:
    # The table may be of another revision: nothing but its name is known.
    return connection.execute(text(f'SELECT 1 FROM "{table_name}" LIMIT 1')).first() is not None  # noqa: S608


def require_unused(database: Database) -> None:
    """Raise ConflictError when another process has the database open: what it wrote from now on would be lost."""
    file = _file_of(database)
    if file is None:
        others = _other_sessions(database)
    elif not file.exists():
        return
    else:
        others = _has_readers(database)
    if others:
        raise ConflictError(
            f"The database {database.shown_url} is in use; stop the service, the workers and all other commands first."
        )


def _other_sessions(database: Database) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + _LEAVING_SECONDS
    while True:
        database.engine.dispose()  # idle connections of our own
        with database.read() as connection:
            others = connection.execute(text(query + " AND backend_type = 'client backend'")).scalar_one()
        if not others or time.monotonic() > deadline:
            return bool(others)
        time.sleep(0.05)


def _has_readers(database: Database) -> bool:
    """Whether somebody else has the file open: only whoever has it alone may end its write-ahead log."""
    database.engine.dispose()
    try:
        with database.engine.connect() as plain:
            connection = plain.execution_options(bloghound_outside_transactions=True)
            connection.exec_driver_sql("PRAGMA busy_timeout=1000")
            return bool(connection.exec_driver_sql("PRAGMA journal_mode=DELETE").scalar_one() != "delete")
    except Exception as error:
        if "locked" in str(error):
            return True
        if "not a database" in str(error) or "malformed" in str(error):
            return False  # damaged: nobody can be using it
        raise StorageError(f"The database {database.shown_url} cannot be used: {error}.") from error
    finally:
        database.engine.dispose()


def begin(database: Database) -> Database:
    """An empty database beside this one, in place of any that an interrupted restore left; the caller closes it."""
    file = _file_of(database)
    if file is not None:
        _remove(_beside(file))
        return Database(database.url.set(database=str(_beside(file))).render_as_string(hide_password=False))
    with database.transaction() as connection:
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{_SCHEMA}" CASCADE'))
        connection.execute(text(f'CREATE SCHEMA "{_SCHEMA}"'))
    given = database.url.query.get("options", "")
    options = " ".join([*([given] if isinstance(given, str) else given), f"-csearch_path={_SCHEMA}"]).strip()
    return Database(database.url.update_query_dict({"options": options}).render_as_string(hide_password=False))


def settle(staged: Database) -> None:
    """Close a filled database, on disk as a whole; raises BackupError where SQLite finds it damaged."""
    file = _file_of(staged)
    if file is None:
        staged.close()
        return
    with staged.read() as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    staged.close()
    if orphan is not None:
        raise BackupError(f"A row of the backup's table {orphan[0]!r} refers to one that is not there.")
    if found != "ok":
        raise BackupError(f"The backup does not make a sound database: {found}.")
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


def switch(database: Database) -> None:
    """Put the filled database in the place of this one; does nothing where that is done already."""
    file = _file_of(database)
    if file is None:
        _switch_schemas(database)
    elif _beside(file).exists():
        database.close()
        for companion in _COMPANIONS[:3]:  # what is left of a damaged database must not be taken for the new one's
            file.with_name(file.name + companion).unlink(missing_ok=True)
        _beside(file).replace(file)
        _remove(_beside(file))
        _sync_folder(file.parent)


def discard(database: Database) -> None:
    """Remove a database that was not put in place."""
    file = _file_of(database)
    if file is not None:
        _remove(_beside(file))
        return
    with database.transaction() as connection:
        connection.execute(text(f'DROP SCHEMA IF EXISTS "{_SCHEMA}" CASCADE'))


def _switch_schemas(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
        found = inspect(connection)
        if not found.has_schema(_SCHEMA):
            return
        own = str(found.default_schema_name)
        names = found.get_table_names(schema=_SCHEMA)
        for name in sorted({*names, *(set(found.get_table_names()) & set(metadata.tables))}):
            connection.execute(text(f'DROP TABLE IF EXISTS "{own}"."{name}" CASCADE'))
        for name in names:
            connection.execute(text(f'ALTER TABLE "{_SCHEMA}"."{name}" SET SCHEMA "{own}"'))
        for name in connection.execute(_FUNCTIONS, {"schema": _SCHEMA}).scalars().all():
            connection.execute(text(f'DROP FUNCTION IF EXISTS "{own}"."{name}"()'))
            connection.execute(text(f'ALTER FUNCTION "{_SCHEMA}"."{name}"() SET SCHEMA "{own}"'))
        connection.execute(text(f'DROP SCHEMA "{_SCHEMA}"'))


_FUNCTIONS = text(
    "SELECT proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE nspname = :schema"
)
"""Those of the triggers; they take nothing."""


def _file_of(database: Database) -> Path | None:
    """The file of a SQLite database; None for PostgreSQL."""
    return Path(str(database.url.database)) if database.is_sqlite else None


def _beside(file: Path) -> Path:
    return file.with_name(file.name + _SUFFIX)


def _remove(file: Path) -> None:
    for name in (file.name, *(file.name + companion for companion in _COMPANIONS)):
        file.with_name(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some file systems cannot
        os.fsync(descriptor)
    os.close(descriptor)
