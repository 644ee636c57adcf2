"""Erasing a blogger."""

from fastapi import APIRouter, Response

from api.auth.actor import Admin, Documented
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.routes.jobs import location
from api.schemas.jobs import JobOut
from api.schemas.teams import BloggerId
from api.service import ServiceDep
from bloghound.jobs.optouts import erase_blogger
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/bloggers", tags=["bloggers"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.delete("/{blogger_id}", status_code=202)
def delete_blogger(service: ServiceDep, actor: Admin, blogger_id: BloggerId, response: Response) -> JobOut:
    """Erase a blogger: hidden and never crawled again from now on; the job's result is the receipt of what went.

    Erasing rewrites archives and every kept generation, which may take minutes, so a job does it.
    """
    job = erase_blogger(service.settings, service.database, blogger_id, workspace_id=actor.workspace_id, now=utc_now())
    response.headers["Location"] = location(job)
    return JobOut.of(job)
