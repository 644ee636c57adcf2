"""Find a page in a set of archives by its address, as the servers of that time would have answered.

Central name: :class:`ArchiveIndex`.
"""

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from bloghound.errors import AddressError, ArchiveError
from bloghound.urls import canonical_url, fold_url
from crawler.archive.layout import Layout, layout_of, open_unpacked
from crawler.archive.reader import ArchivedResponse, RawRecord, raw_records, read_at


@dataclass(frozen=True, slots=True)
class Capture:
    """Where one response lies, and what decides between several of one page."""

    place: int
    """Number of the archive in the index."""
    offset: int
    status: int
    fetched_at: datetime

    @property
    def rank(self) -> tuple[bool, datetime]:
        """Answers before redirects and errors, then the newest first."""
        return (200 <= self.status < 300, self.fetched_at)


class ArchiveIndex:
    """The responses of some archives by address; the bodies stay in the files.

    An exact address is preferred to one that differs in scheme, trailing slash or ``/index.html`` only, and of several
    captures the newest is taken. ``damage`` holds the sentence for each archive that is cut: its whole records are in
    the index. Raises ArchiveError when a file is no archive or cannot be read.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self.paths = tuple(Path(path) for path in paths)
        self.damage: list[str] = []
        self._exact: dict[str, Capture] = {}
        self._folded: dict[str, Capture] = {}
        self._readable = list(self.paths)
        self._remove_unpacked: list[weakref.finalize[[str], ArchiveIndex]] = []
        for place in range(len(self.paths)):
            self._scan(place)

    def __len__(self) -> int:
        """How many addresses the archives answer."""
        return len(self._exact)

    def __contains__(self, url: str) -> bool:
        return self._find(url) is not None

    def lookup(self, url: str) -> ArchivedResponse | None:
        """The archived response for an address, or None when no archive holds it."""
        capture = self._find(url)
        if capture is None:
            return None
        found = read_at(self._readable[capture.place], capture.offset)
        return ArchivedResponse(
            url=found.url,
            status=found.status,
            headers=found.headers,
            body=found.body,
            fetched_at=found.fetched_at,
            file=str(self.paths[capture.place]),
            offset=found.offset,
            too_large=found.too_large,
        )

    def close(self) -> None:
        """Remove what was unpacked (which otherwise happens when the index is no longer used)."""
        for remove in self._remove_unpacked:
            remove()

    def _find(self, url: str) -> Capture | None:
        try:
            return self._exact.get(canonical_url(url)) or self._folded.get(fold_url(url))
        except AddressError:
            return None

    def _scan(self, place: int) -> None:
        path = self.paths[place]
        records = 0
        try:
            for raw in raw_records(path):
                records += 1
                if raw.is_response and raw.status:
                    self._add(place, raw)
        except ArchiveError as error:
            if not records:
                raise
            self.damage.append(str(error))
        if layout_of(path) is Layout.WHOLE:
            self._readable[place] = self._unpack(place)

    def _add(self, place: int, raw: RawRecord) -> None:
        capture = Capture(place, raw.offset, raw.status, raw.fetched_at)
        try:
            exact, folded = canonical_url(raw.url), fold_url(raw.url)
        except AddressError:
            return
        if exact not in self._exact or self._exact[exact].fetched_at <= capture.fetched_at:
            self._exact[exact] = capture
        if folded not in self._folded or self._folded[folded].rank <= capture.rank:
            self._folded[folded] = capture

    def _unpack(self, place: int) -> Path:
        """A plain copy of an archive that was compressed in one piece: each look-up would read it from the start."""
        folder = tempfile.mkdtemp(prefix="bloghound-archive-")
        self._remove_unpacked.append(weakref.finalize(self, _remove_folder, folder))
        target = Path(folder) / f"{place}.warc"
        with closing(open_unpacked(self.paths[place])) as packed, target.open("wb") as plain:
            try:
                shutil.copyfileobj(packed, plain)
            except (OSError, EOFError):
                # Cut: _scan has reported it, and the records before the cut are there.
                return target
        return target


def _remove_folder(folder: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)


@lru_cache(maxsize=4)
def open_index(paths: tuple[str, ...]) -> ArchiveIndex:
    """The index of these archives, scanned once in a process however many handlers ask for it."""
    return ArchiveIndex(paths)
