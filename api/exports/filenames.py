"""Names of downloads, whatever a list is called (RFC 6266, RFC 8187)."""

import re
import unicodedata
from urllib.parse import quote

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|;%]')
"""Characters that separate folders, or that some file system or browser gives a meaning."""

_MAX_CHARS = 80
"""Longest name: in any script under the 255 bytes of common file systems."""


def content_disposition(name: str, ending: str) -> str:
    """The header of a download named after a list: an ASCII name for old clients and the real one in UTF-8."""
    real = f"{safe_stem(name)}.{ending}"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", real)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(real, safe='')}"


def safe_stem(name: str) -> str:
    """The name without what is dangerous in a file's name; ``shortlist`` when nothing is left."""
    seen = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    folded = " ".join(_NOT_IN_NAMES.sub(" ", seen).split())
    return folded[:_MAX_CHARS].strip(" .-") or "shortlist"
