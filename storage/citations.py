"""Who cites a post: the distinct other bloggers of the store whose posts link to it editorially."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from bloghound.records import NO_VOTE_RELS, LinkContext
from storage import posts
from storage.tables import Link, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_LINK, _POST, _SITE = table_of(Link), table_of(Post), table_of(Site)


class _Citation(NamedTuple):
    """A link of another blogger's post to an address of a site."""

    site_id: int
    target_url: str
    blogger_id: int


def citing_bloggers(connection: Connection, site_ids: Sequence[int]) -> dict[int, int]:
    """How many other bloggers link to each post of the sites, by post id; posts that nobody links to are left out."""
    by_site: dict[int, list[_Citation]] = defaultdict(list)
    for citation in _citations(connection, site_ids):
        by_site[citation.site_id].append(citation)
    citing: dict[int, set[int]] = defaultdict(set)
    for site_id, found in by_site.items():
        ids = posts.at_addresses(connection, site_id, {citation.target_url for citation in found})
        for citation in found:
            if citation.target_url in ids:
                citing[ids[citation.target_url]].add(citation.blogger_id)
    return {post_id: len(bloggers) for post_id, bloggers in citing.items()}


def _citations(connection: Connection, site_ids: Sequence[int]) -> Iterator[_Citation]:
    target = _SITE.alias("target")
    query = (
        select(target.c.id, _LINK.c.target_url, _SITE.c.blogger_id, _LINK.c.rel)
        .join(_SITE, _SITE.c.id == _LINK.c.site_id)
        .join(_POST, _POST.c.id == _LINK.c.post_id)
        .join(target, target.c.key == _LINK.c.target_site_key)
        .where(
            _LINK.c.context == LinkContext.CONTENT.value,
            _POST.c.state == "live",
            _SITE.c.blogger_id != target.c.blogger_id,
        )
    )
    for batch in batches(sorted(site_ids)):
        for site_id, target_url, blogger_id, rel in connection.execute(query.where(target.c.id.in_(batch))):
            if NO_VOTE_RELS.isdisjoint(rel):
                yield _Citation(site_id, target_url, blogger_id)
