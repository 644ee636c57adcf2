"""Mapped files brought into a process's page tables before a question waits for them.

A page that the kernel holds in memory but that this process has not touched costs a fault at its first use: a query
over 100,000 bloggers met thousands of them, for a sixth of its time.
"""

import sys
import time
from collections.abc import Iterable
from mmap import mmap
from typing import Any

from numpy.typing import NDArray

MADV_POPULATE_READ = 22
"""Of Linux 5.14 (``asm-generic/mman-common.h``), which Python's mmap does not name yet."""

BYTES_AT_A_TIME = 1 << 20
"""The interpreter stands still meanwhile: under 10 ms where the pages have to be read from a disk."""


def populate(arrays: Iterable[NDArray[Any]], seconds: float) -> bool:
    """Whether the pages of all these arrays are in the page tables now; what is not mapped is left as it is.

    Takes no memory but that of the page tables (one byte in 512) and of the kernel's cache, and at most about that many
    seconds. A kernel that does not know how, or cannot, leaves it to the first use.
    """
    until = time.monotonic() + seconds
    for pages in filter(None, map(_mapping_of, arrays)):
        for start in range(0, len(pages), BYTES_AT_A_TIME):
            if time.monotonic() > until or not _populated(pages, start):
                return False
    return True


def _populated(pages: mmap, start: int) -> bool:
    try:
        pages.madvise(MADV_POPULATE_READ, start, min(BYTES_AT_A_TIME, len(pages) - start))
    except OSError:
        return False
    return True


def _mapping_of(array: NDArray[Any]) -> mmap | None:
    """What an array that is a view of a mapped file is a view of."""
    base: Any = array
    while base is not None and not isinstance(base, mmap):
        base = getattr(base, "base", None)
    return base if sys.platform == "linux" else None
