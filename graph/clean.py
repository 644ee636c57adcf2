"""The export border: every value that leaves is made into one that each format can hold, once and for all formats.

Titles come from strangers' pages. XML has no place for control characters and lone surrogates, networkx's formats none
for None, lists and dates, JSON none for NaN, and a spreadsheet runs a cell that begins like a formula.
"""

import math
import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from typing import TypeAlias

Exported: TypeAlias = str | int | float

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""All but the Char production of XML 1.0, section 2.2; lone surrogates are among what it leaves out."""

_FORMULA_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""How a cell that spreadsheets run begins: = + - @, also full-width."""

_UNSEEN = frozenset({"Cc", "Cf", "Me", "Mn", "Zl", "Zp", "Zs"})
"""Unicode categories of what shows nothing of its own: a formula behind such characters is still one."""


def clean_text(text: str) -> str:
    """The text with U+FFFD for every character that XML 1.0 cannot hold, so that all formats show the same."""
    return _NOT_XML.sub("\ufffd", text)


def clean_value(value: object) -> Exported | None:
    """The value as text or number, or None when there is nothing to write.

    Nothing is None, an empty text or list, and a number that is not finite. A list becomes its members with blanks
    between them, as HTML writes ``rel``; a date becomes its ISO 8601 form; anything else its text.
    """
    if value is None:
        return None
    if isinstance(value, int | float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = " ".join(str(part) for part in map(clean_value, value) if part is not None)
    return clean_text(str(value)) or None


def formula_safe(value: Exported | None) -> Exported:
    """A CSV cell: clean text, with an apostrophe before what a spreadsheet would run; None is an empty cell."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    cleaned = clean_text(value)
    return f"'{cleaned}" if _begins_like_a_formula(value) else cleaned


def _begins_like_a_formula(text: str) -> bool:
    """Also where a tab or a line break comes first, which some spreadsheets cut off."""
    first = next((char for char in text if unicodedata.category(char) not in _UNSEEN), "")
    return first in _FORMULA_SIGNS or text[:1] in ("\t", "\r", "\n")
