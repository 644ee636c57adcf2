"""Ctrl-C and SIGTERM: the first asks for a clean end, which takes seconds, the second ends the process at once."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

_SHOW_CURSOR = b"\x1b[?25h\n"


class Stopped(KeyboardInterrupt):
    """Raised in the main thread by the first signal, where work is to be broken off."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = 128 + number
        """As shells count: 130 after Ctrl-C, 143 after SIGTERM."""


@contextmanager
def stoppable(on_signal: Callable[[int], None]) -> Iterator[None]:
    """While the block runs, call ``on_signal`` with the number of the first SIGINT or SIGTERM.

    A second one ends this process without another word; processes of its own end with it. Main thread only.
    """
    was_asked = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        if was_asked:
            _end_at_once(number)
        was_asked = True
        on_signal(number)

    before = {name: signal.signal(name, handle) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _end_at_once(number: int) -> None:
    """End; a live view has hidden the terminal's cursor."""
    with suppress(OSError, ValueError):
        if os.isatty(sys.stderr.fileno()):
            os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os._exit(128 + number)
