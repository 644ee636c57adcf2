"""Browsers: signing in once by link or by key, the session cookie, and what a page needs to know of who is looking."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request, Response

from api.auth.actor import COOKIE, Actor, actor_of, csrf_token_of, require_csrf, require_same_origin
from api.auth.keys import hash_of, looks_like_key, new_token
from api.service import Service, service_of
from bloghound.errors import AuthenticationError
from storage import access
from storage.database import Database
from storage.tables.base import utc_now

SIGN_IN_VALID = timedelta(minutes=15)
"""A sign-in link is used at once or not at all."""

SESSION_VALID = timedelta(days=14)
"""Two weeks: long enough not to annoy on a machine of one's own, short enough for a forgotten one."""

WRONG_LINK = "This sign-in link was used already or has expired; 'bloghound sign-in' prints a new one."
WRONG_KEY = "This key is not valid: mistyped, expired or revoked."


@dataclass
class SignInNeededError(Exception):
    """A page was asked for by somebody who is not signed in; answered by a redirect to the sign-in page."""

    location: str


def new_sign_in(database: Database, key_id: int) -> str:
    """A token that signs one browser in with the rights of a key."""
    token, now = new_token(), utc_now()
    with database.transaction() as connection:
        access.add_sign_in(connection, key_id, hash_of(token), now=now, expires_at=now + SIGN_IN_VALID)
    return token


def open_session(service: Service, *, token: str = "", key: str = "") -> str:
    """The cookie of a new session, for a one-time token or a key; raises AuthenticationError."""
    now, cookie = utc_now(), new_token()
    with service.database.transaction() as connection:
        if token:
            key_id = access.use_sign_in(connection, hash_of(token), now=now)
            if key_id is None:
                raise AuthenticationError(WRONG_LINK)
        else:
            row = access.key_by_hash(connection, hash_of(key)) if looks_like_key(key) else None
            if row is None or not row.valid_at(now):
                raise AuthenticationError(WRONG_KEY)
            key_id = row.key_id
        access.add_session(connection, key_id, hash_of(cookie), now=now, expires_at=now + SESSION_VALID)
    return cookie


def close_session(service: Service, actor: Actor) -> None:
    """Sign the browser out."""
    if actor.session_hash is not None:
        service.known_keys.pop(actor.session_hash, None)
        with service.database.transaction() as connection:
            access.end_session(connection, actor.session_hash)


def set_cookie(request: Request, response: Response, value: str) -> None:
    """Give the browser its session: not readable by scripts, not sent along from other sites."""
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(SESSION_VALID.total_seconds()),
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
        path="/",
    )


def clear_cookie(response: Response) -> None:
    """Take the session away."""
    response.delete_cookie(COOKIE, path="/")


async def optional_actor(request: Request) -> Actor | None:
    """Who is looking at a page; None for somebody who is not signed in."""
    try:
        return await actor_of(request)
    except AuthenticationError:
        return None


async def page_actor(request: Request) -> Actor:
    """Who is looking at a page; raises SignInNeededError for somebody who is not signed in."""
    actor = await optional_actor(request)
    if actor is None:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        following = target if request.method == "GET" else "/"
        raise SignInNeededError("/sign-in" if following == "/" else f"/sign-in?{urlencode({'next': following})}")
    return actor


async def checked_form_actor(request: Request) -> Actor:
    """Who sends a form of the page; raises ForbiddenError unless the form is ours and of this session."""
    actor = await page_actor(request)
    form = await request.form()
    token = form.get("csrf_token", "")
    require_csrf(request, service_of(request), actor, token if isinstance(token, str) else "")
    return actor


async def same_origin(request: Request) -> None:
    """For forms that need no session (sign-in, opt-out); raises ForbiddenError for those started elsewhere."""
    require_same_origin(request)


def csrf_token(request: Request) -> str:
    """The token for forms and scripts of this page; empty for somebody who is not signed in."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None or actor.session_hash is None:
        return ""
    return csrf_token_of(service_of(request), actor.session_hash)


def safe_next(target: str) -> str:
    """Where to go after signing in: a path of ours, whatever the address says."""
    ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if ours and "\\" not in target else "/"


OptionalPageActor = Annotated[Actor | None, Depends(optional_actor)]
PageActor = Annotated[Actor, Depends(page_actor)]
CsrfChecked = Annotated[Actor, Depends(checked_form_actor)]
SameOrigin = Depends(same_origin)
