"""What tests look up about processes in the kernel's own books (Linux's ``/proc``)."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> Iterator[int]:
    """Every process below ``pid`` that lives now."""
    for child in _children(pid):
        yield child
        yield from descendants(child)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def is_running(pid: int) -> bool:
    """Whether a process works still; one that has ended and that nobody has asked about yet does not."""
    return _stat(pid)[:1] not in ([], ["Z"], ["X"])


def runs_a_program_of_its_own(pid: int) -> bool:
    """Whether a process was started and not only split off: until it has its program it counts our memory as its."""
    return _command(pid) not in (b"", _command(os.getpid()))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def peak_mib(pid: int) -> float:
    """Most memory that a process has held since it was started; 0 when it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024 if "VmHWM:" in status else 0.0


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used; 0 when it has ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND if fields else 0.0


def _stat(pid: int) -> list[str]:
    """The fields after the name, from the state on; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
