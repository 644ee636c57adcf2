"""What a robots.txt answer allows, by RFC 9309. Pure: nothing here fetches or waits.

Central names: :func:`decide`, :class:`Rules`, :class:`RobotsAnswer`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from protego import Protego

from bloghound.errors import AddressError
from bloghound.urls import parse_address

ROBOT_NAME = "Bloghound"
"""The product token by which a robots.txt addresses this crawler (RFC 9309, section 2.2.1)."""

MAX_ROBOTS_BYTES = 500 * 1024
"""RFC 9309, section 2.5: at least this much must be read; a file of 5 MB would take six seconds to parse."""
MAX_CRAWL_DELAY_SECONDS = 300.0
"""Longer gaps are kept at this: 288 pages a day, which a visit can still live with."""
MAX_MATCHES = 100_000
"""Addresses times lines of rules that are matched in one go: some 4 µs each, in the process that serves all sites."""
_MAX_SITEMAPS = 100
_MAX_SIGNALS = 20

_HTML = re.compile(rb"^[\s\xef\xbb\xbf]*<(!doctype|html|head|body|\?xml|!--)", re.IGNORECASE)
# Statements about machine use that are no rules of RFC 9309: Cloudflare's Content-Signal, the IETF's Content-Usage
# draft (AI preferences), and the unofficial noindex line.
_SIGNAL = re.compile(r"^\s*(content-signal|content-usage|noindex|tdm-reservation)\s*:\s*(.{1,200})", re.IGNORECASE)


class Access(StrEnum):
    """Where the rules come from."""

    RULES = "rules"
    """The server sent a robots.txt."""
    UNAVAILABLE = "unavailable"
    """The server says that it has none (4xx): everything is allowed (RFC 9309, section 2.3.1.3)."""
    UNREACHABLE = "unreachable"
    """It cannot be known (5xx, 429, no answer): nothing is allowed for now (RFC 9309, section 2.3.1.4)."""


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What came of asking for a robots.txt; ``status`` is 0 when there was no response, with the ``reason``."""

    status: int
    body: bytes = b""
    location: str = ""
    retry_after: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt asks of Bloghound.

    ``sitemaps`` are absolute addresses; ``signals`` quotes statements about machine use that are no access rules.
    ``crawl_delay_seconds`` is the gap asked for by Crawl-delay or Request-rate, at most MAX_CRAWL_DELAY_SECONDS.
    """

    access: Access
    crawl_delay_seconds: float | None = None
    sitemaps: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    reason: str = ""
    parsed: Protego | None = None
    lines: int = 0
    """Lines of the file, of which each may be a rule."""

    def allows(self, url: str) -> bool:
        """Whether ``url`` may be fetched; an address that cannot be matched against the rules may not."""
        if self.parsed is None:
            return self.access is Access.UNAVAILABLE
        try:
            return self.parsed.can_fetch(url, ROBOT_NAME)
        except ValueError:
            return False

    def is_quick_for(self, addresses: int) -> bool:
        """Whether so many addresses can be matched at once: a hostile file makes 26,000 rules of its 500 KiB."""
        return addresses * self.lines <= MAX_MATCHES

    def forbids_everything(self, home_url: str) -> bool:
        """Whether neither the home page nor any page beside it may be fetched, by rule and not by failure."""
        samples = (home_url, home_url + "any-page", urljoin(home_url, "any-page"))
        return self.access is Access.RULES and not any(self.allows(url) for url in samples)


def robots_url(url: str) -> str:
    """The address of the robots.txt that governs ``url``: one per scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"


def decide(answer: RobotsAnswer, url: str) -> Rules:
    """The rules that follow from an answer that is no redirect; ``url`` is the robots.txt's address."""
    if 200 <= answer.status < 300:
        return parse_robots(answer.body, url)
    if 400 <= answer.status < 500 and answer.status != 429:
        return Rules(Access.UNAVAILABLE, reason=f"robots.txt: HTTP {answer.status}")
    return Rules(
        Access.UNREACHABLE,
        reason=f"robots.txt: HTTP {answer.status}" if answer.status else f"robots.txt: {answer.reason}",
    )


def parse_robots(body: bytes, url: str) -> Rules:
    """The rules in the first MAX_ROBOTS_BYTES of a robots.txt; an HTML page in its place has none."""
    text = "" if _HTML.match(body[:1024]) else _decode(_cut(body))
    parsed = Protego.parse(text)
    return Rules(
        Access.RULES,
        crawl_delay_seconds=_gap(parsed),
        sitemaps=tuple(dict.fromkeys(_sitemaps(parsed, url)))[:_MAX_SITEMAPS],
        signals=tuple(dict.fromkeys(_signals(text)))[:_MAX_SIGNALS],
        parsed=parsed,
        lines=len(text.splitlines()),
    )


def _cut(body: bytes) -> bytes:
    """The first part of the file, up to a whole line: half a rule (``Disallow: /``) could forbid far too much."""
    if len(body) <= MAX_ROBOTS_BYTES:
        return body
    part = body[:MAX_ROBOTS_BYTES]
    return part[: max(part.rfind(b"\n"), part.rfind(b"\r")) + 1]


def _decode(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8-sig", "replace")


def _gap(parsed: Protego) -> float | None:
    delay = parsed.crawl_delay(ROBOT_NAME)
    rate = parsed.request_rate(ROBOT_NAME)
    gaps = [delay] if delay is not None else []
    if rate is not None:
        gaps.append(rate.seconds / rate.requests)
    return min(max(gaps), MAX_CRAWL_DELAY_SECONDS) if gaps else None


def _sitemaps(parsed: Protego, url: str) -> Iterator[str]:
    for listed in parsed.sitemaps:
        try:
            yield parse_address(listed, url)
        except AddressError:
            continue


def _signals(text: str) -> Iterator[str]:
    for line in text.splitlines():
        match = _SIGNAL.match(line.partition("#")[0])
        if match:
            yield f"robots.txt: {match[1].lower()}: {' '.join(match[2].split())}"
