"""Compare: up to four bloggers of one search side by side, on one scale, with their differences in words."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from api.service import ServiceDep
from api.web.asking import Asked
from api.web.cards import cards
from api.web.differences import differences
from api.web.rendering import render
from api.web.rights import ReaderPage
from api.web.searching import niche_of, search_of
from bloghound.errors import BloghoundError

router = APIRouter(include_in_schema=False)

MOST = 4
"""As many columns as can be read beside each other on a laptop."""


class Compared(Asked):
    """A search, and the bloggers of it to look at."""

    b: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=100)

    def blogger(self, blogger_id: str) -> str:
        """As of the search; whom it was compared with is no part of it."""
        return self.address(f"/bloggers/{quote(blogger_id)}", b=[])


@router.get("/compare")
def compare(request: Request, service: ServiceDep, actor: ReaderPage, asked: Annotated[Compared, Query()]) -> Response:
    """Up to four bloggers of a search as columns; later ones are left out and said to be."""
    ids = list(dict.fromkeys(asked.b))
    context: dict[str, Any] = {
        "nav": "find",
        "asked": asked,
        "search_address": asked.address(b=[], page=1),
        "left_out": len(ids[MOST:]),
        "brief": asked.q,
    }
    try:
        niche = niche_of(service, actor, asked)
        context["brief"] = (niche.brief or niche.name) if niche else asked.q
        search = search_of(service, actor, asked, niche)
        results = sorted((search.result(one).as_dict() for one in ids[:MOST]), key=lambda one: one["rank"])
    except BloghoundError as error:
        context |= {"problem": {"title": error.title, "detail": str(error)}, "columns": [], "said": []}
        return render(request, "compare.html", status=error.http_status, **context)
    context |= {
        "problem": None,
        "columns": [(card, _without(asked, card.result["blogger"]["id"])) for card in cards(results)],
        "said": differences(results),
        "generation": search.generation,
    }
    return render(request, "compare.html", **context)


def _without(asked: Compared, blogger_id: str) -> str:
    return asked.address("/compare", b=[one for one in asked.b if one != blogger_id])
