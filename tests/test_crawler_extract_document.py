"""The one door: what a document is, sitemaps, and what must end in ParseError and nothing else."""

import gzip
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bloghound.errors import ParseError
from crawler.extract.document import parse_document, sniff
from crawler.extract.sitemap import parse_sitemap
from crawler.parsed import Document, DocumentKind, ParsedPage, ParsedSitemap

SITEMAP = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<url><loc> https://tea.nl/a?x=1&amp;y=2 </loc><lastmod>2020-05-04</lastmod></url><url><loc>/b</loc></url>
<url><loc>mailto:x</loc></url>
</urlset>"""
INDEX = b"<sitemapindex><sitemap><loc>https://tea.nl/posts.xml</loc></sitemap></sitemapindex>"


def document(body: bytes, content_type: str | None = None, url: str = "https://tea.nl/x") -> Document:
    return Document(url, body, content_type)


@pytest.mark.parametrize(
    ("body", "content_type", "url", "kind"),
    [
        (b"<!DOCTYPE html><html><p>x", None, "/", DocumentKind.HTML),
        (b"<p>x", "text/html", "/", DocumentKind.HTML),
        (b"\xef\xbb\xbf  <?xml version='1.0'?><!-- x --><rss version='2.0'>", "text/html", "/", DocumentKind.FEED),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'>", "text/xml", "/", DocumentKind.FEED),
        ("<?xml version='1.0' encoding='utf-16'?><rss version='2.0'/>".encode("utf-16"), None, "/", DocumentKind.FEED),
        (SITEMAP, "application/xml", "/sitemap.xml", DocumentKind.SITEMAP),
        (gzip.compress(SITEMAP), "application/gzip", "/sitemap.xml.gz", DocumentKind.SITEMAP),
        (b"https://tea.nl/a\nhttps://tea.nl/b\n", "text/plain", "/sitemap.txt", DocumentKind.SITEMAP),
        (b"User-agent: *", "text/plain", "/robots.txt", DocumentKind.ROBOTS_TXT),
        (b'{"version": "https://jsonfeed.org/version/1"}', "application/json", "/", DocumentKind.FEED),
        (b'{"a": 1}', "application/json", "/", DocumentKind.OTHER),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "text/html", "/", DocumentKind.OTHER),
        (b"%PDF-1.7", "application/pdf", "/", DocumentKind.OTHER),
        (b"", None, "/", DocumentKind.OTHER),
    ],
)
def test_documents_are_known_by_what_they_hold(
    body: bytes, content_type: str | None, url: str, kind: DocumentKind
) -> None:
    assert sniff(document(body, content_type, "https://tea.nl" + url)) is kind


def test_a_sitemap_gives_addresses_and_changes() -> None:
    found = parse_sitemap(document(SITEMAP))
    assert found.page_urls == (
        ("https://tea.nl/a?x=1&y=2", datetime(2020, 5, 4, tzinfo=UTC)),
        ("https://tea.nl/b", None),
    )


def test_a_sitemap_index_gives_sitemaps() -> None:
    assert parse_sitemap(document(INDEX)).sitemap_urls == ("https://tea.nl/posts.xml",)


def test_a_gzipped_sitemap_and_a_list_of_lines() -> None:
    packed = parse_document(document(gzip.compress(SITEMAP), None, "https://tea.nl/sitemap.xml.gz"))
    lines = parse_document(document(b"https://tea.nl/a\nhttps://tea.nl/b\n", None, "https://tea.nl/sitemap.txt"))
    assert isinstance(packed, ParsedSitemap)
    assert isinstance(lines, ParsedSitemap)
    assert (len(packed.page_urls), len(lines.page_urls)) == (2, 2)


def test_a_cut_sitemap_gives_its_whole_entries() -> None:
    assert [url for url, _ in parse_sitemap(document(SITEMAP[:-20])).page_urls] == [
        "https://tea.nl/a?x=1&y=2",
        "https://tea.nl/b",
    ]


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>',
        gzip.compress(b"<urlset>" + b" " * 6_000_000),
        b"\x1f\x8b\x08\x00" + b"garbage" * 20,
        b"<urlset><nothing",
    ],
)
def test_entities_bombs_and_damage_are_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_document(document(body, None, "https://tea.nl/sitemap.xml.gz"))


@pytest.mark.parametrize("body", [b"", b"   ", b"\x00" * 100, b"{}", b"[" * 100_000, b"User-agent: *"])
def test_what_is_no_page_is_a_parse_error(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse_document(document(body))


def test_deep_nesting_is_parsed_or_refused() -> None:
    body = b"<html><body>" + b"<div>" * 20_000 + b"hello"
    with suppress(ParseError):
        assert isinstance(parse_document(document(body, "text/html")), ParsedPage)
