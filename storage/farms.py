"""The links around a site, by which a link farm shows, and the mark on its sites."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from bloghound.hosts import shared_domains
from bloghound.records import LinkContext
from storage.tables import Link, Site
from storage.tables.base import table_of
from storage.upserts import batches

_LINK, _SITE = table_of(Link), table_of(Site)

MAX_LINKS_OF_SITE = 5_000
"""A blog of 200 pages has fewer; a farm's pages, of up to 2,000 links each, must not fill the memory."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A site near another one."""

    key: str
    title: str


def sites_near(connection: Connection, site_id: int, domain: str, *, limit: int) -> dict[int, Neighbour]:
    """A site itself, those of its registrable domain where that has one owner, and those that it links with both ways.

    At most ``limit`` beside itself, by id.
    """
    mine = select(_LINK.c.target_site_key).where(_LINK.c.site_id == site_id)
    own_key = select(_SITE.c.key).where(_SITE.c.id == site_id).scalar_subquery()
    linking_back = select(_LINK.c.site_id).where(_LINK.c.target_site_key == own_key)
    near: ColumnElement[bool] = and_(_SITE.c.key.in_(mine), _SITE.c.id.in_(linking_back))
    if domain not in shared_domains():
        near = or_(near, _SITE.c.domain == domain)
    query = select(_SITE.c.id, _SITE.c.key, _SITE.c.title)
    rows = connection.execute(query.where(or_(_SITE.c.id == site_id, near)).order_by(_SITE.c.id != site_id, _SITE.c.id))
    return {row.id: Neighbour(row.key, row.title) for row in rows.fetchmany(limit + 1)}


def links_of(
    connection: Connection, site_ids: Sequence[int], *, most: int = MAX_LINKS_OF_SITE
) -> Iterator[tuple[str, str, LinkContext, int | None]]:
    """The first links out of each site, as keys of source and target, context, and the id of the post or None."""
    columns = (_SITE.c.key, _LINK.c.target_site_key, _LINK.c.context, _LINK.c.post_id)
    query = select(*columns).join(_SITE, _SITE.c.id == _LINK.c.site_id).order_by(_LINK.c.id).limit(most)
    for site_id in sorted(site_ids):
        for row in connection.execute(query.where(_LINK.c.site_id == site_id)):
            yield row.key, row.target_site_key, LinkContext(row.context), row.post_id


def flag(connection: Connection, site_ids: Sequence[int], name: str) -> None:
    """Add a flag to sites that do not carry it yet."""
    for batch in batches(sorted(site_ids)):
        query = select(_SITE.c.id, _SITE.c.flags).where(_SITE.c.id.in_(batch))
        for row in connection.execute(query).all():
            if name not in row.flags:
                connection.execute(update(_SITE).where(_SITE.c.id == row.id).values(flags=[*row.flags, name]))
