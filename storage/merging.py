"""Which stored post a newly read one is, and what becomes of both: pure decisions over values.

One post has many addresses: the one it was fetched under, redirects, the feed's link, a canonical address. An address
that a page was really fetched under (``own``) decides; an address that a page only claims (``canonical``) counts when
the texts agree, so that a theme which gives every page the same canonical address drops nothing.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bloghound.records import ParsedPost, PostSource
from bloghound.urls import fold_url, site_of

MIN_DUPLICATE_WORDS = 30
"""Shorter texts are equal by chance ("Photo of the day"); one spoken sentence has about 15 words, two are a text."""

MAX_AUTHOR_CHARS = 200
"""Names are shorter; an index entry of PostgreSQL may not be much longer."""

# How much a date's source is trusted: what the author's software wrote beats what was read from the page's words.
_WEAK_DATE_SOURCES = frozenset({"url", "url_month", "byline"})


@dataclass(frozen=True, slots=True)
class ReadPost:
    """A post as just read, with what its page claims and how sure we are that it is a post."""

    post: ParsedPost
    state: str = "live"
    canonical_url: str | None = None
    in_feed: bool = False
    at_own_address: bool = True
    """False for a post read from another page that shows it whole, such as its month's archive."""
    text_reserved: bool = False
    warc_file: str | None = None
    warc_offset: int | None = None


@dataclass(slots=True, eq=False)
class StoredPost:
    """A post as storage has it, or will have it; ``post_id`` is None until it is inserted."""

    site_id: int
    post_id: int | None
    url: str
    title: str
    text: str
    content_hash: str
    text_hash: str
    published: datetime | None
    date_source: str | None
    author: str | None
    language: str | None
    source: str
    words: int
    state: str
    in_feed: bool
    text_reserved: bool
    disclosures: list[dict[str, object]]
    warc_file: str | None
    warc_offset: int | None
    new_addresses: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Folded address → (address, claim) of addresses not stored yet."""
    changed: bool = False


class PostBook:
    """The posts of some sites, with their addresses, into which read posts are entered one by one."""

    def __init__(self, posts: Iterable[StoredPost], addresses: Iterable[tuple[int, str, str, int]]) -> None:
        """``addresses`` are (site id, folded address, claim, post id)."""
        by_id = {post.post_id: post for post in posts}
        self._by_address = {
            (site_id, folded): (by_id[post_id], claim)
            for site_id, folded, claim, post_id in addresses
            if post_id in by_id
        }
        self._by_text = {
            (post.site_id, post.text_hash): post for post in by_id.values() if post.words >= MIN_DUPLICATE_WORDS
        }

    def enter(self, site_id: int, read: ReadPost) -> StoredPost:
        """The stored post that ``read`` is, brought up to date; a new one when it is none of them."""
        fresh = _as_stored(site_id, read)
        claims = address_claims(read)
        stored = self._by_own_address(site_id, claims)
        same_address = stored is not None
        stored = stored or self._by_equal_text(fresh, claims)
        if stored is None:
            stored = fresh
            stored.changed = True
        else:
            merge(stored, fresh, same_address=same_address and read.at_own_address)
        self._register(stored, claims)
        return stored

    def _by_own_address(self, site_id: int, claims: dict[str, tuple[str, str]]) -> StoredPost | None:
        owners = (self._by_address.get((site_id, folded)) for folded, (_, claim) in claims.items() if claim == "own")
        return next((owner[0] for owner in owners if owner is not None and owner[1] == "own"), None)

    def _by_equal_text(self, fresh: StoredPost, claims: dict[str, tuple[str, str]]) -> StoredPost | None:
        for folded in claims:
            stored, _ = self._by_address.get((fresh.site_id, folded), (None, ""))
            if stored is not None and stored.text_hash == fresh.text_hash:
                return stored
        return self._by_text.get((fresh.site_id, fresh.text_hash)) if fresh.words >= MIN_DUPLICATE_WORDS else None

    def _register(self, stored: StoredPost, claims: dict[str, tuple[str, str]]) -> None:
        for folded, (url, claim) in claims.items():
            owner, owner_claim = self._by_address.get((stored.site_id, folded), (None, ""))
            if owner is None or (owner_claim == "canonical" and claim == "own"):
                stored.new_addresses[folded] = (url, claim)
                self._by_address[stored.site_id, folded] = (stored, claim)
        if stored.words >= MIN_DUPLICATE_WORDS:
            self._by_text.setdefault((stored.site_id, stored.text_hash), stored)


def address_claims(read: ReadPost) -> dict[str, tuple[str, str]]:
    """Folded address → (address, claim), own addresses first; a canonical address on another host is no claim."""
    claims: dict[str, tuple[str, str]] = {}
    claims[fold_url(read.post.url)] = (read.post.url, "own")
    for url in read.post.addresses:
        claims.setdefault(fold_url(url), (url, "own" if read.at_own_address else "canonical"))
    canonical = read.canonical_url
    if canonical and site_of(canonical).key == site_of(read.post.url).key:
        claims.setdefault(fold_url(canonical), (canonical, "canonical"))
    return claims


def merge(stored: StoredPost, fresh: StoredPost, *, same_address: bool = True) -> None:
    """Bring ``stored`` up to date with another reading: a page's text beats a feed's, a sure date beats a guess.

    A reading under another address with the same text (a tag's page that shows this one post) only adds its address,
    unless it is known to be a post and what is stored is not.
    """
    before = _state_of(stored)
    better = fresh.state == "live" and stored.state != "live" and fresh.source == PostSource.PAGE
    if better or (same_address and _may_replace(stored, fresh)):
        _take_text(stored, fresh)
    if better:
        stored.url = fresh.url
    stored.author = stored.author or fresh.author
    stored.title = stored.title or fresh.title
    if fresh.published and (stored.published is None or date_trust(fresh.date_source) > date_trust(stored.date_source)):
        stored.published, stored.date_source = fresh.published, fresh.date_source
    stored.in_feed = stored.in_feed or fresh.in_feed
    if fresh.state == "live":
        stored.state = "live"
    if fresh.text_reserved:
        _reserve(stored)
    stored.changed = stored.changed or _state_of(stored) != before


def _may_replace(stored: StoredPost, fresh: StoredPost) -> bool:
    from_page = fresh.source == PostSource.PAGE or stored.source == PostSource.FEED
    return from_page and (fresh.state == "live" or stored.state != "live" or stored.source == PostSource.FEED)


def _take_text(stored: StoredPost, fresh: StoredPost) -> None:
    if fresh.source == PostSource.PAGE and stored.source == PostSource.FEED:
        stored.url = fresh.url
    stored.title = fresh.title or stored.title
    stored.text, stored.words, stored.text_hash = fresh.text, fresh.words, fresh.text_hash
    stored.content_hash = content_hash(stored.title, stored.text)
    stored.language = fresh.language or stored.language
    stored.source, stored.disclosures = fresh.source, fresh.disclosures
    stored.author = fresh.author or stored.author
    stored.warc_file, stored.warc_offset = fresh.warc_file, fresh.warc_offset


def _reserve(stored: StoredPost) -> None:
    stored.text_reserved = True
    stored.title = stored.text = ""
    stored.words, stored.disclosures = 0, []
    stored.content_hash = content_hash("", "")
    stored.text_hash = text_hash("")


def _state_of(stored: StoredPost) -> tuple[object, ...]:
    return (
        stored.url,
        stored.content_hash,
        stored.published,
        stored.date_source,
        stored.author,
        stored.language,
        stored.source,
        stored.state,
        stored.in_feed,
        stored.text_reserved,
    )


def date_trust(date_source: str | None) -> int:
    """2 for dates written by the author's software, 1 for dates read from words or addresses, 0 for none."""
    if date_source is None:
        return 0
    return 1 if date_source in _WEAK_DATE_SOURCES else 2


def content_hash(title: str, text: str) -> str:
    """SHA-256 of title and text: the key of an embedding."""
    return hashlib.sha256(f"{title}\x00{text}".encode("utf-8", "replace")).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 of the text with white space folded: equal for the same words."""
    return hashlib.sha256(" ".join(text.split()).encode("utf-8", "replace")).hexdigest()


def _as_stored(site_id: int, read: ReadPost) -> StoredPost:
    post = read.post
    title, text = ("", "") if read.text_reserved else (post.title, post.text)
    disclosures: list[dict[str, object]] = [
        {"kind": found.kind, "words": found.words, "position": found.position}
        for found in (() if read.text_reserved else post.disclosures)
    ]
    return StoredPost(
        site_id=site_id,
        post_id=None,
        url=post.url,
        title=title,
        text=text,
        content_hash=content_hash(title, text),
        text_hash=text_hash(text),
        published=post.published,
        date_source=post.date_source,
        author=post.author[:MAX_AUTHOR_CHARS] if post.author else None,
        language=post.language,
        source=post.source.value,
        words=0 if read.text_reserved else post.words,
        state=read.state,
        in_feed=read.in_feed,
        text_reserved=read.text_reserved,
        disclosures=disclosures,
        warc_file=read.warc_file,
        warc_offset=read.warc_offset,
    )
