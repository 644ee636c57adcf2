"""What was asked for, and what came back: crawls, pages, the fetch log, and what may never be fetched."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class Crawl(SQLModel, table=True):
    """One run of ``crawl`` or ``import``; an unfinished one with the same fingerprint is continued."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    kind: str
    fingerprint: str = Field(index=True)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Page(SQLModel, table=True):
    """One address of a site, and its place in the site's queue."""

    __table_args__ = (UniqueConstraint("site_id", "folded_url"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    url: str = Field(sa_type=CleanText)
    folded_url: str = Field(sa_type=CleanText)
    state: str = "queued"
    """``queued`` (from ``next_fetch_at`` on, where that is set), ``done``, or ``waiting`` for the next crawl."""
    kind: str = ""
    depth: int = 0
    priority: int = 0
    found_from: str | None = Field(default=None, sa_type=CleanText)
    outcome: str | None = None
    status: int | None = None
    etag: str | None = Field(default=None, sa_type=CleanText)
    last_modified: str | None = Field(default=None, sa_type=CleanText)
    content_hash: str | None = None
    signals: dict[str, Any] | None = Field(default=None, sa_type=CleanJson)
    attempts: int = 0
    fetched_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_fetch_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Fetch(SQLModel, table=True):
    """The log: one row for each page fetched or imported, with its one outcome and its provenance."""

    id: int | None = Field(default=None, primary_key=True)
    crawl_id: int = Field(foreign_key="crawl.id", ondelete="CASCADE", index=True)
    site_id: int | None = Field(default=None, foreign_key="site.id", ondelete="CASCADE", index=True)
    url: str = Field(sa_type=CleanText)
    outcome: str
    reason: str = Field(default="", sa_type=CleanText)
    status: int | None = None
    content_type: str = Field(default="", sa_type=CleanText)
    bytes: int = Field(default=0, sa_type=BigInteger)
    origin: str = "live"
    """``live``, ``archive`` or ``import``."""
    reservations: list[str] = Field(default_factory=list, sa_type=CleanJson)
    warc_file: str | None = Field(default=None, sa_type=CleanText)
    warc_offset: int | None = Field(default=None, sa_type=BigInteger)
    posts_new: int = 0
    posts_updated: int = 0
    fetched_at: datetime = Field(sa_type=UtcDateTime)


class Suppression(SQLModel, table=True):
    """Who must never be stored again: a keyed hash of a site key, no name."""

    id: int | None = Field(default=None, primary_key=True)
    keyed_hash: str = Field(unique=True)
    reason: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
