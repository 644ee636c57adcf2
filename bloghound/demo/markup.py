"""The small markup of the demo's texts, turned into HTML or into plain words. Pure functions."""

import re
from collections.abc import Callable
from html import escape

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)(?:\{([\w ]+)\})?")

Resolve = Callable[[str], str]
"""From a place (``blog``, ``blog/slug``, ``host/any/path``) to its address."""


def to_html(body: str, resolve: Resolve) -> str:
    """The body as HTML paragraphs, headings and lists."""
    return "\n".join(_block(block, resolve) for block in re.split(r"\n\s*\n", body.strip()))


def _block(block: str, resolve: Resolve) -> str:
    if block.startswith("## "):
        return f"<h2>{_inline(block[3:], resolve)}</h2>"
    if block.startswith("- "):
        items = (f"<li>{_inline(line.removeprefix('- '), resolve)}</li>" for line in block.splitlines())
        return f"<ul>{''.join(items)}</ul>"
    return f"<p>{_inline(' '.join(block.split()), resolve)}</p>"


def _inline(text: str, resolve: Resolve) -> str:
    parts, end = [], 0
    for match in _LINK.finditer(text):
        anchor, place, rel = match.groups()
        mark = f' rel="{rel}"' if rel else ""
        parts += [escape(text[end : match.start()], quote=False)]
        parts += [f'<a href="{escape(resolve(place))}"{mark}>{escape(anchor, quote=False)}</a>']
        end = match.end()
    return "".join(parts) + escape(text[end:], quote=False)


def unlinked(body: str) -> str:
    """The body with its links' anchors as plain words."""
    return _LINK.sub(r"\1", body)


def plain(body: str) -> str:
    """The body's words alone, on one line."""
    words = re.sub(r"^(## |- )", "", unlinked(body), flags=re.MULTILINE)
    return " ".join(words.split())


def places(body: str) -> list[str]:
    """The places that the body links to, in order."""
    return [match.group(2) for match in _LINK.finditer(body)]


def excerpt(body: str, words: int = 40) -> str:
    """The first ``words`` words, with an ellipsis when there are more."""
    found = plain(body).split()
    return " ".join(found[:words]) + (" …" if len(found) > words else "")
