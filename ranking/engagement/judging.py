"""Every blogger's engagement: each measure from the channel where its readers answer most."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ranking.engagement.channel_columns import ChannelColumns
from ranking.engagement.levels import Levels, levels_of
from ranking.engagement.measures import COLUMN, MEASURES, NAMES, READERS
from ranking.engagement.population import Group, Matrix, Population, groups_among, population_of
from ranking.engagement.table import FIGURES, KNOWN, EngagementTable

_Number = TypeVar("_Number", bound=np.generic)

_WEIGHTS = np.array([MEASURES[name] for name in NAMES])
_SHOWN = [COLUMN[name] for name in READERS]


def engagement_of_all(channels: ChannelColumns) -> EngagementTable:
    """The engagement of each blogger among all; each has one channel at least.

    A measure enters at the highest level that any of the blogger's channels has after shrinkage, and at the floor where
    that is more; engagement is the weighted sum. Depends neither on the order of the bloggers nor on
    that of their posts.
    """
    population = population_of(channels)
    groups = groups_among(population, channels)
    levels = levels_of(population, groups)
    return _table(population, groups, levels, channels)


def _table(
    population: Population, groups: Sequence[Group], levels: Levels, channels: ChannelColumns
) -> EngagementTable:
    best = _best_channels(population, levels, len(channels.sizes))
    figures = _figures(population, levels, channels, best)
    posts = figures[:, :, FIGURES.index("posts")]
    entered = figures[:, :, FIGURES.index("entered_at")]
    channel_names, places = np.unique(channels.families, return_inverse=True)
    return EngagementTable(
        values=_weighted(entered),
        known=np.any(posts[:, _SHOWN] > 0, axis=1),
        sample_sizes=posts[:, _SHOWN].max(axis=1, initial=0).astype(np.int64),
        figures=figures,
        reasons=_picked(np.where(population.known > 0, KNOWN, channels.reasons.astype(np.int64)), best),
        groups=_picked(_group_places(groups, len(channels.counted)), best),
        channels=places[best],
        channel_names=channel_names,
        talk=channels.talk[best[:, COLUMN["commenters"]]],
        group_names=np.array([group.name for group in groups], np.str_),
        group_sizes=np.array([group.size for group in groups], np.int64),
        bands=np.array([_bands(population, group) for group in groups]).reshape(-1, len(NAMES), 4),
    )


def _best_channels(population: Population, levels: Levels, bloggers: int) -> NDArray[np.int64]:
    """For each blogger and measure the channel with the highest level, known before unknown."""
    ends = np.cumsum(np.bincount(population.owners, minlength=bloggers)) - 1
    best = [
        np.lexsort((levels.shrunk[:, column], population.known[:, column] > 0, population.owners))[ends]
        for column in range(len(NAMES))
    ]
    return np.stack(best, axis=1).astype(np.int64)


def _figures(population: Population, levels: Levels, channels: ChannelColumns, best: NDArray[np.int64]) -> Matrix:
    known, floors = _picked(population.known, best), _picked(levels.floor, best)
    columns = {
        "posts": known,
        "of_posts": population.counted[best].astype(np.float64),
        "young_posts": channels.young_posts[best].astype(np.float64),
        "median": _picked(population.medians, best),
        "share_with_any": _picked(population.with_any, best) / np.maximum(known, 1),
        "level": _picked(levels.level, best),
        "half_level": _picked(levels.half_level, best),
        "prior": _picked(levels.prior, best),
        "floor": floors,
        "entered_at": np.where(known > 0, np.maximum(_picked(levels.shrunk, best), floors), floors),
    }
    return np.stack([columns[name] for name in FIGURES], axis=2)


def _weighted(entered: Matrix) -> Matrix:
    """The weighted sums of rows, measure by measure, so that the sum of a row does not depend on the other rows."""
    value = np.zeros(len(entered))
    for column, weight in enumerate(_WEIGHTS.tolist()):
        value += weight * entered[:, column]
    return value


def _group_places(groups: Sequence[Group], channels: int) -> NDArray[np.int64]:
    found = np.zeros((channels, len(NAMES)), np.int64)
    for place, group in enumerate(groups):
        found[group.users] = place
    return found


def _bands(population: Population, group: Group) -> Matrix:
    """For each measure how many members show it, and the quartiles of their medians; shape (measures, 4)."""
    shown = population.known[group.channels] > 0
    medians = group.of_members(np.where(shown, population.medians[group.channels], -1.0))
    found = np.full((len(NAMES), 4), np.nan)
    for column, of_members in enumerate(medians.T):
        known = of_members[of_members >= 0]
        found[column] = (len(known), *(np.percentile(known, [25, 50, 75]) if len(known) else (np.nan,) * 3))
    return found


def _picked(figures: NDArray[_Number], best: NDArray[np.int64]) -> NDArray[_Number]:
    """For each blogger and measure the figure of the chosen channel."""
    return figures[best, np.arange(best.shape[1])[None, :]]
