"""What every route needs, made once per process: settings, database, engines, signer, limits."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

from anyio import CapacityLimiter
from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from api.auth.signing import Signer
from api.engines import Engines
from api.http.limits import RateLimiter
from api.metrics import Metrics
from bloghound.settings import Settings
from storage.access import KeyRow
from storage.database import Database

Result = TypeVar("Result")

SEARCHES_AT_ONCE = 2
"""In one process. A ranking computes all the time; eight threads at it take a third more computing for each, since they
wait for the interpreter and push each other's rows out of the processor's cache."""


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of a running service; routes get it as :data:`ServiceDep`."""

    settings: Settings
    database: Database
    engines: Engines
    signer: Signer
    limiter: RateLimiter
    metrics: Metrics
    known_keys: dict[str, tuple[KeyRow, float]] = field(default_factory=dict)
    """Keys and sessions checked a moment ago, by their hash, with when they were; see :mod:`api.auth.actor`."""

    searches: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(SEARCHES_AT_ONCE))
    """Who ranks at this moment; the others wait in the order in which they came."""

    async def look_up(self, work: Callable[[], Result]) -> Result:
        """What ``work`` returns, which reads few rows by an index: a page in the order of one, or one object.

        SQLite never lets a reader wait, and reads such rows in half a millisecond, while eight threads that fight for
        the interpreter take four times as long; so it is read here and now. PostgreSQL is asked from a thread.
        """
        return work() if self.database.is_sqlite else await run_in_threadpool(work)


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast("Service", request.app.state.service)


async def _service(request: Request) -> Service:  # async: a plain function would be sent to a thread
    return service_of(request)


ServiceDep = Annotated[Service, Depends(_service)]
