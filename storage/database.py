"""The database: opening it, bringing its tables up to date, and two ways to use it: ``read`` and ``transaction``."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from bloghound.errors import DatabaseUnusableError, DeadlockError, SettingsError, StorageError
from bloghound.settings import Settings
from storage.sqlite import FIXED_VERSION, SingleWriter, WriterQueue, choose_module, set_pragmas, version_of

__all__ = ["Connection", "Database", "open_database", "upgrade"]


REVISION_TABLE = "alembic_version"

KEPT_CONNECTIONS = 10
"""Open connections to SQLite that are kept for the next user, the last one used first: its cache is warm. Nobody waits
for one: their number is bounded by the threads that ask, and an event loop that reads must not stand still."""


# PostgreSQL's deadlock_detected and serialization_failure: the transaction is undone, and the same again will do.
_GIVEN_UP = frozenset({"40P01", "40001"})


class Database:
    """One database, SQLite or PostgreSQL; use :func:`open_database` to get one whose tables are up to date."""

    def __init__(self, url: str) -> None:
        self.url = _parse_url(url)
        self._single_writer: SingleWriter | None = None
        self._queue: WriterQueue | None = None
        self.engine = self._sqlite_engine() if self.is_sqlite else self._server_engine()

    @property
    def is_sqlite(self) -> bool:
        """True for SQLite, False for PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that may write; everything done with it is committed together, or not at all."""
        if self._single_writer is not None:
            self._single_writer.acquire()
        with self._turn(), self._reported(), self.engine.connect() as plain:
            connection = plain.execution_options(bloghound_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database from its first query to its end."""
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self._reported(), self.engine.connect() as plain:
            connection = plain.execution_options(**options)
            with connection.begin():
                yield connection

    def checkpoint(self) -> None:
        """After an erasure: leave no copy of erased rows in SQLite's file or its write-ahead log.

        Raises StorageError while another process reads so long that the files cannot be rewritten.
        """
        with self._turn(), self._reported(), self.engine.connect() as plain:
            if not self.is_sqlite:
                plain.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
                return
            connection = plain.execution_options(bloghound_outside_transactions=True)
            try:
                # Rows that moved between pages leave copies behind that secure_delete does not reach.
                connection.exec_driver_sql("VACUUM")
                busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            except OperationalError:
                busy = 1
            if busy:
                raise StorageError(
                    f"The rows are gone, but the files of {self.shown_url} still hold their text while another "
                    "process uses the database; run the command again when that has ended."
                )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._queue is not None:
            self._queue.close()
        if self._single_writer is not None:
            self._single_writer.release()

    def _turn(self) -> AbstractContextManager[None]:
        """A writer's turn; PostgreSQL needs none."""
        return nullcontext() if self._queue is None else self._queue.turn()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            message = f"The database {self.shown_url} cannot be used: {_first_line(error)}."
            is_given_up = getattr(error.orig, "sqlstate", None) in _GIVEN_UP
            raise (DeadlockError if is_given_up else DatabaseUnusableError)(message) from error
        except DBAPIError as error:
            raise StorageError(f"The database {self.shown_url} cannot be used: {_first_line(error)}.") from error
        except SQLAlchemyError as error:
            raise StorageError(f"The database {self.shown_url} cannot be used: {error}.") from error

    @property
    def shown_url(self) -> str:
        """The address without its password."""
        return self.url.render_as_string(hide_password=True)

    def _sqlite_engine(self) -> Engine:
        module = choose_module()
        pool: dict[str, Any] = {}
        if self.url.database and self.url.database != ":memory:":
            path = Path(self.url.database)
            _require_folder(path)
            self._queue = WriterQueue(path)
            if version_of(module) < FIXED_VERSION:
                self._single_writer = SingleWriter(path)
            pool = {"pool_size": KEPT_CONNECTIONS, "max_overflow": -1, "pool_use_lifo": True}
        engine = create_engine(self.url, module=module, **pool)
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        return engine

    def _server_engine(self) -> Engine:
        try:
            return create_engine(self.url, pool_pre_ping=True)
        except (ImportError, NoSuchModuleError) as error:
            raise SettingsError(
                f"BLOGHOUND_DATABASE_URL={self.shown_url!r} needs a driver that is not installed: "
                "the extra 'postgres' brings it (pip install '.[postgres]'), with postgresql+psycopg:// as the scheme."
            ) from error


def open_database(settings: Settings) -> Database:
    """The configured database with its tables brought up to date.

    Raises SettingsError for an address that is none, StorageError when the database does not answer.
    """
    settings.ensure_data_dir()
    database = Database(settings.sqlalchemy_url)
    upgrade(database)
    return database


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to ``revision``; does nothing, and imports nothing, when they already are at the newest."""
    with database.read() as connection:
        current = revision_of(connection)
    if revision == "head" and current == _newest_revision():
        return
    from storage.migrating import run_upgrade  # noqa: PLC0415 - alembic costs 0.2 s that most commands need not pay

    run_upgrade(database, revision)


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables; None where there are none."""
    if not inspect(connection).has_table(REVISION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {REVISION_TABLE}")).scalar()  # noqa: S608 - our own


@lru_cache(maxsize=1)
def _newest_revision() -> str:
    """Migrations are files named by their revisions, which are numbers of four digits."""
    names = (path.name for path in (files("storage") / "migrations" / "versions").iterdir())
    return max(name.split("_")[0] for name in names if name.endswith(".py") and name[:1].isdigit())


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise SettingsError(f"BLOGHOUND_DATABASE_URL={_hide_password(url)!r} is no database address.") from error
    if backend not in {"sqlite", "postgresql"}:
        raise SettingsError(
            f"BLOGHOUND_DATABASE_URL={_hide_password(url)!r} is neither a SQLite nor a PostgreSQL address."
        )
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def _hide_password(url: str) -> str:
    return re.sub(r":[^:@/]+@", ":***@", url)


def _require_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The folder of the database {path} cannot be made: {error.strerror}.") from error


def _on_sqlite_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
    # The driver's own implicit transactions are switched off: ``_on_sqlite_begin`` says BEGIN.
    connection.isolation_level = None
    set_pragmas(connection)


def _on_sqlite_begin(connection: Connection) -> None:
    # A writer takes its lock at once: a reader that turned writer would fail with "database is locked" and not wait.
    options = connection.get_execution_options()
    if not options.get("bloghound_outside_transactions", False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("bloghound_writes", False) else "BEGIN")


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if error.orig and str(error.orig).strip() else type(error).__name__
