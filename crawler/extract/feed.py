"""Feeds: RSS 0.9x–2.0, RDF and Atom through feedparser, JSON Feed through :mod:`crawler.extract.jsonfeed`.

Every entry stands alone: one that cannot be read is counted and loses no other. Relative links are resolved against the
feed's own address, since the base addresses that feeds declare are often those of a developer's machine.
"""

import calendar
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import feedparser

from bloghound.errors import ParseError
from bloghound.records import EngagementKind, EngagementReading
from bloghound.urls import host_of
from crawler.extract.author import clean_name
from crawler.extract.comments import count_of
from crawler.extract.dateformats import is_possible, parse_machine_date
from crawler.extract.encoding import one_line
from crawler.extract.entry import EntryContent, build_entry
from crawler.extract.language import normalize_tag
from crawler.extract.metadata import is_local_host, resolve
from crawler.extract.reservations import read_reservations
from crawler.extract.text import plain_text
from crawler.parsed import Document, FeedEntry, ParsedFeed

MAX_ENTRIES = 2_000
"""Entries read of one feed; real feeds with the whole archive hold some hundreds."""

_ENTRY = re.compile(
    rb"<(?P<prefix>[\w]+:)?(?P<name>item|entry)\b[^>]*>.*?</(?:[\w]+:)?(?P=name)\s*>", re.DOTALL | re.IGNORECASE
)
_XML_BASE = re.compile(rb"""\sxml:base\s*=\s*(["'])(.*?)\1""", re.IGNORECASE | re.DOTALL)
_COMMENT_TITLE = re.compile(
    r"^\W*(comments? (on|for)|comentarios? (en|de|a)|kommentare (zu|für)|reacties? op|commentaires? (sur|pour)|"
    r"commentaire sur|kommentit|comentários? (em|para|sobre))\b",
    re.IGNORECASE,
)
_COMMENT_PATH = re.compile(
    r"/comments/(feed|default)|/feed/comments|[?&]feed=comments|/comments(\.xml|\.rss|\.atom|/)?$", re.IGNORECASE
)
_COMMENT_ANCHOR = re.compile(r"#(comment|c|respond|disqus)[-_]?\w*(\s|$)", re.IGNORECASE)


def parse_feed(document: Document) -> ParsedFeed:
    """The feed in ``document``. Raises ParseError when nothing in it can be read as a feed."""
    results, failed = _parse_isolated(_without_wrong_bases(document), document)
    whole = dict(results[0].get("feed", {}).items())
    language = normalize_tag(_text(whole, "language"))
    raws = list(chain.from_iterable(result.get("entries", []) for result in results))[:MAX_ENTRIES]
    read = [_read_entry(raw, document, language) for raw in raws]
    entries = tuple(entry for entry in read if entry is not None)
    targets = [f"{_text(raw, 'link')} {_text(raw, 'id')}" for raw in raws if isinstance(raw, Mapping)]
    links = [link for link in whole.get("links", []) if isinstance(link, Mapping)]
    title = one_line(plain_text(_text(whole, "title")), 300)
    return ParsedFeed(
        url=document.url,
        title=title,
        home_url=resolve(_text(whole, "link"), document.url),
        language=language,
        entries=entries,
        next_url=_linked(links, document.url, "next", "prev-archive"),
        hub_url=_linked(links, document.url, "hub"),
        bad_entries=failed + len(read) - len(entries),
        generator=one_line(_text(whole, "generator"), 100) or None,
        is_comment_feed=is_comment_feed(document.url, title, targets),
        reservations=read_reservations(document, {}),
    )


def is_comment_feed(url: str, title: str, addresses: list[str]) -> bool:
    """True for feeds of comments: by address, by title, or because most entries point at comments on a page."""
    anchored = sum(1 for address in addresses if _COMMENT_ANCHOR.search(address))
    return bool(
        _COMMENT_PATH.search(url) or _COMMENT_TITLE.match(title) or (addresses and anchored * 2 > len(addresses))
    )


def _parse_isolated(body: bytes, document: Document) -> tuple[list[Mapping[str, Any]], int]:
    """feedparser's results, and how many entries it failed on.

    It raises on some broken documents as a whole; then every entry is parsed alone, in the frame of the feed.
    """
    whole = _feedparser(body, document)
    if whole is not None:
        if not whole.get("version") and not whole.get("entries"):
            raise ParseError("The document is not a feed.")
        return [whole], 0
    matches = list(_ENTRY.finditer(body))[:MAX_ENTRIES]
    if not matches:
        raise ParseError("The feed cannot be parsed.")
    head = body[: matches[0].start()]
    frame = _feedparser(head, document)
    results: list[Mapping[str, Any]] = [frame if frame is not None else {}]
    parsed = [_feedparser(head + match.group(), document) for match in matches]
    results += [{"entries": result["entries"]} for result in parsed if result is not None]
    return results, sum(result is None for result in parsed)


def _feedparser(body: bytes, document: Document) -> Mapping[str, Any] | None:
    """feedparser's result, or None where it raises. It gets a stream: a string it might open as a file or address."""
    headers = {"content-location": document.url, "content-type": document.content_type or "application/xml"}
    try:
        result: Mapping[str, Any] = feedparser.parse(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception:  # noqa: BLE001 - on mutated feeds it raises a dozen types, from AssertionError to UnicodeError
        return None
    return result


def _without_wrong_bases(document: Document) -> bytes:
    """The feed without ``xml:base`` attributes that name a local, reserved or foreign host."""
    host = host_of(document.url)

    def keep_own(match: re.Match[bytes]) -> bytes:
        named = host_of(match.group(2).decode("latin-1").strip())
        return (
            b""
            if named and (is_local_host(named) or named.removeprefix("www.") != host.removeprefix("www."))
            else match.group()
        )

    return _XML_BASE.sub(keep_own, document.body)


def _read_entry(raw: object, document: Document, language: str | None) -> FeedEntry | None:
    """The entry as a post, or None when it cannot be read or names no address."""
    if not isinstance(raw, Mapping):
        return None
    try:
        # A plain copy: feedparser's own dictionary answers "updated" with another field and a warning.
        return _convert_entry(dict(raw.items()), document, language)
    except (ParseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def _convert_entry(raw: Mapping[str, Any], document: Document, language: str | None) -> FeedEntry | None:
    addresses = _addresses(raw, document.url)
    if not addresses:
        return None
    html, is_content = _content(raw)
    latest = document.fetched_at or datetime.now(UTC)
    return build_entry(
        EntryContent(
            addresses=addresses,
            entry_id=one_line(_text(raw, "id"), 500) or addresses[0],
            title=_text(raw, "title"),
            html=html,
            is_content=is_content,
            published=_time(raw, latest, "published", "created", "updated"),
            updated=_time(raw, latest, "updated"),
            author=clean_name(_text(raw, "author")),
            language=normalize_tag(_text(raw, "language")) or language,
            engagement=_engagement(raw),
            comments_feed_url=resolve(_text(raw, "wfw_commentrss"), document.url) or _replies_feed(raw, document.url),
        )
    )


def _addresses(raw: Mapping[str, Any], base_url: str) -> tuple[str, ...]:
    """All addresses that an entry gives for its post: the one behind a feed service's redirect first."""
    candidates = [
        _text(raw, "feedburner_origlink"),
        _text(raw, "link"),
        _text(raw, "id") if raw.get("guidislink") else "",
    ]
    identifier = _text(raw, "id")
    if not any(candidates) and identifier.startswith(("http://", "https://")):
        candidates.append(identifier)
    return tuple(dict.fromkeys(url for text in candidates if (url := resolve(text.strip(), base_url)) is not None))


def _content(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The longest body of an entry, and whether it was given as content rather than as a summary."""
    bodies = [(_text(item, "value"), True) for item in raw.get("content", []) if isinstance(item, Mapping)]
    bodies.append((_text(raw, "summary"), False))
    return max(bodies, key=lambda body: len(body[0]))


def _time(raw: Mapping[str, Any], latest: datetime, *names: str) -> datetime | None:
    """The first possible time among the fields ``names``; impossible and future ones are dropped."""
    for name in names:
        parsed = raw.get(f"{name}_parsed")
        date = (
            datetime.fromtimestamp(calendar.timegm(parsed), tz=UTC) if parsed else parse_machine_date(_text(raw, name))
        )
        if date is not None and is_possible(date, latest):
            return date
    return None


def _engagement(raw: Mapping[str, Any]) -> tuple[EngagementReading, ...]:
    count = next(
        (found for name in ("slash_comments", "thr_total") if (found := count_of(raw.get(name))) is not None), None
    )
    if count is None:
        replies = (link for link in raw.get("links", []) if isinstance(link, Mapping) and link.get("rel") == "replies")
        count = next(
            (found for link in replies if (found := count_of(link.get("thr:count") or link.get("count"))) is not None),
            None,
        )
    return (EngagementReading(EngagementKind.COMMENTS, count),) if count is not None else ()


def _replies_feed(raw: Mapping[str, Any], base_url: str) -> str | None:
    links = [link for link in raw.get("links", []) if isinstance(link, Mapping)]
    feeds = [link for link in links if "xml" in str(link.get("type", ""))]
    return _linked(feeds, base_url, "replies")


def _linked(links: list[Mapping[str, Any]], base_url: str, *rels: str) -> str | None:
    return next(
        (url for link in links if link.get("rel") in rels and (url := resolve(_text(link, "href"), base_url))), None
    )


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    return value if isinstance(value, str) else ""
