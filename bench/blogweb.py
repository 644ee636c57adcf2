"""Made-up blogs on one loopback port, served by a process of their own; every page is written when it is asked for.

So a site of any number of posts costs no memory, and the server's work stands apart in the figures. Central name:
:class:`BlogWeb`.
"""

import multiprocessing
from functools import partial
from multiprocessing.connection import Connection as Pipe
from multiprocessing.synchronize import Event
from types import TracebackType
from typing import Self

from bench.blogpages import SUFFIX, Served, answer
from bloghound.demo.server import LoopbackServer

ADDRESS = "127.0.0.1"
_START_SECONDS = 30.0


class BlogWeb:
    """Serves what :class:`~bench.blogpages.Served` says, as a context manager; ``port`` is known within."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.port = 0
        context = multiprocessing.get_context("spawn")
        self._stop = context.Event()
        self._told, telling = context.Pipe()
        self._process = context.Process(target=_serve, args=(served, telling, self._stop), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        if not self._told.poll(_START_SECONDS):
            raise TimeoutError("the measurement's server did not start")
        self.port = self._told.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._process.join()

    @property
    def pid(self) -> int:
        """The serving process."""
        return self._process.pid or 0

    @property
    def homes(self) -> list[str]:
        """The home page of every blog."""
        return [f"http://blog{number}.{SUFFIX}/" for number in range(self.served.blogs)]

    @property
    def static_hosts(self) -> dict[str, tuple[str, int]]:
        """Where all their names are served."""
        return {f"*.{SUFFIX}": (ADDRESS, self.port)}


def _serve(served: Served, telling: "Pipe[int, None]", stop: Event) -> None:
    with LoopbackServer(partial(answer, served)) as server:
        telling.send(server.port)
        stop.wait()
