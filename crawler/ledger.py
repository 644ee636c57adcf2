"""The database as the event loop sees it: one thread reads and writes, and results are committed in batches.

A commit costs a disk flush and a dozen statements however little it holds, so results that arrive while one is under
way wait for the next. Central names: :class:`Ledger`, :class:`Recorder`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

from bloghound.errors import DatabaseUnusableError, DeadlockError
from bloghound.records import Outcome
from bloghound.urls import host_of
from storage import results
from storage.database import Connection, Database
from storage.results import PageResult
from storage.tables.base import utc_now

T = TypeVar("T")
CommitListener = Callable[[Sequence[PageResult], int], None]
_LOG = logging.getLogger(__name__)

DEADLOCK_RETRIES = 3
"""How often work is done again after PostgreSQL gave it up; of two that waited for each other the other one goes on."""
MAX_BATCH_RESULTS = 200
"""Results in one transaction: some MB of text, and a small part of a second for whoever waits for the lock."""


class Ledger:
    """Runs work on the database in a thread of its own, in the order in which it was asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    async def write(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` returns, once it is committed."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._write, work)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What ``work`` reads from one state of the database."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, work)

    def close(self) -> None:
        """End the thread, after everything that was asked for."""
        self._thread.shutdown()

    def _write(self, work: Callable[[Connection], T]) -> T:
        for _ in range(DEADLOCK_RETRIES):
            with suppress(DeadlockError), self._database.transaction() as connection:
                return work(connection)
        with self._database.transaction() as connection:
            return work(connection)

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._database.read() as connection:
            return work(connection)


class Recorder:
    """Writes page results, many in one transaction; the results of one call are never split.

    ``on_commit`` is told what was written, and how many posts came with it that were not known.
    """

    def __init__(
        self, ledger: Ledger, secret_key: bytes, on_commit: CommitListener = lambda _results, _posts: None
    ) -> None:
        self._ledger = ledger
        self._secret_key = secret_key
        self._on_commit = on_commit
        self._waiting: list[tuple[Sequence[PageResult], asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def record(self, group: Sequence[PageResult]) -> None:
        """Write the results of one round of a site together; returns when they are committed.

        Raises StorageError when the database cannot be used.
        """
        if not group:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((group, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        await done

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch = self._next_batch()
            try:
                await self._write([result for group, _ in batch for result in group])
                errors: list[Exception | None] = [None] * len(batch)
            except Exception:  # noqa: BLE001 - pages hold anything; what cannot be stored must cost its own site only
                errors = [await self._write_alone(group) for group, _ in batch]
            for (_, done), error in zip(batch, errors, strict=True):
                _settle(done, error)

    def _next_batch(self) -> list[tuple[Sequence[PageResult], asyncio.Future[None]]]:
        size = 0
        for place, (group, _) in enumerate(self._waiting):
            size += len(group)
            if place and size > MAX_BATCH_RESULTS:
                batch, self._waiting = self._waiting[:place], self._waiting[place:]
                return batch
        batch, self._waiting = self._waiting, []
        return batch

    async def _write_alone(self, group: Sequence[PageResult]) -> Exception | None:
        """Write the results of one visit by themselves, one by one if need be; the error that leaves no way."""
        try:
            for result in group:
                await self._write_or_note(result)
        except Exception as error:  # noqa: BLE001 - whatever it is, the visit waits to hear of it
            return error
        return None

    async def _write_or_note(self, result: PageResult) -> None:
        try:
            await self._write([result])
        except DatabaseUnusableError:
            raise  # a full disk is no fault of the page, which is asked for again when there is space
        except Exception as error:  # noqa: BLE001 - as above, for one page
            await self._write_failed(result, error)

    async def _write_failed(self, result: PageResult, error: Exception) -> None:
        """Keep only that a page could not be stored; when even that fails, the database itself is at fault."""
        fields = {"crawl": result.crawl_id, "host": host_of(result.url), "outcome": Outcome.PARSE_ERROR.value}
        _LOG.warning("%s could not be stored: %s", result.url, error, extra=fields)
        bare = replace(result, outcome=Outcome.PARSE_ERROR, reason=f"could not be stored: {type(error).__name__}")
        bare = replace(bare, posts=(), new_pages=(), site_links=(), signals=None, site_facts={}, identity=None)
        bare = replace(bare, statements=None, comments=(), discussions=(), readings=())
        # Without validators it is read again the next time, when it may be storable.
        await self._write([replace(bare, etag=None, last_modified=None)])

    async def _write(self, group: Sequence[PageResult]) -> None:
        counts = await self._ledger.write(
            lambda connection: results.record(connection, group, secret_key=self._secret_key, now=utc_now())
        )
        self._on_commit(group, sum(new for new, _ in counts))


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    """Tell a visit how its results fared; one that was cancelled meanwhile does not wait for it."""
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
