"""Scrapy's HTTP handler behind the guard: nothing is fetched before the canary was refused, and refusals have a name.

Central names: :class:`GuardedDownloadHandler`, :func:`verify_guard`.
"""

import asyncio
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response

from bloghound.errors import RefusedAddressError, UnsafeCrawlerError
from bloghound.urls import shorten
from crawler.safety.canary import check_canary
from crawler.safety.client import BoundedClientFactory
from crawler.safety.resolver import CANARY_NAME, CURRENT_DIAL, Dial, FilteringResolver

IDLE_SECONDS = 20
"""How long a connection is kept for the next request to its host: some times the usual gap. Twisted's 240 would leave
thousands of them open, each with its buffers, since a crawl soon has no more to ask of most hosts."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Request attributes that would make Scrapy dial something else than the address.
_DETOURS = ("proxy", "bindaddress")


class GuardedDownloadHandler(HTTP11DownloadHandler):
    """Fetches over HTTP/1.1 from public addresses only.

    Raises RefusedAddressError for any other, and UnsafeCrawlerError for every request when the guard is not in place.
    """

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = BoundedClientFactory
        self._pool.cachedConnectionTimeout = IDLE_SECONDS
        self._proving = asyncio.Lock()

    async def download_request(self, request: Request) -> Response:
        """The response, within DOWNLOAD_TIMEOUT seconds from look-up to last byte."""
        resolver = _installed_resolver()
        if not resolver.proven:
            await self._prove(resolver)
        return await self._dial(resolver, request)

    async def _prove(self, resolver: FilteringResolver) -> None:
        async with self._proving:
            if not resolver.proven:
                await check_canary(lambda url: self._dial(resolver, Request(url)), resolver.probing)
                resolver.proven = True

    async def _dial(self, resolver: FilteringResolver, request: Request) -> Response:
        if any(request.meta.get(detour) for detour in _DETOURS):
            raise RefusedAddressError(f"{shorten(request.url)} may not be fetched by way of a proxy.")
        resolver.policy.check_host(*_host_and_port(request.url))
        dial = Dial()
        token = CURRENT_DIAL.set(dial)
        try:
            return await super().download_request(request)
        except CannotResolveHostError as error:
            if dial.refusal is not None:
                raise dial.refusal from error
            raise
        finally:
            CURRENT_DIAL.reset(token)


async def verify_guard(crawler: Crawler) -> None:
    """Prove the guard through the running engine of ``crawler``; to be awaited before its first request.

    Raises UnsafeCrawlerError when it does not hold. (Every handler refuses to fetch until then in any case.)
    """
    if crawler.engine is None:
        raise UnsafeCrawlerError("The crawler does not start: it has no engine to test its guard with.")
    try:
        await crawler.engine.download_async(Request(f"http://{CANARY_NAME}/"))
    except RefusedAddressError:
        return
    raise UnsafeCrawlerError("The crawler does not start: its guard let a request through to this machine.")


def _installed_resolver() -> FilteringResolver:
    from twisted.internet import reactor  # noqa: PLC0415 - importing it installs it

    resolver = getattr(reactor, "nameResolver", None)
    if not isinstance(resolver, FilteringResolver):
        raise UnsafeCrawlerError("The crawler does not start: its address filter is not installed in this process.")
    return resolver


def _host_and_port(url: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS[parts.scheme]
    except (ValueError, KeyError) as error:
        raise RefusedAddressError(f"{shorten(url)} is not a web address.") from error
    return parts.hostname or "", port
