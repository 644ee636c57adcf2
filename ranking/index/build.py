"""Building a generation: beside the old ones, flushed to disk, then switched to by one atomic rename."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import StorageError
from bloghound.records import RankableBlogger, RankablePost
from ranking.credibility import Finding, copying_found, findings_of
from ranking.duplicates import SketchedPost, copied_posts, sketch_of
from ranking.encoding.choice import BUNDLED_CHOICE, ModelChoice
from ranking.engagement import Channel, channels_of, engagement_of_all
from ranking.index import layout
from ranking.index.columns import Columns, aligned, write_columns
from ranking.index.facts import entry_of
from ranking.index.generation import Generation, open_generation
from ranking.index.segment import MAX_TEXT_CHARS, Document, SegmentWriter
from ranking.passages import passages_of
from ranking.score import FORMULA
from ranking.values import GraphColumns

VectorsByHash = Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]]
"""Content hashes → the unit vectors that storage has for them."""

KEPT_GENERATIONS = 3
"""The serving one, the one it falls back to, and one for cursors that were handed out before."""


class _Signals:
    """What is gathered blogger by blogger for the columns, which need all bloggers before any is known."""

    def __init__(self) -> None:
        self.site_keys: list[str] = []
        self.channels: list[tuple[Channel, ...]] = []
        self.findings: list[tuple[Finding, ...]] = []
        self.sketches: list[SketchedPost] = []
        self.urls: list[str] = []

    def add(self, blogger: RankableBlogger, as_of: datetime) -> None:
        owner = len(self.site_keys)
        self.site_keys.append(blogger.site_key)
        self.channels.append(channels_of(blogger, as_of))
        self.findings.append(findings_of(blogger.posts, blogger.sites))
        self.sketches += [SketchedPost(owner, post.published, sketch_of(post.text)) for post in blogger.posts]
        self.urls += [post.url for post in blogger.posts]

    def columns(self, graph: GraphColumns) -> Columns:
        matrix, reach, linkers = aligned(graph, self.site_keys)
        copied: list[list[str]] = [[] for _ in self.site_keys]
        for index in sorted(copied_posts(self.sketches, linkers.tolist())):
            copied[self.sketches[index].owner].append(self.urls[index])
        posts = Counter(sketched.owner for sketched in self.sketches)
        return Columns(
            matrix=matrix,
            reach=reach,
            distinct_linkers=linkers,
            engagement=engagement_of_all(self.channels),
            findings=tuple(
                found + copying_found(copied[owner], posts[owner]) for owner, found in enumerate(self.findings)
            ),
        )


def build_generation(
    index_dir: Path,
    bloggers: Iterable[RankableBlogger],
    vectors: VectorsByHash,
    graph: GraphColumns,
    *,
    encoder_name: str,
    dimensions: int,
    model_languages: frozenset[str] | None,
    as_of: datetime,
    model_choice: ModelChoice = BUNDLED_CHOICE,
    progress: Callable[[int], None] | None = None,
) -> Generation:
    """Build a generation from all bloggers, switch ``CURRENT`` to it, and return it opened.

    ``model_choice`` says how whoever opens it loads the model that made the vectors. ``progress`` gets the number of
    posts of each blogger done. A build that is killed leaves the old generation serving; its leftovers go at the next
    build. Raises StorageError when the folder cannot be written.
    """
    with layout.exclusive(index_dir):
        layout.remove_drafts(index_dir)
        number = max([*layout.numbers(index_dir), layout.current_number(index_dir) or 0], default=0) + 1
        draft = index_dir / layout.fresh_name(layout.DRAFT_PREFIX.removesuffix("-"))
        writer = SegmentWriter(draft / layout.fresh_name("segment"), dimensions, model_languages)
        try:
            signals = _write_bloggers(writer, bloggers, vectors, model_languages, as_of, progress)
            meta = _finish(draft, writer, signals.columns(graph))
            meta |= {
                "number": number,
                "model": encoder_name,
                "encoder": asdict(model_choice),
                "model_languages": None if model_languages is None else sorted(model_languages),
                "as_of": as_of.astimezone(UTC).isoformat(),
            }
            layout.write_meta(draft, meta)
            _switch(index_dir, draft, number)
        except OSError as error:
            raise StorageError(f"The index in {index_dir} cannot be written: {error.strerror or error}.") from error
        _remove_old(index_dir, number)
    return open_generation(index_dir, number)


def _write_bloggers(
    writer: SegmentWriter,
    bloggers: Iterable[RankableBlogger],
    vectors: VectorsByHash,
    model_languages: frozenset[str] | None,
    as_of: datetime,
    progress: Callable[[int], None] | None,
) -> _Signals:
    signals = _Signals()
    for blogger in bloggers:
        passages = [passages_of(post, model_languages) for post in blogger.posts]
        rows = vectors([passage.content_hash for several in passages for passage in several])
        writer.add(
            entry_of(blogger, as_of),
            [document_of(post) for post in blogger.posts],
            [rows.get(several[0].content_hash) if several else None for several in passages],
        )
        signals.add(blogger, as_of)
        if progress is not None:
            progress(len(blogger.posts))
    return signals


def _finish(draft: Path, writer: SegmentWriter, columns: Columns) -> dict[str, Any]:
    segment = writer.finish()
    folder = layout.fresh_name("columns")
    write_columns(draft / folder, columns)
    return {
        "format": layout.FORMAT,
        "formula": FORMULA,
        "counts": {"bloggers": segment["bloggers"], "posts": segment["posts"]},
        "segments": [segment],
        "columns": folder,
        "files": layout.seal(draft),
    }


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


def document_of(post: RankablePost) -> Document:
    """A post as the index keeps it; of a post whose site reserves text mining only the address and the date."""
    published = post.published.astimezone(UTC).isoformat() if post.published else None
    if post.text_reserved:
        return Document(post.url, "", "", post.language, published)
    return Document(post.url, post.title, post.text[:MAX_TEXT_CHARS], post.language, published)
