"""Forgetting a site: facts, text, vectors, links and list entries go; a keyed hash keeps it from coming back."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, delete, func, select, update

from bloghound.urls import host_of, key_or_empty
from storage import (
    archives,
    claims,
    commenters,
    embeddings,
    grouping,
    idempotency,
    imported_metrics,
    niche_rankings,
    pacing,
    statements,
    suppressions,
)
from storage.tables import (
    Blogger,
    Crawl,
    CrawlSite,
    Fetch,
    Link,
    Niche,
    Page,
    Post,
    PostAddress,
    Site,
    SiteStatement,
)
from storage.tables.base import public_id, table_of
from storage.upserts import batches

_BLOGGER, _SITE, _LINK, _CRAWL = table_of(Blogger), table_of(Site), table_of(Link), table_of(Crawl)
_POST, _FETCH, _ADDRESS, _PLACE = table_of(Post), table_of(Fetch), table_of(PostAddress), table_of(CrawlSite)
_NICHE, _STATEMENT = table_of(Niche), table_of(SiteStatement)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was removed: counts only, except for the public id of the blogger, who may have had no other site."""

    removed: dict[str, int]
    blogger_public_id: str
    blogger_gone: bool


def forget(
    connection: Connection,
    site_key: str,
    *,
    secret_key: bytes,
    now: datetime,
    busy_archives: Collection[str] = (),
) -> Receipt:
    """Remove a site, and what others' rows say of it, and suppress it; of one that was never stored all counts are 0.

    ``busy_archives`` are files that could not be rewritten: where the site's answers lie in them is kept, without a
    name.
    """
    identities = commenters.identities_of(connection, site_key)
    suppressions.add(connection, secret_key, [site_key, *identities], reason="forgotten", now=now)
    blogger = blogger_public_id(connection, site_key)
    columns = (_SITE.c.id, _SITE.c.blogger_id, _SITE.c.home_url, _SITE.c.domain)
    site = connection.execute(select(*columns).where(_SITE.c.key == site_key)).first()
    removed = {name: 0 if site is None else _count(connection, table, site.id) for name, table in _OWNED.items()}
    removed["links_in"] = connection.execute(delete(_LINK).where(_LINK.c.target_site_key == site_key)).rowcount
    removed["imported_figures"] = imported_metrics.forget(connection, site_key)
    blogger_gone = False
    if site is not None:
        archives.leave_nameless(connection, site.id, busy_archives)
        connection.execute(delete(_SITE).where(_SITE.c.id == site.id))
        pacing.forget(connection, sorted({host_of(site.home_url), site.domain}))
        blogger_gone = _settle_blogger(connection, site.blogger_id, site_key, now)
        removed["embeddings"] = embeddings.drop_orphans(connection)
    removed["comments_elsewhere"] = commenters.forget(connection, secret_key, identities)
    removed["mentions"] = _scrub_mentions(connection, site_key) + claims.forget_naming(connection, site_key)
    _scrub_crawls(connection, site_key)
    _scrub_niches(connection, site_key)
    # Answers kept for safe retries name bloggers in many forms; a retry after an erasure is simply done anew.
    idempotency.forget_all(connection)
    return Receipt(removed, blogger, blogger_gone)


_OWNED = {
    "posts": table_of(Post),
    "pages": table_of(Page),
    "links_out": _LINK,
    "fetches": _FETCH,
    "contact_statements": _STATEMENT,
}


def blogger_public_id(connection: Connection, site_key: str) -> str:
    """The public id of a site's blogger: the stored one's, or that of a blogger who would have this site alone."""
    query = select(_BLOGGER.c.public_id).join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    stored = connection.execute(query.where(_SITE.c.key == site_key)).scalar()
    return str(stored) if stored is not None else public_id("blg", site_key)


@dataclass(frozen=True, slots=True)
class Indexed:
    """By what a site's posts are found in an index: the public ids of bloggers, and the posts' own ids.

    The first public id is that of the site's blogger; the other, of a blogger who has this site alone, may have been
    its blogger's before sites were joined.
    """

    public_ids: tuple[str, ...]
    post_ids: frozenset[int]


def indexed(connection: Connection, site_key: str) -> Indexed:
    """How the index knows a site; of one that is not stored its own public id alone."""
    query = select(_POST.c.id).join(_SITE, _SITE.c.id == _POST.c.site_id).where(_SITE.c.key == site_key)
    names = (blogger_public_id(connection, site_key), public_id("blg", site_key))
    return Indexed(tuple(dict.fromkeys(names)), frozenset(connection.execute(query).scalars()))


def _count(connection: Connection, table: Table, site_id: int) -> int:
    return connection.execute(select(func.count()).select_from(table).where(table.c.site_id == site_id)).scalar_one()


def mentions(text: str, site_key: str) -> bool:
    """Whether a text names a site, by an address or by its key; ``log.example`` is not in ``blog.example``."""
    return any(re.search(rf"(?<![\w.-]){re.escape(name)}{end}", text, re.IGNORECASE) for name, end in _names(site_key))


def _names(site_key: str) -> list[tuple[str, str]]:
    """The ways in which a site is named in messages, each with what must follow it."""
    host, _, user = site_key.partition("/@")
    if not user:
        # A profile on the host, or the same host with a port, is another site.
        return [(site_key, r"(?![\w-]|\.\w|:\d|/@\w)")]
    profile = (site_key, f"{host}/users/{user}", f"{user}@{host}", f"{host}/api/v1/accounts/lookup?acct={user}")
    return [(name, r"(?![\w-]|\.\w)") for name in profile]


def _scrub_mentions(connection: Connection, site_key: str) -> int:
    """Empty what other sites' rows say of the site; how many rows said something."""
    found_from = _naming(connection, _SITE.c.found_from_url, site_key)
    health = _naming(connection, _SITE.c.health_reason, site_key)
    ended = _naming(connection, _PLACE.c.health_reason, site_key)
    reasons = _naming(connection, _FETCH.c.reason, site_key)
    fetched = _addresses_of(connection, _FETCH.c.url, site_key)
    claimed = _addresses_of(connection, _ADDRESS.c.url, site_key)
    stated = {
        *_naming(connection, _STATEMENT.c.value, site_key),
        *_naming(connection, _STATEMENT.c.words, site_key),
        *statements.of_address_holder(connection, site_key),
    }
    _set(connection, _SITE, found_from, {"found_from_url": None})
    _set(connection, _SITE, health, {"health_reason": ""})
    _set(connection, _PLACE, ended, {"health_reason": ""})
    _set(connection, _FETCH, reasons, {"reason": ""})
    _set(connection, _FETCH, fetched, archives.NAMELESS)
    for batch in batches(claimed):
        connection.execute(delete(_ADDRESS).where(_ADDRESS.c.id.in_(batch)))
    for batch in batches(sorted(stated)):
        connection.execute(delete(_STATEMENT).where(_STATEMENT.c.id.in_(batch)))
    return len(found_from) + len(health) + len(set(reasons) | set(fetched)) + len(claimed) + len(stated)


def _naming(connection: Connection, column: Column[str], site_key: str) -> list[int]:
    """Ids of the rows whose text in ``column`` names the site."""
    # A profile is named in several ways, which have only its host in common.
    rows = connection.execute(_holding(column, site_key.partition("/@")[0]))
    return [row_id for row_id, text in rows if mentions(text, site_key)]


def _addresses_of(connection: Connection, column: Column[str], site_key: str) -> list[int]:
    """Ids of the rows whose address in ``column`` belongs to the site."""
    # The addresses of a server's interface, through which its profiles are read, look like the server's own.
    of_profile = func.coalesce(_SITE.c.key, "").startswith(f"{site_key}/", autoescape=True)
    query = _holding(column, site_key).outerjoin(_SITE, _SITE.c.id == column.table.c.site_id).where(~of_profile)
    return [row_id for row_id, url in connection.execute(query) if key_or_empty(url) == site_key]


def _holding(column: Column[str], part: str) -> Select[Any]:
    """Ids and texts of the rows whose text in ``column`` holds ``part``, in any case."""
    return select(column.table.c.id, column).where(column.icontains(part, autoescape=True))


def _set(connection: Connection, table: Table, ids: list[int], values: Mapping[str, Any]) -> None:
    for batch in batches(ids):
        connection.execute(update(table).where(table.c.id.in_(batch)).values(**values))


def _settle_blogger(connection: Connection, blogger_id: int, gone_key: str, now: datetime) -> bool:
    """Remove a blogger without sites; one that keeps some is named after the first of them."""
    rest = connection.execute(
        select(_SITE.c.id, _SITE.c.key).where(_SITE.c.blogger_id == blogger_id).order_by(_SITE.c.kind, _SITE.c.key)
    ).all()
    if not rest:
        connection.execute(delete(_BLOGGER).where(_BLOGGER.c.id == blogger_id))
        return True
    connection.execute(
        update(_BLOGGER)
        .where(_BLOGGER.c.id == blogger_id, _BLOGGER.c.site_key == gone_key)
        .values(site_key=rest[0].key, name="")
    )
    niche_rankings.strip(connection, blogger_id)
    # What only the gone site joined is no longer proven to be one's.
    grouping.regroup(connection, [row.id for row in rest], now=now)
    return False


def _scrub_crawls(connection: Connection, site_key: str) -> None:
    for crawl_id, options in connection.execute(select(_CRAWL.c.id, _CRAWL.c.options)).all():
        seeds = options.get("seeds", [])
        kept = [seed for seed in seeds if key_or_empty(seed) != site_key]
        if kept != seeds:
            connection.execute(update(_CRAWL).where(_CRAWL.c.id == crawl_id).values(options=options | {"seeds": kept}))


def _scrub_niches(connection: Connection, site_key: str) -> None:
    """Take the site out of the examples and exclusions of every team's niches."""
    columns = ("examples_like", "examples_unlike", "exclude_sites")
    for row in connection.execute(select(_NICHE.c.id, *(_NICHE.c[name] for name in columns))).all():
        kept = {name: [one for one in getattr(row, name) if not mentions(one, site_key)] for name in columns}
        if any(kept[name] != getattr(row, name) for name in columns):
            connection.execute(update(_NICHE).where(_NICHE.c.id == row.id).values(**kept))
