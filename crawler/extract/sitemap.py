"""Sitemaps (sitemaps.org 0.9): url sets, indexes and plain lists, also gzipped or cut off in the middle."""

import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bloghound.errors import OversizedDocumentError, ParseError
from crawler.extract.dateformats import parse_machine_date
from crawler.extract.encoding import decode_markup
from crawler.extract.metadata import resolve
from crawler.extract.prescan import MAX_BODY_BYTES
from crawler.parsed import Document, ParsedSitemap

MAX_SITEMAP_URLS = 50_000
"""The protocol's own limit for one file."""

_ENTRY = re.compile(r"<(url|sitemap)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
_LOC = re.compile(r"<loc\b[^>]*>\s*(?:<!\[CDATA\[)?\s*([^<\]]+)", re.IGNORECASE)
_LASTMOD = re.compile(r"<lastmod\b[^>]*>\s*([^<]+)", re.IGNORECASE)


def parse_sitemap(document: Document) -> ParsedSitemap:
    """The addresses of a sitemap, each absolute, in order. Raises ParseError when it holds none of the known forms."""
    text = decode_markup(document.body, document.content_type)
    entries = list(_read_entries(text, document.url))[:MAX_SITEMAP_URLS]
    pages: dict[str, datetime | None] = {}
    sitemaps: list[str] = []
    for is_sitemap, location, modified in entries:
        url = resolve(unescape(location.strip()), document.url)
        if url is None:
            continue
        if is_sitemap:
            sitemaps.append(url)
        else:
            pages.setdefault(url, parse_machine_date(modified))
    return ParsedSitemap(document.url, tuple(pages.items()), tuple(dict.fromkeys(sitemaps)))


def gunzip(body: bytes) -> bytes:
    """The decompressed bytes of a gzip file. Raises ParseError when it is damaged or unpacks to more than 5 MiB."""
    decompressor = zlib.decompressobj(wbits=31)
    try:
        data = decompressor.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise ParseError("The gzip file is damaged.") from error
    if len(data) > MAX_BODY_BYTES:
        raise OversizedDocumentError(f"The gzip file unpacks to more than {MAX_BODY_BYTES} bytes.")
    return data


def _read_entries(text: str, url: str) -> Iterator[tuple[bool, str, str | None]]:
    """(is it a sitemap, location, last change) of every entry."""
    if "<" not in text[:1000]:
        return ((False, line, None) for line in text.split() if line.startswith(("http://", "https://")))
    try:
        root = fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except DefusedXmlException as error:
        raise ParseError(f"The sitemap at {urlsplit(url).path} declares entities.") from error
    except (XmlError, ValueError, RecursionError):
        return _read_broken(text)
    return _read_tree(root)


def _read_tree(root: Element) -> Iterator[tuple[bool, str, str | None]]:
    for entry in root:
        children = {_local_name(child): child.text for child in entry}
        location = children.get("loc")
        if location:
            yield _local_name(entry) == "sitemap", location, children.get("lastmod")


def _read_broken(text: str) -> Iterator[tuple[bool, str, str | None]]:
    """Whole entries of a file that is cut off or not well-formed."""
    if "<loc" not in text.lower():
        raise ParseError("The sitemap is not well-formed and names no address.")
    for match in _ENTRY.finditer(text):
        location, modified = _LOC.search(match.group(2)), _LASTMOD.search(match.group(2))
        if location is not None:
            yield match.group(1).lower() == "sitemap", location.group(1), modified.group(1) if modified else None


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()
