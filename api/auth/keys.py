"""The form of a key: ``bh_live_``, 256 random bits, and a checksum by which a mistyped key is refused unasked."""

import hashlib
import secrets
import zlib

PREFIX = "bh_live_"
SHOWN_CHARS = len(PREFIX) + 4
"""What of a key is stored in the clear and shown in lists: 24 of its 256 bits."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_BYTES = 32
_RANDOM_CHARS = 43  # ceil(256 / log2(62))
_CHECKSUM_CHARS = 6  # ceil(32 / log2(62)), for CRC-32
KEY_CHARS = len(PREFIX) + _RANDOM_CHARS + _CHECKSUM_CHARS


def new_key() -> str:
    """A new key; it is shown once and stored as :func:`hash_of` only."""
    body = PREFIX + _base62(int.from_bytes(secrets.token_bytes(_RANDOM_BYTES)), _RANDOM_CHARS)
    return body + _checksum(body)


def looks_like_key(text: str) -> bool:
    """Whether the text has the form of a key and its checksum is right."""
    body, checksum = text[:-_CHECKSUM_CHARS], text[-_CHECKSUM_CHARS:]
    return len(text) == KEY_CHARS and text.isascii() and text.startswith(PREFIX) and _checksum(body) == checksum


def hash_of(secret: str) -> str:
    """SHA-256 as hex. A plain hash is enough where the secret itself has 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def new_token() -> str:
    """256 random bits for a sign-in or a session."""
    return secrets.token_urlsafe(_RANDOM_BYTES)


def _checksum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECKSUM_CHARS)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
