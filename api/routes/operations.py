"""Whether the service lives, whether it is ready, what it measures, and whose key this is."""

from typing import Literal

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from api.auth.actor import Documented, Reader
from api.http.problems import PROBLEMS
from api.metrics import StoredFigures
from api.service import ServiceDep
from bloghound import __version__
from storage import status
from storage.figures import crawl_figures
from storage.tables.base import utc_now

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]
    version: str


class Readiness(BaseModel):
    """Whether ranked answers can be given."""

    status: Literal["ready", "warming", "no_index", "failed"]
    reason: str = Field(description="One sentence; empty when ready.")


class Me(BaseModel):
    """The key that was sent, and what it may do."""

    key_id: str
    key_name: str
    workspace_id: str
    workspace_name: str
    scopes: list[str]


@router.get("/healthz")
async def healthz() -> Health:
    """Tell that the process answers."""
    return Health(status="ok", version=__version__)


@router.get("/readyz", responses={503: {"model": Readiness}})
async def readyz(service: ServiceDep, response: Response) -> Readiness:
    """Tell whether the index is open and the model loaded; 503 until then."""
    state, reason = service.engines.state()
    response.status_code = 200 if state == "ready" else 503
    return Readiness(status=state, reason=reason)


@router.get(
    "/metrics",
    dependencies=[Documented],
    responses={**PROBLEMS, 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    response_class=Response,
)
async def metrics(service: ServiceDep, _reader: Reader) -> Response:
    """Give figures in Prometheus' text format."""
    text = await run_in_threadpool(_metrics, service)
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _metrics(service: ServiceDep) -> bytes:
    stored = service.metrics.stored(lambda: _stored_figures(service))
    ready = service.engines.state()[0] == "ready"
    is_ready = ("1 when ranked answers can be given.", {"engine": float(ready)})
    return service.metrics.text({**stored.gauges, "ready": is_ready}, stored.crawl)


def _stored_figures(service: ServiceDep) -> StoredFigures:
    with service.database.read() as connection:
        whole, crawl = status.status(connection), crawl_figures(connection, now=utc_now())
    gauges = {
        "rows": ("Rows stored, by kind.", {name: float(number) for name, number in whole.counts.items()}),
        "crawls_unfinished": ("Crawls that are under way.", {"crawl": float(whole.unfinished_crawls)}),
    }
    return StoredFigures(gauges, crawl)


@router.get("/v1/me", dependencies=[Documented], responses=PROBLEMS)
async def me(actor: Reader) -> Me:
    """Tell whose key this is and what it may do."""
    return Me(
        key_id=actor.key_public_id,
        key_name=actor.key_name,
        workspace_id=actor.workspace_public_id,
        workspace_name=actor.workspace_name,
        scopes=sorted(actor.scopes),
    )
