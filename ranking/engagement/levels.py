"""Levels: what a blogger's counts are worth beside those of its peers, from 0 to 1.

A post of count c is worth c / (c + half level): the chance that it is preferred to a post of the half level, by the
rule of Bradley and Terry (1952). A channel's level is the mean over its counted posts, so no post moves it by more than
one part in n. The half level is what the best tenth of the *other* peers reach in the median post, and at least 1.

Few posts are drawn towards what is typical of the peers, by adding posts of that level (shrinkage, as of Efron and
Morris, 1977). Of a blogger's channels the one with the most posts usually leaves least to that, and what it leaves
counts for the others too: else one empty post on a new channel would bring more than twenty on the old one.

A post that hides its count is worth 0, as one without any; but nobody's value lies below the floor, which rises with
the share of posts that hide theirs. It is made of all bloggers, not of peers, since a known figure must not stand below
an unknown one of another group.

All three yardsticks are made of the others without the blogger, and each moves in favour of the others when
somebody hides a figure: the half level falls, the prior and the floor rise. Therefore hiding never raises the one who
hides and never lowers anybody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engagement.measures import NAMES
from ranking.engagement.population import Group, Matrix, Population, everybody

LEAST_HALF_LEVEL = 1.0
"""Counts are whole: where hardly anybody gets a reaction, one is half of what can be had."""

BEST_SHARE = 0.1
"""Who sets the half level. A tenth rather than a half: so it is the platform's own level also where few show a figure,
and of no platform more than a tenth can have a median post worth more than 1/2, however high its counts run."""

SHRINKAGE_POSTS = 5
"""A blogger's own posts weigh as much as the prior when they are this many. On Medium ``bench/engagement_shrinkage.py``
finds 5 best for responses, 2 and 3 for claps."""

TYPICAL_LEVEL = 5 / 16
"""The most that a post adds to its peers' prior, and what an unknown figure enters at where all others hide it: about
the level of a median blogger, which is 0.35 by claps and 0.2 by responses in ``bench/engagement_shrinkage.py``."""

_STEP = 2.0**-30
"""Worths are whole multiples of this, as the typical level is, so that sums of millions are exact in any order."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Matrices of shape (channels, measures): ``shrunk`` is ``level`` drawn towards ``prior``; no value counts as less
    than ``floor``, which all channels of a blogger have in common."""

    half_level: Matrix
    level: Matrix
    prior: Matrix
    shrunk: Matrix
    floor: Matrix


def levels_of(population: Population, groups: Sequence[Group]) -> Levels:
    """Every channel's levels among its peers."""
    shape = (len(population.owners), len(NAMES))
    half, worths, prior = np.zeros((3, *shape))
    for group in groups:
        half[group.users], worths[group.users], prior[group.users] = _worths_and_priors(population, group)
    posts = population.counted[:, None]
    left = _left_to_priors(population, prior)
    return Levels(
        half_level=half,
        level=worths / np.maximum(posts, 1),
        prior=left * (posts + SHRINKAGE_POSTS) / SHRINKAGE_POSTS,
        shrunk=worths / (posts + SHRINKAGE_POSTS) + left,
        floor=_floors(population) if len(posts) else np.zeros(shape),
    )


def _left_to_priors(population: Population, priors: Matrix) -> Matrix:
    """What the prior adds to each channel's level: the least that it adds to any of the blogger's channels."""
    added = SHRINKAGE_POSTS * priors / (population.counted[:, None] + SHRINKAGE_POSTS)
    least = np.full_like(added, TYPICAL_LEVEL)
    np.minimum.at(least, population.owners, added)
    return least[population.owners]


def _worths_and_priors(population: Population, group: Group) -> tuple[Matrix, Matrix, Matrix]:
    """Of each user of the group the half level, the sum of its posts' worths by it, and the prior by it.

    A group has but two half levels for each measure: without a member of the best tenth, the next one comes up.
    """
    typical = group.of_members(population.typical[group.channels])
    best = max(int(np.ceil(BEST_SHARE * (group.size - 1))), 1)
    ordered = np.vstack([np.sort(typical, axis=0)[::-1], np.zeros(len(NAMES))])
    last, following = np.maximum(ordered[best - 1 : best + 1], LEAST_HALF_LEVEL)
    counts = _Counts.of(population, group)
    by_last = (np.broadcast_to(last, typical.shape)[group.member_of_user], *counts.by(last))
    if np.array_equal(last, following):
        return by_last
    by_following = (np.broadcast_to(following, typical.shape)[group.member_of_user], *counts.by(following))
    is_best = (typical >= last)[group.member_of_user]
    half, worths, priors = (np.where(is_best, *pair) for pair in zip(by_following, by_last, strict=True))
    return half, worths, priors


@dataclass(frozen=True, slots=True)
class _Counts:
    """The counts of a group's posts, hidden ones as 0, and where each of the channels that have posts begins."""

    group: Group
    reached: Matrix
    is_hidden: NDArray[np.bool_]
    counted: NDArray[np.int64]

    @classmethod
    def of(cls, population: Population, group: Group) -> "_Counts":
        counts = population.posts[population.posts_of(group.channels)]
        return cls(group, np.maximum(counts, 0).astype(np.float64), counts < 0, population.counted[group.channels])

    def by(self, half: Matrix) -> tuple[Matrix, Matrix]:
        """By these half levels the sums of worths of each user's posts, and what is typical of the other members.

        To the latter a post adds its worth, at most the typical level; one that hides its count adds just that, so that
        no prior falls when somebody hides.
        """
        worth = _stepped(self.reached / (self.reached + half))
        sums = self._sums(worth)
        np.minimum(worth, TYPICAL_LEVEL, out=worth)
        worth[self.is_hidden] = TYPICAL_LEVEL
        posts = np.maximum(self.counted, 1)[:, None]
        typical = np.where(self.counted[:, None] > 0, self._sums(worth) / posts, TYPICAL_LEVEL)
        own = sums[np.searchsorted(self.group.channels, self.group.users)]
        return own, _means_of_others(self.group, typical, alone=TYPICAL_LEVEL)

    def _sums(self, figures: Matrix) -> Matrix:
        """The sums over each channel's posts."""
        sums = np.zeros((len(self.counted), len(NAMES)))
        has_posts = self.counted > 0
        if has_posts.any():
            starts = np.cumsum(self.counted) - self.counted
            sums[has_posts] = np.add.reduceat(figures, starts[has_posts], axis=0)
        return sums


def _floors(population: Population) -> Matrix:
    """The typical level, as far as all others hide the figure, shape (channels, measures).

    Who hides it has the lowest floor of all, since the others show most then.
    """
    shown = population.known / np.maximum(population.counted[:, None], 1)
    return np.asarray(TYPICAL_LEVEL * (1 - _means_of_others(everybody(population), shown, alone=1.0)))


def _means_of_others(group: Group, figures: Matrix, *, alone: float) -> Matrix:
    """For each user the mean over the other members; ``alone`` where there are none."""
    if group.size == 1:
        return np.full((len(group.users), len(NAMES)), alone)
    members = group.of_members(_stepped(figures))
    return np.asarray((members.sum(axis=0) - members) / (group.size - 1))[group.member_of_user]


def _stepped(figures: Matrix) -> Matrix:
    return np.asarray(np.rint(figures / _STEP) * _STEP)
