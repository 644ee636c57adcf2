"""A backup while everything goes on: the database as it is at one moment, the key, and on request the archives.

The index is not in it, since ``bloghound index`` builds it again. Central name: :func:`run_backup`.
"""

import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from bloghound import __version__
from bloghound.errors import BackupError, StorageError
from bloghound.jobs.backup_file import SECRET_KEY, BackupWriter, Manifest, TableEntry, table_member
from bloghound.settings import Settings
from storage import backup
from storage.database import Connection, Database, open_database
from storage.tables.base import random_id, utc_now

Progress = Callable[[str, int, int | None], None]
"""Told (stage, done, total): rows of ``tables``, files of ``archives``."""

_SUFFIX = ".zip"
_OWN_NAME = re.compile(r"bloghound-\d{8}T\d{6}Z-[0-9a-f]{6}\.zip")
"""Only what was named here is ever removed: other files of the folder may be called "bloghound-" too."""
_PREFIX = "bloghound-"
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BackupReport:
    """A finished backup: where it is and how much is in it; ``removed`` are older ones that made room."""

    path: Path
    bytes: int
    revision: str
    rows: dict[str, int]
    archives: int
    removed: tuple[Path, ...]


def run_backup(
    settings: Settings,
    target: Path,
    *,
    archives: bool = False,
    keep: int | None = None,
    progress: Progress = lambda *_: None,
) -> BackupReport:
    """Back up into a new file in the folder ``target``, or into the file ``target`` where it ends with ``.zip``.

    ``keep`` leaves only so many of the newest backups in the folder, this one included. Raises BackupError when the
    file is there already or the place cannot be written, StorageError when the database does not answer.
    """
    path = _path_of(target, utc_now())
    database = open_database(settings)
    try:
        with BackupWriter(path) as writer:
            manifest = writer.finish(_write(writer, settings, database, archives=archives, progress=progress))
    except OSError as error:
        raise BackupError(f"The backup {path} cannot be written: {error.strerror or error}.") from error
    finally:
        database.close()
    rows = {name: entry.rows for name, entry in manifest.tables.items()}
    removed = tuple(_remove_older(path, keep)) if keep else ()
    return BackupReport(path, path.stat().st_size, manifest.revision, rows, len(manifest.archives), removed)


def _path_of(target: Path, now: datetime) -> Path:
    """A name that sorts by time; of two backups in one second each has its own."""
    if target.suffix == _SUFFIX and not target.is_dir():
        return target
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return target / f"{_PREFIX}{stamp}-{secrets.token_hex(3)}{_SUFFIX}"


def _write(
    writer: BackupWriter, settings: Settings, database: Database, *, archives: bool, progress: Progress
) -> Manifest:
    key = settings.secret_key()
    with writer.member(SECRET_KEY, compressed=False) as sink:
        sink.write(key)
    # The archives come after the database: so every answer that a row tells of is in them.
    with database.read() as connection:
        manifest = Manifest(
            backup_id=random_id("bak"),
            made_at=utc_now(),
            program=__version__,
            revision=backup.revision(connection),
            tables={
                name: TableEntry(columns=list(shape.columns), rows=shape.rows)
                for name, shape in backup.shapes(connection).items()
            },
            members={},
        )
        _write_tables(writer, connection, manifest, progress)
    if archives:
        _write_archives(writer, settings.archive_dir, progress)
    return manifest


def _write_tables(writer: BackupWriter, connection: Connection, manifest: Manifest, progress: Progress) -> None:
    total = sum(entry.rows for entry in manifest.tables.values())
    done = 0
    for name, entry in manifest.tables.items():
        written = 0
        with writer.member(table_member(name)) as sink:
            for lines, rows in backup.rows_as_lines(connection, name):
                sink.write(lines)
                written += rows
                progress("tables", done + written, total)
        if written != entry.rows:
            raise StorageError(f"The table {name} gave {written} rows instead of {entry.rows}; nothing was backed up.")
        done += written


def _write_archives(writer: BackupWriter, folder: Path, progress: Progress) -> None:
    """Copy every segment as long as it is when its turn comes: a crawl only ever appends whole records."""
    segments = sorted(folder.glob(f"{_PREFIX}*.warc.gz"))
    for place, segment in enumerate(segments):
        with suppress(FileNotFoundError), segment.open("rb") as source:  # purged as too old meanwhile
            _write_archive(writer, f"archive/{segment.name}", source)
        progress("archives", place + 1, len(segments))


def _write_archive(writer: BackupWriter, name: str, source: BinaryIO) -> None:
    with writer.member(name, compressed=False) as sink:
        for chunk in _chunks(source):
            sink.write(chunk)


def _chunks(source: BinaryIO) -> Iterator[bytes]:
    left = os.fstat(source.fileno()).st_size
    while left > 0 and (chunk := source.read(min(left, _CHUNK_BYTES))):
        left -= len(chunk)
        yield chunk


def _remove_older(path: Path, keep: int) -> Iterator[Path]:
    """Remove all but the newest backups of the folder, by name, which begins with the time; this one always stays."""
    others = sorted(other for other in path.parent.iterdir() if other != path and _OWN_NAME.fullmatch(other.name))
    for old in others[: max(0, len(others) - (keep - 1))]:
        old.unlink(missing_ok=True)
        yield old
