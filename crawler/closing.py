"""The end of a site's crawl: the second look at its pages, its health, who its blogger is, is it part of a farm.

All of it is one transaction, so a site is either finished or still in the queue. Central names: :func:`close_site`,
:func:`admit_moved`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bloghound.records import SiteHealth
from bloghound.urls import site_of
from crawler.context import CrawlContext
from crawler.discovery import admit, identity_sites, is_profile, moved_site, profile_address
from crawler.extract.reservations import TdmRule
from crawler.extract.verdict import LINK_FARM
from crawler.linkfarms import LinkRow, find_farms
from crawler.platforms.proof import confirms
from crawler.platforms.protocol import Profile, ProfileLink
from crawler.recrawl import plan_next
from crawler.settle import Settled, settle_site
from crawler.visits import PageRecord, VisitEnd, site_health
from storage import farms, frontier, identity, links, pages, sites
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
        join_identities(connection, site.site_id)
        _discover(connection, context, site)
        facts["flags"] = flag_farms(connection, site, facts["flags"])
    frontier.end_visit(
        connection, site, now=utc_now(), again_at=None, health=verdict.health, reason=verdict.reason, facts=facts
    )


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
    profiles = [url for url in identity_urls(connection, site.site_id) if is_profile(url)]
    found = identity_sites(site, profiles, suppressed, context.admits)
    admit(connection, plan, found, now=utc_now())


def identity_urls(connection: Connection, site_id: int) -> list[str]:
    """The addresses that a site names as the same person's, profiles under their one address."""
    return list(dict.fromkeys(profile_address(url) for url in links.identity_links(connection, site_id)))


def admit_moved(connection: Connection, context: CrawlContext, site: LeasedSite, target_url: str) -> None:
    """Bring the site that another has moved to into the crawl, at the same depth."""
    moved = moved_site(site, target_url)
    if moved.key not in context.suppressions() and context.admits(target_url):
        # A moved site holds two places, its old one and its new one; the bound ends an endless chain of moves.
        admit(connection, context.plan, [moved], now=utc_now(), max_sites=2 * context.plan.max_sites)


def join_identities(connection: Connection, site_id: int) -> None:
    """Give a site, and those it names as the same person's and that name it back, to one blogger, with the proof."""
    named = [site_of(url).key for url in identity_urls(connection, site_id)]
    for other_id in sites.ids_by_key(connection, named).values():
        blog_id, profile_id = site_id, other_id
        if is_profile(sites.home_of(connection, site_id)):
            blog_id, profile_id = other_id, site_id
        proof = confirms(
            _stored_profile(connection, profile_id),
            identity_urls(connection, blog_id),
            sites.home_of(connection, blog_id),
        )
        if proof is not None:
            evidence = {"profile_links_to": proof.profile_links_to, "site_links_to": proof.site_links_to}
            identity.join(connection, blog_id, profile_id, method=proof.kind, evidence=evidence, now=utc_now())


def _stored_profile(connection: Connection, site_id: int) -> Profile:
    """As much of a profile as the proof needs: its address, and where it links to as the same person's."""
    named = tuple(ProfileLink(url) for url in links.identity_links(connection, site_id))
    return Profile(platform="", url=sites.home_of(connection, site_id), handle="", name="", links=named)
