"""A second copy of who must not be stored again, outside the database: it outlives a database that is lost.

It holds keyed hashes and no name. Central names: :func:`write_copy`, :func:`read_copy`.
"""

import fcntl
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bloghound.errors import StorageError
from bloghound.settings import Settings
from storage import carrying
from storage.carrying import SuppressionRow
from storage.database import Database
from storage.suppressions import FORGOTTEN, keyed_hash

_FINGERPRINT_OF = "the key of this list"
"""What is hashed to tell by which key a list was made; any text will do that is no site."""


class _Copy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str
    suppressions: list[tuple[str, str, AwareDatetime]]


@dataclass(frozen=True, slots=True)
class SuppressionCopy:
    """The list as it was last written, and the fingerprint of the key that its hashes are made with."""

    key_fingerprint: str
    suppressions: tuple[SuppressionRow, ...]


def fingerprint(secret_key: bytes) -> str:
    """Tells two keys apart without telling either."""
    return keyed_hash(secret_key, _FINGERPRINT_OF)


def write_copy(settings: Settings, database: Database, *, lifted_keys: Iterable[str] = ()) -> None:
    """Repeat the present list in its file; to be called after every change and before whoever asked for it is told.

    What the file knows and the database does not stays, but for the opt-outs of the sites ``lifted_keys``: a database
    that was lost, and began anew, must not take the list along. Raises StorageError when the file cannot be read or
    written, or is the list of an installation with another key.
    """
    secret_key = settings.secret_key()
    write_copy_of(settings, database, secret_key, lifted=[keyed_hash(secret_key, key) for key in lifted_keys])


def write_copy_of(settings: Settings, database: Database, secret_key: bytes, *, lifted: Collection[str] = ()) -> None:
    """The same, of a list whose hashes are made with this key; ``lifted`` are such hashes."""
    path = settings.suppressions_path
    key = fingerprint(secret_key)
    try:
        with _locked(path):
            # Read under the lock: of two that write at once, the second one's list is the newer.
            with database.read() as connection:
                rows = carrying.suppression_rows(connection)
            _replace(path, _as_text(key, _merged(_written_by(settings, key), rows, lifted)))
    except OSError as error:
        raise StorageError(f"The list of suppressions {path} cannot be written: {error.strerror}.") from error


def read_copy(settings: Settings) -> SuppressionCopy | None:
    """The list as the file holds it; None where there is no file. Raises StorageError for one that cannot be read."""
    path = settings.suppressions_path
    try:
        found = _Copy.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"The list of suppressions {path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise StorageError(f"The list of suppressions {path} is damaged; move it away to go on without it.") from error
    return SuppressionCopy(found.key, tuple(SuppressionRow(*row) for row in found.suppressions))


def _written_by(settings: Settings, key: str) -> tuple[SuppressionRow, ...]:
    """What the file holds already."""
    copy = read_copy(settings)
    if copy is None or not copy.suppressions:
        return ()
    if copy.key_fingerprint != key:
        raise StorageError(
            f"The list of suppressions {settings.suppressions_path} is that of an installation with another key and is "
            "not overwritten: restore that installation's backup, or move the list away."
        )
    return copy.suppressions


def _merged(
    written: Iterable[SuppressionRow], stored: Iterable[SuppressionRow], lifted: Collection[str]
) -> tuple[SuppressionRow, ...]:
    """Both lists as one; of two entries for one site, that for good counts."""
    found = {row.keyed_hash: row for row in written if row.reason == FORGOTTEN or row.keyed_hash not in lifted}
    for row in stored:
        if row.keyed_hash not in found or found[row.keyed_hash].reason != FORGOTTEN:
            found[row.keyed_hash] = row
    return tuple(found.values())


def _as_text(key: str, rows: tuple[SuppressionRow, ...]) -> bytes:
    listed = [[row.keyed_hash, row.reason, row.created_at.isoformat()] for row in rows]
    return json.dumps({"key": key, "suppressions": listed}, indent=0).encode("ascii")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(path.name + ".lock").open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
