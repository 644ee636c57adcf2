"""Which IP addresses are public, by the IANA registries, in every spelling that a resolver accepts. Pure.

The standard library's ``is_global`` and ``is_private`` pass many special-purpose addresses (multicast, 6to4, NAT64,
site-local), so the tables are written out here. Central names: :func:`special_purpose`, :func:`is_public`,
:func:`parse_literal`.
"""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# IANA IPv4 Special-Purpose Address Registry, plus multicast (RFC 5771). Blocks that the registry calls globally
# reachable (AS112, AMT, anycast assignments) are infrastructure where no web site lives, so they are refused too.
_IPV4_BLOCKS = tuple(
    (ipaddress.IPv4Network(block), name)
    for block, name in (
        ("0.0.0.0/8", "this network, RFC 791"),
        ("10.0.0.0/8", "private use, RFC 1918"),
        ("100.64.0.0/10", "carrier-grade NAT, RFC 6598"),
        ("127.0.0.0/8", "loopback, RFC 1122"),
        ("169.254.0.0/16", "link-local, RFC 3927"),
        ("172.16.0.0/12", "private use, RFC 1918"),
        ("192.0.0.0/24", "IETF protocol assignments, RFC 6890"),
        ("192.0.2.0/24", "documentation, RFC 5737"),
        ("192.31.196.0/24", "AS112, RFC 7535"),
        ("192.52.193.0/24", "AMT, RFC 7450"),
        ("192.88.99.0/24", "6to4 relay anycast, RFC 7526"),
        ("192.168.0.0/16", "private use, RFC 1918"),
        ("192.175.48.0/24", "AS112, RFC 7534"),
        ("198.18.0.0/15", "benchmarking, RFC 2544"),
        ("198.51.100.0/24", "documentation, RFC 5737"),
        ("203.0.113.0/24", "documentation, RFC 5737"),
        ("224.0.0.0/4", "multicast, RFC 5771"),
        ("240.0.0.0/4", "reserved, RFC 1112"),
    )
)

# IANA IPv6 Special-Purpose Address Registry, within the one block that is allocated as global unicast (RFC 4291).
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_IPV6_BLOCKS = tuple(
    (ipaddress.IPv6Network(block), name)
    for block, name in (
        ("2001::/23", "IETF protocol assignments, RFC 2928"),
        ("2001:db8::/32", "documentation, RFC 3849"),
        ("2620:4f:8000::/48", "AS112, RFC 7534"),
        ("3fff::/20", "documentation, RFC 9637"),
    )
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_PART = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


def special_purpose(address: IPAddress | str) -> str | None:
    """Why ``address`` is not a public unicast address (block and RFC), or None when it is public.

    An IPv4 address embedded in an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo) is judged by what it holds.
    Text that is no IP address in canonical form is never public.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "not an IP address"
    return _block_name(parsed, _IPV4_BLOCKS) if parsed.version == 4 else _special_purpose_v6(parsed)


def _special_purpose_v6(parsed: ipaddress.IPv6Address) -> str | None:
    if parsed.scope_id is not None:
        return "scoped to one interface, RFC 4007"
    if parsed.is_loopback or parsed.is_unspecified:
        return "loopback, RFC 4291"
    embedded = embedded_ipv4(parsed)
    if embedded:
        return next((reason for inner in embedded if (reason := _block_name(inner, _IPV4_BLOCKS))), None)
    return _block_name(parsed, _IPV6_BLOCKS) if parsed in _GLOBAL_UNICAST else "not global unicast, RFC 4291"


def _block_name(address: IPAddress, blocks: Iterable[tuple[Network, str]]) -> str | None:
    return next((name for block, name in blocks if address in block), None)


def is_public(address: IPAddress | str) -> bool:
    """Whether ``address`` is a public unicast address, where a stranger's web server may be."""
    return special_purpose(address) is None


def embedded_ipv4(address: ipaddress.IPv6Address) -> tuple[ipaddress.IPv4Address, ...]:
    """The IPv4 addresses that packets to ``address`` would reach through a translator or tunnel; empty when none."""
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        return (low,)
    if address in _COMPATIBLE:
        return (low,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    return address.teredo or ()


def parse_literal(host: str) -> IPAddress | None:
    """The IP address that ``host`` spells, or None when it is a name.

    Knows brackets, zone ids, full-width digits and dots (as IDNA does, RFC 3490 section 3.1), and the IPv4 forms of the
    WHATWG URL standard: decimal, octal, hex, and fewer than four parts (``2130706433``, ``0177.1``, ``0x7f.0.0.1``).
    """
    text = unicodedata.normalize("NFKC", host).replace("\u3002", ".").strip().strip("[]").rstrip(".")
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return _parse_loose_ipv4(text)


def _parse_loose_ipv4(text: str) -> ipaddress.IPv4Address | None:
    parts = text.split(".")
    if len(parts) > 4 or not all(_IPV4_PART.fullmatch(part) for part in parts):
        return None
    try:
        numbers = [_ipv4_number(part) for part in parts]
    except ValueError:
        return None
    *leading, last = numbers
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        return None
    value = last + sum(number << (8 * (3 - place)) for place, number in enumerate(leading))
    return ipaddress.IPv4Address(value)


def _ipv4_number(part: str) -> int:
    if part[:2] in {"0x", "0X"}:
        return int(part[2:] or "0", 16)
    return int(part, 8) if len(part) > 1 and part.startswith("0") else int(part)
