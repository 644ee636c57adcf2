"""Signing a browser in and out; the page that asks for the key is among the views."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from api.auth.sessions import CsrfChecked, SameOrigin, clear_cookie, close_session, open_session, safe_next, set_cookie
from api.http.limits import address_of, charge
from api.service import ServiceDep
from bloghound.errors import AuthenticationError

router = APIRouter(include_in_schema=False)

MAX_SECRET_CHARS = 200


@router.post("/sign-in", dependencies=[SameOrigin])
async def sign_in(
    request: Request,
    service: ServiceDep,
    token: Annotated[str, Form(max_length=MAX_SECRET_CHARS)] = "",
    key: Annotated[str, Form(max_length=MAX_SECRET_CHARS)] = "",
    following: Annotated[str, Form(alias="next", max_length=4096)] = "/",
) -> RedirectResponse:
    """Open a session for a one-time token or a key, and go on to where the browser wanted to be."""
    charge(request, service.limiter, address_of(request), service.settings.rate_limit_anonymous_per_minute)
    target = safe_next(following)
    try:
        cookie = await run_in_threadpool(open_session, service, token=token, key=key.strip())
    except AuthenticationError:
        failed = {"failed": "link" if token else "key"} | ({"next": target} if target != "/" else {})
        return RedirectResponse(f"/sign-in?{urlencode(failed)}", status_code=303)
    response = RedirectResponse(target, status_code=303)
    set_cookie(request, response, cookie)
    return response


@router.post("/sign-out")
async def sign_out(service: ServiceDep, actor: CsrfChecked) -> RedirectResponse:
    """End the session."""
    await run_in_threadpool(close_session, service, actor)
    response = RedirectResponse("/sign-in", status_code=303)
    clear_cookie(response)
    return response
