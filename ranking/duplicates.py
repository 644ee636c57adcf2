"""Near-duplicate posts of different bloggers: found by sketches of word shingles.

A post's sketch is the 32 smallest hashes of its runs of five words; how many of the 32 smallest of two posts' union
are in both estimates how much the texts resemble each other (Broder, "On the resemblance and containment of
documents", 1997, section 4).
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
SKETCH_SIZE = 32
MIN_WORDS = 30
"""Shorter texts are announcements and quotations, alike without being copies."""

NEAR_DUPLICATE = 0.6
"""Resemblance from which a post counts as a copy: a scraped page adds a frame to its copy; two own texts share 0.1."""

MAX_SHARERS = 50
"""A shingle in more posts than this is boilerplate, not a trace of copying."""

_WORD = re.compile(r"\w+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2 ** 64 divided by the golden ratio: Knuth's multiplicative hashing, TAOCP vol. 3, section 6.4."""


@dataclass(frozen=True, slots=True)
class SketchedPost:
    """A post as the search for copies sees it; ``owner`` is the blogger's index."""

    owner: int
    published: datetime | None
    sketch: NDArray[np.uint64]


def sketch_of(text: str) -> NDArray[np.uint64]:
    """The smallest distinct shingle hashes in ascending order, at most 32; empty for a text that is too short."""
    words = [zlib.crc32(word.encode("utf-8", "replace")) for word in _WORD.findall(text.lower())]
    if len(words) < MIN_WORDS:
        return np.zeros(0, np.uint64)
    hashes = np.array(words, np.uint64)
    shingles = np.zeros(len(words) - SHINGLE_WORDS + 1, np.uint64)
    for offset in range(SHINGLE_WORDS):
        shingles = (shingles + hashes[offset : offset + len(shingles)]) * _MULTIPLIER
        shingles ^= shingles >> np.uint64(29)
    return np.unique(shingles)[:SKETCH_SIZE]


def resemblance(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Estimated share of the shingles of both texts that they have in common, from 0 to 1."""
    smallest = np.union1d(one, other)[:SKETCH_SIZE]
    if not len(smallest):
        return 0.0
    return float(np.isin(smallest, np.intersect1d(one, other)).mean())


def copied_posts(posts: Sequence[SketchedPost], linkers: Sequence[int]) -> set[int]:
    """Indices of the posts that copy another blogger's post; ``linkers[owner]`` counts who links to each blogger.

    Of two near-duplicates the later one is the copy. Where dates do not tell, it is the post of the blogger more of
    whose posts have a double elsewhere, then of the one with fewer linkers, then the one later in ``posts``.
    """
    pairs = list(_near_duplicates(posts))
    doubled = Counter(posts[index].owner for index in {index for pair in pairs for index in pair})
    totals = Counter(post.owner for post in posts)

    def suspicion(index: int) -> tuple[float, int, int]:
        owner = posts[index].owner
        return (doubled[owner] / totals[owner], -linkers[owner], index)

    copies = set()
    for one, other in pairs:
        dates = posts[one].published, posts[other].published
        if dates[0] and dates[1] and abs(dates[0] - dates[1]).days >= 1:
            copies.add(one if dates[0] > dates[1] else other)
        else:
            copies.add(max(one, other, key=suspicion))
    return copies


def _near_duplicates(posts: Sequence[SketchedPost]) -> Iterator[tuple[int, int]]:
    sharers: dict[int, list[int]] = defaultdict(list)
    for index, post in enumerate(posts):
        for value in post.sketch.tolist():
            sharers[value].append(index)
    candidates = {
        pair
        for group in sharers.values()
        if 2 <= len(group) <= MAX_SHARERS
        for pair in combinations(group, 2)
        if posts[pair[0]].owner != posts[pair[1]].owner
    }
    for one, other in sorted(candidates):
        if resemblance(posts[one].sketch, posts[other].sketch) >= NEAR_DUPLICATE:
            yield one, other
