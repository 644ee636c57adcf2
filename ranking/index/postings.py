"""Postings: which rows hold a term, and how often; flat sorted arrays that are read mapped.

A brief needs all postings of its few words at once and the exact counts of the bloggers that may be shown, which flat
arrays give without a search structure. Counts are signed, so that a later segment can take out what an earlier one
added: summed over all segments of a generation every figure is exact.

Files: ``hashes.u64`` (64-bit hashes of the terms, ascending), ``starts.i64`` (first posting of each), ``rows.u32`` and
``counts.i16`` (the postings, by term and row), ``document_counts.i32`` (per term), ``lengths.i32`` (per row) and
``postings.json`` (totals). A count beyond 16 bits stands as several postings of the same row.
"""

import json
import shutil
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ranking.index.layout import reading
from ranking.index.runs import Run, merged, read_run, sorted_run, write_run

SPILL_TERMS = 4_000_000
"""Terms with repeats that a writer holds before it writes a run: about 150 MB while they are sorted."""

MAX_KNOWN_TERMS = 500_000
"""Distinct terms whose numbers a writer remembers: about 100 MB. The vocabulary of the web has no end."""

TERMS_CACHED = 65_536

TERMS_FOUND = 4096
"""Terms of one folder whose postings stay found, 1 kB each: one brief looks up each of its terms four times."""


class Posting(NamedTuple):
    """One term: the rows that hold it, ascending, with signed counts, and how many documents hold it (signed).

    ``first`` is the place of its first posting among those of all terms.
    """

    rows: NDArray[np.uint32]
    counts: NDArray[np.int16]
    documents: int
    first: int = 0


@lru_cache(TERMS_CACHED)
def term_hash(term: str) -> int:
    """64 bits that name a term on every machine; two of five million terms collide once in a million indexes."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


class PostingsWriter:
    """Writes the postings of one folder in bounded memory: sorted runs, merged at the end."""

    def __init__(self, folder: Path, *, spill_postings: int = SPILL_TERMS) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._spill_postings = spill_postings
        self._numbers = _TermNumbers()
        self._terms: list[NDArray[np.uint32]] = []
        self._held = 0
        self._documents: list[tuple[int, int, int]] = []
        """Row (-1: withdrawn), sign and number of terms of each document whose terms are held."""
        self._facts: list[NDArray[np.int64]] = []
        self._spilled: list[Path] = []

    def add(self, row: int, terms: Sequence[str], sign: int = 1) -> None:
        """Add a document to a row, or with ``sign`` -1 take one away from it; rows come in ascending order, and the
        counts of documents of one row add up."""
        self._hold(row, terms, sign)

    def withdraw(self, terms: Sequence[str], times: int = 1) -> None:
        """Take a document of another segment out of the document counts and the totals; -1 ``times`` undoes that."""
        self._hold(-1, terms, -times)

    def finish(self, rows: int = 0) -> None:
        """Write the files, for the rows that documents were added to and at least ``rows``."""
        self._spill()
        facts = np.concatenate([np.zeros((0, 3), np.int64), *self._facts])
        runs = [read_run(path) for path in self._spilled]
        size = max(rows, int(facts[:, 0].max(initial=-1)) + 1)
        _write(self._folder, runs, size, int(facts[:, 1].sum()), int((facts[:, 1] * facts[:, 2]).sum()))
        for path in self._spilled:
            shutil.rmtree(path)

    def _hold(self, row: int, terms: Sequence[str], sign: int) -> None:
        if terms:
            found = itemgetter(*terms)(self._numbers)  # twice as fast as a loop; of one term it gives no tuple
            self._terms.append(np.array(found, np.uint32, ndmin=1))
        self._documents.append((row, sign, len(terms)))
        self._held += len(terms)
        if self._held >= self._spill_postings or len(self._numbers) >= MAX_KNOWN_TERMS:
            self._spill()

    def _spill(self) -> None:
        if not self._documents:
            return
        facts = np.array(self._documents, np.int64)
        run = sorted_run(np.concatenate([np.zeros(0, np.uint32), *self._terms]), self._numbers.hashes, facts)
        path = self._folder / f"run-{len(self._spilled)}"
        write_run(path, run)
        self._spilled.append(path)
        self._facts.append(facts)
        self._terms, self._documents, self._held = [], [], 0
        if len(self._numbers) >= MAX_KNOWN_TERMS:
            self._numbers = _TermNumbers()


class _TermNumbers(dict[str, int]):
    """Numbers terms in the order in which they are first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self._hashes: list[int] = []

    def __missing__(self, term: str) -> int:
        number = self[term] = len(self)
        self._hashes.append(term_hash(term))
        return number

    @property
    def hashes(self) -> NDArray[np.uint64]:
        """The terms' hashes, by number."""
        return np.array(self._hashes, np.uint64)


class Postings:
    """The postings of a folder, mapped for reading; raises IndexDamagedError or StorageError as all index files do.

    ``rows`` counts the rows, ``documents`` the documents and ``total_length`` their terms (both signed, since documents
    of other segments may be withdrawn here); ``lengths`` (rows,) are the signed numbers of terms.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "postings.json"
        with reading(path, ValueError, KeyError, TypeError):
            totals: dict[str, int] = json.loads(path.read_bytes())
            terms, postings = int(totals["terms"]), int(totals["postings"])
            self.rows = int(totals["rows"])
            self.documents = int(totals["documents"])
            self.total_length = int(totals["total_length"])
        self.lengths = _mapped(folder / "lengths.i32", "<i4", self.rows)
        self._run = Run(
            hashes=_mapped(folder / "hashes.u64", "<u8", terms),
            starts=_mapped(folder / "starts.i64", "<i8", terms + 1),
            document_counts=_mapped(folder / "document_counts.i32", "<i4", terms),
            rows=_mapped(folder / "rows.u32", "<u4", postings),
            counts=_mapped(folder / "counts.i16", "<i2", postings),
        )
        self._found = lru_cache(TERMS_FOUND)(self._look_up)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What a search reads of the files."""
        run = self._run
        return run.hashes, run.starts, run.document_counts, run.rows, run.counts, self.lengths

    def find(self, term: str) -> Posting:
        """The postings of a term; none when no row holds it."""
        return self._found(term)

    def _look_up(self, term: str) -> Posting:
        run, wanted = self._run, np.uint64(term_hash(term))
        place = int(run.hashes.searchsorted(wanted))
        if place == len(run.hashes) or run.hashes[place] != wanted:
            return Posting(run.rows[:0], run.counts[:0], 0)
        start, end = run.starts[place], run.starts[place + 1]
        return Posting(run.rows[start:end], run.counts[start:end], int(run.document_counts[place]), int(start))

    def at(self, places: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int16]]:
        """Rows and counts of the postings in these places among those of all terms."""
        return self._run.rows[places], self._run.counts[places]

    def moved(self, new_rows: NDArray[np.int64]) -> tuple[Run, int, int]:
        """The same postings under new row numbers, with the documents and their terms that stay."""
        gone = new_rows < 0
        documents = self.documents - int(np.count_nonzero(gone))
        return self._run._replace(new_rows=new_rows), documents, self.total_length - int(self.lengths[gone].sum())


def merge_postings(sources: Sequence[tuple[Postings, NDArray[np.int64]]], folder: Path, rows: int = 0) -> None:
    """Write the postings of all sources into a new folder, each with the new number of each of its rows.

    Counts of rows that become one add up. A row with the number -1 goes as if it had never been; it must be one
    document, which leaves the document counts and the totals too. Terms that no row holds, and that nothing withdraws,
    go with it.
    """
    folder.mkdir(parents=True)
    size = max([rows, *(int(new.max(initial=-1)) + 1 for _, new in sources)])
    moved = [source.moved(new) for source, new in sources]
    documents, total_length = sum(one[1] for one in moved), sum(one[2] for one in moved)
    _write(folder, [one[0] for one in moved], size, documents, total_length)


def _write(folder: Path, runs: Sequence[Run], rows: int, documents: int, total_length: int) -> None:
    lengths = np.zeros(rows)
    hashes, sizes, document_counts = [], [], []
    with (folder / "rows.u32").open("wb") as rows_file, (folder / "counts.i16").open("wb") as counts_file:
        for part in merged(runs):
            rows_file.write(part.rows.astype("<u4").tobytes())
            counts_file.write(part.counts.astype("<i2").tobytes())
            lengths += np.bincount(part.rows, weights=part.counts, minlength=rows)
            hashes.append(part.hashes)
            sizes.append(np.diff(part.starts))
            document_counts.append(part.document_counts)
    starts = np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes]))
    np.concatenate([np.zeros(0, np.uint64), *hashes]).astype("<u8").tofile(folder / "hashes.u64")
    np.concatenate([np.zeros(0, np.int64), *document_counts]).astype("<i4").tofile(folder / "document_counts.i32")
    starts.astype("<i8").tofile(folder / "starts.i64")
    lengths.astype("<i4").tofile(folder / "lengths.i32")
    totals = {
        "rows": rows,
        "documents": documents,
        "total_length": total_length,
        "terms": len(starts) - 1,
        "postings": int(starts[-1]),
    }
    (folder / "postings.json").write_text(json.dumps(totals), "ascii")


def _mapped(path: Path, dtype: str, size: int) -> NDArray[Any]:
    if size == 0:
        return np.zeros(0, dtype)
    with reading(path, ValueError):
        return np.asarray(np.memmap(path, dtype, mode="r", shape=(size,)))
