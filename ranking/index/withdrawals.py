"""What a generation takes out of its segments' postings: the texts of the rows that are no longer live.

One more segment, without posts, holds them with negative counts, so that sums over all segments are exact: document
counts and lengths of posts, and each blogger's terms. It always stands for exactly the dead rows of the generation's
other segments, whose documents are still there, so it follows from what is dead now and was not, and the reverse.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.index.postings import Postings, PostingsWriter, merge_postings
from ranking.index.segment import Document, Segment
from ranking.index.writing import BlockWriter, document_terms, write_numbers


class DeadRows(NamedTuple):
    """A segment and the rows of it that are not live, ascending."""

    segment: Segment
    rows: NDArray[np.int64]


class _Text(NamedTuple):
    """A document whose terms are taken out of a blogger's (sign -1), or put back (1)."""

    blogger_id: int
    sign: int
    document: Document


def write_withdrawals(
    folder: Path, now: Sequence[DeadRows], before: Sequence[DeadRows], known: Segment | None, dimensions: int
) -> dict[str, Any] | None:
    """Write the withdrawals of the rows that are dead ``now`` into a new folder; returns what ``meta.json`` says of it.

    ``known`` are those of the rows that were dead ``before``: only the difference is analysed, unless that is more than
    all. None, and no folder, when no row is dead.
    """
    blogger_ids = np.unique(_blogger_ids(now))
    if not len(blogger_ids):
        return None
    folder.mkdir(parents=True)
    added, undone = _missing_in(before, now), _missing_in(now, before)
    if known is None or _count(added) + _count(undone) >= _count(now):
        _write_terms(folder, _texts(now, ()), blogger_ids)
    else:
        _write_difference(folder, added, undone, blogger_ids, known)
    offsets = np.zeros(len(blogger_ids) + 1, np.int64)
    write_numbers(folder, public_ids=(), blogger_ids=blogger_ids, offsets=offsets)
    blocks = BlockWriter(folder).finish(np.zeros(0, np.int64))
    meta = {"folder": folder.name, "bloggers": len(blogger_ids), "posts": 0, "dead": 0}
    return {**meta, "dimensions": dimensions, "families": [], "blocks": blocks}


def _write_difference(
    folder: Path, added: Sequence[DeadRows], undone: Sequence[DeadRows], blogger_ids: NDArray[np.int64], known: Segment
) -> None:
    difference = folder / "difference"
    changed = np.unique(np.concatenate([_blogger_ids(added), _blogger_ids(undone)]))
    _write_terms(difference, _texts(added, undone), changed)
    kinds: Mapping[str, tuple[Postings, NDArray[np.int64], NDArray[np.int64]]] = {
        "posts": (known.posts_text, np.zeros(0, np.int64), np.zeros(0, np.int64)),
        "bloggers": (known.bloggers_text, _places(known.blogger_ids, blogger_ids), _places(changed, blogger_ids)),
    }
    for name, (postings, known_rows, changed_rows) in kinds.items():
        sources = [(postings, known_rows), (Postings(difference / name), changed_rows)]
        merge_postings(sources, folder / name, rows=len(blogger_ids) if name == "bloggers" else 0)
    shutil.rmtree(difference)


def _write_terms(folder: Path, texts: Iterator[_Text], blogger_ids: NDArray[np.int64]) -> None:
    """Write ``posts/`` and ``bloggers/``; the texts come by ascending blogger id."""
    posts, bloggers = PostingsWriter(folder / "posts"), PostingsWriter(folder / "bloggers")
    row = 0
    for text in texts:
        while blogger_ids[row] != text.blogger_id:
            row += 1
        terms = document_terms(text.document)
        posts.withdraw(terms, -text.sign)
        bloggers.add(row, terms, text.sign)
    posts.finish()
    bloggers.finish(rows=len(blogger_ids))


def _texts(taken_out: Sequence[DeadRows], put_back: Sequence[DeadRows]) -> Iterator[_Text]:
    """The texts of rows by ascending blogger id, each segment's blocks read in their order."""
    parts = [*((-1, one) for one in taken_out), *((1, one) for one in put_back)]
    numbers = np.repeat(np.arange(len(parts)), [len(one.rows) for _, one in parts])
    rows = np.concatenate([np.zeros(0, np.int64), *(one.rows for _, one in parts)])
    owners = _blogger_ids([one for _, one in parts])
    order = np.lexsort((rows, numbers, owners))
    for (owner, number), run in groupby(order.tolist(), key=lambda place: (int(owners[place]), int(numbers[place]))):
        sign, part = parts[number]
        for document in part.segment.documents(rows[list(run)]):
            yield _Text(owner, sign, document)


def _missing_in(these: Sequence[DeadRows], those: Sequence[DeadRows]) -> list[DeadRows]:
    """The rows of ``those`` that are not among ``these``."""
    known = {one.segment.folder.name: one.rows for one in these}
    return [
        DeadRows(one.segment, np.setdiff1d(one.rows, known.get(one.segment.folder.name, np.zeros(0, np.int64))))
        for one in those
    ]


def _count(dead: Sequence[DeadRows]) -> int:
    return sum(len(one.rows) for one in dead)


def _blogger_ids(dead: Sequence[DeadRows]) -> NDArray[np.int64]:
    """The blogger of each row, one segment after the other."""
    found = [one.segment.blogger_ids[one.segment.owners_of_rows()[one.rows]] for one in dead]
    return np.concatenate([np.zeros(0, np.int64), *found])


def _places(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each id among ascending ones; of one that is not there the first, since it adds nothing: what was
    taken out of it and what is put back cancel."""
    places = np.minimum(np.searchsorted(among, ids), len(among) - 1)
    return np.where(among[places] == ids, places, 0)
