"""One request as the visits ask for it: in its turn, by robots.txt, with every ending turned into a value.

Central names: :class:`Fetcher`, :class:`Fetched`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from scrapy import Request
from scrapy.http import Response

from bloghound.errors import ArchiveError, StorageError, UnsafeCrawlerError
from bloghound.records import Outcome
from crawler import visits
from crawler.archive.handler import NOT_IN_ARCHIVE, TOO_LARGE
from crawler.downloads import MAX_DOWNLOAD_BYTES, classify_failure
from crawler.politeness.pace import Pacer
from crawler.politeness.robots import RobotsAnswer, Rules
from crawler.politeness.robots_cache import RobotsCache
from storage.tables.base import utc_now

FATAL_ERRORS = (ArchiveError, StorageError, UnsafeCrawlerError)
"""What ends the crawl instead of one page: a full disk, a lost database, a guard that does not hold."""

Download = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one request: a response (``status`` above 0) or the reason why there was none.

    ``outcome`` is set when nothing is left to be read; ``redirect_url`` when the answer sends us on. Header names are
    lower-case; ``body`` is decoded.
    """

    url: str
    fetched_at: datetime
    status: int = 0
    outcome: Outcome | None = None
    reason: str = ""
    redirect_url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    header_pairs: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    warc_file: str | None = None
    warc_offset: int | None = None

    @classmethod
    def failed(cls, url: str, outcome: Outcome, reason: str) -> Self:
        """A request that brought no response."""
        return cls(url=url, fetched_at=utc_now(), outcome=outcome, reason=reason)

    @property
    def content_type(self) -> str:
        """The media type with its parameters; empty when the server named none."""
        return self.headers.get("content-type", "")


_ROBOTS_FETCHES: ContextVar[list[Fetched]] = ContextVar("_ROBOTS_FETCHES")


class Fetcher:
    """Fetches single addresses for all visits of a worker; never raises for what a server does."""

    def __init__(self, download: Download, pacer: Pacer, *, retry_delays_seconds: Sequence[float] = ()) -> None:
        self._download = download
        self._pacer = pacer
        self._retry_delays_seconds = retry_delays_seconds
        self._robots = RobotsCache(self._fetch_robots, retry_delays_seconds=retry_delays_seconds)

    async def rules(self, url: str) -> tuple[Rules, list[Fetched]]:
        """What robots.txt says about the host of ``url``, and the requests that were made to know it.

        Raises HostParkedError when the host wants to be left and its robots.txt is not known.
        """
        fetches: list[Fetched] = []
        token = _ROBOTS_FETCHES.set(fetches)
        try:
            return await self._robots.rules_for(url), fetches
        finally:
            _ROBOTS_FETCHES.reset(token)

    def robots_again_at(self, url: str) -> datetime | None:
        """When an unreachable robots.txt is asked for again, as soon as a page would be; None when it is too late."""
        wait = self._robots.seconds_until_retry(url)
        is_soon = wait <= max(self._retry_delays_seconds, default=-1.0)
        return utc_now() + timedelta(seconds=wait) if is_soon else None

    async def fetch(self, url: str, rules: Rules, headers: Mapping[str, str] | None = None) -> Fetched:
        """The answer to one request, redirects not followed; raises HostParkedError when the host wants to be left."""
        async with self._pacer.turn(url, rules.crawl_delay_seconds):
            return await self._request(url, headers)

    async def _fetch_robots(self, url: str) -> RobotsAnswer:
        async with self._pacer.turn(url):
            fetched = await self._request(url)
        _ROBOTS_FETCHES.get().append(_as_robots(fetched))
        return RobotsAnswer(
            fetched.status,
            fetched.body,
            fetched.headers.get("location", ""),
            fetched.headers.get("retry-after", ""),
            fetched.reason,
        )

    async def _request(self, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        try:
            request = Request(url, headers=dict(headers or {}), dont_filter=True)
            response = await self._download(request)
        except FATAL_ERRORS:
            raise
        except Exception as error:  # noqa: BLE001 - whatever the network does is an outcome, never the end of a crawl
            self._pacer.report(url, 0)
            return Fetched.failed(url, *classify_failure(error))
        fetched = as_fetched(url, request, response)
        self._pacer.report(url, fetched.status, fetched.headers.get("retry-after", ""))
        return fetched


def as_fetched(url: str, request: Request, response: Response) -> Fetched:
    """A response as the visits see it."""
    pairs = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1"))
        for name in response.headers
        for value in response.headers.getlist(name)
    )
    headers = dict(reversed(pairs))
    verdict = visits.judge(url, response.status, headers.get("location"), body_bytes=len(response.body))
    outcome, reason = verdict.outcome, verdict.reason
    if TOO_LARGE in response.flags:
        outcome, reason = Outcome.TOO_LARGE, f"more than {MAX_DOWNLOAD_BYTES} bytes"
    elif NOT_IN_ARCHIVE in response.flags:
        reason = "not in the archive"
    return Fetched(
        url=url,
        fetched_at=request.meta.get("fetched_at") or utc_now(),
        status=response.status,
        outcome=outcome,
        reason=reason,
        redirect_url=verdict.redirect_url,
        headers=headers,
        header_pairs=pairs,
        body=response.body,
        warc_file=request.meta.get("archive_file"),
        warc_offset=request.meta.get("archive_offset"),
    )


def _as_robots(fetched: Fetched) -> Fetched:
    """An answer to a request for robots.txt, which may be empty or of any type."""
    if fetched.redirect_url is not None:
        return replace(fetched, outcome=Outcome.REDIRECT)
    return replace(fetched, outcome=Outcome.ROBOTS_TXT, reason="") if 200 <= fetched.status < 300 else fetched
