"""Addresses that lead to this machine or its network: every spelling, names with hostile answers, other schemes.

``{port}`` is the canary's. Central names: :data:`SPELLINGS`, :data:`NAMES`, :data:`OTHERS`, :class:`FakeLookup`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# 127.0.0.1 and ::1 as a URL may spell them: dotted, short, decimal, octal, hex, mixed, full-width, with a final dot;
# IPv6 in long and short form; IPv4 inside IPv6: mapped, compatible, NAT64, 6to4, Teredo; other addresses of this host.
SPELLINGS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7F.0.0.1 0177.0.0.1 017700000001 0177.0x0.0.1 127.0.0.1. 0.0.0.0 0
１２７.０.０.１ 127。0。0。1 127.0.0.2 127.255.255.254 [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1]
[::127.0.0.1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::80ff:fffe] [fec0::1] [fe80::1]
[fe80::1%25lo] localhost LOCALHOST localhost. user@127.0.0.1 blog.example@127.0.0.1
""".split()

# What a hostile or split-horizon name server answers for a label, look-up by look-up; the last answer is repeated.
NAMES: Mapping[str, Sequence[Sequence[str]]] = {
    "inside": [["127.0.0.1"]],
    "mixed": [["93.184.216.34", "127.0.0.1"]],
    "mixed-last": [["127.0.0.1", "93.184.216.34"]],
    "six": [["::1"]],
    "mapped": [["::ffff:127.0.0.1"]],
    "sixtofour": [["2002:7f00:1::"]],
    "nat64": [["64:ff9b::7f00:1"]],
    "private": [["192.168.0.1"]],
    "shared": [["100.64.0.1"]],
    "metadata": [["169.254.169.254"]],
    "multicast": [["224.0.0.1"]],
    "junk": [["127.0.0.1%lo", "not an address"]],
    # Nothing at first, then an address inside: whoever looks up again is led astray.
    "rebinding": [[], ["127.0.0.1"]],
}

OTHERS = """
file:///etc/passwd ftp://127.0.0.1:{port}/ gopher://127.0.0.1:{port}/_GET data:text/html,<p>x javascript:alert(1)
""".split()
"""Addresses of other schemes than the web's."""

CLOSED_PORTS = (22, 25, 6379, 9200, 11211)
"""SSH, mail, Redis, Elasticsearch, memcached: services that answer to whatever is sent to them."""


def addresses(port: int) -> list[str]:
    """Every web address that leads inside, at the canary's port."""
    return [f"http://{host}:{port}/" for host in SPELLINGS] + named_addresses(port)


def named_addresses(port: int, suffix: str = "test") -> list[str]:
    """Those of them that say a name, under any top-level domain."""
    return [f"http://{name}.{suffix}:{port}/" for name in NAMES]


@dataclass
class FakeLookup:
    """Stands in for DNS with the answers of NAMES, under any domain, and of the hosts file.

    It can be sent to the crawling process.
    """

    answers: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=lambda: NAMES)
    asked: dict[str, int] = field(default_factory=dict)

    def __call__(self, host: str) -> Sequence[str]:
        name = host.lower().rstrip(".")
        turns = {"localhost": [["127.0.0.1", "::1"]]}.get(name) or self.answers.get(name.partition(".")[0])
        if turns is None:
            raise OSError(f"{host} has no address")
        self.asked[name] = self.asked.get(name, 0) + 1
        found = turns[min(self.asked[name], len(turns)) - 1]
        if not found:
            raise OSError(f"{host} has no address yet")
        return found
