"""The table of a generation's bloggers: what is shown and filtered of each, its storage id, and its mean direction.

Files: ``bloggers.json`` (in the order of the founding sites' keys), ``blogger_ids.i64`` (n,) and
``blogger_vectors.f32`` (n, d); a zero row where no post has a vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import repeat
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self, overload

import numpy as np
import orjson
from numpy.typing import NDArray

from ranking.index.layout import mapped, reading

_LISTS = ("sites", "site_keys", "platforms", "languages", "flags")


@dataclass(frozen=True, slots=True)
class BloggerEntry:
    """A blogger in the index, with the facts of :func:`ranking.index.facts.entry_of`; None is unknown.

    ``sites`` are home addresses and ``site_keys`` the keys of the same sites, the founding one first; ``posts`` counts
    those in the index; ``first_post`` and ``last_post`` are RFC 3339. ``reason`` says why the blogger can be no
    candidate, and is empty when it can.
    """

    public_id: str
    name: str
    site_key: str
    home_url: str
    sites: tuple[str, ...]
    site_keys: tuple[str, ...]
    platforms: tuple[str, ...]
    languages: tuple[str, ...]
    followers: int | None
    flags: tuple[str, ...]
    posts: int
    first_post: str | None
    last_post: str | None
    posts_per_month: float | None
    sponsored_share: float | None
    reason: str
    main_author_share: float | None = None


@dataclass(frozen=True, slots=True)
class BloggerTable:
    """The bloggers of a generation: entries, storage ids of shape (n,) and mean directions of shape (n, d)."""

    entries: "BloggerEntries"
    blogger_ids: NDArray[np.int64]
    vectors: NDArray[np.float32]


_BETWEEN = b",\n"
"""Stands between two entries and within none: JSON has no line breaks in its strings."""


def line_of(entry: BloggerEntry | dict[str, object]) -> bytes:
    """An entry as the table has it."""
    return orjson.dumps(entry)


@dataclass(frozen=True, slots=True)
class BloggerFacts:
    """What is asked of all bloggers at once: fields of :class:`BloggerEntry`, one value for each blogger."""

    public_id: Sequence[str]
    site_key: Sequence[str]
    site_keys: Sequence[Sequence[str]]
    platforms: Sequence[Sequence[str]]
    languages: Sequence[Sequence[str]]
    followers: Sequence[int | None]
    last_post: Sequence[str | None]
    posts_per_month: Sequence[float | None]
    sponsored_share: Sequence[float | None]
    reason: Sequence[str]
    main_author_share: Sequence[float | None]


_FACTS = tuple(field.name for field in fields(BloggerFacts))


class BloggerEntries(Sequence[BloggerEntry]):
    """The entries of a table, from the ``lines`` of its file; each is decoded when it is asked for, since a query shows
    some twenty, and 100,000 at once take seconds and hundreds of megabytes. ``facts`` are those of all."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        rows = map(itemgetter(*_FACTS), map(orjson.loads, lines))
        self.facts = BloggerFacts(*(zip(*rows, strict=True) if lines else repeat((), len(_FACTS))))

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, index: int) -> BloggerEntry: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[BloggerEntry, ...]: ...
    def __getitem__(self, index: int | slice) -> BloggerEntry | tuple[BloggerEntry, ...]:
        """The entry in that place, or those in these; raises IndexError beyond the last."""
        if isinstance(index, slice):
            return tuple(map(_entry, self._lines[index]))
        return _entry(self._lines[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


class BloggerTableWriter:
    """Writes the table row by row, so that memory holds neither entries nor vectors."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._ids: list[int] = []
        self._entries = (folder / "bloggers.json").open("wb")
        self._vectors = (folder / "blogger_vectors.f32").open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entries.close()
        self._vectors.close()

    def add(self, blogger_id: int, line: bytes, vector: NDArray[np.float32]) -> None:
        """The next blogger; ``line`` is its entry as :func:`line_of` writes it."""
        self._entries.write((_BETWEEN if self._ids else b"[") + line)
        self._vectors.write(vector.astype("<f4").tobytes())
        self._ids.append(blogger_id)

    def finish(self) -> int:
        """Complete the files; returns how many bloggers there are."""
        self._entries.write(b"]" if self._ids else b"[]")
        np.array(self._ids, "<i8").tofile(self._folder / "blogger_ids.i64")
        return len(self._ids)


def write_table(folder: Path, table: BloggerTable, kept: Sequence[int]) -> None:
    """Write the ``kept`` rows of a table into a new folder."""
    with BloggerTableWriter(folder) as writer:
        for row in kept:
            writer.add(int(table.blogger_ids[row]), line_of(table.entries[row]), table.vectors[row])
        writer.finish()


def read_table(folder: Path, dimensions: int) -> BloggerTable:
    """The table in a folder; raises IndexDamagedError when it is damaged, StorageError when unreadable."""
    path = folder / "bloggers.json"
    with reading(path, ValueError, KeyError, TypeError):
        entries = BloggerEntries(read_lines(folder))
    ids = mapped(folder / "blogger_ids.i64", "<i8", (len(entries),))
    return BloggerTable(entries, ids, mapped(folder / "blogger_vectors.f32", "<f4", (len(entries), dimensions)))


def read_lines(folder: Path) -> list[bytes]:
    """The entries alone, each as :func:`line_of` wrote it."""
    path = folder / "bloggers.json"
    with reading(path):
        content = path.read_bytes()[1:-1]
    return content.split(_BETWEEN) if content else []


def read_ids_and_vectors(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Storage ids and mean directions alone."""
    path = folder / "blogger_ids.i64"
    with reading(path):
        size = path.stat().st_size // 8
        width = (folder / "blogger_vectors.f32").stat().st_size // (4 * max(size, 1))
    return mapped(path, "<i8", (size,)), mapped(folder / "blogger_vectors.f32", "<f4", (size, width))


def _entry(line: bytes) -> BloggerEntry:
    row = orjson.loads(line)
    return BloggerEntry(**{**row, **{name: tuple(row[name]) for name in _LISTS}})
