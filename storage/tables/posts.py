"""What is written and what readers did: posts, addresses, links, engagement, comments, embeddings."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class Post(SQLModel, table=True):
    """A dated entry of a site."""

    __table_args__ = (
        Index("ix_post_site_text", "site_id", "text_hash"),
        # A profile counts posts by language and month without reading their texts.
        Index("ix_post_site_listing", "site_id", "state", "published_at", "language"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE", index=True)
    author_id: int | None = Field(default=None, foreign_key="author.id", ondelete="SET NULL", index=True)
    url: str = Field(sa_type=CleanText)
    title: str = Field(default="", sa_type=CleanText)
    text: str = Field(default="", sa_type=CleanText)
    content_hash: str = Field(index=True)
    """SHA-256 of the title and the text: the key of its embedding."""
    text_hash: str = ""
    """SHA-256 of the text with white space folded: equal on one site means the same post."""
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    date_source: str | None = None
    language: str | None = None
    source: str = "page"
    words: int = 0
    state: str = "live"
    """``live``, ``candidate`` (its page is not yet known to be a post), or ``vanished``."""
    text_reserved: bool = False
    in_feed: bool = False
    """True once a feed of its site has named it."""
    disclosures: list[dict[str, Any]] = Field(default_factory=list, sa_type=CleanJson)
    warc_file: str | None = Field(default=None, sa_type=CleanText)
    warc_offset: int | None = Field(default=None, sa_type=BigInteger)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class PostAddress(SQLModel, table=True):
    """One post, many addresses; ``claim`` is ``own`` (fetched, or linked by the feed) or ``canonical`` (claimed)."""

    __tablename__ = "post_address"
    __table_args__ = (UniqueConstraint("site_id", "folded_url"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE", index=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    url: str = Field(sa_type=CleanText)
    folded_url: str = Field(sa_type=CleanText)
    claim: str = "own"


class EngagementObservation(SQLModel, table=True):
    """One figure of reader activity as seen at a time; a new row only when it changes."""

    __tablename__ = "engagement_observation"
    __table_args__ = (UniqueConstraint("post_id", "kind", "observed_at"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE")
    kind: str
    count: int | None = Field(default=None, sa_type=BigInteger)
    reason: str | None = None
    source_url: str = Field(default="", sa_type=CleanText)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    imported_from: str = Field(default="", sa_type=CleanText)
    """Whose figure this is, where it came in by a file; empty for what was read from ``source_url``."""


class PostComment(SQLModel, table=True):
    """A comment on a post: a keyed hash of who wrote it, when and how long; neither names nor words are kept."""

    __tablename__ = "post_comment"
    __table_args__ = (UniqueConstraint("post_id", "source", "comment_key"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE")
    source: str
    """``page``, ``feed`` or ``api``; the same comment may be known by several."""
    comment_key: str
    commenter_hash: str = Field(index=True)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    words: int | None = None
    by_author: bool = False
    first_seen: datetime = Field(sa_type=UtcDateTime)


class Discussion(SQLModel, table=True):
    """A talk about a post at another place, with its latest figures."""

    __table_args__ = (UniqueConstraint("post_id", "url"),)

    id: int | None = Field(default=None, primary_key=True)
    post_id: int = Field(foreign_key="post.id", ondelete="CASCADE")
    venue: str
    url: str = Field(sa_type=CleanText)
    points: int | None = Field(default=None, sa_type=BigInteger)
    comments: int | None = Field(default=None, sa_type=BigInteger)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    observed_at: datetime = Field(sa_type=UtcDateTime)


class Link(SQLModel, table=True):
    """A link to another address: per post in its content, once per site and target in blogroll and boilerplate."""

    __table_args__ = (
        Index(
            "uq_link_post",
            "post_id",
            "target_url",
            unique=True,
            sqlite_where=text("post_id IS NOT NULL"),
            postgresql_where=text("post_id IS NOT NULL"),
        ),
        Index(
            "uq_link_site",
            "site_id",
            "target_site_key",
            "context",
            unique=True,
            sqlite_where=text("post_id IS NULL"),
            postgresql_where=text("post_id IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE", index=True)
    post_id: int | None = Field(default=None, foreign_key="post.id", ondelete="CASCADE")
    target_url: str = Field(sa_type=CleanText)
    target_site_key: str = Field(sa_type=CleanText, index=True)
    context: str
    rel: list[str] = Field(default_factory=list, sa_type=CleanJson)
    anchor: str = Field(default="", sa_type=CleanText)
    first_seen: datetime = Field(sa_type=UtcDateTime)
    last_seen: datetime = Field(sa_type=UtcDateTime)


class Embedding(SQLModel, table=True):
    """The vector of one content under one model: float16, unit length, shared by all posts with that content."""

    content_hash: str = Field(primary_key=True)
    model: str = Field(primary_key=True)
    vector: bytes = Field(sa_type=LargeBinary)
