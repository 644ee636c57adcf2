"""Which crawls a worker works on: one until it is over, or, where it stays, every unfinished one and what is due again.

Central names: :class:`OneCrawl`, :class:`EveryCrawl`.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic
from typing import Protocol

from crawler.archive.writer import purge_old_segments
from crawler.context import CrawlContext
from crawler.due import collect
from crawler.outward import Outward
from crawler.plan import plan_for
from storage import crawls, frontier, sites
from storage.database import Connection
from storage.tables.base import utc_now

LOOK_SECONDS = 5.0
"""How often a worker that stays looks for crawls that were begun, or that others have finished; one short read."""
PURGE_SECONDS = 3600.0
"""How often it removes archives that are too old: they are kept for days, so an hour more does not matter."""


class Agenda(Protocol):
    """The crawls that a worker works on, each with the context of its visits, by id."""

    stays: bool
    """Whether the worker waits for more when nothing is left to do."""

    async def contexts(self) -> Mapping[int, CrawlContext]:
        """The crawls as of now."""
        ...

    async def fill(self, places: int) -> int:
        """Admit up to so many of the best linked sites to them; how many came in."""
        ...


class OneCrawl:
    """One crawl."""

    stays = False

    def __init__(self, context: CrawlContext) -> None:
        self._contexts = {context.plan.crawl_id: context}
        self._outward = _outward(context)

    async def contexts(self) -> Mapping[int, CrawlContext]:
        """The one crawl."""
        return self._contexts

    async def fill(self, places: int) -> int:
        """Admit linked sites to it."""
        return await self._outward.fill(places)


class EveryCrawl:
    """Every unfinished live crawl of the database; sites that are due again come in, and crawls that are over go."""

    stays = True

    def __init__(self, base: CrawlContext, poll_seconds: float) -> None:
        self._base = base
        self._poll_seconds = poll_seconds
        self._look_seconds = min(LOOK_SECONDS, poll_seconds)
        self._contexts: dict[int, CrawlContext] = {}
        self._outward: dict[int, Outward] = {}
        self._looked_at = self._collected_at = self._purged_at = -math.inf

    async def contexts(self) -> Mapping[int, CrawlContext]:
        """The crawls as they were a few seconds ago at most."""
        now = monotonic()
        if now - self._purged_at >= PURGE_SECONDS:
            self._purged_at = now
            settings = self._base.plan.settings
            await asyncio.to_thread(purge_old_segments, settings.archive_dir, settings.archive_retention_days)
        if now - self._collected_at >= self._poll_seconds:
            self._collected_at = now
            await self._base.ledger.write(self._collect)
        if now - self._looked_at >= self._look_seconds:
            self._looked_at = now
            await self._look()
        return self._contexts

    def _collect(self, connection: Connection) -> None:
        collect(connection, self._base.plan.settings, now=utc_now())

    async def fill(self, places: int) -> int:
        """Admit linked sites to one crawl after another."""
        came_in = 0
        for outward in self._outward.values():
            if came_in < places:
                came_in += await outward.fill(places - came_in)
        return came_in

    async def _look(self) -> None:
        found = await self._base.ledger.read(crawls.unfinished_live)
        self._contexts = {
            one.crawl_id: self._contexts.get(one.crawl_id)
            or replace(self._base, plan=plan_for(self._base.plan, one.crawl_id, one.kind, one.options))
            for one in found
        }
        self._outward = {
            crawl_id: self._outward.get(crawl_id) or _outward(context) for crawl_id, context in self._contexts.items()
        }
        over = [crawl_id for crawl_id in self._contexts if await self._is_over(crawl_id)]
        if over:
            await self._base.ledger.write(lambda connection: _finish(connection, over))
        for crawl_id in over:
            del self._contexts[crawl_id], self._outward[crawl_id]

    async def _is_over(self, crawl_id: int) -> bool:
        """Whether no site of a crawl wants a visit, and no linked one may come in."""
        count, _ = await self._base.ledger.read(lambda connection: frontier.unfinished(connection, [crawl_id]))
        return count == 0 and not await self._outward[crawl_id].fill(1)


def _outward(context: CrawlContext) -> Outward:
    return Outward(context.plan, context.ledger, context.suppressions, context.admits)


def _finish(connection: Connection, crawl_ids: Sequence[int]) -> None:
    for crawl_id in crawl_ids:
        # Asked again where nobody else writes: another worker may have brought a site in.
        if not frontier.unfinished(connection, [crawl_id])[0]:
            crawls.finish(connection, crawl_id, now=utc_now())
    sites.refresh_linkers(connection)
