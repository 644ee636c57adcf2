"""The facts of many bloggers' posts at once: each table is read once for all of them, and the rows put together."""

import json
from collections.abc import Container, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Subquery, Text, cast, select

from bloghound.records import Disclosure, EngagementReading, PostComments, RankablePost
from storage import citations, comments, engagement
from storage.tables import Author, Link, Post
from storage.tables.base import as_stored, as_utc, table_of

_POST, _AUTHOR, _LINK = table_of(Post), table_of(Author), table_of(Link)


def posts_by_site(
    connection: Connection, site_ids: Sequence[int], chosen: Sequence[Subquery], not_live: Container[int]
) -> dict[int, list[RankablePost]]:
    """The facts of the posts whose ids ``chosen`` select, by site id, in the order of their ids.

    ``site_ids`` are the sites of all of these posts; ``not_live`` are the posts whose links do not count.
    """
    cited = citations.citing_bloggers(connection, site_ids, not_live)
    found: dict[int, list[RankablePost]] = {}
    for ids in chosen:
        readings = engagement.latest_readings_in(connection, ids)
        said = comments.of_posts_in(connection, ids)
        link_counts = _link_counts(connection, ids)
        for row in _facts(connection, ids):
            found.setdefault(row[0], []).append(_post(row, readings, said, cited, link_counts))
    return found


def _facts(connection: Connection, ids: Subquery) -> Sequence[Any]:
    columns = ("site_id", "id", "url", "content_hash", "language", "words", "text_reserved")
    published, disclosures = as_stored(_POST.c.published_at), cast(_POST.c.disclosures, Text)
    query = (
        select(*(_POST.c[name] for name in columns), published, disclosures, _AUTHOR.c.name)
        .join(ids, ids.c.id == _POST.c.id)
        .outerjoin(_AUTHOR, _AUTHOR.c.id == _POST.c.author_id)
        .order_by(_POST.c.id)
    )
    return connection.execute(query).all()


def _post(
    row: Sequence[Any],
    readings: Mapping[int, tuple[EngagementReading, ...]],
    said: Mapping[int, PostComments],
    cited: Mapping[int, int],
    link_counts: Mapping[int, tuple[int, int]],
) -> RankablePost:
    _, post_id, url, content_hash, language, words, text_reserved, published, disclosures, author = row
    editorial, marked = link_counts.get(post_id, (0, 0))
    # By place, since naming fourteen fields of millions of posts takes half as long again.
    return RankablePost(
        post_id,
        url,
        content_hash,
        language,
        as_utc(published),
        words,
        author,
        readings.get(post_id, ()),
        said.get(post_id),
        cited.get(post_id, 0),
        _disclosures(disclosures),
        editorial,
        marked,
        text_reserved,
    )


# The same few values stand in nearly all rows: nothing disclosed, and no rel.
@lru_cache(maxsize=1024)
def _disclosures(stored: str) -> tuple[Disclosure, ...]:
    return tuple(Disclosure(**found) for found in json.loads(stored))


@lru_cache(maxsize=1024)
def _is_sponsored(rel: str) -> bool:
    return "sponsored" in json.loads(rel)


def _link_counts(connection: Connection, ids: Subquery) -> dict[int, tuple[int, int]]:
    """Editorial and sponsored links by post."""
    query = select(_LINK.c.post_id, cast(_LINK.c.rel, Text)).join(ids, ids.c.id == _LINK.c.post_id)
    counts: dict[int, tuple[int, int]] = {}
    for post_id, rel in connection.execute(query).all():
        editorial, marked = counts.get(post_id, (0, 0))
        is_marked = _is_sponsored(rel)
        counts[post_id] = (editorial + (not is_marked), marked + is_marked)
    return counts
