"""Errors as pages: what happened, and what to do next."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from api.web.rendering import render

ADVICE = {
    400: "Go back and change what was given; nothing was stored.",
    401: "Sign in again; the link or key is printed by ‘bloghound sign-in’ on the machine that serves this page.",
    403: "Load the page again and retry. If it stays, the key you signed in with does not allow this.",
    404: "The address may be mistyped, or what it names was deleted or belongs to another workspace.",
    410: "What this address names was replaced by something newer. Start from the search again.",
    422: "Go back and change what was given; nothing was stored.",
    429: "Nothing is lost. Wait a moment, then load the page again.",
    500: "Nothing you typed on the previous page is stored if you do not see it there. The service’s log says more.",
    503: "Nothing is lost. Wait a moment, then load the page again.",
}
"""What to do, by status."""


def error_page(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """The page for an error; ``detail`` is one sentence for the person who reads it."""
    advice = ADVICE.get(status, ADVICE[500] if status >= 500 else ADVICE[400])
    return render(
        request, "error.html", status=status, title=title, detail=detail, advice=advice, code=status, back=_back(status)
    )


def _back(status: int) -> tuple[str, str]:
    """Address and words of the way out."""
    return ("/sign-in", "Sign in") if status == 401 else ("/", "To the search")
