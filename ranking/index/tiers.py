"""Which segments to merge: a pure decision over their sizes.

Segments of like size are merged, a few at a time (O'Neil et al., "The log-structured merge-tree", 1996; Lucene's
LogMergePolicy), so a post is copied once per tier, some four times in all, and the number of segments grows with the
logarithm of that of the posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ranking.index.writing import MAX_SEGMENT_POSTS

MERGED_AT_ONCE = 4
"""As many segments of one tier become one; three of a tier may wait, so that queries see a dozen small segments."""

SMALLEST_TIER_POSTS = 2_000
"""What is smaller is one tier: merging it costs less than opening it."""

DEAD_SHARE = 0.125
"""Segments with more dead rows than this are written anew without them, the deadest first. Our own choice: a dead row
costs space and is analysed once more when it dies, and at an eighth a rewrite copies seven posts for each it drops."""

MAX_REWRITTEN_POSTS = MAX_SEGMENT_POSTS
"""Posts of segments that one build rewrites for their dead rows: one full segment, so that no build is slow."""


@dataclass(frozen=True, slots=True)
class SegmentSize:
    """A segment's live and dead posts."""

    name: str
    live: int
    dead: int


_Group = tuple[int, tuple[str, ...]]
"""Live posts, and the names of the segments that hold them."""


def merges(segments: Sequence[SegmentSize], max_posts: int = MAX_SEGMENT_POSTS) -> list[tuple[str, ...]]:
    """The groups of segments to be written anew as one segment each, without their dead rows.

    A group without live posts just goes. Each segment is in one group at most.
    """
    chosen = [(one.name,) for one in segments if not one.live]
    rest = [one for one in segments if one.live]
    groups = _of_like_size(rest, max_posts)
    merged = {name for group in groups for name in group}
    alone = [one for one in rest if one.name not in merged]
    return [*chosen, *groups, *_deadest(alone)]


def tier_of(posts: int) -> int:
    """0 for the smallest segments, one more for each time that they are four times as large."""
    tier = 0
    while posts > SMALLEST_TIER_POSTS * MERGED_AT_ONCE**tier:
        tier += 1
    return tier


def _of_like_size(segments: Sequence[SegmentSize], max_posts: int) -> list[tuple[str, ...]]:
    waiting: list[_Group] = sorted((one.live, (one.name,)) for one in segments)
    tier = 0
    while tier <= tier_of(max_posts):
        members = [item for item in waiting if tier_of(item[0]) == tier]
        group = _fitting(members[:MERGED_AT_ONCE], max_posts) if len(members) >= MERGED_AT_ONCE else []
        if len(group) < 2:
            tier += 1
            continue
        waiting = [item for item in waiting if item not in group]
        waiting.append((sum(posts for posts, _ in group), tuple(name for _, names in group for name in names)))
        waiting.sort()
    return [names for _, names in waiting if len(names) > 1]


def _fitting(members: Sequence[_Group], max_posts: int) -> list[_Group]:
    """As many of the smallest as fit into one segment."""
    fitting, posts = [], 0
    for item in members:
        posts += item[0]
        if posts > max_posts:
            break
        fitting.append(item)
    return fitting


def _deadest(segments: Sequence[SegmentSize]) -> list[tuple[str, ...]]:
    by_share = sorted(segments, key=lambda one: (-one.dead / (one.live + one.dead), one.name))
    chosen: list[tuple[str, ...]] = []
    posts = 0
    for one in by_share:
        if one.dead <= DEAD_SHARE * (one.live + one.dead):
            break
        if chosen and posts + one.live > MAX_REWRITTEN_POSTS:
            continue
        chosen.append((one.name,))
        posts += one.live
    return chosen
