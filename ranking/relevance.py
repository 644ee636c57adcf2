"""How relevant each blogger is to a brief: four pieces of evidence, each on an absolute scale, averaged.

Blog search needs the whole blog and its best posts (TREC Blog track 2007-2009, blog distillation: the one carries
persistence of interest, the other evidence), and both meaning and words:

    whole_blog   cosine of the brief with the mean direction of the blogger's posts
    best_posts   mean cosine of the most similar posts: one in twenty, three at least
    blog_text    BM25 of all posts as one text, as a share of what the brief's words could reach at most
    post_text    mean BM25 of the best matching posts (as many), as the same share

Cosines are read from the model's own zero, the similarity of unrelated texts. Nothing is standardised over the
candidates, so a figure means the same among 1, 14 or 100,000 bloggers, and no weight was fitted: on the corpus's 32
briefs other weights from 0.5 to 2 are no better than the plain mean.

A blogger's best of many posts is better by chance than the best of few, so the share of posts grows with their number,
and the index holds the newest POSTS_PER_BLOGGER of each blogger only: they say what is written about now.

Where the model cannot read the brief, full text alone speaks. Where it cannot read a blogger, the cosines enter at
what the full text says, but at most at UNREAD_COSINE: a repeated word must not outweigh meaning that others show.

Two stages: blogger vectors and full text name the candidates; then only their posts are compared, exactly.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.index.fulltext import ideal_score
from ranking.index.generation import Generation

EVIDENCE = ("whole_blog", "best_posts", "blog_text", "post_text")

POSTS_PER_BLOGGER = 150
"""Posts of a blogger that count, newest first: three years of a weekly blog. On the corpus with all that its feeds hold
(up to 820 posts a blog) MAP is 0.80 with 50 to 150 posts a blog and 0.75 with all."""

BEST_POSTS = 3
"""One post may be a fluke; three are a habit (top 1: MAP 0.68, top 3: 0.75, top 8: 0.74 on the corpus)."""

BEST_SHARE = 0.05
"""Share of a blogger's posts that are its best ones, where that is more than three (nDCG@10 0.90 against 0.89)."""

CANDIDATES_PER_SOURCE = 300
"""Bloggers that each of the three first-stage lists names: 30 times the results that anybody looks at."""

POST_HITS = 20_000
"""Posts that the full text returns at most."""

TYPICAL_RELEVANT = 0.34
"""Mean evidence of a strongly relevant blogger (median of the corpus's judged ones): there the value is 1 - 1/e."""

UNREAD_COSINE = 0.15
"""At most what a blogger's unknown cosines count: nine of ten relevant ones that the model can read show more (the
tenth percentile over the corpus's judged bloggers; MAP rises from 0.796 to 0.805)."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """The candidates of a brief, in the order of the generation, and their evidence.

    ``bloggers`` has shape (c,); ``evidence`` (c, 4) in the order of :data:`EVIDENCE`, nan where the model cannot read;
    ``value`` (c,) from 0 toward 1; ``best`` holds each candidate's best posts as rows within its posts, and
    ``similarity`` their cosines (nan where the model cannot read).
    """

    bloggers: NDArray[np.int64]
    evidence: NDArray[np.float64]
    value: NDArray[np.float64]
    posts: NDArray[np.int64]
    best: tuple[tuple[int, ...], ...]
    similarity: tuple[tuple[float, ...], ...]


def value_of(evidence: NDArray[np.float64], *, brief_read: bool) -> NDArray[np.float64]:
    """Relevance from 0 toward 1 for evidence of shape (c, 4): its mean, saturating.

    Unknown evidence (nan) enters at the mean of what is known, but where the model has read the brief, and only the
    blogger not, at :data:`UNREAD_COSINE` at most.
    """
    known = np.nanmean(evidence, axis=1, keepdims=True)
    assumed = np.minimum(known, UNREAD_COSINE) if brief_read else known
    mean = np.where(np.isnan(evidence), assumed, evidence).mean(axis=1)
    return np.asarray(1 - np.exp(-np.maximum(mean, 0) / TYPICAL_RELEVANT), np.float64)


def relevance(
    generation: Generation, brief: Brief, background: float, allowed: NDArray[np.bool_] | None = None
) -> Relevance:
    """Relevance of the candidates among the ``allowed`` bloggers (shape (n,); all that are eligible when None).

    ``background`` is the similarity of unrelated texts under the model (``Encoder.background``).
    """
    open_to = generation.eligible if allowed is None else generation.eligible & allowed
    whole = _whole_blog(generation, brief)
    blog_text, post_text = _blog_text(generation, brief), _post_text(generation, brief)
    chosen = _candidates(open_to, whole, blog_text, np.array([scores.max(initial=0.0) for scores in post_text]))
    evidence = np.full((len(chosen), len(EVIDENCE)), np.nan)
    best, similarity = [], []
    for row, blogger in enumerate(chosen.tolist()):
        cosines = _post_cosines(generation, brief, blogger)
        matches = post_text[blogger]
        evidence[row] = (
            _from_zero(whole[blogger], background),
            _from_zero(_mean_of_best(cosines[~np.isnan(cosines)]), background),
            blog_text[blogger],
            _mean_of_best(matches) if matches.size else 0.0,
        )
        strength = np.nan_to_num(cosines) + matches
        best.append(tuple(np.argsort(-strength, kind="stable")[:BEST_POSTS].tolist()))
        similarity.append(tuple(float(cosines[post]) for post in best[-1]))
    posts = np.array([len(generation.rows_of(blogger)) for blogger in chosen.tolist()], np.int64)
    value = value_of(evidence, brief_read=brief.vector is not None)
    return Relevance(chosen, evidence, value, posts, tuple(best), tuple(similarity))


def _candidates(open_to: NDArray[np.bool_], *evidence: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bloggers that stand highest in any of the first-stage lists, in the order of the generation."""
    chosen: set[int] = set()
    for figures in evidence:
        ranked = np.where(open_to, np.nan_to_num(figures, nan=-np.inf), -np.inf)
        chosen.update(np.argsort(-ranked, kind="stable")[:CANDIDATES_PER_SOURCE].tolist())
    return np.array(sorted(index for index in chosen if open_to[index]), np.int64)


def _whole_blog(generation: Generation, brief: Brief) -> NDArray[np.float64]:
    """Cosine of each blogger's mean direction, shape (n,); nan where there is no vector."""
    if brief.vector is None:
        return np.full(len(generation.bloggers), np.nan)
    cosines = [np.asarray(segment.blogger_vectors) @ brief.vector for segment in generation.segments]
    missing = [~np.asarray(segment.blogger_vectors).any(axis=1) for segment in generation.segments]
    return np.where(np.concatenate(missing), np.nan, np.concatenate(cosines).astype(np.float64))


def _post_cosines(generation: Generation, brief: Brief, blogger: int) -> NDArray[np.float64]:
    """Cosine of each post of a blogger, in order; nan where there is no vector."""
    number, local = generation.locate(blogger)
    rows = generation.segments[number].rows_of(local)
    if brief.vector is None:
        return np.full(len(rows), np.nan)
    vectors = np.asarray(generation.segments[number].post_vectors[rows.start : rows.stop], np.float32)
    return np.where(vectors.any(axis=1), (vectors @ brief.vector).astype(np.float64), np.nan)


def _blog_text(generation: Generation, brief: Brief) -> NDArray[np.float64]:
    """Share of the attainable BM25 that each blogger's posts reach as one text, shape (n,)."""
    found = np.zeros(len(generation.bloggers))
    for base, segment in zip(generation.bases, generation.segments, strict=False):
        ideal = ideal_score(segment.bloggers_text, brief.words)
        hits = segment.bloggers_text.search(brief.terms, len(segment.bloggers))
        found[base + hits.rows] = hits.scores / ideal if ideal else 0.0
    return found


def _post_text(generation: Generation, brief: Brief) -> list[NDArray[np.float64]]:
    """Share of the attainable BM25 of each post, one array per blogger in the order of its posts."""
    shares: list[NDArray[np.float64]] = []
    for segment in generation.segments:
        ideal = ideal_score(segment.posts_text, brief.words)
        hits = segment.posts_text.search(brief.terms, POST_HITS)
        scores = np.zeros(len(segment.post_vectors))
        scores[hits.rows] = hits.scores / ideal if ideal else 0.0
        shares += np.split(scores, segment.offsets[1:-1]) if len(segment.bloggers) else []
    return shares


def _mean_of_best(figures: NDArray[np.float64]) -> float:
    if not figures.size:
        return float("nan")
    count = min(max(BEST_POSTS, round(BEST_SHARE * figures.size)), figures.size)
    return float(np.partition(figures, figures.size - count)[-count:].mean())


def _from_zero(cosine: float, background: float) -> float:
    """A cosine on the scale where unrelated texts are 0 and equal ones 1."""
    return (cosine - background) / (1 - background)
