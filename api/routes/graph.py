"""The link graph as a download, single edges with their evidence, and the generations of the index."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.auth.actor import Actor, Documented, Exporter, Reader
from api.http.paging import Cursor, PageLimit, page_of
from api.http.problems import PROBLEMS
from api.http.route import ServiceRoute
from api.schemas.blogger_pages import EdgeLinkOut
from api.schemas.graph import EdgeOut, EdgePage, GenerationOut, GenerationsOut
from api.service import Service, ServiceDep
from bloghound.jobs import generations, profiles
from bloghound.jobs.graph import CsvPart, graph_of, streamed, within
from bloghound.jobs.niche_map import on_topic
from graph.export import ExportFormat
from ranking.brief import MAX_BRIEF_CHARS
from storage import blogger_links, niches

router = APIRouter(
    prefix="/v1", tags=["graph"], route_class=ServiceRoute, responses=PROBLEMS, dependencies=[Documented]
)

MEDIA_TYPES = {
    "graphml": "application/graphml+xml",
    "gexf": "application/gexf+xml",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
NICHE_PREFIX = "nch_"

BloggerQuery = Annotated[str, Query(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_]+$")]
GenerationId = Annotated[str, Path(max_length=24, description="`gen_000001`.")]
NicheQuery = Annotated[
    str | None,
    Query(
        min_length=1, max_length=MAX_BRIEF_CHARS, description="Id of a niche (`nch_…`), or a brief: its bloggers only."
    ),
]


@router.get("/graph", response_class=StreamingResponse)
def get_graph(
    service: ServiceDep,
    actor: Exporter,
    file_format: Annotated[ExportFormat, Query(alias="format")] = "graphml",
    part: Annotated[CsvPart, Query(description="For CSV: which of the two tables.")] = "nodes",
    niche: NicheQuery = None,
) -> StreamingResponse:
    """Download the link graph between bloggers, whole; `X-Total-Nodes` and `X-Total-Edges` say how much that is."""
    relevance = None if niche is None else _relevance(service, actor, niche)
    with service.database.read() as connection:
        whole = graph_of(connection, service.settings)
    graph = whole if relevance is None else within(whole, relevance)
    ending = f"{part}.csv" if file_format == "csv" else file_format
    headers = {
        "Content-Disposition": f'attachment; filename="bloggers.{ending}"',
        "X-Total-Nodes": str(len(graph.nodes)),
        "X-Total-Edges": str(len(graph.edges)),
    }
    return StreamingResponse(streamed(graph, file_format, part), media_type=MEDIA_TYPES[file_format], headers=headers)


def _relevance(service: Service, actor: Actor, niche: str) -> dict[str, float]:
    """Relevance of the bloggers of a niche by the key of the founding site."""
    if niche.startswith(NICHE_PREFIX):
        with service.database.read() as connection:
            niche = niches.get(connection, actor.workspace_id, niche).brief
    engine = service.engines.engine()
    return {engine.generation.bloggers[row].site_key: value for row, value in on_topic(engine, niche).items()}


@router.get("/edges")
def get_edge(
    request: Request,
    response: Response,
    service: ServiceDep,
    _actor: Reader,
    source: BloggerQuery,
    target: BloggerQuery,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> EdgePage:
    """Show how one blogger links to another: the edge, and every link that it is made of with its post."""
    purpose = f"edge {source} {target}"
    position = service.signer.position(purpose, cursor, (int,))
    with service.database.read() as connection:
        ids = [profiles.visible(connection, service.settings, one).blogger_id for one in (source, target)]
        edge = blogger_links.edge(connection, *ids)
        after = position[0] if position else None
        rows = blogger_links.links_between(connection, *ids, limit=limit + 1, after=after)
    shown = page_of(
        request,
        response,
        rows=rows,
        limit=limit,
        cursor_of=lambda last: service.signer.cursor(purpose, [last.position]),
    )
    return EdgePage(
        source=source,
        target=target,
        edge=EdgeOut.model_validate(edge) if edge else None,
        data=[EdgeLinkOut.of(row) for row in shown.data],
        has_more=shown.has_more,
        next_cursor=shown.next_cursor,
    )


@router.get("/generations")
def list_generations(service: ServiceDep, _actor: Reader) -> GenerationsOut:
    """List the generations of the index that can still be asked, newest first."""
    return GenerationsOut(data=[GenerationOut.of(one) for one in generations.generations(service.settings)])


@router.get("/generations/{generation_id}")
def get_generation(service: ServiceDep, _actor: Reader, generation_id: GenerationId) -> GenerationOut:
    """Show a generation of the index; one that was replaced is gone (410)."""
    return GenerationOut.of(generations.generation(service.settings, generation_id))
