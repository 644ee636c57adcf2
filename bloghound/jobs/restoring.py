"""Bringing a backup back: checked, filled in beside what is there, and only then put in its place.

Whoever was forgotten since the backup was made stays forgotten: the list of suppressions is taken over from the
database that is replaced and from its copy (:mod:`bloghound.jobs.suppression_copy`), and what the backup still holds of
those sites is erased before anything is put in place. Central name: :func:`run_restore`.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from bloghound.errors import BackupError, BloghoundError, ConflictError, SettingsError, StorageError
from bloghound.jobs import suppression_copy
from bloghound.jobs.backup_file import SECRET_KEY, BackupReader, Manifest
from bloghound.jobs.locks import locked
from bloghound.jobs.work import FORGET
from bloghound.settings import KEY_BYTES, Settings
from storage import backup, carrying, jobs, staging
from storage.carrying import Carried
from storage.database import Database, upgrade
from storage.migrating import known_revisions
from storage.tables.base import utc_now

Progress = Callable[[str, int, int | None], None]
"""Told (stage, done, total): bytes of ``check``, rows of ``tables``, bytes of ``archives``, sites of ``erase``."""

_DRAFT = ".restoring"
_NOTE = "restore.json"
_ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What was restored; ``erased`` counts the sites that the backup held and that had been forgotten since."""

    backup_id: str
    made_at: str
    rows: dict[str, int]
    archives: int
    suppressions_carried: int
    erased: int
    keys_revoked: int


def check_backup(file: Path, progress: Progress = lambda *_: None) -> Manifest:
    """Read a backup to its end and compare everything with its checksums; raises BackupError."""
    with BackupReader(file) as reader:
        _check(reader, progress)
        return reader.manifest


def run_restore(
    settings: Settings, file: Path, *, force: bool = False, progress: Progress = lambda *_: None
) -> RestoreReport:
    """Put the backup ``file`` in the place of the data directory's database and key, and of its archives if it has any.

    An older backup is brought up to date. Raises BackupError for a file that cannot be used; ConflictError where
    something would be overwritten without ``force``, where the database is in use, or where the backup is another
    installation's and cannot tell who was forgotten in this one; StorageError when the database cannot be used.
    """
    with _alone(settings):
        with BackupReader(file) as reader:
            finished = _finish_interrupted(settings, reader.manifest.backup_id)
            if finished is not None:
                return finished
            _check(reader, progress)
            _require_room(settings, reader.manifest)
            current = Database(settings.sqlalchemy_url)
            try:
                staging.require_unused(current)
                _require_nothing_to_lose(settings, current, reader.manifest, force=force)
                report = _fill(settings, reader, current, progress)
            finally:
                current.close()
        _put_in_place(settings)
    return report


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Keep a second restore out."""

    def refuse() -> NoReturn:
        raise ConflictError(f"Another restore into {settings.data_dir} is under way.")

    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"The data directory {settings.data_dir} cannot be made: {error.strerror}.") from error
    with locked(settings.data_dir / "restore.lock", while_taken=refuse):
        yield


# Before anything is written


def _check(reader: BackupReader, progress: Progress) -> None:
    if reader.manifest.revision not in known_revisions():
        raise BackupError(
            f"The backup was made by a newer version of Bloghound ({reader.manifest.program}, "
            f"tables {reader.manifest.revision})."
        )
    if reader.manifest.members[SECRET_KEY].bytes != KEY_BYTES:
        raise BackupError("The backup holds a key of the wrong length.")
    total = reader.manifest.total_bytes
    for done in reader.check():
        progress("check", done, total)


def _require_room(settings: Settings, manifest: Manifest) -> None:
    free = shutil.disk_usage(settings.data_dir).free
    if manifest.total_bytes > free:
        needed, there = (round(size / 1024**2) for size in (manifest.total_bytes, free))
        raise BackupError(f"The backup needs {needed} MiB, and {there} MiB are free at {settings.data_dir}.")


def _require_nothing_to_lose(settings: Settings, current: Database, manifest: Manifest, *, force: bool) -> None:
    lost = []
    try:
        if staging.is_filled(current):
            lost.append(f"the database {current.shown_url}")
    except StorageError:
        lost.append(f"the database {current.shown_url}, which cannot be read")
    if manifest.archives and settings.archive_dir.is_dir() and any(settings.archive_dir.iterdir()):
        lost.append(f"the archives in {settings.archive_dir}")
    if lost and not force:
        raise ConflictError(f"This would be overwritten: {' and '.join(lost)}; --force does it.")


# Beside what is there


def _fill(settings: Settings, reader: BackupReader, current: Database, progress: Progress) -> RestoreReport:
    """Make everything that is to be put in place, ready on disk; the folder gets its final name as the last step."""
    draft = settings.data_dir / _DRAFT
    shutil.rmtree(draft, ignore_errors=True)
    carried = _carried(settings, current, _key_in(reader))
    try:
        _write_files(draft, reader, progress)
        report = _fill_database(settings.model_copy(update={"data_dir": draft}), reader, current, carried, progress)
        _write(draft / _NOTE, json.dumps(_as_note(report)).encode())
        _sync_tree(draft)
        staging.require_unused(current)
        if _carried(settings, current, _key_in(reader)) != carried:
            raise ConflictError("Somebody was forgotten, or a key revoked, during the restore; begin it again.")
        draft.rename(settings.pending_restore_dir)
    except OSError as error:
        raise StorageError(f"The backup cannot be restored: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if not settings.pending_restore_dir.exists():
            staging.discard(current)
    return report


def _key_in(reader: BackupReader) -> bytes:
    return b"".join(reader.chunks(SECRET_KEY))


def _carried(settings: Settings, current: Database, key: bytes) -> Carried:
    """What must outlive the restore; raises ConflictError where the backup's key cannot recognise who was forgotten."""
    copy = suppression_copy.read_copy(settings)
    try:
        carried = _read_carried(current) if staging.is_filled(current) else Carried()
    except StorageError as error:
        if copy is None:
            raise StorageError(
                f"{error} So nobody knows who was forgotten since the backup. Move the database away to restore "
                "without that, or give the copy of the list (BLOGHOUND_SUPPRESSIONS_FILE)."
            ) from error
        carried = Carried()
    ours = settings.secret_key_path.read_bytes() if settings.secret_key_path.exists() else key
    strange = (carried.suppressions and ours != key) or (
        copy and copy.suppressions and copy.key_fingerprint != suppression_copy.fingerprint(key)
    )
    if strange:
        raise ConflictError(
            "The backup is of another installation, by whose key those who were forgotten in this one cannot be "
            "recognised; restore it into an empty data directory and database."
        )
    return replace(carried, suppressions=(*(copy.suppressions if copy else ()), *carried.suppressions))


def _read_carried(current: Database) -> Carried:
    with current.read() as connection:
        return carrying.read(connection)


def _write_files(draft: Path, reader: BackupReader, progress: Progress) -> None:
    draft.mkdir(mode=0o700)
    _write(draft / SECRET_KEY, _key_in(reader))
    total = sum(reader.manifest.members[f"{_ARCHIVE}/{name}"].bytes for name in reader.manifest.archives)
    done = 0
    for name in reader.manifest.archives:
        (draft / _ARCHIVE).mkdir(exist_ok=True)
        with os.fdopen(os.open(draft / _ARCHIVE / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as target:
            for chunk in reader.chunks(f"{_ARCHIVE}/{name}"):
                target.write(chunk)
                done += len(chunk)
                progress("archives", done, total)


def _fill_database(
    drafted: Settings, reader: BackupReader, current: Database, carried: Carried, progress: Progress
) -> RestoreReport:
    manifest = reader.manifest
    staged = staging.begin(current)
    try:
        upgrade(staged, manifest.revision)
        _load_tables(staged, reader, progress)
        upgrade(staged)
        with staged.transaction() as connection:
            before = len(carrying.suppression_rows(connection))
            revoked = carrying.merge(connection, carried)
            added = len(carrying.suppression_rows(connection)) - before
        erased = _erase_again(drafted, staged, progress)
        staging.settle(staged)
    finally:
        staged.close()
    rows = {name: entry.rows for name, entry in manifest.tables.items()}
    made_at = manifest.made_at.isoformat()
    return RestoreReport(manifest.backup_id, made_at, rows, len(manifest.archives), added, erased, revoked)


def _load_tables(staged: Database, reader: BackupReader, progress: Progress) -> None:
    total = sum(entry.rows for entry in reader.manifest.tables.values())
    done = 0
    with staged.read() as connection:
        tables = backup.reflected(connection)
    for name, entry in reader.manifest.tables.items():
        if name not in tables:
            raise BackupError(f"The backup holds a table {name!r} that Bloghound has not.")
        written = 0
        with staged.transaction() as connection:
            for written in backup.load_rows(connection, tables[name], tuple(entry.columns), reader.lines(name)):
                progress("tables", done + written, total)
        if written != entry.rows:
            raise BackupError(f"The backup holds {written} rows of {name!r} instead of {entry.rows}.")
        done += written


def _erase_again(drafted: Settings, staged: Database, progress: Progress) -> int:
    """Erase what the backup holds of those who must not be stored; how many sites that were."""
    with staged.read() as connection:
        keys = carrying.keys_to_erase(connection, drafted.secret_key())
    if not keys:
        return 0
    from bloghound.jobs.forgetting import erase  # noqa: PLC0415 - loads Scrapy and tantivy

    for place, key in enumerate(keys):
        progress("erase", place, len(keys))
        erase(drafted, staged, key)
    if not drafted.archive_dir.exists():
        # The archives stay that are there, and may hold answers of who asked to be left out a short while ago.
        with staged.transaction() as connection:
            jobs.submit(connection, FORGET, workspace_id=None, parameters={"site_keys": keys}, now=utc_now())
    staged.checkpoint()
    progress("erase", len(keys), len(keys))
    return len(keys)


# In its place


def _put_in_place(settings: Settings) -> None:
    """Switch to what was restored. Each step may be done twice, so that an interrupted switch can be done again."""
    pending = settings.pending_restore_dir
    database = Database(settings.sqlalchemy_url)
    try:
        staging.require_unused(database)
        staging.switch(database)
        database.close()
        if (pending / SECRET_KEY).exists():
            (pending / SECRET_KEY).replace(settings.secret_key_path)
        if (pending / _ARCHIVE).exists():
            shutil.rmtree(settings.archive_dir, ignore_errors=True)
            (pending / _ARCHIVE).rename(settings.archive_dir)
        shutil.rmtree(settings.index_dir, ignore_errors=True)
        suppression_copy.write_copy_of(settings, database, settings.secret_key_path.read_bytes())
        shutil.rmtree(settings.data_dir / _DRAFT, ignore_errors=True)
        pending.rename(settings.data_dir / _DRAFT)  # from here on the restore is over
        shutil.rmtree(settings.data_dir / _DRAFT, ignore_errors=True)
    except OSError as error:
        raise StorageError(
            f"What was restored cannot be put in place: {error.strerror or error}; the same command again finishes it."
        ) from error
    except BloghoundError as error:
        raise type(error)(f"{error} Then the same restore command finishes what was begun.") from error
    finally:
        database.close()


def _finish_interrupted(settings: Settings, backup_id: str) -> RestoreReport | None:
    """Finish a restore that was interrupted when all was ready; its report if it was of the same backup."""
    pending = settings.pending_restore_dir
    if not pending.exists():
        return None
    try:
        note = json.loads((pending / _NOTE).read_bytes())
    except (OSError, ValueError) as error:
        raise StorageError(f"The folder {pending} of an interrupted restore is damaged: {error}.") from error
    _put_in_place(settings)
    return RestoreReport(**note) if note.get("backup_id") == backup_id else None


def _as_note(report: RestoreReport) -> dict[str, object]:
    return {name: getattr(report, name) for name in RestoreReport.__slots__}


def _write(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
        handle.write(content)


def _sync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
