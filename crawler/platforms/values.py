"""Read values of the expected kind out of strangers' JSON and HTML; anything else is None or empty. Pure."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from bloghound.errors import AddressError, ParseError
from bloghound.records import EngagementKind, EngagementReading, Link, LinkContext, UnknownReason
from bloghound.urls import parse_address
from crawler.extract.prescan import check_markup

GONE_STATUSES = frozenset({404, 410})
"""By these a server says that there is no such thing (RFC 9110, 15.5).

Nothing else says so: not 401 and 403, by which a server or a firewall shuts out whoever asks, nor 429, 5xx or no answer
at all. What is stored of a profile that is gone is removed.
"""
MAX_TEXT_CHARS = 100_000
MAX_NESTING = 100
"""Open elements in a fragment: posts have a handful, and a parser's work grows with the square of it."""
_MAX_COUNT = 2**53  # what JSON numbers hold exactly (RFC 8259, section 6), and far below what a database overflows at

_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
# Only where it begins: what ends at the next ">" would be looked for to the end of the text each time there is none.
_BREAK = re.compile(
    r"<(?:/?(?:p|li|ul|ol|blockquote|div|h[1-6]|pre|figure|figcaption|tr|td|th|dt|dd)|br|hr)\b", re.IGNORECASE
)
# Elements without an end, or that the next of their kind ends (HTML standard, 13.1.2 and 13.1.2.4).
_UNNESTED = frozenset("p li dt dd tr td th option a br hr img input wbr source embed col link meta".split())


def parse_json(body: bytes, source: str) -> Any:
    """The JSON value in ``body``; raises ParseError that names ``source``."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"{source} did not answer with JSON.") from error


def fields(value: Any) -> dict[str, Any]:
    """``value`` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[dict[str, Any]]:
    """The objects in ``value`` when it is a JSON array, else none."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """``value`` when it is a string, fit to be stored: no NUL, no lone surrogates, not endless."""
    cut = value[:MAX_TEXT_CHARS] if isinstance(value, str) else ""
    return cut.replace("\0", "").encode("utf-8", "replace").decode()


def count(value: Any) -> int | None:
    """``value`` when it is a plausible count."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX_COUNT else None


def flag(value: Any) -> bool | None:
    """``value`` when it is true or false; null and absence mean that nothing was stated."""
    return value if isinstance(value, bool) else None


def moment(value: Any) -> datetime | None:
    """A time in RFC 3339 form, in UTC; None for one that no calendar in UTC holds."""
    try:
        found = datetime.fromisoformat(text(value))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def web_address(value: Any, base_url: str | None = None) -> str | None:
    """An http(s) address."""
    candidate = text(value)
    if base_url is None and not candidate.startswith(("http://", "https://")):
        return None
    try:
        return parse_address(candidate, base_url)
    except AddressError:
        return None


def plain_text(html: str) -> str:
    """The words of an HTML fragment, without addresses written out; paragraphs and line breaks become new lines."""
    tree = _fragment(_BREAK.sub(lambda tag: f"\n{tag.group()}", html))
    # Long addresses are shown shortened on the profile's page, their ends hidden.
    for hidden in tree.css(".invisible, script, style"):
        if hidden.parent is not None:
            hidden.decompose()
    for anchor in tree.css("a[href]"):
        if is_bare_address(anchor.text(deep=True, strip=True), anchor.attributes.get("href") or ""):
            anchor.decompose()
    # The body's text at once: block by block, the words of nested blocks would be read once for each around them.
    lines = (" ".join(line.split()) for line in tree.text(deep=True).splitlines())
    return text("\n".join(line for line in lines if line))


def is_bare_address(words: str, address: str) -> bool:
    """Whether a link shows nothing but where it leads, perhaps shortened: an address is no word of the author's."""
    shown = words.removeprefix("https://").removeprefix("http://").rstrip("…")
    return bool(shown) and address.removeprefix("https://").removeprefix("http://").startswith(shown)


_BY_SOFTWARE = "nofollow"
"""Platforms mark every link so, whatever the author thinks of it: it is no word of the author's."""


def content_links(html: str, base_url: str) -> tuple[Link, ...]:
    """The links in an HTML fragment, without mentions of other profiles and hashtags."""
    found = []
    for anchor in _fragment(html).css("a[href]"):
        kinds = (anchor.attributes.get("class") or "").split()
        address = web_address(anchor.attributes.get("href"), base_url)
        if address is None or {"mention", "hashtag", "u-url"} & set(kinds):
            continue
        rel = tuple(word for word in (anchor.attributes.get("rel") or "").lower().split() if word != _BY_SOFTWARE)
        found.append(Link(address, LinkContext.CONTENT, rel, text(anchor.text(deep=True, strip=True))[:300]))
    return tuple(dict.fromkeys(found))


def readings(shown: Mapping[EngagementKind, int | None]) -> tuple[EngagementReading, ...]:
    """One reading of each kind in ``shown``; a count that is None is unknown because it is not shown."""
    return tuple(
        EngagementReading(kind, number, UnknownReason.NOT_EXPOSED if number is None else None)
        for kind, number in shown.items()
    )


def check_fragment(html: str) -> None:
    """Raises ParseError for a fragment that would hold a parser up for seconds. Linear in its length."""
    check_markup(html.encode(), is_html=True)
    opened: Counter[str] = Counter()
    depth = 0
    for slash, name in _TAG.findall(html):
        kind = name.lower()
        if kind in _UNNESTED or (slash and not opened[kind]):
            continue
        step = -1 if slash else 1
        opened[kind] += step
        depth += step
        if depth > MAX_NESTING:
            raise ParseError(f"The markup is nested more than {MAX_NESTING} deep.")


def _fragment(html: str) -> LexborHTMLParser:
    """The tree of an HTML fragment; an empty one where its tags would hold the parser up for seconds."""
    try:
        check_fragment(html)
    except ParseError:
        return LexborHTMLParser("<p></p>")
    return LexborHTMLParser(html or "<p></p>")
