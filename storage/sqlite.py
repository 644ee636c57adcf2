"""SQLite as this project needs it: a version without the WAL-reset bug, the pragmas, or else a single writer.

SQLite 3.7.0 to 3.51.2 can corrupt a database when two connections write and checkpoint at once (WAL-reset bug, fixed
in 3.51.3). ``pysqlite3`` brings a fixed one; where neither it nor the standard library's is new enough, one process
writes.
"""

import fcntl
import importlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import IO, Protocol, cast

from bloghound.errors import StorageError

FIXED_VERSION = (3, 51, 3)
BUSY_TIMEOUT_MS = 30_000
"""Longest wait for another writer: the longest transaction, erasing a site of 10,000 posts, takes some seconds."""


class _DriverConnection(Protocol):
    def execute(self, sql: str, /) -> object: ...


def version_of(module: ModuleType) -> tuple[int, ...]:
    """The SQLite version that a DB-API module is linked with."""
    return tuple(int(part) for part in str(module.sqlite_version).split("."))


def choose_module() -> ModuleType:
    """The standard library's sqlite3 when it is new enough, else pysqlite3 when that is newer, else the former."""
    if version_of(sqlite3) >= FIXED_VERSION:
        return sqlite3
    try:
        alternative = importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3
    return max(sqlite3, alternative, key=version_of)


def set_pragmas(connection: _DriverConnection) -> None:
    """Durable commits, readers beside one writer, foreign keys held, erased text overwritten in the file."""
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    _switch_to_wal(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "cache_size=-65536",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _switch_to_wal(connection: _DriverConnection) -> None:
    """Turn the write-ahead log on; of several processes that open a new database at once, the others wait.

    SQLite does not wait by itself here: the switch fails at once while anybody else has the file open for it.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except Exception as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


class SingleWriter:
    """Lets one process write where SQLite has the WAL-reset bug; the lock goes with the process."""

    def __init__(self, database_path: Path) -> None:
        self._path = database_path.with_name(database_path.name + ".writer")
        self._handle: IO[bytes] | None = None

    def acquire(self) -> None:
        """Become the writer, or raise StorageError when another process is."""
        if self._handle is not None:
            return
        handle = self._path.open("wb")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            raise StorageError(
                f"Another process writes to this database, and SQLite {sqlite3.sqlite_version} is not safe with two "
                "writers; install the package pysqlite3, or wait for the other to end."
            ) from error
        self._handle = cast("IO[bytes]", handle)

    def release(self) -> None:
        """Let another process write."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


class WriterQueue:
    """Lets the writers of one database in one after the other, threads and processes alike.

    SQLite's own way to wait is to sleep, up to 100 ms at a time, and to try again, in no order: with 16 clients and two
    processes one write in a hundred waited 4 s. Whoever does not queue here is still kept apart by SQLite's lock.
    """

    def __init__(self, database_path: Path) -> None:
        self._path = database_path.with_name(database_path.name + ".queue")
        self._turn = threading.Lock()
        self._handle: IO[bytes] | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn and keep it until the block ends.

        Raises StorageError when another thread keeps its turn for the longest wait; other processes are waited for.
        """
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise StorageError(f"The database {self._path.stem} is busy: another change of it does not end.")
        try:
            handle = self._opened()
            fcntl.flock(handle, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(handle, fcntl.LOCK_UN)
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the file that processes queue at; the next turn opens it again."""
        with self._turn:
            if self._handle is not None:
                self._handle.close()
                self._handle = None

    def _opened(self) -> IO[bytes]:
        if self._handle is None:
            try:
                self._handle = self._path.open("ab")
            except OSError as error:
                raise StorageError(f"The file {self._path} cannot be written: {error.strerror}.") from error
        return self._handle
