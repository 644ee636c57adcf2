"""Read HTTP responses from any WARC file: plain, gzip or Zstandard, whoever wrote it.

Central names: :class:`ArchivedResponse`, :func:`read_records`, :func:`read_at`.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fastwarc import ArchiveIterator, WarcRecord, WarcRecordType

from bloghound.errors import ArchiveError
from crawler.archive.layout import DAMAGE, ByteStream, Layout, ends_whole, layout_of, open_unpacked, skip

MAX_BODY_BYTES = 5 * 1024 * 1024
"""A page is at most this long, on the wire and decoded: the same limit as for live fetches."""
_MAX_BLOCK_BYTES = MAX_BODY_BYTES + 65536  # a body and its HTTP headers
_WIRE_HEADERS = {"content-encoding", "transfer-encoding", "content-length"}


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """One captured HTTP response: ``body`` is decoded, ``headers`` lack those that describe its transport.

    ``offset`` finds it again in ``file`` (:func:`read_at`). ``too_large`` means that ``body`` was cut at
    MAX_BODY_BYTES. ``fetched_at`` is timezone-aware UTC.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    fetched_at: datetime
    file: str
    offset: int
    too_large: bool = False

    def header(self, name: str) -> str | None:
        """The first value of a header, by name in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A whole record as stored: its type, addresses and the first MAX_BODY_BYTES (and headers) of its block."""

    kind: WarcRecordType
    url: str
    content_type: str
    fetched_at: datetime
    offset: int
    block: bytes
    block_bytes: int

    @property
    def is_response(self) -> bool:
        """Whether it holds something that a web server answered."""
        http = self.kind == WarcRecordType.response and self.content_type.startswith("application/http")
        return self.url.startswith(("http:", "https:")) and (http or self.kind == WarcRecordType.resource)

    @property
    def status(self) -> int:
        """The HTTP status, or 0 where there is none to be read."""
        if self.kind == WarcRecordType.resource:
            return 200
        words = self.block[:32].split(None, 2)
        return int(words[1]) if len(words) > 1 and words[0][:5] == b"HTTP/" and words[1].isdigit() else 0


def read_records(path: str | Path, counts: Counter[str] | None = None) -> Iterator[ArchivedResponse]:
    """The HTTP responses (and resource records) of an archive, in its order.

    ``counts`` is told how many records of each WARC type there were, and ``unreadable`` for responses that are no
    HTTP. Raises ArchiveError when the file is no archive, and after the last whole record when it is cut or damaged.
    """
    file = Path(path)
    seen: Counter[str] = Counter() if counts is None else counts
    for raw in raw_records(file):
        seen[str(raw.kind)] += 1
        if not raw.is_response:
            continue
        if raw.status == 0:
            seen["unreadable"] += 1
            continue
        yield decode(raw, file)


def read_at(path: str | Path, offset: int) -> ArchivedResponse:
    """The response at ``offset`` of an archive, as :func:`read_records` and the writer name it.

    Raises ArchiveError when there is none.
    """
    file = Path(path)
    try:
        with closing(_open_record(file, offset)) as stream:
            written_at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            raw = next((_raw(record, offset, written_at) for record in _iterate(stream)), None)
    except DAMAGE as error:
        raise ArchiveError(f"The archive {file} has no readable record at byte {offset}.") from error
    if raw is None or not raw.is_response:
        raise ArchiveError(f"The archive {file} has no readable record at byte {offset}.")
    return decode(raw, file)


def _open_record(path: Path, offset: int) -> ByteStream:
    """A stream that fastwarc reads the record at ``offset`` from, whatever follows it."""
    if layout_of(path) is Layout.WHOLE:
        unpacked = open_unpacked(path)
        skip(unpacked, offset)
        return unpacked
    handle = path.open("rb")
    handle.seek(offset)
    return handle


def raw_records(path: Path) -> Iterator[RawRecord]:
    """All whole records of an archive, undecoded; raises ArchiveError as :func:`read_records` does."""
    last: int | None = None
    try:
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        layout = layout_of(path)
        with ExitStack() as opened:
            source = opened.enter_context(closing(open_unpacked(path))) if layout is Layout.WHOLE else str(path)
            for record in _iterate(source):
                raw = _raw(record, record.stream_pos, written_at)
                last = raw.offset
                yield raw
        if last is not None and layout is not Layout.WHOLE and not ends_whole(path, last):
            raise ArchiveError(f"The archive {path} is cut or damaged after the record at byte {last}.")
    except DAMAGE as error:
        raise _unusable(path, last, error) from error
    if last is None:
        raise ArchiveError(f"{path} is not a web archive (WARC).")


def _iterate(source: object) -> Iterator[WarcRecord]:
    return iter(ArchiveIterator(source, WarcRecordType.any_type, parse_http=False))  # type: ignore[arg-type]


def _unusable(path: Path, last: int | None, error: BaseException) -> ArchiveError:
    if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
        return ArchiveError(f"The archive {path} cannot be read: {error.strerror}.")
    if last is None:
        return ArchiveError(f"{path} is not a web archive (WARC).")
    return ArchiveError(f"The archive {path} is cut or damaged after the record at byte {last}.")


def _raw(record: WarcRecord, offset: int, written_at: datetime) -> RawRecord:
    """The record's content, read to its end; raises EOFError when it ends too soon.

    A record without a usable date gets ``written_at``, when its file was last written.
    """
    block = record.reader.read(min(record.content_length, _MAX_BLOCK_BYTES))
    total = len(block) + (record.reader.consume() if record.content_length > len(block) else 0)
    if total < record.content_length:
        raise EOFError(f"the record at byte {offset} is cut")
    return RawRecord(
        kind=record.record_type,
        url=(record.headers.get("WARC-Target-URI") or "").strip("<>"),
        content_type=record.headers.get("Content-Type") or "",
        fetched_at=_in_utc(record.record_date) or written_at,
        offset=offset,
        block=block,
        block_bytes=total,
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    """A date as UTC; one without a zone, which the standard forbids, is taken for UTC."""
    return None if moment is None else moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def decode(raw: RawRecord, path: Path) -> ArchivedResponse:
    """The HTTP response in a record, with chunks joined and compression undone where the headers tell the truth."""
    if raw.kind == WarcRecordType.resource:
        headers: tuple[tuple[str, str], ...] = (("Content-Type", raw.content_type),)
        body = raw.block
    else:
        headers, body = _parse_http(raw.block)
    return ArchivedResponse(
        url=raw.url,
        status=raw.status,
        headers=tuple((name, value) for name, value in headers if name.lower() not in _WIRE_HEADERS),
        body=body[:MAX_BODY_BYTES],
        fetched_at=raw.fetched_at,
        file=str(path),
        offset=raw.offset,
        too_large=len(body) > MAX_BODY_BYTES or raw.block_bytes > len(raw.block),
    )


def _parse_http(block: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Headers and decoded body of an HTTP message, the body cut one byte after MAX_BODY_BYTES.

    Archives often keep the headers of a body that was stored decoded, so what cannot be decoded is taken as it is.
    """
    for decoding in ("all", "transfer", "none"):
        message = WarcRecord()
        message.init_headers(WarcRecordType.response, content_length=len(block))
        message.is_http = True
        message.set_bytes_content(block)
        try:
            message.parse_http(auto_decode=decoding, quirks_mode=True)
            return message.http_headers.to_tuples(), message.reader.read(MAX_BODY_BYTES + 1)
        except OSError:
            continue
    return (), b""
