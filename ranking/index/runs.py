"""Sorted runs of postings, and their merging: by ranges of terms, so that memory holds one range at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

MAX_COUNT = 32_767
"""The largest count of one posting (16 bits); what exceeds it stands as several postings of the same row."""

MERGED_POSTINGS = 4_000_000
"""Postings merged at a time, but always a whole term: about 150 MB."""

MERGED_TERMS = 1 << 16
"""Terms merged at a time: term, row and count are then sorted as one number of 16 + 32 + 16 bits."""

ROW_BITS, COUNT_BITS = 32, 16
ROW_MASK, COUNT_MASK = (1 << ROW_BITS) - 1, (1 << COUNT_BITS) - 1


class Run(NamedTuple):
    """Postings by the hashes of their terms, then by row: ``hashes`` and ``document_counts`` (t,), ``starts`` (t + 1,)
    of each term's ``rows`` and ``counts`` (p,). With ``new_rows`` the rows are to be renumbered; negative ones go."""

    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    document_counts: NDArray[np.int64]
    rows: NDArray[np.uint32]
    counts: NDArray[np.int16]
    new_rows: NDArray[np.int64] | None = None


def sorted_run(terms: NDArray[np.uint32], hashes: NDArray[np.uint64], documents: NDArray[np.int64]) -> Run:
    """The run of some documents, given as their terms one after the other, each as a place in ``hashes``.

    ``documents`` has shape (d, 3): row (ascending; -1 when only the document counts change), sign, number of terms.
    """
    order = np.argsort(hashes)
    ranks = np.empty(len(hashes), np.int32)
    ranks[order] = np.arange(len(hashes), dtype=np.int32)
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(documents[:, 2])])
    # Turning a sparse matrix around is a counting sort, ten times as fast as sorting term and document as one number.
    by_document = csr_array((np.ones(len(terms), np.bool_), ranks[terms], ends), shape=(len(documents), len(hashes)))
    by_term = by_document.tocsc()
    keys = np.repeat(np.arange(len(hashes)), np.diff(by_term.indptr)) << ROW_BITS | by_term.indices
    firsts = _firsts(keys)
    codes, places = keys[firsts] >> ROW_BITS, keys[firsts] & ROW_MASK
    rows, signs = documents[:, 0][places], documents[:, 1][places]
    document_counts = np.bincount(codes, weights=signs, minlength=len(hashes)).astype(np.int64)
    counts, kept = np.diff(firsts, append=len(keys)) * signs, rows >= 0
    return _summed(hashes[order], document_counts, codes[kept], rows[kept], counts[kept])


def write_run(folder: Path, run: Run) -> None:
    """Write a run whose rows keep their numbers into a new folder."""
    folder.mkdir()
    for name in _WRITTEN:
        np.save(folder / f"{name}.npy", getattr(run, name))


def read_run(folder: Path) -> Run:
    """The run in a folder, mapped."""
    return Run(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in _WRITTEN))


_WRITTEN = Run._fields[:-1]


def merged(runs: Sequence[Run]) -> Iterator[Run]:
    """All runs as one, in parts by ascending hash; counts of rows that become one add up."""
    hashes = np.unique(np.concatenate([np.zeros(0, np.uint64), *(run.hashes for run in runs)]))
    sizes = np.zeros(len(hashes), np.int64)
    for run in runs:
        sizes[np.searchsorted(hashes, run.hashes)] += np.diff(run.starts)
    ends = np.cumsum(sizes)
    start = 0
    while start < len(hashes):
        most = int(ends[start]) - int(sizes[start]) + MERGED_POSTINGS
        end = min(max(int(np.searchsorted(ends, most, side="right")), start + 1), start + MERGED_TERMS)
        yield _merged_range(runs, hashes[start:end])
        start = end


def _merged_range(runs: Sequence[Run], hashes: NDArray[np.uint64]) -> Run:
    document_counts = np.zeros(len(hashes), np.int64)
    packed = []
    for run in runs:
        first = int(np.searchsorted(run.hashes, hashes[0]))
        last = int(np.searchsorted(run.hashes, hashes[-1], side="right"))
        terms, starts = np.searchsorted(hashes, run.hashes[first:last]), run.starts[first : last + 1]
        document_counts[terms] += run.document_counts[first:last]
        codes, rows = np.repeat(terms, np.diff(starts)), run.rows[starts[0] : starts[-1]].astype(np.int64)
        counts = run.counts[starts[0] : starts[-1]].astype(np.int64)
        if run.new_rows is not None:
            new = run.new_rows[rows]
            kept = new >= 0
            gone = codes[~kept] << ROW_BITS | rows[~kept]
            document_counts -= np.bincount(gone[_firsts(gone)] >> ROW_BITS, minlength=len(hashes))
            codes, rows, counts = codes[kept], new[kept], counts[kept]
        packed.append(_packed(codes, rows, counts))
    keys = np.concatenate(packed)
    keys.sort()
    codes, rows = (keys >> ROW_BITS + COUNT_BITS).astype(np.int64), (keys >> COUNT_BITS & ROW_MASK).astype(np.int64)
    return _summed(hashes, document_counts, codes, rows, (keys & COUNT_MASK).astype(np.int64) - (MAX_COUNT + 1))


def _packed(codes: NDArray[np.int64], rows: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Term, row and count in one number whose order is that of the postings."""
    terms_and_rows = codes.astype(np.uint64) << ROW_BITS + COUNT_BITS | rows.astype(np.uint64) << COUNT_BITS
    return np.asarray(terms_and_rows | (counts + MAX_COUNT + 1).astype(np.uint64), np.uint64)


def _summed(
    hashes: NDArray[np.uint64],
    document_counts: NDArray[np.int64],
    codes: NDArray[np.int64],
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Run:
    """The run of these postings, which come by term (a place in ``hashes``) and row: one for each of a term's rows."""
    keys = codes << ROW_BITS | rows
    firsts = _firsts(keys)
    keys, counts = keys[firsts], np.add.reduceat(counts, firsts) if len(firsts) < len(keys) else counts
    keys, counts = _split(keys[counts != 0], counts[counts != 0])
    sizes = np.bincount(keys >> ROW_BITS, minlength=len(hashes))
    kept = (sizes > 0) | (document_counts != 0)
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[kept])])
    return Run(
        hashes[kept], starts, document_counts[kept], (keys & ROW_MASK).astype(np.uint32), counts.astype(np.int16)
    )


def _split(keys: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same, with counts beyond 16 bits in several places: what is over, then as often :data:`MAX_COUNT`."""
    if max(counts.max(initial=0), -counts.min(initial=0)) <= MAX_COUNT:
        return keys, counts
    times = -(-np.abs(counts) // MAX_COUNT)
    over = counts - np.sign(counts) * MAX_COUNT * (times - 1)
    split = np.repeat(np.sign(counts) * MAX_COUNT, times)
    split[np.cumsum(times) - times] = over
    return np.repeat(keys, times), split


def _firsts(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places where a new value begins."""
    return np.flatnonzero(np.concatenate([np.ones(min(len(ordered), 1), np.bool_), ordered[1:] != ordered[:-1]]))
