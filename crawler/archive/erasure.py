"""Taking a site's answers out of our own archives: what is forgotten must not come back by reading them again."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bloghound.errors import AddressError, ArchiveError
from bloghound.urls import site_of
from crawler.archive.reader import raw_records


@dataclass(frozen=True, slots=True)
class Erased:
    """What was taken out of the segments: how many records, and where those that stayed lie now."""

    records: int = 0
    moved: dict[str, dict[int, int]] = field(default_factory=dict)
    """New offset by old one, by the name of each segment that was rewritten."""


def erase_site(folder: Path, site_key: str) -> Erased:
    """Rewrite every segment that holds a record of the site without it; a segment left empty is removed.

    Raises ArchiveError when a segment cannot be rewritten. Each segment is replaced whole or not at all.
    """
    records, moved = 0, {}
    for segment in sorted(folder.glob("*.warc.gz")):
        spans = list(_spans(segment))
        kept = [(start, end) for start, end, url in spans if not _is_of(url, site_key)]
        if len(kept) < len(spans):
            records += len(spans) - len(kept)
            moved[segment.name] = _rewrite(segment, kept)
    return Erased(records, moved)


def _spans(segment: Path) -> Iterator[tuple[int, int, str]]:
    """Start, end and target address of each record; what follows the last whole one is cut off by a rewrite."""
    size = segment.stat().st_size
    before: tuple[int, str] | None = None
    try:
        for record in raw_records(segment):
            if before is not None:
                yield before[0], record.offset, before[1]
            before = record.offset, record.url
    except ArchiveError:
        # A segment cut by a killed crawl: its last record is not whole, so nothing can be kept of it.
        size = before[0] if before is not None else 0
    if before is not None and before[0] < size:
        yield before[0], size, before[1]


def _is_of(url: str, site_key: str) -> bool:
    try:
        return site_of(url).key == site_key
    except AddressError:
        return False


def _rewrite(segment: Path, kept: list[tuple[int, int]]) -> dict[int, int]:
    draft = segment.with_suffix(".rewriting")
    moved: dict[int, int] = {}
    try:
        with segment.open("rb") as source, draft.open("wb") as target:
            for start, end in kept:
                moved[start] = target.tell()
                source.seek(start)
                target.write(source.read(end - start))
            target.flush()
            os.fsync(target.fileno())
        draft.replace(segment)
    except OSError as error:
        raise ArchiveError(f"The archive {segment} cannot be rewritten: {error.strerror}.") from error
    return moved
