"""Bloggers: the list, profiles, posts, activity, engagement, links, history, and who is like them."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from api.auth.actor import Documented, Reader
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.blogger_pages import (
    ActivityOut,
    LinkedBloggerOut,
    MonthOut,
    ObservationOut,
    PostOut,
    SimilarListOut,
    SimilarOut,
    StatusOut,
)
from api.schemas.bloggers import BloggerLine, ProfileOut
from api.schemas.engagement import EngagementOut
from api.schemas.teams import BloggerId
from api.service import Service, ServiceDep
from bloghound.jobs import channels, profiles
from bloghound.jobs.readers import readers
from bloghound.jobs.similar import SimilarBy, similar
from bloghound.records import SiteHealth
from ranking.index.generation import Generation
from storage import post_pages, provenance
from storage.blogger_links import Direction
from storage.bloggers import BloggerFilter, BloggerSort, ListedBlogger, StoredBlogger

router = APIRouter(
    prefix="/v1/bloggers", tags=["bloggers"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)

Language = Annotated[
    str | None, Query(pattern=r"^[a-z]{2,3}$", description="ISO 639-1 code of one of the blogger's sites.")
]
Platform = Annotated[str | None, Query(max_length=50, pattern=r"^[\w.+-]+$", description="`wordpress`, `ghost`, …")]
Health = Annotated[SiteHealth | None, Query(description="How the last visit of one of the sites ended.")]
Text = Annotated[
    str | None,
    Query(min_length=1, max_length=100, pattern=r"^[^\x00]+$", description="Part of the name, title or address."),
]
Sort = Annotated[BloggerSort, Query(description="`site` and `name` upward, `last_post` and `posts` downward.")]


class HistoryOf(StrEnum):
    """What to show over time: reactions to posts, or what the sites show of themselves (followers, …)."""

    ENGAGEMENT = "engagement"
    FOLLOWERS = "followers"


@router.get("")
async def list_bloggers(
    request: Request,
    response: Response,
    service: ServiceDep,
    _actor: Reader,
    language: Language = None,
    platform: Platform = None,
    health: Health = None,
    text: Text = None,
    sort: Sort = BloggerSort.SITE,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[BloggerLine]:
    """List all bloggers that are known, also those whose sites were not visited yet."""
    wanted = BloggerFilter(language, platform, health.value if health else None, text)
    purpose = f"bloggers {sort} {wanted}"
    after = service.signer.position(purpose, cursor, (int if sort is BloggerSort.POSTS else str, int))

    def read() -> list[ListedBlogger]:
        with service.database.read() as connection:
            return profiles.visible_page(
                connection, service.settings, limit=limit + 1, wanted=wanted, sort=sort, after=after
            )

    by_index = sort is BloggerSort.SITE and wanted == BloggerFilter()
    rows = await (service.look_up(read) if by_index else run_in_threadpool(read))
    page = page_of(
        request,
        response,
        rows=rows,
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(purpose, list(last.position)),
    )
    return _page(page, [BloggerLine.of(row) for row in page.data])


@router.get("/{blogger_id}")
async def get_blogger(service: ServiceDep, _actor: Reader, blogger_id: BloggerId) -> ProfileOut:
    """Show a blogger's profile: sites, proofs, figures beside the peers' medians, and where every fact is from."""

    def read() -> ProfileOut:
        state, generation = current_generation(service)
        with service.database.read() as connection:
            return ProfileOut.of(profiles.profile(connection, service.settings, blogger_id, generation, state))

    return await service.look_up(read)


def current_generation(service: Service) -> tuple[str, Generation | None]:
    """The state of the index, and the generation in use; None while there is none, without waiting for it."""
    state, _ = service.engines.state()
    return state, service.engines.engine().generation if state == "ready" else None


@router.get("/{blogger_id}/posts")
def list_posts(
    request: Request,
    response: Response,
    service: ServiceDep,
    _actor: Reader,
    blogger_id: BloggerId,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[PostOut]:
    """List a blogger's posts, newest first, with the latest figures and where those were read."""
    after = service.signer.position(f"posts {blogger_id}", cursor, (str, int))
    with service.database.read() as connection:
        ids = _site_ids(profiles.visible(connection, service.settings, blogger_id))
        rows = post_pages.page(connection, ids, limit=limit + 1, after=after)
    shown = page_of(
        request,
        response,
        rows=rows,
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(f"posts {blogger_id}", list(last.position)),
    )
    return _page(shown, [PostOut.model_validate(row) for row in shown.data])


@router.get("/{blogger_id}/activity")
def get_activity(service: ServiceDep, _actor: Reader, blogger_id: BloggerId) -> ActivityOut:
    """Show posts and reactions by month, months without posts included, and whether the blogger is active."""
    with service.database.read() as connection:
        found = profiles.activity(connection, service.settings, blogger_id)
    months = [MonthOut.of(one) for one in found.months]
    return ActivityOut(activity=StatusOut.model_validate(found.status), months=months)


@router.get("/{blogger_id}/engagement")
def get_engagement(service: ServiceDep, _actor: Reader, blogger_id: BloggerId) -> EngagementOut:
    """Show how readers answer: each measure beside the peers, months, growth between looks, citations, talks."""
    state, generation = current_generation(service)
    with service.database.read() as connection:
        profile = profiles.profile(connection, service.settings, blogger_id, generation, state)
        activity = profiles.activity(connection, service.settings, blogger_id)
        return EngagementOut.of(profile, activity, readers(connection, service.settings, blogger_id, generation))


@router.get("/{blogger_id}/links")
def list_links(
    request: Request,
    response: Response,
    service: ServiceDep,
    _actor: Reader,
    blogger_id: BloggerId,
    direction: Direction = Direction.IN,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[LinkedBloggerOut]:
    """List the bloggers that link to this one (`in`) or that it links to (`out`), most links first."""
    purpose = f"links {direction} {blogger_id}"
    after = service.signer.position(purpose, cursor, (int, int))
    with service.database.read() as connection:
        ours = profiles.visible(connection, service.settings, blogger_id)
        rows = profiles.visible_links(
            connection, service.settings, ours.blogger_id, direction, limit=limit + 1, after=after
        )
    shown = page_of(
        request,
        response,
        rows=rows,
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(purpose, list(last.position)),
    )
    return _page(shown, [LinkedBloggerOut.of(row) for row in shown.data])


@router.get("/{blogger_id}/history")
def list_history(
    request: Request,
    response: Response,
    service: ServiceDep,
    _actor: Reader,
    blogger_id: BloggerId,
    of: HistoryOf = HistoryOf.ENGAGEMENT,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[ObservationOut]:
    """List figures as they were seen over time, newest first: a new one only where it had changed."""
    purpose = f"history {of} {blogger_id}"
    after = service.signer.position(purpose, cursor, (str, int))
    with service.database.read() as connection:
        ids = _site_ids(profiles.visible(connection, service.settings, blogger_id))
        if of is HistoryOf.ENGAGEMENT:
            rows = provenance.engagement_history(connection, ids, limit=limit + 1, after=after)
        else:
            rows = channels.visible_history(connection, service.settings, ids, limit=limit + 1, after=after)
    shown = page_of(
        request,
        response,
        rows=rows,
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(purpose, list(last.position)),
    )
    return _page(shown, [ObservationOut.of(row) for row in shown.data])


@router.get("/{blogger_id}/similar")
def list_similar(
    service: ServiceDep,
    _actor: Reader,
    blogger_id: BloggerId,
    by: SimilarBy = SimilarBy.BOTH,
    limit: PageLimit = 20,
    generation: Annotated[str | None, Query(max_length=24, description="Default: the current one.")] = None,
) -> SimilarListOut:
    """List the bloggers most like one, by what they write, by who links to them, or by both."""
    with service.database.read() as connection:
        profiles.visible(connection, service.settings, blogger_id)
    engine = service.engines.engine(generation)
    hidden = service.engines.hidden(engine, service.database)
    found = similar(engine.generation, blogger_id, by, limit=limit, hidden=hidden)
    shown = [SimilarOut.model_validate(one) for one in found]
    return SimilarListOut(generation=engine.generation.public_id, by=by, data=shown)


def _site_ids(blogger: StoredBlogger) -> list[int]:
    return [site.site_id for site in blogger.sites]


def _page(page: Page[Any], data: list[Any]) -> Page[Any]:
    return Page(data=data, has_more=page.has_more, next_cursor=page.next_cursor)
