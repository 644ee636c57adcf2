"""Jobs: how long work stands, and stopping it; and asking for a new index."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.auth.actor import Actor, Crawler, Documented, Reader, Scope
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.ids import JobId
from api.schemas.jobs import JobKind, JobOut, JobState
from api.service import Service, ServiceDep
from bloghound.errors import ConflictError, NotFoundError
from bloghound.jobs.starting import start_index
from storage import jobs
from storage.jobs import JobRecord
from storage.tables.base import utc_now

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented])


@router.get("/jobs")
def list_jobs(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    state: Annotated[list[JobState] | None, Query(max_length=5, description="Only these states.")] = None,
    kind: Annotated[list[JobKind] | None, Query(max_length=len(JobKind), description="Only these kinds.")] = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[JobOut]:
    """List the jobs of the workspace, newest first; with the scope `admin` also those of the installation."""
    position = service.signer.position("jobs", cursor, (int,))
    with service.database.read() as connection:
        rows = jobs.newest_first(
            connection,
            workspace_id=actor.workspace_id,
            with_installation=actor.may(Scope.ADMIN),
            states=state or (),
            kinds=kind or (),
            before_id=position[0] if position else None,
            limit=limit + 1,
        )
    numbers = {row.public_id: row.job_id for row in rows}
    return page_of(
        request,
        response,
        rows=[JobOut.of(row) for row in rows],
        limit=limit,
        cursor_of=lambda job: service.signer.cursor("jobs", [numbers[job.id]]),
    )


@router.get("/jobs/{job_id}")
def get_job(service: ServiceDep, actor: Reader, job_id: JobId) -> JobOut:
    """Tell how a job stands."""
    return JobOut.of(visible_job(service, actor, job_id))


@router.post("/jobs/{job_id}:cancel", status_code=202)
def cancel_job(service: ServiceDep, actor: Crawler, job_id: JobId) -> JobOut:
    """Stop a job: at once when it waits, within seconds when it runs. What it has stored stays."""
    job = visible_job(service, actor, job_id)
    if job.kind == JobKind.FORGET:
        raise ConflictError(f"The job {job_id} is an erasure, which is not cancelled; reject the opt-out instead.")
    with service.database.transaction() as connection:
        job = jobs.cancel(connection, job.job_id, now=utc_now())
    if job.state in {JobState.SUCCEEDED, JobState.FAILED}:
        raise ConflictError(f"The job {job_id} has ended already: {job.state}.")
    return JobOut.of(job)


@router.post("/index", status_code=202)
def build_index(service: ServiceDep, actor: Crawler, response: Response) -> JobOut:
    """Build a new generation of the index from everything stored; the ranked lists then come from it."""
    job = start_index(service.database, workspace_id=actor.workspace_id)
    response.headers["Location"] = location(job)
    return JobOut.of(job)


def visible_job(service: Service, actor: Actor, job_id: str) -> JobRecord:
    """The job, when the workspace may see it; raises NotFoundError with the same words for a missing one."""
    with service.database.read() as connection:
        job = jobs.by_public_id(connection, job_id)
    is_installations = job is not None and job.workspace_id is None and actor.may(Scope.ADMIN)
    if job is None or not (job.workspace_id == actor.workspace_id or is_installations):
        raise NotFoundError(f"There is no job {job_id!r}.")
    return job


def location(job: JobRecord) -> str:
    """Where a job is asked for."""
    return f"/v1/jobs/{job.public_id}"
