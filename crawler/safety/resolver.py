"""The resolver that every connection of a live crawl goes through: it hands out public addresses only.

Set as ``TWISTED_DNS_RESOLVER`` in the *process* settings (a spider's own settings come too late). Twisted asks it for
literal addresses as well, tells it the port, and dials exactly the endpoints it returns, so that no second look-up
can be answered differently. Central names: :class:`FilteringResolver`, :data:`CURRENT_DIAL`.
"""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any, Self

from scrapy.crawler import Crawler
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IHostnameResolver, IHostResolution
from twisted.internet.threads import deferToThreadPool
from zope.interface import implementer

from bloghound.errors import RefusedAddressError
from crawler.safety.policy import WEB_PORTS, DialPolicy

PORTS_SETTING = "BLOGHOUND_PORTS"
STATIC_HOSTS_SETTING = "BLOGHOUND_STATIC_HOSTS"
LOOKUP_SETTING = "BLOGHOUND_LOOKUP"

CANARY_NAME = "canary.bloghound.invalid"
"""A name under the reserved top-level domain (RFC 2606) that this resolver answers with an internal address, as a
hostile name server would: it must be refused like any other."""
_CANARY_ANSWERS = ("127.0.0.1",)

# Long enough that one visit's requests to a host share a look-up, short enough to follow a move of a site.
_CACHE_SECONDS = 300.0
_CACHE_NAMES = 10_000

Lookup = Callable[[str], Sequence[str]]
"""Asks DNS (blocking): the IP addresses of a name. Raises OSError or UnicodeError when there are none."""


@dataclass(slots=True)
class Dial:
    """One request's attempt to connect; the resolver notes here why it refused."""

    refusal: RefusedAddressError | None = None


CURRENT_DIAL: ContextVar[Dial | None] = ContextVar("CURRENT_DIAL", default=None)
"""The attempt that a look-up belongs to: Twisted has no other way to tell a refusal from a name without addresses."""


def system_lookup(host: str) -> tuple[str, ...]:
    """The addresses of ``host`` by the operating system's resolver."""
    return tuple(str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


@implementer(IHostResolution)
class _Resolution:
    def __init__(self, name: str) -> None:
        self.name = name

    def cancel(self) -> None:
        """Nothing to stop: the answer of a cancelled attempt is dropped by its receiver."""


@implementer(IHostnameResolver)
class FilteringResolver:
    """Looks names up in threads and passes on what :class:`DialPolicy` admits; remembers answers for some minutes.

    Reactor and receivers are typed as Any: Twisted describes them by zope interfaces, which type checkers cannot read.
    """

    def __init__(
        self,
        reactor: Any,
        policy: DialPolicy,
        lookup: Lookup = system_lookup,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.policy = policy
        self.proven = False
        """True once the canary was refused through this resolver."""
        self._reactor = reactor
        self._lookup = lookup
        self._clock = clock
        self._cache: dict[str, tuple[float, tuple[str, ...]]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> Self:
        """Built from the process settings that :func:`crawler.downloads.scrapy_settings` makes."""
        settings = crawler.settings
        policy = DialPolicy(
            ports=frozenset(settings.get(PORTS_SETTING) or WEB_PORTS),
            static_hosts=dict(settings.get(STATIC_HOSTS_SETTING) or {}),
        )
        return cls(reactor, policy, settings.get(LOOKUP_SETTING) or system_lookup)

    def install_on_reactor(self) -> None:
        """Take the place of the reactor's own resolver."""
        self._reactor.installNameResolver(self)

    @contextmanager
    def probing(self, port: int) -> Iterator[None]:
        """Admit ``port`` for a while, so that the canary tests the address filter and not the port filter."""
        before = self.policy
        self.policy = replace(before, ports=before.ports | {port})
        try:
            yield
        finally:
            self.policy = before

    def resolveHostName(  # noqa: N802 - Twisted's interface names it
        self,
        resolutionReceiver: Any,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type] | None = None,  # noqa: ARG002, N803
        transportSemantics: str = "TCP",  # noqa: ARG002, N803
    ) -> _Resolution:
        """Report the admitted endpoints to the receiver; none when the name is refused or has no address."""
        resolution = _Resolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)
        Deferred.fromCoroutine(self._answer(resolutionReceiver, hostName, portNumber, CURRENT_DIAL.get()))
        return resolution

    async def _answer(self, receiver: Any, host: str, port: int, dial: Dial | None) -> None:
        try:
            self.policy.check_host(host, port)
            answers = () if self.policy.static_endpoint(host) else await self._addresses_of(host)
            for address, dialled_port in self.policy.admit(host, port, answers):
                kind = IPv6Address if ":" in address else IPv4Address
                receiver.addressResolved(kind("TCP", address, dialled_port))
        except RefusedAddressError as refusal:
            if dial is not None:
                dial.refusal = refusal
        receiver.resolutionComplete()

    async def _addresses_of(self, host: str) -> tuple[str, ...]:
        if host == CANARY_NAME:
            return _CANARY_ANSWERS
        expires, answers = self._cache.get(host, (0.0, ()))
        if expires > self._clock():
            return answers
        pool = self._reactor.getThreadPool()
        try:
            answers = tuple(await deferToThreadPool(self._reactor, pool, self._lookup, host))
        except (OSError, UnicodeError):
            return ()
        if len(self._cache) >= _CACHE_NAMES:
            self._cache.clear()
        self._cache[host] = (self._clock() + _CACHE_SECONDS, answers)
        return answers
