"""Writing segments anew: several as one, or one without some of its rows. Nothing is analysed again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.index.postings import merge_postings
from ranking.index.segment import BLOCK_POSTS, Segment
from ranking.index.writing import BlockWriter, write_bloggers_text, write_numbers

ROWS_AT_ONCE = 16_384
"""Vectors and sketches copied in one go: 17 MB."""

Source = tuple[Segment, NDArray[np.bool_]]
"""A segment, and which of its rows to take."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Where each row of the new segment comes from, shape (p,) each, and where the bloggers' rows begin."""

    sources: NDArray[np.int64]
    rows: NDArray[np.int64]
    blogger_ids: NDArray[np.int64]
    offsets: NDArray[np.int64]


def merge_segments(sources: Sequence[Source], folder: Path) -> dict[str, Any] | None:
    """Write the chosen rows of all sources as one segment into a new folder; returns what ``meta.json`` says of it.

    None, and no folder, when no row is left.
    """
    plan = _plan(sources)
    if not len(plan.rows):
        return None
    folder.mkdir(parents=True)
    for name in ("post_vectors.f16", "sketches.u64"):
        _copy(sources, plan, folder / name)
    families, codes = _families(sources, plan)
    names = _public_ids(sources)
    write_numbers(
        folder,
        public_ids=[names[blogger_id] for blogger_id in plan.blogger_ids.tolist()],
        blogger_ids=plan.blogger_ids,
        offsets=plan.offsets,
        post_ids=_picked([one.post_ids for one, _ in sources], plan),
        fingerprints=_picked([one.fingerprints for one, _ in sources], plan),
        published=_picked([one.published for one, _ in sources], plan),
        families=codes,
    )
    blocks = _copy_documents(sources, plan, folder)
    merge_postings(
        [(one.posts_text, _new_rows(plan, number, one.posts)) for number, (one, _) in enumerate(sources)],
        folder / "posts",
        rows=len(plan.rows),
    )
    write_bloggers_text(folder, plan.offsets)
    return {
        "folder": folder.name,
        "bloggers": len(plan.blogger_ids),
        "posts": len(plan.rows),
        "dimensions": int(sources[0][0].meta["dimensions"]),
        "families": families,
        "blocks": blocks,
    }


def _plan(sources: Sequence[Source]) -> _Plan:
    """Bloggers in the order in which the sources name them, the rows of each by post id."""
    rows = [np.flatnonzero(chosen) for _, chosen in sources]
    numbers = np.repeat(np.arange(len(sources)), [len(found) for found in rows])
    owners = np.concatenate(
        [one.blogger_ids[one.owners_of_rows()[found]] for (one, _), found in zip(sources, rows, strict=True)]
    )
    post_ids = np.concatenate([one.post_ids[found] for (one, _), found in zip(sources, rows, strict=True)])
    ids, firsts, places = np.unique(owners, return_index=True, return_inverse=True)
    ranks = np.empty(len(ids), np.int64)
    ranks[np.argsort(firsts)] = np.arange(len(ids))
    order = np.lexsort((post_ids, ranks[places]))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(ranks[places], minlength=len(ids)))])
    return _Plan(numbers[order], np.concatenate(rows)[order], ids[np.argsort(firsts)], offsets.astype(np.int64))


def _public_ids(sources: Sequence[Source]) -> dict[int, str]:
    """The public id of each blogger with rows that are taken; what was written for others under its id says nothing."""
    names: dict[int, str] = {}
    for one, chosen in sources:
        written, places = one.public_ids(), np.unique(one.owners_of_rows()[chosen])
        taken = [written[place] for place in places.tolist()]
        names.update(zip(one.blogger_ids[places].tolist(), taken, strict=True))
    return names


def _new_rows(plan: _Plan, number: int, posts: int) -> NDArray[np.int64]:
    """The new number of each row of a source; those that are not taken leave the counts too."""
    new = np.full(posts, -1, np.int64)
    here = np.flatnonzero(plan.sources == number)
    new[plan.rows[here]] = here
    return new


def _picked(columns: Sequence[NDArray[Any]], plan: _Plan, part: slice = slice(None)) -> NDArray[Any]:
    sources, rows = plan.sources[part], plan.rows[part]
    found = np.empty((len(rows), *columns[0].shape[1:]), columns[0].dtype)
    for number in np.unique(sources).tolist():
        here = sources == number
        found[here] = columns[number][rows[here]]
    return found


def _copy(sources: Sequence[Source], plan: _Plan, path: Path) -> None:
    columns = [getattr(one, path.stem) for one, _ in sources]
    with path.open("wb") as file:
        for start in range(0, len(plan.rows), ROWS_AT_ONCE):
            file.write(_picked(columns, plan, slice(start, start + ROWS_AT_ONCE)).tobytes())


def _families(sources: Sequence[Source], plan: _Plan) -> tuple[list[str], NDArray[np.uint8]]:
    """The families of the rows that are taken, and each row's place among them."""
    every = sorted({name for one, _ in sources for name in one.family_names})
    codes = [np.array([every.index(name) for name in one.family_names], np.uint8)[one.families] for one, _ in sources]
    used, places = np.unique(_picked(codes, plan), return_inverse=True)
    return [every[code] for code in used.tolist()], places.astype(np.uint8)


def _copy_documents(sources: Sequence[Source], plan: _Plan, folder: Path) -> int:
    """Blocks that are taken whole are copied as they are; of the others what is taken is packed anew."""
    writer = BlockWriter(folder)
    places = np.empty(len(plan.rows), np.int64)
    split = []
    for number, (segment, chosen) in enumerate(sources):
        whole = _whole_blocks(segment, chosen)
        new_rows, blocks = _new_rows(plan, number, segment.posts), segment.places // BLOCK_POSTS
        new_blocks = np.cumsum(whole) - 1 + writer.next_place // BLOCK_POSTS
        for block in np.flatnonzero(whole).tolist():
            writer.add_packed(segment.packed(block))
        copied = np.flatnonzero(chosen & whole[blocks])
        places[new_rows[copied]] = new_blocks[blocks[copied]] * BLOCK_POSTS + segment.places[copied] % BLOCK_POSTS
        split.append(np.flatnonzero(chosen & ~whole[blocks]))
    for number, rows in enumerate(split):
        segment = sources[number][0]
        ordered = rows[np.argsort(segment.places[rows])]
        places[_new_rows(plan, number, segment.posts)[ordered]] = writer.next_place + np.arange(len(ordered))
        for document in segment.documents(ordered):
            writer.add(document)
    return writer.finish(places)


def _whole_blocks(segment: Segment, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The blocks all of whose posts are chosen."""
    blocks, size = segment.places // BLOCK_POSTS, len(segment.blocks) - 1
    return np.asarray(np.bincount(blocks, minlength=size) == np.bincount(blocks[chosen], minlength=size), np.bool_)
