"""Posts of the made-up blogs, drawn for many bloggers at once: when, about what, and in which words."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bench.blogs06_vectors import VectorSpace
from bench.blogs06_words import LANGUAGES, Texts, lengths_of
from bench.blogs06_world import AS_OF, OFF_TOPIC_SHARE, World, off_topic

COPIED_SHARE = 0.01
"""Posts whose text is another one's with a little of its own."""
KEPT_OF_OWN = 60
"""Characters of its own at the end of a copy."""
UNDATED_SHARE = 0.02
BURSTINESS = 1.3
"""Spread of the logarithm of the time between posts: a week of daily posts, then a month of silence."""
NEWER_DAYS = 14


@dataclass(frozen=True)
class Posts:
    """Posts in the order of their bloggers and places; arrays of shape (p,), vectors (p, d)."""

    owner: NDArray[np.int64]
    place: NDArray[np.int64]
    words: NDArray[np.int64]
    about: NDArray[np.int64]
    published: list[datetime | None]
    titles: list[str]
    texts: list[str]
    vectors: NDArray[np.float16]

    def __len__(self) -> int:
        return len(self.owner)


def places_of(counts: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """``counts[i]`` consecutive numbers from ``first[i]`` on, one blogger after the other."""
    starts = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) - np.repeat(starts - first, counts)


def days_of(world: World, chance: np.random.Generator, owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """Days before the crawl of each post, falling within a blogger: from its blog's beginning to its end, in bursts."""
    gaps = np.exp(chance.normal(0, BURSTINESS, len(owner)))
    through = np.cumsum(gaps)
    heads = np.flatnonzero(np.diff(owner, prepend=-1))
    counts = np.diff(heads, append=len(owner))
    before = np.repeat(through[heads] - gaps[heads], counts)
    whole = np.repeat(through[heads + counts - 1] - through[heads] + gaps[heads], counts)
    begins, ends = world.begins[owner], world.ends[owner]
    return np.asarray(begins - (begins - ends) * (through - before) / whole, np.float64)


def newer_days(chance: np.random.Generator, posts: int) -> NDArray[np.float64]:
    """The same for posts of the two weeks after the crawl: negative, since the crawl is day 0."""
    return np.asarray(-NEWER_DAYS * np.sort(chance.random(posts)), np.float64)


def draw_posts(
    world: World,
    texts: Texts,
    space: VectorSpace,
    chance: np.random.Generator,
    owner: NDArray[np.int64],
    place: NDArray[np.int64],
    days: NDArray[np.float64],
) -> Posts:
    """The posts of these bloggers (ascending) at these places of their blogs."""
    about = _about(world, chance, owner)
    words = lengths_of(chance, len(owner))
    written = _written(world, texts, chance, owner, about, words)
    vectors = space.draw(chance, about, owner)
    for copy, source in _copies(world, chance, owner):
        written[copy] = written[source] + " " + written[copy][-KEPT_OF_OWN:]
        vectors[copy] = vectors[source]
    undated = chance.random(len(owner)) < UNDATED_SHARE
    published = [
        None if unknown else AS_OF - timedelta(seconds=round(day * 86_400))
        for day, unknown in zip(days.tolist(), undated.tolist(), strict=True)
    ]
    return Posts(owner, place, words, about, published, texts.titles(chance, about), written, vectors)


def _about(world: World, chance: np.random.Generator, owner: NDArray[np.int64]) -> NDArray[np.int64]:
    """One of its blog's interests, or something else."""
    drawn = chance.random(len(owner))
    shares = np.cumsum(world.shares[owner], axis=1)
    which = (drawn[:, None] > shares).sum(axis=1).clip(max=shares.shape[1] - 1)
    strayed = chance.random(len(owner)) < OFF_TOPIC_SHARE
    return np.where(strayed, off_topic(chance, len(owner)), world.interests[owner, which])


def _written(
    world: World,
    texts: Texts,
    chance: np.random.Generator,
    owner: NDArray[np.int64],
    about: NDArray[np.int64],
    words: NDArray[np.int64],
) -> list[str]:
    """The texts, each in its blog's language."""
    written = np.empty(len(owner), object)
    for number, code in enumerate(LANGUAGES):
        rows = np.flatnonzero(world.language[owner] == number)
        if rows.size:
            written[rows] = texts.draw(chance, about[rows], words[rows], code)
    return [str(text) for text in written]


def _copies(world: World, chance: np.random.Generator, owner: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(copy, source) rows of different blogs in one language."""
    copies = np.flatnonzero(chance.random(len(owner)) < COPIED_SHARE)
    sources = chance.integers(0, len(owner), len(copies))
    language = world.language[owner]
    fit = (language[copies] == language[sources]) & (owner[copies] != owner[sources]) & ~np.isin(sources, copies)
    return list(zip(copies[fit].tolist(), sources[fit].tolist(), strict=True))
