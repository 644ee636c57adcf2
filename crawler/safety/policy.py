"""The decision whether a connection may be made: which port, which addresses, which names are mapped by us. Pure.

Central names: :class:`DialPolicy`, :data:`WEB_PORTS`.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bloghound.errors import RefusedAddressError
from bloghound.urls import shorten
from crawler.safety.addresses import parse_literal, special_purpose

WEB_PORTS = frozenset({80, 443, 8080, 8443})
"""Ports where public web servers listen; any other is somebody's service that no blog needs."""

Endpoint = tuple[str, int]
"""An IP address and a port: what is dialled."""


@dataclass(frozen=True, slots=True)
class DialPolicy:
    """Which endpoints may be dialled.

    ``static_hosts`` maps a name, or ``*.`` and a suffix, to the one endpoint that stands for it (the demo web): such a
    name never goes to DNS, and is the only way to a non-public address.
    """

    ports: frozenset[int] = WEB_PORTS
    static_hosts: Mapping[str, Endpoint] = field(default_factory=dict)

    def static_endpoint(self, host: str) -> Endpoint | None:
        """The endpoint that a mapped name stands for, or None when the name is not mapped."""
        name = host.lower().rstrip(".")
        if name in self.static_hosts:
            return self.static_hosts[name]
        labels = name.split(".")
        suffixes = ("*." + ".".join(labels[start:]) for start in range(1, len(labels)))
        return next((self.static_hosts[suffix] for suffix in suffixes if suffix in self.static_hosts), None)

    def check_host(self, host: str, port: int) -> None:
        """Raise RefusedAddressError when the host and port alone, before any look-up, show that it may not be dialled.

        A mapped name may be asked for at its endpoint's port or at the http port, which then stands for it.
        """
        mapped = self.static_endpoint(host)
        if port not in (self.ports if mapped is None else {mapped[1], 80}):
            raise RefusedAddressError(f"Port {port} of {shorten(host)} is not one that the crawler may use.")
        literal = None if mapped else parse_literal(host)
        if literal is not None:
            self._check_address(host, str(literal))

    def admit(self, host: str, port: int, answers: Iterable[str]) -> tuple[Endpoint, ...]:
        """The endpoints to dial for ``host``, given what the look-up answered.

        One non-public answer refuses the name as a whole: a name that also points inside is an attack.
        Raises RefusedAddressError.
        """
        self.check_host(host, port)
        mapped = self.static_endpoint(host)
        if mapped is not None:
            return (mapped,)
        addresses = tuple(dict.fromkeys(answers))
        for address in addresses:
            self._check_address(host, address)
        return tuple((str(ipaddress.ip_address(address)), port) for address in addresses)

    def _check_address(self, host: str, address: str) -> None:
        reason = special_purpose(address)
        if reason is not None:
            raise RefusedAddressError(f"{shorten(host)} is not on the public web: {shorten(address)} is {reason}.")
