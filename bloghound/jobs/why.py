"""Why a site is here: the way from a seed to it, link by link, and who else links to it.

Central names: :func:`why`, :class:`Why`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from bloghound.errors import NotFoundError
from bloghound.hosts import host_kind
from bloghound.jobs import visible_sites
from bloghound.jobs.judging import judge_of_niches
from bloghound.jobs.naming import named_site
from bloghound.settings import Settings
from crawler.candidates import Endorsement, Judge
from crawler.discovery import IDENTITY_PRIORITY
from crawler.outward import weigh
from storage import endorsements, suppressions
from storage.database import Connection
from storage.endorsements import LastPlace
from storage.health import Step
from storage.suppressions import Suppressions
from storage.tables.base import public_id

MAX_LINKS = 1000
"""Links to a site that are weighed: who has more linkers is in any crawl first."""
SHOWN_LINKERS = 5


@dataclass(frozen=True, slots=True)
class Linker:
    """The weightiest link of one distinct linker: ``weight`` is what it adds to the priority, as things stand now."""

    page_url: str
    anchor: str
    context: str
    weight: float


@dataclass(frozen=True, slots=True)
class WayStep:
    """One site on the way: ``way`` is ``seed``, ``link``, or ``named`` (as the same person's, or as its new address).

    ``priority`` is that with which the latest crawl took it in, None where none did or it was a seed.
    """

    site_key: str
    home_url: str
    way: str
    found_from_url: str | None
    anchor: str
    crawl: str | None
    depth: int
    priority: float | None
    linkers: int
    best_linkers: tuple[Linker, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """The way to a site, from the seed on; one step alone for a site that is linked to and in no crawl."""

    site_key: str
    state: str
    """As in a listing of sites, or ``candidate``: linked to, and not admitted."""
    reason: str
    steps: tuple[WayStep, ...]


def why(connection: Connection, settings: Settings, site: str) -> Why:
    """How a site came in, by its address or handle.

    Raises AddressError for what is neither, NotFoundError, with the reason, where no stored site leads to it.
    """
    named = named_site(site)
    suppressed = suppressions.load(connection, settings.secret_key())
    if named.key in suppressed:
        raise NotFoundError(f"{named.key} was forgotten or asked to be left out: nothing is stored about it.")
    judge = judge_of_niches(connection)
    try:
        row, path = visible_sites.site(connection, settings, public_id("site", named.key))
    except NotFoundError:
        return _candidate(connection, named.key, named.home_url, judge, suppressed)
    steps = tuple(_step(connection, step, judge, suppressed) for step in path)
    return Why(row.key, row.state, row.health or row.reason, steps)


def _candidate(connection: Connection, key: str, home_url: str, judge: Judge | None, suppressed: Suppressions) -> Why:
    parts = urlsplit(home_url)
    kind = host_kind(parts.netloc, parts.path)
    if kind is not None:
        raise NotFoundError(f"{key} is known to be no blog ({kind.value}): links to it are not followed.")
    linkers = _linkers(connection, key, judge, suppressed)
    if not linkers:
        raise NotFoundError(f"{key} is not stored, and no stored site links to it.")
    depth = min(one.depth for one in linkers)
    step = _made(Step("", key, home_url, linkers[0].from_url), "link", linkers, None, depth)
    return Why(key, "candidate", "linked to, but in no crawl", (step,))


def _step(connection: Connection, step: Step, judge: Judge | None, suppressed: Suppressions) -> WayStep:
    place = endorsements.last_place(connection, step.public_id)
    linkers = _linkers(connection, step.key, judge, suppressed)
    way = "seed" if step.found_from_url is None else _way(place, linkers)
    return _made(step, way, linkers, place, 0 if place is None else place.depth)


def _way(place: LastPlace | None, linkers: Sequence[Endorsement]) -> str:
    is_named = place is not None and place.priority == IDENTITY_PRIORITY
    return "named" if is_named or not linkers else "link"


def _made(step: Step, way: str, linkers: Sequence[Endorsement], place: LastPlace | None, depth: int) -> WayStep:
    came_by = next((one for one in linkers if one.from_url == step.found_from_url), None)
    return WayStep(
        site_key=step.key,
        home_url=step.home_url,
        way=way,
        found_from_url=step.found_from_url,
        anchor=came_by.anchor if came_by else "",
        crawl=place.crawl_public_id if place else None,
        depth=depth,
        priority=place.priority if place and way == "link" else None,
        linkers=len(linkers),
        best_linkers=tuple(
            Linker(one.from_url, one.anchor, one.context.value, round(one.weight, 3)) for one in linkers[:SHOWN_LINKERS]
        ),
    )


def _linkers(connection: Connection, key: str, judge: Judge | None, suppressed: Suppressions) -> list[Endorsement]:
    """The weightiest link of each distinct linker, best first."""
    found = endorsements.links_to(connection, key, limit=MAX_LINKS)
    best: dict[str, Endorsement] = {}
    for one in weigh(connection, [link for link in found if link.source.key not in suppressed], judge):
        if one.weight > (best[one.linker].weight if one.linker in best else 0.0):
            best[one.linker] = one
    return sorted(best.values(), key=lambda one: (-one.weight, one.from_url))
