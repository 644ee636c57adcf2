"""A load client that costs little: connections that are kept open, requests made up beforehand, answers barely read.

Each connection sends its requests one after the other and waits for each answer, as a browser or a script does.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import cast

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Answered:
    """One answer: its status, and the seconds from the first byte sent to the last one received."""

    status: int
    seconds: float


@dataclass(frozen=True)
class Load:
    """What came of a load: the answers of each connection in the order of its requests, in how many seconds, and in
    how many of them the client itself computed."""

    answers: list[list[Answered]]
    seconds: float
    computed_seconds: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return sum(map(len, self.answers)) / self.seconds

    @property
    def errors(self) -> int:
        """Answers that are no success."""
        return sum(one.status >= 400 for several in self.answers for one in several)

    def quantile_ms(self, share: float) -> float:
        """The time that this share of the answers took at most, in milliseconds."""
        ordered = sorted(one.seconds for several in self.answers for one in several)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000 if ordered else float("nan")


def request(method: str, path: str, key: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"Authorization: Bearer {key}"] if key else []
    lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join(lines).encode() + _END + body


def put_load(port: int, requests: Sequence[Sequence[bytes]], seconds: float) -> Load:
    """Send for so many seconds from a process of its own, on one connection for each sequence of requests.

    A connection that has sent all of its requests begins anew. Those under way at the end are waited for.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_run, port, requests, seconds).result()


def _run(port: int, requests: Sequence[Sequence[bytes]], seconds: float) -> Load:
    return uvloop.run(_put(port, requests, seconds))


async def _put(port: int, requests: Sequence[Sequence[bytes]], seconds: float) -> Load:
    loop = asyncio.get_running_loop()
    began, computed_before = time.perf_counter(), time.process_time()
    connections = [_Connection(several, began + seconds) for several in requests]
    for connection in connections:
        await loop.create_connection(lambda made=connection: made, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(connection.ended for connection in connections))
    seconds, computed = time.perf_counter() - began, time.process_time() - computed_before
    return Load([connection.answers for connection in connections], seconds, computed)


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], until: float) -> None:
        self.answers: list[Answered] = []
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._until = requests, until
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is none
        self._send()

    def data_received(self, data: bytes) -> None:
        """Note an answer once it is whole, and send the next request."""
        self._buffer += data
        head, end, body = self._buffer.partition(_END)
        if not end or len(body) < _length(head):
            return
        self.answers.append(Answered(int(head[9:12]), time.perf_counter() - self._sent_at))
        self._buffer = b""
        if time.perf_counter() < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, or the server hung up."""
        if not self.ended.done():
            if exc is None:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(exc)

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._requests[len(self.answers) % len(self._requests)])


def _length(head: bytes) -> int:
    lowered = head.lower()
    place = lowered.find(_LENGTH)
    return int(lowered[place + len(_LENGTH) :].split(b"\r\n", 1)[0]) if place >= 0 else 0
