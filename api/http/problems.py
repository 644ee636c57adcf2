"""Errors as RFC 9457 problem details, and as pages for browsers; no traceback and no secret ever reaches a client."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from bloghound.errors import AuthenticationError, BloghoundError, TooManyRequestsError

PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger(__name__)

ErrorPage = Callable[[Request, int, str, str], Response]
"""Request, status, title and sentence → a page for a browser."""


class FieldProblem(BaseModel):
    """One part of a request that cannot be used."""

    location: list[str] = Field(description="Where it stands: `body`, `query`, …, then the names down to it.")
    message: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    instance: str | None = Field(default=None, description="The path that was asked, where it could be read.")
    errors: list[FieldProblem] | None = Field(default=None, description="For 422: each part that cannot be used.")


def _documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {PROBLEM_JSON: {"schema": schema}}}
        for status in statuses
    }


PROBLEMS = _documented(400, 401, 403, 404, 408, 409, 410, 412, 413, 422, 429, 431, 500, 503)
"""For ``APIRouter(responses=PROBLEMS)``: what any route may answer beside its own answer."""


def install(app: FastAPI, error_page: ErrorPage) -> None:
    """Let every error of the application be answered as a problem, or as a page where a browser asks for one."""

    def answer(request: Request, status: int, title: str, detail: str, **more: Any) -> Response:
        if wants_page(request):
            page = error_page(request, status, title, detail)
            page.headers.update(more.get("headers") or {})
            return page
        return problem(request, status, title, detail, **more)

    async def ours(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, BloghoundError) else BloghoundError(str(error))
        return answer(request, known.http_status, known.title, str(known), headers=_headers(known))

    async def http(request: Request, error: Exception) -> Response:
        known = error if isinstance(error, HTTPException) else HTTPException(500)
        title = HTTPStatus(known.status_code).phrase
        return answer(request, known.status_code, title, str(known.detail), headers=known.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        found = error.errors() if isinstance(error, RequestValidationError) else []
        errors = [{"location": [str(part) for part in one["loc"]], "message": one["msg"]} for one in found]
        detail = f"{len(errors)} part(s) of the request cannot be used: " + "; ".join(
            f"{'.'.join(one['location'])}: {one['message']}" for one in errors[:3]
        )
        return answer(request, 422, "The request cannot be used", detail, errors=errors)

    async def unexpected(request: Request, error: Exception) -> Response:
        _log.error("unexpected error at %s %s", request.method, request.url.path, exc_info=error)
        return answer(request, 500, "Internal error", "Bloghound failed at this request; its log says where.")

    _document(app)
    app.add_exception_handler(BloghoundError, ours)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)


def _document(app: FastAPI) -> None:
    """Let the OpenAPI document describe problems: FastAPI knows only models that it answers as plain JSON."""
    undocumented = app.openapi

    def openapi() -> dict[str, Any]:
        document = undocumented()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas.update(problem_schema.pop("$defs", {}), Problem=problem_schema)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page, not a program for data."""
    path, accepted = request.url.path, request.headers.get("accept", "")
    return not path.startswith(("/v1/", "/openapi", "/metrics", "/healthz", "/readyz")) and "text/html" in accepted


def problem(
    request: Request,
    status: int,
    title: str,
    detail: str,
    *,
    errors: list[dict[str, Any]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem as a response."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    content = body | ({"errors": errors} if errors else {})
    return JSONResponse(content, status_code=status, media_type=PROBLEM_JSON, headers=dict(headers or {}))


def _headers(error: BloghoundError) -> dict[str, str]:
    if isinstance(error, AuthenticationError):
        return {"WWW-Authenticate": 'Bearer realm="bloghound"'}
    if isinstance(error, TooManyRequestsError):
        return {"Retry-After": str(error.retry_after_seconds)}
    return {}
