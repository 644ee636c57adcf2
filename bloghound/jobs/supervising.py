"""The crawling process as its parent sees it: started, listened to, asked to stop. Central name: :func:`supervise`."""

import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection as Pipe

from bloghound.errors import BloghoundError, CrawlError
from crawler.plan import CrawlPlan, CrawlProgress
from crawler.worker import Finished, run_worker

Progress = Callable[[CrawlProgress], None]

STOP_SECONDS = 15.0
"""A worker that is asked to stop ends after the requests in flight, each of at most 20 s; it rarely takes one."""


def supervise(plan: CrawlPlan, progress: Progress) -> tuple[str, ...]:
    """Run the worker process and pass its progress on; the warnings it ended with.

    Raises KeyboardInterrupt after Ctrl-C or SIGTERM, once the worker has committed what was under way and ended.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=run_worker, args=(plan, theirs), name="bloghound-crawl")
    with _interrupts_ignored():
        process.start()
    theirs.close()
    try:
        with _termination_interrupts():
            return _listen(ours, progress)
    except (EOFError, ConnectionError) as error:
        process.join(STOP_SECONDS)
        raise CrawlError(
            f"The crawling process ended unexpectedly ({_exit_words(process.exitcode)}); "
            "the same command continues the crawl."
        ) from error
    except BloghoundError:
        raise
    except BaseException:
        _stop(ours, progress)
        raise
    finally:
        process.join(STOP_SECONDS)
        ours.close()
        if process.is_alive():
            process.kill()
            process.join()
        process.close()


def _listen(pipe: "Pipe[object, object]", progress: Progress) -> tuple[str, ...]:
    """Pass progress on until the worker's last word; raises the error that it ended with."""
    while True:
        message = pipe.recv()
        if isinstance(message, CrawlProgress):
            progress(message)
        elif isinstance(message, BloghoundError):
            raise message
        elif isinstance(message, Finished):
            return message.warnings


def _stop(pipe: "Pipe[object, object]", progress: Progress) -> None:
    """Ask the worker to stop, and read what it still tells: a full pipe would hold it up, and it is still storing."""
    deadline = time.monotonic() + STOP_SECONDS
    with suppress(EOFError, OSError):
        pipe.send("stop")
        while pipe.poll(max(0.0, deadline - time.monotonic())):
            message = pipe.recv()
            if isinstance(message, CrawlProgress):
                # Whoever asked for the end by raising may do so again.
                with suppress(Exception, KeyboardInterrupt):
                    progress(message)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """What is started here ignores Ctrl-C, which reaches a whole process group: it is asked to stop over the pipe."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _termination_interrupts() -> Iterator[None]:
    """SIGTERM, by which systems end services, does what Ctrl-C does: what is under way is committed before the end.

    A command that handles it already is left to do so.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _exit_words(code: int | None) -> str:
    if code is None:
        return "still running"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
