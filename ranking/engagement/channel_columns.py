"""The channels of all bloggers as columns: what a generation keeps of them, and what everybody is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from ranking.activity import moment_of, rates_of
from ranking.engagement.channels import NEVER, REASONS, Channel, next_turns
from ranking.engagement.discussion import TALK
from ranking.engagement.groups import band_of
from ranking.engagement.measures import NAMES
from ranking.slices import places_in_slices

_CODES = {reason.value: code for code, reason in enumerate(REASONS)}

_SIZES, _COUNTS, _DATES = "sizes", "counts", "dates"
"""The columns that have no row for each channel."""


@dataclass(frozen=True, slots=True)
class ChannelColumns:
    """The channels of bloggers, blogger by blogger; of each channel what :class:`ranking.engagement.Channel` says.

    ``sizes`` are the channels of each blogger, shape (bloggers,). ``counts`` (posts, measures) and ``dates`` lie
    channel by channel, ``counted`` and ``dated`` of each. The others have a row for each channel: ``bands`` are empty
    where the activity is unknown, ``reasons`` places in :data:`REASONS`, and ``talk`` has nan for unknown.
    """

    sizes: NDArray[np.int64]
    families: NDArray[np.str_]
    bands: NDArray[np.str_]
    counted: NDArray[np.int64]
    counts: NDArray[np.int64]
    reasons: NDArray[np.int8]
    young_posts: NDArray[np.int64]
    talk: NDArray[np.float64]
    dated: NDArray[np.int64]
    dates: NDArray[np.int64]

    @classmethod
    def of(cls, bloggers: Sequence[Sequence[Channel]]) -> "ChannelColumns":
        """The channels of these bloggers."""
        every = list(chain.from_iterable(bloggers))
        reasons = [[_CODES[reason] for reason in one.reasons] for one in every]
        talk = [[getattr(one.talk, name) for name in TALK] for one in every]
        return cls(
            sizes=np.array([len(several) for several in bloggers], np.int64),
            families=np.array([one.family for one in every], np.str_),
            bands=np.array([one.band or "" for one in every], np.str_),
            counted=np.array([len(one.counts) for one in every], np.int64),
            counts=np.concatenate([np.zeros((0, len(NAMES)), np.int64), *(one.counts for one in every)]),
            reasons=np.array(reasons, np.int8).reshape(-1, len(NAMES)),
            young_posts=np.array([one.young_posts for one in every], np.int64),
            talk=np.array(talk, np.float64).reshape(-1, len(TALK)),
            dated=np.array([len(one.dates) for one in every], np.int64),
            dates=np.concatenate([np.zeros(0, np.int64), *(one.dates for one in every)]),
        )

    @classmethod
    def joined(cls, parts: Sequence["ChannelColumns"]) -> "ChannelColumns":
        """The bloggers of all parts, part by part; one at least."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _NAMES))

    def of_bloggers(self, chosen: NDArray[np.int64]) -> "ChannelColumns":
        """The channels of the bloggers in these places, in this order."""
        channels = places_in_runs(self.sizes, chosen)
        places = dict.fromkeys(_NAMES, channels)
        places[_SIZES] = chosen
        places[_COUNTS] = places_in_runs(self.counted, channels)
        places[_DATES] = places_in_runs(self.dated, channels)
        return ChannelColumns(**{name: getattr(self, name)[rows] for name, rows in places.items()})

    def fit(self, bloggers: int) -> bool:
        """Whether the columns belong together, and to so many bloggers."""
        rows = {_SIZES: bloggers, _COUNTS: self.counted.sum(), _DATES: self.dated.sum()}
        return all(len(getattr(self, name)) == rows.get(name, self.sizes.sum()) for name in _NAMES)

    @property
    def owners(self) -> NDArray[np.int64]:
        """The blogger of each channel, ascending."""
        return np.repeat(np.arange(len(self.sizes)), self.sizes)

    def at(self, as_of: datetime) -> "ChannelColumns":
        """The same channels, as active as they are then."""
        rates = rates_of(self.dates, self.dated, moment_of(as_of))
        return replace(self, bands=np.array([band_of(rate) or "" for rate in rates], np.str_))

    def rates_at(self, as_of: datetime) -> list[float | None]:
        """Posts per month of each blogger, over all channels, as :func:`ranking.activity.rate_of` counts them."""
        return rates_of(self.dates, self._dated_by_blogger(), moment_of(as_of))

    def next_turns(self, as_of: datetime) -> NDArray[np.int64]:
        """For each blogger the next moment at which time alone changes what is counted, beside the rate."""
        found = np.full(len(self.sizes), NEVER)
        owner_of_date = np.repeat(np.arange(len(self.sizes)), self._dated_by_blogger())
        np.minimum.at(found, owner_of_date, next_turns(self.dates, as_of))
        return found

    def _dated_by_blogger(self) -> NDArray[np.int64]:
        return np.bincount(self.owners, self.dated, len(self.sizes)).astype(np.int64)


_NAMES = tuple(field.name for field in fields(ChannelColumns))


def places_in_runs(sizes: NDArray[np.int64], chosen: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of things that lie behind each other in runs of these sizes, the places of those in the chosen runs."""
    return places_in_slices((np.cumsum(sizes) - sizes)[chosen], sizes[chosen])
