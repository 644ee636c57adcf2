"""Sites: how each stands and how it was found; and importing lists of them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth.actor import Actor, Crawler, Documented, Reader
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.http.uploads import UPLOAD_BODY, Upload, read_upload
from api.routes.jobs import location
from api.schemas.ids import SiteId
from api.schemas.jobs import JobOut
from api.schemas.sites import ImportedRowOut, ImportOut, SiteDetailOut, SiteOut, SiteState
from api.service import Service, ServiceDep
from bloghound.jobs import visible_sites
from bloghound.jobs.seeds import SeedEntry
from bloghound.jobs.sitelists import ImportedRow, RowStatus, import_sites, list_of
from bloghound.jobs.starting import DEFAULT_MAX_SITES, CrawlWish, StartedCrawl, start_crawl
from bloghound.records import SiteHealth

router = APIRouter(
    prefix="/v1", tags=["sites"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)


@dataclass(frozen=True, slots=True)
class SiteFilter:
    """Which sites are wanted: any of the healths, any of the states, a text in key or title."""

    health: Annotated[list[SiteHealth] | None, Query(max_length=6, description="Their latest crawl ended so.")] = None
    state: Annotated[list[SiteState] | None, Query(max_length=4, description="They are in one of these.")] = None
    q: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="In key or title.")] = ""


def sites_found(
    service: Service, purpose: str, cursor: str | None, wanted: SiteFilter, limit: int, *, crawl_id: int | None = None
) -> list[SiteOut]:
    """Sites by key, from the cursor on, one more than ``limit``; of one crawl or all. Raises CursorError."""
    position = service.signer.position(purpose, cursor, (str,))
    with service.database.read() as connection:
        rows = visible_sites.page(
            connection,
            service.settings,
            crawl_id=crawl_id,
            healths=wanted.health or (),
            states=wanted.state or (),
            text=wanted.q,
            after_key=position[0] if position else None,
            limit=limit + 1,
        )
    return [SiteOut.of(row) for row in rows]


@router.get("/sites")
def list_sites(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,  # noqa: ARG001 - only that there is one counts: sites are the same for every workspace
    wanted: Annotated[SiteFilter, Depends()],
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[SiteOut]:
    """List all sites by key, each with its health and the reason for it."""
    found = sites_found(service, "sites", cursor, wanted, limit)
    return page_of(
        request, response, rows=found, limit=limit, cursor_of=lambda last: service.signer.cursor("sites", [last.key])
    )


@router.get("/sites/{site_id}")
def get_site(service: ServiceDep, actor: Reader, site_id: SiteId) -> SiteDetailOut:  # noqa: ARG001 - as above
    """Tell how a site stands, and by which way it was found."""
    with service.database.read() as connection:
        return SiteDetailOut.found(*visible_sites.site(connection, service.settings, site_id))


@router.post("/sites:import", openapi_extra={"requestBody": UPLOAD_BODY})
def import_list(
    service: ServiceDep,
    actor: Crawler,
    response: Response,
    upload: Annotated[Upload, Depends(read_upload)],
    crawl: Annotated[bool, Query(description="Start a crawl of the sites that came in.")] = False,
) -> ImportOut:
    """Import a list of sites: CSV, OPML, one address a line, or JSON. Every row gets its own answer."""
    rows = import_sites(service.settings, service.database, _entries(upload))
    started = _crawl_of(service, actor, rows) if crawl else None
    if started is not None:
        response.headers["Location"] = location(started.job)
    return ImportOut(
        counts={status: sum(row.status == status for row in rows) for status in RowStatus},
        rows=[ImportedRowOut.of(row) for row in rows],
        crawl=started.crawl_public_id if started else None,
        job=JobOut.of(started.job) if started else None,
    )


def _entries(upload: Upload) -> list[SeedEntry]:
    if upload.urls is not None:
        return [SeedEntry(row, url, f"address {row}") for row, url in enumerate(upload.urls, 1)]
    return list_of(upload.content, upload.charset)


def _crawl_of(service: Service, actor: Actor, rows: list[ImportedRow]) -> StartedCrawl | None:
    homes = list(dict.fromkeys(row.home_url for row in rows if row.home_url is not None))
    if not homes:
        return None
    return start_crawl(
        service.settings,
        service.database,
        homes,
        CrawlWish(max_sites=max(len(homes), DEFAULT_MAX_SITES)),
        workspace_id=actor.workspace_id,
        workspace=actor.workspace_public_id,
    )
