"""Who publishes: bloggers, the sites they publish on, proofs that sites belong together, authors."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class Blogger(SQLModel, table=True):
    """The person or team behind one or more sites; the unit that is ranked."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    name: str = Field(default="", sa_type=CleanText)
    site_key: str = Field(unique=True, sa_type=CleanText)
    """Key of the founding site: the natural key."""
    created_at: datetime = Field(sa_type=UtcDateTime)


class Site(SQLModel, table=True):
    """A place where one author or team publishes; the unit that is queued, crawled and linked."""

    # The number of a forgotten site must never become another's while a visit to it is still under way.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    key: str = Field(unique=True, sa_type=CleanText)
    blogger_id: int = Field(foreign_key="blogger.id", index=True)
    home_url: str = Field(sa_type=CleanText)
    kind: str = "blog"
    platform: str = ""
    title: str = Field(default="", sa_type=CleanText)
    description: str = Field(default="", sa_type=CleanText)
    language: str | None = None
    flags: list[str] = Field(default_factory=list, sa_type=CleanJson)
    tdm_reserved: bool = False

    # How it came in.
    depth: int = 0
    found_from_url: str | None = Field(default=None, sa_type=CleanText)
    found_from_site_id: int | None = Field(default=None, foreign_key="site.id", ondelete="SET NULL", index=True)
    linkers: int = 0
    """Distinct sites that link here from their posts or blogrolls."""
    first_seen: datetime = Field(sa_type=UtcDateTime)

    # Who visits it now; the places that it has in crawls are rows of their own.
    crawl_id: int | None = Field(default=None, foreign_key="crawl.id", ondelete="SET NULL", index=True)
    """The crawl that took it last."""
    domain: str = Field(default="", index=True, sa_type=CleanText)
    """Registrable domain of the home address: the unit of politeness."""
    lease_owner: str | None = Field(default=None, index=True)
    lease_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    visits: int = 0

    # How the last visit ended, and when the next is due by the site's own rhythm.
    health: str | None = None
    health_reason: str = Field(default="", sa_type=CleanText)
    last_visited_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_due_at: datetime | None = Field(default=None, index=True, sa_type=UtcDateTime)
    """From when on ``crawl --due`` comes again; None for a site that no crawl has finished."""


class SiteMetric(SQLModel, table=True):
    """A figure that a site shows of itself at a time (followers, following, posts); written when it changes."""

    __tablename__ = "site_metric"
    __table_args__ = (UniqueConstraint("site_id", "kind", "source_url", "observed_at"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    kind: str
    value: int | None = Field(default=None, sa_type=BigInteger)
    source_url: str = Field(sa_type=CleanText)
    """Where it was read; of a figure from a file the profile that it is about."""
    observed_at: datetime = Field(sa_type=UtcDateTime)
    imported_from: str = Field(default="", sa_type=CleanText)
    """Whose figure this is, where it came in by a file; empty for what was read from ``source_url``."""


class SiteStatement(SQLModel, table=True):
    """A way of contact or a wish about it, as a site publishes it; kept only where that is turned on."""

    __tablename__ = "site_statement"
    __table_args__ = (UniqueConstraint("site_id", "kind", "value"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    kind: str
    value: str = Field(default="", sa_type=CleanText)
    words: str = Field(default="", sa_type=CleanText)
    source_url: str = Field(sa_type=CleanText)
    observed_at: datetime = Field(sa_type=UtcDateTime)


class SiteClaim(SQLModel, table=True):
    """That a page of a site gives an address as the same person's, by ``rel=me`` or otherwise; proves nothing alone."""

    __tablename__ = "site_claim"
    __table_args__ = (UniqueConstraint("site_id", "place", "kind", "target_url"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    place: str = Field(default="", sa_type=CleanText)
    """Which of the pages that speak for the site says so: empty for the home page, and for a profile."""
    source_url: str = Field(sa_type=CleanText)
    kind: str
    target_url: str = Field(sa_type=CleanText)
    target_site_key: str = Field(index=True, sa_type=CleanText)
    observed_at: datetime = Field(sa_type=UtcDateTime)


class BloggerProof(SQLModel, table=True):
    """Why two sites were joined to one blogger: what each side says, and where."""

    __tablename__ = "blogger_proof"
    __table_args__ = (UniqueConstraint("site_id", "other_site_id", "method"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    other_site_id: int = Field(foreign_key="site.id", ondelete="CASCADE", index=True)
    method: str
    evidence: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    observed_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when it does not count any more: it was taken back by somebody, or one side said otherwise."""
    revoked_by: str = ""


class Author(SQLModel, table=True):
    """Somebody who writes on a site; sites have several, and posts may be by guests."""

    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(foreign_key="site.id", ondelete="CASCADE")
    name: str = Field(sa_type=CleanText)
    first_seen: datetime = Field(sa_type=UtcDateTime)
