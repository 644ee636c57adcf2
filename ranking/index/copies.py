"""Copied posts: found by the sketches in all segments, and named in the findings of those who copied."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.credibility import COPIED, EVIDENCE_POSTS, Finding, copying_found
from ranking.duplicates import SketchedRows, copied_posts
from ranking.index.post_list import PostRows
from ranking.index.segment import Segment


def with_copies(
    findings: Sequence[tuple[Finding, ...]],
    posts: PostRows,
    segments: Sequence[Segment],
    linkers: NDArray[np.int64],
) -> tuple[tuple[Finding, ...], ...]:
    """Each blogger's findings with the one on copied posts, where there is one; ``linkers`` are each blogger's."""
    sizes = np.diff(posts.offsets)
    owners = np.repeat(np.arange(len(findings)), sizes)
    parts, published = _sketched(posts, segments)
    copies = copied_posts(parts, owners, published, linkers)
    copiers, firsts, counts = np.unique(owners[copies], return_index=True, return_counts=True)
    found = list(findings)
    for copier, first, count in zip(copiers.tolist(), firsts.tolist(), counts.tolist(), strict=True):
        if COPIED.amount(count, int(sizes[copier])) > 0:
            shown = copies[first : first + min(count, EVIDENCE_POSTS)].tolist()
            urls = [segments[posts.segments[place]].document(int(posts.rows[place])).url for place in shown]
            found[copier] += copying_found(count, urls, int(sizes[copier]))
    return tuple(found)


def _sketched(posts: PostRows, segments: Sequence[Segment]) -> tuple[list[SketchedRows], NDArray[np.int64]]:
    """The sketches of all posts by their places in the list, and when each was published."""
    published = np.zeros(len(posts.rows), np.int64)
    parts = []
    for number, segment in enumerate(segments):
        mine = np.flatnonzero(posts.segments == number)
        places = np.full(segment.posts, -1, np.int64)
        places[posts.rows[mine]] = mine
        published[mine] = segment.published[posts.rows[mine]]
        parts.append(SketchedRows(segment.sketches, places))
    return parts, published
