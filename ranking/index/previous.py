"""What the generation before holds, and which of it a new one keeps: the decision of an incremental build."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.index.bloggers import read_ids_and_vectors
from ranking.index.generation import live_rows
from ranking.index.segment import Segment

LOOK_AGAIN = 0
"""Fingerprint of a post that lacked its text or its vector when it was written: it never matches, so that the next
build writes it anew."""

NEW = -1


class PreviousPosts:
    """The live posts of a generation, found by blogger and post id; and which of them were met again.

    ``folder`` and ``meta`` are a generation's; without them nothing is there.
    """

    def __init__(self, folder: Path | None = None, meta: dict[str, Any] | None = None) -> None:
        entries = meta["segments"] if meta else []
        self.segments = [Segment(folder / entry["folder"], entry) for entry in entries] if folder else []
        self.live = [_live(folder / meta["table"], entry) for entry in entries] if folder and meta else []
        withdrawn = meta["withdrawn"] if meta else None
        self.withdrawn = Segment(folder / withdrawn["folder"], withdrawn) if folder and withdrawn else None
        rows = [np.flatnonzero(live) for live in self.live]
        self._segments = np.repeat(np.arange(len(rows), dtype=np.int32), [len(found) for found in rows])
        self._rows = _joined(rows, np.int64)
        bloggers = [one.blogger_ids[one.owners_of_rows()[found]] for one, found in self._with(rows)]
        post_ids = _joined([one.post_ids[found] for one, found in self._with(rows)], np.int64)
        owners = _joined(bloggers, np.int64)
        order = np.lexsort((post_ids, owners))
        self._segments, self._rows, self._post_ids = self._segments[order], self._rows[order], post_ids[order]
        self._fingerprints = _joined([one.fingerprints[found] for one, found in self._with(rows)], np.uint64)[order]
        self._kept = np.zeros(len(order), np.bool_)
        ids, starts = np.unique(owners[order], return_index=True)
        ends = np.append(starts[1:], len(order)) if len(starts) else starts
        self._ranges = dict(zip(ids.tolist(), zip(starts.tolist(), ends.tolist(), strict=True), strict=True))
        blogger_ids, self._vectors = read_ids_and_vectors(folder / meta["table"]) if folder and meta else _NOBODY
        self._places = {blogger_id: place for place, blogger_id in enumerate(blogger_ids.tolist())}
        self._public_ids = _public_ids(self._with(rows))

    @property
    def posts(self) -> int:
        """How many are live."""
        return len(self._post_ids)

    def keep(
        self, blogger_id: int, public_id: str, post_ids: Sequence[int], fingerprints: Sequence[int]
    ) -> NDArray[np.int64]:
        """Where each of a blogger's posts, given by ascending id, lies unchanged; :data:`NEW` where it does not.

        All are new where the rows were written for another public id: storage may give a blogger's id a second time.
        """
        if self._public_ids.get(blogger_id) != public_id:
            return np.full(len(post_ids), NEW, np.int64)
        first, last = self._ranges.get(blogger_id, (0, 0))
        known, asked = self._post_ids[first:last], np.array(post_ids, np.int64)
        found = unchanged(asked, np.array(fingerprints, np.uint64), known, self._fingerprints[first:last])
        places = np.where(found >= 0, first + found, NEW)
        self._kept[places[places >= 0]] = True
        return places

    def keep_all(self, blogger_id: int) -> NDArray[np.int64]:
        """Where the posts of a blogger lie, all of which are unchanged."""
        first, last = self._ranges.get(blogger_id, (0, 0))
        self._kept[first:last] = True
        return np.arange(first, last)

    def vector_of(self, blogger_id: int, kept: int) -> NDArray[np.float32] | None:
        """The mean direction of a blogger whose posts are the ``kept`` ones and were no others; else None."""
        first, last = self._ranges.get(blogger_id, (0, 0))
        place = self._places.get(blogger_id)
        return None if place is None or last - first != kept else self._vectors[place]

    def post_vectors(self, places: NDArray[np.int64]) -> NDArray[np.float16]:
        """The vectors of posts that :meth:`keep` found, one at least."""
        segments, rows = self._segments[places], self._rows[places]
        found = np.zeros((len(places), self.segments[0].post_vectors.shape[1]), np.float16)
        for number in np.unique(segments).tolist():
            mine = segments == number
            found[mine] = self.segments[number].post_vectors[rows[mine]]
        return found

    def still_live(self) -> list[NDArray[np.bool_]]:
        """Which rows of each segment were met again."""
        masks = [np.zeros(segment.posts, np.bool_) for segment in self.segments]
        for number, mask in enumerate(masks):
            mask[self._rows[self._kept & (self._segments == number)]] = True
        return masks

    def _with(self, rows: Sequence[NDArray[np.int64]]) -> list[tuple[Segment, NDArray[np.int64]]]:
        return list(zip(self.segments, rows, strict=True))


_NOBODY = (np.zeros(0, np.int64), np.zeros((0, 0), np.float32))


def unchanged(
    post_ids: NDArray[np.int64],
    fingerprints: NDArray[np.uint64],
    known_ids: NDArray[np.int64],
    known_fingerprints: NDArray[np.uint64],
) -> NDArray[np.int64]:
    """For each post its place among the known ones (both by ascending id) when it is there unchanged, else -1."""
    if not len(known_ids):
        return np.full(len(post_ids), -1, np.int64)
    places = np.minimum(np.searchsorted(known_ids, post_ids), len(known_ids) - 1)
    same = (known_ids[places] == post_ids) & (known_fingerprints[places] == fingerprints)
    return np.where(same & (fingerprints != LOOK_AGAIN), places, -1)


def _public_ids(found: Iterable[tuple[Segment, NDArray[np.int64]]]) -> dict[int, str]:
    """The public id that each blogger's rows were written for; empty where they say several."""
    known: dict[int, str] = {}
    for segment, rows in found:
        names = segment.public_ids()
        for place in np.unique(segment.owners_of_rows()[rows]).tolist():
            blogger_id = int(segment.blogger_ids[place])
            if known.setdefault(blogger_id, names[place]) != names[place]:
                known[blogger_id] = ""
    return known


def _live(table: Path, entry: dict[str, Any]) -> NDArray[np.bool_]:
    live = live_rows(table, entry)
    return np.ones(int(entry["posts"]), np.bool_) if live is None else live


def _joined(parts: Sequence[NDArray[Any]], dtype: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype), *parts])
