"""The text of a page: trafilatura for the text, with a plain reading for pages it finds nothing on."""

import hashlib
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.encoding import clean_characters
from crawler.extract.links import BOILERPLATE, COMMENT_AREAS, post_body

MAX_TEXT_CHARS = 500_000
"""Text kept of one page: about a novel."""
_MIN_TRAFILATURA_CHARS = 80
"""Below this trafilatura has usually missed the body (poems, photo posts, pages of bare <div> and <br>)."""
_LEAST_MARKED, _MOST_MARKED = 0.95, 1.5
"""Length of a marked post's words over trafilatura's text, within which both are one text. Measured on both sets of
``bench/extraction.py``: a wider band gains nothing on blogs and takes boxes into news articles."""
_TITLE_LINES = 3
"""The title stands first, or after a date and a category."""

_UNREADABLE = "script, style, noscript, template, svg, nav, footer, form, iframe, button, select, textarea"
_BESIDE_THE_WORDS = f"{BOILERPLATE}, {COMMENT_AREAS}, figcaption, [class*=caption]"
_BLOCKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|pre|section|article|figure|figcaption|hr|dd|dt|dl)\b[^>]*>",
    re.IGNORECASE,
)


def extract_text(html: str, tree: LexborHTMLParser, root: LexborNode | None, title: str = "") -> str:
    """The main text of a page: one line per paragraph, no navigation, no comments; empty where there is none.

    A first line that repeats ``title`` is left out, as it is in feeds.
    """
    # Imported here: it takes 0.2 s and brings lxml, which the crawl process itself does not need.
    from crawler.extract.article import article_text  # noqa: PLC0415

    text = _without_title(article_text(html), title)
    if len(text) >= _MIN_TRAFILATURA_CHARS:
        text = _marked_text(tree, text)
    elif root is not None:
        text = max(text, plain_text(root.html or ""), key=len)
    return clean_characters(text)[:MAX_TEXT_CHARS].strip()


def plain_text(html: str, *, without: str = "") -> str:
    """The readable text of an HTML fragment, one line per block; scripts, forms and navigation left out.

    So is what matches the CSS selectors ``without``.
    """
    if "<" not in html and "&" not in html:
        return _fold_lines(html)
    tree = LexborHTMLParser(_BLOCKS.sub(lambda match: "\n" + match.group(), html))
    for node in tree.css(f"{_UNREADABLE}, {without}" if without else _UNREADABLE):
        if node.parent is not None:
            node.decompose()
    body = tree.body
    return _fold_lines(clean_characters((body.text() if body is not None else "") or ""))[:MAX_TEXT_CHARS]


def hash_text(text: str) -> str:
    """16 hexadecimal digits that are equal for texts that differ only in case, spacing and punctuation."""
    folded = _folded(text)
    return hashlib.blake2b(folded.encode("utf-8", "replace"), digest_size=8).hexdigest() if folded else ""


def _marked_text(tree: LexborHTMLParser, text: str) -> str:
    """All words of the element that the page marks as the post's, where they are about ``text``; else ``text``.

    Of a post, trafilatura leaves out lists of links, formulas and repeated lines. Words of a very different length mean
    that the mark is on a teaser, or on the whole page.
    """
    body = post_body(tree)
    if body is None:
        return text
    marked = plain_text(body.html or "", without=_BESIDE_THE_WORDS)
    return marked if _LEAST_MARKED * len(text) <= len(marked) <= _MOST_MARKED * len(text) else text


def _without_title(text: str, title: str) -> str:
    """``text`` without the line that repeats the title above it, as long as enough is left to be a text."""
    name = _folded(title)
    lines = text.split("\n")
    for index, line in enumerate(lines[:_TITLE_LINES]):
        if name and _folded(line) == name:
            rest = "\n".join([*lines[:index], *lines[index + 1 :]])
            return rest if len(rest) >= _MIN_TRAFILATURA_CHARS else text
    return text


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _fold_lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
