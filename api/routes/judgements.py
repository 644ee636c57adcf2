"""Judgements: which bloggers a team found to fit a niche or a brief, and the files that researchers take of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.auth.actor import Actor, Documented, Exporter, ListWriter, Reader
from api.http.paging import Cursor, Page, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.judgements import ExportedFile, JudgementIn, JudgementOut
from api.schemas.teams import Brief
from api.service import Service, ServiceDep
from bloghound.errors import InputError
from bloghound.jobs.quality import qrels_text, queries_of, queries_text
from storage import judgements, suppressions
from storage.judgements import JudgedFor, Seen
from storage.tables.base import utc_now

router = APIRouter(
    prefix="/v1/judgements",
    tags=["judgements"],
    route_class=ServiceRoute,
    responses=PROBLEMS,
    dependencies=[Documented],
)

JudgementId = Annotated[
    str, Path(max_length=64, pattern=r"^[A-Za-z0-9_]+$", description="Id of the judgement: `jdg_…`.")
]
WantedId = Annotated[str | None, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
_MEDIA = {ExportedFile.QRELS: "text/plain", ExportedFile.QUERIES: "application/json"}
_FILE = {"content": {media: {} for media in _MEDIA.values()}, "description": "The file."}


@router.get("", response_model=Page[JudgementOut])
def list_judgements(
    request: Request,
    response: Response,
    service: ServiceDep,
    actor: Reader,
    niche_id: WantedId = None,
    query: Annotated[Brief | None, Query(description="Only of this brief.")] = None,
    blogger: WantedId = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Page[JudgementOut]:
    """List the workspace's judgements in the order they were first given; whoever opted out is left out."""
    if niche_id is not None and query is not None:
        raise InputError("Give one of niche_id and query, or neither.")
    brief_id = None if niche_id is None and query is None else JudgedFor(niche_id, query or "").brief_id
    purpose = f"judgements {brief_id or ''} {blogger or ''}"
    after = service.signer.position(purpose, cursor, (int,))
    with service.database.read() as connection:
        rows = judgements.page(
            connection,
            actor.workspace_id,
            limit=limit + 1,
            brief_id=brief_id,
            blogger=blogger,
            after_id=after[0] if after else 0,
            suppressed=suppressions.load(connection, service.settings.secret_key()),
        )
    return page_of(
        request,
        response,
        rows=[JudgementOut.of(row) for row in rows],
        limit=limit,
        cursor_of=lambda _last: service.signer.cursor(purpose, [rows[limit - 1].judgement_id]),
    )


@router.post(
    "", status_code=201, responses={200: {"model": JudgementOut, "description": "It replaced an earlier one."}}
)
def judge(service: ServiceDep, actor: ListWriter, wanted: JudgementIn, response: Response) -> JudgementOut:
    """Judge a blogger for a niche or a brief; an earlier judgement of the same is replaced (200)."""
    with service.database.transaction() as connection:
        stored, is_new = judgements.give(
            connection,
            actor.workspace_id,
            wanted.judged_for(),
            wanted.blogger_id,
            wanted.grade.grade,
            seen=wanted.seen.stored() if wanted.seen else Seen(),
            judge=actor.key_name,
            now=utc_now(),
            suppressed=suppressions.load(connection, service.settings.secret_key()),
        )
    response.status_code = 201 if is_new else 200
    return JudgementOut.of(stored)


@router.get("/export", response_class=Response, response_model=None, responses={200: _FILE})
def export_judgements(
    service: ServiceDep,
    actor: Exporter,
    format: Annotated[  # noqa: A002 - its name in the address
        ExportedFile, Query(description="`qrels`: grades in TREC form; `queries`: the briefs that they are of.")
    ] = ExportedFile.QRELS,
) -> Response:
    """Download the judgements for other tools: bloggers are named by their site's key. No opted-out one is in it."""
    found = list(queries_of(_judged(service, actor), by_key=True))
    text = qrels_text(found) if format is ExportedFile.QRELS else queries_text(found)
    name = "qrels.txt" if format is ExportedFile.QRELS else "queries.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=_MEDIA[format], headers=headers)


@router.delete("/{judgement_id}", status_code=204)
def delete_judgement(service: ServiceDep, actor: ListWriter, judgement_id: JudgementId) -> Response:
    """Take a judgement back."""
    with service.database.transaction() as connection:
        judgements.remove(connection, actor.workspace_id, judgement_id)
    return Response(status_code=204)


def _judged(service: Service, actor: Actor) -> list[judgements.JudgedBrief]:
    with service.database.read() as connection:
        suppressed = suppressions.load(connection, service.settings.secret_key())
        return judgements.judged_briefs(connection, workspace_id=actor.workspace_id, suppressed=suppressed)
