"""What was asked for, and what came back: crawls, pages, the fetch log, and what may never be fetched."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime, table_of


class Crawl(SQLModel, table=True):
    """One run of ``crawl`` or ``import``; an unfinished one with the same fingerprint is continued."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    kind: str
    fingerprint: str = Field(index=True)
    options: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class CrawlSite(SQLModel, table=True):
    """A site's place in one crawl; two crawls at once may both hold a site, and one worker at a time visits it."""

    __tablename__ = "crawl_site"
    __table_args__ = (UniqueConstraint("crawl_id", "site_id"),)

    id: int | None = Field(default=None, primary_key=True)
    crawl_id: int = Field(foreign_key="crawl.id", ondelete="CASCADE")
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE", index=True)
    state: str = "queued"
    """``queued`` (wants a visit) or ``done``."""
    depth: int = 0
    """Hops from a seed."""
    priority: float = 0.0
    """What is best comes first."""
    due_at: datetime = Field(sa_type=UtcDateTime)
    begun_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the first visit of this crawl put the site's pages into the queue."""
    visits: int = 0
    health: str | None = None
    health_reason: str = Field(default="", sa_type=CleanText)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


_PLACE = table_of(CrawlSite).c
# The queue in its order: sorted anew, a hundred thousand places would take every lease a fifth of a second.
Index("ix_crawl_site_queue", _PLACE.crawl_id, _PLACE.state, _PLACE.priority.desc(), _PLACE.due_at)


class HostPace(SQLModel, table=True):
    """What is known of a host, or of a registrable domain, for asking it politely: shared by all workers.

    A domain is leased by one worker at a time, which keeps its gaps; parking outlives the worker.
    """

    __tablename__ = "host_pace"

    name: str = Field(primary_key=True, sa_type=CleanText)
    lease_owner: str | None = Field(default=None, index=True)
    lease_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    free_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """No request before this."""
    failures: int = 0
    """Failures in a row."""


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
    """Of a queued page: not before this. Of one that is done: from then on it is worth another look."""
    missing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when its site says that it is gone."""


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
    fetched_at: datetime = Field(sa_type=UtcDateTime, index=True)


class FetchCount(SQLModel, table=True):
    """A crawl's log in figures, by outcome, kept as it is written: nobody can count millions of rows each minute."""

    __tablename__ = "fetch_count"

    crawl_id: int = Field(foreign_key="crawl.id", ondelete="CASCADE", primary_key=True)
    outcome: str = Field(primary_key=True)
    pages: int = Field(default=0, sa_type=BigInteger)
    bytes: int = Field(default=0, sa_type=BigInteger)
    posts_new: int = Field(default=0, sa_type=BigInteger)
    posts_updated: int = Field(default=0, sa_type=BigInteger)


class Suppression(SQLModel, table=True):
    """Who must never be stored again: a keyed hash of a site key, no name."""

    id: int | None = Field(default=None, primary_key=True)
    keyed_hash: str = Field(unique=True)
    reason: str = ""
    created_at: datetime = Field(sa_type=UtcDateTime)
