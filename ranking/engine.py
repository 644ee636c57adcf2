"""The ranking engine: a brief in, an explained order of bloggers out.

The same generation, brief, niche, filters and weights give the same bytes: nothing depends on the clock, on chance or
on earlier queries, and equal scores are ordered by site key.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexMissingError, InputError, NotFoundError
from ranking.brief import Brief, read_brief
from ranking.encoder import Encoder
from ranking.explaining import FULL_TEXT_ONLY, Explainer
from ranking.filters import Filters, any_of, filter_columns, passing
from ranking.index.generation import Generation
from ranking.niche import NicheTerms, excluded_posts, found_sites, mostly_excluded, with_examples
from ranking.ranking import SHOWN_GATE, Place, Ranking, Result
from ranking.relevance import Relevance, relevance
from ranking.score import FORMULA, Weights
from ranking.scoring import Niche, Scored, niche_of, order_of, scored
from ranking.values import NicheReach

MAX_LIMIT = 1000
"""Results of one ranking; every one of them costs the reading of its best posts."""

LIKE, UNLIKE = "example_like", "example_unlike"
"""Flags of the bloggers that a niche names as examples: they are ranked as everybody is."""


class Candidate(NamedTuple):
    """A blogger that may be shown for a brief: its index in the generation, its relevance from 0 to 1, its score."""

    blogger: int
    relevance: float
    score: float


class RankingEngine:
    """Ranks the bloggers of one generation; raises IndexMissingError when it was built with another model."""

    def __init__(self, generation: Generation, encoder: Encoder, niche_reach: NicheReach) -> None:
        if generation.model != encoder.name:
            raise IndexMissingError(
                f"The index was built with the model {generation.model}, not with {encoder.name}; "
                "'bloghound index' builds one for the configured model."
            )
        self.generation = generation
        self.encoder = encoder
        self._niche_reach = niche_reach
        self._explainer = Explainer(generation)
        self._columns = filter_columns(
            generation.bloggers, generation.columns.engagement, datetime.fromisoformat(generation.as_of)
        )

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
        terms = niche or NicheTerms()
        open_to = self._open_to(filters or Filters(), (languages, terms.languages), terms, allowed, hidden)
        found, order = self._ordered(brief, weights or Weights(), terms, open_to)
        start = offset if after is None else self._behind(after, found, order)
        picker, marks = self._explainer.picker(found), self._marks(terms)
        results = tuple(
            self._explainer.result(rank, row, found, picker, marks.get(int(found.found.bloggers[row]), ()))
            for rank, row in enumerate(order[start : start + limit], start=offset + 1)
        )
        more = bool(results) and start + len(results) < len(order)
        in_niche = [row for row in order if found.scores[row].gate >= SHOWN_GATE]
        read = found.niche.brief
        return Ranking(
            query=read.text,
            generation=self.generation.public_id,
            formula=FORMULA,
            warnings=(*self.generation.warnings, *read.warnings, *_language_warnings(results, read)),
            total=len(in_niche),
            ranked=len(order),
            facets=self._facets(found.found.bloggers[in_niche].tolist()),
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

        ``rank`` is the place among all candidates without filters. Raises NotFoundError for a blogger that the
        generation does not hold.
        """
        blogger = self.generation.positions.get(blogger_public_id)
        if blogger is None or self.generation.bloggers[blogger].public_id != blogger_public_id:
            raise NotFoundError(f"There is no blogger {blogger_public_id} in {self.generation.public_id}.")
        terms = niche or NicheTerms()
        place = self._niche(brief, terms)
        everybody = np.union1d(place.candidates.bloggers, [blogger])
        found = scored(self.generation, place, everybody, weights or Weights())
        row = int(np.searchsorted(everybody, blogger))
        rank = order_of(self.generation, found, range(len(everybody))).index(row) + 1
        marks = self._marks(terms).get(blogger, ())
        return self._explainer.result(rank, row, found, self._explainer.picker(found), marks)

    def candidates(
        self,
        brief: str,
        *,
        weights: Weights | None = None,
        niche: NicheTerms | None = None,
        hidden: Collection[str] = (),
    ) -> list[Candidate]:
        """Everybody whom :meth:`rank` would show, page after page, in its order; raises BriefError."""
        terms = niche or NicheTerms()
        open_to = self._open_to(Filters(), (terms.languages,), terms, None, hidden)
        found, order = self._ordered(brief, weights or Weights(), terms, open_to)
        bloggers, values = found.found.bloggers.tolist(), found.found.value.tolist()
        return [Candidate(bloggers[row], values[row], found.scores[row].total) for row in order]

    def read(self, brief: str) -> Brief:
        """The brief as this engine's generation and model read it; raises BriefError."""
        return read_brief(brief, self.encoder, self.generation.families, self.generation.model_languages)

    def relevance(self, brief: Brief, allowed: NDArray[np.bool_] | None = None) -> Relevance:
        """The relevance part alone, for all candidates."""
        return relevance(self.generation, brief, self.encoder.background, allowed)

    def _niche(self, brief: str, terms: NicheTerms) -> Niche:
        read = self.read(brief) if brief.strip() or not terms.examples_like else Brief.without_text()
        if terms.examples_like or terms.examples_unlike:
            read = with_examples(read, self.generation, terms)
        return niche_of(self.generation, read, self.encoder.background, self._niche_reach)

    def _ordered(
        self, brief: str, weights: Weights, terms: NicheTerms, open_to: NDArray[np.bool_] | None
    ) -> tuple[Scored, list[int]]:
        """The scores of all who may be shown, and their rows in the order of the ranking."""
        place = self._niche(brief, terms)
        bloggers = place.candidates.bloggers if open_to is None else place.matcher.candidates(open_to)
        found = scored(self.generation, place, bloggers, weights)
        kept = self._without_excluded(found, terms) if terms.exclude_terms else range(len(bloggers))
        return found, order_of(self.generation, found, kept)

    def _behind(self, place: Place, found: Scored, order: Sequence[int]) -> int:
        """How many of ``order`` stand at that place or before it."""
        bloggers = found.found.bloggers

        def standing(row: int) -> tuple[float, str]:
            return -found.scores[row].total, self.generation.bloggers[bloggers[row]].site_key

        return bisect_right(order, (-place.score, place.site_key), key=standing)

    def _without_excluded(self, found: Scored, terms: NicheTerms) -> list[int]:
        holds = excluded_posts(self.generation, terms.exclude_terms)
        kept = []
        for row, blogger in enumerate(found.found.bloggers.tolist()):
            segment, local = self.generation.locate(blogger)
            rows = self.generation.segments[segment].rows_of(local)
            own = holds[segment][rows.start : rows.stop]
            if not own.any() or not mostly_excluded(own, found.niche.on_topic(blogger)):
                kept.append(row)
        return kept

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

    def _facets(self, bloggers: Sequence[int]) -> dict[str, dict[str, int]]:
        """How many of these bloggers write in each language and publish on each platform, the most frequent first."""
        entries = [self.generation.bloggers[blogger] for blogger in bloggers]
        return {
            "languages": _counted(code for entry in entries for code in entry.languages),
            "platforms": _counted(name for entry in entries for name in entry.platforms),
        }


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


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
