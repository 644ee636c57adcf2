"""From the raw content of one feed entry to a post: the part that XML and JSON feeds share."""

import re
from dataclasses import dataclass
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser

from bloghound.records import EngagementReading, Link, LinkContext, ParsedPost, PostSource
from crawler.extract.disclosure import find_disclosures
from crawler.extract.encoding import one_line
from crawler.extract.language import detect_language
from crawler.extract.metadata import resolve
from crawler.extract.prescan import check_markup
from crawler.extract.text import plain_text
from crawler.parsed import FeedEntry

MAX_ENTRY_LINKS = 500
_CUT_OFF = re.compile(
    r"(\.\.\.|…|\[…\]|\[\.\.\.\]|(read|continue|keep) (more|reading|on)|lees (meer|verder)|weiterlesen|lire la suite|"
    r"(leer|seguir leyendo) más|lue lisää|阅读全文|続きを読む)\W*$",
    re.IGNORECASE,
)
_FULL_SUMMARY_CHARS = 1_500
"""RSS has one body for both uses: longer ones that do not end in an ellipsis are whole posts in practice."""


@dataclass(frozen=True, slots=True)
class EntryContent:
    """What a feed says of one entry, before its text is read. ``addresses`` are absolute, the best one first."""

    addresses: tuple[str, ...]
    entry_id: str
    title: str
    html: str
    is_content: bool
    published: datetime | None
    updated: datetime | None
    author: str | None
    language: str | None
    engagement: tuple[EngagementReading, ...]
    comments_feed_url: str | None


def build_entry(content: EntryContent) -> FeedEntry:
    """The entry as a post with source ``feed``. Raises ParseError when its markup is refused by the pre-scan."""
    check_markup(content.html.encode("utf-8", "replace"), is_html=True)
    text = plain_text(content.html)
    title = one_line(plain_text(content.title), 300)
    url = content.addresses[0]
    links = _read_links(content.html, url)
    post = ParsedPost(
        url=url,
        title=title,
        text=text,
        source=PostSource.FEED,
        published=content.published,
        date_source="feed" if content.published is not None else None,
        author=content.author,
        language=detect_language(text or title, content.language),
        links=links,
        engagement=content.engagement,
        disclosures=find_disclosures(title, text, links),
        addresses=content.addresses,
    )
    return FeedEntry(post, content.entry_id, _is_full(content, text), content.comments_feed_url, content.updated)


def _is_full(content: EntryContent, text: str) -> bool:
    if not text or _CUT_OFF.search(text[-60:]):
        return False
    return content.is_content or len(text) >= _FULL_SUMMARY_CHARS


def _read_links(html: str, base_url: str) -> tuple[Link, ...]:
    if "<a" not in html and "<A" not in html:
        return ()
    links: dict[str, Link] = {}
    for node in LexborHTMLParser(html).css("a[href]")[:MAX_ENTRY_LINKS]:
        target = resolve(node.attributes.get("href"), base_url)
        if target is not None:
            rel = tuple(one_line(node.attributes.get("rel"), 100).lower().split())
            links.setdefault(target, Link(target, LinkContext.CONTENT, rel, one_line(node.text(), 200)))
    return tuple(links.values())
