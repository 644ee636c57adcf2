"""The evidence of the relevance part on judged briefs, once, so that formulas over it are tried in milliseconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bloghound.urls import host_of
from ranking.brief import Brief
from ranking.credibility import FARM_FLAGS
from ranking.engine import RankingEngine
from ranking.judgements import Query
from ranking.matching import Library, Matcher
from ranking.measures import average_precision, ndcg, precision
from ranking.relevance import BEST_POSTS, BEST_SHARE, EVIDENCE, UNREAD_COSINE, from_zero

ALL_PIECES = tuple(range(len(EVIDENCE)))
MEASURES: dict[str, Callable[[Sequence[str], Mapping[str, int]], float]] = {
    "MAP": average_precision,
    "nDCG@10": ndcg,
    "P@10": precision,
}

Figures = dict[str, list[float]]
"""Each measure's figure for every brief."""


@dataclass(frozen=True, slots=True)
class Formula:
    """What of the relevance part was chosen by looking at figures; by default as the ranking has it."""

    least: int = BEST_POSTS
    share: float = BEST_SHARE
    most_unread: float = UNREAD_COSINE
    words_weighted: bool = True
    pieces: tuple[int, ...] = ALL_PIECES

    def value(self, found: "Evidence") -> NDArray[np.float64]:
        """Mean evidence of each blogger, shape (n,): the relevance before it saturates, which orders alike."""
        best = [self._best(figures, found.offsets) for figures in (found.cosines, found.matches)]
        pieces = np.stack([found.whole_blog, best[0], found.blog_text, np.nan_to_num(best[1])], axis=1)
        chosen = pieces[:, list(self.pieces)]
        known = np.nan_to_num(_mean(chosen))[:, None]
        assumed = np.minimum(known, self.most_unread) if found.is_read else known
        return np.asarray(np.where(np.isnan(chosen), assumed, chosen).mean(axis=1), np.float64)

    def _best(self, figures: NDArray[np.float64], offsets: NDArray[np.int64]) -> NDArray[np.float64]:
        means = np.full(len(offsets) - 1, np.nan)
        for place, (start, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
            own = figures[start:end]
            own = np.sort(own[~np.isnan(own)])[::-1]
            if own.size:
                means[place] = own[: min(max(self.least, round(self.share * own.size)), own.size)].mean()
        return means


BEFORE = Formula(least=3, share=0.05, most_unread=0.15, words_weighted=False)
"""The formula of before, on the same index."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one brief finds of every blogger, shape (n,), and of every post, shape (m,).

    The posts of the i-th blogger are ``offsets[i]`` to ``offsets[i + 1]``. Cosines are read from the model's zero.
    """

    is_read: bool
    whole_blog: NDArray[np.float64]
    blog_text: NDArray[np.float64]
    cosines: NDArray[np.float64]
    matches: NDArray[np.float64]
    offsets: NDArray[np.int64]


class Collection:
    """The judged briefs over one generation. ``open_to``, shape (n,), are the bloggers that a run may name."""

    def __init__(self, engine: RankingEngine, queries: Sequence[Query]) -> None:
        self.engine, self.queries = engine, list(queries)
        self.grades = [dict(query.relevant) for query in queries]
        self.briefs = [engine.read(query.text) for query in queries]
        bloggers = engine.generation.bloggers
        self.hosts = [host_of(blogger.home_url) for blogger in bloggers]
        self.open_to = engine.generation.eligible
        self.with_spam = self.open_to | np.array([blogger.reason in FARM_FLAGS for blogger in bloggers], np.bool_)
        self._library = Library(engine.generation, engine.encoder.background)
        self.found = [self.look(brief) for brief in self.briefs]
        self.plain = [self.look(unweighted(brief)) for brief in self.briefs]

    def look(self, brief: Brief) -> Evidence:
        """The evidence of all bloggers for a brief."""
        matches = Matcher(self._library, brief).match(np.arange(len(self.hosts)))
        whole, _, text, _ = matches.relevance.evidence.T
        cosines = from_zero(matches.posts.cosines, self.engine.encoder.background)
        read = brief.vector is not None
        return Evidence(read, whole, text, cosines, matches.posts.matches, matches.offsets)

    def figures(self, formula: Formula, *, open_to: NDArray[np.bool_] | None = None) -> Figures:
        """The formula's measures over all briefs."""
        found = self.found if formula.words_weighted else self.plain
        return self.measured([formula.value(one) for one in found], open_to=open_to)

    def measured(self, values: Sequence[NDArray[np.float64]], *, open_to: NDArray[np.bool_] | None = None) -> Figures:
        """The measures of any method's values, one row of (n,) for each brief; -inf is not retrieved."""
        allowed = self.open_to if open_to is None else open_to
        runs = [self.run(row, allowed) for row in values]
        return {
            name: [measure(run, grades) for run, grades in zip(runs, self.grades, strict=True)]
            for name, measure in MEASURES.items()
        }

    def run(self, values: NDArray[np.float64], allowed: NDArray[np.bool_]) -> list[str]:
        """Hosts, best first; bloggers stand in the order of their site keys, which breaks ties."""
        order = np.argsort(-values, kind="stable")
        return [self.hosts[place] for place in order.tolist() if allowed[place] and np.isfinite(values[place])]


def unweighted(brief: Brief) -> Brief:
    """The brief with all words counting alike."""
    return replace(brief, weights=dict.fromkeys(brief.words, 1.0))


def best_five_by_words(found: Evidence) -> NDArray[np.float64]:
    """The baseline ``bm25_posts``, from evidence without weights."""
    return Formula(least=5, share=0.0, pieces=(3,)).value(found)


def _mean(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = (~np.isnan(pieces)).sum(axis=1)
    return np.asarray(np.divide(np.nansum(pieces, axis=1), counts, out=np.zeros(len(pieces)), where=counts > 0))
