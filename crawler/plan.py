"""What a crawling process is told, and what it tells back while it works: plain values that can be pickled.

Central names: :class:`CrawlPlan`, :func:`plan_for`, :class:`CrawlProgress`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bloghound.settings import Settings
from crawler.candidates import Judge
from crawler.safety.policy import WEB_PORTS, Endpoint
from crawler.safety.resolver import Lookup

RECRAWL = "recrawl"
"""The kind of a crawl that visits known sites again."""

RETRY_DELAYS_SECONDS = (10.0, 60.0)
"""Waits before a failed page is asked for again: a restart takes seconds, an overload a minute; then it has failed."""


@dataclass(frozen=True, slots=True)
class WebAccess:
    """How the web is reached, where it is not as usual; it travels to the crawling process, so it must be picklable."""

    ports: tuple[int, ...] = tuple(sorted(WEB_PORTS))
    """Ports that may be dialled."""
    lookup: Lookup | None = None
    """Stands in for DNS."""
    spares_own_hosts: bool = False
    """Whether ``static_hosts`` are asked as politely as strangers' hosts."""


@dataclass(frozen=True, slots=True)
class CrawlPlan:
    """One crawl, as every worker on it needs to know it."""

    settings: Settings
    crawl_id: int = 0
    max_sites: int = 0
    max_pages_per_site: int = 0
    max_depth: int = 0
    archives: tuple[str, ...] = ()
    """Paths of web archives that answer every request; empty for the live web."""
    static_hosts: Mapping[str, Endpoint] = field(default_factory=dict)
    """Names of our own (the demo web), or ``*.suffix``, with the one endpoint each stands for."""
    retry_delays_seconds: tuple[float, ...] = RETRY_DELAYS_SECONDS
    access: WebAccess = WebAccess()
    judge: Judge | None = None
    """Says how much a post is about what the teams look for; None where they keep no niche."""
    is_recrawl: bool = False
    """Whether known sites are visited again: their feeds first, then only what is new or due."""
    poll_seconds: float | None = None
    """Set where a worker stays: it works on every unfinished crawl, and looks so often for sites that have become due.

    The plan is no crawl's own then; each crawl has its own by :func:`plan_for`.
    """

    @property
    def is_archived(self) -> bool:
        """Whether every answer comes from archives."""
        return bool(self.archives)

    @property
    def is_polite(self) -> bool:
        """Whether somebody is to be spared: not so by archives, nor by our own hosts unless they want to be."""
        return not self.is_archived and (self.access.spares_own_hosts or not self.static_hosts)

    @property
    def live_retry_delays_seconds(self) -> tuple[float, ...]:
        """The waits before a failure is asked for again; an archive answers the same every time."""
        return () if self.is_archived else self.retry_delays_seconds

    @property
    def origin(self) -> str:
        """The provenance of what is fetched: ``archive`` or ``live``."""
        return "archive" if self.archives else "live"


def plan_for(base: CrawlPlan, crawl_id: int, kind: str, options: Mapping[str, Any]) -> CrawlPlan:
    """The plan of a stored crawl: its own limits, and all else as in ``base``."""
    return replace(
        base,
        crawl_id=crawl_id,
        max_sites=options["max_sites"],
        max_pages_per_site=options["max_pages_per_site"],
        max_depth=options["max_depth"],
        archives=tuple(options["archives"]),
        is_recrawl=kind == RECRAWL,
        poll_seconds=None,
    )


@dataclass(frozen=True, slots=True)
class SiteInWork:
    """A visit under way: what it asked for last, and its pages so far."""

    key: str
    url: str
    pages: int
    posts: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ParkedHost:
    """A host or registrable domain that is left alone until ``free_at`` after so many failures in a row."""

    name: str
    free_at: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A page that did not come, or could not be read."""

    url: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """How far a crawl is, told twice a second; pages, posts and ``outcomes`` are this worker's."""

    sites_done: int
    sites_total: int
    pages: int
    posts: int
    outcomes: Mapping[str, int]
    seconds: float = 0.0
    """Since the worker began."""
    pages_per_second: float = 0.0
    """Of the last ten seconds."""
    sites: tuple[SiteInWork, ...] = ()
    """The latest of those in work, the longest under way first."""
    sites_in_work: int = 0
    parked: tuple[ParkedHost, ...] = ()
    """Those that are free again soonest."""
    hosts_parked: int = 0
    troubles: tuple[Trouble, ...] = ()
    """The last few, oldest first."""


ProgressListener = Callable[[CrawlProgress], None]
