"""The check before any parser runs: a size cap, no tag with so many attributes that a parser hangs on it, and no
entities that multiply.

One tag with 50,000 attributes holds lxml 24 s, lexbor 12 s and feedparser over 25 s, inside C code where no timeout
helps (their attribute lists are searched linearly, so the cost grows with the square). The cure is a linear scan.
"""

import re

from bloghound.errors import OversizedDocumentError

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Decoded body; the crawler's download limit is the same."""
MAX_TAG_BYTES = 16 * 1024
"""Longest tag, long quoted values not counted: about 3,000 attributes, which parsers take in 0.1 s."""

_TOKEN = re.compile(rb"<(?:(!--)|(/?)([A-Za-z][^\s/>]*))")
_COMMENT_END = re.compile(rb"--!?>")
# What stands between these tags is no markup in HTML; scripts hold "a<b" without a ">" for many kilobytes.
_RAW_TEXT = {name: re.compile(rb"</" + name + rb"(?=[\s/>])", re.IGNORECASE) for name in (b"script", b"style")}
_FOREIGN = frozenset({b"svg", b"math"})
"""Inside these even HTML reads scripts and styles as markup."""
# One attribute as the HTML standard's tokenizer sees it: a name, and perhaps a value in one of three forms.
_ATTRIBUTE = re.compile(rb"""[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*("[^"]*"?|'[^']*'?|[^\s>]*))?""")


# A general or parameter entity with its value (XML 1.0, section 4.2), and a reference to another entity inside it;
# numbers of characters (&#160;) grow nothing.
_ENTITY = re.compile(rb"""<!ENTITY\s+(?:%\s+)?[^\s>]{1,200}\s+(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_NESTED = re.compile(rb"[&%][A-Za-z_:]")


def check_markup(body: bytes, *, is_html: bool) -> None:
    """Raises OversizedDocumentError when ``body`` is over 5 MiB, holds a tag over 16 KiB, or entities that multiply.

    Linear in the length of ``body``. UTF-16 and UTF-32 are seen through: their markup is ASCII with zeros in between.
    """
    if len(body) > MAX_BODY_BYTES:
        raise OversizedDocumentError(f"The document is larger than {MAX_BODY_BYTES} bytes.")
    plain = body.replace(b"\0", b"") if b"\0" in body[:4] else body
    if max(map(len, plain.split(b">"))) > MAX_TAG_BYTES:
        _check_tags(plain, is_html=is_html)
    _check_entities(plain)


def _check_entities(body: bytes) -> None:
    """Refuses entities made of entities (a billion laughs), and long ones that are used so often that they fill 5 MiB.

    The declarations of HTML's own names (``&nbsp;``), which old feeds carry, pass.
    """
    values = [double or single for double, single in _ENTITY.findall(body)]
    longest = max(map(len, values), default=0)
    if any(_NESTED.search(value) for value in values) or longest * body.count(b"&") > MAX_BODY_BYTES:
        raise OversizedDocumentError("The document declares entities that would multiply its size.")


def _check_tags(body: bytes, *, is_html: bool) -> None:
    """Walks from tag to tag as an HTML tokenizer does; where it cannot be sure, it takes text for markup."""
    in_foreign = False
    token = _TOKEN.search(body)
    while token is not None:
        is_comment, slash, name = token.group(1), token.group(2), (token.group(3) or b"").lower()
        if is_comment:
            position = _end_of(_COMMENT_END, body, token.end() - 2)
        else:
            length, position = _measure_tag(body, token.end())
            if length > MAX_TAG_BYTES:
                raise OversizedDocumentError(f"The document holds a tag of more than {MAX_TAG_BYTES} bytes.")
            in_foreign = not slash if name in _FOREIGN else in_foreign
            if is_html and not slash and not in_foreign and name in _RAW_TEXT:
                position = _end_of(_RAW_TEXT[name], body, position)
        token = _TOKEN.search(body, position)


def _end_of(pattern: re.Pattern[bytes], body: bytes, position: int) -> int:
    match = pattern.search(body, position)
    return len(body) if match is None else match.end()


def _measure_tag(body: bytes, position: int) -> tuple[int, int]:
    """The length of a tag without its quoted values, and where it ends; measuring stops beyond the limit."""
    length = 0
    while length <= MAX_TAG_BYTES:
        attribute = _ATTRIBUTE.match(body, position)
        if attribute is None or attribute.end() == position:
            break
        value = attribute.group(2) or b""
        quoted = len(value) if value[:1] in {b'"', b"'"} else 0
        length += attribute.end() - attribute.start() - quoted
        position = attribute.end()
    return length, position
