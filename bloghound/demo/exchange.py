"""The values of one exchange: a request as it was read, and a resource that answers it.

A :class:`Resource` is asked to write its own answer on the connection, so that one that misbehaves on purpose (see the
tests' mock web) can do anything a server can do. :class:`Document` is the well-behaved one.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol
from urllib.parse import parse_qs

HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. ``host`` has no port, header names are lower-case, times are ``time.monotonic``."""

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    received_at: float
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of a repeated one, the last."""
        pairs = parse_qs(self.target.partition("?")[2], keep_blank_values=True)
        return {name: values[-1] for name, values in pairs.items()}


class Resource(Protocol):
    """Something that answers a request on the wire."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Write the answer; returns whether the connection may be used again."""
        ...


@dataclass(frozen=True, slots=True)
class Document:
    """A page that is served as it stands, with validators: 200, or 304 when the client's copy is still good."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    modified: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    etag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "etag", f'"{hashlib.sha256(self.body).hexdigest()[:20]}"')

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Write the whole answer."""
        writer.write(self.encode(request))
        return True

    def encode(self, request: Request) -> bytes:
        """The bytes of the answer to ``request``: head and body, or the head alone for HEAD and 304."""
        if self.status == HTTPStatus.OK and is_fresh(request.headers, self.etag, self.modified):
            return response_head(HTTPStatus.NOT_MODIFIED, self._validators())
        content = (("Content-Type", self.content_type), ("Content-Length", str(len(self.body))))
        head = response_head(self.status, content + self._validators() + self.headers)
        return head if request.method == "HEAD" else head + self.body

    def _validators(self) -> tuple[tuple[str, str], ...]:
        if self.status != HTTPStatus.OK:
            return ()
        tag = (("ETag", self.etag),)
        return tag if self.modified is None else (*tag, ("Last-Modified", format_datetime(self.modified, usegmt=True)))


def html_document(text: str, *, modified: datetime | None = None, status: int = 200) -> Document:
    """A page of HTML."""
    return Document(text.encode(), HTML, status=status, modified=modified)


def json_document(
    value: object, *, content_type: str = JSON, headers: tuple[tuple[str, str], ...] = (), status: int = 200
) -> Document:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Document(body, content_type, headers=headers, status=status)


def redirect(location: str, status: int = 301) -> Document:
    """An answer that sends the client elsewhere."""
    return Document(b"", PLAIN, status=status, headers=(("Location", location),))


def problem(status: int) -> Document:
    """A short answer that says only what went wrong."""
    return Document(f"{status} {reason_of(status)}\n".encode(), PLAIN, status=status)


def response_head(status: int, headers: tuple[tuple[str, str], ...]) -> bytes:
    """Status line and headers, up to and with the empty line."""
    lines = [f"HTTP/1.1 {int(status)} {reason_of(status)}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def reason_of(status: int) -> str:
    """The standard phrase of a status, or ``Unknown``."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def is_fresh(headers: Mapping[str, str], etag: str, modified: datetime | None) -> bool:
    """Whether the client's copy is still good (RFC 9110 §13.2.2: If-None-Match, else If-Modified-Since)."""
    if "if-none-match" in headers:
        known = {tag.strip().removeprefix("W/") for tag in headers["if-none-match"].split(",")}
        return etag in known or "*" in known
    if modified is None or "if-modified-since" not in headers:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(headers["if-modified-since"])
    except (TypeError, ValueError):
        return False
