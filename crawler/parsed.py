"""What the extraction hands out: fetched bytes in (:class:`Document`), parsed pages, feeds and sitemaps out.

All values are frozen and picklable, since they travel between the crawl and the worker processes that parse.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from bloghound.records import Comment, IdentityClaim, Link, ParsedPost, Reservations, Statement


class DocumentKind(StrEnum):
    """What the bytes of an answer hold, whatever its headers say."""

    HTML = "html"
    FEED = "feed"
    SITEMAP = "sitemap"
    ROBOTS_TXT = "robots_txt"
    OTHER = "other"


class PageKind(StrEnum):
    """What an HTML page is on its site."""

    HOME = "home"
    POST = "post"
    LISTING = "listing"
    PAGE = "page"
    OTHER = "other"
    """An error page, a redirect, a page left over from a theme, or one with nothing to read."""


@dataclass(frozen=True, slots=True)
class Document:
    """One fetched answer. ``fetched_at`` only bounds dates from above; it never becomes a publication date."""

    url: str
    body: bytes
    content_type: str | None
    headers: tuple[tuple[str, str], ...] = ()
    fetched_at: datetime | None = None

    def header_values(self, name: str) -> tuple[str, ...]:
        """All values of the header ``name``, in order; names are compared without case."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class PostSignals:
    """Everything that the decision "is this a post?" rests on, small enough to be stored with every page.

    It is stored because the decision is made twice: at the fetch, and again when the whole site is known.
    """

    words: int = 0
    text_hash: str = ""
    """Hash of the folded text; pages with equal hashes carry the same text."""
    title: str = ""
    """The page's title, cut to 80 characters: error pages and theme demos show in it."""
    published: str | None = None
    """Publication date as ``YYYY-MM-DD``."""
    date_source: str | None = None
    og_type: str = ""
    schema_types: tuple[str, ...] = ()
    """Types of the page's JSON-LD and microdata, lower case."""
    body_hint: str = ""
    """What the theme's classes on ``<html>``, ``<body>``, ``<main>`` call it: post, listing, page, home or error."""
    entries: int = 0
    """Number of post-like blocks (``<article>``, ``.hentry``, ``.h-entry``, ``.post``)."""
    heading_links: int = 0
    """Number of different addresses of the same site that headings and entry titles of the main part link to."""
    dated_items: int = 0
    """Number of different days in ``<time>`` elements and dated list items."""
    link_share: float = 0.0
    """Share of the main part's characters that stand in links."""
    external_links: int = 0
    external_hosts: int = 0
    """Editorial links to other hosts, and to how many different ones."""
    has_author: bool = False
    has_comments: bool = False
    has_neighbours: bool = False
    """True when the page links to a previous or next post."""
    has_shop_markup: bool = False
    has_paging: bool = False
    redirects: bool = False
    noindex: bool = False
    canonical_url: str | None = None
    """The page's own word for its address, only where it differs from the fetched one."""
    permalink: str | None = None
    """The entry's own address, where the page is a date archive that shows exactly one entry."""
    platform: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The signals that differ from their defaults, as JSON-able values."""
        defaults = PostSignals()
        values = asdict(self)
        values["schema_types"] = list(self.schema_types)
        return {name: value for name, value in values.items() if getattr(self, name) != getattr(defaults, name)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The signals as stored by :meth:`as_dict`; names of older versions that are gone are ignored."""
        known = {one.name for one in fields(cls)}
        kept = {name: value for name, value in values.items() if name in known}
        kept["schema_types"] = tuple(kept.get("schema_types", ()))
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """An HTML page. All addresses are absolute http(s) ones.

    ``post`` is filled whenever the page has enough text to be a post, even if the decision is still open.
    """

    url: str
    canonical_url: str | None
    title: str
    site_name: str | None
    language: str | None
    kind: PageKind
    post: ParsedPost | None
    signals: PostSignals
    links: tuple[Link, ...] = ()
    feed_urls: tuple[str, ...] = ()
    """Feeds the page names: link elements first, then anchors."""
    next_urls: tuple[str, ...] = ()
    """Paging links and index pages (archives, categories, tags) that lead to more posts."""
    identities: tuple[IdentityClaim, ...] = ()
    """Addresses that the page gives as the same person's as its own."""
    reservations: Reservations = field(default_factory=Reservations)
    refresh_url: str | None = None
    """Where a meta refresh of at most ten seconds leads."""
    generator: str | None = None
    platform: str | None = None
    text_hash: str = ""
    reason: str = ""
    """Why the page was taken for its ``kind``, in words."""
    statements: tuple[Statement, ...] | None = None
    """What the page states for contact; None where that is not collected."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed, as the post it stands for."""

    post: ParsedPost
    entry_id: str
    is_full_text: bool
    """False where the feed shows only a summary of the post."""
    comments_feed_url: str | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """An RSS, RDF, Atom or JSON feed; ``bad_entries`` counts the entries that could not be read."""

    url: str
    title: str
    home_url: str | None
    language: str | None
    entries: tuple[FeedEntry, ...]
    next_url: str | None = None
    hub_url: str | None = None
    bad_entries: int = 0
    generator: str | None = None
    is_comment_feed: bool = False
    comments: tuple[tuple[str, Comment], ...] = ()
    """Of a comment feed: each comment with the address of its post."""
    reservations: Reservations = field(default_factory=Reservations)


@dataclass(frozen=True, slots=True)
class ParsedSitemap:
    """A sitemap: pages with their last change, and the sitemaps that an index names."""

    url: str
    page_urls: tuple[tuple[str, datetime | None], ...]
    sitemap_urls: tuple[str, ...] = ()


ParsedDocument = ParsedPage | ParsedFeed | ParsedSitemap
