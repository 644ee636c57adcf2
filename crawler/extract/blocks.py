"""A page as blocks of text in reading order, each with where it stands: heading, frame, section, somebody's entry."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.extract.encoding import clean_characters, one_line

MAX_NODES = 100_000
"""Read of one page, in half a second: ten times what the longest home page of 90 real blogs has."""
MAX_BLOCKS = 5_000
"""Read of one page; real pages about contact have some hundred."""
MAX_BLOCK_CHARS = 2_000
MAX_MAIL_LINKS = 20
"""Kept of one block; a line with more addresses shows nobody's."""
MAX_NAMES = 20
"""Classes looked at of one element: a framework of single-purpose classes gives some ten, of which none counts here."""

_UNREAD = frozenset({"script", "style", "noscript", "template", "svg", "select", "option", "button"})
_INLINE = frozenset(
    """
    a abbr b bdi bdo cite code del dfn em font i img ins kbd label mark q s samp small span strong sub sup time u wbr
    -text
    """.split()
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "dt", "legend"})
_FRAME_TAGS = frozenset({"header", "footer", "aside", "nav"})
_WHOLE_PAGE = frozenset({"html", "body", "main"})
"""Their classes ("has-sidebar") say what stands elsewhere."""

# Names that themes give to parts of a page, each a class or id of its own or the beginning of one.
_FRAME = re.compile(
    r"(?:(?:site|main|page|blog)[-_]?)?(?:header|footer|sidebar|masthead|colophon)(?![-_]?wrap)(?:[-_].*)?|widget(?:[-_].*)?",
    re.IGNORECASE,
)
_ENTRY = re.compile(
    r"h-?entry|post|post[-_](?:preview|item|entry|content|summary|body)|entry-content|blog", re.IGNORECASE
)
_COMMENTS = re.compile(r"comments?(?:[-_].*)?|commentlist|respond|disqus.*|webmentions", re.IGNORECASE)
_SHARE = re.compile(r"(?:.*[-_])?shar(?:e|ing|er)(?:[-_].*)?", re.IGNORECASE)
# What is there for no reader's eyes is not published: traps for those who gather addresses.
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Words within such names.
_SECTION = re.compile(
    r"(?:.*[-_])?(?:contact|about|author|bio|profile|h-?card|vcard|kontakt|contacto)(?:[-_].*)?", re.IGNORECASE
)
_MARK = re.compile(r"(?:.*[-_])?(?:contacts?|e?mail|envelope|socials?|h-?card|vcard|connect)(?:[-_].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """Where on the page something stands, by the elements around it."""

    in_frame: bool = False
    """In the page's header, footer or sidebar."""
    in_section: bool = False
    """In a part that its class calls contact, about or author, or in an h-card."""
    is_marked: bool = False
    """In an element whose class or name says contact, mail or social."""
    in_entry: bool = False
    """In an article or a post."""
    in_heading: bool = False


class MailLink(NamedTuple):
    """A ``mailto:`` link: its target, its text, and where in the block's text it begins."""

    href: str
    label: str
    start: int


@dataclass(slots=True)
class Block:
    """A run of text between two block elements, and the mail links in it."""

    place: Place
    heading: str
    """The nearest heading above."""
    text: str = ""
    mail_links: list[MailLink] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)
    """Addresses of frames."""
    has_form: bool = False
    """Whether it holds a field for a longer message."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.mail_links or self.embedded or self.has_form or self.text.strip())


def read_blocks(tree: LexborHTMLParser) -> list[Block]:
    """The blocks of a page that hold anything, comments left out."""
    found: list[Block] = []
    for block in _blocks(tree):
        if len(found) >= MAX_BLOCKS:
            break
        if not block.is_empty:
            block.text = block.text[:MAX_BLOCK_CHARS].strip()
            found.append(block)
    return found


def _blocks(tree: LexborHTMLParser) -> Iterator[Block]:
    heading, current = "", Block(Place(), "")
    for node, place in islice(_walk(tree.body), MAX_NODES):
        tag = (node.tag or "") if node is not None else ""
        if tag not in _INLINE:
            yield current
            if current.place.in_heading and not current.is_empty:
                heading = current.text
            current = Block(place, heading)
        elif place.is_marked:
            current.place = replace(current.place, is_marked=True)
        if node is not None:
            _take(current, node, tag)
    yield current


def _take(block: Block, node: LexborNode, tag: str) -> None:
    """Add what one node itself brings to its block."""
    if tag == "-text" and len(block.text) < MAX_BLOCK_CHARS:
        block.text = _joined(block.text, node.text_content or "")
    elif tag == "a" and len(block.mail_links) < MAX_MAIL_LINKS:
        href = node.attributes.get("href") or ""
        if href.lower().startswith("mailto:"):
            block.mail_links.append(MailLink(href, one_line(node.text(), MAX_BLOCK_CHARS), len(block.text)))
    elif tag == "iframe":
        block.embedded.append(node.attributes.get("src") or "")
    elif tag == "textarea":
        block.has_form = True


def _joined(before: str, text: str) -> str:
    """Two runs of text as one line, with one space where either has any."""
    words = clean_characters(text[:MAX_BLOCK_CHARS]).split()
    if not words:
        return f"{before} " if text and before and not before.endswith(" ") else before
    gap = " " if text[0].isspace() and before and not before.endswith(" ") else ""
    return before + gap + " ".join(words) + (" " if text[-1].isspace() else "")


def _walk(root: LexborNode | None) -> Iterator[tuple[LexborNode | None, Place]]:
    """Nodes in order, each with its place; None where a block element ends.

    The walk keeps its own stack, since pages nest deeper than Python calls.
    """
    waiting: list[tuple[LexborNode | None, Place, Place]] = [(root, Place(), Place())] if root is not None else []
    while waiting:
        node, around, after = waiting.pop()
        if node is None:
            yield None, after
            continue
        tag = node.tag or ""
        if node.next is not None and node is not root:
            waiting.append((node.next, around, around))
        inner = _inside(around, node, tag)
        if inner is None:
            continue
        yield node, inner
        if tag not in _INLINE:
            waiting.append((None, around, around))
        if node.child is not None:
            waiting.append((node.child, inner, inner))


def _inside(around: Place, node: LexborNode, tag: str) -> Place | None:
    """The place of what is in an element, given the place of the element; None for what is not read."""
    if tag == "-text":
        return around
    if tag in _UNREAD or tag.startswith("-"):
        return None
    if tag in _WHOLE_PAGE:
        return around
    attributes = node.attributes
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}".split()[:MAX_NAMES]
    is_hidden = "hidden" in attributes or _HIDDEN.search(attributes.get("style") or "") is not None
    if is_hidden or _any(_COMMENTS, names) or _any(_SHARE, names):
        return None
    in_entry = around.in_entry or tag == "article" or _any(_ENTRY, names)
    is_frame = around.in_frame or tag in _FRAME_TAGS or _any(_FRAME, names)
    return Place(
        in_frame=is_frame and not in_entry,
        in_section=around.in_section or _any(_SECTION, names),
        is_marked=around.is_marked or _any(_MARK, names),
        in_entry=in_entry,
        in_heading=around.in_heading or tag in _HEADINGS,
    )


def _any(pattern: re.Pattern[str], names: list[str]) -> bool:
    return any(pattern.fullmatch(name) for name in names)
