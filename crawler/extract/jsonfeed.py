"""JSON Feed 1.0 and 1.1 (jsonfeed.org)."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bloghound.errors import ParseError
from crawler.extract.author import clean_name
from crawler.extract.comment_feed import is_comment_feed
from crawler.extract.dateformats import is_possible, parse_machine_date
from crawler.extract.encoding import clean_characters, one_line
from crawler.extract.entry import EntryContent, build_entry
from crawler.extract.feed import MAX_ENTRIES
from crawler.extract.language import normalize_tag
from crawler.extract.metadata import resolve
from crawler.extract.reservations import read_reservations
from crawler.parsed import Document, FeedEntry, ParsedFeed

VERSION_MARK = "jsonfeed.org/version"


def parse_json_feed(document: Document) -> ParsedFeed:
    """The JSON feed in ``document``; entries that cannot be read are counted. Raises ParseError when it is none."""
    try:
        feed = json.loads(document.body)
    except (ValueError, RecursionError) as error:
        raise ParseError("The JSON document is not valid.") from error
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise ParseError("The JSON document is not a JSON Feed.")
    items = feed["items"][:MAX_ENTRIES]
    entries = [entry for item in items if (entry := _read_item(item, feed, document)) is not None]
    title = one_line(_text(feed, "title"), 300)
    return ParsedFeed(
        url=document.url,
        title=title,
        home_url=resolve(_text(feed, "home_page_url"), document.url),
        language=normalize_tag(_text(feed, "language")),
        entries=tuple(entries),
        next_url=resolve(_text(feed, "next_url"), document.url),
        hub_url=_hub(feed, document.url),
        bad_entries=len(items) - len(entries),
        generator=None,
        is_comment_feed=is_comment_feed(document.url, title, [entry.post.url for entry in entries]),
        reservations=read_reservations(document, {}),
    )


def _read_item(item: object, feed: Mapping[str, Any], document: Document) -> FeedEntry | None:
    if not isinstance(item, dict):
        return None
    identifier = item.get("id")
    addresses = [_text(item, "url"), identifier if isinstance(identifier, str) and "://" in identifier else ""]
    absolute = tuple(dict.fromkeys(url for text in addresses if (url := resolve(text, document.url)) is not None))
    if not absolute:
        return None
    html = _text(item, "content_html")
    body = html or _text(item, "content_text") or _text(item, "summary")
    latest = document.fetched_at or datetime.now(UTC)
    content = EntryContent(
        addresses=absolute,
        entry_id=one_line(str(identifier or absolute[0]), 500),
        title=_text(item, "title"),
        html=clean_characters(body),
        is_content=bool(html or _text(item, "content_text")),
        published=_time(item, latest, "date_published", "date_modified"),
        updated=_time(item, latest, "date_modified"),
        author=_author(item) or _author(feed),
        language=normalize_tag(_text(item, "language")) or normalize_tag(_text(feed, "language")),
        engagement=(),
        comments_feed_url=None,
    )
    try:
        return build_entry(content)
    except ParseError:
        return None


def _time(item: Mapping[str, Any], latest: datetime, *names: str) -> datetime | None:
    dates = (parse_machine_date(_text(item, name)) for name in names)
    return next((date for date in dates if date is not None and is_possible(date, latest)), None)


def _author(holder: Mapping[str, Any]) -> str | None:
    authors = holder.get("authors")
    candidates = [*(authors if isinstance(authors, list) else []), holder.get("author")]
    names = (clean_name(_text(author, "name")) for author in candidates if isinstance(author, dict))
    return next((name for name in names if name), None)


def _hub(feed: Mapping[str, Any], base_url: str) -> str | None:
    hubs = feed.get("hubs")
    first = hubs[0] if isinstance(hubs, list) and hubs else None
    return resolve(_text(first, "url"), base_url) if isinstance(first, dict) else None


def _text(mapping: Mapping[str, Any], name: str) -> str:
    value = mapping.get(name)
    return value if isinstance(value, str) else ""
