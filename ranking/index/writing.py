"""Writing segments: posts in, blogger by blogger, in bounded memory."""

from array import array
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import orjson
from numpy.typing import NDArray

from ranking.index.layout import fresh_name
from ranking.index.postings import Postings, PostingsWriter, merge_postings
from ranking.index.segment import BLOCK_POSTS, Document, packed_block
from ranking.sketches import sketches_of
from ranking.terms import family_of, terms_of

MAX_SEGMENT_POSTS = 500_000
"""So that a removal rewrites little, and a merge needs little memory: 1 GB of files at 130 words a post."""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post that a segment takes; ``published`` is in microseconds since 1970, as in :class:`Segment`."""

    post_id: int
    fingerprint: int
    published: int
    document: Document


@dataclass(frozen=True, slots=True)
class NewPosts:
    """Posts of one blogger, by post id, and their vectors, half floats of shape (posts, d); a zero row is none."""

    blogger_id: int
    public_id: str
    posts: tuple[NewPost, ...]
    vectors: NDArray[np.float16]


class Segments(Protocol):
    """Takes the new posts of a build; a blogger's posts of one build lie in one segment."""

    def add(self, bloggers: Sequence[NewPosts]) -> None:
        """Write these posts."""

    def finish(self) -> list[dict[str, Any]]:
        """Complete the files; returns what ``meta.json`` says of each segment."""

    def abandon(self) -> None:
        """Stop; what is written is not needed."""


class LocalSegments:
    """Writes one segment after the other, each with ``max_posts`` at most, but always with whole bloggers."""

    def __init__(self, folder: Path, dimensions: int, max_posts: int = MAX_SEGMENT_POSTS) -> None:
        self._folder, self._dimensions, self._max_posts = folder, dimensions, max_posts
        self._writer: SegmentWriter | None = None
        self._done: list[dict[str, Any]] = []

    def add(self, bloggers: Sequence[NewPosts]) -> None:
        """Write these posts."""
        sketches = sketches_of([post.document.text for new in bloggers for post in new.posts])
        start = 0
        for new in bloggers:
            writer = self._with_room_for(len(new.posts))
            writer.add(new, sketches[start : start + len(new.posts)])
            start += len(new.posts)

    def finish(self) -> list[dict[str, Any]]:
        """Complete the files; returns what ``meta.json`` says of each segment."""
        if self._writer is not None:
            self._done.append(self._writer.finish())
            self._writer = None
        return self._done

    def abandon(self) -> None:
        """Stop; what is written is not needed."""
        if self._writer is not None:
            self._writer.close()

    def _with_room_for(self, posts: int) -> "SegmentWriter":
        if self._writer is not None and self._writer.posts + posts > self._max_posts:
            self.finish()
        if self._writer is None:
            self._writer = SegmentWriter(self._folder / fresh_name("segment"), self._dimensions)
        return self._writer


class SegmentWriter:
    """Writes one segment blogger by blogger; memory holds numbers of its posts, but no texts and no vectors."""

    def __init__(self, folder: Path, dimensions: int) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._dimensions = dimensions
        self._blogger_ids, self._offsets = array("q"), array("q", [0])
        self._public_ids: list[str] = []
        self._post_ids, self._fingerprints, self._published = array("q"), array("Q"), array("q")
        self._family_codes: dict[str, int] = {}
        self._families = array("B")
        self._files = ExitStack()
        self._blocks = BlockWriter(folder)
        self._files.callback(self._blocks.close)
        self._vectors = self._files.enter_context((folder / "post_vectors.f16").open("wb"))
        self._sketches = self._files.enter_context((folder / "sketches.u64").open("wb"))
        self._terms = PostingsWriter(folder / "posts")

    @property
    def posts(self) -> int:
        """Posts so far."""
        return self._offsets[-1]

    def add(self, new: NewPosts, sketches: NDArray[np.uint64]) -> None:
        """Add a blogger that the segment does not hold yet, with its posts and their sketches, shape (posts, 32)."""
        for row, post in enumerate(new.posts, start=self.posts):
            self._post_ids.append(post.post_id)
            self._fingerprints.append(post.fingerprint)
            self._published.append(post.published)
            family = family_of(post.document.language)
            self._families.append(self._family_codes.setdefault(family, len(self._family_codes)))
            self._blocks.add(post.document)
            self._terms.add(row, document_terms(post.document))
        self._vectors.write(new.vectors.astype("<f2").tobytes())
        self._sketches.write(sketches.astype("<u8").tobytes())
        self._blogger_ids.append(new.blogger_id)
        self._public_ids.append(new.public_id)
        self._offsets.append(self.posts + len(new.posts))

    def close(self) -> None:
        """Close the files as they are."""
        self._files.close()

    def finish(self) -> dict[str, Any]:
        """Complete the files; returns what ``meta.json`` says of the segment."""
        blocks = self._blocks.finish(np.arange(self.posts, dtype=np.int64))
        self.close()
        self._terms.finish(rows=self.posts)
        write_numbers(
            self._folder,
            blogger_ids=np.array(self._blogger_ids, "<i8"),
            public_ids=self._public_ids,
            offsets=np.array(self._offsets, "<i8"),
            post_ids=np.array(self._post_ids, "<i8"),
            fingerprints=np.array(self._fingerprints, "<u8"),
            published=np.array(self._published, "<i8"),
            families=np.array(self._families, "u1"),
        )
        write_bloggers_text(self._folder, np.array(self._offsets, np.int64))
        return {
            "folder": self._folder.name,
            "bloggers": len(self._blogger_ids),
            "posts": self.posts,
            "dimensions": self._dimensions,
            "families": list(self._family_codes),
            "blocks": blocks,
        }


class BlockWriter:
    """Writes ``documents.bin``, ``blocks.i64`` and ``places.i64`` of a segment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / "documents.bin").open("wb")
        self._starts = array("q", [0])
        self._waiting: list[Document] = []

    @property
    def next_place(self) -> int:
        """The place that the next document gets."""
        return (len(self._starts) - 1) * BLOCK_POSTS + len(self._waiting)

    def add(self, document: Document) -> None:
        """The next document."""
        self._waiting.append(document)
        if len(self._waiting) == BLOCK_POSTS:
            self.flush()

    def flush(self) -> None:
        """End the block."""
        if self._waiting:
            self.add_packed(packed_block(self._waiting))
            self._waiting = []

    def add_packed(self, block: bytes) -> None:
        """A whole block, between blocks."""
        self._starts.append(self._starts[-1] + self._file.write(block))

    def finish(self, places: NDArray[np.int64]) -> int:
        """Complete the files with the place of each row's document; returns the number of blocks."""
        self.flush()
        self.close()
        np.array(self._starts, "<i8").tofile(self._folder / "blocks.i64")
        places.astype("<i8").tofile(self._folder / "places.i64")
        return len(self._starts) - 1

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()


def document_terms(document: Document) -> list[str]:
    """The terms by which a post is found."""
    return terms_of(f"{document.title}. {document.text}", document.language)


def write_numbers(folder: Path, *, public_ids: Sequence[str], **columns: NDArray[Any]) -> None:
    """Write the columns of a segment, each to the file of its name and type."""
    (folder / "public_ids.json").write_bytes(orjson.dumps(list(public_ids)))
    for name, column in columns.items():
        column.tofile(folder / f"{name}.{column.dtype.kind}{8 * column.dtype.itemsize}")


def write_bloggers_text(folder: Path, offsets: NDArray[np.int64]) -> None:
    """Write a segment's ``bloggers/`` from its ``posts/``: a blogger's text is that of its posts together."""
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    postings = Postings(folder / "posts")
    merge_postings([(postings, owners)], folder / "bloggers", rows=len(offsets) - 1)
