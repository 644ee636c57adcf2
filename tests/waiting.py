"""Waiting in tests for what another thread or process brings about."""

import time
from collections.abc import Callable
from threading import Event

PAUSE_SECONDS = 0.02


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Return as soon as the condition holds; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        Event().wait(PAUSE_SECONDS)
