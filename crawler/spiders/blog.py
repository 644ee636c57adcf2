"""One visit to a blog: robots.txt, home page, feeds, sitemaps, and pages in the order of their promise.

A visit goes round by round: the next addresses are fetched and parsed, and what they brought is committed together, in
their order. So a killed worker repeats one round at most, and the walk depends on nothing but the site and the queue.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urljoin

from bloghound.errors import HostParkedError, ParseError
from bloghound.records import Outcome, SiteHealth
from bloghound.urls import fold_url, site_of
from crawler import traps, visits
from crawler.closing import SiteEnd, admit_moved, close_site
from crawler.context import CrawlContext
from crawler.discovery import begin_site
from crawler.downloads import MAX_REDIRECTS
from crawler.extract.reservations import TdmRule, parse_tdmrep
from crawler.fetching import FATAL_ERRORS, Fetched
from crawler.intake import Arrival, failure, page_result
from crawler.parsed import ParsedDocument, ParsedPage
from crawler.platform_reading import read_companions
from crawler.platforms import companions
from crawler.politeness.robots import Access, Rules
from crawler.recrawl import begin_again, queue_home
from crawler.visits import PageRecord, VisitEnd
from storage import crawls, frontier, pages, sites
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.pages import LEADING_KINDS, NewPage, QueuedPage
from storage.results import PageResult
from storage.tables.base import utc_now

TDMREP_PATH = "/.well-known/tdmrep.json"
"""Where a host declares its reservations (W3C TDM Reservation Protocol, section 6.1)."""

_READ_ANEW = frozenset({Outcome.POST, Outcome.PAGE})
"""Pages that a blog which has not changed does not bring: its feed tells that, and its platform is not asked either."""
_MINED = frozenset({Outcome.POST, Outcome.FEED, Outcome.LISTING, Outcome.PAGE, Outcome.RESERVED})
_LOG = logging.getLogger(__name__)


class BlogVisit:
    """A visit to a leased blog; :meth:`run` ends it and gives the site back."""

    def __init__(self, site: LeasedSite, context: CrawlContext) -> None:
        self._site = site
        self._context = context
        self._plan = context.plan
        self._records: dict[str, PageRecord] = {}
        self._refused: list[dict[str, Any]] = []
        self._moved_to: str | None = None
        self._trouble: VisitEnd | None = None
        self._is_parked = False
        self._is_lost = False
        self._ran_dry = False
        self._is_spent = False
        self._has_lead = False
        self._yield = traps.Yield(misses_count=not context.plan.is_archived)
        self._pages = 0
        self._started = monotonic()

    async def run(self) -> None:
        """Visit the site until it has taken its share, or is done; raises only what ends the whole crawl."""
        if not self._site.has_begun:
            await self._context.ledger.write(self._queue_pages)
        await self._remember()
        refusal = await self._begin()
        if refusal is not None:
            await (self._close(refusal) if refusal.again_at is None else self._give_back(refusal.again_at))
            return
        while batch := await self._next_batch():
            await self._round(batch)
        if self._is_lost:
            return
        again = await self._again()
        if again is None:
            await self._ask_platforms()
        await (self._close() if again is None else self._give_back(again))

    async def _ask_platforms(self) -> None:
        """Ask the blog's platform what readers did, where the crawl has read any of its pages anew."""
        if self._trouble is not None or not any(record.outcome in _READ_ANEW for record in self._records.values()):
            return
        software = await self._context.ledger.read(lambda connection: sites.platform_of(connection, self._site.site_id))
        asked = companions(self._site.home_url, software, self._plan.settings.venue_names)
        await read_companions(self._site, self._context, asked)

    def _queue_pages(self, connection: Connection) -> None:
        if self._plan.is_recrawl:
            begin_again(connection, self._site, now=utc_now())
        else:
            begin_site(connection, self._plan, self._site, now=utc_now())

    async def _remember(self) -> None:
        """What this crawl has fetched from the site before: in earlier visits, or before the worker was killed."""
        site_id = self._site.site_id
        rows, trails = await self._context.ledger.read(
            lambda connection: (
                crawls.fetched(connection, self._plan.crawl_id, site_id),
                pages.trails(connection, site_id),
            )
        )
        for url, outcome, reason in rows:
            self._note(PageRecord(url, Outcome(outcome), reason))
        for trial in traps.remember(rows, trails):
            self._yield.note(trial)

    def _note(self, record: PageRecord) -> None:
        # The last outcome of an address stands, in the order in which the addresses were last asked for.
        self._records.pop(fold_url(record.url), None)
        self._records[fold_url(record.url)] = record

    async def _begin(self) -> VisitEnd | None:
        """Ask for robots.txt and put the sitemaps into the queue; how the site is when it may not be crawled."""
        try:
            rules, fetches = await self._context.fetcher.rules(self._site.home_url)
        except HostParkedError as error:
            return VisitEnd(SiteHealth.BLOCKED, str(error))
        leads = _allowed(rules, visits.first_pages(self._site.home_url, rules.sitemaps))
        await self._context.ledger.write(lambda connection: pages.enqueue(connection, self._site.site_id, leads))
        await self._record(self._logged(fetches, rules))
        if rules.forbids_everything(self._site.home_url):
            return VisitEnd(SiteHealth.ROBOTS, "robots.txt forbids everything")
        if rules.access is Access.UNREACHABLE:
            again_at = self._context.fetcher.robots_again_at(self._site.home_url)
            return VisitEnd(SiteHealth.FAILED, rules.reason, again_at)
        return None

    def _logged(self, fetches: Sequence[Fetched], rules: Rules) -> list[PageResult]:
        """Requests for robots.txt, which are counted but are no pages of the site."""
        failures = (failure(self._arrival(one), one.outcome or Outcome.ROBOTS_TXT, one.reason) for one in fetches)
        return [replace(result, is_page=False, reservations=rules.signals) for result in failures]

    async def _next_batch(self) -> list[QueuedPage]:
        if self._is_parked or self._context.stopping.is_set() or self._is_over():
            return []
        # Rounds are never cut to end a visit, so the walk is the same however often it was interrupted.
        limit = min(self._context.width_for(self._site.home_url), self._budget_left())
        batch = await self._context.ledger.read(lambda connection: self._due(connection, limit))
        if not batch and self._plan.is_recrawl and not self._has_lead and not self._is_lost:
            batch = await self._context.ledger.write(lambda connection: self._due_with_home(connection, limit))
        self._ran_dry = not batch
        return batch

    def _due(self, connection: Connection, limit: int) -> list[QueuedPage]:
        """The next addresses; none when the lease was lost, as by a clock that jumped or a machine that slept."""
        self._is_lost = not frontier.is_leased(connection, self._site)
        return [] if self._is_lost else self._best(connection, limit)

    def _due_with_home(self, connection: Connection, limit: int) -> list[QueuedPage]:
        """The home page, where a visit to a known site got no answer from any feed."""
        self._has_lead = True
        if fold_url(self._site.home_url) in self._records:
            return []
        queue_home(connection, self._site)
        return self._due(connection, limit)

    def _best(self, connection: Connection, limit: int) -> list[QueuedPage]:
        """The best addresses in the queue; where these are of a kind that brings nothing new, others before them."""
        best = pages.due(connection, self._site.site_id, now=utc_now(), limit=limit)
        if not any(traps.is_put_off(page, self._yield) for page in best):
            return best
        due = pages.due(connection, self._site.site_id, now=utc_now(), limit=traps.LOOK_AHEAD)
        chosen = traps.choose(due, self._yield, limit)
        self._is_spent = not chosen
        return chosen

    def _is_over(self) -> bool:
        """Whether the visit has taken its share, or the site's budget is spent."""
        settings = self._plan.settings
        is_late = monotonic() - self._started >= settings.visit_minutes * 60
        return is_late or self._pages >= settings.visit_pages or self._budget_left() <= 0

    def _budget_left(self) -> int:
        records = self._records.values()
        allowed = visits.page_budget(records, self._plan.max_pages_per_site, is_seed=self._site.depth == 0)
        return visits.budget_left(records, allowed, archived=self._plan.is_archived)

    async def _round(self, batch: Sequence[QueuedPage]) -> None:
        found = await asyncio.gather(*(self._safely(page) for page in batch))
        if self._moved_to is not None:
            await self._context.ledger.write(self._admit_successor)
        await self._record([result for results in found for result in results])
        for page, results in zip(batch, found, strict=True):
            self._has_lead = self._has_lead or (page.kind in LEADING_KINDS and any(map(_was_answered, results)))
            for result in results:
                self._yield.note(traps.trial(result, page.found_from))
        if self._refused:
            await self._set_aside(self._refused)
        self._pages += len(batch)

    def _admit_successor(self, connection: Connection) -> None:
        """Take the site that this one has moved to into the crawl, before the move is on record."""
        if self._moved_to is not None:
            admit_moved(connection, self._context, self._site, self._moved_to)

    async def _record(self, results: list[PageResult]) -> None:
        await self._context.recorder.record(results)
        for result in results:
            self._note(PageRecord(result.url, result.outcome, result.reason))

    async def _set_aside(self, refused: list[dict[str, Any]]) -> None:
        """Pages that robots.txt did not allow leave the queue, or wait in it, without being asked for."""
        await self._context.ledger.write(lambda connection: pages.mark(connection, refused))
        self._refused = []

    async def _safely(self, page: QueuedPage) -> list[PageResult]:
        """What a page brought; a fault of ours while reading it is its outcome and a line in the log."""
        try:
            return await self._page(page)
        except FATAL_ERRORS:
            raise
        except HostParkedError as error:
            self._is_parked, self._trouble = True, VisitEnd(SiteHealth.BLOCKED, str(error))
            return []
        except Exception as error:  # noqa: BLE001 - a fault of ours costs one page, not the crawl
            _LOG.exception("%s could not be read", page.url)
            fetched = Fetched.failed(page.url, Outcome.PARSE_ERROR, f"{type(error).__name__}: {error}")
            return [failure(self._arrival(fetched, page), Outcome.PARSE_ERROR, fetched.reason)]

    async def _page(self, page: QueuedPage) -> list[PageResult]:
        """Fetch a page, hop by hop where it is redirected: one result for each response."""
        results: list[PageResult] = []
        url: str | None = page.url
        hops: list[str] = []
        while url is not None:
            rules, fetches = await self._context.fetcher.rules(url)
            results += self._logged(fetches, rules)
            if not rules.allows(url):
                self._refuse(page, url, rules)
                break
            fetched = await self._context.fetcher.fetch(url, rules, {} if hops else _validators(page))
            url = await self._enter(page, fetched, hops, rules, results)
        return results

    def _refuse(self, page: QueuedPage, url: str, rules: Rules) -> None:
        """Note that robots.txt does not allow ``url``, to which ``page`` led."""
        again_at = self._context.fetcher.robots_again_at(url)
        state = visits.refused_state(rules.access, again_at)
        row = {"site_id": self._site.site_id, "url": page.url, "folded_url": fold_url(page.url), "kind": page.kind}
        self._refused.append(row | {"state": state, "next_fetch_at": again_at if state == "queued" else None})
        if page.kind == "home":
            health = SiteHealth.ROBOTS if rules.access is Access.RULES else SiteHealth.FAILED
            self._trouble = VisitEnd(health, rules.reason or "robots.txt forbids its home page")

    async def _enter(
        self, page: QueuedPage, fetched: Fetched, hops: list[str], rules: Rules, results: list[PageResult]
    ) -> str | None:
        """Add what a response brought to ``results``; where to go on when it is a redirect that is followed."""
        arrival = self._arrival(fetched, page, tuple(hops))
        target = fetched.redirect_url
        if target is None:
            results.append(await self._read(page, fetched, arrival, rules))
            return None
        outcome, reason = self._hop(target, page, hops)
        results.append(failure(arrival, outcome, reason))
        hops.append(fetched.url)
        return None if reason else target

    def _hop(self, target: str, page: QueuedPage, hops: Sequence[str]) -> tuple[Outcome, str]:
        """What a redirect to ``target`` counts as, and why it is not followed (empty when it is)."""
        # Its feed may lie on any host that the site itself leads to; only entries that lead back are its own.
        if site_of(target).key != self._site.key and page.kind != "feed":
            if page.kind == "home":
                self._moved_to = target
            return Outcome.OTHER_SITE, f"leads to {target}"
        if len(hops) >= MAX_REDIRECTS:
            return Outcome.REDIRECT, f"more than {MAX_REDIRECTS} redirects"
        known = fold_url(target)
        if known in self._records and known not in {fold_url(url) for url in (page.url, *hops)}:
            return Outcome.REDIRECT, "leads to a page that was fetched before"
        return Outcome.REDIRECT, ""

    async def _read(self, page: QueuedPage, fetched: Fetched, arrival: Arrival, rules: Rules) -> PageResult:
        if fetched.outcome is not None:
            return self._unread(fetched, arrival, fetched.outcome)
        parsed = await self._context.parse(fetched)
        if isinstance(parsed, tuple):
            return failure(arrival, *parsed)
        leads = self._leads(page, fetched, parsed)
        result = page_result(arrival, parsed, follow=True)
        return replace(result, new_pages=_allowed(rules, (*result.new_pages, *leads)))

    def _unread(self, fetched: Fetched, arrival: Arrival, outcome: Outcome) -> PageResult:
        delays = self._plan.live_retry_delays_seconds
        again = visits.retry_at(outcome, fetched.status, arrival.attempts, now=utc_now(), delays_seconds=delays)
        return failure(arrival, outcome, fetched.reason, retry_at=again)

    def _leads(self, page: QueuedPage, fetched: Fetched, parsed: ParsedDocument) -> tuple[NewPage, ...]:
        """What a home page leads to beside its links: feeds in its headers, or guessed ones; or another site."""
        if page.kind != "home" or not isinstance(parsed, ParsedPage):
            return ()
        if parsed.refresh_url:
            if site_of(parsed.refresh_url).key != self._site.key:
                self._moved_to = parsed.refresh_url
            return ()
        link_headers = (value for name, value in fetched.header_pairs if name == "link")
        named = visits.header_feeds(link_headers, fetched.url, depth=page.depth)
        return named if named or parsed.feed_urls else visits.well_known_feeds(self._site.home_url, depth=page.depth)

    async def _again(self) -> datetime | None:
        """When to come again; None when the crawl of this site is over."""
        count, earliest = await self._context.ledger.write(self._queue_state)
        if self._context.stopping.is_set():
            return utc_now()
        is_over = self._budget_left() <= 0 or self._is_parked
        if not count or is_over or (self._is_spent and (earliest is None or earliest <= utc_now())):
            return None
        return max(utc_now(), earliest) if self._ran_dry and earliest else utc_now()

    def _queue_state(self, connection: Connection) -> tuple[int, datetime | None]:
        pages.bring_forward(connection, self._site.site_id, now=utc_now())
        return pages.queue_state(connection, self._site.site_id)

    async def _give_back(self, again_at: datetime) -> None:
        await self._context.ledger.write(
            lambda connection: frontier.end_visit(connection, self._site, now=utc_now(), again_at=again_at, health=None)
        )

    async def _close(self, refusal: VisitEnd | None = None) -> None:
        end = SiteEnd(
            site=self._site,
            records=tuple(self._records.values()),
            refusal=refusal,
            moved_to=self._moved_to,
            trouble=self._trouble,
            tdm_rules=await self._tdm_rules(),
        )
        await self._context.ledger.write(lambda connection: close_site(connection, self._context, end))

    async def _tdm_rules(self) -> tuple[TdmRule, ...]:
        """What the host reserves for text and data mining as a whole; asked for once there is something to mine."""
        if not any(record.outcome in _MINED for record in self._records.values()):
            return ()
        url = urljoin(self._site.home_url, TDMREP_PATH)
        try:
            rules, _ = await self._context.fetcher.rules(url)
            fetched = await self._context.fetcher.fetch(url, rules)
        except HostParkedError:
            return ()
        outcome = fetched.outcome or (Outcome.REDIRECT if fetched.redirect_url else Outcome.ROBOTS_TXT)
        result = failure(self._arrival(fetched), outcome, fetched.reason)
        await self._record([replace(result, is_page=False)])
        return _read_tdmrep(fetched.body) if outcome == Outcome.ROBOTS_TXT else ()

    def _arrival(self, fetched: Fetched, page: QueuedPage | None = None, hops: tuple[str, ...] = ()) -> Arrival:
        return Arrival(
            crawl_id=self._plan.crawl_id,
            site_id=self._site.site_id,
            site_key=self._site.key,
            home_url=self._site.home_url,
            url=fetched.url,
            fetched_at=fetched.fetched_at,
            origin=self._plan.origin,
            addresses=hops,
            status=fetched.status or None,
            content_type=fetched.content_type,
            headers=fetched.headers,
            body_bytes=len(fetched.body),
            warc_file=fetched.warc_file,
            warc_offset=fetched.warc_offset,
            depth=page.depth if page else 0,
            queued_kind=page.kind if page else "",
            attempts=page.attempts + 1 if page else 0,
        )


def _was_answered(result: PageResult) -> bool:
    return result.outcome in _MINED or result.outcome == Outcome.NOT_MODIFIED


def _validators(page: QueuedPage) -> dict[str, str]:
    """The conditional headers of a page that was fetched before (RFC 9110, section 13.1)."""
    known = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
    return {name: value for name, value in known.items() if value}


def _read_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    try:
        return parse_tdmrep(body)
    except ParseError:
        return ()


def _allowed(rules: Rules, leads: Sequence[NewPage]) -> tuple[NewPage, ...]:
    """The leads that robots.txt allows; all where matching takes long: each is matched again before it is asked for."""
    return tuple(lead for lead in leads if rules.allows(lead.url)) if rules.is_quick_for(len(leads)) else tuple(leads)
