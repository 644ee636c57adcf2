"""Measured quality: how well the ranking agrees with what the team judged itself."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from api.auth.actor import Documented, ListWriter, Reader
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.routes.jobs import location
from api.schemas.jobs import JobOut
from api.schemas.quality import Outdated, QualityOut, Unmeasured, measured
from api.service import Service, ServiceDep
from bloghound.jobs import quality
from storage import judgements, suppressions

router = APIRouter(
    prefix="/v1/quality", tags=["judgements"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.get("")
def get_quality(service: ServiceDep, actor: Reader) -> QualityOut:
    """Show the figures that were measured last, and whether they are of the current generation and judgements."""
    with service.database.read() as connection:
        suppressed = suppressions.load(connection, service.settings.secret_key())
        briefs = judgements.judged_briefs(connection, workspace_id=actor.workspace_id, suppressed=suppressed)
        last = quality.last_measured(connection, actor.workspace_id)
        job = quality.under_way(connection, actor.workspace_id)
    waiting = job.public_id if job else None
    judged = any(map(quality.is_liked, briefs))
    if last is None or last.finished_at is None or not judged:
        reason = Unmeasured.NOT_MEASURED if judged else Unmeasured.NOTHING_JUDGED
        return QualityOut(measured=None, reason=reason, outdated=[], job=waiting)
    figures = last.result[quality.QUALITY]
    outdated = _outdated(service, figures, judgements.version(briefs))
    shown = measured(dict(figures), last.finished_at, briefs)
    return QualityOut(measured=shown, reason=None, outdated=outdated, job=waiting)


@router.post("", status_code=202)
def measure_quality(service: ServiceDep, actor: ListWriter, response: Response) -> JobOut:
    """Have the judgements measured on the current generation, beside the baselines; it is also done after each build.

    A measuring that waits already is the one. 409 while no blogger is liked.
    """
    job = quality.start_quality(service.database, workspace_id=actor.workspace_id)
    response.headers["Location"] = location(job)
    return JobOut.of(job)


def _outdated(service: Service, figures: Mapping[str, Any], version: str) -> list[Outdated]:
    from ranking.score import FORMULA  # noqa: PLC0415 - the index's libraries load in the background first

    # While no engine is open yet, the generation is not known to be another one.
    ready = service.engines.state()[0] == "ready"
    generation = service.engines.engine().generation.public_id if ready else figures["generation"]
    differs = {
        Outdated.GENERATION: figures["generation"] != generation,
        Outdated.FORMULA: figures["formula"] != FORMULA,
        Outdated.JUDGEMENTS: figures["judgements_version"] != version,
    }
    return [what for what, is_other in differs.items() if is_other]
