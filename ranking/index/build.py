"""Building a generation: beside the old ones, flushed to disk, then switched to by one atomic rename.

Posts that the generation before has unchanged are not looked at again: its segments are shared, what is new goes into
segments of its own, and what is gone is marked. What depends on everybody (links, reach, engagement, findings) is
worked out anew. So a generation says the same whether it was built from the one before or from nothing.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError
from bloghound.records import BloggerOutline
from ranking.encoding.choice import BUNDLED_CHOICE, ModelChoice
from ranking.engagement import ChannelColumns, engagement_of_all
from ranking.index import layout
from ranking.index.assembly import Part, Parts, merged_parts, with_withdrawals
from ranking.index.bloggers import BloggerTableWriter
from ranking.index.columns import Columns, aligned, write_columns
from ranking.index.copies import with_copies
from ranking.index.forget import forget_reserved
from ranking.index.generation import Generation, open_generation
from ranking.index.held import ReservedAmong
from ranking.index.layout import HeldIndex
from ranking.index.post_list import PostRows, post_list, write_post_list
from ranking.index.previous import PreviousPosts
from ranking.index.segment import Segment
from ranking.index.settled import Gathered, Settled, marks_of, settled_kind, unchanged, write_settled
from ranking.index.stream import BloggerStream, StoredBloggers, TextsById, VectorsByHash
from ranking.index.workers import GrowingSegments
from ranking.score import FORMULA
from ranking.values import GraphColumns

KEPT_GENERATIONS = 3
"""The serving one, the one it falls back to, and one for cursors that were handed out before."""


@dataclass(frozen=True, slots=True)
class BuildInput:
    """What a generation is made from.

    ``texts`` and ``vectors`` are asked for what is new; ``encoder_name`` names the vectors, and ``model_languages`` are
    those that the model reads (None: all).
    """

    bloggers: StoredBloggers
    texts: TextsById
    vectors: VectorsByHash
    graph: GraphColumns
    encoder_name: str
    dimensions: int
    model_languages: frozenset[str] | None
    as_of: datetime
    model_choice: ModelChoice

    @property
    def identity(self) -> dict[str, Any]:
        """See :func:`_identity`."""
        return _identity(self.encoder_name, self.dimensions, self.model_languages)


def _identity(encoder_name: str, dimensions: int, model_languages: frozenset[str] | None) -> dict[str, Any]:
    """What must be the same for a generation to build on another: whatever was worked out for each post alone."""
    return {
        "format": layout.FORMAT,
        "formula": FORMULA,
        "analysis": f"tantivy {version('tantivy')}",
        "model": encoder_name,
        "dimensions": dimensions,
        "model_languages": None if model_languages is None else sorted(model_languages),
    }


def complete_bloggers(
    index_dir: Path,
    outlines: Iterable[BloggerOutline],
    *,
    encoder_name: str,
    dimensions: int,
    model_languages: frozenset[str] | None,
) -> frozenset[int]:
    """Storage ids of the bloggers whom the current generation holds as they are, every post with the vector of this
    model that it can have."""
    before = _before(index_dir, _identity(encoder_name, dimensions, model_languages))
    try:
        marks = marks_of(_settled_folder(before))
    except (IndexDamagedError, StorageError):
        # Somebody is forgotten just now: all is looked at.
        return frozenset()
    return unchanged(outlines, marks)


def build_generation(
    held: HeldIndex,
    bloggers: StoredBloggers,
    texts: TextsById,
    vectors: VectorsByHash,
    graph: GraphColumns,
    *,
    reserved: ReservedAmong,
    encoder_name: str,
    dimensions: int,
    model_languages: frozenset[str] | None,
    as_of: datetime,
    model_choice: ModelChoice = BUNDLED_CHOICE,
    progress: Callable[[int], None] | None = None,
    full: bool = False,
) -> Generation:
    """Build a generation from all bloggers, switch ``CURRENT`` to it, and return it opened.

    The caller holds the index (:func:`ranking.index.layout.exclusive`), and took what is given here from the database
    while holding it: else a later generation could say less than an earlier one, or bring back who was forgotten.
    It builds on the current one when that was made by the same model and formula, unless ``full`` asks for a new start.
    ``model_choice`` says how whoever opens it loads the model that made the vectors.
    ``reserved`` says which texts must be on disk no more: they leave every kept generation.
    ``progress`` gets the number of posts of the bloggers done. A build that fails leaves the old generation
    serving and removes what it wrote; of one that is killed the next build does. Raises StorageError when the folder
    cannot be written.
    """
    given = BuildInput(bloggers, texts, vectors, graph, encoder_name, dimensions, model_languages, as_of, model_choice)
    index_dir = held.folder
    layout.remove_drafts(index_dir)
    number = max([*layout.numbers(index_dir), layout.current_number(index_dir) or 0], default=0) + 1
    draft = index_dir / layout.fresh_name(layout.DRAFT_PREFIX.removesuffix("-"))
    try:
        before = None if full else _before(index_dir, given.identity)
        meta = _write(draft, given, before, progress) | {"number": number}
        layout.write_meta(draft, meta)
        _switch(index_dir, draft, number)
    except OSError as error:
        raise StorageError(f"The index in {index_dir} cannot be written: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    layout.remember_verified(layout.folder_of(index_dir, number), meta["files"], layout.cache_of(index_dir, number))
    _remove_old(index_dir, number)
    forget_reserved(held, number, reserved)
    return open_generation(index_dir, number)


@dataclass(frozen=True, slots=True)
class _Before:
    """The generation that a new one builds on."""

    folder: Path
    meta: dict[str, Any]


def _before(index_dir: Path, identity: dict[str, Any]) -> _Before | None:
    """The current generation when it is sound and of the same kind; else nothing, and all is built anew."""
    number = layout.current_number(index_dir)
    if number is None:
        return None
    folder = layout.folder_of(index_dir, number)
    try:
        meta = layout.read_meta(folder)
        if any(meta.get(name) != value for name, value in identity.items()):
            return None
        layout.verify_files(folder, meta["files"], layout.cache_of(index_dir, number))
    except (IndexDamagedError, IndexMissingError, StorageError):
        return None
    return _Before(folder, meta)


def _write(
    draft: Path, given: BuildInput, before: _Before | None, progress: Callable[[int], None] | None
) -> dict[str, Any]:
    """Write all files of the generation into the draft; returns its ``meta.json`` but for the number."""
    previous = PreviousPosts(before.folder, before.meta) if before else PreviousPosts()
    table, settled = draft / layout.fresh_name("table"), draft / layout.fresh_name("settled")
    known = _settled(before, given.as_of)
    gathered, new = _write_bloggers(draft, table, given, previous, known, progress)
    channels = known.channels_of_all(gathered)
    # By now these are held twice, at 100,000 bloggers by a hundred megabytes each.
    del known
    gathered.channels.clear()
    write_settled(settled, gathered, channels)
    still_live = previous.still_live()
    old = [Part(segment, live) for segment, live in zip(previous.segments, still_live, strict=True)]
    parts, merged = merged_parts(draft, [*old, *new])
    whole = with_withdrawals(draft, parts, _parts(previous), given.dimensions)
    posts = post_list(
        np.array(gathered.blogger_ids, np.int64), [part.segment for part in parts], [part.live for part in parts]
    )
    write_post_list(table, posts)
    whole.write_dead(table)
    columns = draft / layout.fresh_name("columns")
    write_columns(columns, _columns(given.graph, gathered, channels, posts, whole))
    kept = int(sum(live.sum() for live in still_live))
    return {
        **given.identity,
        **whole.meta(),
        "encoder": asdict(given.model_choice),
        "as_of": given.as_of.astimezone(UTC).isoformat(),
        "families": whole.families,
        "counts": {"bloggers": len(gathered.site_keys), "posts": len(posts.rows)},
        "build": {"added": gathered.added, "removed": previous.posts - kept, "kept": kept, "merged": merged},
        "table": table.name,
        "columns": columns.name,
        "settled": {"folder": settled.name, "kind": settled_kind()},
        "files": layout.seal(draft, before.meta["files"] if before else None),
    }


def _write_bloggers(
    draft: Path,
    table: Path,
    given: BuildInput,
    previous: PreviousPosts,
    settled: Settled,
    progress: Callable[[int], None] | None,
) -> tuple[Gathered, list[Part]]:
    """Write the new posts and the table of bloggers; what was gathered, and the new segments."""
    segments = GrowingSegments(draft, given.dimensions)
    try:
        with BloggerTableWriter(table) as rows:
            stream = BloggerStream(
                previous,
                settled,
                segments,
                rows,
                texts=given.texts,
                vectors=given.vectors,
                dimensions=given.dimensions,
                model_languages=given.model_languages,
                as_of=given.as_of,
            )
            gathered = stream.write(given.bloggers, progress)
            rows.finish()
        entries = segments.finish()
    except BaseException:
        segments.abandon()
        raise
    new = [Segment(draft / entry["folder"], entry) for entry in entries]
    return gathered, [Part(segment, np.ones(segment.posts, np.bool_)) for segment in new]


def _settled_folder(before: _Before | None) -> Path | None:
    """Where the earlier generation has what it settled; None where other code did so."""
    found = before.meta.get("settled") if before else None
    if before is None or found is None or found["kind"] != settled_kind():
        return None
    return before.folder / str(found["folder"])


def _settled(before: _Before | None, as_of: datetime) -> Settled:
    folder = _settled_folder(before)
    if before is None or folder is None:
        return Settled(as_of)
    try:
        table, made = before.folder / before.meta["table"], datetime.fromisoformat(before.meta["as_of"])
        return Settled(as_of, folder, table, made)
    except IndexDamagedError:
        return Settled(as_of)


def _parts(previous: PreviousPosts) -> Parts:
    """The earlier generation's segments with the rows that were live there."""
    parts = [Part(segment, live) for segment, live in zip(previous.segments, previous.live, strict=True)]
    return Parts(tuple(parts), previous.withdrawn)


def _columns(
    graph: GraphColumns, gathered: Gathered, channels: ChannelColumns, posts: PostRows, whole: Parts
) -> Columns:
    matrix, reach, linkers = aligned(graph, gathered.site_keys)
    return Columns(
        matrix=matrix,
        reach=reach,
        distinct_linkers=linkers,
        engagement=engagement_of_all(channels),
        findings=with_copies(gathered.findings, posts, [part.segment for part in whole.parts], linkers),
    )


def _switch(index_dir: Path, draft: Path, number: int) -> None:
    draft.rename(layout.folder_of(index_dir, number))
    layout.sync_folder(index_dir)
    layout.write_durably(index_dir / layout.CURRENT, f"{number}\n".encode())


def _remove_old(index_dir: Path, newest: int) -> None:
    kept = [number for number in layout.numbers(index_dir) if number <= newest][-KEPT_GENERATIONS:]
    for number in layout.numbers(index_dir):
        if number not in kept:
            shutil.rmtree(layout.folder_of(index_dir, number), ignore_errors=True)
            layout.cache_of(index_dir, number).unlink(missing_ok=True)
