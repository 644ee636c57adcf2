"""What every route needs, made once per process: settings, database, engines, signer, limits."""

from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from api.auth.signing import Signer
from api.engines import Engines
from api.http.limits import RateLimiter
from api.metrics import Metrics
from bloghound.settings import Settings
from storage.access import KeyRow
from storage.database import Database


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


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast("Service", request.app.state.service)


async def _service(request: Request) -> Service:  # async: a plain function would be sent to a thread
    return service_of(request)


ServiceDep = Annotated[Service, Depends(_service)]
