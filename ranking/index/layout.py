"""Where a generation's files lie, how they are written durably, and how they are verified.

``meta.json`` lists every file of its generation with size and sha256 and carries its own digest. Files are written
once under a name of their own; what ``meta.json`` does not list is a leftover.
"""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError

META = "meta.json"
CURRENT = "CURRENT"
LOCK = ".lock"
DRAFT_PREFIX = ".building-"
MAX_NUMBER_DIGITS = 18
"""No index lives to see a generation number beyond 64 bits; Python refuses to read numbers of thousands of digits."""
FORMAT = 6
"""2: ``reach.f64`` holds what links bring, no longer PageRank. 3: bloggers come with platforms and activity.
4: engagement is a table of columns, judged among peers. 5: its columns say from which channel a measure enters, and how
readers talk. 6: segments hold posts and are shared by generations, postings are flat arrays, and a generation has a
table of its bloggers."""

Files = Mapping[str, Mapping[str, Any]]
"""Path inside a generation → ``{"bytes", "sha256"}``."""


def folder_of(index_dir: Path, number: int) -> Path:
    """The folder of a generation."""
    return index_dir / f"{number:06d}"


def cache_of(index_dir: Path, number: int) -> Path:
    """The file that remembers which files of a generation were verified."""
    return index_dir / f".verified-{number:06d}.json"


def numbers(index_dir: Path) -> list[int]:
    """The generations on disk, oldest first; raises StorageError when the folder cannot be read."""
    try:
        folders = [path for path in index_dir.iterdir() if path.is_dir()] if index_dir.is_dir() else []
    except OSError as error:
        raise StorageError(f"The index folder {index_dir} cannot be read: {error.strerror}.") from error
    return sorted(number for path in folders if (number := _number(path.name)) is not None)


def current_number(index_dir: Path) -> int | None:
    """The generation that ``CURRENT`` names; None when it names none."""
    try:
        return _number((index_dir / CURRENT).read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        return None


def _number(name: str) -> int | None:
    return int(name) if name.isascii() and name.isdecimal() and len(name) <= MAX_NUMBER_DIGITS else None


@dataclass(frozen=True, slots=True)
class HeldIndex:
    """An index that :func:`exclusive` holds for writing; whoever is given it need not, and must not, hold it again."""

    folder: Path


@contextmanager
def exclusive(index_dir: Path) -> Iterator[HeldIndex]:
    """Hold the index for writing: one build or removal at a time, over all processes of the machine.

    Waits for whoever holds it, this process too, for as long as that takes: what is to be written must be read from
    the database afterwards. Raises StorageError when the folder cannot be written.
    """
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(index_dir / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StorageError(f"The index folder {index_dir} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield HeldIndex(index_dir)
    finally:
        os.close(handle)


def remove_drafts(index_dir: Path) -> None:
    """Remove what builds that were killed left behind; the caller holds the index."""
    for path in index_dir.glob(f"{DRAFT_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)


def remove_unlisted(folder: Path) -> None:
    """Remove what ``meta.json`` does not list: files of before a rewrite."""
    listed = {folder / name for name in read_meta(folder)["files"]} | {folder / META}
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in listed]:
        path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        with suppress(OSError):
            path.rmdir()


def fresh_name(kind: str) -> str:
    """A folder name inside a generation that no earlier file has."""
    return f"{kind}-{secrets.token_hex(4)}"


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file whole or not at all, also when the power fails."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link_folder(source: Path, target: Path) -> None:
    """Put the same files into a new folder: by hard links, or copies where the file system has no links."""
    for path in sorted(path for path in source.rglob("*") if path.is_file()):
        link = target / path.relative_to(source)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, link)
        except OSError:
            shutil.copyfile(path, link)
            with link.open("rb+") as handle:
                os.fsync(handle.fileno())


def seal(folder: Path, known: Files | None = None) -> dict[str, dict[str, Any]]:
    """Flush every file of a new generation to disk; returns path → size and sha256.

    What ``known`` lists was written and flushed for an earlier generation, and is taken from there.
    """
    listing = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if known is not None and name in known:
            listing[name] = dict(known[name])
            continue
        with path.open("rb+") as handle:
            os.fsync(handle.fileno())
        listing[name] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    for path in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        sync_folder(path)
    return listing


def sha256_of(path: Path) -> str:
    """Hex digest of a file's content."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def reading(path: Path, *damages: type[Exception]) -> Iterator[None]:
    """Wrap what reading a file raises: absence and ``damages`` become IndexDamagedError, other OSError StorageError.

    The difference matters: a damaged generation may be deleted, one that cannot be read right now must not be.
    """
    try:
        yield
    except FileNotFoundError as error:
        raise IndexDamagedError(f"The index file {path} is missing.") from error
    except OSError as error:
        raise StorageError(f"The index file {path} cannot be read: {error.strerror or error}.") from error
    except damages as error:
        raise IndexDamagedError(f"The index file {path} is damaged.") from error


def mapped(path: Path, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """A file of numbers, mapped for reading."""
    if 0 in shape:
        return np.zeros(shape, dtype)
    with reading(path, ValueError):
        return np.asarray(np.memmap(path, dtype, mode="r", shape=shape))


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    """Write ``meta.json`` with its own digest."""
    write_durably(folder / META, _sealed(meta))


def read_meta(folder: Path) -> dict[str, Any]:
    """The verified content of ``meta.json``; raises IndexMissingError, IndexDamagedError or StorageError."""
    path = folder / META
    with reading(path, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        try:
            raw = path.read_bytes()
        except FileNotFoundError as error:
            raise IndexMissingError(f"There is no generation at {folder}.") from error
        meta = json.loads(raw)
        digest = meta.pop("digest")
        intact, found = _sealed(meta) == raw and bool(digest), meta["format"]
    if not intact:
        raise IndexDamagedError(f"The index file {path} is damaged.")
    if found != FORMAT:
        raise IndexMissingError(
            f"The generation at {folder} has format {found}, and this version reads format {FORMAT}; "
            "'bloghound index' builds a new one."
        )
    return dict(meta)


def _sealed(meta: Mapping[str, Any]) -> bytes:
    digest = hashlib.sha256(_canonical(meta)).hexdigest()
    return _canonical({**meta, "digest": digest})


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode("ascii")


def verify_files(folder: Path, files: Files, cache: Path) -> None:
    """Check every listed file; raises IndexDamagedError that names the first that is missing or changed, and
    StorageError that names the first that cannot be read.

    A file that was verified before and has kept its inode, size and time is not read again, so a start takes
    milliseconds; ``cache`` remembers them and may be lost at any time. The time is that of the content: a hard link
    more or less changes the other one.
    """
    seen = _remembered(cache)
    now: dict[str, str] = {}
    for name, expected in files.items():
        path = folder / name
        with reading(path):
            stat = path.stat()
        now[name] = _mark(stat, expected)
        if stat.st_size != expected["bytes"]:
            raise IndexDamagedError(f"The index file {path} has {stat.st_size} bytes instead of {expected['bytes']}.")
        if seen.get(name) != now[name] and not _has_digest(path, expected["sha256"]):
            raise IndexDamagedError(f"The index file {path} is damaged: its checksum does not match.")
    if now != seen:
        _remember(cache, now)


def remember_verified(folder: Path, files: Files, cache: Path) -> None:
    """Note that every listed file is as it should be: it has just been written, or verified where it was linked from.

    A file that cannot be looked at is not noted, and is read when the generation is opened.
    """
    now = {}
    for name, expected in files.items():
        with suppress(OSError):
            now[name] = _mark((folder / name).stat(), expected)
    _remember(cache, now)


def _mark(stat: os.stat_result, expected: Mapping[str, Any]) -> str:
    return f"{expected['sha256']} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns}"


def _remember(cache: Path, marks: Mapping[str, str]) -> None:
    with suppress(OSError):
        write_durably(cache, json.dumps(marks).encode())


def _has_digest(path: Path, sha256: str) -> bool:
    with reading(path):
        return sha256_of(path) == sha256


def _remembered(cache: Path) -> dict[str, str]:
    try:
        value = json.loads(cache.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
