"""What a worker is doing just now, for whoever watches: sites in work, speed, hosts left alone, the last troubles.

Central name: :class:`ProgressBoard`. It keeps a handful of numbers, and what it tells is bounded however much is done.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from bloghound.records import Outcome
from crawler.plan import CrawlProgress, ParkedHost, SiteInWork, Trouble
from storage.results import PageResult

TOLD_SITES = 20
"""Sites in work that are told: about what a terminal has lines for; the others are counted."""
TOLD_PARKED = 10
TOLD_TROUBLES = 5
_TOLD_CHARS = 200
"""An address or a reason is cut here: no terminal shows more of it in one line."""
RATE_SECONDS = 10.0
"""The present speed is that of the last ten seconds: pages are committed in batches, a second apart or more."""

_TROUBLES = frozenset(
    {
        Outcome.HTTP_ERROR,
        Outcome.NETWORK_ERROR,
        Outcome.TOO_LARGE,
        Outcome.PARSE_ERROR,
        Outcome.PARSE_TIMEOUT,
    }
)


@dataclass(slots=True)
class Visit:
    """A visit under way, in figures."""

    key: str
    begun_at: float
    url: str = ""
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def summary(self) -> str:
        """Its pages by outcome, in words."""
        return ", ".join(f"{name} {number}" for name, number in self.outcomes.most_common()) or "nothing"


_PRESENT: ContextVar[Visit | None] = ContextVar("_PRESENT", default=None)
"""The visit that is under way in this task, and in those that it starts."""


class ProgressBoard:
    """Told what happens by the spider; times are seconds of ``clock``."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._began_at = clock()
        self._outcomes: Counter[str] = Counter()
        self._posts = 0
        self._visits: dict[int | None, Visit] = {}
        self._committed: deque[tuple[float, int]] = deque()
        self._troubles: deque[Trouble] = deque(maxlen=TOLD_TROUBLES)

    @contextmanager
    def visiting(self, site_id: int, key: str) -> Iterator[Visit]:
        """The visit to a site, in the task that makes it."""
        visit = self._visits[site_id] = Visit(key, self._clock())
        token = _PRESENT.set(visit)
        try:
            yield visit
        finally:
            _PRESENT.reset(token)
            self._visits.pop(site_id, None)

    def ask(self, url: str) -> None:
        """An address is asked for, by the visit of this task."""
        visit = _PRESENT.get()
        if visit is not None:
            visit.url = url

    def commit(self, results: Sequence[PageResult], posts_new: int) -> None:
        """Results were stored, and so many posts with them that were not known."""
        self._posts += posts_new
        self._committed.append((self._clock(), len(results)))
        for result in results:
            self._outcomes[result.outcome.value] += 1
            visit = self._visits.get(result.site_id)
            if visit is not None:
                visit.outcomes[result.outcome.value] += 1
            if result.outcome in _TROUBLES:
                self._troubles.append(Trouble(_cut(result.url), result.outcome.value, _cut(result.reason)))

    def progress(
        self, sites_done: int, sites_total: int, parked: Sequence[tuple[str, float, int]], *, now: datetime
    ) -> CrawlProgress:
        """All of it; ``parked``: hosts, the seconds they are left alone for, their failures in a row."""
        latest = list(self._visits.values())[-TOLD_SITES:]
        soonest = sorted(parked, key=lambda one: one[1])[:TOLD_PARKED]
        return CrawlProgress(
            sites_done=sites_done,
            sites_total=sites_total,
            pages=self._outcomes.total(),
            posts=self._posts,
            outcomes=dict(self._outcomes),
            seconds=self._clock() - self._began_at,
            pages_per_second=self._pages_per_second(),
            sites=tuple(self._in_work(visit) for visit in latest),
            sites_in_work=len(self._visits),
            parked=tuple(ParkedHost(name, now + timedelta(seconds=wait), failed) for name, wait, failed in soonest),
            hosts_parked=len(parked),
            troubles=tuple(self._troubles),
        )

    def _pages_per_second(self) -> float:
        now = self._clock()
        while self._committed and self._committed[0][0] <= now - RATE_SECONDS:
            self._committed.popleft()
        seconds = min(RATE_SECONDS, now - self._began_at)
        return sum(pages for _, pages in self._committed) / seconds if seconds > 0 else 0.0

    def _in_work(self, visit: Visit) -> SiteInWork:
        return SiteInWork(
            key=_cut(visit.key),
            url=_cut(visit.url),
            pages=visit.outcomes.total(),
            posts=visit.outcomes[Outcome.POST.value],
            failed=sum(visit.outcomes[outcome.value] for outcome in _TROUBLES),
            seconds=self._clock() - visit.begun_at,
        )


def _cut(text: str) -> str:
    return text if len(text) <= _TOLD_CHARS else f"{text[:_TOLD_CHARS]}…"
