"""Give each request its turn: one at a time per host and per registrable domain, with a gap, and longer after failures.

Central name: :class:`Pacer`.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic

from bloghound.errors import HostParkedError
from bloghound.urls import host_of, registrable_domain
from crawler.politeness.backoff import FAILURES_BEFORE_PARKING, backoff_seconds, is_failure, retry_after_seconds
from crawler.politeness.robots import MAX_CRAWL_DELAY_SECONDS
from crawler.politeness.shared_hosts import SHARED_HOSTS

PATIENCE_SECONDS = 600.0
"""A visit waits this long for its turn at most (twice the longest crawl delay); beyond it, other sites go first."""
_SLOTS = 50_000


class _Slot:
    """The turns of one host or domain: how many at a time, and when the next may begin."""

    def __init__(self, concurrent: int = 1) -> None:
        self.concurrent = concurrent
        self.turns = asyncio.Semaphore(concurrent)
        self.free_at = 0.0
        self.failures = 0
        self.waiting = 0

    def idle(self, now: float) -> bool:
        return self.waiting == 0 and self.failures == 0 and self.free_at <= now


class Pacer:
    """Keeps the gaps of one worker. Times are seconds; ``clock`` and ``sleep`` can be replaced together for tests.

    With ``polite`` off (archives, the demo web) every turn comes at once and nothing is remembered.
    """

    def __init__(
        self,
        gap_seconds: float,
        *,
        polite: bool = True,
        clock: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._gap_seconds = gap_seconds
        self._polite = polite
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._slots: dict[str, _Slot] = {}

    @asynccontextmanager
    async def turn(self, url: str, crawl_delay_seconds: float | None = None) -> AsyncIterator[None]:
        """Hold the turn of the host of ``url`` for the time of one request.

        Waits for the gap since the last request ended, which is ``crawl_delay_seconds`` where that is longer. Raises
        HostParkedError when the wait would be longer than PATIENCE_SECONDS.
        """
        if not self._polite:
            yield
            return
        host = host_of(url) or url
        domain = registrable_domain(host)
        gap = max(self._gap_seconds, min(crawl_delay_seconds or 0.0, MAX_CRAWL_DELAY_SECONDS))
        async with AsyncExitStack() as held:
            # The host first: whoever waits for a slow host's gap must not keep the domain's other hosts waiting.
            if host != domain:
                await held.enter_async_context(self._hold(self._slot(host), host, gap))
            elif crawl_delay_seconds and domain in SHARED_HOSTS:
                # Its domain's rate is for the many hosts under it; what it asks for itself is kept apart from that.
                await held.enter_async_context(self._hold(self._slot(f"{host}/"), host, gap))
            await held.enter_async_context(self._hold(self._domain_slot(domain), host, self._domain_gap(domain, gap)))
            yield

    def report(self, url: str, status: int, retry_after: str = "") -> float:
        """Tell how a request ended (``status`` 0: no response); returns the seconds the host is left alone for.

        429 and 503 speak for the whole registrable domain, other failures for the host.
        """
        if not self._polite:
            return 0.0
        host = host_of(url) or url
        domain = registrable_domain(host)
        slot = self._domain_slot(domain) if host == domain else self._slot(host)
        if not is_failure(status):
            slot.failures = 0
            return 0.0
        slot.failures += 1
        wait = self._penalty_seconds(slot.failures, retry_after_seconds(retry_after))
        for touched in {slot, self._domain_slot(domain)} if status in {429, 503} else {slot}:
            touched.free_at = max(touched.free_at, self._clock() + wait)
        return wait

    def _penalty_seconds(self, failures: int, asked: float | None) -> float:
        """What the server asked for, or the back-off where it asked nothing; parked in any case after five failures."""
        if asked and failures < FAILURES_BEFORE_PARKING:
            return asked
        return max(asked or 0.0, backoff_seconds(failures, self._chance()))

    def recall(self, name: str, wait_seconds: float, failures: int) -> None:
        """Take over how a host or registrable domain stood when it was asked last, by whatever worker."""
        if self._polite:
            slot = self._domain_slot(name) if name == registrable_domain(name) else self._slot(name)
            slot.free_at = max(slot.free_at, self._clock() + wait_seconds)
            slot.failures = max(slot.failures, failures)

    def standing(self, url: str) -> dict[str, tuple[float, int]]:
        """How the host of ``url`` and its domain stand: seconds until they may be asked, and failures in a row."""
        host = host_of(url) or url
        known = {name: self._slots.get(name) for name in (host, registrable_domain(host))}
        now = self._clock()
        return {name: (max(0.0, slot.free_at - now), slot.failures) for name, slot in known.items() if slot is not None}

    def parked(self) -> list[tuple[str, float, int]]:
        """Hosts and domains that are left alone after failures: name, seconds until they may be asked, failures."""
        now = self._clock()
        return [
            (name.removesuffix("/"), slot.free_at - now, slot.failures)
            for name, slot in self._slots.items()
            if slot.failures and slot.free_at > now
        ]

    def wait_seconds(self, url: str) -> float:
        """How long a request to ``url`` would have to wait for gaps and back-off as things stand."""
        host = host_of(url) or url
        known = (self._slots.get(name) for name in (host, registrable_domain(host)))
        return max((slot.free_at - self._clock() for slot in known if slot is not None), default=0.0)

    @asynccontextmanager
    async def _hold(self, slot: _Slot, host: str, gap: float) -> AsyncIterator[None]:
        slot.waiting += 1
        try:
            async with slot.turns:
                await self._wait_until_free(slot, host)
                if slot.concurrent > 1:
                    slot.free_at = max(slot.free_at, self._clock() + gap)
                try:
                    yield
                finally:
                    if slot.concurrent == 1:
                        slot.free_at = max(slot.free_at, self._clock() + gap)
        finally:
            slot.waiting -= 1

    async def _wait_until_free(self, slot: _Slot, host: str) -> None:
        while (wait := slot.free_at - self._clock()) > 0:
            if wait > PATIENCE_SECONDS:
                raise HostParkedError(host, wait)
            await self._sleep(wait)

    def _domain_gap(self, domain: str, gap: float) -> float:
        shared = SHARED_HOSTS.get(domain)
        return 1 / shared.requests_per_second if shared else gap

    def _domain_slot(self, domain: str) -> _Slot:
        shared = SHARED_HOSTS.get(domain)
        return self._slot(domain, shared.concurrent if shared else 1)

    def _slot(self, name: str, concurrent: int = 1) -> _Slot:
        if name not in self._slots and len(self._slots) >= _SLOTS:
            now = self._clock()
            self._slots = {kept: slot for kept, slot in self._slots.items() if not slot.idle(now)}
        return self._slots.setdefault(name, _Slot(concurrent))
