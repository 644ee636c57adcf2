"""What a fetched page brings to storage: pure, and the same for the spider and for imported archives.

Central names: :class:`Arrival` (how a page came in), :func:`page_result` and :func:`failure`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit

from bloghound.errors import AddressError
from bloghound.records import Comment, IdentityStatement, Link, LinkContext, Outcome, ParsedPost, Reservations
from bloghound.urls import canonical_url, fold_url, host_of, site_of
from crawler.comment_feeds import KIND_COMMENTS, KIND_FEED, KIND_REPLIES, kind_of_comments, kind_of_feed
from crawler.extract.classify import MIN_POST_WORDS, feed_post_urls
from crawler.extract.contact_pages import FOR_ADDRESSES, page_role
from crawler.extract.paths import is_listing_path, is_term_path
from crawler.foreign_feeds import foreign_feeds, is_foreign
from crawler.identity import claims
from crawler.parsed import PageKind, ParsedDocument, ParsedFeed, ParsedPage, ParsedSitemap
from crawler.traps import MAX_PAGE_DEPTH, leads_astray, without_session
from storage.merging import ReadPost
from storage.pages import NewPage
from storage.results import PageResult

# Order in which a site's addresses are asked for: first what names posts for certain, then what leads to more of them,
# then what may be one. The steps leave room; only their order counts.
PRIORITY_HOME = 100
PRIORITY_FEED = 90
PRIORITY_FEED_ENTRY = 80
PRIORITY_SITEMAP = 70
PRIORITY_CONTACT_PAGE = 65
"""Only where contacts are collected: a handful of pages, which else come after all that may be posts."""
PRIORITY_COMMENT_FEED = 62
"""One request, which links without end would else keep back for ever."""
PRIORITY_CONTENT_LINK = 60
PRIORITY_REPLIES = 55
PRIORITY_LISTING = 50
PRIORITY_SITEMAP_PAGE = 40
PRIORITY_OTHER_LINK = 30

MAX_NEW_PAGES = 2000
"""Addresses taken from one page: a sitemap may name 50,000, but a crawl asks a site for some hundreds."""

MOST_ENTRIES = 0.8
"""Share of a feed's entries that must point to one other host before it is taken for the site's own former address."""

# What no blog post is: files that browsers download or embed. Feeds, pages and text have none of these endings.
_FILE_ENDINGS = frozenset(
    """
    7z avi avif bin bmp bz2 css csv deb dmg doc docx eot epub exe flac gif gz ico ics iso jar jpeg jpg js m4a m4v map
    mid mkv mobi mov mp3 mp4 mpeg mpg msi ogg ogv opus otf pdf pkg png pps ppt pptx ps psd rar rpm rtf svg swf tar tgz
    tif tiff torrent ttf wasm wav webm webp woff woff2 wma wmv xls xlsx xz zip
    """.split()
)

_OUTCOMES = {
    PageKind.HOME: Outcome.LISTING,
    PageKind.POST: Outcome.POST,
    PageKind.LISTING: Outcome.LISTING,
    PageKind.PAGE: Outcome.PAGE,
    PageKind.OTHER: Outcome.PAGE,
}


_FEED_PRIORITIES = {
    KIND_FEED: PRIORITY_FEED,
    KIND_COMMENTS: PRIORITY_COMMENT_FEED,
    KIND_REPLIES: PRIORITY_REPLIES,
}

# What the second look at a site never makes a post of.
_NEVER_POSTS = frozenset({PageKind.HOME, PageKind.OTHER})


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a page came in: what was asked for, by which crawl, and what the server said around the body."""

    crawl_id: int
    site_id: int
    site_key: str
    home_url: str
    url: str
    fetched_at: datetime
    origin: str
    addresses: tuple[str, ...] = ()
    """Addresses that were redirected to ``url``."""
    status: int | None = None
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body_bytes: int = 0
    warc_file: str | None = None
    warc_offset: int | None = None
    depth: int = 0
    queued_kind: str = ""
    attempts: int = 0
    obeys_noindex: bool = True
    """False for imports: the fetch was another's, so the wish is recorded, not acted upon."""


def page_result(arrival: Arrival, parsed: ParsedDocument, *, follow: bool) -> PageResult:
    """Everything a parsed page, feed or sitemap brings; with ``follow`` also the addresses it leads to."""
    if isinstance(parsed, ParsedFeed):
        result = _from_feed(arrival, parsed)
    elif arrival.queued_kind == "feed" and is_foreign(arrival.url, arrival.site_key):
        result = failure(arrival, Outcome.OTHER_SITE, "is no feed, and on another host")
    elif isinstance(parsed, ParsedSitemap):
        result = _from_sitemap(arrival, parsed)
    else:
        result = _from_page(arrival, parsed)
    return result if follow else replace(result, new_pages=())


def failure(arrival: Arrival, outcome: Outcome, reason: str = "", *, retry_at: datetime | None = None) -> PageResult:
    """A page that brought nothing, with the reason; it stays queued when ``retry_at`` is given.

    Its validators are not kept: they would answer for a page that was never read.
    """
    return replace(_blank(arrival, outcome), reason=reason, retry_at=retry_at, etag=None, last_modified=None)


def _blank(arrival: Arrival, outcome: Outcome) -> PageResult:
    return PageResult(
        crawl_id=arrival.crawl_id,
        site_id=arrival.site_id,
        url=arrival.url,
        outcome=outcome,
        fetched_at=arrival.fetched_at,
        origin=arrival.origin,
        status=arrival.status,
        content_type=arrival.content_type,
        body_bytes=arrival.body_bytes,
        kind=arrival.queued_kind,
        etag=arrival.headers.get("etag"),
        last_modified=arrival.headers.get("last-modified"),
        warc_file=arrival.warc_file,
        warc_offset=arrival.warc_offset,
        attempts=arrival.attempts,
    )


def _from_page(arrival: Arrival, page: ParsedPage) -> PageResult:
    outcome, signals = _page_outcome(arrival, page), page.reservations.signals
    blank = replace(_blank(arrival, outcome), reservations=signals, identity=_identity(arrival, page))
    leads = () if page.reservations.nofollow else tuple(_page_leads(arrival, page))
    if page.reservations.noindex and arrival.obeys_noindex:
        return replace(blank, kind=page.kind.value, new_pages=leads)
    return replace(
        blank,
        kind="home" if arrival.queued_kind == "home" else page.kind.value,
        content_hash=page.text_hash or None,
        signals=page.signals.as_dict(),
        posts=_page_posts(arrival, page),
        new_pages=leads,
        site_links=tuple(_site_links(page.links)),
        site_facts=_page_facts(arrival, page),
        statements=page.statements,
    )


def _page_outcome(arrival: Arrival, page: ParsedPage) -> Outcome:
    if page.reservations.noindex and arrival.obeys_noindex:
        return Outcome.NOINDEX
    if page.reservations.tdm_reserved:
        return Outcome.RESERVED
    return _OUTCOMES[page.kind]


def _page_posts(arrival: Arrival, page: ParsedPage) -> tuple[ReadPost, ...]:
    if page.post is None or page.kind in _NEVER_POSTS or (page.kind == PageKind.LISTING and is_term_path(page.url)):
        return ()
    state = "live" if page.kind == PageKind.POST else "candidate"
    post = replace(page.post, addresses=tuple(dict.fromkeys((*page.post.addresses, *arrival.addresses))))
    read = _read(arrival, post, page.reservations, state=state, canonical_url=page.canonical_url)
    return (replace(read, at_own_address=fold_url(post.url) == fold_url(page.url)),)


def _read(
    arrival: Arrival,
    post: ParsedPost,
    reservations: Reservations,
    *,
    state: str = "live",
    canonical_url: str | None = None,
    in_feed: bool = False,
) -> ReadPost:
    return ReadPost(
        post,
        state=state,
        canonical_url=canonical_url,
        in_feed=in_feed,
        text_reserved=reservations.tdm_reserved,
        warc_file=arrival.warc_file,
        warc_offset=arrival.warc_offset,
    )


def _site_links(links: Iterable[Link]) -> Iterator[Link]:
    return (link for link in links if link.context in {LinkContext.BLOGROLL, LinkContext.BOILERPLATE})


def _identity(arrival: Arrival, page: ParsedPage) -> IdentityStatement | None:
    """What the page says of whose the site is; an import may be years old, and says nothing of today."""
    if arrival.origin == "import":
        return None
    unseen = page.reservations.noindex and arrival.obeys_noindex
    found = () if unseen else page.identities
    is_home = arrival.queued_kind == "home"
    return claims.of_page(arrival.url, arrival.home_url, arrival.site_key, found, is_home=is_home)


def _page_facts(arrival: Arrival, page: ParsedPage) -> dict[str, str]:
    if arrival.queued_kind != "home" and page.kind != PageKind.HOME:
        return {}
    facts = {"title": page.site_name or page.title, "platform": page.platform or ""}
    return {name: value for name, value in facts.items() if value}


def _page_leads(arrival: Arrival, page: ParsedPage) -> Iterator[NewPage]:
    found: dict[str, NewPage] = {}
    for url in page.feed_urls:
        kind = kind_of_feed(url, page, is_home=arrival.queued_kind == "home", now=arrival.fetched_at)
        if kind is not None:
            _add(found, arrival, url, _FEED_PRIORITIES[kind], kind=kind)
    if arrival.queued_kind == "home":
        for url in foreign_feeds(page.feed_urls, arrival.site_key):
            found[url] = NewPage(url, "feed", PRIORITY_FEED, arrival.depth + 1, arrival.url)
    if page.refresh_url:
        _add(found, arrival, page.refresh_url, PRIORITY_HOME, kind=arrival.queued_kind)
    for url in page.next_urls:
        _add(found, arrival, url, PRIORITY_LISTING, kind="listing")
    for link in page.links:
        if "nofollow" not in link.rel:
            _add(found, arrival, link.target_url, _priority(page, link))
    yield from list(found.values())[:MAX_NEW_PAGES]


def _priority(page: ParsedPage, link: Link) -> int:
    if page.statements is not None and page_role(link.target_url) in FOR_ADDRESSES:
        return PRIORITY_CONTACT_PAGE
    return PRIORITY_CONTENT_LINK if link.context == LinkContext.CONTENT else PRIORITY_OTHER_LINK


def _add(found: dict[str, NewPage], arrival: Arrival, url: str, priority: int, *, kind: str = "") -> None:
    try:
        address = canonical_url(without_session(url))
        same_site = site_of(address).key == arrival.site_key
    except AddressError:
        return
    if same_site and address not in found and _is_worth_asking(address, arrival):
        found[address] = NewPage(address, kind, priority, arrival.depth + 1, arrival.url)


def _is_worth_asking(url: str, arrival: Arrival) -> bool:
    return arrival.depth < MAX_PAGE_DEPTH and is_readable(url) and not leads_astray(url)


def is_readable(url: str) -> bool:
    """False for addresses that end like images, programs, archives and other files that hold no post."""
    last = urlsplit(url).path.rpartition("/")[2]
    return last.rpartition(".")[2].lower() not in _FILE_ENDINGS or "." not in last


def _from_feed(arrival: Arrival, feed: ParsedFeed) -> PageResult:
    entries = () if feed.is_comment_feed else tuple(_own_entries(arrival, feed))
    comments = tuple(_own_comments(arrival, feed))
    if not entries and not comments and is_foreign(arrival.url, arrival.site_key):
        return failure(arrival, Outcome.OTHER_SITE, "is on another host, and none of its entries leads to this site")
    reserved = feed.reservations.tdm_reserved
    found: dict[str, NewPage] = {}
    for entry in entries:
        _add(found, arrival, entry.url, PRIORITY_FEED_ENTRY)
    if feed.next_url:
        _add(found, arrival, feed.next_url, PRIORITY_FEED, kind="feed")
    return replace(
        _blank(arrival, Outcome.RESERVED if reserved else Outcome.FEED),
        kind=kind_of_comments(feed.url) if feed.is_comment_feed else KIND_FEED,
        reason=f"{feed.bad_entries} entries could not be read" if feed.bad_entries else "",
        reservations=feed.reservations.signals,
        posts=tuple(_read(arrival, entry, feed.reservations, in_feed=True) for entry in entries),
        comments=comments,
        new_pages=tuple(found.values()),
        site_facts=_feed_facts(arrival, feed),
    )


def _own_comments(arrival: Arrival, feed: ParsedFeed) -> Iterator[tuple[str, Comment]]:
    return ((url, comment) for url, comment in feed.comments if not is_foreign(url, arrival.site_key))


def _feed_facts(arrival: Arrival, feed: ParsedFeed) -> dict[str, str]:
    """The title of a feed that says it is the whole site's; a tag's or the comments' feed is called otherwise."""
    if feed.is_comment_feed or not feed.title or not feed.home_url:
        return {}
    try:
        return {"title": feed.title} if fold_url(feed.home_url) == fold_url(arrival.home_url) else {}
    except AddressError:
        return {}


def _own_entries(arrival: Arrival, feed: ParsedFeed) -> Iterator[ParsedPost]:
    """The entries that are this site's posts; those of a feed with a former host in it are moved to the site's own."""
    named = set(feed_post_urls(feed))
    posts = [entry.post for entry in feed.entries if entry.post.url in named and not _is_term(entry.post)]
    moved_from = None if is_foreign(arrival.url, arrival.site_key) else _former_host(arrival, posts)
    for post in posts:
        if moved_from and host_of(post.url) == moved_from:
            own = _on_host_of(post.url, arrival.home_url)
            yield replace(post, url=own, addresses=(*post.addresses, post.url))
        elif site_of(post.url).key == arrival.site_key:
            yield post


def _is_term(post: ParsedPost) -> bool:
    """Hugo's feeds of a taxonomy list its terms (tags, categories, series) as dated entries without a text."""
    return is_listing_path(post.url) and post.words < MIN_POST_WORDS


def _former_host(arrival: Arrival, posts: Sequence[ParsedPost]) -> str | None:
    """The one foreign host that nearly all entries point to: a base address left over from a test or a move."""
    hosts = [host_of(post.url) for post in posts]
    foreign = {host for host in hosts if host != host_of(arrival.home_url)}
    if len(foreign) != 1 or not hosts:
        return None
    host = foreign.pop()
    return host if hosts.count(host) >= MOST_ENTRIES * len(hosts) else None


def _on_host_of(url: str, home_url: str) -> str:
    home = urlsplit(home_url)
    return urlunsplit(urlsplit(url)._replace(scheme=home.scheme, netloc=home.netloc))


def _from_sitemap(arrival: Arrival, sitemap: ParsedSitemap) -> PageResult:
    found: dict[str, NewPage] = {}
    for url in sitemap.sitemap_urls:
        _add(found, arrival, url, PRIORITY_SITEMAP, kind="sitemap")
    for url, _ in sitemap.page_urls:
        _add(found, arrival, url, PRIORITY_SITEMAP_PAGE)
    new_pages = tuple(found.values())[:MAX_NEW_PAGES]
    return replace(_blank(arrival, Outcome.SITEMAP), kind="sitemap", new_pages=new_pages)
