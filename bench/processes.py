"""CPU time and memory of processes and their descendants, read from ``/proc``.

Central names: :func:`family`, :class:`Meter`.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
# Fields of /proc/PID/stat behind the command, which may hold spaces (proc(5)): parent, user time, system time, pages.
_PARENT, _USER, _SYSTEM, _RESIDENT = 1, 11, 12, 21


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process has used: seconds of CPU, and resident memory now."""

    pid: int
    parent: int
    cpu_seconds: float
    resident_bytes: int


def family(root: int) -> Iterator[tuple[int, Usage]]:
    """(generation, usage) of a process, which is generation 0, and of all its living descendants."""
    children: defaultdict[int, list[Usage]] = defaultdict(list)
    for usage in _all():
        children[usage.parent].append(usage)
    waiting = [(0, usage) for group in list(children.values()) for usage in group if usage.pid == root]
    while waiting:
        generation, usage = waiting.pop()
        yield generation, usage
        waiting += [(generation + 1, child) for child in children[usage.pid]]


def _all() -> Iterator[Usage]:
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            # A process may end while it is read.
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                seconds = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
                yield Usage(int(folder.name), int(fields[_PARENT]), seconds, int(fields[_RESIDENT]) * _PAGE_BYTES)


class Meter:
    """Watches processes from a thread while the context lasts; ``begin`` says when counting starts.

    ``cpu_seconds`` sums by name what each process used since then, those that have ended meanwhile included.
    """

    def __init__(self, named: Callable[[], Iterator[tuple[str, Usage]]], begin: Callable[[], bool]) -> None:
        self._named = named
        self._begin = begin
        self._before: dict[int, float] = {}
        self._latest: dict[int, tuple[str, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Meter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def cpu_seconds(self) -> dict[str, float]:
        """Seconds by name."""
        total: defaultdict[str, float] = defaultdict(float)
        for pid, (name, seconds) in self._latest.items():
            total[name] += seconds - self._before.get(pid, 0.0)
        return dict(total)

    def _watch(self) -> None:
        begun = False
        while not self._over.wait(0.1):
            usages = list(self._named())
            if not begun:
                self._before = {usage.pid: usage.cpu_seconds for _, usage in usages}
                begun = self._begin()
            else:
                self._latest |= {usage.pid: (name, usage.cpu_seconds) for name, usage in usages}
