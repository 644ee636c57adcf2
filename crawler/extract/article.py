"""The text of a page's article, by trafilatura, which is told where the article lies when it does not know itself.

trafilatura looks for containers whose names it knows. On a page without one it picks paragraphs from the whole document
and loses the lists and headings between them. The paragraphs that it found show where the article is: the smallest
element that holds nearly all of them is named as the container, and the page is read once more. 7 % of the pages of 41
blogs need it; measured by ``bench/extraction.py`` against what their feeds say, it finds a third of what was lost.
"""

import logging
import warnings
from collections import Counter
from typing import Any

from trafilatura import extract
from trafilatura.utils import load_html
from trafilatura.xpaths import BODY_XPATH

_BLOCKS = ("p", "li", "pre", "blockquote", "dd", "td", "h2", "h3", "h4")
_MIN_BLOCK_CHARS = 20
"""Letters and digits of a block that counts as found: shorter lines stand on a page more than once."""
_HELD_SHARE = 0.9
"""Share of the found text that the container holds; the rest are stray lines from beside the article."""
_CONTAINERS = frozenset({"article", "div", "main", "section"})
"""The only elements that trafilatura takes for a container."""

_Element = Any
"""An element of lxml, which comes without types."""

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)


def article_text(html: str) -> str:
    """The text of the page's article, a line a paragraph; empty where none is found or the markup defeats lxml."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = load_html(html)
            return _read(tree) if tree is not None else ""
        except Exception:  # noqa: BLE001 - lxml and trafilatura raise many types on broken markup
            return ""


def _read(tree: _Element) -> str:
    text = _extract(tree)
    if _has_known_container(tree):
        return text
    container = _find_container(tree, text)
    if container is None:
        return text
    _name_container(container)
    again = _extract(tree)
    return again if len(again) >= _HELD_SHARE * len(text) else text


def _has_known_container(tree: _Element) -> bool:
    # An <article> is one of the things that the expressions look for, and by far the quickest to find.
    return tree.find(".//article") is not None or any(expression(tree) for expression in BODY_XPATH)


def _extract(tree: _Element) -> str:
    """trafilatura's text of the tree, which it copies first."""
    found: str | None = extract(tree, fast=True, include_comments=False)
    return found or ""


def _find_container(tree: _Element, text: str) -> _Element | None:
    """The innermost element that holds nearly all blocks of ``text``; None where none is recognised."""
    lines = {_comparable(line) for line in text.splitlines()}
    held: Counter[_Element] = Counter()
    total = 0
    for block in tree.iter(*_BLOCKS):
        found = _comparable(block.text_content())
        if len(found) >= _MIN_BLOCK_CHARS and found in lines:
            total += len(found)
            held.update(dict.fromkeys(block.iterancestors(), len(found)))
    # They hold more than half each, so they stand in each other.
    nested = [element for element, chars in held.items() if chars >= _HELD_SHARE * total]
    return max(nested, key=_depth, default=None)


def _depth(element: _Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _name_container(element: _Element) -> None:
    """Mark the element's content as the article: itself where it can be one, else a ``<div>`` around it all."""
    if element.tag in _CONTAINERS:
        element.set("itemprop", "articleBody")
        return
    inner = element.makeelement("div", {"itemprop": "articleBody"})
    inner.text, element.text = element.text, None
    inner.extend(list(element))
    element.append(inner)


def _comparable(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
