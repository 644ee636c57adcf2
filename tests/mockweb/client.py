"""A plain client that says any Host name to a port on loopback; it follows nothing and decodes nothing."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 10  # a fast answer on loopback takes a millisecond


@dataclass(frozen=True)
class Answer:
    """What came back; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def fetch(
    url: str,
    headers: Mapping[str, str] | None = None,
    *,
    address: str = "127.0.0.1",
    method: str = "GET",
    body: bytes | None = None,
) -> Answer:
    """Ask the server at ``address`` for ``url``, whatever its host name would resolve to."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Host": parts.netloc, "Accept-Encoding": "identity", **(headers or {})}
    with closing(HTTPConnection(address, parts.port, timeout=_TIMEOUT_SECONDS)) as connection:
        connection.request(method, target, body, headers=sent)
        response = connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
