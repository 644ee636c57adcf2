"""Limits of a request: its body's length and time, and how many of them a key or an address may send.

The rate limit is the generic cell rate algorithm (GCRA, as in ATM traffic management): one number per key says when
its next request is due. The numbers lie in a small file that all worker processes of the machine share.
"""

import asyncio
import fcntl
import hashlib
import math
import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem
from bloghound.errors import SettingsError, TooManyRequestsError

MAX_BODY_BYTES = 1024 * 1024
"""No request is longer: a brief has at most 10,000 characters, and an import 10,000 addresses."""

BODY_SECONDS = 30.0
"""Longest pause within a body; a client that sends nothing for so long is gone or hostile."""

SLOTS = 1 << 18
"""Counters in the file (2 MiB): two of 1,000 busy keys share one with a chance of 2 in 1,000."""

BURST_SECONDS = 10.0
"""What may be sent at once, as seconds of the allowed rate: a page with its pictures, a script's first calls."""

_SLOT = struct.Struct("<d")


class BodyLimits:
    """Refuses bodies that are too long (413) or too slow (408), whether or not they announce their length."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on with a counted body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced[:20]) > MAX_BODY_BYTES:
            too_long = problem(
                Request(scope), 413, "The request is too long", _TOO_LONG, headers={"Connection": "close"}
            )
            await too_long(scope, receive, send)
            return
        await self._app(scope, _counted(receive), send)


_TOO_LONG = f"A request body has at most {MAX_BODY_BYTES:,} bytes."


def _counted(receive: Receive) -> Receive:
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > MAX_BODY_BYTES:
            raise HTTPException(413, _TOO_LONG, {"Connection": "close"})
        return message

    async def timed() -> Message:
        if read_is_over:
            return await receive()
        try:
            return await asyncio.wait_for(counted(), BODY_SECONDS)
        except TimeoutError as error:
            raise HTTPException(408, "The request body did not arrive in time.", {"Connection": "close"}) from error

    read_is_over = False

    async def whole() -> Message:
        nonlocal read_is_over
        message = await timed()
        read_is_over = not message.get("more_body", False)
        return message

    return whole


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a limit; ``retry_after_seconds`` is set when this request is over it."""

    per_minute: int
    remaining: int
    reset_seconds: int
    retry_after_seconds: int | None

    def headers(self) -> dict[str, str]:
        """As response headers (the names of the IETF's draft before it became structured, which clients know)."""
        return {
            "RateLimit-Limit": str(self.per_minute),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }


class RateLimiter:
    """Counts requests of keys and addresses, shared by all processes that open the same file."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        try:
            with path.open("a+b") as file:
                file.truncate(SLOTS * _SLOT.size)
                self._slots = mmap.mmap(file.fileno(), SLOTS * _SLOT.size)
                self._handle = os.dup(file.fileno())
        except OSError as error:
            raise SettingsError(f"The file of the rate limits {path} cannot be used: {error.strerror}.") from error

    def take(self, bucket: str, per_minute: int, *, cost: float = 1.0, now: float | None = None) -> Allowance:
        """Count a request of ``bucket`` against its limit; nothing is taken by one that is over it."""
        moment = time.time() if now is None else now
        interval = 60.0 / per_minute
        window = max(BURST_SECONDS, interval)
        offset = self._offset(bucket)
        with self._lock:
            fcntl.flock(self._handle, fcntl.LOCK_EX)
            try:
                (due,) = _SLOT.unpack_from(self._slots, offset)
                # A clock that was set back, or a longer limit of before, must not lock anybody out.
                due = min(max(due, moment), moment + window) if math.isfinite(due) else moment
                after = due + interval * cost
                over = after - moment > window + 1e-9
                if not over:
                    _SLOT.pack_into(self._slots, offset, after)
            finally:
                fcntl.flock(self._handle, fcntl.LOCK_UN)
        used_until = due if over else after
        remaining = max(0, math.floor((window - (used_until - moment)) / interval + 1e-9))
        wait = math.ceil(after - moment - window) if over else None
        reset = math.ceil(used_until - moment)
        return Allowance(per_minute, remaining, reset, None if wait is None else max(wait, 1))

    def close(self) -> None:
        """Close the file."""
        self._slots.close()
        os.close(self._handle)

    @staticmethod
    def _offset(bucket: str) -> int:
        digest = hashlib.blake2b(bucket.encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest) % SLOTS * _SLOT.size


def charge(request: Request, limiter: RateLimiter, bucket: str, per_minute: int, *, cost: float = 1.0) -> None:
    """Count a request; its answer will carry what is left. Raises TooManyRequestsError."""
    allowance = limiter.take(bucket, per_minute, cost=cost)
    request.state.allowance = allowance
    if allowance.retry_after_seconds is not None:
        raise TooManyRequestsError(
            f"The limit of {per_minute} requests a minute is reached; ask again in {allowance.retry_after_seconds} s.",
            allowance.retry_after_seconds,
        )


def address_of(request: Request) -> str:
    """Where a request comes from, as a bucket of the limits."""
    return f"address:{request.client.host if request.client else 'unknown'}"
