"""The HTTP protocol of the server with bounds on what comes before a body: the length of the head, and its time.

uvicorn's parser itself takes heads of any length at any pace.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.headers import SECURITY_HEADERS
from api.http.problems import PROBLEM_JSON

MAX_HEAD_BYTES = 32 * 1024
"""Request line and headers together; common servers take 8 to 32 KiB, and our longest cursor has 2 KiB."""

HEAD_SECONDS = 10.0
"""From the first byte of a request (or from connecting) to the end of its headers."""

_DETAILS = {
    HTTPStatus.REQUEST_TIMEOUT: "The head of the request did not arrive in time.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"Address and headers have at most {MAX_HEAD_BYTES:,} bytes.",
}


def _answer(status: HTTPStatus) -> bytes:
    """A whole response, written by hand: the application never sees the request."""
    body = json.dumps({"type": "about:blank", "title": status.phrase, "status": status, "detail": _DETAILS[status]})
    head = [
        f"HTTP/1.1 {status} {status.phrase}",
        f"Content-Type: {PROBLEM_JSON}",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in SECURITY_HEADERS.items()),
        "Connection: close",
    ]
    return "\r\n".join([*head, "", body]).encode("ascii")


class BoundedProtocol(HttpToolsProtocol):
    """Ends connections whose request heads are too long (431) or too slow (408)."""

    _head_bytes = 0
    _in_head = False
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection must say what it wants within the time of a head."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head while it is being read."""
        if self._in_head:
            self._count(len(data))
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(431)
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._start_timer()

    def on_url(self, url: bytes) -> None:
        """Part of the address."""
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        """The head is over; a body has limits of its own."""
        self._in_head = False
        self._stop_timer()
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse(431)
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Part of a body; that of a request that was refused is thrown away."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is complete; nothing waits for one that was refused."""
        if not self.transport.is_closing():
            super().on_message_complete()

    def _count(self, number: int) -> None:
        self._head_bytes += number

    def _start_timer(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._refuse, 408)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int) -> None:
        self._timer = None
        transport: Any = self.transport
        if not transport.is_closing():
            transport.write(_answer(HTTPStatus(status)))
            transport.close()
