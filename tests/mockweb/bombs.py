"""Documents that are small on the wire and enormous, or endless, for whoever parses them."""

import gzip

from bloghound.demo.exchange import HTML, Document

_KIB = 1024
_LAUGHS = 10

RSS = "application/rss+xml"
XML = "application/xml"


def BillionLaughs(root: str = "rss") -> Document:  # noqa: N802 - named like the other resources
    """Ten entities, each ten times the one before it: under 1 KiB that means three billion letters."""
    entities = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, _LAUGHS)
    )
    head = f'<?xml version="1.0"?><!DOCTYPE {root} [{entities}]>'
    bodies = {
        "rss": "<rss version='2.0'><channel><title>&l9;</title><item><title>&l9;</title></item></channel></rss>",
        "urlset": "<urlset><url><loc>&l9;</loc></url></urlset>",
        "html": "<html><body><p>&l9;</p></body></html>",
    }
    return Document((head + bodies[root]).encode(), HTML if root == "html" else XML)


def QuadraticEntities(length: int = 3 * _KIB, uses: int = 100_000) -> Document:  # noqa: N802
    """One long entity, used very often: no nesting, and still hundreds of megabytes."""
    head = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "{"a" * length}">]>'
    return Document(f"{head}<rss version='2.0'><channel><title>{'&a;' * uses}</title></channel></rss>".encode(), XML)


def ExternalEntity(target: str) -> Document:  # noqa: N802
    """A feed that wants a file or an address of the reader's machine put into its title."""
    head = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{target}">]>'
    item = "<item><title>&x;</title><link>/entity/</link><pubDate>02 May 2026 08:00:00 +0000</pubDate></item>"
    return Document(f"{head}<rss version='2.0'><channel><title>&x;</title>{item}</channel></rss>".encode(), RSS)


def NestedFeed(depth: int = 1_000_000) -> Document:  # noqa: N802
    """A feed whose channel holds an element in an element, a million times."""
    return Document(b"<rss version='2.0'><channel>" + b"<a>" * depth, RSS)


def NestedLinks(depth: int = 400_000) -> Document:  # noqa: N802
    """Links that are never closed: an HTML parser opens all of them again at every step."""
    return Document(b"<html><body>" + b"<a href=x>" * depth)


def EndlessTables(depth: int = 300_000) -> Document:  # noqa: N802
    """Tables in tables: the tree takes a hundred times the bytes of the page."""
    return Document(b"<html><body>" + b"<table><tr><td>" * depth)


def EntryFlood(entries: int = 100_000) -> Document:  # noqa: N802
    """A feed with as many entries as fit into the size limit."""
    return Document(
        b"<rss version='2.0'><channel><title>x</title>" + b"<item><title>t</title><link>/a</link></item>" * entries, RSS
    )


def GzippedSitemapBomb(decoded_bytes: int = 200 * _KIB * _KIB) -> Document:  # noqa: N802
    """A ``sitemap.xml.gz`` that unpacks to ``decoded_bytes``."""
    packed = gzip.compress(b"<urlset>" + b" " * decoded_bytes)
    return Document(packed, "application/gzip")
