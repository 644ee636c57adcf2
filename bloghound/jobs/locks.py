"""Locks on a data directory: what may be done there by one process at a time, or side by side only with its like."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bloghound.errors import StorageError


@contextmanager
def locked(path: Path, *, shared: bool = False, while_taken: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock of this file over all processes of the machine; it goes with the process that holds it.

    ``shared`` lets others in who ask for it shared too. Waits for whoever else holds it; where ``while_taken`` is
    given, calls that as often as it finds the lock taken: it may sleep a while, and what it raises ends the waiting.
    Raises StorageError when the file cannot be made.
    """
    operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        handle = path.open("wb")
    except OSError as error:
        raise StorageError(f"The file {path} cannot be made: {error.strerror}.") from error
    with handle:
        if while_taken is None:
            fcntl.flock(handle, operation)
        else:
            while not _is_got(handle.fileno(), operation):
                while_taken()
        yield


def _is_got(handle: int, operation: int) -> bool:
    try:
        fcntl.flock(handle, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
