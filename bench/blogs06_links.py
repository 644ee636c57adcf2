"""Links between the made-up blogs: mostly within a topic, to few very often and to most hardly ever."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.blogs06_world import World

WITHIN_TOPIC = 0.75
ELSEWHERE_SHARE = 0.25
"""Links to sites that are not stored, as most links of real blogs are; here only some, since they cost nobody much."""
ELSEWHERE_SITES = 50_000
HOME_SHARE = 0.4
"""Links to a blog's home page; the others name a post."""
LINKS_PER_BLOG, LINKS_SIGMA = 7.5, 1.0
"""Median and spread of a blog's links out of its posts: 12 on average."""
LINKS_PER_NEW_POST = 0.4
BLOGROLL_SHARE, BLOGROLL_LINKS = 0.35, 6.0
NOFOLLOW_SHARE = 0.1

HOME = -1
"""The place of a link that names no post."""


@dataclass(frozen=True)
class Links:
    """Links, shape (l,) each: ``source`` is a blogger or a row of posts, ``target`` a blogger, or from the number of
    bloggers on a site elsewhere; ``place`` is that of the post, or :data:`HOME`."""

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    place: NDArray[np.int64]
    nofollow: NDArray[np.bool_]


class LinkDraw:
    """Draws whom bloggers link to, the more likely the more attractive."""

    def __init__(self, world: World) -> None:
        self._world = world
        topic = world.main_topic
        self._order = np.argsort(topic, kind="stable")
        self._reached = np.concatenate([[0.0], np.cumsum(world.fitness[self._order])])
        bounds = np.arange(int(topic.max()) + 2)
        self._bounds = self._reached[np.searchsorted(topic[self._order], bounds)]

    def draw(self, chance: np.random.Generator, bloggers: NDArray[np.int64], source: NDArray[np.int64]) -> Links:
        """One link for each entry of ``bloggers``, that of ``source`` at the same place; none to oneself or twice."""
        target = self._targets(chance, bloggers)
        beyond = chance.random(len(target)) < ELSEWHERE_SHARE
        target[beyond] = self._world.size + (ELSEWHERE_SITES * chance.random(int(beyond.sum())) ** 3).astype(np.int64)
        posts = np.where(beyond, 1, self._world.posts[np.minimum(target, self._world.size - 1)])
        place = (posts * chance.random(len(target))).astype(np.int64)
        place[beyond | (chance.random(len(target)) < HOME_SHARE)] = HOME
        found = np.stack([source, target, place])[:, target != bloggers]
        source, target, place = np.unique(found, axis=1)
        return Links(source, target, place, chance.random(len(source)) < NOFOLLOW_SHARE)

    def _targets(self, chance: np.random.Generator, bloggers: NDArray[np.int64]) -> NDArray[np.int64]:
        topic = self._world.main_topic[bloggers]
        near = chance.random(len(bloggers)) < WITHIN_TOPIC
        low = np.where(near, self._bounds[topic], 0.0)
        high = np.where(near, self._bounds[topic + 1], self._reached[-1])
        drawn = low + chance.random(len(bloggers)) * (high - low)
        ranks = np.searchsorted(self._reached, drawn, side="right") - 1
        return np.asarray(self._order[ranks.clip(0, self._world.size - 1)], np.int64)


def post_links(draw: LinkDraw, chance: np.random.Generator, owner: NDArray[np.int64], *, new: bool) -> Links:
    """Links out of posts whose bloggers are ``owner`` (ascending); ``source`` is the row of the post.

    With ``new``, each post links by itself; else each blog has its number of links, strewn over its posts.
    """
    if new:
        source = np.repeat(np.arange(len(owner)), chance.poisson(LINKS_PER_NEW_POST, len(owner)))
        return draw.draw(chance, owner[source], source)
    heads = np.flatnonzero(np.diff(owner, prepend=-1))
    counts = np.diff(heads, append=len(owner))
    wanted = np.minimum(chance.lognormal(np.log(LINKS_PER_BLOG), LINKS_SIGMA, len(heads)), 400).astype(np.int64)
    blog = np.repeat(np.arange(len(heads)), wanted)
    source = heads[blog] + (counts[blog] * chance.random(len(blog))).astype(np.int64)
    return draw.draw(chance, owner[source], source)


def blogroll_links(draw: LinkDraw, chance: np.random.Generator, bloggers: NDArray[np.int64]) -> Links:
    """Links of blogrolls; ``source`` is the blogger."""
    listing = chance.random(len(bloggers)) < BLOGROLL_SHARE
    source = np.repeat(bloggers, np.where(listing, 1 + chance.poisson(BLOGROLL_LINKS, len(bloggers)), 0))
    return draw.draw(chance, source, source)
