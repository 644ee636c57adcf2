"""Plain text with links beside it: Bluesky's facets, and addresses written out in descriptions. Pure.

Source: lexicon app.bsky.richtext.facet, whose indices count bytes of the UTF-8 text.
"""

import re
from collections.abc import Sequence
from typing import Any

from crawler.platforms.values import count, fields, is_bare_address, items, text, web_address

MAX_FACETS = 100
"""Facets that are looked at: a post has 300 characters, and the shortest link with its space takes three."""

# An address ends before white space, and before punctuation that ends a sentence or closes a bracket around it.
_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}'…]", re.IGNORECASE)


def links_in(words: str) -> tuple[str, ...]:
    """The web addresses written out in ``words``, in order, each once."""
    found = (web_address(match.group()) for match in _ADDRESS.finditer(words))
    return tuple(dict.fromkeys(url for url in found if url))


def without_addresses(words: str, facets: Sequence[dict[str, Any]] = ()) -> str:
    """``words`` without addresses that are written out, in full or, where a facet leads there, shortened."""
    raw = words.encode()
    for start, end in sorted(_shown_addresses(raw, facets), reverse=True):
        raw = raw[:start] + raw[end:]
    left = _ADDRESS.sub("", raw.decode("utf-8", "ignore"))
    lines = (" ".join(line.split()) for line in left.splitlines())
    return "\n".join(line for line in lines if line)


def _shown_addresses(raw: bytes, facets: Sequence[dict[str, Any]]) -> set[tuple[int, int]]:
    """The spans of bytes in which a link shows nothing but where it leads."""
    found = set()
    for facet in facets[:MAX_FACETS]:
        index = fields(facet.get("index"))
        start, end = count(index.get("byteStart")) or 0, count(index.get("byteEnd")) or 0
        shown = raw[start:end].decode("utf-8", "ignore")
        if any(is_bare_address(shown, text(feature.get("uri"))) for feature in items(facet.get("features"))):
            found.add((start, end))
    return found
