"""Feeds: RSS 0.9x–2.0, RDF and Atom through feedparser, JSON Feed through :mod:`crawler.extract.jsonfeed`.

Every entry stands alone: one that cannot be read is counted and loses no other. Relative links are resolved against the
feed's own address, since the base addresses that feeds declare are often those of a developer's machine.
"""

import calendar
import io
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import feedparser

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading
from bloghound.urls import host_of
from crawler.extract.author import clean_name
from crawler.extract.comment_feed import is_comment_feed, read_comment
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


def parse_feed(document: Document) -> ParsedFeed:
    """The feed in ``document``. Raises ParseError when nothing in it can be read as a feed."""
    results, failed = _parse_isolated(_without_wrong_bases(document), document)
    whole = dict(results[0].get("feed", {}).items())
    language = normalize_tag(_text(whole, "language"))
    raws = list(chain.from_iterable(result.get("entries", []) for result in results))[:MAX_ENTRIES]
    targets = [f"{_text(raw, 'link')} {_text(raw, 'id')}" for raw in raws if isinstance(raw, Mapping)]
    links = [link for link in whole.get("links", []) if isinstance(link, Mapping)]
    title = one_line(plain_text(_text(whole, "title")), 300)
    of_comments = is_comment_feed(document.url, title, targets)
    read = [_read_entry(raw, document, language, of_comments=of_comments) for raw in raws]
    return ParsedFeed(
        url=document.url,
        title=title,
        home_url=resolve(_text(whole, "link"), document.url),
        language=language,
        entries=tuple(one for one in read if isinstance(one, FeedEntry)),
        next_url=_linked(links, document.url, "next", "prev-archive"),
        hub_url=_linked(links, document.url, "hub"),
        bad_entries=failed + sum(one is None for one in read),
        generator=one_line(_text(whole, "generator"), 100) or None,
        is_comment_feed=of_comments,
        comments=tuple(chain.from_iterable(one for one in read if isinstance(one, tuple))),
        reservations=read_reservations(document, {}),
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


def _read_entry(
    raw: object, document: Document, language: str | None, *, of_comments: bool
) -> FeedEntry | tuple[tuple[str, Comment], ...] | None:
    """The entry as a post, or as one comment or none at all; None when it cannot be read or names no address."""
    if not isinstance(raw, Mapping):
        return None
    try:
        # A plain copy: feedparser's own dictionary answers "updated" with another field and a warning.
        content = _convert_entry(dict(raw.items()), document, language)
        if content is None:
            return None
        return _read_comment(content, raw) if of_comments else build_entry(content)
    except (ParseError, ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return None


def _convert_entry(raw: Mapping[str, Any], document: Document, language: str | None) -> EntryContent | None:
    addresses = _addresses(raw, document.url)
    if not addresses:
        return None
    html, is_content = _content(raw)
    latest = document.fetched_at or datetime.now(UTC)
    return EntryContent(
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


def _read_comment(content: EntryContent, raw: Mapping[str, Any]) -> tuple[tuple[str, Comment], ...]:
    # Of a comment the content, where there is one, is whole: in the summary WordPress shows tags as words.
    html = next((_text(item, "value") for item in raw.get("content", []) if isinstance(item, Mapping)), content.html)
    comment = read_comment(replace(content, html=html), _writer(raw), _text(raw, "link"))
    return (comment,) if comment is not None else ()


def _writer(raw: Mapping[str, Any]) -> str:
    """Who signed an entry: of an RSS author, a mail address with the name in brackets, the name."""
    detail = raw.get("author_detail")
    return (_text(detail, "name") if isinstance(detail, Mapping) else "") or _text(raw, "author")


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
