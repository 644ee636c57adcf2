"""Map: the link graph of a niche, its communities with their words, and the bloggers as a table."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.auth.actor import Actor, Scope
from api.service import Service, ServiceDep
from api.web.asking import Asked, AskedQuery
from api.web.charts.map_drawing import ALONE, MapPoint, community_colours, community_letters, drawn_map
from api.web.rendering import render
from api.web.rights import ReaderPage
from api.web.searching import niche_of
from bloghound.errors import BloghoundError
from ranking.brief import MAX_BRIEF_CHARS
from storage import niches

if TYPE_CHECKING:
    from bloghound.jobs.niche_map import NicheMap

router = APIRouter(include_in_schema=False)

MAX_CHIPS = 24
"""Saved niches offered above the map, as many as Find offers."""

EXPORTS = (
    ("GraphML", "graphml", ""),
    ("GEXF", "gexf", ""),
    ("JSON", "json", ""),
    ("CSV, bloggers", "csv", "nodes"),
    ("CSV, links", "csv", "edges"),
)
"""Name, format and part of each download."""


@router.get("/map")
def niche_map(request: Request, service: ServiceDep, actor: ReaderPage, asked: AskedQuery) -> Response:
    """The map of a brief or a saved niche; without one, what could be mapped."""
    with service.database.read() as connection:
        saved = niches.page(connection, actor.workspace_id, limit=MAX_CHIPS)
    context: dict[str, Any] = {
        "nav": "map",
        "asked": asked,
        "niches": saved,
        "max_brief": MAX_BRIEF_CHARS,
        "brief": asked.q,
        "problem": None,
        "found": None,
    }
    status = 200
    if asked.wanted:
        try:
            context |= _mapped(service, actor, asked)
        except BloghoundError as error:
            status, context["problem"] = error.http_status, {"title": error.title, "detail": str(error)}
    return render(request, "map.html", status=status, **context)


def _mapped(service: Service, actor: Actor, asked: Asked) -> dict[str, Any]:
    """The map of the address; raises BloghoundError where there is no index, no such niche, or no usable brief."""
    from bloghound.jobs import niche_map as jobs  # noqa: PLC0415 - loads the layout's libraries

    niche = niche_of(service, actor, asked)
    brief = niche.brief if niche else asked.q
    engine = service.engines.engine(asked.generation or None)
    found = jobs.niche_map(engine, brief, hidden=service.engines.hidden(engine, service.database))
    return {
        "found": found,
        "brief": brief,
        "niche": niche,
        "exports": _exports(niche.public_id if niche else brief),
        "may_export": bool({Scope.EXPORT, Scope.ADMIN} & actor.scopes),
        **_drawn(found),
    }


def _drawn(found: "NicheMap") -> dict[str, Any]:
    letters = community_letters({one.number: one.size for one in found.communities})
    fields = MapPoint.__slots__
    points = [
        MapPoint(**{name: value for name, value in (asdict(node) | {"public_id": node.id}).items() if name in fields})
        for node in found.nodes
    ]
    drawing = drawn_map(points, [(edge.source, edge.target) for edge in found.edges], letters)
    named, colours = {one.number: one for one in found.communities}, community_colours(letters)
    return {
        "drawing": drawing,
        "communities": [
            (letter, colours[number], named[number]) for number, letter in letters.items() if letter != ALONE
        ],
        "alone": sum(letter == ALONE for letter in letters.values()),
        "nodes": {node.id: node for node in found.nodes},
        "linked": _links_of(found),
    }


def _links_of(found: "NicheMap") -> dict[str, tuple[int, int]]:
    """How many bloggers of the map link to each one, and how many it links to."""
    received, given = dict.fromkeys((node.id for node in found.nodes), 0), {node.id: 0 for node in found.nodes}
    for edge in found.edges:
        received[edge.target] += 1
        given[edge.source] += 1
    return {one: (received[one], given[one]) for one in received}


def _exports(niche: str) -> list[tuple[str, str]]:
    """Name and address of each download of the same niche."""
    return [
        (name, "/v1/graph?" + urlencode({"format": form, "niche": niche} | ({"part": part} if part else {})))
        for name, form, part in EXPORTS
    ]
