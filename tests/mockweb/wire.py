"""Resources that misbehave on the wire: they hang up, lie about lengths, crawl, or never end."""

import asyncio
import gzip
import io
from abc import ABC, abstractmethod
from dataclasses import dataclass

from bloghound.demo.exchange import HTML, PLAIN, Document, Request, response_head

_KIB = 1024


class Misbehaviour(ABC):
    """A resource that treats every request alike."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:  # noqa: ARG002 - see above
        return await self.misbehave(writer)

    @abstractmethod
    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        """Do it; returns whether the connection may be used again."""


@dataclass(frozen=True)
class Drop(Misbehaviour):
    """Hangs up: with a reset before the answer, or politely in the middle of its head."""

    after_head: bool = False

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        if self.after_head:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")
        else:
            writer.transport.abort()
        return False


@dataclass(frozen=True)
class BrokenChunked(Misbehaviour):
    """Begins a chunked body and then sends a chunk size that is no number."""

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        head = response_head(200, (("Content-Type", HTML), ("Transfer-Encoding", "chunked")))
        writer.write(head + b"9\r\n<p>Hello,\r\nzebra\r\n")
        return False


@dataclass(frozen=True)
class TruncatedBody(Misbehaviour):
    """Announces ``announced_bytes`` and hangs up after half of them."""

    announced_bytes: int = 10_000

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        head = response_head(200, (("Content-Type", HTML), ("Content-Length", str(self.announced_bytes))))
        writer.write(head + b"x" * (self.announced_bytes // 2))
        return False


@dataclass(frozen=True)
class ForeverTaking(Misbehaviour):
    """Accepts the request and never says a word."""

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        await asyncio.Event().wait()
        return not writer.is_closing()


@dataclass(frozen=True)
class SlowDrip(Misbehaviour):
    """Sends its page one byte at a time: never idle, never done."""

    interval_seconds: float = 0.5
    body: bytes = b"<p>" + b"drip " * 2000

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(response_head(200, (("Content-Type", HTML), ("Content-Length", str(len(self.body))))))
        for byte in self.body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(self.interval_seconds)
        return True


@dataclass(frozen=True)
class EndlessBody(Misbehaviour):
    """A page without length that goes on as long as somebody reads."""

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(response_head(200, (("Content-Type", HTML), ("Connection", "close"))))
        paragraph = b"<p>" + b"and so on " * 1600 + b"</p>"
        while not writer.is_closing():
            writer.write(paragraph)
            await writer.drain()
        return False


@dataclass(frozen=True)
class HeaderFlood(Misbehaviour):
    """Sends header lines until nobody listens any more, or until ``lines`` are sent."""

    lines: int = 100_000

    async def misbehave(self, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(self.lines):
            writer.write(f"X-Flood-{number}: {'y' * 80}\r\n".encode())
            await writer.drain()
        writer.write(b"Content-Length: 0\r\n\r\n")
        return True


def GzipBomb(decoded_bytes: int = 200 * _KIB * _KIB) -> Document:  # noqa: N802 - named like the other resources
    """A small gzip that unpacks to ``decoded_bytes``."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as stream:
        for _ in range(decoded_bytes // (64 * _KIB)):
            stream.write(b" " * 64 * _KIB)
    return Document(packed.getvalue(), HTML, headers=(("Content-Encoding", "gzip"),))


def AttributeBomb(attributes: int = 50_000) -> Document:  # noqa: N802
    """One tag with so many attributes that parsers need quadratic time."""
    tag = "<div " + " ".join(f"a{number}=1" for number in range(attributes)) + ">"
    return Document(f"<html><body>{tag}bang</div></body></html>".encode())


def NestingBomb(depth: int = 100_000) -> Document:  # noqa: N802
    """Elements inside elements, until a recursive parser has no stack left."""
    return Document(("<html><body>" + "<div>" * depth + "deep" + "</div>" * depth).encode())


def HugeRobots(size_bytes: int = 5_000_000) -> Document:  # noqa: N802
    """A robots.txt of 5 MB whose rule that counts stands at the top (RFC 9309: at least 500 KiB are read)."""
    head = b"User-agent: *\nDisallow: /secret/\n"
    line = b"Disallow: /nothing-here-at-all/\n"
    return Document(head + line * ((size_bytes - len(head)) // len(line)), PLAIN)
