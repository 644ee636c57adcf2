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

from bloghound.records import (
    Comment,
    Discussion,
    EngagementReading,
    IdentityStatement,
    Link,
    LinkContext,
    Outcome,
    ParsedPost,
    PostSource,
    Statement,
    StatementKind,
)
from bloghound.urls import canonical_url, fold_url, holder_key, host_of, key_or_empty, site_of
from storage import claims, commenters, figures, links, pages, posts, sites, statements, suppressions
from storage.merging import ReadPost
from storage.pages import NewPage
from storage.posts import Kept
from storage.reactions import Origin, Reactions
from storage.suppressions import Suppressions
from storage.tables import Fetch, Site
from storage.tables.base import table_of

_FETCH, _SITE = table_of(Fetch), table_of(Site)

_UNREAD = frozenset(
    {Outcome.NOT_FOUND, Outcome.BLOCKED, Outcome.HTTP_ERROR, Outcome.NETWORK_ERROR, Outcome.EMPTY}
    | {Outcome.TOO_LARGE, Outcome.PARSE_ERROR, Outcome.PARSE_TIMEOUT}
)
# Pages that are gone or moved, or that ask not to be kept: what they stated for contact goes, collected now or not.
_SAYS_NOTHING = frozenset({Outcome.NOT_FOUND, Outcome.NOINDEX, Outcome.RESERVED})
_LEADS_ELSEWHERE = frozenset({Outcome.REDIRECT, Outcome.OTHER_SITE})
# What leaves open what a page says now.
_SILENT = (_UNREAD - _SAYS_NOTHING) | {Outcome.NOT_MODIFIED}
# Pages that no longer say whose the site is; a redirect is judged by where it ends.
_CLAIMS_NOTHING = frozenset({Outcome.NOT_FOUND, Outcome.OTHER_SITE, Outcome.NOINDEX})


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
    comments: tuple[tuple[str, Comment], ...] = ()
    """Comments that were read apart from their posts, with the posts' addresses; those of unknown posts are dropped."""
    discussions: tuple[tuple[str, Discussion], ...] = ()
    readings: tuple[tuple[str, EngagementReading], ...] = ()
    """Figures that were read apart from their posts, with the posts' addresses."""
    statements: tuple[Statement, ...] | None = None
    """What the page says of contact; None where it was not looked for, so that what it said before stays."""
    identity: IdentityStatement | None = None
    """What the page says of whose the site is; None where it has no say, or was not read."""
    is_page: bool = True
    """False for what is logged but is no page of the site's queue, such as robots.txt."""
    is_api: bool = False
    """Whether a platform's interface gave it, and not a page or a feed."""


def record(
    connection: Connection, results: Sequence[PageResult], *, secret_key: bytes, now: datetime
) -> list[tuple[int, int]]:
    """Write results in one go; (new posts, updated posts) for each, in order.

    Of a suppressed site nothing is written but a log entry without a name, and nothing that leads to one.
    """
    suppressed = suppressions.load(connection, secret_key)
    if suppressed:
        results = _without_suppressed(connection, results, suppressed)
    reactions = Reactions()
    kept = _keep_posts(connection, results, reactions, now=now)
    counts = [(sum(one.new for one in group), sum(one.updated for one in group)) for group in kept]
    site_links = [
        (result.site_id, link) for result in results if result.site_id is not None for link in result.site_links
    ]
    links.keep_site_links(connection, site_links, now=now)
    _gather_apart(connection, results, reactions)
    reactions.write(connection, secret_key=secret_key, now=now)
    _keep_statements(connection, results)
    claims.keep(connection, _identities(results))
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
    """The result without what is a suppressed site's: copies of its posts, links to it, comments of its owner."""
    posts_left = (read for read in result.posts if not _is_copied_from(read, suppressed))
    return replace(
        result,
        posts=tuple(replace(read, post=_post_left(read.post, suppressed)) for read in posts_left),
        comments=tuple(one for one in result.comments if _comments_left(one[1:], suppressed)),
        site_links=_links_left(result.site_links, suppressed),
        statements=_statements_left(result.statements, suppressed),
        identity=result.identity and _claims_left(result.identity, suppressed),
    )


def _post_left(post: ParsedPost, suppressed: Suppressions) -> ParsedPost:
    links, comments = _links_left(post.links, suppressed), _comments_left(post.comments, suppressed)
    return replace(post, links=links, comments=comments)


def _is_copied_from(read: ReadPost, suppressed: Suppressions) -> bool:
    """Whether another host's address of a post is a suppressed site's, as in a feed that copies that site's."""
    own_host = host_of(read.post.url)
    return any(host_of(url) != own_host and key_or_empty(url) in suppressed for url in read.post.addresses)


def _links_left(found: Sequence[Link], suppressed: Suppressions) -> tuple[Link, ...]:
    return tuple(link for link in found if key_or_empty(link.target_url) not in suppressed)


def _claims_left(said: IdentityStatement, suppressed: Suppressions) -> IdentityStatement:
    # Of people on networks, which are no sites, the profile's own address may be kept out.
    kept = (
        one for one in said.claims if site_of(one.url).key not in suppressed and holder_key(one.url) not in suppressed
    )
    return replace(said, claims=tuple(kept))


def _statements_left(found: Sequence[Statement] | None, suppressed: Suppressions) -> tuple[Statement, ...] | None:
    """The statements without mail addresses of suppressed sites and profiles."""
    if found is None:
        return None
    return tuple(
        one
        for one in found
        if one.kind is not StatementKind.EMAIL
        or not any(key in suppressed for key in statements.keys_of_address(one.value))
    )


def _comments_left(found: Sequence[Comment], suppressed: Suppressions) -> tuple[Comment, ...]:
    return tuple(one for one in found if not commenters.is_suppressed(one.identity, suppressed))


def _keep_posts(
    connection: Connection, results: Sequence[PageResult], reactions: Reactions, *, now: datetime
) -> list[list[Kept]]:
    found = [
        (result, result.site_id, read) for result in results if result.site_id is not None for read in result.posts
    ]
    kept = posts.keep(connection, [(site_id, read) for _, site_id, read in found], now=now)
    post_links: list[tuple[int, int, Link]] = []
    for (result, site_id, read), one in zip(found, kept, strict=True):
        reactions.of_post(one.post_id, read.post, _origin(result, read))
        content = (link for link in read.post.links if link.context == LinkContext.CONTENT)
        post_links.extend((site_id, one.post_id, link) for link in content)
    links.keep_post_links(connection, post_links, now=now)
    iterator = iter(kept)
    return [[next(iterator) for _ in result.posts] if result.site_id is not None else [] for result in results]


def _origin(result: PageResult, read: ReadPost | None = None) -> Origin:
    """Where a result was read; of an interface its paging is left out, so that its figures stay one source's."""
    if result.is_api:
        return Origin(result.url.partition("?")[0], "api")
    if read is not None and read.post.source is PostSource.PAGE:
        return Origin(read.post.url, "page")
    return Origin(result.url, "feed")


def _gather_apart(connection: Connection, results: Sequence[PageResult], reactions: Reactions) -> None:
    """Add what readers did as it was read apart from the posts, for those posts that are stored."""
    for result in results:
        urls = {url for url, _ in (*result.comments, *result.discussions, *result.readings)}
        if result.site_id is not None and urls:
            reactions.apart(
                posts.at_addresses(connection, result.site_id, urls),
                _origin(result),
                readings=result.readings,
                comments=result.comments,
                talks=result.discussions,
            )


def _keep_statements(connection: Connection, results: Sequence[PageResult]) -> None:
    for result in results:
        if result.site_id is None or not result.is_page:
            continue
        if result.outcome in _LEADS_ELSEWHERE:
            # This form of the address alone: ``http`` leads to ``https``, where the page says what it says.
            statements.drop_of_pages(connection, result.site_id, [result.url], read_by=result.fetched_at)
            continue
        found = () if result.outcome in _SAYS_NOTHING else result.statements
        if found is not None and not (found and _was_read_since(connection, result)):
            statements.replace_of_page(connection, result.site_id, result.url, found, read_at=result.fetched_at)


def _was_read_since(connection: Connection, result: PageResult) -> bool:
    """Whether a page from an archive was read later than that: nothing stored tells of what it took back since."""
    if result.origin == "live":
        return False
    place = fold_url(result.url)
    forms = [f"{scheme}://{place}{end}" for scheme in ("http", "https") for end in ("", "/")]
    silent, elsewhere = ([one.value for one in outcomes] for outcomes in (_SILENT, _LEADS_ELSEWHERE))
    is_page = (_FETCH.c.url == result.url) | (_FETCH.c.url.in_(forms) & _FETCH.c.outcome.not_in(elsewhere))
    read = (_FETCH.c.site_id == result.site_id) & (_FETCH.c.fetched_at > result.fetched_at)
    query = select(_FETCH.c.id).where(read, is_page, _FETCH.c.outcome.not_in(silent)).limit(1)
    return connection.execute(query).first() is not None


def _identities(results: Sequence[PageResult]) -> list[tuple[int, IdentityStatement, datetime]]:
    """What pages say of whose their site is; one that is not there any more, or leads elsewhere, says nothing."""
    found = []
    for place, result in enumerate(results):
        said = result.identity
        if said is None and _is_own_page(result) and _is_withdrawn(results, place):
            said = IdentityStatement("" if result.kind == "home" else fold_url(result.url), result.url)
        if said is not None and result.site_id is not None:
            found.append((result.site_id, said, result.fetched_at))
    return found


def _is_own_page(result: PageResult) -> bool:
    """Whether a page was asked for now, so that its answer tells what it says now."""
    return result.is_page and bool(result.url) and result.origin != "import"


def _is_withdrawn(results: Sequence[PageResult], place: int) -> bool:
    """Whether the page at ``place`` is there no more; the hops of a redirect follow each other in ``results``."""
    result = results[place]
    if result.outcome is not Outcome.REDIRECT:
        return result.outcome in _CLAIMS_NOTHING
    if result.kind == "home":
        return False  # wherever its hops end is read as the home page, and speaks in its place
    if result.reason:
        return True
    after = (results[number] for number in range(place + 1, len(results)))
    hops = (one for one in after if one.is_page and one.site_id == result.site_id)
    end = next((one for one in hops if one.outcome is not Outcome.REDIRECT or one.reason), None)
    return end is not None and end.outcome not in _SILENT


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
