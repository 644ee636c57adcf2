"""When a page says it was published. The fetch time is never a date; it only bounds dates from above.

Sources in order of trust: the page's structured data, the day in the address, what a reader sees beside the title,
the month in the address. A structured date far from a day in the address loses to it: site generators write the time of
the build there, while authors choose addresses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.dateformats import is_possible, parse_machine_date, parse_written_date
from crawler.extract.encoding import one_line
from crawler.extract.links import COMMENT_AREAS, node_ids
from crawler.extract.metadata import PageMetadata, node_types
from crawler.extract.paths import date_in_path

ARTICLE_TYPES = frozenset(
    {"article", "blogposting", "newsarticle", "techarticle", "socialmediaposting", "report", "scholarlyarticle",
     "opinionnewsarticle", "reviewnewsarticle", "review", "recipe", "liveblogposting"}
)  # fmt: skip
# Names under which generators and citation formats write the publication date, most precise first.
_META_NAMES = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date.published",
    "publishdate", "publish_date", "publish-date", "pubdate", "parsely-pub-date", "sailthru.date",
    "citation_publication_date", "citation_date", "dc.date.issued", "dcterms.created", "dcterms.date", "dc.date",
    "dc.date.created", "dcterms.issued", "article:published", "date",
)  # fmt: skip
_BYLINE_AREAS = """[class*=date], [class*=publish], [class*=posted], [class*=byline], [class*=meta], [class*=time],
[class*=info], [class*=subtitle], [class*=detail], [id*=date]"""
_ELSEWHERE = f"""{COMMENT_AREAS}, nav, body > footer, #footer, .site-footer, aside, [class*=sidebar],
[class*=related], [class*=recent],
[class*=post-nav], [class*=pagination], [class*=updated], [class*=modified], [class*=lastmod], [class*=similar]"""
# Marks of elements that hold the date of the last change.
_CHANGE_MARKS = ("[class*=updated]", "[class*=modified]", ".dt-updated", "[itemprop~=dateModified]")
_BYLINE_CHARS = 200
"""Longer elements are text, in which dates are of other things."""
_OPENING_CHARS = 300
"""A date that stands in the first characters of the main part is the post's."""
_SAME_DAY = timedelta(days=2)
"""Time zones move a date by up to a day; a second one allows for date-only values."""


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A publication time in UTC, and where it was read.

    Sources: json_ld, meta, microdata, h_entry, time, url, byline, url_month.
    """

    value: datetime
    source: str


def find_date(
    tree: LexborHTMLParser,
    metadata: PageMetadata,
    root: LexborNode | None,
    latest: datetime,
    language: str | None = None,
) -> FoundDate | None:
    """The page's publication date, or None; dates before the web or after ``latest`` are dropped."""
    in_path = date_in_path(metadata.url)
    if in_path is not None and not is_possible(in_path[0], latest):
        in_path = None
    structured = _first_possible(_structured_dates(tree, metadata), latest)
    if in_path is not None and in_path[1]:
        near = structured is not None and abs(structured.value - in_path[0]) <= _SAME_DAY
        return structured if near else FoundDate(in_path[0], "url")
    seen = structured or _first_possible(_visible_dates(tree, root, language), latest)
    if seen is None and in_path is not None:
        return FoundDate(in_path[0], "url_month")
    return seen


def _first_possible(found: Iterator[FoundDate], latest: datetime) -> FoundDate | None:
    return next((date for date in found if is_possible(date.value, latest)), None)


def _structured_dates(tree: LexborHTMLParser, metadata: PageMetadata) -> Iterator[FoundDate]:
    for source, texts in (
        ("json_ld", _json_ld_dates(metadata)),
        ("meta", (value for name in _META_NAMES for value in metadata.meta.get(name, ()))),
        ("microdata", _attributes(tree, "[itemprop~=datePublished]", "content", "datetime")),
        ("h_entry", _attributes(tree, ".dt-published", "datetime", "title")),
        ("time", _attributes(tree, "time", "datetime", "content")),
    ):
        for text in texts:
            date = parse_machine_date(text) or (parse_written_date(text) if len(text) <= 40 else None)
            if date is not None:
                yield FoundDate(date, source)


def _json_ld_dates(metadata: PageMetadata) -> Iterator[str]:
    for node in metadata.linked_data:
        value = node.get("datePublished") or node.get("dateCreated")
        if isinstance(value, str) and ARTICLE_TYPES.intersection(node_types(node)):
            yield value


def _attributes(tree: LexborHTMLParser, selector: str, *names: str) -> Iterator[str]:
    """Values of the first filled attribute of each matching element, or its text; other posts' are left out."""
    nodes = tree.css(selector)
    if not nodes:
        return
    changed = ", ".join(f"{selector}{mark}" for mark in _CHANGE_MARKS)
    elsewhere = node_ids(tree, _ELSEWHERE, selector) | _own_matches(tree, changed)
    for node in nodes[:40]:
        if node.mem_id not in elsewhere:
            attributes = node.attributes
            yield next((value for name in names if (value := attributes.get(name))), None) or one_line(node.text(), 60)


def _own_matches(tree: LexborHTMLParser, selector: str) -> set[int]:
    return {node.mem_id for node in tree.css(selector)}


def _visible_dates(tree: LexborHTMLParser, root: LexborNode | None, language: str | None) -> Iterator[FoundDate]:
    elsewhere = node_ids(tree, _ELSEWHERE, "*") | _own_matches(tree, _ELSEWHERE)
    for node in tree.css(_BYLINE_AREAS)[:60]:
        text = node.text() or ""
        if node.mem_id not in elsewhere and len(text) <= _BYLINE_CHARS:
            date = _read_byline(text, language)
            if date is not None:
                yield FoundDate(date, "byline")
    for opening in _openings(tree, root):
        date = _read_byline(opening, language)
        if date is not None:
            yield FoundDate(date, "byline")


def _openings(tree: LexborHTMLParser, root: LexborNode | None) -> Iterator[str]:
    """The text right after the main heading, then the first characters of the content."""
    heading = tree.css_first("h1")
    if heading is not None:
        yield _following_text(heading)
    if root is not None:
        yield " ".join((root.text(separator=" ") or "").split())[:_OPENING_CHARS]


def _following_text(heading: LexborNode) -> str:
    """Text that stands after ``heading`` inside its parent, or after the parent where nothing follows inside."""
    for start in (heading, heading.parent):
        pieces: list[str] = []
        node = start.next if start is not None else None
        while node is not None and sum(map(len, pieces)) < _OPENING_CHARS:
            pieces.append(" ".join((node.text(separator=" ") or "").split())[:_OPENING_CHARS])
            node = node.next
        text = " ".join(filter(None, pieces))
        if text:
            return text[:_OPENING_CHARS]
    return ""


def _read_byline(text: str, language: str | None) -> datetime | None:
    return parse_written_date(one_line(text, _OPENING_CHARS), language)
