"""Taking a site, or words that it reserves, out of every kept generation, so that no byte of them stays on disk.

Every segment that holds such rows, live or not, is written anew without them, once, and linked into all generations
that share it; so are the withdrawals, the table and the columns of each. Then ``meta.json`` is replaced atomically, and
then the old files go. A removal that is killed leaves sound generations, and the next one finishes. What others show
stays as it was built, but for the weight of words (BM25's idf), which follows the texts that are left.
"""

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError
from ranking.index import layout
from ranking.index.assembly import Part, Parts
from ranking.index.bloggers import write_table
from ranking.index.columns import write_columns
from ranking.index.generation import Generation, open_generation
from ranking.index.held import (
    Marks,
    ReservedAmong,
    Sought,
    doomed,
    owner_ids,
    parts_of,
    rows_of_site,
    rows_with_reserved_words,
)
from ranking.index.layout import HeldIndex
from ranking.index.merging import merge_segments
from ranking.index.post_list import post_list, write_post_list
from ranking.index.segment import Segment
from ranking.index.settled import settled_kind, write_without
from ranking.index.withdrawals import DeadRows, write_withdrawals


class Removal(NamedTuple):
    """How many generations held what was removed, and were ``rewritten``; and how many were ``deleted`` whole, since
    they were damaged or of another format."""

    rewritten: int
    deleted: int


def forget(index_dir: Path, *public_ids: str, site_key: str = "", post_ids: Collection[int] = ()) -> Removal:
    """Remove bloggers, a site by its key, and posts from every kept generation, with every row ever written of them.

    A blogger of whom some posts go leaves each generation that shows these; whose public id is given, all of them.
    An open generation goes on serving what it has mapped until it is opened anew. A damaged generation is removed
    whole, and so is one of another format: nobody can say what it holds, and an index can always be rebuilt from
    storage. Raises StorageError when the folder cannot be read or written; what cannot be read is kept, since it may be
    sound.
    """
    sought = Sought(frozenset(public_ids), site_key, np.array(sorted(post_ids), np.int64))
    with layout.exclusive(index_dir):
        layout.remove_drafts(index_dir)
        generations, deleted = [], 0
        for number in layout.numbers(index_dir):
            try:
                generations.append(open_generation(index_dir, number))
            except (IndexDamagedError, IndexMissingError):
                _delete(index_dir, number)
                deleted += 1
        marks = rows_of_site(generations, sought)
        return Removal(_remove(index_dir, generations, marks, [sought.names(one) for one in generations]), deleted)


def forget_reserved(held: HeldIndex, newest: int, reserved: ReservedAmong) -> int:
    """Remove what the kept generations hold of texts that are ``reserved`` by now, but for the ``newest`` one's live
    posts, which were read from storage; returns how many generations held such.

    In an earlier generation that shows such a text its blogger goes with it, since mean direction and figures were made
    of it too. Generations that are damaged or of another format are left for later builds to push out. Raises
    StorageError when the folder cannot be read or written.
    """
    metas = {}
    for number in layout.numbers(held.folder):
        try:
            metas[number] = layout.read_meta(layout.folder_of(held.folder, number))
        except (IndexDamagedError, IndexMissingError):
            continue
    parts = {number: parts_of(layout.folder_of(held.folder, number), meta) for number, meta in metas.items()}
    marks = rows_with_reserved_words([part for many in parts.values() for part in many], parts[newest], reserved)
    if not any(mark.any() for mark in marks.values()):
        return 0
    generations = [open_generation(held.folder, number) for number in metas]
    return _remove(held.folder, generations, marks, [[] for _ in generations])


def _delete(index_dir: Path, number: int) -> None:
    folder = layout.folder_of(index_dir, number)
    try:
        shutil.rmtree(folder)
        layout.cache_of(index_dir, number).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"The index in {folder} cannot be written: {error.strerror or error}.") from error


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """Which rows of which segments go, and what was written so far: by the name of each old segment what takes its
    place, None when nothing does."""

    doomed: Marks
    rewritten: dict[str, Segment | None] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Sizes and digests of the new segments' files."""


def _remove(index_dir: Path, generations: Sequence[Generation], marks: Marks, named: Sequence[Sequence[int]]) -> int:
    """Rewrite the generations that hold marked rows or ``named`` bloggers; returns how many."""
    rewriting = _Rewriting(doomed(marks, [part for one in generations for part in parts_of(one.folder, one.meta)]))
    changed = 0
    for generation, bloggers in zip(generations, named, strict=True):
        parts = parts_of(generation.folder, generation.meta)
        try:
            if bloggers or any(part.name in rewriting.doomed for part in parts):
                leaving = sorted({*bloggers, *_showing(generation, parts, marks)})
                meta = _rewrite(rewriting, generation, parts, leaving)
                layout.write_meta(generation.folder, meta)
                cache = layout.cache_of(index_dir, generation.number)
                layout.remember_verified(generation.folder, meta["files"], cache)
                changed += 1
            layout.remove_unlisted(generation.folder)
        except OSError as error:
            reason = error.strerror or error
            raise StorageError(f"The index in {generation.folder} cannot be written: {reason}.") from error
    return changed


def _showing(generation: Generation, parts: Sequence[Part], marks: Marks) -> list[int]:
    """The numbers of the bloggers who show marked rows in a generation."""
    shown = [owner_ids(part.segment)[part.live & marks[part.name]] for part in parts]
    ids = np.unique(np.concatenate([np.zeros(0, np.int64), *shown]))
    return np.flatnonzero(np.isin(generation.blogger_ids, ids)).tolist()


def _rewrite(
    rewriting: _Rewriting, generation: Generation, parts: Sequence[Part], leaving: Sequence[int]
) -> dict[str, Any]:
    """Write what a generation is without the doomed rows and the bloggers who leave; returns the new ``meta.json``."""
    folder, meta = generation.folder, generation.meta
    kept = np.delete(np.arange(generation.blogger_count), leaving)
    shown = [Part(part.segment, part.live & _is_of(part.segment, generation.blogger_ids[kept])) for part in parts]
    new = tuple(one for part in shown if (one := _without_doomed(rewriting, folder, part)) is not None)
    whole = Parts(new, _withdrawals(rewriting, generation, parts, shown))
    table, columns = folder / layout.fresh_name("table"), folder / layout.fresh_name("columns")
    write_table(table, generation.table, kept.tolist())
    posts = post_list(generation.blogger_ids[kept], [part.segment for part in new], [part.live for part in new])
    write_post_list(table, posts)
    whole.write_dead(table)
    write_columns(columns, generation.columns.without(*leaving))
    settled = _settled_without(generation, leaving)
    segments = [*(part.segment for part in new), *([whole.withdrawn] if whole.withdrawn else [])]
    listed = {table.name, columns.name, *(segment.folder.name for segment in segments)}
    listed |= {settled["folder"]} if settled else set()
    sealed = layout.seal(folder, meta["files"] | rewriting.files)
    files = {name: facts for name, facts in sealed.items() if name.split("/")[0] in listed}
    new_names = {one.folder.name for one in rewriting.rewritten.values() if one is not None}
    rewriting.files.update({name: facts for name, facts in files.items() if name.split("/")[0] in new_names})
    counts = {"bloggers": len(kept), "posts": len(posts.rows)}
    changed = {"counts": counts, "families": whole.families, "table": table.name, "columns": columns.name}
    return {**meta, **whole.meta(), **changed, "settled": settled, "files": files}


def _settled_without(generation: Generation, leaving: Sequence[int]) -> dict[str, Any] | None:
    """What ``meta.json`` says of what is settled about those who stay; nothing where other code settled it, or where it
    is damaged: whoever is forgotten goes all the same, and the next build settles it anew."""
    known = generation.meta.get("settled")
    if known is None or known["kind"] != settled_kind():
        return None
    target = generation.folder / layout.fresh_name("settled")
    try:
        write_without(target, generation.folder / known["folder"], leaving)
    except IndexDamagedError:
        return None
    return {**known, "folder": target.name}


def _is_of(segment: Segment, blogger_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.isin(owner_ids(segment), blogger_ids)


def _without_doomed(rewriting: _Rewriting, folder: Path, part: Part) -> Part | None:
    """The part without its doomed rows; None when nothing else is in it."""
    if part.name not in rewriting.doomed:
        return part
    others = ~rewriting.doomed[part.name]
    if part.name not in rewriting.rewritten:
        target = folder / layout.fresh_name("segment")
        meta = merge_segments([(part.segment, others)], target)
        rewriting.rewritten[part.name] = None if meta is None else Segment(target, meta)
    new = rewriting.rewritten[part.name]
    if new is None:
        return None
    target = folder / new.folder.name
    if not target.exists():
        layout.link_folder(new.folder, target)
    return Part(Segment(target, new.meta), part.live[others])


def _withdrawals(
    rewriting: _Rewriting, generation: Generation, parts: Sequence[Part], shown: Sequence[Part]
) -> Segment | None:
    """The withdrawals of a generation: without those of doomed rows, with those of rows that nobody shows any more."""
    known = next((segment for segment in generation.segments if not segment.posts), None)
    before = [part.dead for part in parts]
    now = [_left(part.dead, rewriting.doomed.get(part.name)) for part in shown]
    if all(np.array_equal(one.rows, other.rows) for one, other in zip(before, now, strict=True)):
        return known
    target = generation.folder / layout.fresh_name("withdrawn")
    meta = write_withdrawals(target, now, before, known, int(generation.meta["dimensions"]))
    return None if meta is None else Segment(target, meta)


def _left(dead: DeadRows, doomed_rows: NDArray[np.bool_] | None) -> DeadRows:
    return dead if doomed_rows is None else DeadRows(dead.segment, dead.rows[~doomed_rows[dead.rows]])
