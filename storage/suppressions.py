"""Who must not be stored again: keyed hashes of site keys, checked at enqueue, at storing and at import."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from storage.tables import Suppression
from storage.tables.base import table_of
from storage.upserts import upsert

_SUPPRESSION = table_of(Suppression)
_ALL = select(_SUPPRESSION.c.keyed_hash)

FORGOTTEN = "forgotten"
"""The reason of a suppression that stands for good."""
OPTED_OUT = "opted out"
"""The reason of one that an administrator may still lift, if the request was a false one."""


class Suppressions:
    """The suppressed sites as known when this was made; compares keyed hashes, so the database holds no name."""

    def __init__(self, secret_key: bytes, hashes: Iterable[str]) -> None:
        self._secret_key = secret_key
        self._hashes = frozenset(hashes)

    def __bool__(self) -> bool:
        """Whether anybody is suppressed at all."""
        return bool(self._hashes)

    def __contains__(self, site_key: object) -> bool:
        return (
            isinstance(site_key, str) and bool(self._hashes) and keyed_hash(self._secret_key, site_key) in self._hashes
        )


def keyed_hash(secret_key: bytes, text: str) -> str:
    """HMAC-SHA256 of ``text`` under the installation's key, as hex; without the key it cannot be guessed back."""
    return hmac.new(secret_key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def load(connection: Connection, secret_key: bytes) -> Suppressions:
    """All suppressions."""
    return Suppressions(secret_key, connection.execute(_ALL).scalars())


def state(connection: Connection) -> tuple[int, str]:
    """How many there are and when the newest was made: changes whenever the list does, and costs little to ask."""
    query = select(func.count(), func.max(_SUPPRESSION.c.created_at))
    count, newest = connection.execute(query).one()
    return int(count), str(newest or "")


def add(connection: Connection, secret_key: bytes, site_keys: Iterable[str], *, reason: str, now: datetime) -> None:
    """Suppress sites; adding one twice changes nothing but that ``FORGOTTEN`` takes the place of any other reason."""
    rows = [
        {"keyed_hash": keyed_hash(secret_key, key), "reason": reason, "created_at": now}
        for key in sorted(set(site_keys))
    ]
    upsert(connection, _SUPPRESSION, rows, key=["keyed_hash"], update=["reason"] if reason == FORGOTTEN else ())


def lift(connection: Connection, secret_key: bytes, site_keys: Iterable[str]) -> None:
    """Allow sites again that only a request to opt out suppressed; those that were forgotten stay so."""
    hashes = [keyed_hash(secret_key, key) for key in site_keys]
    lifted = _SUPPRESSION.c.keyed_hash.in_(hashes) & (_SUPPRESSION.c.reason == OPTED_OUT)
    connection.execute(delete(_SUPPRESSION).where(lifted))
