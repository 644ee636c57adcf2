"""The decisions of a visit to a site: what to ask first, what an answer means, when a visit ends, how the site is.

All pure: values in, values out. Central names: :func:`judge`, :func:`budget_left`, :func:`site_health`.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urljoin, urlsplit

from bloghound.errors import AddressError
from bloghound.records import Outcome, SiteHealth
from bloghound.urls import canonical_url, fold_url, host_of, site_of
from crawler.intake import PRIORITY_FEED, PRIORITY_HOME, PRIORITY_SITEMAP
from crawler.politeness.robots import Access
from storage.pages import NewPage

WELL_KNOWN_FEEDS = ("feed", "rss.xml", "atom.xml", "index.xml", "feed.xml", "feed.json")
"""Where WordPress, Ghost, Jekyll, Hugo, Eleventy and JSON Feed tools put a feed; asked for when a home names none."""

PROBE_PAGES = 20
"""Addresses in which a discovered site must show a post or a feed: its home, six guessed feeds, and a dozen links."""

_PROMISING = frozenset({Outcome.POST, Outcome.FEED, Outcome.RESERVED})

MAX_MISSES_PER_PAGE = 20
"""Addresses looked up in vain for each page of a site's budget: archives are capped, so most links lead out of them."""

MAX_PARSE_TIMEOUTS = 10
"""Pages that a parser gives up on, after which a site has had its share: each holds a parser for seconds, while no
page of 90 real blogs does."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
BLOCKED_STATUSES = frozenset({401, 403, 407, 429, 451})
"""Answers that keep us out: log in, forbidden, proxy log-in, too many requests, unavailable for legal reasons."""
GONE_STATUSES = frozenset({404, 410})
_RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})

_LINK_VALUE = re.compile(r"<([^<>]*)>([^<>]*)")
_ALTERNATE = re.compile(r";\s*rel\s*=\s*\"?[^\";]*\balternate\b", re.IGNORECASE)
_FEED_TYPE = re.compile(r";\s*type\s*=\s*\"?application/(?:rss\+xml|atom\+xml|rdf\+xml|feed\+json)", re.IGNORECASE)

_READ = frozenset(
    {Outcome.POST, Outcome.FEED, Outcome.LISTING, Outcome.PAGE, Outcome.SITEMAP, Outcome.RESERVED, Outcome.NOT_MODIFIED}
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a response means before it is read: its outcome, or None when it is to be read or followed."""

    outcome: Outcome | None
    reason: str = ""
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True)
class PageRecord:
    """What became of one address in this crawl."""

    url: str
    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VisitEnd:
    """How a visit ended: the site's health when its crawl is over, else when to come again."""

    health: SiteHealth | None = None
    reason: str = ""
    again_at: datetime | None = None


def judge(url: str, status: int, location: str | None, *, body_bytes: int) -> Verdict:
    """What a response to ``url`` means, by its status and headers alone."""
    if status in REDIRECTS:
        target = redirect_target(url, location)
        if target is None:
            return Verdict(Outcome.HTTP_ERROR, f"HTTP {status} without a usable address")
        return Verdict(None, redirect_url=target)
    if status == 304:
        return Verdict(Outcome.NOT_MODIFIED)
    if 200 <= status < 300:
        return Verdict(None) if body_bytes else Verdict(Outcome.EMPTY, "no content")
    return Verdict(_outcome_of_error(status), f"HTTP {status}")


def _outcome_of_error(status: int) -> Outcome:
    if status in GONE_STATUSES:
        return Outcome.NOT_FOUND
    return Outcome.BLOCKED if status in BLOCKED_STATUSES else Outcome.HTTP_ERROR


def redirect_target(url: str, location: str | None) -> str | None:
    """Where a redirect leads, as a canonical address; None when it leads nowhere or back to where it came from."""
    if not location:
        return None
    try:
        target = canonical_url(urljoin(url, location.strip()))
    except (AddressError, ValueError):
        return None
    return None if target == canonical_url(url) else target


def retry_at(
    outcome: Outcome, status: int | None, attempts: int, *, now: datetime, delays_seconds: Sequence[float]
) -> datetime | None:
    """When a failed page is asked for again; None when it failed for good, or as often as there are delays."""
    passing = outcome == Outcome.NETWORK_ERROR or status in _RETRIED_STATUSES
    if not passing or attempts > len(delays_seconds):
        return None
    return now + timedelta(seconds=delays_seconds[attempts - 1])


def refused_state(access: Access, again_at: datetime | None) -> str:
    """The state of a page that robots.txt did not allow: done only when rules forbid it.

    Where robots.txt could not be had, it stays queued if that is asked for again in this crawl, else for the next one.
    """
    if access is Access.RULES:
        return "done"
    return "waiting" if again_at is None else "queued"


def first_pages(home_url: str, sitemap_urls: Sequence[str], *, depth: int = 0) -> tuple[NewPage, ...]:
    """What is asked for first: the home page, and the sitemaps that robots.txt names or the usual ones.

    A blog in a folder of its host has its sitemap there. A site that is a path on a shared host has none of its own.
    """
    home = NewPage(home_url, "home", PRIORITY_HOME, depth)
    if site_of(home_url).key != urlsplit(home_url).netloc:
        return (home,)
    named = [url for url in sitemap_urls if _is_same_host(url, home_url)]
    urls = [*named, urljoin(home_url, "sitemap.xml"), urljoin(home_url, "/sitemap.xml")]
    return (home, *(NewPage(url, "sitemap", PRIORITY_SITEMAP, depth, home_url) for url in dict.fromkeys(urls)))


def _is_same_host(url: str, home_url: str) -> bool:
    return host_of(url) == host_of(home_url)


def well_known_feeds(home_url: str, *, depth: int = 0) -> tuple[NewPage, ...]:
    """Where feeds usually are, for a home page that names none."""
    base = home_url if home_url.endswith("/") else f"{home_url}/"
    # One step behind a feed that is named: these are guesses.
    return tuple(
        NewPage(urljoin(base, path), "feed", PRIORITY_FEED - 1, depth + 1, home_url) for path in WELL_KNOWN_FEEDS
    )


def header_feeds(link_headers: Iterable[str], url: str, *, depth: int = 0) -> tuple[NewPage, ...]:
    """The feeds that a page's Link headers name (RFC 8288: ``rel=alternate`` with a feed's media type)."""
    found: dict[str, NewPage] = {}
    for target, parameters in _LINK_VALUE.findall(", ".join(link_headers)):
        if _ALTERNATE.search(parameters) and _FEED_TYPE.search(parameters):
            address = redirect_target(url, target)
            if address is not None and site_of(address).key == site_of(url).key:
                found[address] = NewPage(address, "feed", PRIORITY_FEED, depth + 1, url)
    return tuple(found.values())


def page_budget(records: Collection[PageRecord], max_pages: int, *, is_seed: bool) -> int:
    """How many addresses of a site may be fetched in a crawl: few, while one that was only linked to shows no post.

    Links lead to shops, platforms and software far more often than to blogs.
    """
    if is_seed or any(record.outcome in _PROMISING for record in records):
        return max_pages
    return min(max_pages, PROBE_PAGES)


def budget_left(records: Collection[PageRecord], max_pages: int, *, archived: bool) -> int:
    """How many addresses of a site may still be fetched in this crawl; 0 or less when none.

    In an archive nobody is asked for what is not in it, so such addresses do not count as pages, up to a bound that
    keeps a site with endless addresses from going on for ever.
    """
    if sum(record.outcome == Outcome.PARSE_TIMEOUT for record in records) >= MAX_PARSE_TIMEOUTS:
        return 0
    if not archived:
        return max_pages - len(records)
    missing = sum(record.outcome == Outcome.NOT_FOUND for record in records)
    return min(max_pages - len(records) + missing, max_pages * MAX_MISSES_PER_PAGE - missing)


def home_record(records: Sequence[PageRecord], home_url: str) -> PageRecord | None:
    """What became of the home page last, or of the page that it was redirected to."""
    home = fold_url(home_url)
    place = next((place for place, record in enumerate(records) if fold_url(record.url) == home), None)
    if place is None:
        return None
    return next((record for record in records[place:] if record.outcome != Outcome.REDIRECT), records[place])


def site_health(
    records: Sequence[PageRecord],
    home_url: str,
    *,
    live_posts: int,
    not_a_blog: str = "",
    moved_to: str | None = None,
    trouble: VisitEnd | None = None,
) -> VisitEnd:
    """How a site is at the end of its crawl, with the true reason.

    ``not_a_blog`` is the reason why its pages show that it is none, empty when it may be one; ``trouble`` is what cut
    the crawl short (a parked host, a forbidden home page).
    """
    home = home_record(records, home_url)
    if moved_to is not None and not live_posts:
        return VisitEnd(SiteHealth.FAILED, f"moved to {moved_to}")
    was_read = any(record.outcome in _READ for record in records)
    if not_a_blog and was_read:
        return VisitEnd(SiteHealth.NOT_A_BLOG, not_a_blog)
    if live_posts and was_read:
        return VisitEnd(SiteHealth.OK)
    if home is not None and home.outcome == Outcome.BLOCKED:
        return VisitEnd(SiteHealth.BLOCKED, home.reason)
    if trouble is not None:
        return trouble
    return _health_without_posts(records, home, was_read=was_read)


def _health_without_posts(records: Sequence[PageRecord], home: PageRecord | None, *, was_read: bool) -> VisitEnd:
    if was_read:
        return VisitEnd(SiteHealth.EMPTY, "it answers, but shows no posts")
    if any(record.outcome == Outcome.NOINDEX for record in records):
        return VisitEnd(SiteHealth.EMPTY, "its pages ask not to be indexed (noindex)")
    if home is None:
        return VisitEnd(SiteHealth.FAILED, "its home page was not fetched")
    if home.outcome == Outcome.OTHER_SITE:
        return VisitEnd(SiteHealth.FAILED, home.reason)
    return VisitEnd(SiteHealth.FAILED, _failure_words(home))


def _failure_words(home: PageRecord) -> str:
    words = home.outcome.value.replace("_", " ")
    return f"home page: {words}" + (f" ({home.reason})" if home.reason else "")
