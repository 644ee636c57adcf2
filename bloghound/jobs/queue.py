"""A worker's place at the queue of jobs: taking one, keeping it alive while it is done, telling how far it is.

Central names: :class:`JobQueue` (what is due), :class:`Desk` (the job being done).
"""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from bloghound.errors import StorageError
from storage import jobs
from storage.database import Database
from storage.jobs import JobRecord
from storage.tables.base import utc_now

LEASE_SECONDS = 120.0
"""A killed worker's job is taken up again after this; the longest wait for SQLite's write lock is a quarter of it."""
BEAT_SECONDS = 15.0
"""How often a lease is extended: it outlives several beats that a busy database swallows."""
TICK_SECONDS = 1.0
"""How often progress is written and a wish to stop is read: as often as a person can follow."""

_LOG = logging.getLogger(__name__)


class JobStopped(Exception):  # noqa: N818 - no error: it carries a wish from outside through the work to its caller
    """Raised inside the work of a job that shall stop; no BloghoundError, so that nothing reports it as a failure."""


def new_owner() -> str:
    """A name for a worker that no other has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


class JobQueue:
    """The queue as one worker sees it."""

    def __init__(self, database: Database, owner: str, *, lease_seconds: float = LEASE_SECONDS) -> None:
        self.database = database
        self.owner = owner
        self.lease_seconds = lease_seconds

    def take(self, kinds: Sequence[str]) -> JobRecord | None:
        """The next job of these kinds, now this worker's; None when none is due."""
        with self.database.read() as connection:
            if not jobs.is_due(connection, kinds, now=utc_now()):
                return None
        with self.database.transaction() as connection:
            jobs.bury(connection, now=utc_now())
            return jobs.lease(connection, self.owner, kinds=kinds, now=utc_now(), seconds=self.lease_seconds)

    def finish(
        self, job: JobRecord, state: str, *, errors: Sequence[str] = (), result: Mapping[str, Any] | None = None
    ) -> None:
        """End a job; one that another worker has taken over meanwhile is left to that."""
        with self.database.transaction() as connection:
            jobs.finish(connection, job.job_id, self.owner, state=state, now=utc_now(), errors=errors, result=result)

    def give_back(self, job: JobRecord, *, delay: timedelta = timedelta(0)) -> None:
        """Return a job to the queue, for anybody to take up after ``delay``."""
        with self.database.transaction() as connection:
            jobs.give_back(connection, job.job_id, self.owner, run_after=utc_now() + delay)


class Desk:
    """A job while it is being done: a thread beside the work writes progress, extends the lease, hears wishes to stop.

    The work calls :meth:`report`, as often as it likes, which raises JobStopped once it shall stop.
    """

    def __init__(self, queue: JobQueue, job: JobRecord, stopping: threading.Event) -> None:
        self.job = job
        self.is_cancelled = False
        self.is_lost = False
        self._queue = queue
        self._stopping = stopping
        self._lock = threading.Lock()
        self._unwritten: tuple[dict[str, Any], dict[str, int] | None] | None = None
        self.line = f"{job.kind} {job.public_id}"
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._tick, name=f"desk-{job.public_id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        with suppress(StorageError):
            self._write()

    @property
    def shall_stop(self) -> bool:
        """Whether the work is no longer wanted here: cancelled, another's by now, or the worker is ending."""
        return self.is_cancelled or self.is_lost or self._stopping.is_set()

    def report(self, stage: str, done: int, total: int | None, counts: Mapping[str, int] | None = None) -> None:
        """How far the work is; raises JobStopped when it shall stop."""
        with self._lock:
            kept = self._unwritten[1] if self._unwritten else None
            progress = {"stage": stage, "done": done, "total": total}
            self._unwritten = (progress, dict(counts) if counts is not None else kept)
        self.line = f"{self.job.kind} {self.job.public_id}: {stage} {done}" + (f" of {total}" if total else "")
        if self.shall_stop:
            raise JobStopped

    def _tick(self) -> None:
        ticks_to_beat = beat_every = max(1, round(min(BEAT_SECONDS, self._queue.lease_seconds / 4) / TICK_SECONDS))
        while not self._done.wait(TICK_SECONDS):
            ticks_to_beat -= 1
            try:
                if ticks_to_beat <= 0 or self._unwritten is not None:
                    self._write(beat=True)
                    ticks_to_beat = beat_every
                else:
                    self._listen()
            except StorageError:
                _LOG.warning("the progress of %s could not be written", self.job.public_id, exc_info=True)

    def _write(self, *, beat: bool = False) -> None:
        with self._lock:
            unwritten, self._unwritten = self._unwritten, None
        if unwritten is None and not beat:
            return
        progress, counts = unwritten or (None, None)
        with self._queue.database.transaction() as connection:
            wish = jobs.beat(
                connection,
                self.job.job_id,
                self._queue.owner,
                now=utc_now(),
                seconds=self._queue.lease_seconds,
                progress=progress,
                counts=counts,
            )
        self.is_lost = wish is None
        self.is_cancelled = self.is_cancelled or bool(wish)

    def _listen(self) -> None:
        with self._queue.database.read() as connection:
            found = jobs.by_public_id(connection, self.job.public_id)
        self.is_cancelled = self.is_cancelled or (found is not None and found.cancel_requested)
