"""Links: per post in its content, once per site and target elsewhere; and the edges between sites they make."""

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Text, and_, cast, func, select

from bloghound.errors import AddressError
from bloghound.records import Link as LinkValue
from bloghound.records import LinkContext, SiteEdge
from bloghound.urls import canonical_url, site_of
from storage.tables import Link, Post, Site
from storage.tables.base import table_of
from storage.upserts import upsert

_LINK, _SITE, _POST = table_of(Link), table_of(Site), table_of(Post)

# The conditions of the two partial unique indexes of the table.
_IN_POST = _LINK.c.post_id.is_not(None)
_ON_SITE = _LINK.c.post_id.is_(None)

MAX_ANCHOR_CHARS = 200
"""Enough for any real anchor text; longer ones are whole paragraphs wrapped in a link."""

EVIDENCE_POSTS = 5
"""Linking posts named on an edge: enough to check it by hand; the database holds the rest."""


SITES_AT_ONCE = 1_000
"""Sites whose links are held at once while all are read: a blog has some fifteen, of 30 bytes each."""

_BETWEEN_KEYS = "\n"
"""Stands between two keys and within none: addresses hold no control characters."""


def keep_post_links(connection: Connection, links: Sequence[tuple[int, int, LinkValue]], *, now: datetime) -> None:
    """Store links out of posts, given as (site id, post id, link); links within the site are not kept."""
    if not links:
        return
    keys = _site_keys(connection, {site_id for site_id, _, _ in links})
    rows = [
        row | {"post_id": post_id}
        for site_id, post_id, link in links
        if (row := _row(site_id, link, now, keys[site_id])) is not None
    ]
    upsert(
        connection,
        _LINK,
        rows,
        key=["post_id", "target_url"],
        update=["last_seen", "rel", "anchor", "context"],
        where=_IN_POST,
    )


def keep_site_links(connection: Connection, links: Sequence[tuple[int, LinkValue]], *, now: datetime) -> None:
    """Store blogroll and boilerplate links, given as (site id, link), once per site, target and context."""
    if not links:
        return
    keys = _site_keys(connection, {site_id for site_id, _ in links})
    distinct: dict[tuple[int, str, str], dict[str, Any]] = {}
    for site_id, link in links:
        row = _row(site_id, link, now, keys[site_id])
        if row is not None:
            distinct.setdefault((site_id, row["target_site_key"], row["context"]), row)
    upsert(
        connection,
        _LINK,
        list(distinct.values()),
        key=["site_id", "target_site_key", "context"],
        update=["last_seen"],
        where=_ON_SITE,
    )


def _site_keys(connection: Connection, site_ids: set[int]) -> dict[int, str]:
    query = select(_SITE.c.id, _SITE.c.key).where(_SITE.c.id.in_(sorted(site_ids)))
    return dict(connection.execute(query).all())


def _row(site_id: int, link: LinkValue, now: datetime, own_key: str) -> dict[str, Any] | None:
    try:
        target_url = canonical_url(link.target_url)
        target_key = site_of(target_url).key
    except AddressError:
        return None
    if target_key == own_key:
        return None
    return {
        "site_id": site_id,
        "post_id": None,
        "target_url": target_url,
        "target_site_key": target_key,
        "context": link.context.value,
        "rel": list(link.rel),
        "anchor": link.anchor[:MAX_ANCHOR_CHARS],
        "first_seen": now,
        "last_seen": now,
    }


def site_edges(connection: Connection, *, between_known: bool = True) -> Iterator[SiteEdge]:
    """All links as edges between sites, by source, target, context and rel; streamed in that order.

    With ``between_known`` only those whose target is a stored site.
    """
    query = (
        select(
            _SITE.c.key,
            _LINK.c.target_site_key,
            _LINK.c.context,
            _LINK.c.rel,
            _LINK.c.post_id,
            _LINK.c.first_seen,
            _LINK.c.last_seen,
        )
        .join(_SITE, _SITE.c.id == _LINK.c.site_id)
        .outerjoin(_POST, _POST.c.id == _LINK.c.post_id)
        .where((_LINK.c.post_id.is_(None)) | (_POST.c.state == "live"))
        .order_by(_SITE.c.key, _LINK.c.target_site_key, _LINK.c.context, _POST.c.published_at.desc(), _LINK.c.id)
        .execution_options(yield_per=1000)
    )
    if between_known:
        target = _SITE.alias("target")
        query = query.join(target, and_(target.c.key == _LINK.c.target_site_key))
    group: list[Any] = []
    for row in connection.execute(query):
        if group and _edge_key(row) != _edge_key(group[0]):
            yield from _edges(group)
            group = []
        group.append(row)
    yield from _edges(group)


class LinkedSites(NamedTuple):
    """The sites that one site links to with these rel values, by key; one comes again for each further link."""

    source_key: str
    rel: tuple[str, ...]
    target_keys: list[str]


def linked_sites(
    connection: Connection, contexts: Collection[LinkContext], *, seen_since: datetime | None
) -> Iterator[LinkedSites]:
    """The links of live posts, and those of sites as such, in some contexts; in no order, and so sooner than edges.

    With ``seen_since`` only those seen then or later. The database puts the links of a site together: a row for each
    of millions would take six times as long.
    """
    keys: dict[int, str] = dict(connection.execute(select(_SITE.c.id, _SITE.c.key)).all())
    rel = cast(_LINK.c.rel, Text)
    # Put together first, and joined: both databases then look a post up by hash, however many are not live.
    hidden = select(_POST.c.id).where(_POST.c.state != "live").cte("hidden").prefix_with("MATERIALIZED")
    query = (
        select(_LINK.c.site_id, rel, func.aggregate_strings(_LINK.c.target_site_key, _BETWEEN_KEYS))
        .where(_LINK.c.context.in_(sorted(context.value for context in contexts)))
        .outerjoin(hidden, hidden.c.id == _LINK.c.post_id)
        .where(hidden.c.id.is_(None))
        .group_by(_LINK.c.site_id, rel)
        .execution_options(yield_per=SITES_AT_ONCE)
    )
    if seen_since is not None:
        query = query.where(_LINK.c.last_seen >= seen_since)
    for site_id, found, targets in connection.execute(query):
        yield LinkedSites(keys[site_id], _rel_of(found), targets.split(_BETWEEN_KEYS))


# The same few values stand in nearly all rows.
@lru_cache(maxsize=1024)
def _rel_of(stored: str) -> tuple[str, ...]:
    return tuple(sorted(json.loads(stored)))


def _edge_key(row: Any) -> tuple[str, str, str]:
    return row.key, row.target_site_key, row.context


def _edges(rows: Sequence[Any]) -> Iterator[SiteEdge]:
    by_rel: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        by_rel.setdefault(tuple(sorted(row.rel)), []).append(row)
    for rel, same in sorted(by_rel.items()):
        posts = [row.post_id for row in same if row.post_id is not None]
        yield SiteEdge(
            source_key=same[0].key,
            target_key=same[0].target_site_key,
            weight=max(1, len(set(posts))),
            context=LinkContext(same[0].context),
            rel=rel,
            first_seen=min(row.first_seen for row in same),
            last_seen=max(row.last_seen for row in same),
            evidence_post_ids=tuple(dict.fromkeys(posts))[:EVIDENCE_POSTS],
        )


def count_out_of_feeds(connection: Connection, site_id: int) -> int:
    """A site's links to others out of posts that only its feed carries."""
    query = (
        select(func.count())
        .select_from(_LINK)
        .join(_POST, _POST.c.id == _LINK.c.post_id)
        .where(_LINK.c.site_id == site_id, _POST.c.source == "feed")
    )
    return connection.execute(query).scalar_one()
