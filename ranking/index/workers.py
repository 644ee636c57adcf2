"""Writing the segments of a large build by several processes: analysing texts is most of what a build does."""

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bloghound.errors import StorageError
from ranking.index.writing import MAX_SEGMENT_POSTS, LocalSegments, NewPosts, Segments

WORKERS = 2
"""The machine that the project is measured on has two cores, and each worker holds some hundred megabytes."""

LOCAL_POSTS = 50_000
"""Posts that are written before workers are started: they take ten seconds, and a worker's start takes two."""


class GrowingSegments:
    """Writes in this process at first, and by workers once there is much to write."""

    def __init__(self, folder: Path, dimensions: int, local_posts: int = LOCAL_POSTS) -> None:
        self._folder, self._dimensions = folder, dimensions
        self._room = local_posts
        self._segments: Segments = LocalSegments(folder, dimensions)
        self._done: list[dict[str, Any]] = []

    def add(self, bloggers: Sequence[NewPosts]) -> None:
        """Write these posts."""
        self._segments.add(bloggers)
        if isinstance(self._segments, LocalSegments):
            self._room -= sum(len(new.posts) for new in bloggers)
            if self._room < 0:
                self._done = self._segments.finish()
                self._segments = WorkerSegments(self._folder, self._dimensions)

    def finish(self) -> list[dict[str, Any]]:
        """Complete the files; returns what ``meta.json`` says of each segment."""
        return [*self._done, *self._segments.finish()]

    def abandon(self) -> None:
        """Stop; what is written is not needed."""
        self._segments.abandon()


class WorkerSegments:
    """Hands each run of bloggers to the next worker in turn; every worker writes segments of its own."""

    def __init__(self, folder: Path, dimensions: int, workers: int = WORKERS) -> None:
        self._workers = [_Worker(folder, dimensions) for _ in range(workers)]
        self._next = 0

    def add(self, bloggers: Sequence[NewPosts]) -> None:
        """Write these posts; waits while the worker is busy, so that nothing piles up."""
        self._workers[self._next].send(bloggers)
        self._next = (self._next + 1) % len(self._workers)

    def finish(self) -> list[dict[str, Any]]:
        """Complete the files; raises StorageError when a worker could not."""
        for worker in self._workers:
            worker.send(None)
        return [entry for worker in self._workers for entry in worker.result()]

    def abandon(self) -> None:
        """Stop the workers."""
        for worker in self._workers:
            worker.stop()


class _Worker:
    """A process that writes segments; it ends by itself when the one that started it is gone."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        # Not forked: a fork would copy the locks of whatever threads run in a service.
        context = multiprocessing.get_context("spawn")
        inbox, self._outbox = context.Pipe(duplex=False)
        self._inbox, outbox = context.Pipe(duplex=False)
        self._process = context.Process(target=_write, args=(inbox, outbox, folder, dimensions), daemon=True)
        self._process.start()
        inbox.close()
        outbox.close()

    def send(self, bloggers: Sequence[NewPosts] | None) -> None:
        try:
            self._outbox.send(bloggers)
        except OSError:
            self.result()

    def result(self) -> list[dict[str, Any]]:
        try:
            found = self._inbox.recv()
        except EOFError:
            found = f"exit code {self._process.exitcode}"
        self.stop()
        if isinstance(found, str):
            raise StorageError(f"A process that writes the index stopped: {found}.")
        return list(found)

    def stop(self) -> None:
        self._outbox.close()
        self._inbox.close()
        self._process.terminate()
        self._process.join()


def _write(inbox: Connection, outbox: Connection, folder: Path, dimensions: int) -> None:
    """What a worker does: write what comes, until None comes; then tell what was written, or what went wrong."""
    segments = LocalSegments(folder, dimensions, MAX_SEGMENT_POSTS)
    try:
        while (bloggers := inbox.recv()) is not None:
            segments.add(bloggers)
        outbox.send(segments.finish())
    except EOFError:
        segments.abandon()
    except (OSError, ValueError, MemoryError) as error:
        segments.abandon()
        outbox.send(str(error) or type(error).__name__)
