"""The page on which a browser is signed in, by a link that works once or by a key."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.auth.sessions import SESSION_VALID, WRONG_KEY, WRONG_LINK, OptionalPageActor, safe_next
from api.routes.session import MAX_SECRET_CHARS
from api.web.rendering import render

router = APIRouter(include_in_schema=False)

FAILURES = {"link": ("This link does not sign you in", WRONG_LINK), "key": ("This key does not sign you in", WRONG_KEY)}


@router.get("/sign-in")
def sign_in_page(
    request: Request,
    actor: OptionalPageActor,
    token: Annotated[str, Query(max_length=MAX_SECRET_CHARS)] = "",
    following: Annotated[str, Query(alias="next", max_length=4096)] = "/",
    failed: Annotated[Literal["link", "key", ""], Query()] = "",
) -> Response:
    """The form that signs in; looking at it uses no link up, so that a mail program's preview does no harm."""
    target = safe_next(following)
    if actor is not None:
        return RedirectResponse(target, status_code=303)
    return render(
        request,
        "sign_in.html",
        token=token,
        target=target,
        failure=FAILURES.get(failed),
        valid_days=SESSION_VALID.days,
        max_chars=MAX_SECRET_CHARS,
    )
