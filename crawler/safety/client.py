"""The HTTP client protocol with a limit on response headers, which neither Twisted nor Scrapy has.

A server that sends headers without end would fill a hundred MiB of memory a second until the timeout. The classes
extended here are private to Scrapy 2.19: the version is pinned, and a test floods the crawler with headers.
"""

from collections.abc import Callable
from typing import Any

from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress
from twisted.web._newclient import HEADER, STATUS
from twisted.web.iweb import IResponse

MAX_HEAD_BYTES = 256 * 1024
"""Status line and headers together; browsers stop at 256 KiB (Chromium) or 384 KiB (Firefox)."""


class BoundedClientProtocol(_LenientHTTP11ClientProtocol):
    """Breaks the connection when the head of a response grows past MAX_HEAD_BYTES."""

    def __init__(self, quiescent: Callable[[Any], None]) -> None:
        super().__init__(quiescent)  # type: ignore[no-untyped-call]
        self._head_bytes = 0

    def request(self, request: Any) -> Deferred[IResponse]:
        """Send a request; each response on a kept connection may have a head of its own."""
        self._head_bytes = 0
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's interface names it
        """Parse what came, and count it while it belongs to the head."""
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._parser is None or self._parser.state not in {STATUS, HEADER}:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and self.transport is not None:
            self.transport.abortConnection()


class BoundedClientFactory(_LenientHTTP11ClientFactory):
    """Makes the protocols of the connection pool."""

    def buildProtocol(self, addr: IAddress | None) -> BoundedClientProtocol:  # noqa: ARG002, N802
        """A protocol for a new connection."""
        return BoundedClientProtocol(self._quiescentCallback)
