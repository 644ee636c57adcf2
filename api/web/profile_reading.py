"""What the page of a blogger is made of, read in one go."""

from dataclasses import dataclass

from api.auth.actor import Actor, Scope
from api.routes.bloggers import current_generation
from api.service import Service
from bloghound.jobs import channels, contacts, profiles
from bloghound.jobs.contacts import Contacts
from bloghound.jobs.peer_bands import PeerBand, peer_bands
from bloghound.jobs.profiles import Activity, Profile
from bloghound.jobs.readers import Readers, readers
from bloghound.jobs.similar import SimilarBlogger, SimilarBy, similar
from ranking.relevance import POSTS_PER_BLOGGER
from storage import blogger_shortlists, post_pages
from storage.blogger_links import Direction, LinkedBlogger
from storage.blogger_shortlists import Listing
from storage.database import Connection
from storage.post_pages import ShownPost
from storage.provenance import Observation

POSTS = POSTS_PER_BLOGGER
"""Posts whose reactions are drawn: the same that the figures of the index are over."""

LINKS = 50
"""Linked bloggers of each direction in the tables; the API lists them all."""

SIMILAR = 8
FIGURES = 200
"""Followers and the like as they were seen: one a week for almost four years."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A blogger with everything around it; ``more_linkers`` and ``more_linked`` say that the tables do not hold all."""

    profile: Profile
    activity: Activity
    posts: list[ShownPost]
    linkers: list[LinkedBlogger]
    linked: list[LinkedBlogger]
    more_linkers: bool
    more_linked: bool
    followers: list[Observation]
    listings: list[Listing]
    bands: dict[str, PeerBand]
    similar: list[SimilarBlogger]
    readers: Readers
    contacts: Contacts | None
    """What the blogger publishes for contact; None for whoever may not see it."""


def read(service: Service, actor: Actor, blogger_id: str) -> Reading:
    """The blogger's page; raises NotFoundError for one that is not there or asked to be left out."""
    state, generation = current_generation(service)
    with service.database.read() as connection:
        profile = profiles.profile(connection, service.settings, blogger_id, generation, state)
        own, ids = profile.blogger.blogger_id, [site.site_id for site in profile.blogger.sites]
        links = {
            direction: profiles.visible_links(connection, service.settings, own, direction, limit=LINKS + 1, after=None)
            for direction in Direction
        }
        figures = channels.visible_history(connection, service.settings, ids, limit=FIGURES)
        return Reading(
            profile=profile,
            activity=profiles.activity(connection, service.settings, blogger_id),
            posts=post_pages.page(connection, ids, limit=POSTS),
            linkers=links[Direction.IN][:LINKS],
            linked=links[Direction.OUT][:LINKS],
            more_linkers=len(links[Direction.IN]) > LINKS,
            more_linked=len(links[Direction.OUT]) > LINKS,
            followers=[one for one in figures if one.kind == "followers"],
            listings=blogger_shortlists.holding(connection, actor.workspace_id, own),
            bands=peer_bands(generation, blogger_id) if generation else {},
            similar=_similar(service, blogger_id) if profile.standing else [],
            readers=readers(connection, service.settings, blogger_id, generation),
            contacts=_contacts(connection, service, actor, blogger_id),
        )


def _contacts(connection: Connection, service: Service, actor: Actor, blogger_id: str) -> Contacts | None:
    return contacts.contacts(connection, service.settings, blogger_id) if actor.may(Scope.CONTACTS_READ) else None


def _similar(service: Service, blogger_id: str) -> list[SimilarBlogger]:
    engine = service.engines.engine()
    hidden = service.engines.hidden(engine, service.database)
    return similar(engine.generation, blogger_id, SimilarBy.BOTH, limit=SIMILAR, hidden=hidden)
