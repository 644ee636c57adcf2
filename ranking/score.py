"""The score: score = gate(relevance) · (w_r · relevance + w_e · engagement + w_g · reach) − deductions.

The gate is nearly 0 for bloggers off the niche, so that no engagement and no reach can carry them; deductions are
credibility findings. Every contribution is signed, and the contributions sum to the score.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import InputError
from ranking.credibility import Finding

FORMULA = "bloghound-score-4"
"""Version of everything that turns a generation and a brief into a score; it changes when any constant does."""

GATE_MIDDLE = 0.39
"""Relevance at which the gate is half open: 19 of 20 not relevant bloggers of the corpus stay below (evidence 0.18)."""

GATE_WIDTH = 0.05
"""The gate lets 1 % through at the median of not relevant bloggers (0.14), 99 % at that of strongly relevant ones."""

PARTS = ("relevance", "engagement", "reach")

ROUNDING = 1e-12
"""Shares whose sum is as near 1 as this are kept as they are: dividing once more would move their last digits, and a
niche that is stored and read again would be another. Rounding three quotients errs by 3e-16 at most."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the parts count; given on any scale, used as shares of 1. Raises InputError for an unusable weight.

    By default relevance counts most, since a niche is what was asked for; engagement before reach, since readers who
    answer are what a campaign needs, and links are few in a small crawl.
    """

    relevance: float = 0.6
    engagement: float = 0.25
    reach: float = 0.15

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not math.isfinite(weight) or weight < 0:
                raise InputError(f"The weight {name}={weight} must be a number from 0 up.")
        total = self.relevance + self.engagement + self.reach
        if not total > 0 or not math.isfinite(total):
            raise InputError("The weights are all 0 or too large; at least one part must count.")
        if abs(total - 1) > ROUNDING:
            for name, weight in asdict(self).items():
                object.__setattr__(self, name, weight / total)

    @classmethod
    def parse(cls, text: str) -> "Weights":
        """Weights from ``relevance=0.5,reach=0.5``; a part that is not named counts 0. Raises InputError."""
        given: dict[str, float] = {}
        for item in text.split(","):
            name, _, number = item.partition("=")
            if name.strip() not in PARTS:
                raise InputError(f"There is no part {name.strip()!r} to weigh; the parts are {', '.join(PARTS)}.")
            try:
                given[name.strip()] = float(number)
            except ValueError as error:
                raise InputError(f"The weight {item.strip()!r} is no number.") from error
        return cls(**{part: given.get(part, 0.0) for part in PARTS})


@dataclass(frozen=True, slots=True)
class Score:
    """A score and its signed parts: ``contributions`` per part, and one negative amount per finding."""

    total: float
    gate: float
    contributions: dict[str, float]
    deductions: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of several bloggers: ``total`` and ``gate`` (c,), ``contributions`` (c, 3) in the order of
    :data:`PARTS`."""

    total: NDArray[np.float64]
    gate: NDArray[np.float64]
    contributions: NDArray[np.float64]

    def of(self, row: int, findings: Sequence[Finding]) -> Score:
        """The score in that row, whose deductions are those of the findings."""
        contributions = dict(zip(PARTS, self.contributions[row].tolist(), strict=True))
        return Score(float(self.total[row]), float(self.gate[row]), contributions, tuple(findings))


def gates(relevance: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each blogger's parts that counts: 0 off the niche, 1 on it, by an absolute measure of relevance."""
    return np.asarray(1 / (1 + np.exp(-(relevance - GATE_MIDDLE) / GATE_WIDTH)), np.float64)


def gate(relevance: float) -> float:
    """That share for one blogger."""
    return float(gates(np.array([relevance]))[0])


def scores(values: NDArray[np.float64], weights: Weights, deducted: NDArray[np.float64]) -> Scores:
    """The scores of bloggers with these ``values`` of their parts, (c, 3) from 0 to 1, and these sums of deductions."""
    opened = gates(values[:, 0])
    counting = np.array([weights.relevance, weights.engagement, weights.reach])
    contributions = opened[:, None] * counting * values
    relevance, engagement, reach = contributions.T
    return Scores(relevance + engagement + reach - deducted, opened, contributions)


def score(values: Mapping[str, float], weights: Weights, findings: Sequence[Finding]) -> Score:
    """The score of one blogger whose parts have these values."""
    row = np.array([[values[part] for part in PARTS]])
    return scores(row, weights, np.array([deducted_for(findings)])).of(0, findings)


def deducted_for(findings: Sequence[Finding]) -> float:
    """What all findings take together."""
    return math.fsum(finding.amount for finding in findings)
