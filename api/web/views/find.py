"""Find: a brief or a niche in, ranked bloggers with their reasons out."""

from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Header, Request
from fastapi.responses import RedirectResponse, Response

from api.auth.actor import Actor
from api.service import Service, ServiceDep
from api.web import cards
from api.web.asking import MAX_PAGE, Asked, AskedQuery
from api.web.judging import judging
from api.web.rendering import render
from api.web.rights import ReaderPage
from api.web.searching import Search, default_weights, niche_of, search_of, shown_weights, usual_weights
from bloghound.errors import BloghoundError, GoneError, IndexMissingError
from ranking.brief import MAX_BRIEF_CHARS
from storage import niches
from storage.niches import StoredNiche

router = APIRouter(include_in_schema=False)

FRAGMENT = "results"
MAX_CHIPS = 24
"""Saved niches shown under the brief: three lines of chips."""

EXAMPLES = (
    (
        "Home espresso",
        "Home espresso technique: grinding, dialling in light roasts, preinfusion, water and heat on a small machine.",
    ),
    (
        "Balcony growing",
        "Growing food and flowers on a windy city balcony or windowsill: light, pots, watering, what survives.",
    ),
    (
        "Everyday cycling",
        "Slow bicycle touring and everyday cycling by people who repair their own bikes; not racing, not gear deals.",
    ),
)
"""Name and brief; the demo's blogs answer all three."""


@router.get("/")
def find(
    request: Request,
    service: ServiceDep,
    actor: ReaderPage,
    asked: AskedQuery,
    fragment: Annotated[str, Header(alias="X-Fragment", max_length=20)] = "",
) -> Response:
    """The search, empty or with its ranking; with ``X-Fragment: results`` the ranking alone, to re-rank in place."""
    if not asked.wanted:
        return render(request, "find.html", **_around(service, actor, asked), **_start(service))
    niche: StoredNiche | None = None
    try:
        niche = niche_of(service, actor, asked)
        found = _found(service, actor, asked, niche)
    except BloghoundError as error:
        found = _problem(_outcome_of(error), error.title, str(error), error.http_status)
    if isinstance(found, str):
        return RedirectResponse(found, status_code=303)
    template = "parts/results.html" if fragment == FRAGMENT else "find.html"
    status, headers = found.pop("status"), found.pop("headers")
    context = _around(service, actor, asked) | _weighed(asked, niche) | found
    return render(request, template, status=status, headers=headers, **context)


def _found(service: Service, actor: Actor, asked: Asked, niche: StoredNiche | None) -> dict[str, Any] | str:
    """The ranking of an address; another address where this one does not say all that the ranking depends on."""
    state, reason = service.engines.state()
    if state == "warming":
        return _problem("warming", "The index is being opened", reason, 503)
    search = search_of(service, actor, asked, niche)
    stated = asked.but(generation=search.generation, **({"q": ""} if niche else {"niche": ""}))
    if stated != asked:
        return stated.address()
    found = _ranked(search, stated)
    shown = [one["blogger"]["id"] for one in found["ranking"]["results"]]
    return found | {"judging": judging(service, actor, stated.niche, found["ranking"]["query"], shown)}


def _ranked(search: Search, asked: Asked) -> dict[str, Any]:
    ranking = search.page(asked.offset)
    shown = ranking.as_dict()
    more = asked.offset + len(ranking.results) < ranking.ranked and asked.page < MAX_PAGE
    return {
        "status": 200,
        "headers": {},
        "outcome": "ranked",
        "ranking": shown,
        "is_about": search.estimates_how_many,
        "cards": cards.cards(shown["results"]),
        "facets": search.facets(ranking),
        "earlier": asked.address(page=asked.page - 1) if asked.page > 1 else "",
        "later": asked.address(page=asked.page + 1) if more else "",
        "compare_fields": parse_qsl(asked.query()),
    }


def _outcome_of(error: BloghoundError) -> str:
    if isinstance(error, GoneError):
        return "gone"
    return "no_index" if isinstance(error, IndexMissingError) else "failed"


def _problem(outcome: str, title: str, detail: str, status: int) -> dict[str, Any]:
    return {
        "status": status,
        "headers": {"Retry-After": "3"} if outcome == "warming" else {},
        "outcome": outcome,
        "problem": {"title": title, "detail": detail},
        "facets": {},
    }


def _around(service: Service, actor: Actor, asked: Asked) -> dict[str, Any]:
    """What stands around the results whatever they are."""
    with service.database.read() as connection:
        saved = niches.page(connection, actor.workspace_id, limit=MAX_CHIPS)
    return {
        "nav": "find",
        "asked": asked,
        "brief": asked.q,
        "niches": saved,
        "examples": EXAMPLES,
        "max_brief": MAX_BRIEF_CHARS,
    }


def _weighed(asked: Asked, niche: StoredNiche | None) -> dict[str, Any]:
    """The sliders, and the formula with their weights."""
    weights = shown_weights(asked, niche)
    total = sum(weights.values()) or 1
    return {
        "brief": asked.q or (niche.brief if niche else ""),
        "weights": weights,
        "weight_shares": {part: round(100 * weight / total) for part, weight in weights.items()},
        "usual_weights": usual_weights(niche),
        "default_weights": default_weights(),
        "formula": cards.in_words({part: weight / total for part, weight in weights.items()}),
        "reset_address": asked.address(page=1, relevance=None, engagement=None, reach=None),
        "here": asked.address(),
    }


def _start(service: Service) -> dict[str, Any]:
    """What the start page says of the index; it never waits for it."""
    state, reason = service.engines.state()
    if state != "ready":
        return {"outcome": "idle", "index": None, "not_ready": reason}
    generation = service.engines.engine().generation
    facts = {"bloggers": len(generation.bloggers), "generation": generation.public_id, "as_of": generation.as_of}
    return {"outcome": "idle", "index": facts, "not_ready": ""}
