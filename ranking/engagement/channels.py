"""What is known of a blogger's readers, channel by channel: the newest posts that are old enough, and their counts."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bloghound.records import EngagementKind, PostComments, RankableBlogger, RankablePost, UnknownReason
from bloghound.urls import key_or_empty
from ranking.activity import moment_of, moments, rate_of
from ranking.engagement.discussion import NOTHING_SAID, Talk, talk_of
from ranking.engagement.groups import band_of, family_of
from ranking.engagement.measures import KINDS, NAMES

MIN_POST_AGE = timedelta(days=7)
"""Younger posts are not counted, since their readers have not all come: a whole week, so that every post has had a
weekend. Most reactions come early: stories on Digg had theirs within a day (Szabo and Huberman, 2010)."""

WINDOW_POSTS = 20
"""The newest posts that count: so many that one moves a figure little, so few that they tell of today, and that half of
them stand in a feed of ten, which is what WordPress shows."""

REASONS = tuple(UnknownReason)

HIDDEN = -1
"""Stands in a column of counts for a post that does not show the figure."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A blogger's posts on platforms of one family.

    ``counts`` has a column for each of :data:`NAMES` and as many rows as posts count; each column is sorted by itself,
    :data:`HIDDEN` first. ``reasons`` say why a column is all hidden. ``dates`` are when its posts were published, the
    future ones too, as :func:`ranking.activity.moments` writes them.
    """

    family: str
    band: str | None
    counts: NDArray[np.int64]
    reasons: tuple[str, ...]
    young_posts: int
    talk: Talk = NOTHING_SAID
    dates: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


def next_turns(dates: NDArray[np.int64], as_of: datetime) -> NDArray[np.int64]:
    """For posts of these dates the next moment at which time alone changes what is counted of them, beside the rate:
    just after a date of the future is as near as young ones are, when it comes, and when it is no longer young."""
    age, now = MIN_POST_AGE // timedelta(microseconds=1), moment_of(as_of)
    found = np.full(dates.shape, NEVER)
    for turns in (dates + age, dates, dates - age + 1):
        found = np.where(turns > now, turns, found)
    return found


NEVER = int(np.iinfo(np.int64).max)
"""A moment that does not come."""


def channels_of(blogger: RankableBlogger, as_of: datetime) -> tuple[Channel, ...]:
    """The blogger's channels in the order of their names; a blogger without posts has one that is empty.

    A blog and a profile of one blogger are apart, since readers answer here with comments and there with likes.
    """
    families = {site.key: family_of(site.platform, site.kind) for site in blogger.sites}
    usual = next(iter(families.values()), family_of("", "blog"))
    posts: dict[str, list[RankablePost]] = {}
    for post in blogger.posts:
        family = families.get(key_or_empty(post.url), usual) if len(families) > 1 else usual
        posts.setdefault(family, []).append(post)
    return tuple(_channel(family, posts[family], as_of) for family in sorted(posts)) or (_channel(usual, [], as_of),)


def _channel(family: str, posts: Sequence[RankablePost], as_of: datetime) -> Channel:
    dates = moments(post.published for post in posts if post.published)
    grown = [post for post in posts if not _is_young(post, as_of)]
    counted = sorted(grown, key=lambda post: _newest_first(post, as_of))[:WINDOW_POSTS]
    aged = [post for post in counted if _has_age(post, as_of)]
    rows = [_counts(post) for post in aged] + [(HIDDEN,) * len(NAMES)] * (len(counted) - len(aged))
    return Channel(
        family=family,
        band=band_of(rate_of(dates, moment_of(as_of))),
        counts=np.sort(np.array(rows, np.int64).reshape(-1, len(NAMES)), axis=0),
        reasons=_reasons(aged),
        young_posts=len(posts) - len(grown),
        talk=talk_of([post.comments for post in counted if post.comments is not None]),
        dates=dates,
    )


def _is_young(post: RankablePost, as_of: datetime) -> bool:
    """Whether readers may still come. A date far in the future is a mistake, and such a post is as good as undated."""
    return post.published is not None and abs(as_of - post.published) < MIN_POST_AGE


def _has_age(post: RankablePost, as_of: datetime) -> bool:
    return post.published is not None and post.published <= as_of


def _newest_first(post: RankablePost, as_of: datetime) -> tuple[float, int]:
    """Posts of unknown age come first, and show nothing: else hiding the dates of those that few answered would take
    them out of the window, and hiding the dates of old ones that many answered would bring them in."""
    age = (as_of - post.published).total_seconds() if post.published and _has_age(post, as_of) else -1.0
    return (age, -post.post_id)


def _counts(post: RankablePost) -> tuple[int, ...]:
    """The counts of a post in the order of :data:`NAMES`, :data:`HIDDEN` where it shows none."""
    shown = {reading.kind: reading.count for reading in post.engagement if reading.count is not None}
    comments = shown.get(EngagementKind.COMMENTS, HIDDEN)
    return (
        comments,
        _distinct(post.comments, comments),
        shown.get(EngagementKind.SHARES, HIDDEN),
        post.citing_bloggers,
        shown.get(EngagementKind.LIKES, HIDDEN),
        shown.get(EngagementKind.VIEWS, HIDDEN),
    )


def _distinct(comments: PostComments | None, count: int) -> int:
    """Of comments that were read one by one, or none where there are no comments.

    The other way round nothing follows: that some comments were read does not tell how many there are.
    """
    if comments is not None:
        return len(set(comments.commenters))
    return 0 if count == 0 else HIDDEN


def _reasons(posts: Sequence[RankablePost]) -> tuple[str, ...]:
    if not posts:
        return (UnknownReason.TOO_FEW_POSTS.value,) * len(NAMES)
    found: dict[EngagementKind, list[str]] = {}
    for post in posts:
        for reading in post.engagement:
            if reading.reason is not None:
                found.setdefault(reading.kind, []).append(reading.reason.value)
    return tuple(_most_given(found.get(KINDS.get(name, EngagementKind.COMMENTS), ())) for name in NAMES)


def _most_given(reasons: Iterable[str]) -> str:
    """The reason that most posts give, of two equal ones the first by name."""
    counted = Counter(reasons)
    return min(counted, key=lambda reason: (-counted[reason], reason), default=UnknownReason.NOT_EXPOSED.value)
