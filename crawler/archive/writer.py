"""Write what a live crawl exchanged with servers to WARC segments, each record compressed on its own.

A record is appended with one write, so that a killed process can cut the last record only; every process opens
segments of its own and holds a lock on the one it writes. Central names: :class:`WarcWriter`, :class:`Exchange`,
:func:`purge_old_segments`.
"""

import base64
import fcntl
import hashlib
import io
import os
import secrets
import time
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from fastwarc import WarcRecord, WarcRecordType

from bloghound.errors import ArchiveError

DEFAULT_SEGMENT_BYTES = 256 * 1024 * 1024
"""A segment is closed at this size: small enough to be purged by age, large enough to be few."""
_SUFFIX = ".warc.gz"
_PREFIX = "bloghound-"
_COMPRESSION = 6  # zlib's own default; 9 takes twice the time for about one percent

_GZIP_FRAMING = 16  # added to zlib's window size, it asks for gzip's header and trailer (zlib.h, deflateInit2)

HeaderPairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response as sent and received; ``body`` still has its content encoding."""

    url: str
    method: str
    request_headers: HeaderPairs
    status: int
    response_headers: HeaderPairs
    body: bytes
    fetched_at: datetime
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What a purge removed: the names of the segments, and how many bytes they held."""

    segments: tuple[str, ...]
    freed_bytes: int


class WarcWriter:
    """Appends exchanges to segments in ``folder``, which is made if absent.

    With ``fsync`` every exchange is on disk before :meth:`write` returns; without it a power failure, but no killed
    process, may lose the last seconds. Raises ArchiveError when the folder or a segment cannot be written.
    """

    def __init__(self, folder: Path, max_segment_bytes: int = DEFAULT_SEGMENT_BYTES, *, fsync: bool = False) -> None:
        self._folder = folder
        self._max_segment_bytes = max_segment_bytes
        self._fsync = fsync
        self._segment: Path | None = None
        self._descriptor = -1
        self._size = 0

    def write(self, exchange: Exchange) -> tuple[Path, int]:
        """Store an exchange; returns the segment and the byte offset of its response record."""
        try:
            if self._segment is None or self._size >= self._max_segment_bytes or self._is_unlinked():
                self._open_segment()
            response = _response_record(exchange)
            offset = self._append(response)
            self._append(_request_record(exchange, response.record_id or ""))
        except OSError as error:
            raise ArchiveError(f"The archive in {self._folder} cannot be written: {error.strerror}.") from error
        assert self._segment is not None  # noqa: S101 - _open_segment has set it
        return self._segment, offset

    def close(self) -> None:
        """Close the segment that is being written; a later write opens a new one."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._segment, self._size = -1, None, 0

    def _is_unlinked(self) -> bool:
        """Whether somebody removed the segment, by hand or as too old: what is written to it would be lost."""
        return os.fstat(self._descriptor).st_nlink == 0

    def _open_segment(self) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        segment = self._folder / f"{_PREFIX}{stamp}-{os.getpid()}-{secrets.token_hex(3)}{_SUFFIX}"
        self._descriptor = os.open(segment, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        # Erasing passes over a segment that is locked: it would replace the file under this descriptor.
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        self._segment = segment
        self._append(_info_record(segment.name))

    def _append(self, record: WarcRecord) -> int:
        """Append one compressed record; returns its offset. A short write (full disk) is taken back."""
        data = _gzip_member(record)
        written = os.write(self._descriptor, data)
        if written < len(data):
            os.ftruncate(self._descriptor, self._size)
            raise OSError(28, "No space left on device")
        if self._fsync:
            os.fsync(self._descriptor)
        offset = self._size
        self._size += written
        return offset


def _gzip_member(record: WarcRecord) -> bytes:
    plain = io.BytesIO()
    record.write(plain, checksum_data=True)
    # fastwarc's own GzipWriter takes four times as long for a small record: it sets itself up anew for each.
    member = zlib.compressobj(_COMPRESSION, wbits=zlib.MAX_WBITS | _GZIP_FRAMING)
    return member.compress(plain.getvalue()) + member.flush()


def purge_old_segments(folder: Path, days: int, now: float | None = None) -> PurgeReport:
    """Remove the segments last written more than ``days`` ago (0 keeps all for ever) and say what went."""
    oldest = (time.time() if now is None else now) - days * 86400
    removed: list[str] = []
    freed = 0
    for segment in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")) if days else []:
        facts = segment.stat()
        if facts.st_mtime < oldest:
            segment.unlink()
            removed.append(segment.name)
            freed += facts.st_size
    return PurgeReport(tuple(removed), freed)


def _info_record(name: str) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(WarcRecordType.warcinfo)
    record.headers["WARC-Filename"] = name
    record.headers["Content-Type"] = "application/warc-fields"
    record.set_bytes_content(b"software: Bloghound\r\nformat: WARC File Format 1.1\r\n")
    return record


def _response_record(exchange: Exchange) -> WarcRecord:
    # Chunks are joined by the HTTP client, so the header that announces them would be a lie in the archive.
    headers = tuple(pair for pair in exchange.response_headers if pair[0].lower() != "transfer-encoding")
    head = f"HTTP/1.1 {exchange.status} \r\n{_lines(headers)}\r\n".encode("utf-8", "replace")
    record = _http_record(WarcRecordType.response, exchange, head + exchange.body)
    digest = base64.b32encode(hashlib.sha1(exchange.body, usedforsecurity=False).digest()).decode()
    record.headers["WARC-Payload-Digest"] = f"sha1:{digest}"
    if exchange.ip_address:
        record.headers["WARC-IP-Address"] = exchange.ip_address
    return record


def _request_record(exchange: Exchange, response_id: str) -> WarcRecord:
    parts = urlsplit(exchange.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = (("Host", parts.netloc),)
    head = f"{exchange.method} {target} HTTP/1.1\r\n{_lines(host + exchange.request_headers)}\r\n"
    record = _http_record(WarcRecordType.request, exchange, head.encode("utf-8", "replace"))
    record.headers["WARC-Concurrent-To"] = response_id
    return record


def _http_record(kind: WarcRecordType, exchange: Exchange, block: bytes) -> WarcRecord:
    record = WarcRecord()
    record.init_headers(kind)
    record.record_date = exchange.fetched_at
    record.headers["WARC-Target-URI"] = exchange.url
    record.headers["Content-Type"] = f"application/http; msgtype={kind!s}"
    record.set_bytes_content(block)
    return record


def _lines(headers: HeaderPairs) -> str:
    """Header lines; line breaks inside a value would forge further headers."""
    return "".join(f"{name}: {' '.join(value.splitlines())}\r\n" for name, value in headers)
