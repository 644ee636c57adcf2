"""The made-up world of blogs: who writes how much, about what, in which language, when, and who is linked to.

Only what the size of the world and the seed say: the same numbers give the same world again, so that a filled store can
grow without anything but the database being kept. Shapes follow what is known of blogs: posts per blog and links to a
blog are heavy-tailed (most write little, a few very much), topics are of unequal size, two blogs in five have died.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from bench.blogs06_words import LANGUAGES, angles, sub_topics, topics, zipf
from storage.tables.base import public_id

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
"""When the world was crawled; what grows later is younger."""

POSTS_PER_BLOG = 32
"""The collection TREC Blogs06 has 3.2 million posts of 100,000 blogs."""
POSTS_SIGMA = 1.0
"""Spread of the logarithm of posts per blog: half the blogs have 19 at most, one in fifty more than 150."""
MOST_POSTS = 4000
INTERESTS = 3
OFF_TOPIC_SHARE = 0.15
DEAD_SHARE = 0.4
LANGUAGE_SHARES = (0.86, 0.05, 0.03, 0.04, 0.02)
"""In the order of the languages of :mod:`bench.blogs06_words`."""
PLATFORMS = ("wordpress", "blogger", "ghost", "hugo", "substack", "")
PLATFORM_SHARES = (0.45, 0.2, 0.05, 0.1, 0.05, 0.15)
FITNESS_TAIL = 1.1
"""Exponent of the Pareto law of how attractive a blog is to links, as preferential attachment leaves it behind."""
OLDEST_DAYS = 5000
NO_FIGURE = -1


@dataclass(frozen=True, slots=True)
class World:
    """One row per blogger, shape (n,) each; ``interests`` and ``shares`` are (n, 3): sub-topics and how much of each.

    ``begins`` and ``ends`` are days before :data:`AS_OF`. ``comments`` is the mean number under a post, nan where the
    blog shows none; ``followers`` is -1 where none are shown; ``writers`` is 0 where posts name no author;
    ``sponsored`` is the share of posts that say that they are paid for.
    """

    seed: int
    posts: NDArray[np.int64]
    interests: NDArray[np.int64]
    shares: NDArray[np.float64]
    language: NDArray[np.int64]
    platform: NDArray[np.int64]
    begins: NDArray[np.float64]
    ends: NDArray[np.float64]
    fitness: NDArray[np.float64]
    comments: NDArray[np.float64]
    shows_likes: NDArray[np.bool_]
    followers: NDArray[np.int64]
    writers: NDArray[np.int64]
    sponsored: NDArray[np.float64]

    @property
    def size(self) -> int:
        """How many bloggers there are."""
        return len(self.posts)

    @property
    def main_topic(self) -> NDArray[np.int64]:
        """The topic that each blog is mostly about, shape (n,)."""
        return np.asarray(self.interests[:, 0] // angles(), np.int64)

    def chance(self, *purpose: int) -> np.random.Generator:
        """Random numbers for one purpose: the same ones at every call."""
        return np.random.default_rng([self.seed, *purpose])


def make_world(bloggers: int, posts: int | None = None, seed: int = 6) -> World:
    """The world of so many bloggers; ``posts`` in all, and by default 32 for each."""
    chance = np.random.default_rng([seed, bloggers])
    total = POSTS_PER_BLOG * bloggers if posts is None else posts
    attraction = chance.pareto(FITNESS_TAIL, bloggers) + 0.1
    begins, ends = _lives(chance, bloggers)
    return World(
        seed=seed,
        posts=heavy_tailed(chance, bloggers, total),
        interests=_interests(chance, bloggers),
        shares=-np.sort(-chance.dirichlet((3.0, 0.7, 0.3), bloggers), axis=1),
        language=chance.choice(len(LANGUAGES), bloggers, p=LANGUAGE_SHARES),
        platform=chance.choice(len(PLATFORMS), bloggers, p=PLATFORM_SHARES),
        begins=begins,
        ends=ends,
        fitness=attraction,
        comments=np.where(chance.random(bloggers) < 0.35, 0.6 * attraction**0.6 + 0.2, np.nan),
        shows_likes=chance.random(bloggers) < 0.15,
        followers=np.where(chance.random(bloggers) < 0.12, np.rint(80 * attraction), NO_FIGURE).astype(np.int64),
        writers=chance.choice([0, 1, 2, 4], bloggers, p=[0.3, 0.6, 0.06, 0.04]),
        sponsored=chance.choice([0.0, 0.05, 0.4], bloggers, p=[0.85, 0.12, 0.03]),
    )


def heavy_tailed(chance: np.random.Generator, size: int, total: int) -> NDArray[np.int64]:
    """Counts of at least 1 that are log-normal and sum to ``total`` exactly; raises ValueError where none can."""
    if not size <= total <= MOST_POSTS * size:
        raise ValueError(f"{total} posts cannot be shared among {size} bloggers")
    drawn = chance.lognormal(0, POSTS_SIGMA, size)
    exact = 1 + drawn * ((total - size) / drawn.sum())
    counts = np.minimum(np.floor(exact), MOST_POSTS).astype(np.int64)
    order = np.argsort(counts - exact, kind="stable")  # the largest remainder first
    while missing := total - int(counts.sum()):
        counts[order[counts[order] < MOST_POSTS][:missing]] += 1
    return np.asarray(counts, np.int64)


def site_key(number: int) -> str:
    """The key of a blogger's site."""
    return f"blog{number:06d}.example"


def blogger_id(number: int) -> str:
    """The public id of a blogger."""
    return public_id("blg", site_key(number))


def number_of(key: str) -> int:
    """The blogger whose site has this key."""
    return int(key.removeprefix("blog").partition(".")[0])


def post_url(number: int, place: int) -> str:
    """The address of a blogger's post, its first at place 0."""
    return f"https://{site_key(number)}/posts/{place + 1}"


def off_topic(chance: np.random.Generator, size: int) -> NDArray[np.int64]:
    """Sub-topics that have nothing to do with what the blog is about."""
    return np.asarray(chance.integers(0, len(sub_topics()), size), np.int64)


def _interests(chance: np.random.Generator, bloggers: int) -> NDArray[np.int64]:
    """Three sub-topics each; the second is of the same topic as the first in most blogs, the third in some."""
    drawn = chance.choice(len(topics()), (bloggers, INTERESTS), p=zipf(len(topics()), 0.6))
    faithful = chance.random((bloggers, INTERESTS)) < (1.0, 0.7, 0.3)
    chosen = np.where(faithful, drawn[:, :1], drawn)
    return np.asarray(chosen * angles() + chance.integers(0, angles(), chosen.shape), np.int64)


def _lives(chance: np.random.Generator, bloggers: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """When each blog began and ended, in days before the crawl; a living one wrote within its last weeks."""
    begins = 30 + OLDEST_DAYS * chance.random(bloggers) ** 1.5
    dead = chance.random(bloggers) < DEAD_SHARE
    ends = np.where(dead, begins * chance.random(bloggers), np.minimum(chance.exponential(12, bloggers), begins / 2))
    return begins, ends
