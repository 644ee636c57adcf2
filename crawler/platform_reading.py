"""Asking a platform's public interface about one profile or blog: request by request, politely, each answer recorded.

Used by visits to profiles, of which it is all, and by visits to blogs, after their pages. Central name:
:class:`PlatformReader`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from bloghound.errors import HostParkedError, ParseError
from bloghound.records import Link, LinkContext, Outcome, ParsedPost, SiteHealth
from bloghound.urls import site_of
from crawler.context import CrawlContext
from crawler.fetching import FATAL_ERRORS, Fetched
from crawler.identity import claims
from crawler.intake import Arrival, failure
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Platform, Profile, ProfileAddress, Step
from crawler.politeness.robots import Access, Rules
from crawler.visits import VisitEnd
from storage import sites
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.merging import ReadPost
from storage.results import PageResult
from storage.tables.base import utc_now

_LOG = logging.getLogger(__name__)

METRICS = ("followers", "following", "posts")

MAX_AHEAD = timedelta(days=2)
"""How far ahead of ours a post's date may be: local dates differ by 26 hours at most, and clocks go wrong a little."""


@dataclass(slots=True)
class Findings:
    """What the requests have told so far."""

    profile: Profile | None = None
    gone: bool = False
    refusal: VisitEnd | None = None
    """What stood in the way: robots.txt, or a server that asked to be left alone."""
    last: Fetched | None = None
    waiting: deque[ApiRequest] = field(default_factory=deque)

    @property
    def is_unlisted(self) -> bool:
        """Whether the profile is gone, or its owner asks not to be listed or indexed."""
        if self.profile is None:
            return self.gone
        return self.profile.reservations.noindex


class PlatformReader:
    """Asks one platform about one site that is on lease; :meth:`run` records the answers as they come."""

    def __init__(self, site: LeasedSite, context: CrawlContext, platform: Platform, address: ProfileAddress) -> None:
        self._site = site
        self._context = context
        self._platform = platform
        self._address = address

    async def run(self) -> Findings:
        """Ask until the platform names nothing more to ask; raises only what ends the whole crawl."""
        found = Findings(waiting=deque(self._platform.first_requests(self._address)))
        for _ in range(self._platform.max_requests):
            if not found.waiting or found.refusal is not None:
                break
            await self._ask(found, found.waiting.popleft())
        return found

    async def _ask(self, found: Findings, request: ApiRequest) -> None:
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
        await self._context.recorder.record([await self._read(found, request, fetched)])

    async def _read(self, found: Findings, request: ApiRequest, fetched: Fetched) -> PageResult:
        """What an answer brought; ``found`` learns from it what to ask next."""
        target = fetched.redirect_url
        if target is not None and site_of(target).key == site_of(request.url).key:
            found.waiting.appendleft(replace(request, url=target))
            return self._result(fetched, Outcome.REDIRECT)
        answer = ApiAnswer(fetched.status, fetched.body, fetched.headers)
        try:
            # In a thread: a long answer must not keep leases and other visits waiting.
            step = await asyncio.to_thread(self._platform.read, request, answer, found.profile)
        except FATAL_ERRORS:
            raise
        except ParseError as error:
            return self._result(fetched, Outcome.PARSE_ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours costs one answer, not the crawl
            _LOG.exception("%s could not be read", request.url)
            return self._result(fetched, Outcome.PARSE_ERROR, f"{type(error).__name__}: {error}")
        found.profile, found.gone = step.profile or found.profile, found.gone or step.gone
        found.waiting.extend(step.next)
        if fetched.outcome is not None or target is not None:
            # A refusal tells something too: why the comments are unknown.
            failed = self._result(fetched, fetched.outcome or Outcome.REDIRECT, fetched.reason)
            return replace(failed, readings=step.readings)
        read = self._reactions if self._platform.is_crawled else self._stored
        return read(fetched, found.profile, step)

    def _stored(self, fetched: Fetched, profile: Profile | None, step: Step) -> PageResult:
        """What an answer about a profile brings: its posts, and who it says it is."""
        if profile is None:
            return self._result(fetched, Outcome.PROFILE)
        outcome = Outcome.NOINDEX if profile.reservations.noindex else Outcome.PROFILE
        kept = step if profile.keeps_text and outcome == Outcome.PROFILE else Step()
        named = tuple(
            Link(link.url, LinkContext.BOILERPLATE, rel=("me",), anchor=link.label)
            for link in profile.links
            if link.rel_me
        )
        return replace(
            self._result(fetched, outcome),
            reservations=profile.reservations.signals,
            posts=tuple(
                ReadPost(
                    dated_by(post, fetched.fetched_at),
                    in_feed=True,
                    warc_file=fetched.warc_file,
                    warc_offset=fetched.warc_offset,
                )
                for post in kept.posts
            ),
            comments=kept.comments,
            discussions=kept.discussions,
            readings=kept.readings,
            site_links=(*named, *kept.shared),
            identity=claims.of_profile(profile, self._site.key),
        )

    def _reactions(self, fetched: Fetched, _profile: Profile | None, step: Step) -> PageResult:
        """What an answer about a blog brings: reactions to posts that its pages or feeds have shown.

        No post comes in by the interface alone: its page may ask not to be indexed, which the interface does not say.
        """
        return replace(
            self._result(fetched, Outcome.API),
            comments=(*step.comments, *((post.url, comment) for post in step.posts for comment in post.comments)),
            discussions=(*step.discussions, *((post.url, talk) for post in step.posts for talk in post.discussions)),
            readings=(*step.readings, *((post.url, reading) for post in step.posts for reading in post.engagement)),
        )

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
        return replace(failure(arrival, outcome, reason), is_page=False, is_api=True)


def dated_by(post: ParsedPost, now: datetime) -> ParsedPost:
    """The post, without its date where that lies more than MAX_AHEAD after ``now``: any server may name any date."""
    if post.published is None or post.published <= now + MAX_AHEAD:
        return post
    return replace(post, published=None, date_source=None)


async def read_companions(
    site: LeasedSite, context: CrawlContext, companions: Sequence[tuple[Platform, ProfileAddress]]
) -> None:
    """Ask the platforms of a blog what readers did with its posts, as far as this crawl may ask them."""
    for platform, address in companions:
        if all(context.may_ask(request.url) for request in platform.first_requests(address)):
            found = await PlatformReader(site, context, platform, address).run()
            await context.ledger.write(partial(observe_figures, site_id=site.site_id, profile=found.profile))


def observe_figures(connection: Connection, *, site_id: int, profile: Profile | None) -> None:
    """Store what a profile shows of itself in figures."""
    if profile is None:
        return
    for kind in METRICS:
        sites.observe_metric(connection, site_id, kind, getattr(profile, kind), source_url=profile.url, now=utc_now())


def _refusal(rules: Rules, again_at: datetime | None) -> VisitEnd:
    if rules.access is Access.UNREACHABLE:
        return VisitEnd(SiteHealth.FAILED, rules.reason, again_at)
    return VisitEnd(SiteHealth.ROBOTS, "robots.txt forbids the profile's interface")
