"""What a user would pick instead, over the very posts that the index holds: each finds posts, then groups them by blog.

Exhaustive numpy compares the brief with every vector; usearch walks an HNSW graph over them; SQLite FTS5 ranks posts
by BM25. A blog's score is the mean of its three best posts, as ours begins. None of them knows reach, engagement,
deductions or filters, nor reads a post to show it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from bench.blogs06_measuring import bytes_on_disk
from bench.blogs06_words import frequent
from bloghound.settings import Settings
from ranking.index import Generation
from storage.database import open_database
from storage.sqlite import choose_module
from storage.tables import Post
from storage.tables.base import table_of

SHOWN = 50
"""Bloggers that a peer names."""
BEST_POSTS = 3
BLOCK = 1 << 16
"""Vectors that are turned into float32 at once: 100 MB."""
NEAREST = 1000
"""Posts that an approximate or a full-text search returns before they are grouped: 20 for each blogger named."""
HNSW_CONNECTIVITY, HNSW_ADD, HNSW_SEARCH = 16, 128, 256
"""usearch's defaults for building (2.26); its default of 64 for searching returns too few good posts to group."""
HNSW_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """The posts of one segment that count: vectors (p, d) of all its rows, and each row's blogger, -1 for none."""

    vectors: NDArray[np.float16]
    owners: NDArray[np.int64]
    post_ids: NDArray[np.int64]


class Peer(Protocol):
    """Something that finds bloggers for a brief."""

    name: str
    seconds: float
    """To build it."""
    bytes: int
    """In memory or on disk, beside the posts themselves."""

    def search(self, text: str, vector: NDArray[np.float32]) -> list[int]:
        """The best bloggers of the generation, at most :data:`SHOWN`."""


def parts_of(generation: Generation) -> list[Part]:
    """All live posts of a generation."""
    found = []
    for segment, owners, live in zip(generation.segments, generation.owners, generation.live, strict=True):
        by_row = np.repeat(owners, np.diff(segment.offsets))
        counted = by_row if live is None else np.where(live, by_row, -1)
        if len(by_row):
            found.append(Part(segment.post_vectors, counted, segment.post_ids))
    return found


def grouped(owners: NDArray[np.int64], scores: NDArray[np.float64]) -> list[int]:
    """Owners by the mean of their three best scores (missing ones count 0), the best first; scores are 0 to 1."""
    known = owners >= 0
    keys = np.sort(4.0 * owners[known] - scores[known])
    sorted_owners = np.ceil((keys - 1) / 4).astype(np.int64)
    heads = np.flatnonzero(np.diff(sorted_owners, prepend=-1))
    counts = np.diff(heads, append=len(keys))
    total = np.zeros(len(heads))
    for place in range(BEST_POSTS):
        has = counts > place
        total[has] += 4.0 * sorted_owners[heads[has]] - keys[heads[has] + place]
    best = np.argsort(-total, kind="stable")[:SHOWN]
    return [int(owner) for owner in sorted_owners[heads[best]]]


class Exhaustive:
    """Every vector is read, block by block: as much as numpy does by itself."""

    name = "numpy, all vectors"
    seconds = 0.0
    bytes = 0

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def search(self, text: str, vector: NDArray[np.float32]) -> list[int]:  # noqa: ARG002 - a peer of the others
        """The best bloggers by meaning."""
        cosines = [
            np.asarray(part.vectors[start : start + BLOCK], np.float32) @ vector
            for part in self._parts
            for start in range(0, len(part.owners), BLOCK)
        ]
        owners = np.concatenate([part.owners for part in self._parts])
        return grouped(owners, np.concatenate(cosines).astype(np.float64).clip(0, 1))


class Hnsw:
    """usearch's HNSW graph over the vectors as they are (float16); raises ImportError where it is not installed."""

    def __init__(self, parts: Sequence[Part]) -> None:
        from usearch.index import Index  # noqa: PLC0415 - an extra that only this measurement needs

        began = perf_counter()
        self._owners = np.concatenate([part.owners for part in parts])
        self._index: Any = Index(
            ndim=parts[0].vectors.shape[1],
            metric="cos",
            dtype="f16",
            connectivity=HNSW_CONNECTIVITY,
            expansion_add=HNSW_ADD,
            expansion_search=HNSW_SEARCH,
        )
        first = 0
        for part in parts:
            for start in range(0, len(part.owners), HNSW_AT_ONCE):
                rows = np.asarray(part.vectors[start : start + HNSW_AT_ONCE])
                has_vector = np.flatnonzero(rows.any(axis=1) & (part.owners[start : start + HNSW_AT_ONCE] >= 0))
                self._index.add((first + start + has_vector).astype(np.uint64), rows[has_vector])
            first += len(part.owners)
        self.name = f"usearch HNSW, nearest {NEAREST}"
        self.seconds, self.bytes = perf_counter() - began, int(self._index.memory_usage)

    def search(self, text: str, vector: NDArray[np.float32]) -> list[int]:  # noqa: ARG002 - a peer of the others
        """The best bloggers among those of the nearest posts."""
        found = self._index.search(vector.astype(np.float16), NEAREST)
        keys = np.asarray(found.keys, np.int64)
        return grouped(self._owners[keys], (1 - np.asarray(found.distances, np.float64)).clip(0, 1))


class FullText:
    """SQLite's FTS5 with its Porter stemmer over titles and texts, which it does not keep a second time."""

    def __init__(self, settings: Settings, parts: Sequence[Part], folder: Path) -> None:
        began = perf_counter()
        ids, owners = (np.concatenate([getattr(part, name) for part in parts]) for name in ("post_ids", "owners"))
        self._owner_of = np.full(int(ids.max()) + 1, -1, np.int64)
        self._owner_of[ids[owners >= 0]] = owners[owners >= 0]
        self._connection = choose_module().connect(str(folder / "fts5.sqlite3"), isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("CREATE VIRTUAL TABLE found USING fts5(text, content='', tokenize='porter unicode61')")
        self._connection.execute("BEGIN")
        self._connection.executemany("INSERT INTO found (rowid, text) VALUES (?, ?)", self._texts(settings))
        self._connection.execute("COMMIT")
        self.name = f"SQLite FTS5, best {NEAREST}"
        self.seconds, self.bytes = perf_counter() - began, bytes_on_disk(folder)

    def search(self, text: str, vector: NDArray[np.float32]) -> list[int]:  # noqa: ARG002 - a peer of the others
        """The best bloggers by words; those of the language's most frequent words are left out, as anybody would."""
        words = [word for word in re.findall(r"\w+", text.lower()) if word not in frequent("en")]
        query = "SELECT rowid, rank FROM found WHERE found MATCH ? ORDER BY rank LIMIT ?"
        rows = self._connection.execute(query, (" OR ".join(f'"{word}"' for word in words), NEAREST)).fetchall()
        if not rows:
            return []
        scores = np.array([-rank for _, rank in rows])
        return grouped(self._owner_of[[rowid for rowid, _ in rows]], scores / scores.max())

    def close(self) -> None:
        """Close its file."""
        self._connection.close()

    def _texts(self, settings: Settings) -> Iterator[tuple[int, str]]:
        post = table_of(Post)
        database = open_database(settings)
        try:
            with database.read() as connection:
                query = select(post.c.id, post.c.title, post.c.text).order_by(post.c.id)
                for row in connection.execute(query.execution_options(yield_per=1000)):
                    if row.id < len(self._owner_of) and self._owner_of[row.id] >= 0:
                        yield row.id, f"{row.title}\n{row.text}"
        finally:
            database.close()
