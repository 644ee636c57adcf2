"""Every candidate's score for one brief, and the figures that it is made of.

A score does not depend on filters, on the page or on who else is shown: the niche, within which reach and percentiles
are measured, is made of all bloggers, whoever may be shown. So a score can be explained without its list. Relevance
alone costs much to find, so the candidates are those with the best scores by estimated relevance, and of those that may
be shown: a filter is no sieve after the fact.
"""

from dataclasses import dataclass
from math import log, log1p

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.matching import Library, Matcher, Matches, highest
from ranking.ranking import SHOWN_GATE
from ranking.reach import Reach, reach_of
from ranking.relevance import TYPICAL_RELEVANT, saturated
from ranking.score import GATE_MIDDLE, GATE_WIDTH, Scores, Weights, deducted_for, gates, scores
from ranking.values import NicheReach

CANDIDATES = 500
"""Bloggers that are scored exactly, beside those of the niche: the best ones by their estimated scores. Over 10,000
made-up bloggers the first 50 are those of scoring everybody; so are the first 5 with a tenth of these and of the niche,
which is how 100,000 bloggers would look."""

IN_NICHE_GATE = 0.5
"""A blogger whose gate is open at least half counts as one of the niche, as a post does that is as relevant."""

_SHOWN_RELEVANCE = GATE_MIDDLE + GATE_WIDTH * log(SHOWN_GATE / (1 - SHOWN_GATE))
SHOWN_EVIDENCE = -TYPICAL_RELEVANT * log1p(-_SHOWN_RELEVANCE)
"""Mean evidence that opens the gate by :data:`ranking.ranking.SHOWN_GATE`."""

PROBED = 2
"""Times :data:`CANDIDATES` bloggers whose estimated scores say how good one must be; with the best evidence, since a
finding may have cost some of them their place."""

EVIDENCE_STEPS = 256
ROUNDING = 1e-9
"""Far above what two ways of adding up a score differ by."""


@dataclass(frozen=True, slots=True)
class Niche:
    """The bloggers that are nearest to a brief, and what follows from them for everybody.

    ``gates`` has shape (n,), 0 for bloggers outside the niche; ``shown`` (n,) says whose gate is open by
    :data:`ranking.ranking.SHOWN_GATE`, by an estimate for the eligible ones outside; ``reach_values`` are those of
    ``reach.value``.
    """

    brief: Brief
    matcher: Matcher
    members: Matches
    gates: NDArray[np.float64]
    shown: NDArray[np.bool_]
    reach: Reach
    reach_values: NDArray[np.float64]

    def linkers(self, sources: NDArray[np.int64]) -> int:
        """How many of these bloggers are of the niche."""
        return int(np.count_nonzero(self.gates[sources] >= IN_NICHE_GATE))


@dataclass(frozen=True, slots=True)
class Scored:
    """The scores of some bloggers within a niche, in the order of ``matches``."""

    niche: Niche
    weights: Weights
    matches: Matches
    scores: Scores

    @property
    def bloggers(self) -> NDArray[np.int64]:
        """The bloggers, shape (c,), in the order of the generation."""
        return self.matches.relevance.bloggers


class Scorer:
    """Scores the bloggers of one generation, ``most`` of them exactly; holds what is the same for every brief."""

    def __init__(self, library: Library, niche_reach: NicheReach, most: int = CANDIDATES) -> None:
        self._library = library
        self._most = most
        self._niche_reach = niche_reach
        generation = library.generation
        self._most_engagement = float(generation.columns.engagement.values.max(initial=0.0))
        self._deducted = np.array(
            [deducted_for(findings) if findings else 0.0 for findings in generation.columns.findings], np.float64
        )
        keys = generation.table.entries.facts.site_key
        self._place_of_key = np.empty(len(keys), np.int64)
        self._place_of_key[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))

    def niche(self, brief: Brief) -> Niche:
        """The niche of a brief."""
        columns, matcher = self._library.generation.columns, Matcher(self._library, brief)
        members = matcher.match(matcher.niche())
        opened = np.zeros(len(self._deducted))
        opened[members.relevance.bloggers] = gates(members.relevance.value)
        reach = reach_of(columns.matrix, columns.reach, opened, self._niche_reach)
        return Niche(brief, matcher, members, opened, self._shown(opened, matcher, members), reach, reach.value)

    def _shown(self, opened: NDArray[np.float64], matcher: Matcher, members: Matches) -> NDArray[np.bool_]:
        generation, known = self._library.generation, members.relevance.bloggers
        shown = np.zeros(len(opened), np.bool_)
        if len(known) < len(generation.eligible_places):
            shown = (matcher.estimated_from_zero(members) >= SHOWN_EVIDENCE) & generation.eligible
        shown[known] = opened[known] >= SHOWN_GATE
        return shown

    def candidates(self, niche: Niche, weights: Weights, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """The bloggers to score, in the order of the generation: eligible, and ``allowed`` (shape (n,); None: all)."""
        generation = self._library.generation
        open_to = generation.eligible if allowed is None else generation.eligible & allowed
        chosen = generation.eligible_places if allowed is None else np.flatnonzero(open_to)
        if len(chosen) > self._most:
            chosen = self._best(niche, chosen, weights)
        known = niche.members.relevance.bloggers
        return np.union1d(chosen, known[open_to[known]])

    def _best(self, niche: Niche, among: NDArray[np.int64], weights: Weights) -> NDArray[np.int64]:
        """Those with the best estimated scores."""
        evidence = niche.matcher.estimated(among, niche.members)
        if len(among) > PROBED * self._most:
            likely = highest(evidence, PROBED * self._most)
            probed = np.sort(self._scores(saturated(evidence[likely]), niche, among[likely], weights).total)
            # The last of the best is no worse than the last of the best of these.
            possible = np.flatnonzero(evidence > self._too_little(float(probed[-self._most]), evidence, niche, weights))
            among, evidence = among[possible], evidence[possible]
        estimates = self._scores(saturated(evidence), niche, among, weights)
        return among[highest(estimates.total, self._most)]

    def _too_little(self, score: float, evidence: NDArray[np.float64], niche: Niche, weights: Weights) -> float:
        """Mean evidence with which, or with less, nobody reaches the score, whatever their engagement and reach."""
        steps = np.linspace(0.0, float(evidence.max()), EVIDENCE_STEPS)
        most = np.tile([0.0, self._most_engagement, niche.reach_values.max()], (EVIDENCE_STEPS, 1))
        most[:, 0] = saturated(steps)
        below = np.flatnonzero(scores(most, weights, np.zeros(1)).total < score - ROUNDING)
        return float(steps[below[-1]]) if len(below) else -np.inf

    def scored(self, niche: Niche, bloggers: NDArray[np.int64], weights: Weights) -> Scored:
        """The scores of these bloggers (ascending), of the niche or not."""
        found = _matches_of(niche, bloggers)
        return Scored(niche, weights, found, self._scores(found.relevance.value, niche, bloggers, weights))

    def _scores(
        self, relevance: NDArray[np.float64], niche: Niche, bloggers: NDArray[np.int64], weights: Weights
    ) -> Scores:
        engagement = self._library.generation.columns.engagement.values[bloggers]
        values = np.stack([relevance, engagement, niche.reach_values[bloggers]], axis=1)
        return scores(values, weights, self._deducted[bloggers])

    def order(self, found: Scored, among: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of ``found`` that are in ``among``, best score first, equal ones by site key."""
        keys = self._place_of_key[found.bloggers[among]]
        return among[np.lexsort((keys, -found.scores.total[among]))]


def _matches_of(niche: Niche, bloggers: NDArray[np.int64]) -> Matches:
    """The bloggers' matches; those of the niche's own are known already."""
    known = niche.members
    if np.array_equal(known.relevance.bloggers, bloggers):
        return known
    more = niche.matcher.match(np.setdiff1d(bloggers, known.relevance.bloggers))
    everybody = known.joined(more)
    order = np.argsort(everybody.relevance.bloggers)
    return everybody.of(order[np.searchsorted(everybody.relevance.bloggers[order], bloggers)])
