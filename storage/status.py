"""How much is stored, and how the crawls stand: what ``bloghound status`` shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, func, or_, select

from storage import embeddings
from storage.tables import Blogger, Crawl, CrawlSite, Embedding, Fetch, Link, Page, Post, Site, Suppression
from storage.tables.base import table_of

_SITE, _POST, _CRAWL, _PAGE = table_of(Site), table_of(Post), table_of(Crawl), table_of(Page)
_PLACE = table_of(CrawlSite)
_COUNTED = {
    "bloggers": table_of(Blogger),
    "sites": _SITE,
    "pages": _PAGE,
    "posts": _POST,
    "links": table_of(Link),
    "embeddings": table_of(Embedding),
    "fetches": table_of(Fetch),
    "suppressions": table_of(Suppression),
}
_QUEUED = select(_PLACE.c.site_id).where(_PLACE.c.state == "queued")


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """One site: how its last crawl ended and what it left."""

    key: str
    health: str | None
    reason: str
    posts: int
    last_visited_at: datetime | None
    state: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of rows by noun, sites by health, posts by language, vectors by model, unfinished crawls."""

    counts: dict[str, int]
    sites_by_health: dict[str, int]
    posts_by_language: dict[str, int]
    vectors_by_model: dict[str, int]
    sites_queued: int
    unfinished_crawls: int


def status(connection: Connection) -> Status:
    """The whole database in figures."""
    return Status(
        counts={name: _count(connection, table) for name, table in _COUNTED.items()},
        sites_by_health=_by(connection, _SITE, "health"),
        posts_by_language=_by(connection, _POST, "language"),
        vectors_by_model=embeddings.counts(connection),
        sites_queued=connection.execute(select(func.count()).where(_SITE.c.id.in_(_QUEUED))).scalar_one(),
        unfinished_crawls=connection.execute(select(func.count()).where(_CRAWL.c.finished_at.is_(None))).scalar_one(),
    )


def site_statuses(connection: Connection, crawl_id: int | None = None) -> list[SiteStatus]:
    """Every site with its health and number of posts, by key; of one crawl, or all that were ever asked for."""
    live = (
        select(_POST.c.site_id, func.count().label("posts"))
        .where(_POST.c.state == "live")
        .group_by(_POST.c.site_id)
        .subquery()
    )
    query = (
        select(_SITE, func.coalesce(live.c.posts, 0).label("posts"), _SITE.c.id.in_(_QUEUED).label("queued"))
        .outerjoin(live, live.c.site_id == _SITE.c.id)
        .where(_asked_for(crawl_id))
        .order_by(_SITE.c.key)
    )
    return [
        SiteStatus(
            row["key"],
            row["health"],
            row["health_reason"],
            row["posts"],
            row["last_visited_at"],
            "queued" if row["queued"] else "resting",
            tuple(row["flags"]),
        )
        for row in connection.execute(query).mappings()
    ]


def _asked_for(crawl_id: int | None) -> ColumnElement[bool]:
    if crawl_id is None:
        return or_(_SITE.c.last_visited_at.is_not(None), _SITE.c.id.in_(_QUEUED))
    held = select(_PLACE.c.site_id).where(_PLACE.c.crawl_id == crawl_id)
    return _SITE.c.id.in_(held)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _by(connection: Connection, table: Table, column: str) -> dict[str, int]:
    query = select(table.c[column], func.count()).group_by(table.c[column]).order_by(func.count().desc())
    return {str(name) if name is not None else "unknown": number for name, number in connection.execute(query)}
