"""A small HTTP/1.1 server for one loopback port, in a thread with an event loop of its own.

It serves made-up web sites by Host name beside a crawler in the same process, and leaves the wire to the resources:
they may answer slowly, wrongly or never. Central name: :class:`LoopbackServer`.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from types import TracebackType
from typing import Self

from bloghound.demo.exchange import Request, Resource, problem
from bloghound.errors import PortError

MAX_HEAD_BYTES = 64 * 1024
"""Longest request head that is read; more is answered 431. The same as asyncio's default buffer."""
_BACKLOG = 512  # as many waiting connections as a crawl of some hundred hosts opens at once
_STOP_SECONDS = 5.0  # stopping takes milliseconds; only a resource that blocks the loop reaches this
_LAST_PORT = 65535

Router = Callable[[Request], Resource]


class LoopbackServer:
    """Serves what ``router`` returns for each request on one port; port 0 takes a free one.

    Use it as a context manager. Raises PortError when the port is taken or may not be opened.
    """

    def __init__(self, router: Router, port: int = 0, host: str = "127.0.0.1") -> None:
        self._router = router
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.connections_accepted = 0
        self._socket: socket.socket | None = None
        self.host, self.port = host, port

    def bind(self) -> None:
        """Take the port, which ``port`` then names; connections wait until the context is entered.

        Raises PortError when the port is taken or may not be opened.
        """
        if self._socket is None:
            self._socket = open_port(self.host, self.port)
            self.port = int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self.bind()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"web-{self.port}", daemon=True)
        self._thread.start()
        self._started.wait(_STOP_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._accept, sock=self._socket, limit=MAX_HEAD_BYTES, backlog=_BACKLOG)
        self._started.set()
        await self._stop.wait()
        server.close()
        for task, writer in tuple(self._connections.items()):
            # Abort rather than close: a client that reads nothing would keep a full buffer open for ever.
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections_accepted += 1
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections[task] = writer
        task.add_done_callback(self._connections.pop)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer request after request until one side hangs up."""
        try:
            # A client that goes away in the middle is its own right, and no event of ours.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    await writer.drain()
        finally:
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            request = parse_request(head, time.monotonic())
        except asyncio.LimitOverrunError:
            writer.write(problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE).encode(_UNREADABLE))
            return False
        except ValueError:
            writer.write(problem(HTTPStatus.BAD_REQUEST).encode(_UNREADABLE))
            return False
        body_bytes = int(request.headers.get("content-length", "0"))
        if body_bytes:
            request = with_body(request, await reader.readexactly(body_bytes))
        reusable = await self._router(request).answer(request, writer)
        return reusable and request.headers.get("connection", "").lower() != "close"


_UNREADABLE = Request("GET", "", "/", {}, 0.0)


def open_port(host: str, port: int) -> socket.socket:
    """A listening socket; raises PortError that names the port when it cannot be had."""
    if not 0 <= port <= _LAST_PORT:
        raise PortError(f"Port {port} is no port: choose one from 0 to {_LAST_PORT}.")
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or "unknown reason").split(" (")[0].lower()
        raise PortError(f"Port {port} on {host} cannot be used: {reason}.") from error


def parse_request(head: bytes, received_at: float) -> Request:
    """The request that a head stands for; raises ValueError when it is none."""
    request_line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, version = request_line.split(" ")
    if not version.startswith("HTTP/1.") or not target.startswith("/"):
        raise ValueError(request_line)
    headers = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(line)
        headers[name.strip().lower()] = value.strip()
    if not headers.get("content-length", "0").isdecimal():
        raise ValueError(headers["content-length"])
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    return Request(method, host.lower(), target, headers, received_at)


def with_body(request: Request, body: bytes) -> Request:
    """``request`` with the body that followed its head."""
    return Request(request.method, request.host, request.target, request.headers, request.received_at, body)
