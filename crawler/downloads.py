"""How Scrapy is set up to fetch, with the reason for every setting, and what each failure to fetch is called.

Central names: :func:`scrapy_settings`, :func:`classify_failure`, :func:`require_contact`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, NotSupported, UnsupportedURLSchemeError

from bloghound.errors import BodyTooLargeError, RefusedAddressError, SettingsError, UndecodableBodyError
from bloghound.records import Outcome
from bloghound.settings import Settings
from bloghound.urls import MAX_URL_CHARS
from crawler.archive.handler import ARCHIVES_SETTING
from crawler.archive.recording import FOLDER_SETTING, SEGMENT_BYTES_SETTING
from crawler.archive.writer import DEFAULT_SEGMENT_BYTES
from crawler.safety.policy import WEB_PORTS, DialPolicy, Endpoint
from crawler.safety.resolver import LOOKUP_SETTING, PORTS_SETTING, STATIC_HOSTS_SETTING, Lookup

MAX_DOWNLOAD_BYTES = 5 * 1024 * 1024
"""Of a body, on the wire and decoded. Scrapy's default of 1 GiB lets a 274-byte triple gzip cost that much memory."""
TOTAL_TIMEOUT_SECONDS = 20.0
"""From look-up to last byte: Scrapy's handler cancels the whole request then, however busily the server drips."""
MAX_REDIRECTS = 5
"""Hops the spider follows itself, so that each one passes robots.txt, suppression and the guard (RFC 9309, 2.3.1.2)."""

# Feeds first, then pages; a server that negotiates should not answer a feed reader's address with its HTML twin.
_ACCEPT = (
    "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,"
    "application/xml;q=0.9,*/*;q=0.8"
)
_LOOKUP_THREADS = 32
"""Look-ups block a thread each: Scrapy's 10 would let a few dead name servers hold up everyone."""

_GUARDED_HANDLER = "crawler.safety.handler.GuardedDownloadHandler"
_ARCHIVE_HANDLER = "crawler.archive.handler.ArchiveDownloadHandler"


def scrapy_settings(
    settings: Settings,
    *,
    agent: str,
    archives: Sequence[Path] | None = None,
    static_hosts: Mapping[str, Endpoint] | None = None,
    ports: Iterable[int] = WEB_PORTS,
    polite: bool = True,
    record: bool = True,
    timeout_seconds: float = TOTAL_TIMEOUT_SECONDS,
    lookup: Lookup | None = None,
) -> dict[str, object]:
    """All Scrapy settings of a crawl, for ``AsyncCrawlerProcess`` (the guard's resolver is a process setting).

    With ``archives`` every answer comes from these files and the network is never touched. ``static_hosts`` maps names
    (or ``*.suffix``) to the one endpoint each stands for. ``polite`` lets one request at a time go to a host.
    ``record`` writes live exchanges to the archive folder. ``lookup`` stands in for DNS.
    """
    handler = _GUARDED_HANDLER if archives is None else _ARCHIVE_HANDLER
    return {
        **_surface(),
        **_requests(agent),
        # Nothing but the web: file, data, ftp and s3 addresses have no handler at all.
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, "data": None, "file": None, "ftp": None, "s3": None},
        ARCHIVES_SETTING: [str(path) for path in archives or ()],
        # The guard, which needs Twisted's asyncio reactor (Scrapy 2.19's default).
        "TWISTED_DNS_RESOLVER": "crawler.safety.resolver.FilteringResolver",
        PORTS_SETTING: sorted(ports),
        STATIC_HOSTS_SETTING: dict(static_hosts or {}),
        LOOKUP_SETTING: lookup,
        "REACTOR_THREADPOOL_MAXSIZE": _LOOKUP_THREADS,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_MAXSIZE": MAX_DOWNLOAD_BYTES,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": timeout_seconds,
        # Half a page would be stored as a whole post.
        "DOWNLOAD_FAIL_ON_DATALOSS": True,
        # Gaps are kept by crawler.politeness.pace, which knows registrable domains; this is its second line.
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS": settings.concurrent_sites,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if polite else 16,
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
            "crawler.safety.decoding.DecodingMiddleware": 590,
            "crawler.archive.recording.RecordingMiddleware": 890,
        },
        FOLDER_SETTING: str(settings.archive_dir) if record and archives is None else None,
        SEGMENT_BYTES_SETTING: DEFAULT_SEGMENT_BYTES,
    }


def _surface() -> dict[str, object]:
    """The crawler itself offers nothing to attack: no port, no pickles, no state that a server can set."""
    return {
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        # Not loaded either: it takes an eighth of a second to find out that it is off.
        "EXTENSIONS": {"scrapy.extensions.remote_control.RemoteControl": None},
        # Both would put pickles on disk; the queue is in the database.
        "JOBDIR": None,
        "HTTPCACHE_ENABLED": False,
        # http_proxy in the environment would carry requests past the guard.
        "HTTPPROXY_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "STATS_DUMP": False,
        "LOGSTATS_INTERVAL": 0,
    }


def _requests(agent: str) -> dict[str, object]:
    """Who asks, and that the spider itself decides about robots.txt, redirects, retries and repeats."""
    return {
        "USER_AGENT": agent,
        # No Accept-Language: the author's own language is wanted, not a translation.
        "DEFAULT_REQUEST_HEADERS": {"Accept": _ACCEPT},
        # Scrapy's own goes on when robots.txt fails, never asks again and reads any size.
        "ROBOTSTXT_OBEY": False,
        "REDIRECT_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "RETRY_ENABLED": False,
        "HTTPERROR_ALLOW_ALL": True,
        "DUPEFILTER_CLASS": "scrapy.dupefilters.BaseDupeFilter",
        "URLLENGTH_LIMIT": MAX_URL_CHARS,
        "DEPTH_STATS_VERBOSE": False,
    }


_FAILURES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Outcome], ...] = (
    ((RefusedAddressError, NotSupported, UnsupportedURLSchemeError), Outcome.BLOCKED),
    # Scrapy cancels a download that passes DOWNLOAD_MAXSIZE, and nothing else.
    ((BodyTooLargeError, DownloadCancelledError), Outcome.TOO_LARGE),
    (UndecodableBodyError, Outcome.PARSE_ERROR),
)


def classify_failure(error: BaseException) -> tuple[Outcome, str]:
    """The outcome of a request that ended without a response, and the reason in one line.

    Everything that is not known to be a refusal, a size limit or a bad encoding counts as ``network_error``; a
    timeout's reason begins with ``timeout``.
    """
    outcome = next((found for kinds, found in _FAILURES if isinstance(error, kinds)), Outcome.NETWORK_ERROR)
    reason = " ".join(str(error).split()) or type(error).__name__
    return outcome, f"timeout: {reason}" if isinstance(error, DownloadTimeoutError) else reason


def require_contact(
    settings: Settings, hosts: Iterable[str], is_own: Callable[[str], bool] = lambda _host: False
) -> None:
    """Raise SettingsError when a foreign host is to be crawled and no contact address is configured.

    ``is_own`` tells hosts that are our own (the demo web), see :func:`own_hosts`.
    """
    if settings.contact:
        return
    foreign = next((host for host in hosts if not is_own(host)), None)
    if foreign is not None:
        raise SettingsError(
            f"Crawling {foreign} needs a contact address: set BLOGHOUND_CONTACT to a page or mailbox "
            "(https:// or mailto:) where its owner can reach you."
        )


def own_hosts(static_hosts: Mapping[str, Endpoint]) -> Callable[[str], bool]:
    """A test for hosts that ``static_hosts`` maps to an endpoint of ours."""
    policy = DialPolicy(static_hosts=static_hosts)
    return lambda host: policy.static_endpoint(host) is not None
