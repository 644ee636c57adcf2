"""Parsing in processes that can be killed one by one: a page that hangs or eats memory costs that page, nothing else.

Killing one worker of the standard library's pool fails every queued task; pebble's pool replaces the one worker.
"""

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pebble import ProcessExpired, ProcessPool

from bloghound.errors import OversizedDocumentError, ParseError, ParseTimeoutError
from crawler.extract.links import MAX_LINKS
from crawler.parsed import Document, ParsedDocument

DEFAULT_TIMEOUT_SECONDS = 3.0
"""Of processor time, so that a busy machine costs no page. The slowest of 8,000 real pages takes 0.5 s; hostile ones
never end."""
_CLOCK_FACTOR = 4.0
"""By the clock a page may take this times as long: its process shares the processors with others, or sleeps."""
DEFAULT_MEMORY_MIB = 256
"""Most memory of one worker, within the 300 MB that a hostile page may cost: parsers and language model take 65 MiB,
a page of 5 MiB some 150 more."""
MAX_TASKS = 2_000
"""A worker is replaced after this many documents, so that leaks in C libraries stay small."""
_WORN = 0.5
"""A worker whose size has grown by this share of what it may grow begins no document: the next might not fit."""
_WORN_EXIT = 75
"""Exit code of a worker that is worn out; EX_TEMPFAIL of sysexits.h, which no parser library uses."""
_LEAST_ROOM_BYTES = 64 * 2**20
"""Left for a document even where the limit is too low for the libraries themselves; an ordinary page needs less."""
_CLOSE_SECONDS = 3.0

# Loads every library and the language model, before a worker's first document and its clock.
_WARMING = Document(
    "https://page.invalid/",
    b"<!DOCTYPE html><title>Warming up</title><article><p>A sentence that is long enough to have a language.</article>",
    "text/html",
)


class ParserPool:
    """Workers that parse documents. Use as a context manager; leaving it stops running work within seconds."""

    def __init__(
        self,
        workers: int = 1,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        memory_mib: int = DEFAULT_MEMORY_MIB,
        max_links: int = MAX_LINKS,
        *,
        collect_contacts: bool = False,
    ) -> None:
        self._workers = workers
        self._timeout_seconds = timeout_seconds
        self._memory_mib = memory_mib
        self._max_links = max_links
        self._parse = partial(_parse, collect_contacts=collect_contacts)
        self._open: set[Future[ParsedDocument]] = set()
        self._is_closed = False
        self._lock = threading.Lock()
        self._pool = self._start()

    def _start(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=MAX_TASKS,
            initializer=_prepare_worker,
            context=multiprocessing.get_context("spawn"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def submit(self, document: Document) -> "Future[ParsedDocument]":
        """A future of the parsed document. It raises ParseError or one of its kinds, for this document alone."""
        return self._schedule(self._parse, document, self._max_links)

    def close(self) -> None:
        """Stop all workers, also those in the middle of a page; what was not finished raises ParseError."""
        self._is_closed = True
        _stop(self._pool)
        self._pool.join(timeout=_CLOSE_SECONDS)
        for outcome in tuple(self._open):
            _fail(outcome, ParseError("The parser pool was closed."))

    def _schedule(
        self, function: Callable[[Document, int], ParsedDocument], document: Document, max_links: int
    ) -> "Future[ParsedDocument]":
        if self._is_closed:
            raise ParseError("The parser pool is closed.")
        outcome: Future[ParsedDocument] = Future()
        self._open.add(outcome)
        outcome.add_done_callback(self._open.discard)
        self._hand_out(outcome, function, document, max_links)
        return outcome

    def _hand_out(
        self,
        outcome: "Future[ParsedDocument]",
        function: Callable[[Document, int], ParsedDocument],
        document: Document,
        max_links: int,
    ) -> None:
        """Give a document to a worker, and to another one when that was worn out."""

        def settle(done: "Future[ParsedDocument]") -> None:
            if _was_declined(done) and not self._is_closed:
                self._hand_out(outcome, function, document, max_links)
            else:
                _settle(outcome, done, self._timeout_seconds)

        arguments = (function, document, max_links, self._memory_mib, self._timeout_seconds)
        try:
            task = self._running().schedule(_work, args=arguments, timeout=_CLOCK_FACTOR * self._timeout_seconds)
        except RuntimeError as error:
            failure = ParseError("The parser pool is closed.")
            failure.__cause__ = error
            _fail(outcome, failure)
            return
        task.add_done_callback(settle)

    def _running(self) -> ProcessPool:
        """The pool, made anew when it broke: its processes share pipes, which one that dies at them can spoil."""
        with self._lock:
            if not self._is_closed and not self._pool.active:
                _stop(self._pool)
                self._pool = self._start()
            return self._pool


def _stop(pool: ProcessPool) -> None:
    stop: Callable[[], None] = pool.stop  # pebble annotates most, but not this method
    stop()


def _was_declined(done: "Future[ParsedDocument]") -> bool:
    error = None if done.cancelled() else done.exception()
    return isinstance(error, ProcessExpired) and error.exitcode == _WORN_EXIT


def _settle(outcome: "Future[ParsedDocument]", done: "Future[ParsedDocument]", timeout_seconds: float) -> None:
    """Hand the result of a task on, its errors turned into ours."""
    if done.cancelled():
        _fail(outcome, ParseError("The parser pool was closed."))
        return
    error = done.exception()
    if error is not None:
        _fail(outcome, _as_parse_error(error, timeout_seconds))
        return
    with suppress(InvalidStateError):
        outcome.set_result(done.result())


def _fail(outcome: "Future[ParsedDocument]", error: ParseError) -> None:
    with suppress(InvalidStateError):
        outcome.set_exception(error)


def _as_parse_error(error: BaseException, timeout_seconds: float) -> ParseError:
    if isinstance(error, ParseError):
        return error
    if isinstance(error, FutureTimeoutError) or _ran_out_of_time(error):
        found: ParseError = ParseTimeoutError(f"Parsing took longer than {timeout_seconds:g} s and was stopped.")
    elif isinstance(error, BrokenProcessPool):
        found = ParseError("The parser pool was closed.")
    elif isinstance(error, ProcessExpired):
        found = ParseError(f"The parser process died (exit code {error.exitcode}).")
    elif isinstance(error, MemoryError):
        found = OversizedDocumentError("Parsing needs more memory than a parser process may use.")
    else:
        found = ParseError(f"The document cannot be parsed ({type(error).__name__}).")
    found.__cause__ = error
    return found


def _ran_out_of_time(error: BaseException) -> bool:
    return isinstance(error, ProcessExpired) and error.exitcode == -signal.SIGPROF


def _prepare_worker() -> None:
    """Before a worker's first document: load everything, and note how large the process is then."""
    # pebble's own handler runs between two steps of Python, and a parser may stay in C for minutes.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    _parse(_WARMING, MAX_LINKS)
    _fresh_size()


def _work(
    function: Callable[[Document, int], ParsedDocument],
    document: Document,
    max_links: int,
    memory_mib: int,
    timeout_seconds: float,
) -> ParsedDocument:
    """Run one task in a worker within its limits; a worn worker ends instead, and the pool takes another."""
    fresh = _fresh_size()
    with _within(timeout_seconds):
        if not fresh.mapped:
            return function(document, max_links)
        return _work_within_memory(function, document, max_links, memory_mib, fresh)


@contextmanager
def _within(timeout_seconds: float) -> Iterator[None]:
    """Let the system end this process when it has used so much processor time, whatever library it is in then."""
    signal.setitimer(signal.ITIMER_PROF, timeout_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _work_within_memory(
    function: Callable[[Document, int], ParsedDocument],
    document: Document,
    max_links: int,
    memory_mib: int,
    fresh: "_Size",
) -> ParsedDocument:
    room = max(memory_mib * 2**20 - fresh.resident, _LEAST_ROOM_BYTES)
    if _size().mapped - fresh.mapped > room * _WORN:
        os._exit(_WORN_EXIT)
    with _at_most(fresh.mapped + room):
        return function(document, max_links)


def _parse(document: Document, max_links: int, *, collect_contacts: bool = False) -> ParsedDocument:
    # Imported in the worker only: the process that crawls needs none of the parsers.
    from crawler.extract.document import parse_document  # noqa: PLC0415

    return parse_document(document, max_links, collect_contacts=collect_contacts)


class _Size(NamedTuple):
    """Bytes of this process: of its address space, and of memory that it holds."""

    mapped: int
    resident: int


def _size() -> _Size:
    """From Linux's ``statm``; zeros on other systems, where nothing but the time is limited."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return _Size(0, 0)
    return _Size(int(pages[0]) * resource.getpagesize(), int(pages[1]) * resource.getpagesize())


@cache
def _fresh_size() -> _Size:
    """The size of this worker when it was asked first: before any document."""
    return _size()


@contextmanager
def _at_most(mapped_bytes: int) -> Iterator[None]:
    """Limit the address space while a document is parsed: what the pool itself does must not fail for memory."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
