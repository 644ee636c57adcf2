"""The file of a backup: a zip whose manifest names every member with its size and SHA-256; it is there whole or not.

Nothing is ever unpacked by a name from the file: members have fixed names, and a file with any other is refused.
Central names: :class:`BackupWriter`, :class:`BackupReader`, :class:`Manifest`.
"""

import fcntl
import hashlib
import io
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bloghound.errors import BackupError

SECRET_KEY = "secret.key"  # noqa: S105 - the name of a member
_MANIFEST = "manifest.json"
_MEMBER = re.compile(r"secret\.key|tables/[a-z_]{1,63}\.jsonl|archive/[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.warc\.gz")
_DRAFT_SUFFIX = ".bloghound-part"
_CHUNK_BYTES = 1024 * 1024
_COMPRESSION = 3
"""zlib's level for tables: 6, its default, takes twice the time for a tenth less."""
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Of the others, zipfile unpacks whole blocks at once, however long: a kilobyte of bzip2 can hold a gigabyte."""
_MAX_MANIFEST_BYTES = 64 * 1024 * 1024
"""A manifest is 200 bytes for each archive; this is room for 300,000 of them."""
_MAX_LINE_BYTES = 64 * 1024 * 1024
"""A row is at most one page's text, and a page is at most 5 MiB on the wire."""


class Member(BaseModel):
    """A part of the file: its length and checksum, uncompressed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bytes: int = Field(ge=0)
    sha256: str


class TableEntry(BaseModel):
    """A table of the file: the columns in the order of the values of its rows, and how many rows."""

    model_config = ConfigDict(extra="forbid", strict=True)

    columns: list[str]
    rows: int = Field(ge=0)


class Manifest(BaseModel):
    """What a backup holds and what it was made of; ``tables`` come each after those that it refers to."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["bloghound-backup"] = "bloghound-backup"
    version: Literal[1] = 1
    backup_id: str
    made_at: AwareDatetime
    program: str
    revision: str
    tables: dict[str, TableEntry]
    members: dict[str, Member]

    @property
    def total_bytes(self) -> int:
        """Length of everything in it, uncompressed."""
        return sum(member.bytes for member in self.members.values())

    @property
    def archives(self) -> list[str]:
        """Names of the archive files in it."""
        return sorted(name.removeprefix("archive/") for name in self.members if name.startswith("archive/"))


def table_member(table_name: str) -> str:
    """The name of the member that holds a table."""
    return f"tables/{table_name}.jsonl"


class BackupWriter:
    """Writes a backup beside its place and puts it there when it is whole and on disk.

    Leaving the block without :meth:`finish` leaves nothing; a killed process leaves a draft, which the next backup
    into the folder removes. Raises BackupError when the file is there already or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}{_DRAFT_SUFFIX}")
        self._members: dict[str, Member] = {}

    def __enter__(self) -> Self:
        if self._path.exists():
            raise BackupError(f"There is a file {self._path} already; a backup never replaces one.")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        _remove_dead_drafts(self._path.parent)
        descriptor = os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self._handle = os.fdopen(descriptor, "w+b")
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        self._zip = zipfile.ZipFile(self._handle, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, ValueError):  # a full disk, which is why the block ended
            self._zip.close()
        with suppress(OSError):
            self._handle.close()
        self._draft.unlink(missing_ok=True)

    @contextmanager
    def member(self, name: str, *, compressed: bool = True) -> Iterator["Sink"]:
        """Write one member; what is compressed already should not be compressed once more."""
        entry = zipfile.ZipInfo(name)
        entry.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
        entry.external_attr = 0o600 << 16
        with self._zip.open(entry, "w", force_zip64=True) as target:
            sink = Sink(target)
            yield sink
        self._members[name] = Member(bytes=sink.bytes, sha256=sink.digest.hexdigest())

    def finish(self, manifest: Manifest) -> Manifest:
        """Write the manifest, completed by what was written, and put the file in its place."""
        whole = manifest.model_copy(update={"members": self._members})
        self._zip.writestr(_MANIFEST, whole.model_dump_json(indent=1))
        self._zip.close()
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._draft.rename(self._path)
        _sync_folder(self._path.parent)
        return whole


class Sink:
    """Takes the bytes of one member and counts them."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.bytes = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        """Append ``data``."""
        self._target.write(data)
        self.bytes += len(data)
        self.digest.update(data)


class BackupReader:
    """Reads a backup that anybody may have tampered with; every method raises BackupError for one that cannot be used.

    Its manifest is checked when it is opened, its members by :meth:`check`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        with self._usable():
            self._zip = zipfile.ZipFile(self._path)
        try:
            with self._usable():
                self.manifest = self._read_manifest()
        except BaseException:
            self._zip.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def check(self) -> Iterator[int]:
        """Read every member to its end and compare it with the manifest; yields the bytes read so far."""
        done = 0
        for name, member in self.manifest.members.items():
            digest = hashlib.sha256()
            for chunk in self.chunks(name):
                digest.update(chunk)
                done += len(chunk)
                yield done
            if digest.hexdigest() != member.sha256:
                raise BackupError(f"The backup {self._path} is damaged: the checksum of {name} is wrong.")

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, some at a time."""
        with self._usable(), self._zip.open(name) as source:
            while chunk := source.read(_CHUNK_BYTES):
                yield chunk

    def lines(self, table_name: str) -> Iterator[bytes]:
        """The rows of a table."""
        with self._usable(), self._zip.open(table_member(table_name)) as source:
            buffered = io.BufferedReader(source, _CHUNK_BYTES)  # type: ignore[type-var]  # typeshed wants a RawIOBase
            while line := buffered.readline(_MAX_LINE_BYTES):
                yield line

    def _read_manifest(self) -> Manifest:
        names = self._zip.namelist()
        if any(entry.compress_type not in _COMPRESSIONS for entry in self._zip.infolist()):
            raise BackupError(f"The backup {self._path} cannot be used: it is compressed in a way that no backup is.")
        if self._zip.getinfo(_MANIFEST).file_size > _MAX_MANIFEST_BYTES:
            raise BackupError(f"The backup {self._path} cannot be used: its manifest is too long.")
        with self._zip.open(_MANIFEST) as source:
            manifest = Manifest.model_validate_json(source.read(_MAX_MANIFEST_BYTES))
        wrong = [name for name in manifest.members if not _MEMBER.fullmatch(name)]
        if wrong:
            raise BackupError(f"The backup {self._path} cannot be used: it holds {wrong[0]!r}, which no backup does.")
        if sorted(names) != sorted([*manifest.members, _MANIFEST]):
            raise BackupError(f"The backup {self._path} is damaged: it does not hold what its manifest says.")
        needed = {SECRET_KEY, *(table_member(name) for name in manifest.tables)}
        tables = {name for name in manifest.members if name.startswith("tables/")}
        if not needed <= set(manifest.members) or not tables <= needed:
            raise BackupError(f"The backup {self._path} is damaged: its tables are not those of its manifest.")
        for name, member in manifest.members.items():
            if self._zip.getinfo(name).file_size != member.bytes:
                raise BackupError(f"The backup {self._path} is damaged: the length of {name} is wrong.")
        return manifest

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise BackupError(f"There is no backup {self._path}.") from error
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise BackupError(
                f"The backup {self._path} cannot be used: its manifest is wrong, or of a newer version, at {where!r}."
            ) from error
        except OSError as error:
            raise BackupError(f"The backup {self._path} cannot be read: {error.strerror or error}.") from error
        except _DAMAGES as error:
            raise BackupError(f"The file {self._path} is no backup, or a damaged one: {error}.") from error


_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    OverflowError,
    RuntimeError,
    MemoryError,
)
"""What reading a damaged or hostile zip raises: seen with cut files, flipped bits, encrypted and unknown members."""


def _remove_dead_drafts(folder: Path) -> None:
    for draft in folder.glob(f".*{_DRAFT_SUFFIX}"):
        with suppress(OSError), draft.open("rb") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    with suppress(OSError):  # some file systems cannot
        os.fsync(descriptor)
    os.close(descriptor)
