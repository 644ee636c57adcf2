"""The one door of the extraction: a fetched document in, a parsed page, feed or sitemap out."""

import re
from urllib.parse import urlsplit

from selectolax.lexbor import SelectolaxError

from bloghound.errors import OversizedDocumentError, ParseError
from crawler.extract.feed import parse_feed
from crawler.extract.jsonfeed import VERSION_MARK, parse_json_feed
from crawler.extract.links import MAX_LINKS
from crawler.extract.page import parse_page
from crawler.extract.prescan import check_markup
from crawler.extract.sitemap import gunzip, parse_sitemap
from crawler.parsed import Document, DocumentKind, ParsedDocument

_HEAD_BYTES = 4096
"""The root element stands within the first kilobytes, even after long comments and style-sheet instructions."""
_GZIP = b"\x1f\x8b"

_PROLOGUE = re.compile(rb"^(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)+", re.DOTALL | re.IGNORECASE)
_ROOTS = (
    (DocumentKind.FEED, re.compile(rb"<(?:\w+:)?(?:rss|feed|rdf|channel)\b", re.IGNORECASE)),
    (DocumentKind.SITEMAP, re.compile(rb"<(?:\w+:)?(?:urlset|sitemapindex)\b", re.IGNORECASE)),
    (
        DocumentKind.HTML,
        re.compile(rb"<(?:html|head|body|title|meta|div|p|h1|article|main|script|a|table|center)\b", re.IGNORECASE),
    ),
)
_LOOKS_LIKE_HTML = re.compile(rb"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_JSON_FEED = re.compile(rb"^\s*\{.{0,2000}" + re.escape(VERSION_MARK.encode()), re.DOTALL)


def parse_document(document: Document, max_links: int = MAX_LINKS, *, collect_contacts: bool = False) -> ParsedDocument:
    """The parsed page, feed or sitemap; at most ``max_links`` links of a page are kept.

    ``collect_contacts``: whether pages are also read for what they state for contact.

    Raises ParseError, and nothing else, for what cannot be parsed: binary and plain text, robots.txt; of it,
    OversizedDocumentError for what was refused, or ran out of memory or stack.
    """
    try:
        return _dispatch(document, max_links, collect_contacts=collect_contacts)
    except ParseError:
        raise
    except RecursionError as error:
        raise OversizedDocumentError("The document is nested too deeply.") from error
    except (MemoryError, SelectolaxError) as error:  # lexbor reads anything: it fails for want of memory only
        raise OversizedDocumentError("The document needs more memory than a parser process may use.") from error
    except Exception as error:
        raise ParseError(f"The document cannot be parsed ({type(error).__name__}).") from error


def sniff(document: Document) -> DocumentKind:
    """What the document is: by its address for robots.txt, then its first element, then its media type."""
    path = urlsplit(document.url).path.lower()
    if path == "/robots.txt":
        return DocumentKind.ROBOTS_TXT
    body = document.body
    if body.startswith(_GZIP):
        return DocumentKind.SITEMAP if "sitemap" in path or path.endswith(".gz") else DocumentKind.OTHER
    head = _readable_head(body)
    if _JSON_FEED.match(head):
        return DocumentKind.FEED
    start = head[match.end() :] if (match := _PROLOGUE.match(head)) else head
    for kind, pattern in _ROOTS:
        if pattern.match(start):
            return kind
    return _by_media_type(document, head, path)


def _dispatch(document: Document, max_links: int, *, collect_contacts: bool) -> ParsedDocument:
    kind = sniff(document)
    if document.body.startswith(_GZIP) and kind is DocumentKind.SITEMAP:
        unpacked = Document(document.url, gunzip(document.body), None, document.headers, document.fetched_at)
        check_markup(unpacked.body, is_html=False)
        return parse_sitemap(unpacked)
    check_markup(document.body, is_html=kind is DocumentKind.HTML)
    if kind is DocumentKind.HTML:
        return parse_page(document, max_links, collect_contacts=collect_contacts)
    if kind is DocumentKind.SITEMAP:
        return parse_sitemap(document)
    if kind is DocumentKind.FEED:
        is_json = document.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        return parse_json_feed(document) if is_json else parse_feed(document)
    raise ParseError(f"The document is neither a page, a feed nor a sitemap ({kind}).")


def _readable_head(body: bytes) -> bytes:
    """The first kilobytes as single bytes, whatever the encoding: marks removed, UTF-16 and UTF-32 thinned out."""
    head = body[: _HEAD_BYTES * 4]
    if head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00\x00<")):
        head = head.replace(b"\x00", b"")
    return head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")[:_HEAD_BYTES]


def _by_media_type(document: Document, head: bytes, path: str) -> DocumentKind:
    media_type = (document.content_type or "").partition(";")[0].strip().lower()
    if b"\x00" in head or not head:
        return DocumentKind.HTML if media_type == "text/html" and not head else DocumentKind.OTHER
    if _LOOKS_LIKE_HTML.search(head) or media_type in {"text/html", "application/xhtml+xml"}:
        return DocumentKind.HTML
    if media_type in {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"}:
        return DocumentKind.FEED
    if "sitemap" in path and head.startswith((b"http://", b"https://")):
        return DocumentKind.SITEMAP
    if "xml" in media_type and _ROOTS[0][1].search(head):
        return DocumentKind.FEED
    return DocumentKind.OTHER
