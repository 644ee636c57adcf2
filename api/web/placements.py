"""How a blogger stands for a brief and for each saved niche: its result there, or why there is none."""

from dataclasses import dataclass

from api.auth.actor import Actor
from api.service import Service
from api.web.asking import Asked
from api.web.cards import Card, card
from api.web.searching import niche_of, search_of
from bloghound.errors import BloghoundError
from storage import niches

MAX_NICHES = 12
"""Niches that a blogger's page ranks for: some 30 ms each on a small index, so that the page stays below a second."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A question by its name, the address of its ranking, and the blogger's card there; None with a ``problem``."""

    name: str
    brief: str
    address: str
    niche: str
    generation: str
    card: Card | None
    problem: str = ""


def placement(service: Service, actor: Actor, asked: Asked, blogger_id: str) -> Placement:
    """The blogger's place for what the address asks for; never raises for what cannot be ranked."""
    name, brief, generation, niche_id = asked.q, asked.q, asked.generation, asked.niche
    try:
        niche = niche_of(service, actor, asked)
        name, brief = (niche.name, niche.brief) if niche else (name, brief)
        niche_id = niche.public_id if niche else ""
        search = search_of(service, actor, asked, niche)
        generation = search.generation
        found = card(search.result(blogger_id).as_dict())
    except BloghoundError as error:
        return Placement(name, brief, asked.address(), niche_id, generation, None, str(error))
    return Placement(name, brief, asked.address(), niche_id, generation, found)


def in_niches(service: Service, actor: Actor, blogger_id: str) -> tuple[list[Placement], bool]:
    """The blogger's place in the first :data:`MAX_NICHES` niches of the workspace, and whether there are more."""
    with service.database.read() as connection:
        saved = niches.page(connection, actor.workspace_id, limit=MAX_NICHES + 1)
    places = [placement(service, actor, Asked(niche=one.public_id), blogger_id) for one in saved[:MAX_NICHES]]
    return places, len(saved) > MAX_NICHES
