"""Taking a blogger out of every kept generation, so that no byte of its texts and vectors stays on disk.

Every segment that holds the blogger, live or not, is written anew without it, once, and linked into all generations
that share it; so are the withdrawals, the table and the columns of each. Then ``meta.json`` is replaced atomically, and
then the old files go. A removal that is killed leaves sound generations, and the next one finishes. What others show
stays as it was built, but for the weight of words (BM25's idf), which follows the texts that are left.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError
from ranking.index import layout
from ranking.index.assembly import Part, Parts
from ranking.index.bloggers import write_table
from ranking.index.columns import write_columns
from ranking.index.generation import Generation
from ranking.index.merging import merge_segments
from ranking.index.post_list import post_list, write_post_list
from ranking.index.segment import Segment
from ranking.index.withdrawals import DeadRows, write_withdrawals


def forget(index_dir: Path, public_id: str) -> int:
    """Remove a blogger from every kept generation; returns how many generations held it.

    An open generation goes on serving what it has mapped until it is opened anew. A damaged generation is removed
    whole: nobody can say what it holds, and an index can always be rebuilt from storage. Raises StorageError when the
    folder cannot be read or written; what cannot be read is kept, since it may be sound.
    """
    changed = 0
    with layout.exclusive(index_dir):
        layout.remove_drafts(index_dir)
        removal = _Removal(public_id)
        for number in layout.numbers(index_dir):
            folder, cache = layout.folder_of(index_dir, number), layout.cache_of(index_dir, number)
            try:
                changed += _forget_or_remove(removal, folder, cache)
            except OSError as error:
                raise StorageError(f"The index in {folder} cannot be written: {error.strerror or error}.") from error
    return changed


@dataclass(frozen=True, slots=True)
class _Removal:
    """Whom to remove, and what was written for it so far: by the name of each old segment what takes its place."""

    public_id: str
    rewritten: dict[str, Segment | None] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Sizes and digests of the new segments' files."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A part of a generation, and which of its rows are of the blogger who goes; None when it holds none."""

    part: Part
    mine: NDArray[np.bool_] | None


def _forget_or_remove(removal: _Removal, folder: Path, cache: Path) -> bool:
    try:
        return _forget_in(removal, folder, cache)
    except (IndexDamagedError, IndexMissingError):
        shutil.rmtree(folder)
        cache.unlink(missing_ok=True)
        return True


def _forget_in(removal: _Removal, folder: Path, cache: Path) -> bool:
    meta = layout.read_meta(folder)
    layout.verify_files(folder, meta["files"], cache)
    generation = Generation(folder, meta)
    held = [_held(part, removal.public_id) for part in parts_of(generation)]
    position = generation.positions.get(removal.public_id)
    found = position is not None or any(one.mine is not None for one in held)
    if found:
        new = _rewrite(removal, generation, held, position)
        layout.write_meta(folder, new)
        layout.remember_verified(folder, new["files"], cache)
    layout.remove_unlisted(folder)
    return found


def parts_of(generation: Generation) -> list[Part]:
    """The segments with posts of an open generation."""
    found = []
    for segment, live in zip(generation.segments, generation.live, strict=True):
        if segment.posts:
            found.append(Part(segment, np.ones(segment.posts, np.bool_) if live is None else live))
    return found


def _held(part: Part, public_id: str) -> _Held:
    names = part.segment.public_ids()
    if public_id not in names:
        return _Held(part, None)
    local = names.index(public_id)
    mine = np.zeros(part.segment.posts, np.bool_)
    mine[part.segment.offsets[local] : part.segment.offsets[local + 1]] = True
    return _Held(part, mine)


def _rewrite(removal: _Removal, generation: Generation, held: Sequence[_Held], position: int | None) -> dict[str, Any]:
    """Write what takes the blogger's place in a generation; returns the new ``meta.json``."""
    folder, meta = generation.folder, generation.meta
    kept = [row for row in range(generation.blogger_count) if row != position]
    parts = tuple(part for one in held if (part := _without(removal, folder, one)) is not None)
    whole = Parts(parts, _withdrawals(generation, held))
    table, columns = folder / layout.fresh_name("table"), folder / layout.fresh_name("columns")
    write_table(table, generation.table, kept)
    posts = post_list(generation.blogger_ids[kept], [part.segment for part in parts], [part.live for part in parts])
    write_post_list(table, posts)
    whole.write_dead(table)
    write_columns(columns, generation.columns if position is None else generation.columns.without(position))
    segments = [*(part.segment for part in parts), *([whole.withdrawn] if whole.withdrawn else [])]
    listed = {table.name, columns.name, *(segment.folder.name for segment in segments)}
    sealed = layout.seal(folder, meta["files"] | removal.files)
    files = {name: facts for name, facts in sealed.items() if name.split("/")[0] in listed}
    new_names = {one.folder.name for one in removal.rewritten.values() if one is not None}
    removal.files.update({name: facts for name, facts in files.items() if name.split("/")[0] in new_names})
    counts = {"bloggers": len(kept), "posts": len(posts.rows)}
    changed = {"counts": counts, "families": whole.families, "table": table.name, "columns": columns.name}
    return {**meta, **whole.meta(), **changed, "files": files}


def _without(removal: _Removal, folder: Path, held: _Held) -> Part | None:
    """The part without the blogger; None when nothing else is in it."""
    if held.mine is None:
        return held.part
    others, name = ~held.mine, held.part.name
    if name not in removal.rewritten:
        target = folder / layout.fresh_name("segment")
        meta = merge_segments([(held.part.segment, others)], target)
        removal.rewritten[name] = None if meta is None else Segment(target, meta)
    new = removal.rewritten[name]
    if new is None:
        return None
    target = folder / new.folder.name
    if not target.exists():
        layout.link_folder(new.folder, target)
    return Part(Segment(target, new.meta), held.part.live[others])


def _withdrawals(generation: Generation, held: Sequence[_Held]) -> Segment | None:
    """The withdrawals of a generation without those of the blogger's rows."""
    known = next((segment for segment in generation.segments if not segment.posts), None)
    before = [one.part.dead for one in held]
    now = [dead if one.mine is None else _others(dead, one.mine) for dead, one in zip(before, held, strict=True)]
    if sum(len(dead.rows) for dead in before) == sum(len(dead.rows) for dead in now):
        return known
    target = generation.folder / layout.fresh_name("withdrawn")
    meta = write_withdrawals(target, now, before, known, int(generation.meta["dimensions"]))
    return None if meta is None else Segment(target, meta)


def _others(dead: DeadRows, mine: NDArray[np.bool_]) -> DeadRows:
    return DeadRows(dead.segment, dead.rows[~mine[dead.rows]])
