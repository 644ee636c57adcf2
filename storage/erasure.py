"""Forgetting a site: facts, text, vectors, links and list entries go; a keyed hash keeps it from coming back."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from bloghound.errors import NotFoundError
from storage import embeddings, suppressions
from storage.tables import Blogger, Crawl, Fetch, Link, Page, Post, Site
from storage.tables.base import table_of

_BLOGGER, _SITE, _LINK, _CRAWL = table_of(Blogger), table_of(Site), table_of(Link), table_of(Crawl)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was removed: counts only, except for the id of a blogger who had no other site (else None)."""

    removed: dict[str, int]
    blogger_public_id: str
    blogger_gone: bool


def forget(connection: Connection, site_key: str, *, secret_key: bytes, now: datetime) -> Receipt:
    """Remove a site and suppress it; raises NotFoundError when it is not stored."""
    suppressions.add(connection, secret_key, [site_key], reason="forgotten", now=now)
    site = connection.execute(select(_SITE.c.id, _SITE.c.blogger_id).where(_SITE.c.key == site_key)).first()
    if site is None:
        raise NotFoundError(f"No site {site_key!r} is stored; it will not be stored in future either.")
    public_id = connection.execute(select(_BLOGGER.c.public_id).where(_BLOGGER.c.id == site.blogger_id)).scalar_one()
    removed = {name: _count(connection, table, site.id) for name, table in _OWNED.items()}
    removed["links_in"] = connection.execute(delete(_LINK).where(_LINK.c.target_site_key == site_key)).rowcount
    _scrub_found_from(connection, site_key)
    connection.execute(delete(_SITE).where(_SITE.c.id == site.id))
    blogger_gone = _settle_blogger(connection, site.blogger_id, site_key)
    removed["embeddings"] = embeddings.drop_orphans(connection)
    _scrub_crawls(connection, site_key)
    return Receipt(removed, public_id, blogger_gone)


_OWNED = {"posts": table_of(Post), "pages": table_of(Page), "links_out": _LINK, "fetches": table_of(Fetch)}


def _count(connection: Connection, table: Table, site_id: int) -> int:
    return connection.execute(select(func.count()).select_from(table).where(table.c.site_id == site_id)).scalar_one()


def _scrub_found_from(connection: Connection, site_key: str) -> None:
    pattern = f"%//{_escaped(site_key)}"
    column = _SITE.c.found_from_url
    mentions = or_(column.like(pattern, escape="\\"), column.like(f"{pattern}/%", escape="\\"))
    connection.execute(update(_SITE).where(mentions).values(found_from_url=None))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _settle_blogger(connection: Connection, blogger_id: int, gone_key: str) -> bool:
    """Remove a blogger without sites; one that keeps a site is named after that."""
    rest = connection.execute(
        select(_SITE.c.key).where(_SITE.c.blogger_id == blogger_id).order_by(_SITE.c.kind, _SITE.c.key)
    ).scalars()
    keys = list(rest)
    if not keys:
        connection.execute(delete(_BLOGGER).where(_BLOGGER.c.id == blogger_id))
        return True
    connection.execute(
        update(_BLOGGER)
        .where(_BLOGGER.c.id == blogger_id, _BLOGGER.c.site_key == gone_key)
        .values(site_key=keys[0], name="")
    )
    return False


def _scrub_crawls(connection: Connection, site_key: str) -> None:
    for crawl_id, options in connection.execute(select(_CRAWL.c.id, _CRAWL.c.options)).all():
        seeds = options.get("seeds", [])
        kept = [seed for seed in seeds if site_key not in seed]
        if kept != seeds:
            connection.execute(update(_CRAWL).where(_CRAWL.c.id == crawl_id).values(options=options | {"seeds": kept}))
