"""When to come again: to a site by the rhythm of its posts, to a post by its age, to what leads to posts rarely. Pure.

A site's posts are taken for a Poisson process, which fits how pages of the web change (Cho and Garcia-Molina,
"Estimating frequency of change", ACM TOIT 3, 2003). Central names: :func:`next_visit`, :func:`next_look`,
:func:`leads_due`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bloghound.records import Outcome, SiteHealth
from storage.schedule import Lead, PostPage

RECENT_POSTS = 20
"""Posts that show a rhythm: the error of a rate from 20 events is a quarter, and older ones tell of other times."""
PRIOR_POSTS = 0.1
"""What the expectation of PRIOR_GAP weighs, in posts: next to nothing, but no two posts of one hour make a rhythm."""
PRIOR_GAP = timedelta(days=30)
"""A blog of which nothing is known is taken to write once a month."""
SHARE_OF_VISITS_WITH_NEWS = 0.5
"""Every second visit finds something new: one in all would come late, one in ten would ask nine times for nothing."""
SHORTEST = timedelta(hours=4)
"""However often somebody writes: six visits a day are what feed readers take for courteous, and half a day's news."""
LONGEST = timedelta(weeks=8)
"""However long a blog has slept: it is found awake within two months."""

_FIRST_RETRY = {
    SiteHealth.FAILED: timedelta(days=1),
    SiteHealth.BLOCKED: timedelta(days=2),
    SiteHealth.ROBOTS: timedelta(days=7),
    SiteHealth.EMPTY: timedelta(days=7),
    SiteHealth.NOT_A_BLOG: LONGEST,
}
"""After a visit that ended without posts; doubled after each further one. Most outages are over in a day; who says no
is asked again when they may have thought otherwise; a shop stays one."""

LOOKS = (
    timedelta(days=1),
    timedelta(days=3),
    timedelta(weeks=1),
    timedelta(days=30),
    timedelta(days=90),
    timedelta(days=365),
)
"""Ages at which a post is looked at again. What readers do with a post they do soon, and the logarithm of its sum grows
about evenly with that of its age (Szabo and Huberman, "Predicting the popularity of online content", CACM 53, 2010): so
each look is about three times as far as the one before. A year later, edits are rare and comments are mostly spam."""

MISSING_FOR = timedelta(days=1)
"""A page that is not found may be back tomorrow: a theme that is changed, a file that is uploaded again."""
MISSING_LOOK = timedelta(days=30)
"""How long until a page that has vanished is asked for once more; it may come back within a year."""

GONE = 410
"""The status by which a server says that a page will not come back (RFC 9110, section 15.5.11)."""

_LEAD_AGES = {"home": timedelta(weeks=1), "feed": timedelta(weeks=4), "listing": timedelta(weeks=4)}
_RAREST_LEAD = timedelta(weeks=8)
"""For sitemaps and whatever else leads to posts: what is new stands in the feed, or else on the home page."""

WORD_AGE = timedelta(weeks=4)
"""After this the page about the author is read again, where it says who that is elsewhere: it may say so no more."""

MAX_OLD_LEADS = 20
"""Of a blog's hundreds of tags and months only so many are asked for in one visit; the others in the next ones."""

_ANSWERS = frozenset({Outcome.FEED, Outcome.POST, Outcome.RESERVED, Outcome.NOT_MODIFIED, Outcome.SITEMAP})
_SEEN = frozenset({Outcome.POST, Outcome.PAGE, Outcome.LISTING, Outcome.RESERVED})
_WORKING_FEED = frozenset({Outcome.FEED.value, Outcome.RESERVED.value})
_FAILING_FEED = frozenset(
    {Outcome.HTTP_ERROR.value, Outcome.NETWORK_ERROR.value, Outcome.BLOCKED.value, Outcome.PARSE_ERROR.value}
)


@dataclass(frozen=True, slots=True)
class Look:
    """What follows for a post from how its page was found: when to look again, and whether the post stands."""

    next_fetch_at: datetime | None
    missing_since: datetime | None
    post_state: str


def posts_per_day(dates: Sequence[datetime], now: datetime) -> float:
    """How often a site posts, from the dates of its last posts, newest first, and from its silence since.

    The mean of the rate with a gamma prior of PRIOR_POSTS in PRIOR_POSTS times PRIOR_GAP; above 0.
    """
    recent = [date for date in dates if date <= now][:RECENT_POSTS]
    # The oldest only begins the time in which the others came.
    after_first = max(0, len(recent) - 1)
    days = (now - recent[-1]) / timedelta(days=1) if recent else 0.0
    return (PRIOR_POSTS + after_first) / (PRIOR_POSTS * (PRIOR_GAP / timedelta(days=1)) + days)


def interval(dates: Sequence[datetime], now: datetime) -> timedelta:
    """How long to wait, so that SHARE_OF_VISITS_WITH_NEWS find a new post; between SHORTEST and LONGEST."""
    # A Poisson process brings at least one event within t with the probability 1 - exp(-rate * t).
    days = -math.log(1 - SHARE_OF_VISITS_WITH_NEWS) / posts_per_day(dates, now)
    return min(max(timedelta(days=min(days, LONGEST.days)), SHORTEST), LONGEST)


def next_visit(
    health: SiteHealth, dates: Sequence[datetime], *, now: datetime, failures: int, next_look_at: datetime | None = None
) -> datetime:
    """When a site is due again after a visit that ended with ``health``.

    ``failures`` counts visits in a row that ended without posts, this one included. A post that is to be looked at
    earlier, at ``next_look_at``, brings the visit forward.
    """
    if health != SiteHealth.OK:
        first = _FIRST_RETRY[health]
        # LONGEST is reached after six doublings of a day.
        doublings = min(max(failures, 1) - 1, 6)
        return now + min(first * (1 << doublings), LONGEST)
    due_at = now + interval(dates, now)
    return due_at if next_look_at is None else min(due_at, max(next_look_at, now + SHORTEST))


def site_answers(outcomes: Sequence[Outcome]) -> bool:
    """Whether a site gave something of its own in a visit: where all of it fails, no single page has vanished.

    A home page proves nothing, since whoever takes over a domain has one.
    """
    return not _ANSWERS.isdisjoint(outcomes)


def next_look(page: PostPage, *, answers: bool, is_error_page: bool) -> Look:
    """What follows from how the page of a post was found last.

    ``answers`` says whether its site does (:func:`site_answers`), ``is_error_page`` that the page was served as if all
    were well, but says that nothing is there.
    """
    if page.outcome != Outcome.NOT_FOUND and not is_error_page:
        was_seen = page.outcome in _SEEN
        state = "live" if was_seen else page.post_state
        return Look(_look_by_age(page), None if was_seen else page.missing_since, state)
    if not answers:
        return Look(page.fetched_at + MISSING_FOR, page.missing_since, page.post_state)
    since = page.missing_since or page.fetched_at
    missing = page.fetched_at - since
    if page.status != GONE and missing < MISSING_FOR and page.post_state != "vanished":
        return Look(since + MISSING_FOR, since, page.post_state)
    return Look(page.fetched_at + MISSING_LOOK if missing < LOOKS[-1] else None, since, "vanished")


def _look_by_age(page: PostPage) -> datetime | None:
    return next((page.published + age for age in LOOKS if page.published + age > page.fetched_at), None)


def leads_due(leads: Sequence[Lead], *, now: datetime, since: datetime | None) -> list[int]:
    """Ids of the pages that a visit to a known site asks for to find new posts.

    The first feed that works (a page names its main one first) is asked every time, and the home page where there is
    none; so is the feed of comments; the others when they are old. What was fetched ``since`` a time, by another crawl,
    is not asked for again.
    """
    feeds = [one for one in leads if one.kind == "feed"]
    working = [one for one in feeds if one.outcome in _WORKING_FEED]
    failing = [one for one in feeds if one.outcome in _FAILING_FEED]
    news = [*working, *failing, *(one for one in leads if one.kind == "home")]
    talk = [one for one in leads if one.kind == "comments" and one.outcome in _WORKING_FEED]
    always = [*news[:1], *talk[:1]]
    old = [one for one in leads if one not in always and _is_old(one, now)]
    due = [*always, *old[:MAX_OLD_LEADS]]
    return [one.page_id for one in due if one.fetched_at is None or since is None or one.fetched_at < since]


def _is_old(lead: Lead, now: datetime) -> bool:
    if lead.fetched_at is None:
        return True
    is_absent = lead.outcome == Outcome.NOT_FOUND.value
    return now - lead.fetched_at >= (_RAREST_LEAD if is_absent else _LEAD_AGES.get(lead.kind, _RAREST_LEAD))
