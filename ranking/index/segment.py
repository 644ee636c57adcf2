"""A segment: bloggers with their texts, vectors and full text, written once and memory-mapped for reading.

Files: ``bloggers.json``; ``documents.bin`` (each post's title, text and address, compressed) with ``documents.i64``
(its offsets); ``offsets.i64`` (first post of each blogger); ``post_vectors.f16`` (a zero row where a post has no
vector) and ``blogger_vectors.f32``; ``posts/`` and ``bloggers/``, the full-text indexes.
"""

import json
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.index.fulltext import FullText, FullTextWriter
from ranking.index.layout import reading
from ranking.passages import readable
from ranking.terms import family_of, terms_of

MAX_TEXT_CHARS = 50_000
"""What of a post's text is searched and kept for evidence: 8,000 words, beyond any but whole books in one page."""


@dataclass(frozen=True, slots=True)
class Document:
    """A post in the index; ``published`` is RFC 3339 or None."""

    url: str
    title: str
    text: str
    language: str | None
    published: str | None


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


class SegmentWriter:
    """Writes a segment blogger by blogger, so that memory holds one blogger's posts at a time."""

    def __init__(self, folder: Path, dimensions: int, model_languages: frozenset[str] | None) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._dimensions = dimensions
        self._model_languages = model_languages
        self._bloggers: list[BloggerEntry] = []
        self._offsets = [0]
        self._document_ends = [0]
        self._families: set[str] = set()
        self._files = ExitStack()
        self._documents = self._files.enter_context((folder / "documents.bin").open("wb"))
        self._post_vectors = self._files.enter_context((folder / "post_vectors.f16").open("wb"))
        self._blogger_vectors = self._files.enter_context((folder / "blogger_vectors.f32").open("wb"))
        self._posts_text = FullTextWriter(folder / "posts")
        self._bloggers_text = FullTextWriter(folder / "bloggers")

    def add(
        self, blogger: BloggerEntry, documents: Sequence[Document], vectors: Sequence[NDArray[np.float32] | None]
    ) -> None:
        """Add a blogger with its posts and their unit vectors; None where a post has no vector."""
        rows = np.zeros((len(documents), self._dimensions), np.float32)
        for row, (document, vector) in enumerate(zip(documents, vectors, strict=True)):
            if vector is not None and readable(document.language, self._model_languages):
                rows[row] = vector
        self._post_vectors.write(rows.astype("<f2").tobytes())
        self._blogger_vectors.write(mean_direction(rows).astype("<f4").tobytes())
        self._add_texts(documents)
        self._bloggers.append(blogger)
        self._offsets.append(self._offsets[-1] + len(documents))

    def _add_texts(self, documents: Sequence[Document]) -> None:
        all_terms: list[str] = []
        for row, document in enumerate(documents, start=self._offsets[-1]):
            packed = zlib.compress(json.dumps(asdict(document)).encode("ascii"))
            self._document_ends.append(self._document_ends[-1] + self._documents.write(packed))
            self._families.add(family_of(document.language))
            terms = terms_of(f"{document.title}. {document.text}", document.language)
            self._posts_text.add(row, terms)
            all_terms += terms
        self._bloggers_text.add(len(self._bloggers), all_terms)

    def finish(self) -> dict[str, Any]:
        """Close the files; returns what ``meta.json`` says of the segment."""
        self._files.close()
        self._posts_text.finish()
        self._bloggers_text.finish()
        np.array(self._offsets, "<i8").tofile(self._folder / "offsets.i64")
        np.array(self._document_ends, "<i8").tofile(self._folder / "documents.i64")
        listing = [asdict(blogger) for blogger in self._bloggers]
        (self._folder / "bloggers.json").write_text(json.dumps(listing), "ascii")
        return {
            "folder": self._folder.name,
            "bloggers": len(self._bloggers),
            "posts": self._offsets[-1],
            "dimensions": self._dimensions,
            "families": sorted(self._families),
            "tombstones": [],
        }


class Segment:
    """A segment opened for reading; ``meta`` is what :meth:`SegmentWriter.finish` returned."""

    def __init__(self, folder: Path, meta: dict[str, Any]) -> None:
        self.folder = folder
        self.families: tuple[str, ...] = tuple(meta["families"])
        self.tombstones: frozenset[str] = frozenset(meta["tombstones"])
        bloggers, posts, dimensions = int(meta["bloggers"]), int(meta["posts"]), int(meta["dimensions"])
        self.bloggers = _read_bloggers(folder / "bloggers.json")
        self.offsets = _mapped(folder / "offsets.i64", "<i8", (bloggers + 1,))
        self._document_ends = _mapped(folder / "documents.i64", "<i8", (posts + 1,))
        self.post_vectors = _mapped(folder / "post_vectors.f16", "<f2", (posts, dimensions))
        self.blogger_vectors = _mapped(folder / "blogger_vectors.f32", "<f4", (bloggers, dimensions))
        self._documents = _mapped(folder / "documents.bin", "u1", (int(self._document_ends[-1]),))
        self.posts_text = FullText(folder / "posts")
        self.bloggers_text = FullText(folder / "bloggers")

    def document(self, row: int) -> Document:
        """The post of that row."""
        start, end = self._document_ends[row], self._document_ends[row + 1]
        return Document(**json.loads(zlib.decompress(self._documents[start:end].tobytes())))

    def rows_of(self, blogger: int) -> range:
        """The rows of a blogger's posts."""
        return range(int(self.offsets[blogger]), int(self.offsets[blogger + 1]))

    def copy_into(self, writer: SegmentWriter, blogger: int) -> None:
        """Add one blogger with all its posts, as they are here, to a segment that is being written."""
        rows = self.rows_of(blogger)
        vectors = np.asarray(self.post_vectors[rows.start : rows.stop], np.float32)
        kept = [vector if vector.any() else None for vector in vectors]
        writer.add(self.bloggers[blogger], [self.document(row) for row in rows], kept)


def mean_direction(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The unit vector along the mean of the rows; zeros when there is none."""
    total: NDArray[np.float64] = rows.sum(axis=0, dtype=np.float64)
    norm = float(np.linalg.norm(total))
    return np.asarray(total / norm if norm > 0 else total, np.float32)


def _mapped(path: Path, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    if 0 in shape:
        return np.zeros(shape, dtype)
    with reading(path, ValueError):
        return np.memmap(path, dtype, mode="r", shape=shape)


def _read_bloggers(path: Path) -> tuple[BloggerEntry, ...]:
    lists = ("sites", "site_keys", "platforms", "languages", "flags")
    with reading(path, ValueError):
        entries: list[dict[str, Any]] = json.loads(path.read_bytes())
    return tuple(BloggerEntry(**{**entry, **{name: tuple(entry[name]) for name in lists}}) for entry in entries)
