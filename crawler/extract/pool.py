"""Parsing in processes that can be killed one by one: a page that hangs or eats memory costs that page, nothing else.

Killing one worker of the standard library's pool fails every queued task; pebble's pool replaces the one worker.
"""

import multiprocessing
import resource
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessPool

from bloghound.errors import ParseError, ParseTimeoutError
from crawler.extract.links import MAX_LINKS
from crawler.parsed import Document, ParsedDocument

DEFAULT_TIMEOUT_SECONDS = 10.0
"""The slowest of 8,000 real pages takes 0.5 s; hostile ones never end."""
DEFAULT_MEMORY_MIB = 1024
"""Address space of one worker: parsers and the language model map some 500 MiB, a 5 MiB page needs 200 more."""
MAX_TASKS = 2_000
"""A worker is replaced after this many documents, so that leaks in C libraries stay small."""
_CLOSE_SECONDS = 3.0


class ParserPool:
    """Workers that parse documents. Use as a context manager; leaving it stops running work within seconds."""

    def __init__(
        self,
        workers: int = 1,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        memory_mib: int = DEFAULT_MEMORY_MIB,
        max_links: int = MAX_LINKS,
    ) -> None:
        self._timeout_seconds = timeout_seconds
        self._max_links = max_links
        self._open: set[Future[ParsedDocument]] = set()
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=MAX_TASKS,
            initializer=_limit_memory,
            initargs=(memory_mib,),
            context=multiprocessing.get_context("spawn"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, document: Document) -> "Future[ParsedDocument]":
        """A future of the parsed document. It raises ParseTimeoutError or ParseError, for this document alone."""
        return self._schedule(_parse, document, self._max_links)

    def close(self) -> None:
        """Stop all workers, also those in the middle of a page; what was not finished raises ParseError."""
        stop: Callable[[], None] = self._pool.stop  # pebble annotates most, but not this method
        stop()
        self._pool.join(timeout=_CLOSE_SECONDS)
        for outcome in tuple(self._open):
            _fail(outcome, ParseError("The parser pool was closed."))

    def _schedule(
        self, function: Callable[[Document, int], ParsedDocument], document: Document, max_links: int
    ) -> "Future[ParsedDocument]":
        outcome: Future[ParsedDocument] = Future()
        try:
            task = self._pool.schedule(function, args=(document, max_links), timeout=self._timeout_seconds)
        except RuntimeError as error:
            raise ParseError("The parser pool is closed.") from error
        self._open.add(outcome)
        outcome.add_done_callback(self._open.discard)
        task.add_done_callback(lambda done: _settle(outcome, done, self._timeout_seconds))
        return outcome


def _settle(outcome: "Future[ParsedDocument]", done: "Future[ParsedDocument]", timeout_seconds: float) -> None:
    """Hand the result of a task on, its errors turned into ours."""
    if done.cancelled():
        _fail(outcome, ParseError("The parser pool was closed."))
        return
    error = done.exception()
    if error is not None:
        _fail(outcome, _as_parse_error(error, timeout_seconds))
        return
    # Whoever waited may have cancelled, or the pool may have been closed, in the meantime.
    with suppress(InvalidStateError):
        outcome.set_result(done.result())


def _fail(outcome: "Future[ParsedDocument]", error: ParseError) -> None:
    with suppress(InvalidStateError):
        outcome.set_exception(error)


def _as_parse_error(error: BaseException, timeout_seconds: float) -> ParseError:
    if isinstance(error, ParseError):
        return error
    if isinstance(error, FutureTimeoutError):
        found: ParseError = ParseTimeoutError(f"Parsing took longer than {timeout_seconds:g} seconds and was stopped.")
    elif isinstance(error, BrokenProcessPool):
        found = ParseError("The parser pool was closed.")
    elif isinstance(error, ProcessExpired):
        found = ParseError(f"The parser process died (exit code {error.exitcode}).")
    elif isinstance(error, MemoryError):
        found = ParseError("Parsing needs more memory than a parser process may use.")
    else:
        found = ParseError(f"The document cannot be parsed ({type(error).__name__}).")
    found.__cause__ = error
    return found


def _parse(document: Document, max_links: int) -> ParsedDocument:
    # Imported in the worker only: the process that crawls needs none of the parsers.
    from crawler.extract.document import parse_document  # noqa: PLC0415

    return parse_document(document, max_links)


def _limit_memory(memory_mib: int) -> None:
    limit = memory_mib * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
