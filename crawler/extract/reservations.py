"""What a site asks of machines: robots meta tags, ``X-Robots-Tag``, and TDMRep (W3C community group)."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from bloghound.errors import ParseError
from bloghound.records import Reservations
from crawler.extract.encoding import one_line
from crawler.parsed import Document

CRAWLER_NAME = "bloghound"
"""The name under which a page can address this crawler alone."""

_NOINDEX = frozenset({"noindex", "none"})
_NOFOLLOW = frozenset({"nofollow", "none"})
# "noai" is no standard, but a plain statement against machine use of the text: what TDMRep says formally.
_TDM_WORDS = frozenset({"noai", "notdm", "tdm-reservation:1"})
# Directives that themselves contain a colon, so that the part before it is no crawler's name.
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after", "tdm-reservation"})


@dataclass(frozen=True, slots=True)
class TdmRule:
    """One entry of ``/.well-known/tdmrep.json``: a path pattern (``*`` and ``$`` as in robots.txt), reserved or not."""

    location: str
    reserved: bool


def read_reservations(document: Document, meta: dict[str, tuple[str, ...]]) -> Reservations:
    """All reservations of a page: the strictest of its meta tags and its HTTP headers. ``signals`` quotes them."""
    signals: list[str] = []
    words: set[str] = set()
    for source, value in _statements(document, meta):
        found = _directives(value)
        if found - {"index", "follow", "all"}:
            signals.append(f"{source}: {one_line(value, 120)}")
            words |= found
    return Reservations(
        noindex=bool(words & _NOINDEX),
        nofollow=bool(words & _NOFOLLOW),
        tdm_reserved=bool(words & _TDM_WORDS),
        signals=tuple(dict.fromkeys(signals)),
    )


def parse_tdmrep(body: bytes) -> tuple[TdmRule, ...]:
    """The rules of a ``tdmrep.json`` in order. Raises ParseError when it is no JSON list."""
    try:
        entries = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError("The tdmrep.json is not valid JSON.") from error
    if not isinstance(entries, list):
        raise ParseError("The tdmrep.json is not a list of rules.")
    return tuple(
        TdmRule(entry["location"], str(entry.get("tdm-reservation")) == "1")
        for entry in entries
        if isinstance(entry, dict) and isinstance(entry.get("location"), str)
    )


def is_tdm_reserved(rules: Iterable[TdmRule], url: str) -> bool:
    """True when the first rule that matches the path of ``url`` reserves text and data mining."""
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return next((rule.reserved for rule in rules if _matches(rule.location, path)), False)


def _matches(location: str, path: str) -> bool:
    anchored = location.endswith("$")
    pattern = ".*".join(re.escape(piece) for piece in re.split(r"\*+", location.removesuffix("$")))
    return re.match(pattern + ("$" if anchored else ""), path) is not None


def _statements(document: Document, meta: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name in ("robots", CRAWLER_NAME):
        for value in meta.get(name, ()):
            yield f"meta {name}", value
    for value in meta.get("tdm-reservation", ()):
        yield "meta tdm-reservation", f"tdm-reservation:{value}"
    for value in document.header_values("x-robots-tag"):
        own = _addressed_to_us(value)
        if own:
            yield "X-Robots-Tag", own
    for value in document.header_values("tdm-reservation"):
        yield "header tdm-reservation", f"tdm-reservation:{value}"


def _addressed_to_us(header: str) -> str:
    """The part of an ``X-Robots-Tag`` that is for every crawler or for this one (``otherbot: noindex`` is not)."""
    kept: list[str] = []
    agent = ""
    for piece in header.split(","):
        name, colon, rest = piece.partition(":")
        if colon and name.strip().lower() not in _VALUED:
            agent, piece = name.strip().lower(), rest  # noqa: PLW2901 - the agent's name is cut off
        if agent in {"", "*", CRAWLER_NAME}:
            kept.append(piece.strip())
    return ", ".join(kept)


def _directives(value: str) -> set[str]:
    return {"".join(word.split()) for word in value.lower().replace(";", ",").split(",") if word.strip()}
