"""The ranking engine: a brief in, an explained order of bloggers out.

The same generation, brief, niche, filters and weights give the same bytes: nothing depends on the clock, on chance or
on earlier queries, and equal scores are ordered by site key.
"""

import weakref
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexMissingError, InputError, NotFoundError
from ranking.brief import Brief, read_brief
from ranking.encoder import Encoder
from ranking.explaining import FULL_TEXT_ONLY, Explainer
from ranking.facets import Facet
from ranking.filters import Filters, any_of, filter_columns, passing
from ranking.index.generation import Generation
from ranking.matching import Library, Matcher
from ranking.niche import (
    NicheTerms,
    excluded_posts,
    found_sites,
    mostly_excluded,
    with_examples,
    with_terms_checked,
)
from ranking.ranking import Place, Ranking, Result
from ranking.relevance import Relevance
from ranking.score import FORMULA, GATE_MIDDLE, Weights
from ranking.scoring import CANDIDATES, Niche, Scored, Scorer
from ranking.values import NicheReach

MAX_LIMIT = 1000
"""Results of one ranking; every one of them costs the reading of its best posts."""

LIKE, UNLIKE = "example_like", "example_unlike"
"""Flags of the bloggers that a niche names as examples: they are ranked as everybody is."""


BRIEFS_KEPT = 256
"""Briefs whose reading is kept, the last asked ones: saved niches and quick changes of mind come back to them."""

NICHES_KEPT = 8
"""Niches kept with what their bloggers' posts say: paging, other filters and other weights ask for the same again."""

ANSWERS_KEPT, KEPT_RESULTS = 64, 50
"""Answers kept as they are, of no more results each, which is some 30 MB at most: a page that is loaded again, and the
same search by several people. An answer depends on nothing but the generation and what is asked."""


class _Asked(NamedTuple):
    """All that a ranking depends on, see :meth:`RankingEngine.rank`."""

    brief: str
    limit: int
    offset: int
    after: Place | None
    languages: tuple[str, ...]
    weights: Weights
    filters: Filters
    niche: NicheTerms
    allowed: frozenset[str] | None
    hidden: frozenset[str]


class Candidate(NamedTuple):
    """A blogger, by its place in the generation, with its relevance and score for a brief."""

    blogger: int
    relevance: float
    score: float


class RankingEngine:
    """Ranks the bloggers of one generation; raises IndexMissingError when it was built with another model.

    ``most_candidates`` are scored exactly (:meth:`ranking.scoring.Scorer.candidates`); with as many as there are
    bloggers, everybody is.
    """

    def __init__(
        self,
        generation: Generation,
        encoder: Encoder,
        niche_reach: NicheReach,
        most_candidates: int = CANDIDATES,
    ) -> None:
        if generation.model != encoder.name:
            raise IndexMissingError(
                f"The index was built with the model {generation.model}, not with {encoder.name}; "
                "'bloghound index' builds one for the configured model."
            )
        self.generation = generation
        self.encoder = encoder
        self._library = Library(generation, encoder.background)
        self._scorer = Scorer(self._library, niche_reach, most_candidates)
        self._explainer = Explainer(generation)
        languages, families = generation.model_languages, generation.families
        self._briefs = briefs = lru_cache(BRIEFS_KEPT)(lambda text: read_brief(text, encoder, families, languages))
        self._niches = lru_cache(NICHES_KEPT)(partial(_niche_of, generation, self._scorer, briefs))
        # What holds its holder is freed by a collection of cycles only, and a generation is large.
        self._answers = lru_cache(ANSWERS_KEPT)(partial(RankingEngine._answered, weakref.proxy(self)))
        facts, as_of = generation.table.entries.facts, datetime.fromisoformat(generation.as_of)
        self._languages, self._platforms = Facet(facts.languages), Facet(facts.platforms)
        self._columns = filter_columns(facts, self._languages, self._platforms, generation.columns.engagement, as_of)

    def rank(
        self,
        brief: str,
        *,
        limit: int = 20,
        offset: int = 0,
        after: Place | None = None,
        languages: Sequence[str] = (),
        weights: Weights | None = None,
        filters: Filters | None = None,
        niche: NicheTerms | None = None,
        allowed: Collection[str] | None = None,
        hidden: Collection[str] = (),
    ) -> Ranking:
        """The bloggers from place ``offset + 1`` on, at most ``limit``, of those that may be shown.

        ``languages``, ``filters``, those of the ``niche``, the public ids ``allowed`` (None: all) and ``hidden`` must
        all let a blogger pass; they change no score. With ``after``, the bloggers behind that place, however many
        may be shown before it by now: a page follows the one before, though somebody of that was hidden since.
        ``brief`` may be empty when the niche has liked examples.
        Raises BriefError for a brief that cannot be used and InputError for a limit or an offset out of range.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InputError(f"The limit {limit} is not between 1 and {MAX_LIMIT}.")
        if offset < 0:
            raise InputError(f"The offset {offset} is negative.")
        asked = _Asked(
            brief,
            limit,
            offset,
            after,
            tuple(languages),
            weights or Weights(),
            filters or Filters(),
            niche or NicheTerms(),
            None if allowed is None else frozenset(allowed),
            frozenset(hidden),
        )
        return self._answers(asked) if limit <= KEPT_RESULTS else self._answered(asked)

    def _answered(self, asked: "_Asked") -> Ranking:
        brief, limit, offset, after, languages, weights, filters, terms, allowed, hidden = asked
        open_to = self._open_to(filters, (languages, terms.languages), terms, allowed, hidden)
        found, order = self._ordered(brief, weights, terms, open_to)
        start = offset if after is None else self._behind(after, found, order)
        shown, marks = order[start : start + limit], self._marks(terms)
        explanation = self._explainer.of(found, shown)
        results = tuple(
            explanation.result(rank, row, marks.get(int(found.bloggers[row]), ()))
            for rank, row in enumerate(shown.tolist(), start=offset + 1)
        )
        more = bool(results) and start + len(results) < len(order)
        in_niche = _in_niche(found, order, open_to)
        read = found.niche.brief
        return Ranking(
            query=read.text,
            generation=self.generation.public_id,
            formula=FORMULA,
            warnings=(*self.generation.warnings, *read.warnings, *_language_warnings(results, read)),
            total=len(in_niche),
            ranked=len(order),
            facets=self._facets(in_niche),
            weights=found.weights,
            results=results,
            last=Place(results[-1].score.total, results[-1].blogger.site_key) if more else None,
        )

    def explain(
        self,
        brief: str,
        blogger_public_id: str,
        *,
        weights: Weights | None = None,
        niche: NicheTerms | None = None,
    ) -> Result:
        """One blogger's result, recomputed from what is stored; any blogger's, however far down or off the niche.

        ``rank`` is the place that it has, or would have, without filters. Raises NotFoundError for a blogger that the
        generation does not hold.
        """
        blogger = self.generation.positions.get(blogger_public_id)
        if blogger is None or self.generation.bloggers[blogger].public_id != blogger_public_id:
            raise NotFoundError(f"There is no blogger {blogger_public_id} in {self.generation.public_id}.")
        terms = niche or NicheTerms()
        place = self._niches(brief, terms)
        counting = weights or Weights()
        everybody = np.union1d(self._scorer.candidates(place, counting), [blogger])
        found = self._scorer.scored(place, everybody, counting)
        row = int(np.searchsorted(everybody, blogger))
        rank = self._scorer.order(found, np.arange(len(everybody))).tolist().index(row) + 1
        return self._explainer.of(found, np.array([row])).result(rank, row, self._marks(terms).get(blogger, ()))

    def candidates(
        self,
        brief: str,
        *,
        weights: Weights | None = None,
        niche: NicheTerms | None = None,
        hidden: Collection[str] = (),
    ) -> list[Candidate]:
        """All candidates that may be shown, best score first, equal ones by site key; arguments as in :meth:`rank`."""
        terms = niche or NicheTerms()
        open_to = self._open_to(Filters(), (terms.languages,), terms, None, hidden)
        found, order = self._ordered(brief, weights or Weights(), terms, open_to)
        columns = (found.bloggers, found.matches.relevance.value, found.scores.total)
        return [Candidate(*row) for row in zip(*(column[order].tolist() for column in columns), strict=True)]

    def read(self, brief: str) -> Brief:
        """The brief as this engine's generation and model read it; raises BriefError."""
        return self._briefs(brief)

    def read_niche(self, brief: str, niche: NicheTerms) -> Brief:
        """The brief as it is matched for a niche, its vector moved by the examples; raises BriefError."""
        return self._niches(brief, niche).brief

    def relevance(self, brief: Brief) -> Relevance:
        """The relevance part alone, for the bloggers that are nearest to the brief."""
        matcher = Matcher(self._library, brief)
        return matcher.match(matcher.niche()).relevance

    def _ordered(
        self, brief: str, weights: Weights, terms: NicheTerms, open_to: NDArray[np.bool_] | None
    ) -> tuple[Scored, NDArray[np.int64]]:
        """The scores of all who may be shown, and their rows in the order of the ranking."""
        place = self._niches(brief, terms)
        bloggers = self._scorer.candidates(place, weights, open_to)
        found = self._scorer.scored(place, bloggers, weights)
        kept = self._without_excluded(found, terms) if terms.exclude_terms else np.arange(len(bloggers))
        return found, self._scorer.order(found, kept)

    def _behind(self, place: Place, found: Scored, order: NDArray[np.int64]) -> int:
        """How many of ``order`` stand at that place or before it."""

        def standing(row: int) -> tuple[float, str]:
            return -float(found.scores.total[row]), self.generation.bloggers[found.bloggers[row]].site_key

        return bisect_right(order.tolist(), (-place.score, place.site_key), key=standing)

    def _without_excluded(self, found: Scored, terms: NicheTerms) -> NDArray[np.int64]:
        generation, matches = self.generation, found.matches
        posts = generation.post_rows(found.bloggers)
        holds = excluded_posts(self._library.posts_text, generation.families, terms.exclude_terms, posts)
        on_topic = found.niche.matcher.on_topic(matches.posts, GATE_MIDDLE)
        return np.flatnonzero(~mostly_excluded(holds, on_topic, matches.offsets))

    def _open_to(
        self,
        filters: Filters,
        languages: Sequence[Sequence[str]],
        terms: NicheTerms,
        allowed: Collection[str] | None,
        hidden: Collection[str],
    ) -> NDArray[np.bool_] | None:
        """Who may be shown, shape (n,); None for everybody."""
        asked = [codes for codes in languages if codes]
        if filters == Filters() and not asked and allowed is None and not hidden and not terms.exclude_sites:
            return None
        open_to = passing(self._columns, filters)
        for codes in asked:
            open_to &= any_of(self._columns.languages, codes, self._columns.size)
        positions = self.generation.positions
        if allowed is not None:
            open_to &= self._mask(positions[one] for one in allowed if one in positions)
        open_to &= ~self._mask(positions[one] for one in hidden if one in positions)
        return open_to & ~self._mask(found_sites(positions, terms.exclude_sites).bloggers)

    def _mask(self, bloggers: Iterable[int]) -> NDArray[np.bool_]:
        mask = np.zeros(self._columns.size, np.bool_)
        mask[np.fromiter(bloggers, np.int64)] = True
        return mask

    def _marks(self, terms: NicheTerms) -> dict[int, tuple[str, ...]]:
        """The flag of each blogger that the niche names as an example."""
        named = ((UNLIKE, terms.examples_unlike), (LIKE, terms.examples_like))
        return {
            blogger: (flag,)
            for flag, names in named
            for blogger in found_sites(self.generation.positions, names).bloggers
        }

    def _facets(self, bloggers: NDArray[np.int64]) -> dict[str, dict[str, int]]:
        """How many of these bloggers write in each language and publish on each platform."""
        return {"languages": self._languages.counted(bloggers), "platforms": self._platforms.counted(bloggers)}


def _in_niche(found: Scored, order: NDArray[np.int64], open_to: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Who may be shown and is in the niche, at least hardly and as far as known: estimated alike for every filter and
    weighting. Of the niche's own, those that ``order`` leaves out for their terms are not."""
    inside = found.niche.shown.copy() if open_to is None else found.niche.shown & open_to
    left_out = np.setdiff1d(found.bloggers, found.bloggers[order])
    inside[np.intersect1d(left_out, found.niche.members.relevance.bloggers)] = False
    return np.flatnonzero(inside)


def _niche_of(
    generation: Generation, scorer: Scorer, read: Callable[[str], Brief], brief: str, terms: NicheTerms
) -> Niche:
    found = read(brief) if brief.strip() or not terms.examples_like else Brief.without_text()
    if terms.examples_like or terms.examples_unlike:
        found = with_examples(found, generation, terms)
    if terms.exclude_terms:
        found = with_terms_checked(found, generation.families, terms.exclude_terms)
    return scorer.niche(found)


def _language_warnings(results: Sequence[Result], brief: Brief) -> tuple[str, ...]:
    unread = [result.blogger for result in results if FULL_TEXT_ONLY in result.flags]
    if brief.vector is None or not unread:
        return ()
    languages = ", ".join(sorted({language for blogger in unread for language in blogger.languages})) or "unknown"
    message = (
        f"{len(unread)} of {len(results)} results write in languages that the embedding model does not know "
        f"({languages}): they are ranked by full-text evidence only."
    )
    return (message,)
