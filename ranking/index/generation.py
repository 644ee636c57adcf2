"""A generation opened for reading: verified, memory-mapped, shared by all queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError, IndexMissingError
from ranking.encoding.choice import ModelChoice
from ranking.index import layout
from ranking.index.bloggers import BloggerEntry, BloggerTable, read_table
from ranking.index.columns import Columns, read_columns
from ranking.index.paging import populate
from ranking.index.post_list import PostRows, owners_of, read_post_list
from ranking.index.segment import Document, Segment


@dataclass(frozen=True, slots=True)
class PostRow:
    """Where a post lies: its segment and its row there."""

    segment: int
    row: int


@dataclass(frozen=True, slots=True)
class BuildFigures:
    """What became of the posts when a generation was built: ``kept`` from the one before, ``added`` as new or changed,
    ``removed`` since gone or changed; and how many segments were ``merged`` or written anew."""

    added: int
    removed: int
    kept: int
    merged: int


class Generation:
    """An open generation; blogger ``i`` is the i-th by the key of the founding site.

    ``segments`` hold the posts, and the last one may hold none: it takes what is no longer live out of the postings of
    the others. ``owners[s]`` gives each local blogger of segment ``s`` its number in the generation, -1 when it is in
    the generation no more; ``live[s]`` says which rows count, None when all do.
    """

    def __init__(self, folder: Path, meta: dict[str, Any], warnings: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.meta = meta
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
        self.families: tuple[str, ...] = tuple(meta["families"])
        """The language families of the live posts."""
        self.build = BuildFigures(**meta["build"])
        self.warnings = warnings
        self.table: BloggerTable = read_table(folder / meta["table"], int(meta["dimensions"]))
        self.columns: Columns = read_columns(folder / meta["columns"])
        entries = [*meta["segments"], *([meta["withdrawn"]] if meta["withdrawn"] else [])]
        self.segments = tuple(Segment(folder / entry["folder"], entry) for entry in entries)
        self.live = tuple(live_rows(folder / meta["table"], entry) for entry in entries)
        self.posts = read_post_list(folder / meta["table"], self.blogger_count, self.post_count)
        """The live posts of all bloggers."""
        self.owners = owners_of(self.table.blogger_ids, [segment.blogger_ids for segment in self.segments])

    @property
    def public_id(self) -> str:
        """The name under which rankings cite this generation."""
        return f"gen_{self.number:06d}"

    @property
    def bloggers(self) -> Sequence[BloggerEntry]:
        """What the index says of each blogger; to ask one thing of all of them, ``table.entries.facts`` is faster."""
        return self.table.entries

    @property
    def blogger_ids(self) -> NDArray[np.int64]:
        """Storage ids, shape (n,)."""
        return self.table.blogger_ids

    @property
    def blogger_vectors(self) -> NDArray[np.float32]:
        """Mean direction of each blogger's posts, shape (n, d); zeros where none has a vector."""
        return self.table.vectors

    @cached_property
    def eligible(self) -> NDArray[np.bool_]:
        """Which bloggers can be candidates, shape (n,): those with posts that are blogs."""
        return np.array([not reason for reason in self.table.entries.facts.reason], np.bool_)

    @cached_property
    def eligible_places(self) -> NDArray[np.int64]:
        """The same bloggers by their places, ascending."""
        return np.flatnonzero(self.eligible)

    @cached_property
    def has_vector(self) -> NDArray[np.bool_]:
        """Which bloggers have a mean direction, shape (n,); the others write in languages the model does not know."""
        return np.asarray(self.blogger_vectors.any(axis=1), np.bool_)

    @cached_property
    def without_vector(self) -> NDArray[np.int64]:
        """The other bloggers by their places, ascending."""
        return np.flatnonzero(~self.has_vector)

    @cached_property
    def positions(self) -> dict[str, int]:
        """The index of each blogger, by public id and by the key of each of its sites."""
        facts = self.table.entries.facts
        keys = ((key, index) for index, several in enumerate(facts.site_keys) for key in several)
        return dict(chain(zip(facts.public_id, range(self.blogger_count), strict=True), keys))

    def populate(self, seconds: float) -> bool:
        """Whether everything that a search reads is in the page tables, see :func:`ranking.index.paging.populate`."""
        posts = self.posts
        # All segments' vectors, then all their postings, and so on: in the order in which a query would wait for them.
        arrays = chain.from_iterable(zip(*(segment.searched for segment in self.segments), strict=True))
        return populate((self.blogger_vectors, posts.offsets, posts.segments, posts.rows, *arrays), seconds)

    def vector_of(self, blogger: int) -> NDArray[np.float32]:
        """The mean direction of a blogger's posts; zeros where none has a vector."""
        return np.asarray(self.blogger_vectors[blogger], np.float32)

    def post_rows(self, bloggers: NDArray[np.int64]) -> PostRows:
        """The live posts of these bloggers."""
        return self.posts.of(bloggers)

    def rows_of(self, blogger: int) -> list[PostRow]:
        """The live posts of a blogger, by post id."""
        found = self.post_rows(np.array([blogger], np.int64))
        return [
            PostRow(segment, row) for segment, row in zip(found.segments.tolist(), found.rows.tolist(), strict=True)
        ]

    def document(self, post: PostRow) -> Document:
        """The text of a post."""
        return self.segments[post.segment].document(post.row)


def dead_file(table: Path, segment: str) -> Path:
    """The file of a generation's table that lists the rows of a segment that are no longer live."""
    return table / f"dead-{segment}.i64"


def live_rows(table: Path, entry: dict[str, Any]) -> NDArray[np.bool_] | None:
    """Which rows of a segment of the manifest are live; None when all are."""
    if not entry["dead"]:
        return None
    live = np.ones(int(entry["posts"]), np.bool_)
    live[layout.mapped(dead_file(table, entry["folder"]), "<i8", (int(entry["dead"]),))] = False
    return live


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
    while True:
        try:
            layout.verify_files(folder, meta["files"], layout.cache_of(index_dir, number))
            return Generation(folder, meta, warnings)
        except IndexDamagedError:
            # Not damaged where somebody was forgotten meanwhile: other files have taken the place of those it listed.
            before, meta = meta, layout.read_meta(folder)
            if meta == before:
                raise
