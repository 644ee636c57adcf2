"""A blogger's profile: what storage holds joined with the figures of a generation, each fact with where it is from."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median
from typing import Any, TypeVar

from bloghound.errors import NotFoundError
from bloghound.jobs.activity import (
    ActivityStatus,
    PostingRate,
    activity_status,
    first_month,
    months_of,
    posting_rate,
    rate_window,
)
from bloghound.jobs.channels import Channel, channels
from bloghound.jobs.channels import visible as visible_figures
from bloghound.jobs.standing import Standing, standing
from bloghound.jobs.visible_sites import shown_source
from bloghound.settings import Settings
from ranking.index.generation import Generation
from storage import blogger_links, bloggers, identity, post_pages, provenance, suppressions
from storage.blogger_links import Direction, LinkedBlogger
from storage.bloggers import BloggerFilter, BloggerSort, LanguageShare, ListedBlogger, StoredBlogger, WritingAuthor
from storage.database import Connection
from storage.identity import StoredProof
from storage.post_pages import ShownReading
from storage.provenance import Observation, PathStep
from storage.tables.base import utc_now

Row = TypeVar("Row", ListedBlogger, LinkedBlogger)


@dataclass(frozen=True, slots=True)
class Followers:
    """The largest audience that a site shows, since audiences overlap; None with a reason when none shows one.

    ``imported_from`` says whose figure it is, where it came in by a file.
    """

    value: int | None
    reason: str | None
    site_key: str | None
    source_url: str | None
    observed_at: datetime | None
    imported_from: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact of the profile was read, and when."""

    fact: str
    source_url: str | None
    observed_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that is known of a blogger; ``standing`` is None with a reason when no generation holds it."""

    blogger: StoredBlogger
    languages: list[LanguageShare]
    authors: list[WritingAuthor]
    posts: int
    first_post: datetime | None
    last_post: datetime | None
    posts_per_month: PostingRate
    activity: ActivityStatus
    followers: Followers
    figures: list[Observation]
    channels: list[Channel]
    proofs: list[StoredProof]
    """Also those that do not count (any more), each with its state."""
    found_by: list[PathStep]
    standing: Standing | None
    standing_reason: str | None
    sources: list[Source]


@dataclass(frozen=True, slots=True)
class MonthOfPosts:
    """One month: its posts, and the median of each kind of reaction with the number of posts that show it."""

    month: str
    posts: int
    engagement: dict[str, tuple[float, int]]


@dataclass(frozen=True, slots=True)
class Activity:
    """Posts by month, and whether the blogger is active."""

    status: ActivityStatus
    months: list[MonthOfPosts]


def visible(connection: Connection, settings: Settings, public_id: str) -> StoredBlogger:
    """The blogger of that id; raises NotFoundError when there is none, or when it asked to be left out."""
    found = bloggers.find(connection, public_id)
    suppressed = suppressions.load(connection, settings.secret_key())
    if found is None or any(site.key in suppressed for site in found.sites):
        raise NotFoundError(f"There is no blogger {public_id!r}.")
    shown = (replace(site, found_from_url=shown_source(site.found_from_url, suppressed)) for site in found.sites)
    return replace(found, sites=tuple(shown)) if suppressed else found


def visible_page(
    connection: Connection,
    settings: Settings,
    *,
    limit: int,
    wanted: BloggerFilter,
    sort: BloggerSort,
    after: list[str | int] | None,
) -> list[ListedBlogger]:
    """Up to ``limit`` bloggers in order, without those that asked to be left out."""

    def read(after: Sequence[str | int] | None) -> list[ListedBlogger]:
        return bloggers.page(connection, limit=limit, wanted=wanted, sort=sort, after=after)

    return _unhidden(connection, settings, limit, after, read)


def visible_links(
    connection: Connection,
    settings: Settings,
    blogger_id: int,
    direction: Direction,
    *,
    limit: int,
    after: list[int] | None,
) -> list[LinkedBlogger]:
    """Up to ``limit`` bloggers linked with one, without those that asked to be left out."""

    def read(after: Sequence[int] | None) -> list[LinkedBlogger]:
        return blogger_links.page(connection, blogger_id, direction, limit=limit, after=after)

    return _unhidden(connection, settings, limit, after, read)


def _unhidden(
    connection: Connection,
    settings: Settings,
    limit: int,
    after: Sequence[Any] | None,
    read: Callable[[Sequence[Any] | None], list[Row]],
) -> list[Row]:
    """Up to ``limit`` rows from as many pages as that takes, without bloggers that asked to be left out."""
    suppressed = suppressions.load(connection, settings.secret_key())
    shown: list[Row] = []
    while len(shown) < limit:
        rows = read(after)
        keys = bloggers.site_keys(connection, [row.position[1] for row in rows]) if suppressed else {}
        shown += [row for row in rows if not any(key in suppressed for key in keys.get(row.position[1], ()))]
        if len(rows) < limit:
            break
        after = rows[-1].position
    return shown[:limit]


def profile(
    connection: Connection, settings: Settings, public_id: str, generation: Generation | None, reason: str = "no_index"
) -> Profile:
    """The profile of a blogger; without a ``generation``, for that ``reason``, the figures of an index are unknown.

    Raises NotFoundError when there is no such blogger, or when it asked to be left out.
    """
    blogger = visible(connection, settings, public_id)
    ids = [site.site_id for site in blogger.sites]
    languages = bloggers.languages(connection, ids)
    first = min((one.first_post for one in languages if one.first_post), default=None)
    last = max((one.last_post for one in languages if one.last_post), default=None)
    latest = visible_figures(
        provenance.latest_figures(connection, ids), suppressions.load(connection, settings.secret_key())
    )
    figures = sorted(latest, key=lambda one: (one.site_key, one.profile_url or "", one.kind))
    proofs = visible_proofs(connection, settings, ids)
    status = activity_status(blogger.sites, last)
    since, until = rate_window(first, status.as_of or utc_now())
    within = bloggers.posts_within(connection, ids, since, until) if last is not None else 0
    placed = standing(generation, public_id) if generation is not None else None
    followers = largest_audience(figures)
    return Profile(
        blogger=blogger,
        languages=languages,
        authors=bloggers.authors(connection, ids),
        posts=sum(one.posts for one in languages),
        first_post=first,
        last_post=last,
        posts_per_month=posting_rate(sum(one.dated for one in languages), within, since, until),
        activity=status,
        followers=followers,
        figures=figures,
        channels=channels(blogger.sites, figures, proofs),
        proofs=proofs,
        found_by=_found_by(connection, settings, blogger),
        standing=placed,
        standing_reason=None if placed else ("not_in_generation" if generation else reason),
        sources=sources_of(blogger, followers, placed),
    )


def visible_proofs(connection: Connection, settings: Settings, site_ids: Collection[int]) -> list[StoredProof]:
    """What was ever proven of the sites, oldest first, without what names a site that asked to be left out."""
    suppressed = suppressions.load(connection, settings.secret_key())
    found = identity.proofs(connection, site_ids)
    return [one for one in found if one.site_key not in suppressed and one.other_site_key not in suppressed]


def _found_by(connection: Connection, settings: Settings, blogger: StoredBlogger) -> list[PathStep]:
    """The way the founding site was found; it ends before a site that asked to be left out."""
    first = blogger.sites[0]
    if first.found_from_site_id is None:
        own = (first.site_id, first.key, first.home_url, blogger.public_id, first.found_from_url, first.first_seen)
        return [PathStep(*own)]
    steps = provenance.path(connection, first.site_id)
    suppressed = suppressions.load(connection, settings.secret_key())
    hidden = next((number for number, step in enumerate(steps) if step.key in suppressed), len(steps))
    return [replace(step, found_from_url=shown_source(step.found_from_url, suppressed)) for step in steps[:hidden]]


def largest_audience(figures: list[Observation]) -> Followers:
    """The followers of the site that shows most of them."""
    shown = [one for one in figures if one.kind == "followers" and one.value is not None]
    if not shown:
        return Followers(None, "not_exposed", None, None, None, "")
    most = max(shown, key=lambda one: (one.value or 0, one.site_key))
    return Followers(most.value, None, most.site_key, most.source_url, most.observed_at, most.imported_from)


def sources_of(blogger: StoredBlogger, followers: Followers, placed: Standing | None) -> list[Source]:
    """Where each fact of a profile is from: the page and the visit, or the generation that computed it."""
    first = blogger.sites[0]
    found = [
        Source(fact, first.home_url, first.last_visited_at, "read on the site's own pages")
        for fact in ("name", "languages", "posts", "posts_per_month", "activity")
    ]
    found += [
        Source("site", site.found_from_url or site.home_url, site.first_seen, f"how {site.key} came to be known")
        for site in blogger.sites
    ]
    if followers.value is not None:
        stated = f"stated by {followers.imported_from}, from a file"
        note = stated if followers.imported_from else "shown on the public profile"
        found.append(Source("followers", followers.source_url, followers.observed_at, note))
    if placed is not None:
        as_of, note = datetime.fromisoformat(placed.as_of), f"computed in {placed.generation}"
        found += [Source(fact, None, as_of, note) for fact in ("engagement", "reach", "credibility")]
    return found


def activity(connection: Connection, settings: Settings, public_id: str) -> Activity:
    """Posts and reactions by month, and the status; raises NotFoundError as :func:`profile` does."""
    blogger = visible(connection, settings, public_id)
    ids = [site.site_id for site in blogger.sites]
    lasts = [one.last_post for one in bloggers.languages(connection, ids) if one.last_post]
    status = activity_status(blogger.sites, max(lasts, default=None))
    until = max([status.as_of or utc_now(), *(last for last in lasts if last <= utc_now())])
    dated = post_pages.dated_since(connection, ids, first_month(until))
    readings = post_pages.latest_readings(connection, [post.post_id for post in dated])
    by_month: dict[str, list[ShownReading]] = {}
    for post in dated:
        by_month.setdefault(f"{post.published_at:%Y-%m}", []).extend(readings.get(post.post_id, ()))
    counts = months_of([post.published_at for post in dated], until)
    return Activity(
        status, [MonthOfPosts(name, posts, medians(by_month.get(name, []))) for name, posts in counts.items()]
    )


def medians(readings: list[ShownReading]) -> dict[str, tuple[float, int]]:
    """The median count of each kind of reaction that any of the readings shows, and how many show it."""
    counts: dict[str, list[int]] = {}
    for reading in readings:
        if reading.count is not None:
            counts.setdefault(reading.kind, []).append(reading.count)
    return {kind: (float(median(values)), len(values)) for kind, values in sorted(counts.items())}
