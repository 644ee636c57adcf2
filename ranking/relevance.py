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
what the full text says, but at most at what opens the gate by half: a repeated word proves no more than that.

Everything here is a function of figures; :mod:`ranking.matching` finds them.
"""

from dataclasses import astuple, dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

EVIDENCE = ("whole_blog", "best_posts", "blog_text", "post_text")

POSTS_PER_BLOGGER = 150
"""Posts of a blogger that count, newest first: three years of a weekly blog. On the corpus with all that its feeds hold
(up to 820 posts a blog) MAP is 0.80 with 50 to 150 posts a blog and 0.75 with all."""

BEST_POSTS = 2
"""One post may be a fluke, two are none."""

BEST_SHARE = 0.1
"""Share of a blogger's posts that are its best ones, where that is more than two. Anything from 0.05 to 0.2 ranks the
corpus about as well, one or three posts of everybody do not."""

FEW_POSTS = (24, 60)
"""Bloggers with at most so many posts are looked at together: three tables, of which little is empty, take three
quarters of the time of one that is as wide as the most posts of anybody."""

SHOWN_POSTS = 3
"""Posts shown as evidence: what fits a page."""

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

    def of(self, places: NDArray[np.int64]) -> "Relevance":
        """The same for the bloggers in these places."""
        return Relevance(self.bloggers[places], self.evidence[places], self.value[places], self.posts[places])

    def joined(self, others: "Relevance") -> "Relevance":
        """These bloggers, then the others."""
        parts = zip(astuple(self), astuple(others), strict=True)
        return Relevance(*(np.concatenate(part) for part in parts))


@dataclass(frozen=True, slots=True)
class PostEvidence:
    """Some posts in order, shape (p,) each: cosine with the brief (nan where the model cannot read), and the share of
    the attainable BM25."""

    cosines: NDArray[np.float64]
    matches: NDArray[np.float64]

    @property
    def best(self) -> list[int]:
        """The three posts that match best, as places in the order of the posts."""
        strength = np.where(np.isnan(self.cosines), 0.0, self.cosines) + self.matches
        return [int(place) for place in np.argsort(-strength, kind="stable")[:SHOWN_POSTS]]


def value_of(evidence: NDArray[np.float64], *, brief_read: bool) -> NDArray[np.float64]:
    """Relevance from 0 toward 1 for evidence of shape (c, 4): its mean, saturating."""
    return saturated(mean_evidence(evidence, brief_read=brief_read))


def mean_evidence(evidence: NDArray[np.float64], *, brief_read: bool) -> NDArray[np.float64]:
    """The mean of each blogger's evidence, shape (c,).

    Unknown evidence (nan) enters at the mean of what is known, but where the model has read the brief, and only the
    blogger not, at :data:`UNREAD_COSINE` at most.
    """
    unknown = np.isnan(evidence)
    if not unknown.any():
        return np.asarray(evidence.mean(axis=1), np.float64)
    known = np.nanmean(evidence, axis=1, keepdims=True)
    assumed = np.minimum(known, UNREAD_COSINE) if brief_read else known
    return np.asarray(np.where(unknown, assumed, evidence).mean(axis=1), np.float64)


def saturated(mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Relevance for a mean of evidence."""
    return np.asarray(1 - np.exp(-np.maximum(mean, 0) / TYPICAL_RELEVANT), np.float64)


def posts_as_blogs(posts: PostEvidence, background: float) -> NDArray[np.float64]:
    """The evidence, shape (p, 4), of each post read as a blog of this one post."""
    meaning = from_zero(posts.cosines, background)
    return np.asarray(np.stack([meaning, meaning, posts.matches, posts.matches], axis=1), np.float64)


def mean_of_best(figures: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each blogger the mean of its best posts' figures, shape (c,); nan where no figure is known.

    The figures of the i-th blogger are ``offsets[i]`` to ``offsets[i + 1]``; nan ones do not count.
    """
    sizes, lowest_first = np.diff(offsets), np.where(np.isnan(figures), np.inf, -figures)
    found = np.full(len(sizes), np.nan)
    for fewer, most in pairwise((0, *FEW_POSTS, len(figures))):
        own = np.flatnonzero((sizes > fewer) & (sizes <= most))
        if len(own):
            found[own] = _means(lowest_first, offsets[own], sizes[own])
    return found


def _means(
    lowest_first: NDArray[np.float64], starts: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The same of bloggers with about as many posts each; the figures are below zero, and unknown ones inf."""
    columns = np.arange(int(sizes.max()))
    there = columns < sizes[:, None]
    table = np.where(there, lowest_first[np.where(there, starts[:, None] + columns, 0)], np.inf)
    known = (table < np.inf).sum(axis=1)
    counted = np.minimum(np.maximum(BEST_POSTS, np.round(BEST_SHARE * known).astype(np.int64)), known)
    most = int(counted.max(initial=1))
    if most < len(columns):
        table = np.partition(table, most - 1, axis=1)[:, :most]
    table.sort(axis=1)
    # Added up one after the other, so that the sum does not depend on who else is in the table.
    sums = -np.cumsum(table, axis=1)[np.arange(len(sizes)), np.maximum(counted, 1) - 1]
    return np.asarray(np.divide(sums, counted, out=np.full(len(sizes), np.nan), where=counted > 0), np.float64)


def from_zero(cosine: Cosines, background: float) -> Cosines:
    """A cosine on the scale where unrelated texts are 0 and equal ones 1."""
    return (cosine - background) / (1 - background)
