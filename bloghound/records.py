"""The values that the rooms hand to each other: what was read from a page, and what a ranking is made from.

All are immutable and hold no reference to a database, a response or a model. Times are timezone-aware UTC.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

# Kana, the common Han characters, and Hangul: scripts written without spaces between words.
_SPACELESS = re.compile("[\u3040-\u9fff\uac00-\ud7a3]")


def count_words(text: str) -> int:
    """Length of ``text`` in words; scripts without spaces count two characters as one word."""
    spaceless = 0 if text.isascii() else len(_SPACELESS.findall(text))
    return len(text.split()) if spaceless * 4 < len(text) else spaceless // 2


class LinkContext(StrEnum):
    """Where on a page a link stands; only ``content`` links are editorial."""

    CONTENT = "content"
    BLOGROLL = "blogroll"
    COMMENT = "comment"
    BOILERPLATE = "boilerplate"


NO_VOTE_RELS = frozenset({"nofollow", "sponsored", "ugc"})
"""The rel values by which an author says that a link is no recommendation of their own."""


class EngagementKind(StrEnum):
    """What readers did with one post."""

    COMMENTS = "comments"
    LIKES = "likes"
    SHARES = "shares"
    VIEWS = "views"


class UnknownReason(StrEnum):
    """Why a figure is unknown; an unknown figure is never zero."""

    COMMENTS_CLOSED = "comments_closed"
    NOT_EXPOSED = "not_exposed"
    BLOCKED = "blocked"
    TOO_FEW_POSTS = "too_few_posts"


class SiteHealth(StrEnum):
    """How the last crawl of a site ended; a blocked site is never shown as an inactive one."""

    OK = "ok"
    ROBOTS = "robots"
    BLOCKED = "blocked"
    EMPTY = "empty"
    NOT_A_BLOG = "not_a_blog"
    FAILED = "failed"


class Stage(StrEnum):
    """How far a team has come with a blogger of one shortlist."""

    CANDIDATE = "candidate"
    SHORTLISTED = "shortlisted"
    CONTACTED = "contacted"
    REPLIED = "replied"
    AGREED = "agreed"
    PUBLISHED = "published"
    DECLINED = "declined"
    DO_NOT_CONTACT = "do_not_contact"


class Outcome(StrEnum):
    """What became of one fetched page: exactly one per response, so that they add up to the pages fetched."""

    POST = "post"
    FEED = "feed"
    LISTING = "listing"
    PAGE = "page"
    SITEMAP = "sitemap"
    ROBOTS_TXT = "robots_txt"
    PROFILE = "profile"
    API = "api"
    """An answer of a blog's platform about its posts."""
    REDIRECT = "redirect"
    NOT_MODIFIED = "not_modified"
    NOT_FOUND = "not_found"
    NOT_TEXT = "not_text"
    NOINDEX = "noindex"
    RESERVED = "reserved"
    DUPLICATE = "duplicate"
    EMPTY = "empty"
    BLOCKED = "blocked"
    HTTP_ERROR = "http_error"
    NETWORK_ERROR = "network_error"
    TOO_LARGE = "too_large"
    PARSE_ERROR = "parse_error"
    PARSE_TIMEOUT = "parse_timeout"
    SUPPRESSED = "suppressed"
    OTHER_SITE = "other_site"


class PostSource(StrEnum):
    """Where a post's text was read."""

    PAGE = "page"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Link:
    """A link from a post or page to another address."""

    target_url: str
    context: LinkContext
    rel: tuple[str, ...] = ()
    anchor: str = ""


class ClaimKind(StrEnum):
    """How a page or profile says whose it is, the strongest first."""

    REL_ME = "rel_me"
    H_CARD = "h_card"
    SAME_AS = "same_as"
    WEBSITE = "website"
    """The one address that a profile's platform asks its owner for."""
    HANDLE = "handle"
    """A profile's name is a domain, which its platform has checked with that domain."""


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """An address that a page or profile gives as the same person's or organisation's. It proves nothing by itself."""

    kind: ClaimKind
    url: str


@dataclass(frozen=True, slots=True)
class IdentityStatement:
    """All that one page says of whose its site is; it takes the place of whatever the page said before.

    ``place`` names the page among those that speak for the site: empty for its home page, and for a profile.
    """

    place: str
    source_url: str
    claims: tuple[IdentityClaim, ...] = ()


@dataclass(frozen=True, slots=True)
class EngagementReading:
    """One figure of reader activity as shown at one time: a count, or None with the reason why it is unknown."""

    kind: EngagementKind
    count: int | None
    reason: UnknownReason | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a post as read; storage keeps a keyed hash of who wrote it, its date and length, never its words.

    ``identity`` is the name given there, or on a profile's platform the handle; ``comment_id`` is the platform's own
    id, the same in markup, feed and API (WordPress' ``12`` of ``comment-12``), and empty where none is shown.
    """

    identity: str
    comment_id: str = ""
    published: datetime | None = None
    words: int | None = None
    by_author: bool = False
    """Whether the post's author wrote it, as an answer to readers."""


@dataclass(frozen=True, slots=True)
class Discussion:
    """A talk about a post at another place, such as a story on Hacker News; ``venue`` is that platform's name."""

    venue: str
    url: str
    points: int | None
    comments: int | None
    started: datetime | None = None


class StatementKind(StrEnum):
    """What a blogger publishes for those who want to work together."""

    EMAIL = "email"
    CONTACT_PAGE = "contact_page"
    CONTACT_FORM = "contact_form"
    PR_WELCOME = "pr_welcome"
    NO_PITCHES = "no_pitches"
    SPONSORED_WELCOME = "sponsored_welcome"
    NO_SPONSORED = "no_sponsored"
    GUEST_POSTS_WELCOME = "guest_posts_welcome"
    NO_GUEST_POSTS = "no_guest_posts"
    NO_LINK_REQUESTS = "no_link_requests"
    RATES_ON_REQUEST = "rates_on_request"


@dataclass(frozen=True, slots=True)
class Statement:
    """A way of contact or a wish about it, as the blogger published it: ``value`` is an address or empty.

    ``words`` are those of the page that state it, and ``source_url`` is that page.
    """

    kind: StatementKind
    value: str
    words: str
    source_url: str


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A sign of sponsorship or affiliation found in a post: which kind, which words, and where they stand.

    ``kind`` is ``sponsored``, ``affiliate``, ``gifted`` or ``coupon``; ``position`` is the share of the text before it,
    from 0 to 1.
    """

    kind: str
    words: str
    position: float


@dataclass(frozen=True, slots=True)
class ParsedPost:
    """A post as read from its page or from a feed entry."""

    url: str
    title: str
    text: str
    source: PostSource
    published: datetime | None = None
    date_source: str | None = None
    author: str | None = None
    language: str | None = None
    links: tuple[Link, ...] = ()
    engagement: tuple[EngagementReading, ...] = ()
    comments: tuple[Comment, ...] = ()
    """Single comments, as far as they were read; how many there are is in ``engagement``."""
    discussions: tuple[Discussion, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        """Length in words, as :func:`count_words` counts them."""
        return count_words(self.text)


@dataclass(frozen=True, slots=True)
class Reservations:
    """What a page asks of machines: robots meta tags, ``X-Robots-Tag`` and TDMRep, with the words as found."""

    noindex: bool = False
    nofollow: bool = False
    tdm_reserved: bool = False
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vectors:
    """Unit-length embeddings: ``rows`` is float32 of shape (n, dimensions), ``hashes`` names each row's content."""

    model: str
    hashes: tuple[str, ...]
    rows: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PostComments:
    """The single comments on a post, as far as they are known. Only ``author_answers`` counts the author's own;
    ``words`` are the lengths that are known."""

    commenters: tuple[str, ...]
    """Keyed hash of each comment's writer, oldest comment first; one who wrote twice is there twice."""
    author_answers: int
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PostText:
    """What a stored post says, apart from the facts about it: texts are most of what storage holds."""

    post_id: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RankablePost:
    """The facts of a stored post as the index needs them, with each kind's latest reading, and all known comments."""

    post_id: int
    url: str
    content_hash: str
    language: str | None
    published: datetime | None
    words: int
    author: str | None = None
    engagement: tuple[EngagementReading, ...] = ()
    comments: PostComments | None = None
    citing_bloggers: int = 0
    """Distinct other bloggers of the store whose posts link to this one editorially."""
    disclosures: tuple[Disclosure, ...] = ()
    editorial_links: int = 0
    marked_links: int = 0
    """Links marked ``sponsored``, or that carry an affiliate or coupon parameter."""
    text_reserved: bool = False
    """True when the site reserves text mining: no text and no vector is kept, only that the post exists."""

    @property
    def fingerprint(self) -> int:
        """64 bits over all that an index keeps of the post itself: equal as long as that stays the same."""
        # Writing a time as a number takes a third of writing it as a date, and this is asked of millions of posts.
        moment = None if self.published is None else self.published.timestamp()
        kept = f"{self.content_hash}\n{self.url}\n{self.language}\n{moment}\n{self.text_reserved}"
        return int.from_bytes(blake2b(kept.encode("utf-8", "replace"), digest_size=8).digest(), "little")


@dataclass(frozen=True, slots=True)
class RankableSite:
    """A site of a blogger as the index needs it."""

    site_id: int
    public_id: str
    key: str
    home_url: str
    title: str
    kind: str
    """``blog`` or ``profile``."""
    platform: str
    language: str | None
    followers: int | None = None
    health: SiteHealth | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RankableBlogger:
    """A blogger with everything the index is built from; ``posts`` are ordered by post id."""

    blogger_id: int
    public_id: str
    name: str
    site_key: str
    """Key of the founding site: the stable natural key, and the tie-breaker of every ranking."""
    home_url: str
    sites: tuple[RankableSite, ...]
    posts: tuple[RankablePost, ...]


@dataclass(frozen=True, slots=True)
class BloggerOutline:
    """A blogger as a build first looks at it; two states of the store with the same ``mark`` say the same about it."""

    blogger_id: int
    site_key: str
    posts: int
    mark: int | None


@dataclass(frozen=True, slots=True)
class SiteEdge:
    """All links of one context from one site to another, both given by site key."""

    source_key: str
    target_key: str
    weight: int
    """Number of distinct linking posts (content), or 1 for a blogroll or boilerplate link."""
    context: LinkContext
    rel: tuple[str, ...] = ()
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    evidence_post_ids: tuple[int, ...] = ()  # some of the linking posts, newest first


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """What a crawl or an import did; ``outcomes`` add up to ``pages_fetched``."""

    sites: dict[str, int]
    outcomes: dict[str, int]
    posts_new: int
    posts_updated: int
    pages_fetched: int
    seconds: float
    errors: tuple[str, ...] = ()  # sentences about input that could not be used in full, such as an archive that is cut
