"""Crawl: what is running, what ran, adding blogs, building the index."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Header, Request, Response, UploadFile
from fastapi.responses import RedirectResponse

from api.auth.actor import Actor, Scope
from api.http.limits import MAX_BODY_BYTES
from api.routes.crawls import visible_crawl
from api.routes.jobs import build_index, cancel_job
from api.schemas.crawls import MAX_DEPTH, MAX_PAGES, MAX_SITES, CrawlOut, CrawlState
from api.schemas.ids import CrawlId, JobId
from api.schemas.jobs import JobOut
from api.service import Service, ServiceDep
from api.web.rendering import render
from api.web.rights import CrawlForm, ReaderPage
from api.web.working import (
    Activity,
    ShownCrawl,
    activity_of_crawl,
    activity_of_job,
    result_sentence,
    shown_crawl,
)
from bloghound.errors import BloghoundError, ConflictError, InputError
from bloghound.jobs.generations import GenerationSummary, generations
from bloghound.jobs.sitelists import MAX_ROWS, ImportedRow, RowStatus, checked, import_sites, list_of
from bloghound.jobs.starting import DEFAULT_MAX_SITES, CrawlWish, StartedCrawl, start_crawl
from storage import crawls, health, jobs
from storage.crawls import CrawlRow
from storage.database import Connection
from storage.tables.base import utc_now

router = APIRouter(include_in_schema=False)

FRAGMENT = "work"
PAST_CRAWLS = 12
PAST_JOBS = 8
MAX_ACTIVITIES = 20
"""Jobs shown at once; few lanes do the work, so more than a handful only wait."""
MAX_SHOWN_ROWS = 1000
"""Rows of an import that are listed; what was refused comes first, so that nothing of it is left out before 1,000."""

_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The form for adding blogs as it was filled in."""

    addresses: str = ""
    then: Literal["crawl", "keep"] = "crawl"
    max_depth: int = 1
    max_sites: int = DEFAULT_MAX_SITES
    max_pages: int | None = None
    index: bool = True


@router.get("/crawl")
def crawl(
    request: Request,
    service: ServiceDep,
    actor: ReaderPage,
    fragment: Annotated[str, Header(alias="X-Fragment", max_length=20)] = "",
) -> Response:
    """What is running and what ran, and the form for adding blogs; ``X-Fragment: work`` asks for the former alone."""
    if fragment == FRAGMENT:
        return render(request, "parts/work.html", **_work(service, actor))
    return _page(request, service, actor)


@router.post("/crawl")
def add_blogs(
    request: Request,
    service: ServiceDep,
    actor: CrawlForm,
    addresses: Annotated[str, Form(max_length=MAX_BODY_BYTES)] = "",
    file: UploadFile | None = None,
    then: Annotated[Literal["crawl", "keep"], Form()] = "crawl",
    max_depth: Annotated[int, Form(ge=0, le=MAX_DEPTH)] = 1,
    max_sites: Annotated[int, Form(ge=1, le=MAX_SITES)] = DEFAULT_MAX_SITES,
    max_pages: Annotated[int | None, Form(ge=1, le=MAX_PAGES)] = None,
    index: Annotated[bool, Form()] = False,
) -> Response:
    """Take in a list of blogs, every row with its own answer, and start a crawl of them when that was asked for."""
    wanted = Wanted(addresses, then, max_depth, max_sites, max_pages, index)
    try:
        rows = import_sites(service.settings, service.database, _entries(addresses, file))
    except InputError as error:
        return _page(request, service, actor, wanted=wanted, problem=error)
    started, not_started = _started(service, actor, rows, wanted)
    return render(
        request,
        "crawl_added.html",
        nav="crawl",
        rows=_unwelcome_first(rows)[:MAX_SHOWN_ROWS],
        total=len(rows),
        counts={status.value: sum(row.status is status for row in rows) for status in RowStatus},
        started=started,
        not_started=not_started,
        wanted=wanted,
    )


@router.post("/crawl/index")
def build(service: ServiceDep, actor: CrawlForm) -> Response:
    """Ask for a new generation of the index."""
    build_index(service, actor, Response())
    return RedirectResponse("/crawl", status_code=303)


@router.post("/crawl/jobs/{job_id}/cancel")
def cancel(service: ServiceDep, actor: CrawlForm, job_id: JobId) -> Response:
    """Stop a job; one that has ended meanwhile is as good."""
    try:
        cancel_job(service, actor, job_id)
    except ConflictError as error:
        if "has ended already" not in str(error):
            raise
    return RedirectResponse("/crawl", status_code=303)


@router.get("/crawl/{crawl_id}")
def one_crawl(request: Request, service: ServiceDep, actor: ReaderPage, crawl_id: CrawlId) -> Response:
    """One crawl: its limits, its pages and sites in figures, what it brought."""
    with service.database.read() as connection:
        row = visible_crawl(connection, actor, crawl_id)
        _, posts_new, posts_updated = crawls.outcomes(connection, row.crawl_id)
        shown = _shown(connection, [row])[0]
        job = jobs.by_public_id(connection, row.job_public_id) if row.job_public_id else None
    return render(
        request,
        "crawl_one.html",
        nav="crawl",
        crawl=shown,
        job=JobOut.of(job) if job else None,
        posts_new=posts_new,
        posts_updated=posts_updated,
        may_crawl=actor.may(Scope.CRAWL),
    )


@router.post("/crawl/{crawl_id}/again")
def crawl_again(service: ServiceDep, actor: CrawlForm, crawl_id: CrawlId) -> Response:
    """Crawl the same seeds within the same limits; an unfinished crawl of this workspace goes on where it stood."""
    with service.database.read() as connection:
        options = visible_crawl(connection, actor, crawl_id).options
    if not options.get("seeds"):
        raise ConflictError("This crawl has no seeds: it read archives.")
    wish = CrawlWish(options["max_depth"], options["max_sites"], options["max_pages_per_site"])
    started = _start(service, actor, options["seeds"], wish)
    return RedirectResponse(f"/crawl/{started.crawl_public_id}", status_code=303)


def _page(
    request: Request,
    service: Service,
    actor: Actor,
    *,
    wanted: Wanted | None = None,
    problem: BloghoundError | None = None,
) -> Response:
    return render(
        request,
        "crawl.html",
        status=problem.http_status if problem else 200,
        nav="crawl",
        wanted=wanted or Wanted(),
        problem=problem,
        max_rows=MAX_ROWS,
        max_bytes=MAX_BODY_BYTES,
        most={"depth": MAX_DEPTH, "sites": MAX_SITES, "pages": MAX_PAGES},
        usual_pages=service.settings.max_pages_per_site,
        contact=service.settings.contact,
        **_work(service, actor),
    )


def _work(service: Service, actor: Actor) -> dict[str, Any]:
    """What the part of the page that keeps itself up to date shows."""
    with service.database.read() as connection:
        recent = crawls.newest_first(connection, workspace_id=actor.workspace_id, now=utc_now(), limit=PAST_CRAWLS)
        active = _jobs(connection, actor, jobs.UNFINISHED, MAX_ACTIVITIES)
        ended = _jobs(connection, actor, _ENDED, PAST_JOBS)
        worked_on = _crawls_of(connection, actor, active, {row.public_id for row in recent})
        shown = {one.out.id: one for one in _shown(connection, [*recent, *worked_on])}
    activities = _activities(active, shown, may_cancel=actor.may(Scope.CRAWL))
    return {
        "activities": activities,
        "past": [shown[row.public_id] for row in recent],
        "ended": [(job, result_sentence(job)) for job in ended],
        "index": _current(service),
        "building": any(one.job and one.job.kind == "index" for one in activities),
        "may_crawl": actor.may(Scope.CRAWL),
        "needs_worker": not service.settings.jobs_in_service,
    }


def _jobs(connection: Connection, actor: Actor, states: tuple[str, ...], limit: int) -> list[JobOut]:
    rows = jobs.newest_first(
        connection,
        workspace_id=actor.workspace_id,
        with_installation=actor.may(Scope.ADMIN),
        states=states,
        limit=limit,
    )
    # An erasure that waits for its days of grace is no work yet; the settings list it as an opt-out.
    return [JobOut.of(row) for row in rows if row.state != "queued" or row.run_after <= utc_now()]


def _crawls_of(connection: Connection, actor: Actor, active: list[JobOut], known: set[str]) -> list[CrawlRow]:
    wanted = dict.fromkeys(job.crawl for job in active if job.crawl and job.crawl not in known)
    now = utc_now()
    found = (crawls.visible(connection, one, workspace_id=actor.workspace_id, now=now) for one in wanted)
    return [row for row in found if row is not None]


def _shown(connection: Connection, rows: list[CrawlRow]) -> list[ShownCrawl]:
    states = health.states_by_crawl(connection, [row.crawl_id for row in rows], now=utc_now())
    return [shown_crawl(row, CrawlOut.of(row, states[row.crawl_id])) for row in rows]


def _activities(active: list[JobOut], shown: dict[str, ShownCrawl], *, may_cancel: bool) -> list[Activity]:
    """Jobs that run or wait, the running first, and the crawls that somebody runs without a job."""
    of_jobs = [activity_of_job(job, shown.get(job.crawl or ""), may_cancel=may_cancel) for job in active]
    taken = {job.crawl for job in active}
    free = [one for one in shown.values() if one.out.state is CrawlState.RUNNING and one.out.id not in taken]
    running_first = sorted(of_jobs, key=lambda one: one.job is not None and one.job.state == "queued")
    return [*(activity_of_crawl(one) for one in free), *running_first]


def _current(service: Service) -> GenerationSummary | None:
    return next((one for one in generations(service.settings) if one.is_current), None)


def _entries(addresses: str, file: UploadFile | None) -> Any:
    """The entries of the box and of the file, in that order; raises ImportFileError."""
    content = file.file.read() if file is not None else b""
    typed = list_of(addresses.encode("utf-8"), "utf-8") if addresses.strip() else []
    return checked([*typed, *(list_of(content) if content.strip() else [])])


def _started(
    service: Service, actor: Actor, rows: list[ImportedRow], wanted: Wanted
) -> tuple[StartedCrawl | None, str]:
    """The crawl of what came in, or why there is none: what came in stays known in either case."""
    homes = list(dict.fromkeys(row.home_url for row in rows if row.home_url is not None))
    if wanted.then == "keep" or not homes:
        return None, ""
    wish = CrawlWish(wanted.max_depth, max(wanted.max_sites, len(homes)), wanted.max_pages, wanted.index)
    try:
        return _start(service, actor, homes, wish), ""
    except (ConflictError, InputError) as error:
        return None, str(error)


def _start(service: Service, actor: Actor, seeds: list[str], wish: CrawlWish) -> StartedCrawl:
    return start_crawl(
        service.settings,
        service.database,
        seeds,
        wish,
        workspace_id=actor.workspace_id,
        workspace=actor.workspace_public_id,
    )


def _unwelcome_first(rows: list[ImportedRow]) -> list[ImportedRow]:
    return sorted(rows, key=lambda row: row.status in {RowStatus.ADDED, RowStatus.KNOWN})
