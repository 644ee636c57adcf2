"""Sites: how each stands and why, and why it is here at all."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field, model_validator

from api.routes.crawls import visible_crawl
from api.routes.sites import SiteFilter, get_site, sites_found
from api.schemas.ids import SiteId
from api.schemas.sites import SiteState
from api.service import ServiceDep
from api.web.rendering import render
from api.web.rights import ReaderPage
from api.web.working import HEALTHS, STATES
from bloghound.records import SiteHealth
from storage import status

router = APIRouter(include_in_schema=False)

PAGE_SIZE = 50


class SitesAsked(BaseModel):
    """Which sites an address asks for; fields left empty in the form count as not given."""

    health: SiteHealth | None = None
    state: SiteState | None = None
    q: str = Field(default="", max_length=200, pattern=r"^[^\x00]*$")
    crawl: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9_]*$")
    cursor: str | None = Field(default=None, max_length=2048)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in given.items() if value not in ("", None)}

    def address(self, **changes: object) -> str:
        """The address of this listing, or of one that differs by ``changes``."""
        query = urlencode(self.model_copy(update=changes).model_dump(mode="json", exclude_defaults=True))
        return f"/crawl/sites?{query}" if query else "/crawl/sites"


@router.get("/crawl/sites")
def sites(request: Request, service: ServiceDep, actor: ReaderPage, asked: Annotated[SitesAsked, Query()]) -> Response:
    """All sites or those of one crawl, by key, with health and reason; health, state, text and place in the address."""
    wanted = SiteFilter([asked.health] if asked.health else None, [asked.state] if asked.state else None, asked.q)
    with service.database.read() as connection:
        crawl = visible_crawl(connection, actor, asked.crawl) if asked.crawl else None
        counts = status.status(connection).sites_by_health if crawl is None else {}
    found = sites_found(
        service,
        f"sites of {asked.crawl}",
        asked.cursor,
        wanted,
        PAGE_SIZE,
        crawl_id=crawl.crawl_id if crawl else None,
    )
    shown = found[:PAGE_SIZE]
    cursor = service.signer.cursor(f"sites of {asked.crawl}", [shown[-1].key]) if len(found) > PAGE_SIZE else None
    return render(
        request,
        "sites.html",
        nav="crawl",
        asked=asked,
        sites=shown,
        counts=counts,
        healths=HEALTHS,
        states=STATES,
        first=asked.address(cursor=None) if asked.cursor else "",
        later=asked.address(cursor=cursor) if cursor else "",
        filtered=bool(asked.health or asked.state or asked.q),
    )


@router.get("/crawl/sites/{site_id}")
def site(request: Request, service: ServiceDep, actor: ReaderPage, site_id: SiteId) -> Response:
    """Why a site is here: the way from the seed to it, and how its last crawl ended."""
    found = get_site(service, actor, site_id)
    return render(request, "site.html", nav="crawl", site=found, healths=HEALTHS, states=STATES)
