"""One visit to a public profile: its platform's own requests, followers, short posts, and who it says it is.

A profile is a handful of requests, so a visit is never divided: a killed worker's successor begins it anew.
"""

import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bloghound.errors import HostParkedError, ParseError
from bloghound.records import Link, LinkContext, Outcome, ParsedPost, SiteHealth
from crawler.closing import end_queue, identity_urls, join_identities
from crawler.context import CrawlContext
from crawler.discovery import admit, identity_sites
from crawler.fetching import FATAL_ERRORS, Fetched
from crawler.intake import Arrival, failure
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Platform, Profile, ProfileAddress, Step
from crawler.politeness.robots import Access, Rules
from crawler.recrawl import plan_next
from crawler.visits import VisitEnd
from storage import frontier, posts, sites
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.merging import ReadPost
from storage.results import PageResult
from storage.tables.base import utc_now

_LOG = logging.getLogger(__name__)

METRICS = ("followers", "following", "posts")
MAX_REQUESTS = 12
"""Account, actor, webfinger, followers and the pages of posts are fewer; a server that names more leads in circles."""


@dataclass(slots=True)
class _Findings:
    """What the requests have told so far."""

    profile: Profile | None = None
    gone: bool = False
    refusal: VisitEnd | None = None
    last: Fetched | None = None
    waiting: deque[ApiRequest] = field(default_factory=deque)

    @property
    def is_unlisted(self) -> bool:
        """Whether the profile is gone, or its owner asks not to be listed or indexed."""
        if self.profile is None:
            return self.gone
        return self.profile.reservations.noindex


class ProfileVisit:
    """A visit to a leased profile; :meth:`run` ends it and gives the site back."""

    def __init__(self, site: LeasedSite, context: CrawlContext, platform: Platform, address: ProfileAddress) -> None:
        self._site = site
        self._context = context
        self._platform = platform
        self._address = address

    async def run(self) -> None:
        """Ask the platform, store what it tells, and give the site back; raises only what ends the whole crawl."""
        found = _Findings(waiting=deque(self._platform.first_requests(self._address)))
        for _ in range(MAX_REQUESTS):
            if not found.waiting or found.refusal is not None:
                break
            await self._ask(found, found.waiting.popleft())
        await self._context.ledger.write(lambda connection: self._close(connection, found))

    async def _ask(self, found: _Findings, request: ApiRequest) -> None:
        try:
            rules, fetches = await self._context.fetcher.rules(request.url)
        except HostParkedError as error:
            found.refusal = found.refusal or VisitEnd(SiteHealth.BLOCKED, str(error))
            return
        await self._context.recorder.record(
            [self._result(one, one.outcome or Outcome.ROBOTS_TXT, one.reason) for one in fetches]
        )
        if not rules.allows(request.url):
            again_at = self._context.fetcher.robots_again_at(request.url)
            found.refusal = found.refusal or _refusal(rules, again_at)
            return
        gap = max(rules.crawl_delay_seconds or 0.0, self._platform.gap_seconds)
        try:
            fetched = await self._context.fetcher.fetch(
                request.url, replace(rules, crawl_delay_seconds=gap), {"Accept": request.accept}
            )
        except HostParkedError as error:
            found.refusal = VisitEnd(SiteHealth.BLOCKED, str(error))
            return
        found.last = fetched
        await self._context.recorder.record([self._read(found, request, fetched)])

    def _read(self, found: _Findings, request: ApiRequest, fetched: Fetched) -> PageResult:
        """What an answer brought; ``found`` learns from it what to ask next."""
        answer = ApiAnswer(fetched.status, fetched.body, fetched.headers.get("link", ""))
        try:
            step = self._platform.read(request, answer, found.profile)
        except FATAL_ERRORS:
            raise
        except ParseError as error:
            return self._result(fetched, Outcome.PARSE_ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours costs one answer, not the crawl
            _LOG.exception("%s could not be read", request.url)
            return self._result(fetched, Outcome.PARSE_ERROR, f"{type(error).__name__}: {error}")
        found.profile, found.gone = step.profile or found.profile, found.gone or step.gone
        found.waiting.extend(step.next)
        if fetched.outcome is not None or fetched.redirect_url is not None:
            return self._result(fetched, fetched.outcome or Outcome.REDIRECT, fetched.reason)
        return self._stored(fetched, found.profile, step)

    def _stored(self, fetched: Fetched, profile: Profile | None, step: Step) -> PageResult:
        if profile is None:
            return self._result(fetched, Outcome.PROFILE)
        outcome = Outcome.NOINDEX if profile.reservations.noindex else Outcome.PROFILE
        kept = step.posts if profile.keeps_text and outcome == Outcome.PROFILE else ()
        named = tuple(
            Link(link.url, LinkContext.BOILERPLATE, rel=("me",), anchor=link.label)
            for link in profile.links
            if link.rel_me
        )
        return replace(
            self._result(fetched, outcome),
            reservations=profile.reservations.signals,
            posts=tuple(self._read_post(post, fetched) for post in kept),
            site_links=named,
        )

    def _read_post(self, post: ParsedPost, fetched: Fetched) -> ReadPost:
        return ReadPost(post, in_feed=True, warc_file=fetched.warc_file, warc_offset=fetched.warc_offset)

    def _result(self, fetched: Fetched, outcome: Outcome, reason: str = "") -> PageResult:
        arrival = Arrival(
            crawl_id=self._context.plan.crawl_id,
            site_id=self._site.site_id,
            site_key=self._site.key,
            home_url=self._site.home_url,
            url=fetched.url,
            fetched_at=fetched.fetched_at,
            origin=self._context.plan.origin,
            status=fetched.status or None,
            content_type=fetched.content_type,
            headers=fetched.headers,
            body_bytes=len(fetched.body),
            warc_file=fetched.warc_file,
            warc_offset=fetched.warc_offset,
            queued_kind="profile",
        )
        return replace(failure(arrival, outcome, reason), is_page=False)

    def _close(self, connection: Connection, found: _Findings) -> None:
        """Write what the profile says of itself, join it to the blogs that name it back, and end the visit."""
        end_queue(connection, self._site)
        self._withdraw(connection, found)
        end = _health(found)
        if found.profile is not None and not found.is_unlisted:
            self._observe(connection, found.profile)
            join_identities(connection, self._site.site_id)
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

    def _next_visit(self, connection: Connection, end: VisitEnd) -> Mapping[str, Any]:
        return plan_next(connection, self._context.plan, self._site.site_id, end.health)

    def _withdraw(self, connection: Connection, found: _Findings) -> None:
        """Take back what was stored before the owner asked not to be listed, not to be searched, or left."""
        stored = [post_id for post_id, _ in posts.addresses_of(connection, self._site.site_id)]
        if found.is_unlisted:
            posts.remove(connection, stored)
        elif found.profile is not None and not found.profile.keeps_text:
            posts.reserve(connection, stored, now=utc_now())

    def _observe(self, connection: Connection, profile: Profile) -> None:
        for kind in METRICS:
            sites.observe_metric(
                connection, self._site.site_id, kind, getattr(profile, kind), source_url=profile.url, now=utc_now()
            )

    def _discover(self, connection: Connection) -> None:
        context = self._context
        named = identity_urls(connection, self._site.site_id)
        admitted = identity_sites(self._site, named, context.suppressions(), context.admits)
        admit(connection, context.plan, admitted, now=utc_now())

    def _facts(self, found: _Findings) -> Mapping[str, Any]:
        facts: dict[str, Any] = {"kind": "profile", "platform": self._platform.name}
        profile = found.profile
        if found.is_unlisted:
            facts |= {"title": "", "description": ""}
        elif profile is not None:
            facts |= {"title": profile.name, "description": profile.bio}
            facts["tdm_reserved"] = profile.reservations.tdm_reserved
        return facts


def _refusal(rules: Rules, again_at: datetime | None) -> VisitEnd:
    if rules.access is Access.UNREACHABLE:
        return VisitEnd(SiteHealth.FAILED, rules.reason, again_at)
    return VisitEnd(SiteHealth.ROBOTS, "robots.txt forbids the profile's interface")


def _health(found: _Findings) -> VisitEnd:
    if found.profile is not None:
        if found.profile.reservations.noindex:
            return VisitEnd(SiteHealth.EMPTY, "its owner asks not to be listed or indexed")
        return VisitEnd(SiteHealth.OK)
    if found.refusal is not None:
        return found.refusal
    last = found.last
    if last is not None and last.outcome == Outcome.BLOCKED:
        return VisitEnd(SiteHealth.BLOCKED, last.reason)
    reason = "there is no such profile" if found.gone else "the profile could not be read"
    return VisitEnd(SiteHealth.FAILED, f"{reason} ({last.reason})" if last and last.reason else reason)
