"""Saved niches: all of a workspace, keeping the brief and weights of a ranking as one, and what changed in one."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.auth.actor import Scope
from api.http.paging import Cursor
from api.reranking import rerank_niche
from api.schemas.teams import MAX_NAME_CHARS, NicheId
from api.service import ServiceDep
from api.web.asking import Percentage
from api.web.cards import PARTS
from api.web.charts.rank_slopes import MOST_ROWS, rank_slopes
from api.web.list_access import MAX_TOLD_CHARS, FormWriter, PageReader, tell, told
from api.web.niche_facts import groups_of, moved_of, summary_of
from api.web.rendering import render
from api.web.views.lists import named
from bloghound.errors import ConflictError, InputError, NotFoundError
from bloghound.jobs import niche_changes
from ranking.brief import MAX_BRIEF_CHARS
from ranking.changes import LEAST_PLACES
from storage import niches
from storage.tables.base import utc_now

router = APIRouter(prefix="/niches", include_in_schema=False)

PAGE_NICHES = 50


class NicheForm(BaseModel):
    """A niche to be saved: what the ranking was asked with, and a name."""

    name: str = Field(default="", max_length=10 * MAX_NAME_CHARS)
    q: str = Field(default="", max_length=MAX_BRIEF_CHARS)
    relevance: Percentage = None
    engagement: Percentage = None
    reach: Percentage = None

    @property
    def weights(self) -> dict[str, float]:
        """The weights as they are stored: empty for the usual ones."""
        given = {part: float(getattr(self, part) or 0) for part in PARTS}
        return given if any(given.values()) else {}

    def brief(self) -> str:
        """The brief; raises InputError when there is none."""
        if not self.q.strip():
            raise InputError("A niche needs a brief: say what it is about.")
        return self.q


class NichesAsked(NicheForm):
    """What the form is to begin with, as Find's address states it, and which page of niches is shown."""

    cursor: Cursor = None
    told: str = Field(default="", max_length=MAX_TOLD_CHARS)


@router.get("")
def all_niches(
    request: Request, service: ServiceDep, actor: PageReader, asked: Annotated[NichesAsked, Query()]
) -> Response:
    """The niches by name, and the form that saves one."""
    return _page(request, service, actor, asked)


@router.post("")
def save(
    request: Request,
    service: ServiceDep,
    actor: FormWriter,
    form: Annotated[NicheForm, Form()],
    later: BackgroundTasks,
) -> Response:
    """Keep a niche and rank its bloggers; what cannot be kept is asked for again."""
    try:
        fields = {"name": named(form.name), "brief": form.brief(), "weights": form.weights}
        with service.database.transaction() as connection:
            made = niches.create(connection, actor.workspace_id, fields, now=utc_now())
    except (ConflictError, InputError) as error:
        asked = NichesAsked(**form.model_dump())
        return _page(request, service, actor, asked, problem=str(error), status=error.http_status)
    later.add_task(rerank_niche, service, made)
    return RedirectResponse(f"/?niche={made.public_id}", status_code=303)


@router.get("/{niche_id}")
def rank(service: ServiceDep, actor: PageReader, niche_id: NicheId) -> Response:
    """The ranking of a niche."""
    with service.database.read() as connection:
        found = niches.get(connection, actor.workspace_id, niche_id)
    return RedirectResponse(f"/?niche={found.public_id}", status_code=303)


@router.get("/{niche_id}/changes")
def changed(
    request: Request,
    service: ServiceDep,
    actor: PageReader,
    niche_id: NicheId,
    since: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Who rose, fell, is new or gone since an earlier ranking, and because of what."""
    with service.database.read() as connection:
        niche = niches.get(connection, actor.workspace_id, niche_id)
        try:
            found = niche_changes.changes_of(connection, service.settings, actor.workspace_id, niche_id, since)
        except NotFoundError as error:
            if since:
                raise
            found, not_ranked = None, str(error)
    if found is None:
        return render(request, "niche_changes.html", nav="find", niche=niche, found=None, not_ranked=not_ranked)
    return render(
        request,
        "niche_changes.html",
        nav="find",
        niche=niche,
        found=found,
        groups=groups_of(found),
        summary=summary_of(found.counts),
        slopes=rank_slopes(moved_of(found.changes)),
        most_rows=MOST_ROWS,
        least_places=LEAST_PLACES,
    )


@router.post("/{niche_id}/delete")
def delete(service: ServiceDep, actor: FormWriter, niche_id: NicheId) -> Response:
    """Delete a niche; lists made from it stay."""
    with service.database.transaction() as connection:
        found = niches.get(connection, actor.workspace_id, niche_id)
        niches.remove(connection, actor.workspace_id, niche_id)
    return tell(service, "/niches", f"The niche “{found.name}” is deleted; lists made from it stay.")


def _page(
    request: Request,
    service: ServiceDep,
    actor: PageReader,
    asked: NichesAsked,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    after = service.signer.position("page niches", asked.cursor, (str,))
    with service.database.read() as connection:
        rows = niches.page(
            connection, actor.workspace_id, limit=PAGE_NICHES + 1, after_name=after[0] if after else None
        )
    shown = rows[:PAGE_NICHES]
    return render(
        request,
        "niches.html",
        status=status,
        nav="find",
        niches=shown,
        asked=asked,
        parts=PARTS,
        later=service.signer.cursor("page niches", [shown[-1].name]) if len(rows) > PAGE_NICHES else "",
        may_write=actor.may(Scope.LISTS_WRITE),
        max_brief=MAX_BRIEF_CHARS,
        told=told(service, asked.told),
        problem=problem,
    )
