"""Crawls: starting one, how it goes, and how each of its sites stands."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth.actor import Actor, Crawler, Documented, Reader
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.routes.jobs import location
from api.routes.sites import SiteFilter, sites_found
from api.schemas.crawls import CrawlDetailOut, CrawlIn, CrawlOut, RefusedSeedOut, StartedCrawlOut
from api.schemas.ids import CrawlId
from api.schemas.jobs import JobOut
from api.schemas.sites import SiteOut
from api.service import ServiceDep
from bloghound.errors import NotFoundError
from bloghound.jobs.naming import Refusal
from bloghound.jobs.starting import CrawlWish, start_crawl
from storage import crawls, health
from storage.crawls import CrawlRow
from storage.database import Connection
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1", tags=["crawls"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@router.post("/crawls", status_code=202)
def create_crawl(service: ServiceDep, actor: Crawler, wanted: CrawlIn, response: Response) -> StartedCrawlOut:
    """Start a crawl from seed addresses; seeds that may not be crawled are named in the answer.

    The same asked for again, while it is unfinished, goes on where it stood. 409 while no contact address is set.
    """
    wish = CrawlWish(wanted.max_depth, wanted.max_sites, wanted.max_pages_per_site, wanted.index)
    started = start_crawl(
        service.settings,
        service.database,
        wanted.seeds,
        wish,
        workspace_id=actor.workspace_id,
        workspace=actor.workspace_public_id,
    )
    response.headers["Location"] = location(started.job)
    with service.database.read() as connection:
        crawl = _shown(connection, visible_crawl(connection, actor, started.crawl_public_id))
    refused = [
        RefusedSeedOut(row=row, input=one.text, reason=one.refusal or Refusal.NOT_AN_ADDRESS, message=one.message)
        for row, one in started.refused
    ]
    return StartedCrawlOut(crawl=crawl, job=JobOut.of(started.job), refused=refused)


@router.get("/crawls")
def list_crawls(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[CrawlOut]:
    """List the crawls of the workspace and those of the command line, newest first."""
    position = service.signer.position("crawls", cursor, (int,))
    now = utc_now()
    with service.database.read() as connection:
        rows = crawls.newest_first(
            connection,
            workspace_id=actor.workspace_id,
            now=now,
            before_id=position[0] if position else None,
            limit=limit + 1,
        )
        states = health.states_by_crawl(connection, [row.crawl_id for row in rows], now=now)
    numbers = {row.public_id: row.crawl_id for row in rows}
    return page_of(
        request,
        response,
        rows=[CrawlOut.of(row, states[row.crawl_id]) for row in rows],
        limit=limit,
        cursor_of=lambda crawl: service.signer.cursor("crawls", [numbers[crawl.id]]),
    )


@router.get("/crawls/{crawl_id}")
def get_crawl(service: ServiceDep, actor: Reader, crawl_id: CrawlId) -> CrawlDetailOut:
    """Tell how a crawl stands: its sites by health, its pages by outcome, its speed, what it brought."""
    with service.database.read() as connection:
        row = visible_crawl(connection, actor, crawl_id)
        _, posts_new, posts_updated = crawls.outcomes(connection, row.crawl_id)
        shown = _shown(connection, row)
    return CrawlDetailOut(**shown.model_dump(), posts_new=posts_new, posts_updated=posts_updated)


@router.get("/crawls/{crawl_id}/sites")
def list_crawl_sites(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    crawl_id: CrawlId,
    wanted: Annotated[SiteFilter, Depends()],
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[SiteOut]:
    """List the sites of a crawl by key, each with its health and the reason for it."""
    with service.database.read() as connection:
        crawl = visible_crawl(connection, actor, crawl_id)
    purpose = f"sites of {crawl_id}"
    found = sites_found(service, purpose, cursor, wanted, limit, crawl_id=crawl.crawl_id)
    return page_of(
        request, response, rows=found, limit=limit, cursor_of=lambda last: service.signer.cursor(purpose, [last.key])
    )


def visible_crawl(connection: Connection, actor: Actor, crawl_id: str) -> CrawlRow:
    """The crawl, when the workspace may see it; raises NotFoundError with the same words for a missing one."""
    row = crawls.visible(connection, crawl_id, workspace_id=actor.workspace_id, now=utc_now())
    if row is None:
        raise NotFoundError(f"There is no crawl {crawl_id!r}.")
    return row


def _shown(connection: Connection, row: CrawlRow) -> CrawlOut:
    return CrawlOut.of(row, health.states_by_crawl(connection, [row.crawl_id], now=utc_now())[row.crawl_id])
