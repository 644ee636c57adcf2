"""What a generation's segments are: those of the one before, shared, and the new ones; merged where that pays."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.index import layout
from ranking.index.generation import dead_file
from ranking.index.merging import merge_segments
from ranking.index.segment import Segment
from ranking.index.tiers import SegmentSize, merges
from ranking.index.withdrawals import DeadRows, write_withdrawals


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a generation, and which of its rows are live there."""

    segment: Segment
    live: NDArray[np.bool_]

    @property
    def name(self) -> str:
        """The folder's name, the same in every generation."""
        return self.segment.folder.name

    @property
    def dead(self) -> DeadRows:
        """The other rows."""
        return DeadRows(self.segment, np.flatnonzero(~self.live))


@dataclass(frozen=True, slots=True)
class Parts:
    """All segments of a generation; ``withdrawn`` stands for their dead rows, None when there are none."""

    parts: tuple[Part, ...]
    withdrawn: Segment | None

    @property
    def families(self) -> list[str]:
        """The language families of the live posts."""
        found = {
            part.segment.family_names[code]
            for part in self.parts
            for code in np.unique(part.segment.families[part.live]).tolist()
        }
        return sorted(found)

    def meta(self) -> dict[str, Any]:
        """What ``meta.json`` says of them."""
        segments = [{**part.segment.meta, "dead": len(part.dead.rows)} for part in self.parts]
        return {"segments": segments, "withdrawn": None if self.withdrawn is None else self.withdrawn.meta}

    def write_dead(self, table: Path) -> None:
        """Write the lists of dead rows into a generation's table."""
        for part in self.parts:
            if len(part.dead.rows):
                part.dead.rows.astype("<i8").tofile(dead_file(table, part.name))


def merged_parts(draft: Path, parts: Sequence[Part]) -> tuple[tuple[Part, ...], int]:
    """The parts after merging, all of them in ``draft``; and how many segments were written anew.

    New segments are there already; of an earlier generation what stays is linked.
    """
    by_name = {part.name: part for part in parts}
    sizes = [SegmentSize(part.name, int(part.live.sum()), int((~part.live).sum())) for part in parts]
    groups = merges(sizes)
    gone = {name for group in groups for name in group}
    kept = [placed(draft, part) for part in parts if part.name not in gone]
    for group in groups:
        folder = draft / layout.fresh_name("segment")
        meta = merge_segments([(by_name[name].segment, by_name[name].live) for name in group], folder)
        if meta is not None:
            kept.append(Part(Segment(folder, meta), np.ones(int(meta["posts"]), np.bool_)))
    for name in gone:
        shutil.rmtree(draft / name, ignore_errors=True)
    return tuple(kept), len(gone)


def placed(draft: Path, part: Part) -> Part:
    """The part in ``draft``, where it is linked unless it is there already."""
    folder = draft / part.name
    if not folder.exists():
        layout.link_folder(part.segment.folder, folder)
    return Part(Segment(folder, part.segment.meta), part.live)


def with_withdrawals(draft: Path, parts: Sequence[Part], before: Parts, dimensions: int) -> Parts:
    """The parts with the withdrawals of their dead rows, which follow from those of the generation before."""
    now, then = [part.dead for part in parts], [part.dead for part in before.parts]
    known = before.withdrawn
    if known is not None and _rows(now) == _rows(then):
        folder = draft / known.folder.name
        layout.link_folder(known.folder, folder)
        return Parts(tuple(parts), Segment(folder, known.meta))
    folder = draft / layout.fresh_name("withdrawn")
    meta = write_withdrawals(folder, now, then, known, dimensions)
    return Parts(tuple(parts), None if meta is None else Segment(folder, meta))


def _rows(dead: Sequence[DeadRows]) -> dict[str, list[int]]:
    return {one.segment.folder.name: one.rows.tolist() for one in dead if len(one.rows)}
