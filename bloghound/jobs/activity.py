"""Whether and how often a blogger publishes, told apart from whether we can see it. Pure functions over values."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from graph.build import VOTE_WINDOW_DAYS
from ranking.activity import MIN_DATED_POSTS, MONTH, RATE_WINDOW
from storage.bloggers import StoredSite

QUIET_AFTER = timedelta(days=VOTE_WINDOW_DAYS)
"""Whoever wrote nothing for as long as a link counts as a vote is quiet."""

MAX_MONTHS = 120
"""Ten years of bars: what fits beside each other on a page."""

_UNREADABLE = {
    "blocked": "the site refuses our crawler",
    "robots": "robots.txt asks us to stay away",
    "failed": "the site could not be reached",
}
_UNKNOWN = {
    "empty": "the last visit found no posts",
    "not_a_blog": "the last visit found no blog",
    "ok": "no post has a date",
}


@dataclass(frozen=True, slots=True)
class ActivityStatus:
    """``active``, ``quiet``, ``blocked``, ``robots``, ``failed`` or ``unknown``, why, and as of which visit."""

    status: str
    reason: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class PostingRate:
    """Posts per month from ``since`` to ``until``; ``value`` is None with a reason where it is unknown."""

    value: float | None
    reason: str | None
    posts: int
    since: datetime | None
    until: datetime | None


def activity_status(sites: Sequence[StoredSite], last_post: datetime | None) -> ActivityStatus:
    """What the last visits tell about a blogger's activity.

    A silent site that could not be read is never called quiet: nobody knows what it published.
    """
    visits = [site.last_visited_at for site in sites if site.last_visited_at is not None]
    as_of = max(visits, default=None)
    if as_of is not None and last_post is not None and as_of - last_post <= QUIET_AFTER:
        return ActivityStatus("active", f"the last post is of {last_post.date()}", as_of)
    unreadable = next((site for site in sites if site.health in _UNREADABLE), None)
    if unreadable is not None and unreadable.health is not None:
        told = f": {unreadable.health_reason}" if unreadable.health_reason else ""
        return ActivityStatus(unreadable.health, f"{_UNREADABLE[unreadable.health]}{told}", as_of)
    if last_post is not None and any(site.health == "ok" for site in sites):
        return ActivityStatus("quiet", f"nothing was published since {last_post.date()}", as_of)
    healths = [site.health for site in sites if site.health is not None]
    return ActivityStatus("unknown", _UNKNOWN[healths[0]] if healths else "the site was not visited yet", as_of)


def rate_window(first_post: datetime | None, as_of: datetime) -> tuple[datetime, datetime]:
    """The year before ``as_of``, or from the first post on where that is later."""
    start = as_of - RATE_WINDOW
    return (max(start, first_post) if first_post is not None and first_post <= as_of else start), as_of


def posting_rate(dated: int, posts: int, since: datetime, until: datetime) -> PostingRate:
    """The rate of ``posts`` between two times, of a blogger with ``dated`` dated posts in all.

    The same rule as the index has (:func:`ranking.activity.posts_per_month`).
    """
    if dated < MIN_DATED_POSTS:
        return PostingRate(None, "too_few_posts", posts, since, until)
    months = max((until - since) / MONTH, 1.0)
    return PostingRate(round(posts / months, 3), None, posts, since, until)


def months_of(dates: Sequence[datetime], until: datetime) -> dict[str, int]:
    """Posts per month (``2026-05``) from the first date to ``until``, months without posts included.

    The last :data:`MAX_MONTHS` at most; dates after ``until`` are taken for mistakes and left out.
    """
    counted = Counter(f"{date:%Y-%m}" for date in dates if date <= until)
    if not counted:
        return {}
    last = until.year * 12 + until.month - 1
    year, month = map(int, min(counted).split("-"))
    first = max(year * 12 + month - 1, last - MAX_MONTHS + 1)
    names = [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1)]
    return {name: counted.get(name, 0) for name in names}


def first_month(until: datetime) -> datetime:
    """The start of the earliest month that :func:`months_of` can show."""
    number = until.year * 12 + until.month - MAX_MONTHS
    return until.replace(year=number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
