"""Programs that run while a test needs them, each with all its children, and whatever they say in a log file."""

import os
import pwd
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import until

START_SECONDS = 120
STOP_SECONDS = 20
_MOST_LOG_CHARS = 4000


class Service:
    """A program from start to stop, which logs into the folder ``data`` and works in ``folder`` or else there too.

    ``environment`` comes on top of ours.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        data: Path,
        environment: Mapping[str, str] | None = None,
        *,
        folder: Path | None = None,
        user: str | None = None,
    ) -> None:
        self._command = [str(part) for part in command]
        self._folder = folder or data
        self._environment = os.environ | dict(environment or {})
        self._user = user
        self.log = data / f"{Path(self._command[0]).name}.log"

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                ["nice", *self._command],
                cwd=self._folder,
                env=self._environment,
                user=self._user,
                group=pwd.getpwnam(self._user).pw_gid if self._user else None,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        # Whatever is left of the group, the program itself or children that it did not stop.
        self._signal(signal.SIGKILL)
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait_for(self, is_ready: Callable[[], object]) -> None:
        """Return as soon as ``is_ready``; fails with the end of the log when the program ends before, or never is."""
        until(lambda: is_ready() or self._process.poll() is not None, START_SECONDS)
        assert self._process.poll() is None, self.said()[-_MOST_LOG_CHARS:]

    def said(self) -> str:
        """What the program has printed so far."""
        return self.log.read_text(errors="replace")

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
