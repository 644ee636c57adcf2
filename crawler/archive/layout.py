"""How an archive file is laid out, and byte streams into it that end with an error where the file is cut.

A record can be found again by one offset: a position in the file where each record is stored plainly or compressed on
its own, a position in the unpacked stream where the file was compressed as a whole.
"""

import gzip
import zlib
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import IO, Protocol

from fastwarc import ArchiveIterator, WarcRecordType, ZstdReader

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_HEADER_BYTES = 65536  # fastwarc reads record headers of up to 32 KiB

DAMAGE = (OSError, EOFError, zlib.error, ValueError)
"""What a stream raises where its file is cut or damaged."""


class Layout(StrEnum):
    """Where records begin in an archive file."""

    PLAIN = "plain"
    MEMBERS = "members"
    """Every record is compressed on its own, as the WARC standard recommends."""
    WHOLE = "whole"
    """The file was compressed in one piece, so that there is no way in but from the start."""


class ByteStream(Protocol):
    """The part of a binary file that reading an archive needs."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""

    def close(self) -> None:
        """Release the file."""


def layout_of(path: Path) -> Layout:
    """The layout of an archive; raises OSError when it cannot be read or is no archive."""
    facts = path.stat()
    return _layout_of(path, facts.st_ino, facts.st_size, facts.st_mtime_ns)


# Each look-up in an archive asks for its layout; finding it takes as long as reading the page. The arguments beside the
# path tell that the file is still the same.
@lru_cache(maxsize=256)
def _layout_of(path: Path, _inode: int, _bytes: int, _changed_at: int) -> Layout:
    with path.open("rb") as handle:
        magic = handle.read(4)
        if not magic.startswith(GZIP_MAGIC) and magic != ZSTD_MAGIC and not is_skippable_frame(magic):
            return Layout.PLAIN
        for place, record in enumerate(ArchiveIterator(str(path), WarcRecordType.any_type, parse_http=False)):
            handle.seek(record.stream_pos)
            found = handle.read(4)
            if not found.startswith(magic[:2]) and found != ZSTD_MAGIC:
                return Layout.WHOLE
            if place == 1:
                break
    return Layout.MEMBERS


def is_skippable_frame(magic: bytes) -> bool:
    """Whether ``magic`` begins a Zstandard skippable frame, which holds a dictionary at the start of some archives."""
    return len(magic) == 4 and magic[1:] == b"\x2a\x4d\x18" and 0x50 <= magic[0] <= 0x5F


class _Gunzipped(gzip.GzipFile):
    """A gzip file that closes the handle it was opened on, which the standard library's leaves open."""

    def __init__(self, handle: IO[bytes]) -> None:
        super().__init__(fileobj=handle, mode="rb")
        self._handle = handle

    def close(self) -> None:
        super().close()
        self._handle.close()


class _Unpacked:
    """A Zstandard file seen as a plain stream, so that positions in it are those of the unpacked bytes."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._reader = ZstdReader(handle)
        self._position = 0

    def read(self, size: int = 65536, /) -> bytes:
        data = self._reader.read(size)
        self._position += len(data)
        return data

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._reader.close()
        self._handle.close()


def open_unpacked(path: Path, offset: int = 0) -> ByteStream:
    """The unpacked bytes from the record or compressed member at file position ``offset``, to the end of the file."""
    handle = path.open("rb")
    handle.seek(offset)
    magic = handle.read(4)
    handle.seek(offset)
    if magic.startswith(GZIP_MAGIC):
        return _Gunzipped(handle)
    if magic == ZSTD_MAGIC or is_skippable_frame(magic):
        return _Unpacked(handle)
    return handle


def skip(stream: ByteStream, count: int) -> int:
    """Read past ``count`` bytes; returns how many there were."""
    left = count
    while left and (data := stream.read(min(left, 1 << 20))):
        left -= len(data)
    return count - left


def ends_whole(path: Path, last_offset: int) -> bool:
    """Whether the record at ``last_offset`` is whole and nothing but blank lines follows it.

    fastwarc stops silently where a compressed file is cut between records or inside a record's headers.
    """
    stream = open_unpacked(path, last_offset)
    try:
        head = _read_header(stream)
        length = _content_length(head)
        after_header = head.partition(b"\r\n\r\n")[2]
        missing = max(0, length - len(after_header))
        if skip(stream, missing) < missing:
            return False
        rest = after_header[length:] + stream.read(_HEADER_BYTES)
        return not rest.strip()
    except DAMAGE:
        return False
    finally:
        stream.close()


def _read_header(stream: ByteStream) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEADER_BYTES and (data := stream.read(4096)):
        head += data
    return head


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n\r\n")[0].split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    raise ValueError("a WARC record without a length")
