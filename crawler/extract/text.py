"""The text of a page: trafilatura for the text, with a plain reading for pages it finds nothing on."""

import hashlib
import logging
import re
import warnings

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.encoding import clean_characters

MAX_TEXT_CHARS = 500_000
"""Text kept of one page: about a novel."""
_MIN_TRAFILATURA_CHARS = 80
"""Below this trafilatura has usually missed the body (poems, photo posts, pages of bare <div> and <br>)."""

_UNREADABLE = "script, style, noscript, template, svg, nav, footer, form, iframe, button, select, textarea"
_BLOCKS = re.compile(
    r"</?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|pre|section|article|figure|figcaption|hr|dd|dt|dl)\b[^>]*>",
    re.IGNORECASE,
)


def extract_text(html: str, root: LexborNode | None) -> str:
    """The main text of a page: one line per paragraph, no navigation, no comments; empty where there is none."""
    text = _trafilatura_text(html)
    if len(text) < _MIN_TRAFILATURA_CHARS and root is not None:
        plain = plain_text(root.html or "")
        text = plain if len(plain) > len(text) else text
    return clean_characters(text)[:MAX_TEXT_CHARS].strip()


def plain_text(html: str) -> str:
    """The readable text of an HTML fragment, one line per block; scripts, forms and navigation left out."""
    if "<" not in html and "&" not in html:
        return _fold_lines(html)
    tree = LexborHTMLParser(_BLOCKS.sub(lambda match: "\n" + match.group(), html))
    for node in tree.css(_UNREADABLE):
        if node.parent is not None:
            node.decompose()
    body = tree.body
    return _fold_lines(clean_characters((body.text() if body is not None else "") or ""))[:MAX_TEXT_CHARS]


def hash_text(text: str) -> str:
    """16 hexadecimal digits that are equal for texts that differ only in case, spacing and punctuation."""
    folded = "".join(char for char in text.casefold() if char.isalnum())
    return hashlib.blake2b(folded.encode("utf-8", "replace"), digest_size=8).hexdigest() if folded else ""


def _trafilatura_text(html: str) -> str:
    # Imported here: it takes 0.2 s and brings lxml, which the crawl process itself does not need.
    from trafilatura import extract  # noqa: PLC0415

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return extract(html, fast=True, include_comments=False) or ""
        except Exception:  # noqa: BLE001 - lxml and trafilatura raise many types on broken markup; the plain reading follows
            return ""


def _fold_lines(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)
