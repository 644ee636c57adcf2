"""Figures by file: followers and reactions where a platform forbids reading them, or has no keyless way."""

import io
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.auth.actor import Crawler, Documented
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.http.uploads import FILE_BODY, Upload, read_file
from api.schemas.metrics import MetricsImportOut
from api.service import ServiceDep
from bloghound.jobs.importing_metrics import import_metrics
from bloghound.jobs.metric_lines import MAX_SOURCE_CHARS

router = APIRouter(
    prefix="/v1", tags=["sites"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.post("/metrics:import", openapi_extra={"requestBody": FILE_BODY})
def import_figures(
    service: ServiceDep,
    _actor: Crawler,
    upload: Annotated[Upload, Depends(read_file)],
    source: Annotated[
        str, Query(max_length=MAX_SOURCE_CHARS, description="Whose figures these are, where no column says so.")
    ] = "",
    replace: Annotated[
        bool, Query(description="Correct imported figures of the same day instead of refusing others.")
    ] = False,
) -> MetricsImportOut:
    """Store figures from a CSV, each with its source and date; a line that cannot be used costs no other line."""
    file = io.BytesIO(upload.content)
    return MetricsImportOut.of(import_metrics(service.settings, service.database, file, source=source, replace=replace))
