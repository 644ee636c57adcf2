"""Who links to whom and in which words, as discovery needs it: the links out of sites that were crawled, and to a site.

Links in comments and boilerplate speak for nobody and are not among them, nor are those of posts that are gone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from bloghound.records import LinkContext, SiteHealth
from storage.tables import Crawl, CrawlSite, Link, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_PLACE, _SITE, _LINK, _POST = table_of(CrawlSite), table_of(Site), table_of(Link), table_of(Post)
_CRAWL = table_of(Crawl)

READ_CHARS = 4000
"""How much of a post is read to tell what it is about: twice what the longest passage of the index takes."""


@dataclass(frozen=True, slots=True)
class EndedSite:
    """A site whose crawl ended well, with its place in the crawl."""

    site_id: int
    key: str
    home_url: str
    domain: str
    blogger_id: int
    depth: int
    ended_at: datetime
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutwardLink:
    """A link to another site; ``post_id`` is None for one in a blogroll, ``page_url`` is where it stands."""

    site_id: int
    target_key: str
    target_url: str
    context: LinkContext
    rel: tuple[str, ...]
    anchor: str
    post_id: int | None
    page_url: str


@dataclass(frozen=True, slots=True)
class ReadableText:
    """What a post says, as far as it is read to tell what it is about."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class InwardLink:
    """A link to a site, with whose it is."""

    link: OutwardLink
    source: EndedSite


def ended_sites(connection: Connection, crawl_id: int, *, since: datetime | None = None) -> list[EndedSite]:
    """The sites that a crawl left healthy, all or those ``since`` a time, in the order in which they ended."""
    query = (
        select(*_SITE_COLUMNS, _PLACE.c.depth.label("place_depth"), _PLACE.c.ended_at)
        .join(_PLACE, _PLACE.c.site_id == _SITE.c.id)
        .where(_PLACE.c.crawl_id == crawl_id, _PLACE.c.state == "done", _PLACE.c.health == SiteHealth.OK.value)
        .order_by(_PLACE.c.ended_at, _PLACE.c.id)
    )
    if since is not None:
        query = query.where(_PLACE.c.ended_at >= since)
    return [_ended(row, row.place_depth, row.ended_at) for row in connection.execute(query)]


_SITE_COLUMNS = tuple(_SITE.c[name] for name in ("id", "key", "home_url", "domain", "blogger_id", "depth", "flags"))


def _ended(row: Any, depth: int, ended_at: datetime) -> EndedSite:
    return EndedSite(row.id, row.key, row.home_url, row.domain, row.blogger_id, depth, ended_at, tuple(row.flags))


def links_out_of(connection: Connection, site_ids: Sequence[int]) -> list[OutwardLink]:
    """The editorial and blogroll links of sites, in the order of their first sight."""
    found: list[OutwardLink] = []
    for batch in batches(sorted(site_ids)):
        query = _links().where(_LINK.c.site_id.in_(batch)).order_by(_LINK.c.id)
        found += [_outward(row) for row in connection.execute(query)]
    return found


def _links() -> Select[Any]:
    return (
        select(
            _LINK, _POST.c.url.label("post_url"), *(column.label(f"source_{column.name}") for column in _SITE_COLUMNS)
        )
        .join(_SITE, _SITE.c.id == _LINK.c.site_id)
        .outerjoin(_POST, _POST.c.id == _LINK.c.post_id)
        .where(
            _LINK.c.context.in_([LinkContext.CONTENT.value, LinkContext.BLOGROLL.value]),
            or_(_LINK.c.post_id.is_(None), _POST.c.state == "live"),
        )
    )


def _outward(row: Row[Any]) -> OutwardLink:
    return OutwardLink(
        site_id=row.site_id,
        target_key=row.target_site_key,
        target_url=row.target_url,
        context=LinkContext(row.context),
        rel=tuple(row.rel),
        anchor=row.anchor,
        post_id=row.post_id,
        page_url=row.post_url or row.source_home_url,
    )


def links_to(connection: Connection, site_key: str, *, limit: int) -> list[InwardLink]:
    """Editorial and blogroll links to a site, oldest first; at most ``limit``."""
    query = _links().where(_LINK.c.target_site_key == site_key).order_by(_LINK.c.id).limit(limit)
    return [
        InwardLink(
            _outward(row),
            EndedSite(
                site_id=row.site_id,
                key=row.source_key,
                home_url=row.source_home_url,
                domain=row.source_domain,
                blogger_id=row.source_blogger_id,
                depth=row.source_depth,
                ended_at=row.first_seen,
                flags=tuple(row.source_flags),
            ),
        )
        for row in connection.execute(query)
    ]


def texts_of(connection: Connection, post_ids: Iterable[int]) -> dict[int, ReadableText]:
    """The titles and openings of posts, by id."""
    found: dict[int, ReadableText] = {}
    for batch in batches(sorted(set(post_ids))):
        query = select(_POST.c.id, _POST.c.title, func.substr(_POST.c.text, 1, READ_CHARS).label("opening"))
        rows = connection.execute(query.where(_POST.c.id.in_(batch)))
        found.update({row.id: ReadableText(row.title, row.opening) for row in rows})
    return found


def newest_posts(connection: Connection, site_id: int, *, limit: int) -> list[int]:
    """Ids of a site's newest posts."""
    query = select(_POST.c.id).where(_POST.c.site_id == site_id, _POST.c.state == "live")
    return list(connection.execute(query.order_by(_POST.c.published_at.desc(), _POST.c.id).limit(limit)).scalars())


def admitted(connection: Connection, crawl_id: int) -> tuple[Counter[str], Counter[int]]:
    """How many sites of each registrable domain, and at each depth, a crawl holds."""
    query = (
        select(_SITE.c.domain, _PLACE.c.depth, func.count())
        .join(_PLACE, _PLACE.c.site_id == _SITE.c.id)
        .where(_PLACE.c.crawl_id == crawl_id)
        .group_by(_SITE.c.domain, _PLACE.c.depth)
    )
    domains, depths = Counter[str](), Counter[int]()
    for domain, depth, number in connection.execute(query):
        domains[domain] += number
        depths[depth] += number
    return domains, depths


@dataclass(frozen=True, slots=True)
class LastPlace:
    """A site's place in the latest crawl that took it in."""

    crawl_public_id: str
    priority: float
    depth: int


def last_place(connection: Connection, site_public_id: str) -> LastPlace | None:
    """Where a site stands in the latest crawl that holds it; None where no crawl does."""
    row = connection.execute(
        select(_CRAWL.c.public_id, _PLACE.c.priority, _PLACE.c.depth)
        .join(_PLACE, _PLACE.c.crawl_id == _CRAWL.c.id)
        .join(_SITE, _SITE.c.id == _PLACE.c.site_id)
        .where(_SITE.c.public_id == site_public_id)
        .order_by(_PLACE.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else LastPlace(row.public_id, row.priority, row.depth)
