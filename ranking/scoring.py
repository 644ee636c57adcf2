"""Every candidate's score for one brief, and the figures that it is made of.

A score does not depend on filters, on the page or on who else is shown: the niche, within which reach and percentiles
are measured, is made of the brief's candidates among all bloggers. So a score can be explained without the list that
it was read in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.index.generation import Generation
from ranking.peers import median_or_none
from ranking.reach import Reach, reach_of
from ranking.relevance import Matcher, Relevance
from ranking.score import GATE_MIDDLE, Score, Weights, gate, score
from ranking.values import NicheReach

IN_NICHE_GATE = 0.5
"""A blogger whose gate is open at least half counts as one of the niche, as a post does that is as relevant."""


@dataclass(frozen=True, slots=True)
class Niche:
    """A brief's candidates among all bloggers, and what follows from them for everybody.

    ``gates`` has shape (n,), 0 for bloggers that are no candidates.
    """

    brief: Brief
    matcher: Matcher
    candidates: Relevance
    gates: NDArray[np.float64]
    reach: Reach
    reach_values: NDArray[np.float64]
    reach_median: float | None

    def linkers(self, sources: NDArray[np.int64]) -> int:
        """How many of these bloggers are of the niche."""
        return int(np.count_nonzero(self.gates[sources] >= IN_NICHE_GATE))

    def on_topic(self, blogger: int) -> NDArray[np.bool_]:
        """Which posts of a blogger are on the niche, each by itself."""
        return self.matcher.on_topic(self.matcher.posts_of(blogger), GATE_MIDDLE)


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of some bloggers, in the order of ``found``, within a niche."""

    niche: Niche
    weights: Weights
    found: Relevance
    scores: tuple[Score, ...]


def niche_of(generation: Generation, brief: Brief, background: float, niche_reach: NicheReach) -> Niche:
    """The niche of a brief; ``background`` is the similarity of unrelated texts under the model."""
    matcher = Matcher(generation, brief, background)
    candidates = matcher.relevance(matcher.candidates())
    gates = np.zeros(len(generation.bloggers))
    gates[candidates.bloggers] = [gate(value) for value in candidates.value.tolist()]
    reach = reach_of(generation.columns.matrix, generation.columns.reach, gates, niche_reach)
    values = reach.value
    return Niche(brief, matcher, candidates, gates, reach, values, median_or_none(values) if reach.known else None)


def scored(generation: Generation, niche: Niche, bloggers: NDArray[np.int64], weights: Weights) -> Scored:
    """The scores of these bloggers (ascending), candidates of the niche or not."""
    columns, found = generation.columns, _relevance_of(niche, bloggers)
    scores = tuple(
        score(
            {
                "relevance": float(value),
                "engagement": float(columns.engagement.values[blogger]),
                "reach": float(niche.reach_values[blogger]),
            },
            weights,
            columns.findings[blogger],
        )
        for blogger, value in zip(bloggers.tolist(), found.value.tolist(), strict=True)
    )
    return Scored(niche, weights, found, scores)


def order_of(generation: Generation, found: Scored, among: Sequence[int]) -> list[int]:
    """The rows of ``found`` that are in ``among``, best score first, equal ones by site key."""
    keys = [generation.bloggers[blogger].site_key for blogger in found.found.bloggers.tolist()]
    return sorted(among, key=lambda row: (-found.scores[row].total, keys[row]))


def _relevance_of(niche: Niche, bloggers: NDArray[np.int64]) -> Relevance:
    """The bloggers' relevance; that of the niche's own candidates is known already."""
    known = niche.candidates
    if np.array_equal(known.bloggers, bloggers):
        return known
    more = niche.matcher.relevance(np.setdiff1d(bloggers, known.bloggers))
    everybody = np.concatenate([known.bloggers, more.bloggers])
    rows = np.argsort(everybody)
    rows = rows[np.searchsorted(everybody[rows], bloggers)]
    return Relevance(
        bloggers,
        np.concatenate([known.evidence, more.evidence])[rows],
        np.concatenate([known.value, more.value])[rows],
        np.concatenate([known.posts, more.posts])[rows],
    )
