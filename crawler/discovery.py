"""How sites come into a crawl: the seeds, the profiles of bloggers, and sites that have moved.

Sites that others link to come in best first (:mod:`crawler.outward`). Central names: :func:`admit`,
:func:`identity_sites`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from bloghound.urls import canonical_url, site_of
from crawler.identity.claims import profile_address
from crawler.intake import PRIORITY_HOME
from crawler.plan import CrawlPlan
from storage import claims, crawls, frontier, pages, schedule, sites, suppressions
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.sites import NewSite
from storage.suppressions import Suppressions

Admits = Callable[[str], bool]
"""Whether a site with its home at an address may come into the crawl (:meth:`CrawlContext.admits`)."""

IDENTITY_PRIORITY = 1000.0
"""Other places of somebody in the crawl come before all who are only linked to: no sum over linkers is as high."""


def admit(
    connection: Connection, plan: CrawlPlan, found: Sequence[NewSite], *, now: datetime, max_sites: int | None = None
) -> list[int]:
    """Bring sites into the crawl, as far as it has places; ids of those that are new to it.

    Left out are those that are not to be stored and, of a re-crawl, those that have a time for their next visit.
    """
    limit = plan.max_sites if max_sites is None else max_sites
    places = limit - frontier.count_in_crawl(connection, plan.crawl_id)
    keys = [site.key for site in found]
    held = frontier.held_by(connection, keys, plan.crawl_id)
    if plan.is_recrawl:
        # A profile that is due within hours must not bring along the blog that its owner gave up years ago.
        held |= schedule.on_schedule(connection, keys)
    # Read anew: whoever was forgotten since a worker loaded the list last must not be made known again.
    suppressed = suppressions.load(connection, plan.settings.secret_key())
    free = (site for site in dict.fromkeys(found) if site.key not in held and site.key not in suppressed)
    wanted = list(islice(free, max(0, places)))
    ids = sites.ensure(connection, wanted, now=now)
    found_as = {ids[site.key]: site for site in wanted}
    for site_id, site in found_as.items():
        sites.place(connection, site_id, site)
    return frontier.admit(connection, plan.crawl_id, found_as, now=now)


def begin_site(connection: Connection, plan: CrawlPlan, site: LeasedSite, *, now: datetime) -> None:
    """Queue the pages of a site at its first visit in a crawl: what leads to posts, what is due, what was waiting.

    What another crawl has fetched since this one began is not asked for again; an archive answers any number of times.
    """
    since = None if plan.is_archived else crawls.started_at(connection, site.crawl_id)
    pages.requeue_leading(connection, site.site_id, now=now, since=since)
    schedule.requeue(connection, claims.pages(connection, site.site_id, read_before=since or now))
    home_url = canonical_url(sites.home_of(connection, site.site_id))
    pages.queue_home(connection, site.site_id, home_url, priority=PRIORITY_HOME, since=since)
    frontier.begin_site(connection, site, now=now)


def seed_sites(urls: Iterable[str], suppressions: Suppressions) -> tuple[list[NewSite], list[str]]:
    """The sites of seed addresses, and the addresses that may not be stored; raises AddressError."""
    found = [(url, sites.seed(profile_address(canonical_url(url)))) for url in urls]
    wanted = {site.key: site for _, site in found if site.key not in suppressions}
    return list(wanted.values()), [url for url, site in found if site.key in suppressions]


def identity_sites(site: LeasedSite, urls: Iterable[str], suppressions: Suppressions, admits: Admits) -> list[NewSite]:
    """The sites that a site names as the same person's: at the same depth."""
    found = [_named(url, site) for url in urls]
    return _admitted(found, suppressions, admits)


def moved_site(site: LeasedSite, target_url: str) -> NewSite:
    """The site that a site's home page has moved to, at the same depth."""
    address = site_of(target_url)
    moved = _named(target_url, site)
    return replace(moved, home_url=moved.home_url if "/" in address.key else target_url)


def _named(url: str, site: LeasedSite) -> NewSite:
    """A site that another one gives as its own, or its blogger's."""
    address = site_of(url)
    return NewSite(
        key=address.key,
        home_url=address.home_url,
        depth=site.depth,
        found_from_url=site.home_url,
        found_from_site_id=site.site_id,
        priority=IDENTITY_PRIORITY,
    )


def _admitted(found: Iterable[NewSite], suppressions: Suppressions, admits: Admits) -> list[NewSite]:
    return [site for site in found if site.key not in suppressions and admits(site.home_url)]
