"""All channels of all bloggers in one piece, and the groups of peers among them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.engagement.channel_columns import ChannelColumns, places_in_runs
from ranking.engagement.groups import EVERYBODY, groups_of, narrow_group_of
from ranking.engagement.measures import NAMES

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Population:
    """The channels of all bloggers; ``owners`` are the bloggers' positions, ascending. Matrices have a row for each
    channel and a column for each measure."""

    owners: NDArray[np.int64]
    counted: NDArray[np.int64]
    """Posts that count, shape (channels,)."""
    known: Matrix
    """How many of them show the figure."""
    with_any: Matrix
    medians: Matrix
    """Over the posts that show the figure; 0 where none does."""
    typical: Matrix
    """Medians over all counted posts, those that hide the figure as 0."""
    posts: NDArray[np.int64]
    """All counts, shape (posts, measures)."""

    def posts_of(self, channels: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of the posts of these channels, channel by channel."""
        return places_in_runs(self.counted, channels)


@dataclass(frozen=True, slots=True)
class Group:
    """A group of peers, and the channels (``users``) that are judged by it.

    ``channels[i]`` belongs to member ``members[i]``: in the group of everybody all channels of a blogger are one
    member, elsewhere each is its own.
    """

    name: str
    channels: NDArray[np.int64]
    members: NDArray[np.int64]
    users: NDArray[np.int64]
    member_of_user: NDArray[np.int64]

    @property
    def size(self) -> int:
        """Members, the judged one among them."""
        return int(self.members.max()) + 1

    def of_members(self, figures: Matrix) -> Matrix:
        """Figures of :attr:`channels` as those of members: of several channels the highest."""
        if self.size == len(self.channels):
            return figures[np.argsort(self.members)]
        found = np.full((self.size, *figures.shape[1:]), -np.inf)
        np.maximum.at(found, self.members, figures)
        return found


def population_of(channels: ChannelColumns) -> Population:
    """The channels of all bloggers."""
    owners, counted, posts = channels.owners, channels.counted, channels.counts
    channel_of_post = np.repeat(np.arange(len(counted)), counted)
    known = _sums(posts >= 0, channel_of_post, len(counted))
    ends = np.cumsum(counted)[:, None]
    return Population(
        owners=owners,
        counted=counted,
        known=known,
        with_any=_sums(posts > 0, channel_of_post, len(counted)),
        medians=_medians(posts, ends, known.astype(np.int64)),
        typical=_medians(posts, ends, np.repeat(counted[:, None], len(NAMES), axis=1)),
        posts=posts,
    )


def groups_among(population: Population, channels: ChannelColumns) -> list[Group]:
    """The groups that anybody is judged by, by name; every channel is judged by one."""
    families, bands = channels.families.tolist(), channels.bands.tolist()
    chosen = np.array(groups_of(families, bands), np.str_)
    by_name: dict[str, list[int]] = {EVERYBODY: list(range(len(families)))}
    for index, (family, band) in enumerate(zip(families, bands, strict=True)):
        for name in {family, narrow_group_of(family, band)}:
            by_name.setdefault(name, []).append(index)
    return [
        _group(name, np.array(by_name[name], np.int64), np.flatnonzero(chosen == name), population.owners)
        for name in sorted(set(chosen.tolist()))
    ]


def everybody(population: Population) -> Group:
    """The group of all bloggers, and of all channels as judged by it."""
    channels = np.arange(len(population.owners))
    return _group(EVERYBODY, channels, channels, population.owners)


def _group(name: str, channels: NDArray[np.int64], users: NDArray[np.int64], owners: NDArray[np.int64]) -> Group:
    whose = owners[channels] if name == EVERYBODY else channels
    members = np.unique(whose, return_inverse=True)[1].astype(np.int64)
    return Group(name, channels, members, users, members[np.searchsorted(channels, users)])


def _sums(marks: NDArray[np.bool_], channel_of_post: NDArray[np.int64], size: int) -> Matrix:
    return np.stack([np.bincount(channel_of_post, column, size) for column in marks.T], axis=1).astype(np.float64)


def _medians(posts: NDArray[np.int64], ends: NDArray[np.int64], number: NDArray[np.int64]) -> Matrix:
    """The medians of the last ``number`` of each channel's sorted counts, those that are hidden as 0."""
    if not len(posts):
        return np.zeros(number.shape)
    columns = np.arange(posts.shape[1])[None, :]
    low = np.clip(ends - number + (number - 1) // 2, 0, len(posts) - 1)
    high = np.clip(ends - number + number // 2, 0, len(posts) - 1)
    lower, upper = (np.maximum(posts[rows, columns], 0).astype(np.float64) for rows in (low, high))
    middle = (lower + upper) / 2
    return np.where(number > 0, middle, 0.0)
