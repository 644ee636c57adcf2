"""Near-duplicate posts of different bloggers, and which of them are the copies.

How many of the 32 smallest of two sketches' union are in both estimates how much the texts resemble each other (Broder,
"On the resemblance and containment of documents", 1997, section 4). Pairs that share one of their smallest hashes are
looked at: all of these hashes of all posts are sorted once, which is soon done and needs nothing of an earlier search.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.sketches import SKETCH_SIZE

NEAR_DUPLICATE = 0.6
"""Resemblance from which a post counts as a copy: a scraped page adds a frame to its copy; two own texts share 0.1."""

MAX_SHARERS = 50
"""A shingle in more posts than this is boilerplate, not a trace of copying."""

KEY_HASHES = 16
"""Hashes of a sketch by which posts are brought together. Of the 32 smallest of a near-duplicate pair's union at most
12 are in one of them only, so 13 would do; the others stand in for those that boilerplate takes."""

UNDATED = np.iinfo(np.int64).min
"""Stands for the date of a post without one."""

_DAY_MICROSECONDS = 86_400_000_000
_KEYS_AT_ONCE = 1 << 26
"""Sorted in one go: 0.5 GB, the keys of four million posts."""
_KEYS_COMPARED_AT_ONCE = 1 << 20
_WAITING_PAIRS = 1 << 21
"""Pairs that wait for each other, so that those who share several hashes are compared once: 17 MB."""
_PAIRS_AT_ONCE = 1 << 16
"""Compared in one go: 64 hashes of each pair, 34 MB."""
_ROWS_AT_ONCE = 1 << 16
"""Read in one go: 17 MB of sketches."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2 ** 64 divided by the golden ratio: Knuth's multiplicative hashing, TAOCP vol. 3, section 6.4."""

Places = NDArray[np.int64]
Pairs = NDArray[np.int64]
"""Shape (pairs, 2), the lower place first."""


@dataclass(frozen=True, slots=True)
class SketchedRows:
    """Sketches of shape (rows, 32), which may be mapped; ``places`` are the posts' numbers, -1 for a row of no post."""

    sketches: NDArray[np.uint64]
    places: Places


def copied_posts(
    parts: Sequence[SketchedRows],
    owners: NDArray[np.int64],
    published: NDArray[np.int64],
    linkers: NDArray[np.int64],
) -> Places:
    """The numbers of the posts that copy another blogger's post, ascending.

    Posts are numbered from 0 by blogger. ``owners`` and ``published`` are each post's blogger and its time in
    microseconds (:data:`UNDATED`: none); ``linkers[owner]`` counts who links to each blogger.

    Of two near-duplicates the later one is the copy. Where dates do not tell, it is the post of the blogger more of
    whose posts have a double elsewhere, then of the one with fewer linkers, then the one of the higher number.
    """
    pairs = near_duplicates(parts, owners)
    one, other = pairs[:, 0], pairs[:, 1]
    is_other = np.where(_dates_tell(published, pairs), published[other] > published[one], False)
    is_other |= ~_dates_tell(published, pairs) & _is_more_suspect(pairs, owners, linkers)
    return np.unique(np.where(is_other, other, one))


def _dates_tell(published: NDArray[np.int64], pairs: Pairs) -> NDArray[np.bool_]:
    one, other = published[pairs[:, 0]], published[pairs[:, 1]]
    dated = (one != UNDATED) & (other != UNDATED)
    return np.asarray(dated & (np.abs(np.where(dated, one - other, 0)) >= _DAY_MICROSECONDS))


def _is_more_suspect(pairs: Pairs, owners: NDArray[np.int64], linkers: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether of each pair the second post looks more like a copy, dates apart."""
    doubled = np.bincount(owners[np.unique(pairs)], minlength=len(linkers))
    share = doubled / np.maximum(np.bincount(owners, minlength=len(linkers)), 1)
    one, other = owners[pairs[:, 0]], owners[pairs[:, 1]]
    fewer_linkers = (share[other] == share[one]) & (linkers[other] <= linkers[one])
    return np.asarray((share[other] > share[one]) | fewer_linkers)


def near_duplicates(parts: Sequence[SketchedRows], owners: NDArray[np.int64]) -> Pairs:
    """The pairs of posts of different bloggers whose texts resemble each other, in ascending order."""
    table = _Table(parts, len(owners))
    found = [np.zeros(0, np.int64)]
    for keys in _sorted_keys(parts, len(owners)):
        for codes in _coded_pairs(keys, owners):
            for part in _split(codes, _PAIRS_AT_ONCE):
                pairs = _decoded(part, len(owners))
                found.append(part[table.resemblances(pairs) >= NEAR_DUPLICATE])
    return _decoded(np.unique(np.concatenate(found)), len(owners))


def _decoded(codes: NDArray[np.int64], posts: int) -> Pairs:
    """Pairs out of numbers that stand for them: the lower place times the number of posts, plus the higher."""
    return np.stack(np.divmod(codes, max(posts, 1)), axis=1)


def resemblances(ones: NDArray[np.uint64], others: NDArray[np.uint64]) -> NDArray[np.float64]:
    """For each row of two tables of sketches the estimated share of shingles in common, from 0 to 1."""
    union = np.sort(np.concatenate([ones, others], axis=1), axis=1)
    in_both = np.zeros(union.shape, np.bool_)
    in_both[:, :-1] = (union[:, 1:] == union[:, :-1]) & (union[:, :-1] != 0)
    first = union != 0
    first[:, 1:] &= ~in_both[:, :-1]
    smallest = first & (np.cumsum(first, axis=1, dtype=np.int16) <= SKETCH_SIZE)
    common = (smallest & in_both).sum(axis=1)
    return np.asarray(common / np.maximum(smallest.sum(axis=1), 1))


class _Table:
    """The sketches of posts by their numbers, wherever they lie."""

    def __init__(self, parts: Sequence[SketchedRows], posts: int) -> None:
        self._sketches = [part.sketches for part in parts]
        self._part_of = np.zeros(posts, np.int32)
        self._row_of = np.zeros(posts, np.int64)
        for number, part in enumerate(parts):
            rows = np.flatnonzero(part.places >= 0)
            self._part_of[part.places[rows]] = number
            self._row_of[part.places[rows]] = rows

    def resemblances(self, pairs: Pairs) -> NDArray[np.float64]:
        """How much the posts of each pair resemble each other."""
        return resemblances(self._rows(pairs[:, 0]), self._rows(pairs[:, 1]))

    def _rows(self, places: Places) -> NDArray[np.uint64]:
        found = np.zeros((len(places), SKETCH_SIZE), np.uint64)
        parts = self._part_of[places]
        for number in np.unique(parts).tolist():
            mine = parts == number
            found[mine] = self._sketches[number][self._row_of[places[mine]]]
        return found


def _sorted_keys(parts: Sequence[SketchedRows], posts: int) -> Iterator[NDArray[np.uint64]]:
    """All posts' key hashes in ascending order, each with its post's number in its lower bits; in several runs, each
    with all keys of some hashes, where there are too many for one.

    The bits that a number takes are lost of the hash: two posts that seem to share one are compared all the same.
    """
    shift = np.uint64(posts.bit_length())
    runs = 1 + posts * KEY_HASHES // _KEYS_AT_ONCE
    for run in range(runs):
        keys = np.empty(posts * KEY_HASHES, np.uint64)
        filled = 0
        for sketches, places in _live_rows(parts):
            spread = (sketches[:, :KEY_HASHES] * _MULTIPLIER) >> shift
            mine = (sketches[:, :KEY_HASHES] != 0) & (spread % np.uint64(runs) == run)
            numbered = (spread << shift) | places[:, None].astype(np.uint64)
            number = int(mine.sum())
            keys[filled : filled + number] = numbered[mine]
            filled += number
        keys[:filled].sort()
        yield keys[:filled]


def _live_rows(parts: Sequence[SketchedRows]) -> Iterator[tuple[NDArray[np.uint64], Places]]:
    for part in parts:
        for start in range(0, len(part.places), _ROWS_AT_ONCE):
            places = part.places[start : start + _ROWS_AT_ONCE]
            yield part.sketches[start : start + _ROWS_AT_ONCE][places >= 0], places[places >= 0]


def _coded_pairs(keys: NDArray[np.uint64], owners: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Pairs of posts of different bloggers that share a key which is no boilerplate, as numbers; one may come again."""
    numbers = (np.uint64(1) << np.uint64(len(owners).bit_length())) - np.uint64(1)
    starts, sizes = _groups(keys, len(owners))
    waiting: list[NDArray[np.int64]] = []
    for size in range(2, MAX_SHARERS + 1):
        ones, others = np.triu_indices(size, 1)
        for group in _split(starts[sizes == size], max(_PAIRS_AT_ONCE // len(ones), 1)):
            members = (keys[group[:, None] + np.arange(size)] & numbers).astype(np.int64)
            differ = owners[members[:, ones]] != owners[members[:, others]]
            waiting.append((members[:, ones] * len(owners) + members[:, others])[differ])
            if sum(map(len, waiting)) >= _WAITING_PAIRS:
                yield np.unique(np.concatenate(waiting))
                waiting = []
    if waiting:
        yield np.unique(np.concatenate(waiting))


def _groups(keys: NDArray[np.uint64], posts: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the runs of keys with one hash start, and how long they are; of two keys at least."""
    shift = np.uint64(posts.bit_length())
    alike = [np.zeros(0, np.int64)]
    for start in range(0, len(keys) - 1, _KEYS_COMPARED_AT_ONCE):
        block = keys[start : start + _KEYS_COMPARED_AT_ONCE + 1] >> shift
        alike.append(np.flatnonzero(block[1:] == block[:-1]) + start)
    followed = np.concatenate(alike)
    firsts = np.flatnonzero(np.diff(followed, prepend=-2) > 1)
    return followed[firsts], np.diff(firsts, append=len(followed)) + 1


def _split(values: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
