"""Which worker may visit a site: leases in the database, and a lock file by which a dead worker is known at once.

Central names: :class:`WorkerMark`, :func:`release_dead_workers`.
"""

import fcntl
import os
import secrets
import socket
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from bloghound.errors import CrawlError
from bloghound.settings import Settings
from storage import frontier
from storage.database import Database

LEASE_SECONDS = 120.0
"""A lease outlives four missed heartbeats; a worker on another machine that died is taken over after it."""
HEARTBEAT_SECONDS = 30.0

_SUFFIX = ".lock"


def workers_dir(settings: Settings) -> Path:
    """The folder of the lock files of all workers that share a data directory."""
    return settings.data_dir / "workers"


class WorkerMark:
    """A worker's name, and a locked file that shows other processes that it lives: the lock goes with the process."""

    def __init__(self, settings: Settings) -> None:
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._path = workers_dir(settings) / f"{self.owner}{_SUFFIX}"
        self._handle: IO[bytes] | None = None

    def __enter__(self) -> Self:
        draft = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = draft.open("wb")
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            # Only a locked file gets its name: an unlocked one would be taken for a dead worker's.
            draft.rename(self._path)
        except OSError as error:
            raise CrawlError(f"The worker file {self._path} cannot be made: {error.strerror}.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._path.unlink(missing_ok=True)
        if self._handle is not None:
            self._handle.close()


def release_dead_workers(settings: Settings, database: Database) -> list[str]:
    """Give back the leases of workers of this data directory that are dead; their names.

    A worker without a file here is on another machine: its leases run out by themselves.
    """
    with database.read() as connection:
        owners = frontier.lease_owners(connection)
    dead = [owner for owner in owners if _is_dead(workers_dir(settings) / f"{owner}{_SUFFIX}")]
    for owner in dead:
        with database.transaction() as connection:
            frontier.release_all(connection, owner)
    _remove_stale_files(settings)
    return dead


def _is_dead(path: Path) -> bool:
    try:
        with path.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # no such file, or locked by the living
        return False
    return True


def _remove_stale_files(settings: Settings) -> None:
    for path in workers_dir(settings).glob(f"*{_SUFFIX}"):
        if _is_dead(path):
            path.unlink(missing_ok=True)
