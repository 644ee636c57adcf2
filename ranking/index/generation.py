"""A generation opened for reading: verified, memory-mapped, shared by all queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError, IndexMissingError
from ranking.encoding.choice import ModelChoice
from ranking.index import layout
from ranking.index.columns import Columns, read_columns
from ranking.index.segment import BloggerEntry, Document, Segment


@dataclass(frozen=True, slots=True)
class PostRow:
    """Where a post lies: its segment and its row there."""

    segment: int
    row: int


class Generation:
    """An open generation; blogger ``i`` is the i-th over all segments in the order of the manifest."""

    def __init__(self, folder: Path, meta: dict[str, Any], warnings: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.number = int(meta["number"])
        self.model = str(meta["model"])
        self.model_choice = ModelChoice(**meta.get("encoder", {}))
        """How the model is loaded; generations of earlier versions do not say, and most have the bundled one."""
        self.formula = str(meta["formula"])
        self.as_of = str(meta["as_of"])
        """The time that its figures count from, RFC 3339."""
        self.blogger_count, self.post_count = int(meta["counts"]["bloggers"]), int(meta["counts"]["posts"])
        languages = meta["model_languages"]
        self.model_languages: frozenset[str] | None = None if languages is None else frozenset(languages)
        self.warnings = warnings
        self.segments = tuple(Segment(folder / entry["folder"], entry) for entry in meta["segments"])
        self.columns: Columns = read_columns(folder / meta["columns"])
        self.bloggers: tuple[BloggerEntry, ...] = tuple(
            blogger for segment in self.segments for blogger in segment.bloggers
        )
        self.bases = np.cumsum([0, *(len(segment.bloggers) for segment in self.segments)]).tolist()

    @property
    def public_id(self) -> str:
        """The name under which rankings cite this generation."""
        return f"gen_{self.number:06d}"

    @cached_property
    def families(self) -> tuple[str, ...]:
        """The language families of the posts."""
        return tuple(sorted({family for segment in self.segments for family in segment.families}))

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Which bloggers can be candidates, shape (n,): those with posts that are blogs and were not taken out."""
        return np.array(
            [
                not blogger.reason and blogger.public_id not in segment.tombstones
                for segment in self.segments
                for blogger in segment.bloggers
            ],
            np.bool_,
        )

    @cached_property
    def has_vector(self) -> NDArray[np.bool_]:
        """Which bloggers have a mean direction, shape (n,); the others write in languages the model does not know."""
        found = [np.asarray(segment.blogger_vectors).any(axis=1) for segment in self.segments]
        return np.concatenate(found) if found else np.zeros(0, np.bool_)

    @cached_property
    def positions(self) -> dict[str, int]:
        """The index of each blogger that was not taken out, by public id and by the key of each of its sites."""
        taken_out = frozenset().union(*(segment.tombstones for segment in self.segments))
        return {
            name: index
            for index, blogger in enumerate(self.bloggers)
            if blogger.public_id not in taken_out
            for name in (blogger.public_id, *blogger.site_keys)
        }

    def vector_of(self, blogger: int) -> NDArray[np.float32]:
        """The mean direction of a blogger's posts; zeros where none has a vector."""
        segment, local = self.locate(blogger)
        return np.asarray(self.segments[segment].blogger_vectors[local], np.float32)

    def locate(self, blogger: int) -> tuple[int, int]:
        """The segment that holds a blogger, and its index there."""
        segment = int(np.searchsorted(self.bases, blogger, side="right")) - 1
        return segment, blogger - int(self.bases[segment])

    def rows_of(self, blogger: int) -> list[PostRow]:
        """The posts of a blogger."""
        segment, local = self.locate(blogger)
        return [PostRow(segment, row) for row in self.segments[segment].rows_of(local)]

    def document(self, post: PostRow) -> Document:
        """The text of a post."""
        return self.segments[post.segment].document(post.row)

    def documents_of(self, blogger: int) -> Sequence[Document]:
        """All posts of a blogger."""
        return [self.document(post) for post in self.rows_of(blogger)]


def open_generation(index_dir: Path, number: int | None = None) -> Generation:
    """The numbered generation, or the current one, with every file verified.

    A damaged current generation falls back to the newest sound one before it, with a warning. Raises
    IndexMissingError when there is none, and IndexDamagedError that names the file when none is sound.
    """
    if number is not None:
        return _open(index_dir, number)
    current = layout.current_number(index_dir)
    there = layout.numbers(index_dir)
    if current is None and not there:
        raise IndexMissingError(f"There is no index in {index_dir} yet; 'bloghound index' builds one.")
    return _open_newest_sound(index_dir, current, there)


def _open_newest_sound(index_dir: Path, current: int | None, there: Sequence[int]) -> Generation:
    newest = current if current is not None else there[-1]
    first_error: IndexDamagedError | IndexMissingError | None = None
    if current is None:
        first_error = IndexDamagedError(f"The index file {index_dir / layout.CURRENT} is damaged or missing.")
    for candidate in [newest, *(number for number in reversed(there) if number != newest)]:
        warnings = () if first_error is None else (f"{first_error} Generation {candidate} serves instead.",)
        try:
            return _open(index_dir, candidate, warnings)
        except (IndexDamagedError, IndexMissingError) as error:
            first_error = first_error or error
    raise first_error or IndexMissingError(f"There is no index in {index_dir} yet.")


def _open(index_dir: Path, number: int, warnings: tuple[str, ...] = ()) -> Generation:
    folder = layout.folder_of(index_dir, number)
    meta = layout.read_meta(folder)
    layout.verify_files(folder, meta["files"], layout.cache_of(index_dir, number))
    return Generation(folder, meta, warnings)
