"""How relevant each blogger is to a brief: four pieces of evidence, each on an absolute scale, averaged.

Blog search needs the whole blog and its best posts (TREC Blog track 2007-2009, blog distillation: the one carries
persistence of interest, the other evidence), and both meaning and words:

    whole_blog   cosine of the brief with the mean direction of the blogger's posts
    best_posts   mean cosine of the most similar posts: one in ten, two at least
    blog_text    BM25 of all posts as one text, as a share of what the brief's words could reach at most
    post_text    mean BM25 of the best matching posts (as many), as the same share

In BM25 each word of the brief counts as much as it is near the whole brief's meaning (:mod:`ranking.brief`): a brief
on parenting that says "days out" is not about days.

Cosines are read from the model's own zero, the similarity of unrelated texts. Nothing is standardised over the
candidates, so a figure means the same among 1, 14 or 100,000 bloggers, and the four count alike.
``bench/relevance.py`` measures all of this on the corpus: each piece left out, and every constant chosen anew without
the briefs that it is tried on.

A blogger's best of many posts is better by chance than the best of few, so the share of posts grows with their number,
and the index holds the newest POSTS_PER_BLOGGER of each blogger only: they say what is written about now.

Where the model cannot read the brief, full text alone speaks. Where it cannot read a blogger, the cosines enter at
what the full text says, but at most at UNREAD_COSINE: a repeated word must not outweigh meaning that others show.

Two stages: blogger vectors and full text name the candidates; then only their posts are compared, exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.index.fulltext import Hits, ideal_score
from ranking.index.generation import Generation

EVIDENCE = ("whole_blog", "best_posts", "blog_text", "post_text")

POSTS_PER_BLOGGER = 150
"""Posts of a blogger that count, newest first: three years of a weekly blog. On the corpus with all that its feeds hold
(up to 820 posts a blog) MAP is 0.80 with 50 to 150 posts a blog and 0.75 with all."""

BEST_POSTS = 2
"""One post may be a fluke, two are none."""

BEST_SHARE = 0.1
"""Share of a blogger's posts that are its best ones, where that is more than two. Anything from 0.05 to 0.2 ranks the
corpus about as well, one or three posts of everybody do not."""

SHOWN_POSTS = 3
"""Posts shown as evidence: what fits a page."""

CANDIDATES_PER_SOURCE = 300
"""Bloggers that each of the three first-stage lists names: 30 times the results that anybody looks at."""

POST_HITS = 20_000
"""Posts that the full text returns at most."""

TYPICAL_RELEVANT = 0.37
"""Mean evidence of a strongly relevant blogger (median of the corpus's judged ones): there the value is 1 - 1/e."""

UNREAD_COSINE = 0.18
"""At most what a blogger's unknown cosines count: 19 of 20 bloggers of the corpus that are not relevant show less, so
what nobody has read is taken for what opens the gate by half, and words must open it further."""

Cosines = TypeVar("Cosines", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Relevance:
    """Some bloggers' evidence for a brief.

    ``bloggers`` has shape (c,); ``evidence`` (c, 4) in the order of :data:`EVIDENCE`, nan where the model cannot read;
    ``value`` (c,) from 0 toward 1; ``posts`` (c,) counts the posts looked at.
    """

    bloggers: NDArray[np.int64]
    evidence: NDArray[np.float64]
    value: NDArray[np.float64]
    posts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class PostEvidence:
    """One blogger's posts in order, shape (p,) each: cosine with the brief (nan where the model cannot read), and the
    share of the attainable BM25."""

    cosines: NDArray[np.float64]
    matches: NDArray[np.float64]

    @property
    def best(self) -> list[int]:
        """The three posts that match best, as places in the order of the posts."""
        strength = np.nan_to_num(self.cosines) + self.matches
        return [int(place) for place in np.argsort(-strength, kind="stable")[:SHOWN_POSTS]]


def value_of(evidence: NDArray[np.float64], *, brief_read: bool) -> NDArray[np.float64]:
    """Relevance from 0 toward 1 for evidence of shape (c, 4): its mean, saturating.

    Unknown evidence (nan) enters at the mean of what is known, but where the model has read the brief, and only the
    blogger not, at :data:`UNREAD_COSINE` at most.
    """
    known = np.nanmean(evidence, axis=1, keepdims=True)
    assumed = np.minimum(known, UNREAD_COSINE) if brief_read else known
    mean = np.where(np.isnan(evidence), assumed, evidence).mean(axis=1)
    return np.asarray(1 - np.exp(-np.maximum(mean, 0) / TYPICAL_RELEVANT), np.float64)


class Matcher:
    """One brief against one generation: who may be relevant, and how relevant anybody is.

    ``background`` is the similarity of unrelated texts under the model (``Encoder.background``). A blogger's figures
    do not depend on who else is looked at.
    """

    def __init__(self, generation: Generation, brief: Brief, background: float) -> None:
        self._generation = generation
        self._brief = brief
        self._background = background
        self._whole_blog = _whole_blog(generation, brief)
        self._blog_text = _blog_text(generation, brief)
        self._post_hits = _post_hits(generation, brief)

    def candidates(self, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The bloggers that stand highest in any of the first-stage lists, in the order of the generation.

        Only eligible ones, and of those only the ``allowed`` (shape (n,)) when that is given.
        """
        eligible = self._generation.eligible
        open_to = eligible if allowed is None else eligible & allowed
        lists = (self._whole_blog, self._blog_text, self._best_match)
        chosen = np.unique(np.concatenate([_highest(figures, open_to) for figures in lists]))
        return np.asarray(chosen[open_to[chosen]], np.int64)

    def relevance(self, bloggers: NDArray[np.int64]) -> Relevance:
        """The relevance of these bloggers, candidates or not."""
        evidence = np.full((len(bloggers), len(EVIDENCE)), np.nan)
        for row, blogger in enumerate(bloggers.tolist()):
            posts = self.posts_of(blogger)
            evidence[row] = (
                _from_zero(self._whole_blog[blogger], self._background),
                _from_zero(_mean_of_best(posts.cosines[~np.isnan(posts.cosines)]), self._background),
                self._blog_text[blogger],
                _mean_of_best(posts.matches) if posts.matches.size else 0.0,
            )
        counts = np.array([len(self._generation.rows_of(blogger)) for blogger in bloggers.tolist()], np.int64)
        return Relevance(bloggers, evidence, self._value_of(evidence), counts)

    def posts_of(self, blogger: int) -> PostEvidence:
        """The evidence of each of a blogger's posts."""
        segment, rows = self._place(blogger)
        hits, vectors = self._post_hits[segment], self._generation.segments[segment].post_vectors
        first, last = np.searchsorted(hits.rows, (rows.start, rows.stop)).tolist()
        matches = np.zeros(len(rows))
        matches[hits.rows[first:last] - rows.start] = hits.scores[first:last]
        if self._brief.vector is None:
            return PostEvidence(np.full(len(rows), np.nan), matches)
        own = np.asarray(vectors[rows.start : rows.stop], np.float32)
        cosines = np.where(own.any(axis=1), (own @ self._brief.vector).astype(np.float64), np.nan)
        return PostEvidence(cosines, matches)

    def on_topic(self, posts: PostEvidence, least: float) -> NDArray[np.bool_]:
        """Which posts are as relevant as a blogger of relevance ``least``, each read as a blog of this one post."""
        meaning = _from_zero(posts.cosines, self._background)
        evidence = np.stack([meaning, meaning, posts.matches, posts.matches], axis=1)
        return np.asarray(self._value_of(evidence) >= least, np.bool_)

    def _value_of(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        return value_of(evidence, brief_read=self._brief.vector is not None)

    def _place(self, blogger: int) -> tuple[int, range]:
        segment, local = self._generation.locate(blogger)
        return segment, self._generation.segments[segment].rows_of(local)

    @cached_property
    def _best_match(self) -> NDArray[np.float64]:
        """Each blogger's best post by words, shape (n,)."""
        found = np.zeros(len(self._generation.bloggers))
        parts = zip(self._generation.bases, self._generation.segments, self._post_hits, strict=False)
        for base, segment, hits in parts:
            owners = np.searchsorted(segment.offsets, hits.rows, side="right") - 1
            np.maximum.at(found, base + owners, hits.scores)
        return found


def relevance(
    generation: Generation, brief: Brief, background: float, allowed: NDArray[np.bool_] | None = None
) -> Relevance:
    """Relevance of the candidates among the ``allowed`` bloggers; the arguments are those of :class:`Matcher`."""
    matcher = Matcher(generation, brief, background)
    return matcher.relevance(matcher.candidates(allowed))


def _highest(figures: NDArray[np.float64], open_to: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The bloggers with the highest figures, of equal ones the first, without sorting all."""
    ranked = np.where(open_to, np.nan_to_num(figures, nan=-np.inf), -np.inf)
    if len(ranked) <= CANDIDATES_PER_SOURCE:
        return np.arange(len(ranked))
    last = np.partition(ranked, len(ranked) - CANDIDATES_PER_SOURCE)[len(ranked) - CANDIDATES_PER_SOURCE]
    above = np.flatnonzero(ranked > last)
    return np.concatenate([above, np.flatnonzero(ranked == last)[: CANDIDATES_PER_SOURCE - len(above)]])


def _whole_blog(generation: Generation, brief: Brief) -> NDArray[np.float64]:
    """Cosine of each blogger's mean direction, shape (n,); nan where there is no vector."""
    if brief.vector is None:
        return np.full(len(generation.bloggers), np.nan)
    cosines = [np.asarray(segment.blogger_vectors) @ brief.vector for segment in generation.segments]
    return np.where(generation.has_vector, np.concatenate(cosines).astype(np.float64), np.nan)


def _blog_text(generation: Generation, brief: Brief) -> NDArray[np.float64]:
    """Share of the attainable BM25 that each blogger's posts reach as one text, shape (n,)."""
    found = np.zeros(len(generation.bloggers))
    for base, segment in zip(generation.bases, generation.segments, strict=False):
        ideal = ideal_score(segment.bloggers_text, brief.words, brief.weights)
        hits = segment.bloggers_text.search(brief.terms, len(segment.bloggers), brief.term_weights)
        found[base + hits.rows] = hits.scores / ideal if ideal else 0.0
    return found


def _post_hits(generation: Generation, brief: Brief) -> Sequence[Hits]:
    """Each segment's best matching posts, with their shares of the attainable BM25."""
    found = []
    for segment in generation.segments:
        ideal = ideal_score(segment.posts_text, brief.words, brief.weights)
        hits = segment.posts_text.search(brief.terms, POST_HITS, brief.term_weights)
        found.append(Hits(hits.rows, hits.scores / ideal if ideal else np.zeros(len(hits.rows))))
    return found


def _mean_of_best(figures: NDArray[np.float64]) -> float:
    if not figures.size:
        return float("nan")
    count = min(max(BEST_POSTS, round(BEST_SHARE * figures.size)), figures.size)
    return float(np.partition(figures, figures.size - count)[-count:].mean())


def _from_zero(cosine: Cosines, background: float) -> Cosines:
    """A cosine on the scale where unrelated texts are 0 and equal ones 1."""
    return (cosine - background) / (1 - background)
