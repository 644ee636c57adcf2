"""The end of a site's crawl: the second look at its pages, its health, who its blogger is, is it part of a farm.

All of it is one transaction, so a site is either finished or still in the queue. Central names: :func:`close_site`,
:func:`admit_moved`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bloghound.records import SiteHealth
from crawler.context import CrawlContext
from crawler.discovery import admit, identity_sites, moved_site
from crawler.extract.reservations import TdmRule
from crawler.extract.verdict import LINK_FARM
from crawler.identity.claims import is_profile
from crawler.identity.settling import settle_identity
from crawler.linkfarms import LinkRow, find_farms
from crawler.recrawl import plan_next
from crawler.settle import Settled, settle_site
from crawler.visits import PageRecord, VisitEnd, site_health
from storage import claims, farms, frontier, pages, statements
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.tables.base import utc_now

MAX_NEIGHBOURS = 300
"""Sites of the same owner, or that a site links with both ways, that are looked at: enough to show any farm."""


@dataclass(frozen=True, slots=True)
class SiteEnd:
    """What a visit knows at the end: what became of each address, and what stood in the way."""

    site: LeasedSite
    records: tuple[PageRecord, ...] = ()
    refusal: VisitEnd | None = None
    """How the site is when it may not be crawled at all."""
    moved_to: str | None = None
    trouble: VisitEnd | None = None
    tdm_rules: tuple[TdmRule, ...] = ()


def close_site(connection: Connection, context: CrawlContext, end: SiteEnd) -> None:
    """Settle a blog, write its health, and bring its blogger's profiles into the crawl."""
    site = end.site
    end_queue(connection, site)
    settled = settle_site(connection, site.site_id, tdm_rules=end.tdm_rules)
    verdict = end.refusal or _health(site, end, settled)
    outcomes = [record.outcome for record in end.records]
    facts: dict[str, Any] = settled.facts | plan_next(
        connection, context.plan, site.site_id, verdict.health, outcomes=outcomes, error_pages=settled.error_pages
    )
    if verdict.health == SiteHealth.OK:
        _discover(connection, context, site)
        facts["flags"] = flag_farms(connection, site, facts["flags"])
    frontier.end_visit(
        connection, site, now=utc_now(), again_at=None, health=verdict.health, reason=verdict.reason, facts=facts
    )
    if end.moved_to is not None:
        # Whoever leads its visitors elsewhere does not speak for the site any more.
        claims.withdraw(connection, site.site_id)
        statements.withdraw(connection, site.site_id)
    # Last, since whose it is depends on who signs its posts; and always, since what it said may be withdrawn.
    settle_identity(connection, site.site_id, now=utc_now())


def flag_farms(connection: Connection, site: LeasedSite, flags: Sequence[str]) -> list[str]:
    """The flags of a site, with that of a link farm where its links show one; other sites of the farm are flagged."""
    near = farms.sites_near(connection, site.site_id, site.domain, limit=MAX_NEIGHBOURS)
    rows = [LinkRow(*link) for link in farms.links_of(connection, list(near))]
    members = {
        key for farm in find_farms(rows, {one.key: one.title for one in near.values()}) for key in farm.site_keys
    }
    others = [one_id for one_id, one in near.items() if one.key in members and one_id != site.site_id]
    farms.flag(connection, others, LINK_FARM)
    return list(dict.fromkeys([*flags, LINK_FARM])) if site.key in members else list(flags)


def end_queue(connection: Connection, site: LeasedSite) -> None:
    """Keep what is still queued of a site for the next crawl, unless another crawl has the site in work now."""
    if not frontier.is_wanted(connection, site.site_id, besides=site.crawl_id):
        pages.keep_waiting(connection, site.site_id)


def _health(site: LeasedSite, end: SiteEnd, settled: Settled) -> VisitEnd:
    return site_health(
        end.records,
        site.home_url,
        live_posts=settled.live_posts,
        not_a_blog="" if settled.verdict.is_blog else settled.verdict.reason,
        moved_to=end.moved_to,
        trouble=end.trouble,
    )


def _discover(connection: Connection, context: CrawlContext, site: LeasedSite) -> None:
    suppressed, plan = context.suppressions(), context.plan
    profiles = [url for url in claims.named_urls(connection, site.site_id) if is_profile(url)]
    found = identity_sites(site, profiles, suppressed, context.admits)
    admit(connection, plan, found, now=utc_now())


def admit_moved(connection: Connection, context: CrawlContext, site: LeasedSite, target_url: str) -> None:
    """Bring the site that another has moved to into the crawl, at the same depth."""
    moved = moved_site(site, target_url)
    if moved.key not in context.suppressions() and context.admits(target_url):
        # A moved site holds two places, its old one and its new one; the bound ends an endless chain of moves.
        admit(connection, context.plan, [moved], now=utc_now(), max_sites=2 * context.plan.max_sites)
