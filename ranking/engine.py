"""The ranking engine: a brief in, an explained order of bloggers out.

The same generation, brief and weights give the same bytes: nothing depends on the clock, on chance or on earlier
queries, and equal scores are ordered by site key.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import IndexMissingError, InputError
from ranking.brief import Brief, read_brief
from ranking.encoder import Encoder
from ranking.evidence import SentencePicker
from ranking.index.generation import Generation
from ranking.ranking import Evidence, Part, Ranking, Result
from ranking.reach import Reach, reach_of
from ranking.relevance import EVIDENCE, Relevance, relevance
from ranking.score import FORMULA, Score, Weights, gate, score
from ranking.values import NicheReach

MAX_LIMIT = 1000
"""Results of one ranking; every one of them costs the reading of its best posts."""


@dataclass(frozen=True, slots=True)
class _Scored:
    """The candidates of a brief with all that their scores are made of; scores are in the order of ``found``."""

    brief: Brief
    weights: Weights
    found: Relevance
    reach: Reach
    scores: tuple[Score, ...]


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
        self._engagement = np.array([one.value for one in generation.columns.engagement])

    def rank(
        self, brief: str, *, limit: int = 20, languages: Sequence[str] = (), weights: Weights | None = None
    ) -> Ranking:
        """The best ``limit`` bloggers for a brief, of those who write in one of ``languages`` when any is given.

        Raises BriefError for a brief that cannot be used and InputError for a limit out of range.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InputError(f"The limit {limit} is not between 1 and {MAX_LIMIT}.")
        generation = self.generation
        read = self.read(brief)
        scored = self._score(read, self._writing_in(languages), weights or Weights())
        keys = [generation.bloggers[blogger].site_key for blogger in scored.found.bloggers.tolist()]
        order = sorted(range(len(keys)), key=lambda index: (-scored.scores[index].total, keys[index]))[:limit]
        picker = SentencePicker((segment.posts_text for segment in generation.segments), read.terms)
        results = tuple(self._result(rank, index, scored, picker) for rank, index in enumerate(order, start=1))
        warnings = (*generation.warnings, *read.warnings, *_language_warnings(results, read))
        return Ranking(read.text, generation.public_id, FORMULA, warnings, results)

    def read(self, brief: str) -> Brief:
        """The brief as this engine's generation and model read it; raises BriefError."""
        return read_brief(brief, self.encoder, self.generation.families, self.generation.model_languages)

    def relevance(self, brief: Brief, allowed: NDArray[np.bool_] | None = None) -> Relevance:
        """The relevance part alone, for all candidates."""
        return relevance(self.generation, brief, self.encoder.background, allowed)

    def _writing_in(self, languages: Sequence[str]) -> NDArray[np.bool_] | None:
        wanted = {language.lower() for language in languages}
        if not wanted:
            return None
        return np.array(
            [bool(wanted.intersection(blogger.languages)) for blogger in self.generation.bloggers], np.bool_
        )

    def _score(self, brief: Brief, allowed: NDArray[np.bool_] | None, weights: Weights) -> _Scored:
        columns = self.generation.columns
        found = self.relevance(brief, allowed)
        in_niche = np.zeros(len(self.generation.bloggers))
        in_niche[found.bloggers] = [gate(value) for value in found.value.tolist()]
        reach = reach_of(columns.matrix, columns.reach, in_niche, self._niche_reach)
        reach_values = reach.value
        scores = tuple(
            score(
                {
                    "relevance": float(value),
                    "engagement": columns.engagement[blogger].value,
                    "reach": float(reach_values[blogger]),
                },
                weights,
                columns.findings[blogger],
            )
            for blogger, value in zip(found.bloggers.tolist(), found.value.tolist(), strict=True)
        )
        return _Scored(brief, weights, found, reach, scores)

    def _result(self, rank: int, index: int, scored: _Scored, picker: SentencePicker) -> Result:
        blogger = int(scored.found.bloggers[index])
        entry = self.generation.bloggers[blogger]
        unread = scored.brief.vector is not None and isnan(scored.found.evidence[index, 0])
        return Result(
            rank=rank,
            blogger=entry,
            score=scored.scores[index],
            parts={
                "relevance": self._relevance_part(index, scored),
                "engagement": self._engagement_part(blogger, index, scored),
                "reach": self._reach_part(blogger, index, scored),
            },
            evidence=self._evidence(index, blogger, scored.found, picker),
            flags=(*entry.flags, *(("full_text_only",) if unread else ())),
        )

    def _relevance_part(self, index: int, scored: _Scored) -> Part:
        found, made = scored.found, scored.scores[index]
        evidence = zip(EVIDENCE, found.evidence[index].tolist(), strict=True)
        return Part(
            value=float(found.value[index]),
            weight=scored.weights.relevance,
            contribution=made.contributions["relevance"],
            percentile=percentile(found.value, float(found.value[index])),
            sample_size=int(found.posts[index]),
            known=True,
            inputs={"gate": made.gate} | {name: None if isnan(figure) else figure for name, figure in evidence},
        )

    def _engagement_part(self, blogger: int, index: int, scored: _Scored) -> Part:
        engagement = self.generation.columns.engagement[blogger]
        return Part(
            value=engagement.value,
            weight=scored.weights.engagement,
            contribution=scored.scores[index].contributions["engagement"],
            percentile=percentile(self._engagement, engagement.value),
            sample_size=engagement.sample_size,
            known=engagement.known,
            inputs=dict(engagement.inputs),
        )

    def _reach_part(self, blogger: int, index: int, scored: _Scored) -> Part:
        values, linkers = scored.reach.value, int(self.generation.columns.distinct_linkers[blogger])
        whole, niche = float(scored.reach.whole[blogger]), float(scored.reach.niche[blogger])
        return Part(
            value=float(values[blogger]),
            weight=scored.weights.reach,
            contribution=scored.scores[index].contributions["reach"],
            percentile=percentile(values, float(values[blogger])),
            sample_size=linkers,
            known=scored.reach.known,
            inputs={"whole": whole, "niche": niche, "distinct_linkers": linkers},
        )

    def _evidence(self, index: int, blogger: int, found: Relevance, picker: SentencePicker) -> tuple[Evidence, ...]:
        rows = self.generation.rows_of(blogger)
        shown = []
        for post, cosine in zip(found.best[index], found.similarity[index], strict=True):
            document = self.generation.document(rows[post])
            if not document.title and not document.text:
                continue
            similarity = None if isnan(cosine) else cosine
            shown.append(Evidence(document.url, document.title, document.published, picker.best(document), similarity))
        return tuple(shown)


def percentile(peers: NDArray[np.float64], value: float) -> float:
    """The share of peers below, ties counting half, from 0 to 100 (the mid-rank definition)."""
    below = np.count_nonzero(peers < value) + np.count_nonzero(peers == value) / 2
    return round(100 * float(below) / max(len(peers), 1), 1)


def _language_warnings(results: Sequence[Result], brief: Brief) -> tuple[str, ...]:
    unread = [result.blogger for result in results if "full_text_only" in result.flags]
    if brief.vector is None or not unread:
        return ()
    languages = ", ".join(sorted({language for blogger in unread for language in blogger.languages})) or "unknown"
    message = (
        f"{len(unread)} of {len(results)} results write in languages that the embedding model does not know "
        f"({languages}): they are ranked by full-text evidence only."
    )
    return (message,)
