"""The application: what every request passes through, then the routes of the API and the pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.routing import APIRoute

from api.auth.sessions import SignInNeededError
from api.auth.signing import Signer
from api.engines import Engines
from api.http import docs, problems
from api.http.headers import ResponseHeaders
from api.http.limits import BodyLimits, RateLimiter
from api.metrics import CountRequests, Metrics
from api.reranking import NicheRanker
from api.routes import ROUTERS
from api.service import Service
from api.web import WEB_ROUTERS, mount_static
from api.web.errors import error_page
from bloghound import __version__
from bloghound.jobs.runner import JobRunner
from bloghound.settings import Settings
from storage.database import open_database

DESCRIPTION = """Finds the bloggers who matter to a niche and shows the evidence for every score.

Send a key as `Authorization: Bearer bh_live_…`. Listings have `limit` and `cursor`; errors are problem details
(RFC 9457); a POST or PATCH with an `Idempotency-Key` can be sent again safely for 24 hours."""

LIMITS_FILE = "rate-limits.bin"


def create_app(settings: Settings) -> FastAPI:
    """The application over one data directory; the model and the index open in the background once it runs."""
    settings.ensure_data_dir()
    database = open_database(settings)
    ranker = NicheRanker(settings, database)
    service = Service(
        settings=settings,
        database=database,
        engines=Engines(settings, ranker.opened),
        signer=Signer(settings.secret_key()),
        limiter=RateLimiter(settings.data_dir / LIMITS_FILE),
        metrics=Metrics(),
    )
    app = FastAPI(
        title="Bloghound",
        version=__version__,
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.service, app.state.niche_ranker = service, ranker
    problems.install(app, error_page)
    app.add_exception_handler(SignInNeededError, _to_sign_in)
    for router in (*ROUTERS, docs.router, *WEB_ROUTERS):
        app.include_router(router)
    docs.mount_assets(app)
    mount_static(app)
    app.add_middleware(BodyLimits)
    app.add_middleware(CountRequests, metrics=service.metrics)
    app.add_middleware(ResponseHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.engines.start_warming()
    runner = JobRunner(service.settings) if service.settings.jobs_in_service else None
    if runner is not None:
        runner.start()
    yield
    if runner is not None:
        runner.stop()
    service.engines.close()
    app.state.niche_ranker.close()
    service.limiter.close()
    service.database.close()


def _operation_id(route: APIRoute) -> str:
    return route.name


async def _to_sign_in(_request: Request, error: Exception) -> Response:
    location = error.location if isinstance(error, SignInNeededError) else "/sign-in"
    return RedirectResponse(location, status_code=303)
