"""The title of a page's own content, told apart from the site's name.

Three places name a page: structured data, its headings, and ``<title>``. Themes fill any one of them with the site's
name on every page, so a candidate is believed when ``<title>`` agrees with it, or when nothing better is there.
"""

import re
from collections.abc import Iterator
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.urls import host_of
from crawler.extract.encoding import one_line
from crawler.extract.metadata import PageMetadata, resolve
from crawler.extract.paths import path_of

MAX_TITLE_CHARS = 300
_MAX_HEADINGS = 20
_MIN_SHARE = 0.3
"""A heading shorter than this share of the declared title is a label (\"Blog\") that happens to stand in it."""

_ENTRY_TITLES = (
    ".p-name, [itemprop~=headline], .entry-title, .post-title, .article-title, .post__title, article h1, main h1"
)
_BANNERS = "#site-title, .site-title, .site-name, .blog-title, .navbar-brand, .site-header h1, #blog-title"
_SEPARATORS = re.compile(r"\s+(?:[|·•»«—–:~-]+|::|\|\|)\s+")


def find_title(tree: LexborHTMLParser, metadata: PageMetadata) -> str:
    """The title of the page's own content, without the site's name; empty when the page has none at all."""
    host = host_of(metadata.url)
    names = {host, f"https://{host}", f"https://{host}/", f"http://{host}/"}
    names.update(name.casefold() for name in (find_site_name(tree, metadata), _banner(tree, metadata)) if name)
    declared = [text for text in _declared(metadata) if text.casefold() not in names]
    headings = [text for text in _headings(tree, metadata) if text.casefold() not in names]
    head = _without_names(metadata.head_title, names) if metadata.head_title.casefold() not in names else ""
    named = (
        _longest([text for text in declared if _agree(text, metadata.head_title)]) or next(iter(declared), "") or head
    )
    shown = _longest([text for text in headings if _agree(text, named)]) if named else next(iter(headings), "")
    return shown or _without_names(named, names)


def find_site_name(tree: LexborHTMLParser, metadata: PageMetadata) -> str | None:
    """The site's name: as declared, else as its banner shows it."""
    declared = metadata.first("og:site_name", "application-name", "apple-mobile-web-app-title")
    return _unescape(declared) if declared else _banner(tree, metadata)


def _declared(metadata: PageMetadata) -> Iterator[str]:
    for node in metadata.linked_data:
        headline = node.get("headline")
        if isinstance(headline, str) and headline.strip():
            yield _unescape(headline)
            break
    for name in ("og:title", "twitter:title", "dc.title", "citation_title"):
        for value in metadata.meta.get(name, ()):
            if value:
                yield _unescape(value)


def _headings(tree: LexborHTMLParser, metadata: PageMetadata) -> Iterator[str]:
    """Texts of the page's main headings, those of the entry itself first; the site's banner is none."""
    for selector in (_ENTRY_TITLES, "h1"):
        for node in tree.css(selector)[:_MAX_HEADINGS]:
            text = one_line(node.text(), MAX_TITLE_CHARS)
            if text and not _links_home(node, metadata):
                yield text


def _banner(tree: LexborHTMLParser, metadata: PageMetadata) -> str | None:
    """The name that the page's head links to the site's home."""
    for node in [*tree.css(_BANNERS)[:3], *tree.css("h1")[:3]]:
        text = one_line(node.text(), 200) or _image_text(node)
        if text and (node.css_matches(_BANNERS) or _links_home(node, metadata)):
            return text
    ends = {part.casefold() for part in _SEPARATORS.split(metadata.head_title)[1:]}
    for node in tree.css("header a[href], nav a[href], body > div a[href]")[:_MAX_HEADINGS]:
        text = one_line(node.text(), 200)
        if text.casefold() in ends and _links_home(node, metadata):
            return text
    return None


def _image_text(node: LexborNode) -> str:
    image = node.css_first("img[alt]")
    return one_line(image.attributes.get("alt"), 200) if image is not None else ""


def _links_home(node: LexborNode, metadata: PageMetadata) -> bool:
    anchor = node if node.tag == "a" else node.css_first("a[href]")
    if anchor is None and node.parent is not None and node.parent.tag == "a":
        anchor = node.parent
    url = resolve(anchor.attributes.get("href"), metadata.base_url) if anchor is not None else None
    return url is not None and path_of(url) == "" and path_of(metadata.url) != ""


def _longest(texts: list[str]) -> str:
    return max(texts, key=len, default="")


def _agree(text: str, other: str) -> bool:
    """True when one begins or ends the other and is not much shorter: the rest is the site's name, or was cut off."""
    short, long = sorted((_comparable(text), _comparable(other)), key=len)
    return bool(short) and len(short) >= len(long) * _MIN_SHARE and (long.startswith(short) or long.endswith(short))


def _without_names(title: str, names: set[str]) -> str:
    """``title`` without a first or last part that is the site's name."""
    parts = _SEPARATORS.split(title)
    if len(parts) > 1 and parts[-1].casefold() in names:
        title = title[: title.rfind(parts[-1])]
    elif len(parts) > 1 and parts[0].casefold() in names:
        title = title[len(parts[0]) :]
    return one_line(title.strip(" |·•»«—–:~-"), MAX_TITLE_CHARS)


def _unescape(text: str) -> str:
    """Generators often escape twice what they put into JSON-LD and meta tags."""
    return one_line(unescape(unescape(text)), MAX_TITLE_CHARS)


def _comparable(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
