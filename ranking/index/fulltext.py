"""The full-text index: tantivy, one term field, one document per post or per blogger.

Texts arrive as terms (:mod:`ranking.terms`) and queries are built from terms, never parsed from a raw string, so no
brief can be a syntax error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray

from bloghound.errors import IndexDamagedError

WRITER_HEAP_BYTES = 64_000_000
"""Memory of the index writer before it writes a part to disk (tantivy asks for at least 15 MB)."""

BM25_K1 = 1.2
"""tantivy's constant: a term that fills a text scores at most idf · (1 + k1)."""


@dataclass(frozen=True, slots=True)
class Hits:
    """Matching documents: row numbers in ascending order, and their BM25 scores."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


class FullTextWriter:
    """Writes a new full-text index into an empty folder; one thread, so that row order is document order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        builder = tantivy.SchemaBuilder()
        # Frequencies without positions: nothing here asks for phrases, and positions are half of the index.
        builder.add_text_field("terms", stored=False, tokenizer_name="whitespace", index_option="freq")
        builder.add_unsigned_field("row", stored=False, indexed=False, fast=True)
        self._index = tantivy.Index(builder.build(), path=str(folder))
        self._writer = self._index.writer(WRITER_HEAP_BYTES, 1)

    def add(self, row: int, terms: Iterable[str]) -> None:
        """Add the document of that row."""
        document = tantivy.Document()
        document.add_unsigned("row", row)
        document.add_text("terms", " ".join(terms))
        self._writer.add_document(document)

    def finish(self) -> None:
        """Commit, and wait until background merges are on disk."""
        self._writer.commit()
        self._writer.wait_merging_threads()


class FullText:
    """A full-text index opened for reading. Raises IndexDamagedError when tantivy cannot open it."""

    def __init__(self, folder: Path) -> None:
        try:
            self._index = tantivy.Index.open(str(folder))
        except (ValueError, OSError) as error:
            raise IndexDamagedError(f"The full-text index {folder} cannot be opened.") from error
        self._schema = self._index.schema
        self._searcher = self._index.searcher()

    @property
    def documents(self) -> int:
        """Number of documents."""
        return self._searcher.num_docs

    def document_frequency(self, term: str) -> int:
        """How many documents hold the term."""
        return int(self._searcher.doc_freq("terms", term))

    def inverse_document_frequency(self, term: str) -> float:
        """BM25's weight of a term (Robertson & Spärck Jones, smoothed as in tantivy); 0 when it is absent."""
        count = self.document_frequency(term)
        return float(np.log1p((self.documents - count + 0.5) / (count + 0.5))) if count else 0.0

    def search(self, terms: Sequence[str], limit: int, weights: Mapping[str, float] | None = None) -> Hits:
        """The ``limit`` best documents that hold any of the terms; ``weights`` multiply what each term scores."""
        if not terms or not self.documents:
            return Hits(np.zeros(0, np.int64), np.zeros(0))
        return self._hits(self._any_of(terms, weights or {}), limit)

    def holding(self, words: Sequence[Sequence[str]], limit: int) -> NDArray[np.int64]:
        """Rows of documents that hold every word, each given as its terms; ``limit`` of them at most."""
        if not words or not all(words) or not self.documents:
            return np.zeros(0, np.int64)
        required = [(tantivy.Occur.Must, self._any_of(terms)) for terms in words]
        return self._hits(tantivy.Query.boolean_query(required), limit).rows

    def _any_of(self, terms: Sequence[str], weights: Mapping[str, float] | None = None) -> tantivy.Query:
        clauses = [
            (tantivy.Occur.Should, self._term(term, None if weights is None else weights.get(term))) for term in terms
        ]
        return tantivy.Query.boolean_query(clauses)

    def _term(self, term: str, weight: float | None) -> tantivy.Query:
        query = tantivy.Query.term_query(self._schema, "terms", term, "freq")
        return query if weight is None else tantivy.Query.boost_query(query, weight)

    def _hits(self, query: tantivy.Query, limit: int) -> Hits:
        found = self._searcher.search(query, min(limit, self.documents), count=False)
        addresses = [address for _, address in found.hits]
        rows = np.array(self._searcher.fast_field_values("row", addresses), np.int64)
        scores = np.array([score for score, _ in found.hits], np.float64)
        order = np.argsort(rows)
        return Hits(rows[order], scores[order])


def ideal_score(fulltext: FullText, words: Mapping[str, Sequence[str]], weights: Mapping[str, float]) -> float:
    """The highest BM25 score that any text could reach for the words of a brief: word → its terms, and its weight.

    A word that no document holds counts as an average one: in a small index most words of a brief are absent, and a
    text must not seem to cover the brief because it holds the only word that anybody uses.
    """
    best = [
        weights[word] * max((fulltext.inverse_document_frequency(term) for term in terms), default=0.0)
        for word, terms in words.items()
    ]
    present = [weight for weight in best if weight > 0]
    if not present:
        return 0.0
    return (1 + BM25_K1) * len(best) * sum(present) / len(present)
