"""Who wrote a page, as the page names them."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from crawler.extract.encoding import one_line
from crawler.extract.links import COMMENT_AREAS, node_ids
from crawler.extract.metadata import PageMetadata

_MAX_NAME_CHARS = 80
"""Longer bylines are sentences, not names."""
_SELECTORS = (
    ".p-author .p-name", ".p-author", "[itemprop~=author] [itemprop~=name]", "[itemprop~=author]", "a[rel~=author]",
    ".author .fn", ".vcard .fn", ".byline .author", ".post-author", ".entry-author", ".author-name", ".author",
    ".byline",
)  # fmt: skip
# Small print beside the title, where themes write "by Name on day" without any mark on the name.
_SMALL_PRINT = ".meta, .subheading, .subtitle, .post-meta, .entry-meta, .article-meta, .post-info, .posted-by"
_SMALL_PRINT_CHARS = 150
_SIGNED = re.compile(
    r"(?:^|\s)(?:by|von|door|par|por)\s+(?P<name>[^\W\d_][^\d,|·•/()]{1,60}?)"
    r"(?=\s*(?:$|[,|·•/(–—]|\d)|\s+(?:on|at|in|am|um|op|om|le|el|em)\s)",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^\W*(?:(?:written|posted|published|geschreven|geplaatst|verfasst|veröffentlicht|publié|escrito|publicado|kirjoittanut)\s+)?"
    r"(?:by|door|von|par|por|di|da|av|автор|作者|文)\s*[:：]?\s+|^\W*(?:author|auteur|autor|kirjoittaja|作者|글쓴이|著者)\s*[:：]\s*",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?://|@[\w-]+\.|^\W*$|\d{4}|^(admin|author|anonymous|unknown|user|root|null|none)$", re.IGNORECASE
)


def find_author(tree: LexborHTMLParser, metadata: PageMetadata) -> str | None:
    """The author's name: structured data first, then the byline; None when the page names nobody."""
    return next((name for text in _candidates(tree, metadata) if (name := clean_name(text))), None)


def clean_name(text: str | None) -> str | None:
    """A person's or team's name from a byline, or None where it holds none."""
    name = _PREFIX.sub("", one_line(text, 200)).strip(" ,.|·•-–—:")
    if not name or len(name) > _MAX_NAME_CHARS or _NO_NAME.search(name):
        return None
    return name


def _candidates(tree: LexborHTMLParser, metadata: PageMetadata) -> Iterator[str | None]:
    for node in metadata.linked_data:
        yield from _names(node.get("author"))
    for name in ("author", "article:author", "og:article:author", "dc.creator", "citation_author", "parsely-author"):
        yield from metadata.meta.get(name, ())
    for selector in _SELECTORS:
        byline = tree.css_first(selector)
        if byline is not None and byline.mem_id not in node_ids(tree, COMMENT_AREAS, selector):
            yield byline.text()
    yield from _signatures(tree)


def _signatures(tree: LexborHTMLParser) -> Iterator[str]:
    """Names in small print: those that links to an author's page carry, and those that follow a "by"."""
    elsewhere = node_ids(tree, COMMENT_AREAS, f"{_SMALL_PRINT}, a[href]")
    for link in tree.css('a[href*="/author/"]'):
        if link.mem_id not in elsewhere:
            yield link.text()
    for node in tree.css(_SMALL_PRINT):
        text = one_line(node.text(separator=" "), _SMALL_PRINT_CHARS + 1)
        signed = _SIGNED.search(text) if len(text) <= _SMALL_PRINT_CHARS and node.mem_id not in elsewhere else None
        if signed is not None and not signed["name"][0].islower():
            yield signed["name"]


def _names(value: object) -> Iterator[str]:
    """Names in a JSON-LD author: a string, an object with a name, or a list of either."""
    for item in value if isinstance(value, list) else [value]:
        name = item.get("name") if isinstance(item, dict) else item
        if isinstance(name, str):
            yield name
