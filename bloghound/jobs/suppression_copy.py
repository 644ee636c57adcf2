"""A second copy of who must not be stored again, outside the database: it outlives a database that is lost.

It holds keyed hashes and no name. Central names: :func:`write_copy`, :func:`read_copy`.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bloghound.errors import StorageError
from bloghound.settings import Settings
from storage import carrying
from storage.carrying import SuppressionRow
from storage.database import Database
from storage.suppressions import keyed_hash

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


def write_copy(settings: Settings, database: Database) -> None:
    """Repeat the present list in its file; to be called after every change and before whoever asked for it is told.

    Raises StorageError when the file cannot be written.
    """
    write_copy_of(settings, database, settings.secret_key())


def write_copy_of(settings: Settings, database: Database, secret_key: bytes) -> None:
    """The same, of a list whose hashes are made with this key."""
    path = settings.suppressions_path
    key = fingerprint(secret_key)
    try:
        with _locked(path):
            # Read under the lock: of two that write at once, the second one's list is the newer.
            with database.read() as connection:
                rows = carrying.suppression_rows(connection)
            _replace(path, _as_text(key, rows))
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
