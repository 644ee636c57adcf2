"""The list of a generation's live posts: by blogger, then by post id, with the segment and the row of each.

Files: ``post_offsets.i64`` (n + 1,), where each blogger's posts begin; ``post_segments.u16`` and ``post_rows.u32``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ranking.index.layout import mapped
from ranking.index.segment import Segment
from ranking.slices import places_in_slices


@dataclass(frozen=True, slots=True)
class PostRows:
    """The live posts of some bloggers, blogger by blogger, each one's by post id.

    Those of the i-th blogger are ``offsets[i]`` to ``offsets[i + 1]``; ``segments`` and ``rows`` say where they lie.
    """

    offsets: NDArray[np.int64]
    segments: NDArray[np.uint16]
    rows: NDArray[np.uint32]

    def of(self, bloggers: NDArray[np.int64]) -> "PostRows":
        """The same for the bloggers in these places."""
        starts, sizes = self.offsets[bloggers], self.offsets[bloggers + 1] - self.offsets[bloggers]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        places = places_in_slices(starts, sizes)
        return PostRows(offsets, self.segments[places], self.rows[places])


def post_list(
    blogger_ids: NDArray[np.int64], segments: Sequence[Segment], live: Sequence[NDArray[np.bool_]]
) -> PostRows:
    """The live posts of all segments, in the order of ``blogger_ids``; who is not there has none."""
    places, post_ids, numbers, rows = [], [], [], []
    owners = owners_of(blogger_ids, [segment.blogger_ids for segment in segments])
    for number, (segment, mask) in enumerate(zip(segments, live, strict=True)):
        chosen = np.flatnonzero(mask)
        places.append(owners[number][segment.owners_of_rows()[chosen]])
        post_ids.append(segment.post_ids[chosen])
        numbers.append(np.full(len(chosen), number, np.uint16))
        rows.append(chosen.astype(np.uint32))
    owner = np.concatenate([np.zeros(0, np.int64), *places])
    order = np.lexsort((np.concatenate([np.zeros(0, np.int64), *post_ids]), owner))
    offsets = np.searchsorted(owner[order], np.arange(len(blogger_ids) + 1))
    kept = order[offsets[0] :]
    segment_of = np.concatenate([np.zeros(0, np.uint16), *numbers])[kept]
    row_of = np.concatenate([np.zeros(0, np.uint32), *rows])[kept]
    return PostRows(offsets - offsets[0], segment_of, row_of)


def owners_of(blogger_ids: NDArray[np.int64], segments: Sequence[NDArray[np.int64]]) -> tuple[NDArray[np.int64], ...]:
    """For each segment, given by the storage ids of its bloggers, their places in ``blogger_ids``; -1 where absent."""
    if not len(blogger_ids):
        return tuple(np.full(len(ids), -1, np.int64) for ids in segments)
    order = np.argsort(blogger_ids)
    ordered = blogger_ids[order]
    places = [np.minimum(np.searchsorted(ordered, ids), len(ordered) - 1) for ids in segments]
    return tuple(np.where(ordered[place] == ids, order[place], -1) for place, ids in zip(places, segments, strict=True))


def write_post_list(folder: Path, posts: PostRows) -> None:
    """Write the list into a folder that is there."""
    posts.offsets.astype("<i8").tofile(folder / "post_offsets.i64")
    posts.segments.astype("<u2").tofile(folder / "post_segments.u16")
    posts.rows.astype("<u4").tofile(folder / "post_rows.u32")


def read_post_list(folder: Path, bloggers: int, posts: int) -> PostRows:
    """The list in a folder, mapped."""
    return PostRows(
        mapped(folder / "post_offsets.i64", "<i8", (bloggers + 1,)),
        mapped(folder / "post_segments.u16", "<u2", (posts,)),
        mapped(folder / "post_rows.u32", "<u4", (posts,)),
    )
