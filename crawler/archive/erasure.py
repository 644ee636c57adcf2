"""Taking a site's answers out of our own archives: what is forgotten must not come back by reading them again."""

import fcntl
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from fastwarc import WarcRecordType

from bloghound.errors import AddressError, ArchiveError
from bloghound.urls import site_of
from crawler.archive.reader import RawRecord, raw_records


@dataclass(frozen=True, slots=True)
class ErasedSegment:
    """What became of a segment: records taken out, and where those that stayed lie now; or ``busy``, and nothing."""

    name: str
    records: int = 0
    moved: Mapping[int, int] = field(default_factory=dict)
    """New offset by old one."""
    busy: bool = False
    """A crawl is writing it, so it was left as it is."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a record lies: from ``start`` up to ``end``."""

    start: int
    end: int
    url: str
    is_request: bool


def erase_site(
    folder: Path, site_key: str, places: Mapping[str, Collection[int]] | None = None
) -> Iterator[ErasedSegment]:
    """Rewrite every segment that holds a record of the site without it; a segment left empty is removed.

    ``places`` are offsets, by name of segment, of answers that are the site's although their addresses do not say so,
    such as those of a platform's interface; each goes with its request. Yields each segment that was rewritten, at
    once, and each that could not be since a crawl is writing it. Raises ArchiveError when a segment cannot be
    rewritten. Each segment is replaced whole or not at all.
    """
    for segment in sorted(folder.glob("*.warc.gz")):
        with _locked(segment) as source:
            if source is None:
                yield ErasedSegment(segment.name, busy=True)
                continue
            spans, damaged = _spans(segment)
            kept = list(_kept(spans, site_key, frozenset((places or {}).get(segment.name, ()))))
            if len(kept) < len(spans) or (damaged and spans):
                yield ErasedSegment(segment.name, len(spans) - len(kept), _rewrite(segment, source, kept))


@contextmanager
def _locked(segment: Path) -> Iterator[BinaryIO | None]:
    """The segment opened for reading and held against writers; None while one holds it."""
    try:
        with segment.open("rb") as source:
            try:
                fcntl.flock(source, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            yield source
    except OSError as error:
        raise ArchiveError(f"The archive {segment} cannot be rewritten: {error.strerror}.") from error


def _spans(segment: Path) -> tuple[list[_Span], bool]:
    """The whole records, and whether the segment is damaged behind them, as where a crawl was killed.

    Where the last record before the damage ends is unknown, so it is not among them.
    """
    found: list[RawRecord] = []
    damaged = False
    try:
        # Of a record no more than its place is kept, since a segment holds 256 MiB.
        found.extend(replace(record, block=b"") for record in raw_records(segment))
    except ArchiveError:
        damaged = True
    ends = [record.offset for record in found[1:]] + ([] if damaged else [segment.stat().st_size])
    spans = [
        _Span(record.offset, end, record.url, record.kind == WarcRecordType.request)
        for record, end in zip(found, ends, strict=False)
    ]
    return spans, damaged


def _kept(spans: Iterable[_Span], site_key: str, places: frozenset[int]) -> Iterator[_Span]:
    erased = False
    for span in spans:
        # Our own writer puts a request right behind its answer.
        erased = span.start in places or _is_of(span.url, site_key) or (erased and span.is_request)
        if not erased:
            yield span


def _is_of(url: str, site_key: str) -> bool:
    try:
        return site_of(url).key == site_key
    except AddressError:
        return False


def _rewrite(segment: Path, source: BinaryIO, kept: list[_Span]) -> dict[int, int]:
    if not kept:
        segment.unlink()
        return {}
    draft = segment.with_suffix(".rewriting")
    moved: dict[int, int] = {}
    with draft.open("wb") as target:
        for span in kept:
            moved[span.start] = target.tell()
            source.seek(span.start)
            target.write(source.read(span.end - span.start))
        target.flush()
        os.fsync(target.fileno())
    draft.replace(segment)
    return moved
