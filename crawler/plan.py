"""What a crawling process is told, and what it tells back while it works: plain values that can be pickled.

Central names: :class:`CrawlPlan`, :class:`CrawlProgress`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bloghound.settings import Settings
from crawler.safety.policy import WEB_PORTS, Endpoint
from crawler.safety.resolver import Lookup

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
    crawl_id: int
    max_sites: int
    max_pages_per_site: int
    max_depth: int
    archives: tuple[str, ...] = ()
    """Paths of web archives that answer every request; empty for the live web."""
    static_hosts: Mapping[str, Endpoint] = field(default_factory=dict)
    """Names of our own (the demo web), or ``*.suffix``, with the one endpoint each stands for."""
    retry_delays_seconds: tuple[float, ...] = RETRY_DELAYS_SECONDS
    access: WebAccess = WebAccess()

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


@dataclass(frozen=True, slots=True)
class CrawlProgress:
    """How far a crawl is; ``outcomes`` counts this worker's pages by outcome."""

    sites_done: int
    sites_total: int
    pages: int
    posts: int
    outcomes: Mapping[str, int]


ProgressListener = Callable[[CrawlProgress], None]
