"""The Scrapy spider of every crawl: it leases sites from the queue in the database and visits several at a time.

Scrapy downloads (with the guard, the limits and the recording of :mod:`crawler.downloads`); what to ask next is the
visits' business, since the queue is in the database and not in Scrapy's scheduler. Central name: :class:`SiteSpider`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from scrapy import Request, Spider
from scrapy.http import Response

from bloghound.errors import CrawlError, StorageError
from bloghound.records import SiteHealth
from bloghound.urls import host_of
from crawler.agenda import Agenda, EveryCrawl, OneCrawl
from crawler.archive.index import open_index
from crawler.context import CrawlContext
from crawler.downloads import own_hosts
from crawler.extract.pool import ParserPool
from crawler.fetching import FATAL_ERRORS, Fetcher
from crawler.leases import HEARTBEAT_SECONDS, LEASE_SECONDS, release_dead_workers
from crawler.ledger import Ledger, Recorder
from crawler.parsed import Document
from crawler.plan import CrawlPlan, ProgressListener
from crawler.platforms import recognise
from crawler.politeness.backoff import MAX_RETRY_AFTER_SECONDS
from crawler.politeness.pace import Pacer
from crawler.politeness.shared_hosts import sites_at_once
from crawler.progress import ProgressBoard
from crawler.recrawl import plan_next
from crawler.safety.handler import verify_guard
from crawler.spiders.blog import BlogVisit
from crawler.spiders.profile import ProfileVisit
from storage import frontier, pacing, schedule, sites, suppressions
from storage.database import Connection, Database
from storage.frontier import LeasedSite
from storage.pacing import Pace
from storage.results import PageResult
from storage.suppressions import Suppressions
from storage.tables.base import utc_now

_SMALLEST_PAGE = Document("https://page.invalid/", b"<!DOCTYPE html><title>none</title><p>Nothing.</p>", "text/html")
_LOG = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""How often a worker with free places looks for sites that others gave back or that have become due."""
GRACE_SECONDS = 3.0
"""What a visit has to commit its round after it was asked to stop; one that waits for its turn may wait for minutes."""
COUNT_SECONDS = 0.5
"""How often the sites that are done are counted: as often as a person can follow."""


class SiteSpider(Spider):
    """Works on a crawl until no site of it wants a visit, or stays; ``error`` is what ended it early."""

    name = "sites"

    def __init__(
        self,
        plan: CrawlPlan,
        owner: str,
        database: Database,
        parsers: ParserPool,
        listener: ProgressListener,
        stopping: asyncio.Event,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.error: Exception | None = None
        self._plan = plan
        self._owner = owner
        self._secret_key = plan.settings.secret_key()
        self._parsers = parsers
        self._listener = listener
        self._database = database
        self._ledger = Ledger(database)
        self._board = ProgressBoard()
        self._recorder = Recorder(self._ledger, self._secret_key, on_commit=self._note)
        self._sites_done = self._sites_total = 0
        self._has_told_pages = False
        self._crawl_ids: list[int] = []
        self._stopping = stopping
        self._suppressed = Suppressions(self._secret_key, ())
        self._pacer = Pacer(plan.settings.crawl_delay_seconds, polite=plan.is_polite)

    async def start(self) -> AsyncIterator[Any]:
        """Do all the work; nothing is left for Scrapy's own scheduler."""
        try:
            if not self._plan.is_archived:
                await verify_guard(self.crawler)
            await self._warm_up()
            await self._work()
        except Exception as error:  # noqa: BLE001 - Scrapy would log it and close as if all were done
            _LOG.exception("the crawl ended early")
            self.error = error
        finally:
            self._ledger.close()
        no_requests: tuple[Request, ...] = ()
        for request in no_requests:
            yield request

    async def _warm_up(self) -> None:
        """Let the parsers load their libraries before the first page waits for them, and its lease runs."""
        workers = range(self._plan.settings.extraction_workers)
        loading = (asyncio.wrap_future(self._parsers.submit(_SMALLEST_PAGE)) for _ in workers)
        await asyncio.gather(*loading, return_exceptions=True)

    def _context(self) -> CrawlContext:
        plan, is_own_host = self._plan, own_hosts(self._plan.static_hosts)
        return CrawlContext(
            plan=plan,
            ledger=self._ledger,
            recorder=self._recorder,
            fetcher=Fetcher(self._download, self._pacer, retry_delays_seconds=plan.live_retry_delays_seconds),
            parsers=self._parsers,
            suppressions=lambda: self._suppressed,
            is_own_host=is_own_host,
            archive=open_index(plan.archives) if plan.is_archived else None,
            stopping=self._stopping,
        )

    async def _download(self, request: Request) -> Response:
        if self.crawler.engine is None:
            raise CrawlError("The crawler has no engine to download with.")
        self._board.ask(request.url)
        return await self.crawler.engine.download_async(request)

    def _agenda(self) -> Agenda:
        context, poll_seconds = self._context(), self._plan.poll_seconds
        return OneCrawl(context) if poll_seconds is None else EveryCrawl(context, poll_seconds)

    async def _work(self) -> None:
        agenda = self._agenda()
        beside = [asyncio.create_task(self._beat()), asyncio.create_task(self._count_sites())]
        try:
            await self._visit_sites(agenda)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            with suppress(*FATAL_ERRORS):
                await self._ledger.write(lambda connection: frontier.release_all(connection, self._owner))
        await self._count()

    async def _visit_sites(self, agenda: Agenda) -> None:
        running: set[asyncio.Task[None]] = set()
        try:
            while not self._stopping.is_set():
                contexts = await agenda.contexts()
                self._crawl_ids = list(contexts)
                leased = await self._lease(self._plan.settings.concurrent_sites - len(running), agenda)
                running |= {asyncio.create_task(self._visit(site, contexts[site.crawl_id])) for site in leased}
                if running:
                    done, running = await asyncio.wait(
                        running, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        task.result()
                elif not await self._rest(stays=agenda.stays):
                    break
            await _finish(running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _lease(self, places: int, agenda: Agenda) -> list[LeasedSite]:
        """Sites to visit now; those that have been forgotten since they were queued are not among them.

        Only when nothing that was admitted is left to do, the best of what was linked to meanwhile is admitted.
        """
        if places <= 0 or not self._crawl_ids:
            return []
        leased = await self._take(places)
        if len(leased) < places and await agenda.fill(places - len(leased)):
            leased += await self._take(places - len(leased))
        for site in leased:
            if site.key in self._suppressed:
                await self._end(site, SiteHealth.BLOCKED, "it is not to be stored (suppressed)")
                await self._leave(site)
        return [site for site in leased if site.key not in self._suppressed]

    async def _take(self, places: int) -> list[LeasedSite]:
        leased = await self._ledger.write(
            lambda connection: frontier.lease(
                connection,
                self._owner,
                crawl_ids=self._crawl_ids,
                now=utc_now(),
                seconds=LEASE_SECONDS,
                limit=places,
                per_domain=sites_at_once if self._plan.is_polite else None,
            )
        )
        if leased:
            await self._recall(leased)
            self._suppressed = await self._ledger.read(
                lambda connection: suppressions.load(connection, self._secret_key)
            )
        return leased

    async def _recall(self, leased: Sequence[LeasedSite]) -> None:
        """Take over how the hosts of leased sites stood when other workers, or earlier ones, asked them last."""
        if not self._plan.is_polite:
            return
        names = [name for site in leased for name in (host_of(site.home_url), site.domain)]
        now = utc_now()
        known = await self._ledger.read(lambda connection: pacing.load(connection, names, now=now))
        for name, pace in known.items():
            wait = (pace.free_at - now).total_seconds() if pace.free_at else 0.0
            # A clock that was put back must not park a host for longer than anything is ever parked.
            self._pacer.recall(name, min(max(0.0, wait), MAX_RETRY_AFTER_SECONDS), pace.failures)

    async def _leave(self, site: LeasedSite) -> None:
        """Write how the hosts of a visited site stand, and let other workers ask its domain."""
        if not self._plan.is_polite:
            return
        now = utc_now()
        standing = self._pacer.standing(site.home_url)
        paces = {name: Pace(now + timedelta(seconds=wait), failures) for name, (wait, failures) in standing.items()}
        free_at = now + timedelta(seconds=max((wait for wait, _ in standing.values()), default=0.0))

        def write(connection: Connection) -> None:
            if sites.exists(connection, site.site_id):
                pacing.keep(connection, paces)
                schedule.postpone(connection, site.site_id, free_at)
            pacing.release(connection, self._owner, [site.domain])

        await self._ledger.write(write)

    async def _rest(self, *, stays: bool) -> bool:
        """Wait until a site may be due; False when none wants a visit any more, and none will."""
        count, due_at = await self._ledger.read(lambda connection: frontier.unfinished(connection, self._crawl_ids))
        if not count and not stays:
            return False
        if due_at is not None and due_at <= utc_now():
            # Others are visiting what is due: should one of them be dead, nobody need wait until its leases run out.
            await asyncio.to_thread(release_dead_workers, self._plan.settings, self._database)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), _pause_seconds(due_at))
        return True

    async def _visit(self, site: LeasedSite, context: CrawlContext) -> None:
        began = monotonic()
        fields = {"crawl": site.crawl_id, "site": site.key, "host": host_of(site.home_url)}
        try:
            with self._board.visiting(site.site_id, site.key) as progress:
                await self._run_visit(site, context, fields)
        finally:
            # Also when the worker is stopped: what a server asked for holds for the next one.
            with suppress(*FATAL_ERRORS):
                await self._leave(site)
        # Whoever was forgotten meanwhile is not named any more.
        if await self._ledger.read(lambda connection: sites.exists(connection, site.site_id)):
            fields |= {"pages": progress.outcomes.total(), "seconds": round(monotonic() - began, 1)}
            _LOG.info("visited: %s", progress.summary, extra=fields)

    async def _run_visit(self, site: LeasedSite, context: CrawlContext, fields: Mapping[str, object]) -> None:
        """One visit; a fault of ours ends it with a line in the log, and the site's crawl with the reason."""
        known = recognise(site.home_url)
        visit = ProfileVisit(site, context, *known) if known else BlogVisit(site, context)
        try:
            await visit.run()
        except FATAL_ERRORS:
            if await self._ledger.read(lambda connection: sites.exists(connection, site.site_id)):
                raise
            _LOG.warning("a site was forgotten while it was visited")
        except Exception as error:  # noqa: BLE001 - a fault of ours costs one site, not the crawl
            _LOG.exception("the visit to %s failed", site.key, extra={**fields, "outcome": SiteHealth.FAILED.value})
            await self._end(site, SiteHealth.FAILED, f"the visit failed: {type(error).__name__}: {error}")

    async def _end(self, site: LeasedSite, health: SiteHealth, reason: str) -> None:
        def write(connection: Connection) -> None:
            facts = plan_next(connection, self._plan, site.site_id, health)
            frontier.end_visit(
                connection, site, now=utc_now(), again_at=None, health=health, reason=reason, facts=facts
            )

        await self._ledger.write(write)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._ledger.write(
                    lambda connection: frontier.extend_leases(
                        connection, self._owner, now=utc_now(), seconds=LEASE_SECONDS
                    )
                )
            except StorageError:
                # A lease outlives four missed beats; what is wrong for longer ends the visits by itself.
                _LOG.warning("the leases could not be extended", exc_info=True)

    async def _count_sites(self) -> None:
        while True:
            await self._count()
            await asyncio.sleep(COUNT_SECONDS)

    async def _count(self) -> None:
        crawl_ids = self._crawl_ids
        total, unfinished = await self._ledger.read(
            lambda connection: (
                sum(frontier.count_in_crawl(connection, crawl_id) for crawl_id in crawl_ids),
                frontier.unfinished(connection, crawl_ids)[0],
            )
        )
        self._sites_done, self._sites_total = total - unfinished, total
        self._tell()

    def _note(self, results: Sequence[PageResult], posts_new: int) -> None:
        """Count what was committed; the first of it is told at once, all else with the next count of sites."""
        self._board.commit(results, posts_new)
        if not self._has_told_pages:
            self._has_told_pages = True
            self._tell()

    def _tell(self) -> None:
        parked = self._pacer.parked()
        self._listener(self._board.progress(self._sites_done, self._sites_total, parked, now=utc_now()))


async def _finish(running: set[asyncio.Task[None]]) -> None:
    """Wait GRACE_SECONDS for visits that were asked to stop; raises what ends the whole crawl."""
    if running:
        done, _ = await asyncio.wait(running, timeout=GRACE_SECONDS)
        for task in done:
            task.result()


def _pause_seconds(due_at: datetime | None) -> float:
    """How long to wait for a site that is due later; others may give theirs back before."""
    seconds = (due_at - utc_now()).total_seconds() if due_at else POLL_SECONDS
    return min(max(seconds, POLL_SECONDS / 10), POLL_SECONDS)
