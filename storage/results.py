"""What came of fetched pages, written together: page, posts, links, engagement, new addresses and the log entry.

A worker that is killed loses at most the requests in flight, because a page is ``done`` in the same transaction that
stores what it brought; entering the same result twice changes nothing but the log.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from bloghound.errors import AddressError
from bloghound.records import Commenter, EngagementReading, Link, LinkContext, Outcome
from bloghound.urls import canonical_url, fold_url, host_of, site_of
from storage import engagement, figures, links, pages, posts, sites, suppressions
from storage.merging import ReadPost
from storage.pages import NewPage
from storage.posts import Kept
from storage.suppressions import Suppressions
from storage.tables import Fetch, Site
from storage.tables.base import table_of

_FETCH, _SITE = table_of(Fetch), table_of(Site)

_UNREAD = frozenset(
    {Outcome.NOT_FOUND, Outcome.BLOCKED, Outcome.HTTP_ERROR, Outcome.NETWORK_ERROR, Outcome.EMPTY}
    | {Outcome.TOO_LARGE, Outcome.PARSE_ERROR, Outcome.PARSE_TIMEOUT}
)


@dataclass(frozen=True, slots=True)
class PageResult:
    """One fetched page: its one outcome, and everything it brought."""

    crawl_id: int
    site_id: int | None
    url: str
    outcome: Outcome
    fetched_at: datetime
    origin: str
    """``live``, ``archive`` or ``import``."""
    reason: str = ""
    status: int | None = None
    content_type: str = ""
    body_bytes: int = 0
    kind: str = ""
    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None
    signals: Mapping[str, Any] | None = None
    reservations: tuple[str, ...] = ()
    warc_file: str | None = None
    warc_offset: int | None = None
    retry_at: datetime | None = None
    """Set when the page stays queued, to be asked for again then."""
    attempts: int = 0
    posts: tuple[ReadPost, ...] = ()
    new_pages: tuple[NewPage, ...] = ()
    site_links: tuple[Link, ...] = ()
    site_facts: Mapping[str, str] = field(default_factory=dict)
    """What the page says of its site: ``title``, ``platform``, ``description``."""
    is_page: bool = True
    """False for what is logged but is no page of the site's queue, such as robots.txt."""


def record(
    connection: Connection, results: Sequence[PageResult], *, secret_key: bytes, now: datetime
) -> list[tuple[int, int]]:
    """Write results in one go; (new posts, updated posts) for each, in order.

    Of a suppressed site nothing is written but a log entry without a name, and nothing that leads to one.
    """
    suppressed = suppressions.load(connection, secret_key)
    if suppressed:
        results = _without_suppressed(connection, results, suppressed)
    kept = _keep_posts(connection, results, secret_key=secret_key, now=now)
    counts = [(sum(one.new for one in group), sum(one.updated for one in group)) for group in kept]
    site_links = [
        (result.site_id, link) for result in results if result.site_id is not None for link in result.site_links
    ]
    links.keep_site_links(connection, site_links, now=now)
    for site_id, new_pages in _new_pages(results).items():
        pages.enqueue(connection, site_id, new_pages)
    for result in results:
        if result.site_id is not None and result.site_facts:
            sites.learn(connection, result.site_id, result.site_facts)
    fetched = [result for result in results if result.is_page and result.site_id is not None]
    for row_of in (_page_row, _unread_row, _unchanged_row):
        pages.mark(connection, [row_of(result) for result in fetched if _form_of(result) is row_of])
    rows = [_fetch_row(result, *count) for result, count in zip(results, counts, strict=True)]
    if rows:
        connection.execute(insert(_FETCH), rows)
        figures.count_fetches(connection, rows)
    return counts


def _without_suppressed(
    connection: Connection, results: Sequence[PageResult], suppressed: Suppressions
) -> list[PageResult]:
    site_ids = {result.site_id for result in results if result.site_id is not None}
    query = select(_SITE.c.id, _SITE.c.key).where(_SITE.c.id.in_(sorted(site_ids)))
    keys: dict[int, str] = dict(connection.execute(query).all())
    return [
        _nameless(result) if keys.get(result.site_id or 0) in suppressed else _about_others(result, suppressed)
        for result in results
    ]


def _nameless(result: PageResult) -> PageResult:
    """The log entry of a suppressed site; where its answer lies stays, so that it can be erased there too."""
    return PageResult(
        crawl_id=result.crawl_id,
        site_id=None,
        url="",
        outcome=Outcome.SUPPRESSED,
        fetched_at=result.fetched_at,
        origin=result.origin,
        warc_file=result.warc_file,
        warc_offset=result.warc_offset,
    )


def _about_others(result: PageResult, suppressed: Suppressions) -> PageResult:
    """The result without what is a suppressed site's: copies of its posts, and links to it."""
    posts_left = (read for read in result.posts if not _is_copied_from(read, suppressed))
    return replace(
        result,
        posts=tuple(
            replace(read, post=replace(read.post, links=_links_left(read.post.links, suppressed)))
            for read in posts_left
        ),
        site_links=_links_left(result.site_links, suppressed),
    )


def _is_copied_from(read: ReadPost, suppressed: Suppressions) -> bool:
    """Whether another host's address of a post is a suppressed site's, as in a feed that copies that site's."""
    own_host = host_of(read.post.url)
    return any(host_of(url) != own_host and _key_of(url) in suppressed for url in read.post.addresses)


def _links_left(found: Sequence[Link], suppressed: Suppressions) -> tuple[Link, ...]:
    return tuple(link for link in found if _key_of(link.target_url) not in suppressed)


def _key_of(url: str) -> str | None:
    try:
        return site_of(url).key
    except AddressError:
        return None


def _keep_posts(
    connection: Connection, results: Sequence[PageResult], *, secret_key: bytes, now: datetime
) -> list[list[Kept]]:
    reads = [(result.site_id, read) for result in results if result.site_id is not None for read in result.posts]
    kept = posts.keep(connection, reads, now=now)
    readings: list[tuple[int, str, EngagementReading]] = []
    commenters: dict[int, Sequence[Commenter]] = {}
    post_links: list[tuple[int, int, Link]] = []
    for (site_id, read), one in zip(reads, kept, strict=True):
        readings.extend((one.post_id, read.post.url, reading) for reading in read.post.engagement)
        if read.post.commenters:
            commenters[one.post_id] = read.post.commenters
        content = (link for link in read.post.links if link.context == LinkContext.CONTENT)
        post_links.extend((site_id, one.post_id, link) for link in content)
    engagement.observe(connection, readings, now=now)
    engagement.keep_commenters(connection, commenters, secret_key=secret_key)
    links.keep_post_links(connection, post_links, now=now)
    iterator = iter(kept)
    return [[next(iterator) for _ in result.posts] if result.site_id is not None else [] for result in results]


def _new_pages(results: Sequence[PageResult]) -> dict[int, list[NewPage]]:
    found: dict[int, list[NewPage]] = defaultdict(list)
    for result in results:
        if result.site_id is not None and result.new_pages:
            found[result.site_id].extend(result.new_pages)
    return found


def _page_row(result: PageResult) -> dict[str, Any]:
    return {
        "site_id": result.site_id,
        "url": canonical_url(result.url),
        "folded_url": fold_url(result.url),
        "state": "done" if result.retry_at is None else "queued",
        "kind": result.kind,
        "outcome": result.outcome.value,
        "status": result.status,
        "etag": result.etag,
        "last_modified": result.last_modified,
        "content_hash": result.content_hash,
        "signals": dict(result.signals) if result.signals is not None else None,
        "attempts": result.attempts,
        "fetched_at": result.fetched_at,
        "next_fetch_at": result.retry_at,
    }


def _form_of(result: PageResult) -> Callable[[PageResult], dict[str, Any]]:
    if result.outcome == Outcome.NOT_MODIFIED:
        return _unchanged_row
    return _unread_row if result.outcome in _UNREAD else _page_row


def _unread_row(result: PageResult) -> dict[str, Any]:
    """A page that was not read this time: what was read from it before still tells what it is."""
    return {name: value for name, value in _page_row(result).items() if name not in {"content_hash", "signals"}}


def _unchanged_row(result: PageResult) -> dict[str, Any]:
    """A page that is as it was: what was read from it then still stands."""
    kept = ("site_id", "url", "folded_url", "state", "kind", "attempts", "fetched_at", "next_fetch_at")
    row = _page_row(result)
    return {name: row[name] for name in kept}


def _fetch_row(result: PageResult, new: int, updated: int) -> dict[str, Any]:
    return {
        "crawl_id": result.crawl_id,
        "site_id": result.site_id,
        "url": result.url,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "status": result.status,
        "content_type": result.content_type[:200],
        "bytes": result.body_bytes,
        "origin": result.origin,
        "reservations": list(result.reservations),
        "warc_file": result.warc_file,
        "warc_offset": result.warc_offset,
        "posts_new": new,
        "posts_updated": updated,
        "fetched_at": result.fetched_at,
    }
