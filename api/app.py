"""The application: health, readiness, and ranked lists for a brief; errors as RFC 9457 problem details."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from bloghound import __version__
from bloghound.errors import BloghoundError, IndexMissingError
from bloghound.settings import Settings
from ranking.brief import MAX_BRIEF_CHARS
from ranking.score import Weights

PROBLEM_JSON = "application/problem+json"
MAX_BODY_BYTES = 1024 * 1024
"""No request of this API is longer: a brief has at most 10,000 characters."""


class WeightsIn(BaseModel):
    """How much each part counts, on any scale; a part that is not named counts 0."""

    model_config = ConfigDict(extra="forbid")

    relevance: float = Field(default=0, ge=0)
    engagement: float = Field(default=0, ge=0)
    reach: float = Field(default=0, ge=0)


class SearchIn(BaseModel):
    """A brief to rank bloggers for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=MAX_BRIEF_CHARS, description="The niche in words.")
    limit: int = Field(default=20, ge=1, le=100, strict=True)
    languages: list[str] = Field(default_factory=list, max_length=20, description="ISO 639-1 codes.")
    weights: WeightsIn | None = None


class Engines:
    """The ranking engine of the newest generation, opened in the background and kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._engine: Any = None
        self.error: BloghoundError | None = IndexMissingError("The index is being opened.")

    async def get(self) -> Any:
        """The engine of the current generation; raises BloghoundError when there is none."""
        from bloghound.jobs import ranking as job  # noqa: PLC0415 - numpy and tantivy are not needed for /healthz

        async with self._lock:
            if self._engine is None or await asyncio.to_thread(job.is_outdated, self._settings, self._engine):
                try:
                    self._engine = await asyncio.to_thread(job.open_engine, self._settings)
                except BloghoundError as error:
                    self.error = error
                    raise
            self.error = None
            return self._engine


def create_app(settings: Settings) -> FastAPI:
    """The application over one data directory."""
    engines = Engines(settings)

    @asynccontextmanager
    async def warm(_app: FastAPI) -> AsyncIterator[None]:
        warming = asyncio.create_task(_warm(engines))
        yield
        warming.cancel()
        with suppress(asyncio.CancelledError):
            await warming

    app = FastAPI(
        title="Bloghound",
        version=__version__,
        lifespan=warm,
        docs_url=None,
        redoc_url=None,
        max_body_size=MAX_BODY_BYTES,
    )
    app.add_exception_handler(BloghoundError, _our_problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_problem)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok", "version": __version__}

    @app.get("/readyz")
    async def readyz() -> JSONResponse:
        """The index is open and the model is loaded."""
        ready = engines.error is None
        body = {"status": "ready" if ready else "not ready", "reason": str(engines.error or "")}
        return JSONResponse(body, status_code=200 if ready else 503)

    @app.post("/v1/search")
    async def search(wanted: SearchIn) -> dict[str, Any]:
        """Rank the bloggers of the current generation for a brief."""
        weights = Weights(**wanted.weights.model_dump()) if wanted.weights else None
        engine = await engines.get()
        ranking = await asyncio.to_thread(
            engine.rank, wanted.query, limit=wanted.limit, languages=wanted.languages, weights=weights
        )
        found: dict[str, Any] = ranking.as_dict()
        return found

    return app


async def _warm(engines: Engines) -> None:
    with suppress(BloghoundError):
        await engines.get()


async def _our_problem(request: Request, error: Exception) -> JSONResponse:
    known = error if isinstance(error, BloghoundError) else BloghoundError(str(error))
    return _problem(request, known.http_status, known.title, str(known))


async def _http_problem(request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    return _problem(request, status, HTTPStatus(status).phrase, detail)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [{"location": [str(part) for part in one["loc"]], "message": one["msg"]} for one in found]
    detail = f"{len(errors)} part(s) of the request cannot be used."
    return _problem(request, 422, "The request cannot be used", detail, errors)


def _problem(
    request: Request, status: int, title: str, detail: str, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    return JSONResponse(body | ({"errors": errors} if errors else {}), status_code=status, media_type=PROBLEM_JSON)
