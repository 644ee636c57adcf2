"""A segment: posts with their texts, vectors and postings, written once, shared by generations, mapped for reading.

The posts of one blogger in a segment are consecutive rows, by post id; other segments may hold more of its posts.
Which rows still count is a generation's matter. Files: ``blogger_ids.i64`` and ``public_ids.json`` (b,), each blogger
once, in any order; ``offsets.i64`` (b + 1,), first row of each; ``post_ids.i64``, ``fingerprints.u64``,
``published.i64`` and ``families.u8`` (p,); ``sketches.u64`` (p, 32); ``post_vectors.f16`` (p, d), a zero row where a
post has no vector; ``documents.bin`` with ``blocks.i64`` and ``places.i64`` (the posts as they are shown, some at a
time compressed to a block, where each block begins, and at which place of which block each post lies); ``posts/`` and
``bloggers/``, the postings of both.
"""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ranking.index.layout import mapped, reading
from ranking.index.postings import Postings
from ranking.sketches import SKETCH_SIZE

MAX_TEXT_CHARS = 50_000
"""What of a post's text is searched and kept for evidence: 8,000 words, beyond any but whole books in one page."""

BLOCK_POSTS = 8
"""Posts compressed together: a quarter smaller and twice as fast as one by one, and still read in 0.05 ms."""


@dataclass(frozen=True, slots=True)
class Document:
    """A post in the index; ``published`` is RFC 3339 or None."""

    url: str
    title: str
    text: str
    language: str | None
    published: str | None


class Segment:
    """A segment opened for reading; ``meta`` is what :meth:`ranking.index.writing.SegmentWriter.finish` returned."""

    def __init__(self, folder: Path, meta: dict[str, Any]) -> None:
        bloggers, posts, dimensions = int(meta["bloggers"]), int(meta["posts"]), int(meta["dimensions"])
        self.folder = folder
        self.meta = meta
        self.posts = posts
        self.family_names: tuple[str, ...] = tuple(meta["families"])
        """The language families of the posts; ``families`` holds each post's place here."""
        self.blogger_ids = mapped(folder / "blogger_ids.i64", "<i8", (bloggers,))
        self.offsets = mapped(folder / "offsets.i64", "<i8", (bloggers + 1,))
        self.post_ids = mapped(folder / "post_ids.i64", "<i8", (posts,))
        self.fingerprints = mapped(folder / "fingerprints.u64", "<u8", (posts,))
        self.published = mapped(folder / "published.i64", "<i8", (posts,))
        """Microseconds since 1970, :data:`ranking.duplicates.UNDATED` where unknown."""
        self.families = mapped(folder / "families.u8", "u1", (posts,))
        self.sketches = mapped(folder / "sketches.u64", "<u8", (posts, SKETCH_SIZE))
        self.post_vectors = mapped(folder / "post_vectors.f16", "<f2", (posts, dimensions))
        self.places = mapped(folder / "places.i64", "<i8", (posts,))
        """Where each post's document lies: the number of its block times :data:`BLOCK_POSTS`, plus its place there."""
        self.blocks = mapped(folder / "blocks.i64", "<i8", (int(meta["blocks"]) + 1,))
        self._documents = mapped(folder / "documents.bin", "u1", (int(self.blocks[-1]),))
        self.posts_text = Postings(folder / "posts")
        self.bloggers_text = Postings(folder / "bloggers")

    @property
    def searched(self) -> tuple[NDArray[Any], ...]:
        """What a search reads of the files, the documents last."""
        text = *self.posts_text.arrays, *self.bloggers_text.arrays
        return self.post_vectors, *text, self.places, self.blocks, self._documents

    def document(self, row: int) -> Document:
        """The post of that row."""
        block, place = divmod(int(self.places[row]), BLOCK_POSTS)
        return Document(*self._fields(block)[place])

    def documents(self, rows: NDArray[np.int64]) -> Iterator[Document]:
        """The posts of these rows; of neighbours the block is read once."""
        last, block = -1, list[Document]()
        for place in self.places[rows].tolist():
            if place // BLOCK_POSTS != last:
                last = place // BLOCK_POSTS
                block = self.unpacked(last)
            yield block[place % BLOCK_POSTS]

    def unpacked(self, block: int) -> list[Document]:
        """The posts of a block."""
        return [Document(*fields) for fields in self._fields(block)]

    def _fields(self, block: int) -> list[Any]:
        with reading(self.folder / "documents.bin", zlib.error, ValueError):
            return list(orjson.loads(zlib.decompress(self.packed(block))))

    def packed(self, block: int) -> bytes:
        """A block as it lies in the file."""
        packed: bytes = self._documents[self.blocks[block] : self.blocks[block + 1]].tobytes()
        return packed

    def public_ids(self) -> list[str]:
        """The public id of each blogger, in the order of ``blogger_ids``."""
        path = self.folder / "public_ids.json"
        with reading(path, ValueError):
            return list(orjson.loads(path.read_bytes()))

    def owners_of_rows(self) -> NDArray[np.int64]:
        """The local number of each post's blogger, shape (p,)."""
        return np.repeat(np.arange(len(self.blogger_ids)), np.diff(self.offsets))


def packed_block(documents: Sequence[Document]) -> bytes:
    """Some posts as they lie in ``documents.bin``. The fastest level: the files are read far less than written."""
    fields = [(one.url, one.title, one.text, one.language, one.published) for one in documents]
    return zlib.compress(orjson.dumps(fields), 1)


def mean_direction(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector along the mean of the rows; zeros when there is none."""
    total: NDArray[np.float64] = rows.sum(axis=0, dtype=np.float64)
    norm = float(np.linalg.norm(total))
    return np.asarray(total / norm if norm > 0 else total, np.float32)
