"""Fetch robots.txt files once a day at most, and again soon where they could not be had.

Central name: :class:`RobotsCache`.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from bloghound.errors import AddressError
from bloghound.urls import parse_address
from crawler.politeness.backoff import retry_after_seconds
from crawler.politeness.robots import Access, RobotsAnswer, Rules, decide, robots_url

MAX_AGE_SECONDS = 86400.0
"""RFC 9309, section 2.4: a copy should not be used for more than 24 hours."""
MAX_REDIRECTS = 5
"""RFC 9309, section 2.3.1.2: at least five are followed; a longer chain counts as a file that is not there."""
FIRST_RETRY_SECONDS = 900.0
"""An unreachable robots.txt is asked for again after this, then after twice as long each time, up to a day."""
_HOSTS = 20_000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

FetchRobots = Callable[[str], Awaitable[RobotsAnswer]]
"""Fetches one address without following redirects; failures are answers with status 0, never exceptions."""


@dataclass(slots=True)
class _Entry:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    rules: Rules | None = None
    ask_again_at: float = 0.0
    failures: int = 0


class RobotsCache:
    """The rules of each host, fetched when first needed and when they have expired.

    ``retry_delays_seconds`` are the waits after the first failures, before those from FIRST_RETRY_SECONDS on.
    """

    def __init__(
        self,
        fetch: FetchRobots,
        clock: Callable[[], float] = monotonic,
        *,
        retry_delays_seconds: Sequence[float] = (),
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._retry_delays_seconds = retry_delays_seconds
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def rules_for(self, url: str) -> Rules:
        """The rules that govern ``url`` now; callers that ask at the same time share one fetch."""
        address = robots_url(url)
        entry = self._entry(address)
        async with entry.lock:
            if entry.rules is None or self._clock() >= entry.ask_again_at:
                await self._refresh(entry, address)
            assert entry.rules is not None  # noqa: S101 - _refresh has set it
            return entry.rules

    def seconds_until_retry(self, url: str) -> float:
        """How long from now until the robots.txt that governs ``url`` is asked for again; 0 when it is due."""
        entry = self._entries.get(robots_url(url))
        return max(0.0, entry.ask_again_at - self._clock()) if entry else 0.0

    async def _refresh(self, entry: _Entry, address: str) -> None:
        answer = await self._follow(address)
        entry.rules = decide(answer, address)
        if entry.rules.access is Access.UNREACHABLE:
            wait = max(self._retry_seconds(entry.failures), retry_after_seconds(answer.retry_after) or 0.0)
            entry.failures += 1
        else:
            wait, entry.failures = MAX_AGE_SECONDS, 0
        entry.ask_again_at = self._clock() + wait

    def _retry_seconds(self, failures: int) -> float:
        later = failures - len(self._retry_delays_seconds)
        if later < 0:
            return self._retry_delays_seconds[failures]
        return min(FIRST_RETRY_SECONDS * 2.0 ** min(later, 10), MAX_AGE_SECONDS)

    async def _follow(self, address: str) -> RobotsAnswer:
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._fetch(address)
            if answer.status not in _REDIRECTS:
                return answer
            try:
                address = parse_address(answer.location, address)
            except AddressError:
                return RobotsAnswer(404, reason="a redirect to nowhere")
        return RobotsAnswer(404, reason="too many redirects")

    def _entry(self, address: str) -> _Entry:
        entry = self._entries.setdefault(address, _Entry())
        self._entries.move_to_end(address)
        if len(self._entries) > _HOSTS:
            oldest = next(iter(self._entries))
            if not self._entries[oldest].lock.locked():
                del self._entries[oldest]
        return entry
