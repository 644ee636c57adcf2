"""Who is asking and what they may do: from a key in ``Authorization``, or from the page's session cookie.

Looking a key up costs a query; one that was valid is trusted for :data:`TRUSTED_SECONDS` by the same process, so a key
revoked elsewhere ends within that time.
"""

import hmac
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPBearer

from api.auth.keys import hash_of, looks_like_key
from api.http.limits import address_of, charge
from api.service import Service, service_of
from bloghound.errors import AuthenticationError, ForbiddenError
from storage import access
from storage.access import KeyRow
from storage.tables.base import utc_now

TRUSTED_SECONDS = 5.0
"""Short enough that nobody waits for a revocation, long enough that a busy key is looked up once in 2,000 requests."""

TOUCH_EVERY = timedelta(minutes=1)
"""``last_used_at`` is a help to whoever tidies up, not an audit: one write a minute is enough."""

COOKIE = "bloghound_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_TRUSTED = 10_000

NO_KEY = "Send a key as 'Authorization: Bearer bh_live_…'; 'bloghound keys create' makes one."
WRONG_KEY = "The key is not valid: mistyped, expired or revoked."


class Scope(StrEnum):
    """What a key may do; ``admin`` may do everything."""

    READ = "read"
    LISTS_WRITE = "lists:write"
    CRAWL = "crawl"
    EXPORT = "export"
    CONTACTS_READ = "contacts:read"
    ADMIN = "admin"


_ALL_SCOPES = frozenset(Scope)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever asks: a key and its workspace; ``session_hash`` is set when it is a browser that signed in with it."""

    key_id: int
    key_public_id: str
    key_name: str
    workspace_id: int
    workspace_public_id: str
    workspace_name: str
    scopes: frozenset[Scope]
    session_hash: str | None = None

    def may(self, scope: Scope) -> bool:
        """Whether its scopes allow it."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


async def actor_of(request: Request) -> Actor:
    """Who is asking; raises AuthenticationError without a valid key or session, ForbiddenError for a foreign form.

    Counts the request against the limit of its key, or of its address when it has none.
    """
    known: Actor | None = getattr(request.state, "actor", None)
    if known is not None:
        return known
    service = service_of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(COOKIE, "")
    if scheme.lower() == "bearer":
        actor = await _by_key(request, service, secret.strip())
    elif cookie:
        actor = await _by_session(request, service, cookie)
    else:
        _charge_address(request, service)
        raise AuthenticationError(NO_KEY)
    request.state.actor = actor
    return actor


def needs(scope: Scope) -> Callable[[Request], Coroutine[Any, Any, Actor]]:
    """A dependency that lets pass whoever has ``scope``."""

    async def check(request: Request) -> Actor:
        actor = await actor_of(request)
        require(actor, scope)
        return actor

    return check


def require(actor: Actor, scope: Scope) -> None:
    """Raise ForbiddenError unless the actor has ``scope``: for what only some requests of a route need."""
    if not actor.may(scope):
        raise ForbiddenError(f"This needs a key with the scope '{scope}'; this key has {_listed(actor.scopes)}.")


def _listed(scopes: frozenset[Scope]) -> str:
    return ", ".join(f"'{scope}'" for scope in sorted(scopes)) or "none"


_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key of this installation: `bh_live_…`.")
Documented = Depends(_bearer)
"""For routers of the API, so that the OpenAPI document says how to authenticate."""

Reader = Annotated[Actor, Depends(needs(Scope.READ))]
ListWriter = Annotated[Actor, Depends(needs(Scope.LISTS_WRITE))]
Crawler = Annotated[Actor, Depends(needs(Scope.CRAWL))]
Exporter = Annotated[Actor, Depends(needs(Scope.EXPORT))]
ContactReader = Annotated[Actor, Depends(needs(Scope.CONTACTS_READ))]
Admin = Annotated[Actor, Depends(needs(Scope.ADMIN))]


async def _by_key(request: Request, service: Service, secret: str) -> Actor:
    key_hash = hash_of(secret)
    row = _trusted(service, key_hash)
    if row is None:
        row = await run_in_threadpool(_look_up, service, key_hash) if looks_like_key(secret) else None
        if row is None:
            _charge_address(request, service)
            raise AuthenticationError(WRONG_KEY)
        _trust(service, key_hash, row)
    return _admitted(request, service, row, None)


async def _by_session(request: Request, service: Service, cookie: str) -> Actor:
    session_hash = hash_of(cookie)
    row = _trusted(service, session_hash)
    if row is None:
        row = await run_in_threadpool(_look_up_session, service, session_hash)
        if row is None:
            _charge_address(request, service)
            raise AuthenticationError("The session has ended; sign in again.")
        _trust(service, session_hash, row)
    actor = _admitted(request, service, row, session_hash)
    if request.method not in SAFE_METHODS and request.url.path.startswith("/v1/"):
        require_csrf(request, service, actor, request.headers.get(CSRF_HEADER, ""))
    return actor


def _charge_address(request: Request, service: Service) -> None:
    """Count a request without a valid key; one with a valid key owes nothing to what else comes from its address."""
    charge(request, service.limiter, address_of(request), service.settings.rate_limit_anonymous_per_minute)


def _admitted(request: Request, service: Service, row: KeyRow, session_hash: str | None) -> Actor:
    charge(request, service.limiter, f"key:{row.public_id}", service.settings.rate_limit_per_minute)
    return Actor(
        key_id=row.key_id,
        key_public_id=row.public_id,
        key_name=row.name,
        workspace_id=row.workspace_id,
        workspace_public_id=row.workspace_public_id,
        workspace_name=row.workspace_name,
        scopes=_ALL_SCOPES.intersection(row.scopes),
        session_hash=session_hash,
    )


def csrf_token_of(service: Service, session_hash: str) -> str:
    """The token that a page of this session carries in its forms and scripts."""
    return service.signer.sign("csrf", session_hash)


def require_csrf(request: Request, service: Service, actor: Actor, token: str) -> None:
    """Raise ForbiddenError unless the request comes from a page of ours in the same session."""
    require_same_origin(request)
    signed = service.signer.read("csrf", token)
    if not isinstance(signed, str) or not hmac.compare_digest(signed, actor.session_hash or ""):
        raise ForbiddenError("The form is too old or not ours; load the page again.")


def require_same_origin(request: Request) -> None:
    """Raise ForbiddenError for what a browser says was started by another site."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    host = request.headers.get("host", "")
    if site not in {None, "same-origin", "none"} or (origin is not None and origin.partition("://")[2] != host):
        raise ForbiddenError("The request was started by another site.")


def _trusted(service: Service, secret_hash: str) -> KeyRow | None:
    row, until = service.known_keys.get(secret_hash, (None, 0.0))
    return row if time.monotonic() < until and row is not None and row.valid_at(utc_now()) else None


def _trust(service: Service, secret_hash: str, row: KeyRow) -> None:
    if len(service.known_keys) >= _MAX_TRUSTED:
        service.known_keys.clear()
    service.known_keys[secret_hash] = (row, time.monotonic() + TRUSTED_SECONDS)


def _look_up(service: Service, key_hash: str) -> KeyRow | None:
    now = utc_now()
    with service.database.read() as connection:
        row = access.key_by_hash(connection, key_hash)
    if row is None or not row.valid_at(now):
        return None
    if row.last_used_at is None or now - row.last_used_at > TOUCH_EVERY:
        with service.database.transaction() as connection:
            access.touch(connection, row.key_id, now=now)
    return row


def _look_up_session(service: Service, session_hash: str) -> KeyRow | None:
    now = utc_now()
    with service.database.read() as connection:
        row = access.key_by_session(connection, session_hash, now=now)
    return row if row is not None and row.valid_at(now) else None
