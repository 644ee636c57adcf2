"""From bytes to clean text: which encoding, and which characters may not go further.

Order of evidence as in the WHATWG encoding standard: byte order mark, HTTP header, declaration in the document; then
valid UTF-8, then a statistical guess.
"""

import re

from charset_normalizer import from_bytes
from w3lib.encoding import html_to_unicode

_GUESS_BYTES = 20_000
"""The guess reads this much: frequencies settle within a few thousand characters, and it is slow on more."""

# C0 and C1 controls other than tab, newline and return; lone surrogates; non-characters. None may stand in XML 1.0,
# and PostgreSQL refuses NUL and surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")


def decode_markup(body: bytes, content_type: str | None) -> str:
    """The text of an HTML or XML document, without characters that no later stage may meet."""
    _, text = html_to_unicode(content_type, body, default_encoding="cp1252", auto_detect_fun=_guess_encoding)
    return clean_characters(str(text))


def clean_characters(text: str) -> str:
    """``text`` without control characters (but tab and newline), lone surrogates and non-characters."""
    return _FORBIDDEN.sub("", text)


def one_line(text: str | None, limit: int = 500) -> str:
    """``text`` cleaned, its white space folded, cut to ``limit`` characters; empty for None."""
    if not text:
        return ""
    return _SPACES.sub(" ", clean_characters(text[: limit * 4])).strip()[:limit].strip()


def _guess_encoding(body: bytes) -> str | None:
    sample = body[:_GUESS_BYTES]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        best = from_bytes(sample).best()
        return best.encoding if best is not None else None
    return "utf-8"
