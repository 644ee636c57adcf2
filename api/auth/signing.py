"""What the service hands out and takes back unchanged, signed: cursors, and the tokens of forms."""

from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from bloghound.errors import CursorError


class Signer:
    """Signs small values; a value signed for one purpose is worth nothing for another."""

    def __init__(self, secret_key: bytes) -> None:
        self._secret_key = secret_key

    def sign(self, purpose: str, value: Any) -> str:
        """A URL-safe text that holds ``value``, which must be JSON."""
        return str(URLSafeSerializer(self._secret_key, salt=f"bloghound.{purpose}").dumps(value))

    def read(self, purpose: str, text: str) -> Any:
        """The value of a text that was signed for this purpose; None when it was not."""
        try:
            return URLSafeSerializer(self._secret_key, salt=f"bloghound.{purpose}").loads(text)
        except (BadData, ValueError):
            return None

    def cursor(self, purpose: str, position: list[Any]) -> str:
        """The cursor of a place in a listing; ``purpose`` names the listing and what it was filtered by."""
        return self.sign(f"cursor.{purpose}", position)

    def position(self, purpose: str, cursor: str | None, kinds: tuple[type, ...]) -> list[Any] | None:
        """The place that a cursor of this listing names, None without one.

        Raises CursorError for one that was not handed out for it; ``kinds`` are the types of its values.
        """
        if cursor is None:
            return None
        position = self.read(f"cursor.{purpose}", cursor)
        fits = isinstance(position, list) and len(position) == len(kinds)
        if not fits or not all(isinstance(value, kind) for value, kind in zip(position, kinds, strict=True)):
            raise CursorError("The cursor was not handed out for this request; ask for the first page again.")
        return list(position)
