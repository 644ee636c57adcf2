"""The route class of the API: a POST or PATCH with an ``Idempotency-Key`` is done once and answered as often as asked.

Only answers of success are kept: a request that was refused did nothing, so it may be corrected and sent again.
"""

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from api.auth.actor import actor_of
from api.service import Service, service_of
from bloghound.errors import InputError
from storage import idempotency
from storage.idempotency import KeptAnswer
from storage.tables.base import utc_now

HEADER = "Idempotency-Key"
MAX_KEY_CHARS = 255
_KEPT_HEADERS = ("content-type", "etag", "location", "link")

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ServiceRoute(APIRoute):
    """A route that honours ``Idempotency-Key`` on POST and PATCH.

    Fields of an answer named in ``unkept`` are secrets: they are not stored, so an answer sent again holds null there.
    """

    unkept: frozenset[str] = frozenset()

    def get_route_handler(self) -> Handler:
        """The handler, wrapped for requests that carry the header."""
        original = super().get_route_handler()

        async def handler(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method not in {"POST", "PATCH"}:
                return await original(request)
            return await _once(request, key, original, self.unkept)

        return handler


async def _once(request: Request, key: str, original: Handler, unkept: frozenset[str]) -> Response:
    if not 1 <= len(key) <= MAX_KEY_CHARS or not key.isprintable():
        raise InputError(f"An {HEADER} has 1 to {MAX_KEY_CHARS} printable characters.")
    service, actor = service_of(request), await actor_of(request)
    digest = _digest(request, await request.body())
    kept = await run_in_threadpool(_begin, service, actor.key_id, key, digest)
    if kept is not None:
        return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})
    try:
        response = await original(request)
    except BaseException:
        await run_in_threadpool(_release, service, actor.key_id, key)
        raise
    await run_in_threadpool(_keep, service, actor.key_id, key, response, unkept)
    return response


def _digest(request: Request, body: bytes) -> str:
    parts = (request.method.encode(), request.url.path.encode(), request.url.query.encode(), body)
    return hashlib.sha256(b"\x00".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _begin(service: Service, key_id: int, key: str, digest: str) -> KeptAnswer | None:
    with service.database.transaction() as connection:
        return idempotency.begin(connection, key_id, key, digest, now=utc_now())


def _keep(service: Service, key_id: int, key: str, response: Response, unkept: frozenset[str]) -> None:
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    body = bytes(response.body).decode("utf-8", "replace")
    if unkept and response.status_code < 400:
        body = json.dumps({name: None if name in unkept else value for name, value in json.loads(body).items()})
    answer = KeptAnswer(response.status_code, headers, body)
    with service.database.transaction() as connection:
        if response.status_code < 400:
            idempotency.keep(connection, key_id, key, answer)
        else:
            idempotency.release(connection, key_id, key)


def _release(service: Service, key_id: int, key: str) -> None:
    with service.database.transaction() as connection:
        idempotency.release(connection, key_id, key)
