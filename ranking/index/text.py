"""BM25 over a generation, exact: every figure is a sum over its segments, so it does not matter how posts lie in them.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. Queries are built from terms
(:mod:`ranking.terms`), never parsed from a raw string, so no brief can be a syntax error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np
from numpy.typing import NDArray

from ranking.index.generation import Generation
from ranking.index.post_list import PostRows
from ranking.index.postings import Postings
from ranking.slices import places_in_slices

BM25_K1, BM25_B = 1.2, 0.75
"""The usual constants (Robertson & Zaragoza, section 3.5): a term that fills a text scores at most idf · (1 + k1)."""

SPARSE = 16
"""Where a term has fewer postings than one in so many bloggers, sorting these is faster than counting for everybody."""


@dataclass(frozen=True, slots=True)
class BloggerHits:
    """The BM25 score of each blogger, shape (n,), and the idf of each term looked up, 0 where nobody has it."""

    scores: NDArray[np.float64]
    idf: Mapping[str, float]


class BloggersText:
    """The texts of all bloggers; ``owners`` says of each row of each of the ``postings`` whose it is, -1 nobody's."""

    @classmethod
    def of(cls, generation: Generation) -> "BloggersText":
        """The texts of a generation's bloggers."""
        texts = [segment.bloggers_text for segment in generation.segments]
        return cls(texts, generation.owners, len(generation.bloggers))

    def __init__(self, postings: Sequence[Postings], owners: Sequence[NDArray[np.int64]], size: int) -> None:
        self._parts = tuple(zip(postings, owners, strict=True))
        self._size = size
        lengths = np.zeros(size + 1)
        for part, owner in self._parts:
            lengths += np.bincount(owner + 1, weights=part.lengths, minlength=size + 1)
        self._saturation = _saturation(lengths[1:], float(lengths[1:].sum()) / max(size, 1))

    def search(self, terms: Mapping[str, float]) -> BloggerHits:
        """All bloggers by these terms, each with a weight beside its idf."""
        scores, idf = np.zeros(self._size), {}
        for term, weight in terms.items():
            holding, found = self._counts(term)
            idf[term] = inverse_document_frequency(self._size, len(holding))
            scores[holding] += weight * idf[term] * (1 + BM25_K1) * found / (found + self._saturation[holding])
        return BloggerHits(scores, idf)

    def holders(self, term: str) -> int:
        """How many bloggers write the term."""
        return len(self._counts(term)[0])

    def _counts(self, term: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Which bloggers write the term, ascending, and how often."""
        owners, counts = [_NONE], [_NONE]
        for part, owner in self._parts:
            found = part.find(term)
            if len(found.rows):
                owners.append(owner[found.rows])
                counts.append(found.counts.astype(np.int64))
        listed, weights = np.concatenate(owners), np.concatenate(counts)
        if len(listed) * SPARSE < self._size:
            bloggers, places = np.unique(listed, return_inverse=True)
            summed = np.bincount(places, weights=weights, minlength=len(bloggers))
            kept = (bloggers >= 0) & (summed != 0)
            return bloggers[kept], summed[kept]
        counted = np.bincount(listed + 1, weights=weights, minlength=self._size + 1)
        of_everybody = np.asarray(counted[1:], np.float64)
        holding = np.flatnonzero(of_everybody)
        return holding, of_everybody[holding]


class PostsText:
    """The texts of all live posts; the statistics are over all of them, whichever are scored."""

    @classmethod
    def of(cls, generation: Generation) -> "PostsText":
        """The texts of a generation's posts."""
        return cls([segment.posts_text for segment in generation.segments])

    def __init__(self, postings: Sequence[Postings]) -> None:
        self._parts = tuple(postings)
        self._documents = sum(part.documents for part in self._parts)
        self._mean_length = sum(part.total_length for part in self._parts) / max(self._documents, 1)

    def inverse_document_frequency(self, term: str) -> float:
        """The idf of a term; 0 when no post holds it."""
        holding = sum(part.find(term).documents for part in self._parts)
        return inverse_document_frequency(self._documents, holding)

    def scores(self, weights: Mapping[str, float], posts: PostRows) -> NDArray[np.float64]:
        """The BM25 score of these posts, shape (m,), by terms with what each counts: its idf times a weight."""
        scores = np.zeros(len(posts.rows))
        counting = np.fromiter(weights.values(), np.float64, len(weights))
        for segment, ranges in _ranges(posts):
            part = self._parts[segment]
            hits = ranges.hits(part, weights)
            if len(hits.places):
                saturation = _saturation(part.lengths[posts.rows[hits.places]].astype(np.float64), self._mean_length)
                gains = counting[hits.terms] * (1 + BM25_K1) * hits.counts / (hits.counts + saturation)
                scores += np.bincount(hits.places, weights=gains, minlength=len(scores))
        return scores

    def holding(self, words: Sequence[Sequence[str]], posts: PostRows) -> NDArray[np.bool_]:
        """Which of these posts hold every word, each given as its terms, shape (m,); none for no words."""
        terms = list(dict.fromkeys(term for several in words for term in several))
        holds = np.zeros((len(posts.rows), len(terms)), np.bool_)
        for segment, ranges in _ranges(posts):
            hits = ranges.hits(self._parts[segment], terms)
            holds[hits.places, hits.terms] = True
        columns = [[terms.index(term) for term in several] for several in words]
        every = [holds[:, of_word].any(axis=1) for of_word in columns]
        return np.logical_and.reduce(every) if every else np.zeros(len(posts.rows), np.bool_)


@dataclass(frozen=True, slots=True)
class _Hits:
    """Postings of chosen posts, by term: which of the posts, which of the terms, and how often."""

    places: NDArray[np.int64]
    terms: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Runs of neighbouring rows of one segment: ``bounds`` (2r,) are the first and the one after the last row of each,
    ascending, and ``shifts`` (r,) lead from a row to its place among the chosen posts."""

    bounds: NDArray[np.uint32]
    shifts: NDArray[np.int64]

    def hits(self, postings: Postings, terms: Iterable[str]) -> _Hits:
        """What the segment's postings of these terms hold of the rows."""
        found = [postings.find(term) for term in terms]
        if not found:
            return _Hits(_NONE, _NONE, _NONE)
        # Of all terms at once, since there are many runs with few postings in each.
        starts, ends = np.stack([one.first + one.rows.searchsorted(self.bounds) for one in found]).reshape(-1, 2).T
        sizes = ends - starts
        rows, counts = postings.at(places_in_slices(starts, sizes))
        places = rows.astype(np.int64) + np.repeat(np.tile(self.shifts, len(found)), sizes)
        numbers = np.repeat(np.arange(len(found)), sizes.reshape(len(found), -1).sum(axis=1))
        return _added_up(_Hits(places, numbers, counts.astype(np.int64)))


_NONE: NDArray[np.int64] = np.zeros(0, np.int64)


def _added_up(hits: _Hits) -> _Hits:
    """Each place of a term once: a count too large for its file is written as several, side by side."""
    places, terms, counts = hits.places, hits.terms, hits.counts
    again = (places[1:] == places[:-1]) & (terms[1:] == terms[:-1])
    if not again.any():
        return hits
    first = np.concatenate([np.ones(1, np.bool_), ~again])
    return _Hits(places[first], terms[first], np.add.reduceat(counts, np.flatnonzero(first)))


def _ranges(posts: PostRows) -> list[tuple[int, _Ranges]]:
    """The posts by segment, as runs of neighbouring rows: a blogger's posts in a segment lie side by side."""
    rows, segments = posts.rows.astype(np.int64), posts.segments
    if not len(rows):
        return []
    breaks = np.flatnonzero((np.diff(rows) != 1) | (segments[1:] != segments[:-1])) + 1
    firsts = np.concatenate([np.zeros(1, np.int64), breaks])
    lasts = np.concatenate([breaks, np.full(1, len(rows))]) - 1
    order = np.lexsort((rows[firsts], segments[firsts]))
    firsts, lasts = firsts[order], lasts[order]
    bounds, found = np.stack([rows[firsts], rows[lasts] + 1], axis=1), []
    for segment in np.flatnonzero(np.bincount(segments)).tolist():
        own = segments[firsts] == segment
        found.append((segment, _Ranges(bounds[own].ravel().astype(np.uint32), firsts[own] - bounds[own, 0])))
    return found


def inverse_document_frequency(documents: int, holding: int) -> float:
    """BM25's weight of a term (Robertson & Spärck Jones, smoothed so that it is above 0); 0 when nothing holds it."""
    return log1p((documents - holding + 0.5) / (holding + 0.5)) if holding > 0 else 0.0


def ideal_score(idf: Mapping[str, float], words: Mapping[str, Sequence[str]], weights: Mapping[str, float]) -> float:
    """The highest BM25 score that any text could reach for the words of a brief: word → its terms, and its weight.

    A word that no document holds counts as an average one: in a small index most words of a brief are absent, and a
    text must not seem to cover the brief because it holds the only word that anybody uses.
    """
    best = [max((idf[term] for term in terms), default=0.0) * weights[word] for word, terms in words.items()]
    present = [weight for weight in best if weight > 0]
    return (1 + BM25_K1) * len(best) * sum(present) / len(present) if present else 0.0


def _saturation(lengths: NDArray[np.float64], mean_length: float) -> NDArray[np.float64]:
    """What is added to a count in BM25's denominator: more for long texts, which hold everything now and then."""
    return np.asarray(BM25_K1 * (1 - BM25_B + BM25_B * lengths / max(mean_length, 1.0)), np.float64)
