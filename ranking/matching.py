"""One brief against one generation, in two stages: who may be relevant, then how relevant these are, exactly.

The first stage looks at every blogger: the cosine of its mean direction, and BM25 of all its posts as one text. Those
that stand highest in either, or in both together, make the niche. The second stage compares the posts of bloggers that
are chosen for it, and what it finds in the niche tells what it would find in the others: :meth:`Matcher.estimated`.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.cosines import cosines, post_cosines
from ranking.index.generation import Generation
from ranking.index.post_list import PostRows
from ranking.index.text import BloggersText, PostsText, ideal_score
from ranking.relevance import (
    EVIDENCE,
    UNREAD_COSINE,
    PostEvidence,
    Relevance,
    from_zero,
    mean_evidence,
    mean_of_best,
    posts_as_blogs,
    value_of,
)
from ranking.slices import places_in_slices

NICHE_PER_SOURCE = 300
"""Bloggers that each of the three first-stage lists names: 30 times the results that anybody looks at."""

GROUPS_PER_PLACE = 8
"""Groups of figures for each place that :func:`highest` fills; of figures in no order it then looks at a tenth more
than it needs."""


class Library:
    """What of a generation is the same for every brief; ``background`` is the similarity of unrelated texts under the
    model (``Encoder.background``)."""

    def __init__(self, generation: Generation, background: float) -> None:
        self.generation = generation
        self.background = background
        self.bloggers_text, self.posts_text = BloggersText.of(generation), PostsText.of(generation)


@dataclass(frozen=True, slots=True)
class Matches:
    """Some bloggers' relevance, and the evidence of each of their posts.

    The posts of the i-th blogger are ``offsets[i]`` to ``offsets[i + 1]`` of ``posts``, by post id.
    """

    relevance: Relevance
    offsets: NDArray[np.int64]
    posts: PostEvidence

    def posts_of(self, place: int) -> PostEvidence:
        """The evidence of the posts of the blogger in that place."""
        own = slice(*self.offsets[place : place + 2].tolist())
        return PostEvidence(self.posts.cosines[own], self.posts.matches[own])

    def of(self, places: NDArray[np.int64]) -> "Matches":
        """The same for the bloggers in these places."""
        sizes = np.diff(self.offsets)[places]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        rows = places_in_slices(self.offsets[places], sizes)
        return Matches(
            self.relevance.of(places), offsets, PostEvidence(self.posts.cosines[rows], self.posts.matches[rows])
        )

    def joined(self, others: "Matches") -> "Matches":
        """These bloggers, then the others."""
        cosines = np.concatenate([self.posts.cosines, others.posts.cosines])
        matches = np.concatenate([self.posts.matches, others.posts.matches])
        offsets = np.concatenate([self.offsets, self.offsets[-1] + others.offsets[1:]])
        return Matches(self.relevance.joined(others.relevance), offsets, PostEvidence(cosines, matches))


class Matcher:
    """One brief against one generation. A blogger's figures do not depend on who else is looked at."""

    def __init__(self, library: Library, brief: Brief) -> None:
        self._library = library
        self._brief = brief
        hits = library.bloggers_text.search(brief.term_weights)
        ideal = ideal_score(hits.idf, brief.words, brief.weights)
        self._blog_text = hits.scores / ideal if ideal else hits.scores
        self._whole_blog = self._compared_whole()

    @cached_property
    def idf(self) -> dict[str, float]:
        """The idf of each of the brief's terms among all posts."""
        text = self._library.posts_text
        return {term: text.inverse_document_frequency(term) for term in self._brief.terms}

    def niche(self) -> NDArray[np.int64]:
        """The eligible bloggers that stand highest in any of the first-stage lists, in the order of the generation."""
        eligible = self._library.generation.eligible_places
        whole, text = (figures[eligible] for figures in self._first_stage)
        chosen = [highest(figures, NICHE_PER_SOURCE) for figures in (whole, text, whole + text)]
        return eligible[np.unique(np.concatenate(chosen))]

    def estimated(self, bloggers: NDArray[np.int64], niche: Matches) -> NDArray[np.float64]:
        """What the mean evidence of these bloggers would be by the second stage, as far as the first can tell, shape
        (c,); :func:`ranking.relevance.saturated` makes relevance of it.

        A plane through the bloggers of the ``niche`` (least squares) leads from the first stage to the second.
        """
        whole, text = (figures[niche.relevance.bloggers] for figures in self._first_stage)
        level, by_whole, by_text = self._fitted(np.stack([np.ones(len(whole)), whole, text], axis=1), niche)
        whole, text = (figures[bloggers] for figures in self._first_stage)
        return np.asarray(level + by_whole * whole + by_text * text, np.float64)

    def estimated_from_zero(self, niche: Matches) -> NDArray[np.float64]:
        """The same of all bloggers, shape (n,), by a plane through zero, which also holds far from the niche: who is
        unrelated by the first stage is so by the second. Where all of a ``niche`` write about it, the nearer plane says
        nothing of those who do not: with 5 bloggers a list on the corpus it took 38 for 18, this one 16;
        :meth:`estimated` orders better."""
        whole, text = self._first_stage
        known = niche.relevance.bloggers
        by_whole, by_text = self._fitted(np.stack([whole[known], text[known]], axis=1), niche)
        return np.asarray(by_whole * whole + by_text * text, np.float64)

    def _fitted(self, first: NDArray[np.float64], niche: Matches) -> NDArray[np.float64]:
        """What leads from the columns of ``first`` to the mean evidence of the niche, by least squares."""
        found = mean_evidence(niche.relevance.evidence, brief_read=self._brief.vector is not None)
        return np.asarray(np.linalg.lstsq(first, found, rcond=None)[0], np.float64)

    @cached_property
    def _first_stage(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The evidence of the whole blog and of its text, shape (n,) each; where there is no vector, as in the mean."""
        whole, text = from_zero(self._whole_blog, self._library.background), self._blog_text
        unread = np.flatnonzero(np.isnan(whole))
        whole[unread] = np.minimum(text[unread], UNREAD_COSINE)
        return whole, text

    def match(self, bloggers: NDArray[np.int64]) -> Matches:
        """These bloggers, candidates or not."""
        posts = self._library.generation.post_rows(bloggers)
        evidence = self._post_evidence(posts)
        background = self._library.background
        pieces = np.stack(
            [
                from_zero(self._whole_blog[bloggers], background),
                from_zero(mean_of_best(evidence.cosines, posts.offsets), background),
                self._blog_text[bloggers],
                np.nan_to_num(mean_of_best(evidence.matches, posts.offsets)),
            ],
            axis=1,
        ).reshape(-1, len(EVIDENCE))
        relevance = Relevance(bloggers, pieces, self._value_of(pieces), np.diff(posts.offsets))
        return Matches(relevance, posts.offsets, evidence)

    def on_topic(self, posts: PostEvidence, least: float) -> NDArray[np.bool_]:
        """Which posts are as relevant as a blogger of relevance ``least``, each read as a blog of this one post."""
        return np.asarray(self._value_of(posts_as_blogs(posts, self._library.background)) >= least, np.bool_)

    def _post_evidence(self, posts: PostRows) -> PostEvidence:
        library, brief, vector = self._library, self._brief, self._brief.vector
        counting = {term: weight * self.idf[term] for term, weight in brief.term_weights.items()}
        ideal = ideal_score(self.idf, brief.words, brief.weights)
        matches = library.posts_text.scores(counting, posts) / (ideal or 1.0)
        if vector is None:
            return PostEvidence(np.full(len(matches), np.nan), matches)
        return PostEvidence(post_cosines(library.generation.segments, posts, vector), matches)

    def _compared_whole(self) -> NDArray[np.float64]:
        """Cosine of each blogger's mean direction, shape (n,); nan where there is no vector."""
        generation = self._library.generation
        if self._brief.vector is None:
            return np.full(generation.blogger_count, np.nan)
        found = cosines(generation.blogger_vectors, self._brief.vector)
        found[generation.without_vector] = np.nan
        return found

    def _value_of(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        return value_of(evidence, brief_read=self._brief.vector is not None)


def highest(figures: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """The places of the highest figures, of equal ones the first, without sorting all."""
    if len(figures) <= count:
        return np.arange(len(figures))
    likely = np.flatnonzero(figures >= _surely_among(figures, count))
    few = figures[likely]
    last = np.partition(few, len(few) - count)[len(few) - count]
    above = np.flatnonzero(few > last)
    chosen = np.concatenate([above, np.flatnonzero(few == last)[: count - len(above)]])
    return np.asarray(likely[chosen], np.int64)


def _surely_among(figures: NDArray[np.float64], count: int) -> float:
    """A figure that ``count`` figures reach or more, and hardly more: so many groups' greatest ones do."""
    size = len(figures) // (GROUPS_PER_PLACE * count)
    if size < 2:
        return -np.inf
    groups = len(figures) // size
    greatest = figures[: groups * size].reshape(size, groups).max(axis=0)
    return float(np.partition(greatest, groups - count)[groups - count])
