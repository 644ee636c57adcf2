"""Who cites a post: the distinct other bloggers of the store whose posts link to it editorially."""

import json
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, Text, bindparam, cast, select, tuple_

from bloghound.records import NO_VOTE_RELS, LinkContext
from bloghound.urls import fold_or_empty
from storage.tables import Link, Post, PostAddress, Site
from storage.tables.base import table_of
from storage.upserts import batches

_LINK, _POST, _SITE, _ADDRESS = table_of(Link), table_of(Post), table_of(Site), table_of(PostAddress)


_SITES_AT_ONCE = 5_000
"""Sites asked about in one go: SQLite takes 32,766 values."""

_PAGES_AT_ONCE = 1_000
"""Addresses asked about in one go: PostgreSQL reads them as conditions nested in each other, whose depth it limits."""


def citing_bloggers(
    connection: Connection, site_ids: Sequence[int], not_live: Container[int] | None = None
) -> dict[int, int]:
    """How many other bloggers link to each post of the sites, by post id; posts that nobody links to are left out.

    Who asks for many sites names the posts that are `posts.not_live`: looking at each linking post takes longer.
    """
    by_page: dict[int, dict[str, set[int]]] = {}
    query = _CITATIONS if not_live is not None else _CITATIONS.join(_POST, _POST.c.id == _LINK.c.post_id).where(_LIVE)
    for batch in batches(sorted(site_ids), _SITES_AT_ONCE):
        rows = connection.execute(query, {"site_ids": batch}).all()
        for site_id, target_url, blogger_id, rel, post_id in rows:
            if _is_vote(rel) and (not_live is None or post_id not in not_live):
                pages = by_page.setdefault(site_id, {})
                pages.setdefault(fold_or_empty(target_url), set()).add(blogger_id)
    return {post_id: len(citing) for post_id, citing in _by_post(connection, by_page).items()}


def _by_post(connection: Connection, by_page: Mapping[int, Mapping[str, set[int]]]) -> dict[int, set[int]]:
    """Of what is known by site and folded address, that which is about a post, by post id."""
    found: dict[int, set[int]] = {}
    pages = [(site_id, name) for site_id in sorted(by_page) for name in by_page[site_id]]
    query = select(_ADDRESS.c.site_id, _ADDRESS.c.folded_url, _ADDRESS.c.post_id)
    for batch in batches(pages, _PAGES_AT_ONCE):
        of_pages = query.where(tuple_(_ADDRESS.c.site_id, _ADDRESS.c.folded_url).in_(batch))
        for site_id, name, post_id in connection.execute(of_pages).all():
            found[post_id] = found.get(post_id, set()) | by_page[site_id][name]
    return found


# The same few values stand in nearly all rows.
@lru_cache(maxsize=1024)
def _is_vote(rel: str) -> bool:
    return NO_VOTE_RELS.isdisjoint(json.loads(rel))


_TARGET = _SITE.alias("target")

_CITATIONS = (
    select(_TARGET.c.id, _LINK.c.target_url, _SITE.c.blogger_id, cast(_LINK.c.rel, Text), _LINK.c.post_id)
    .join(_SITE, _SITE.c.id == _LINK.c.site_id)
    .join(_TARGET, _TARGET.c.key == _LINK.c.target_site_key)
    .where(
        _LINK.c.context == LinkContext.CONTENT.value,
        _LINK.c.post_id.is_not(None),
        _SITE.c.blogger_id != _TARGET.c.blogger_id,
        _TARGET.c.id.in_(bindparam("site_ids", expanding=True)),
    )
)
"""Of the links of other bloggers' posts to sites: which site, which address, whose link, its rel, and which post."""

_LIVE = _POST.c.state == "live"
