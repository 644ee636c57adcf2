"""One visit to a public profile: its platform's own requests, followers, short posts, and who it says it is.

A profile is a handful of requests, so a visit is never divided: a killed worker's successor begins it anew.
"""

from collections.abc import Mapping
from typing import Any

from bloghound.records import Outcome, SiteHealth
from crawler.closing import end_queue
from crawler.context import CrawlContext
from crawler.discovery import admit, identity_sites
from crawler.identity.settling import settle_identity
from crawler.platform_reading import Findings, PlatformReader, observe_figures
from crawler.platforms.protocol import Platform, ProfileAddress
from crawler.recrawl import plan_next
from crawler.visits import VisitEnd
from storage import claims, frontier, posts
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.identity import NO_SUCH_PROFILE
from storage.tables.base import utc_now


class ProfileVisit:
    """A visit to a leased profile; :meth:`run` ends it and gives the site back."""

    def __init__(self, site: LeasedSite, context: CrawlContext, platform: Platform, address: ProfileAddress) -> None:
        self._site = site
        self._context = context
        self._platform = platform
        self._reader = PlatformReader(site, context, platform, address)

    async def run(self) -> None:
        """Ask the platform, store what it tells, and give the site back; raises only what ends the whole crawl."""
        found = await self._reader.run()
        await self._context.ledger.write(lambda connection: self._close(connection, found))

    def _close(self, connection: Connection, found: Findings) -> None:
        """Write what the profile says of itself, join it to the blogs that name it back, and end the visit."""
        end_queue(connection, self._site)
        self._withdraw(connection, found)
        end = _health(found)
        if found.profile is not None and not found.is_unlisted:
            observe_figures(connection, site_id=self._site.site_id, profile=found.profile)
            self._discover(connection)
        frontier.end_visit(
            connection,
            self._site,
            now=utc_now(),
            again_at=end.again_at,
            health=end.health,
            reason=end.reason,
            facts={**self._facts(found), **self._next_visit(connection, end)},
        )
        # Last, since whose it is depends on what it is called.
        settle_identity(connection, self._site.site_id, now=utc_now())

    def _next_visit(self, connection: Connection, end: VisitEnd) -> Mapping[str, Any]:
        return plan_next(connection, self._context.plan, self._site.site_id, end.health)

    def _withdraw(self, connection: Connection, found: Findings) -> None:
        """Take back what was stored before the owner asked not to be listed, not to be searched, or left."""
        stored = [post_id for post_id, _ in posts.addresses_of(connection, self._site.site_id)]
        if found.is_unlisted:
            posts.remove(connection, stored)
            claims.withdraw(connection, self._site.site_id)
        elif found.profile is not None and not found.profile.keeps_text:
            posts.reserve(connection, stored, now=utc_now())

    def _discover(self, connection: Connection) -> None:
        context = self._context
        named = claims.named_urls(connection, self._site.site_id)
        admitted = identity_sites(self._site, named, context.suppressions(), context.admits)
        admit(connection, context.plan, admitted, now=utc_now())

    def _facts(self, found: Findings) -> Mapping[str, Any]:
        facts: dict[str, Any] = {"kind": "profile", "platform": self._platform.name}
        profile = found.profile
        if found.is_unlisted:
            facts |= {"title": "", "description": ""}
        elif profile is not None:
            facts |= {"platform": profile.platform, "title": profile.name, "description": profile.bio}
            facts["tdm_reserved"] = profile.reservations.tdm_reserved
        return facts


def _health(found: Findings) -> VisitEnd:
    if found.profile is not None:
        if found.profile.reservations.noindex:
            return VisitEnd(SiteHealth.EMPTY, "its owner asks not to be listed or indexed")
        return VisitEnd(SiteHealth.OK)
    if found.refusal is not None:
        return found.refusal
    last = found.last
    if last is None:
        return VisitEnd(SiteHealth.FAILED, "its address does not lead to anything that can be read without a key")
    if last.outcome == Outcome.BLOCKED:
        return VisitEnd(SiteHealth.BLOCKED, last.reason)
    reason = NO_SUCH_PROFILE if found.gone else "the profile could not be read"
    return VisitEnd(SiteHealth.FAILED, f"{reason} ({last.reason})" if last.reason else reason)
