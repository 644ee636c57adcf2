"""Bloggers with their sites and the facts of their posts, as the index is built from: streamed; and posts' texts."""

import gc
import hashlib
import inspect
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Subquery, func, or_, select

from bloghound.records import BloggerOutline, PostText, RankableBlogger, RankablePost, RankableSite, SiteHealth
from storage import audiences, changes, citations, comments, engagement, rankable_posts
from storage.posts import not_live
from storage.rankable_posts import posts_by_site
from storage.tables import Blogger, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_BLOGGER, _SITE, _POST = table_of(Blogger), table_of(Site), table_of(Post)

# A site that turned out to be a shop, documentation or a theme's demo makes nobody a candidate.
_IS_BLOG = or_(_SITE.c.health.is_(None), _SITE.c.health != SiteHealth.NOT_A_BLOG.value)

_POSTS_AT_ONCE = 20_000
"""Posts whose facts are read in one go: 40 MB, and so many that the queries themselves do not count."""

_BLOGGERS_AT_ONCE = 5_000
"""Where bloggers have few posts: their ids are one list of a query, and SQLite takes 32,766 values."""


_POST_ID = attrgetter("post_id")


def outlines(connection: Connection, suppressed: Container[str] = ()) -> list[BloggerOutline]:
    """Every blogger with at least one live post, ordered by the key of the founding site.

    Whoever has a site whose key is ``suppressed`` is left out, as everywhere: its rows are about to go.
    """
    counts, marks = _live_posts(connection, suppressed), _marks(connection)
    everybody = connection.execute(select(_BLOGGER.c.id, _BLOGGER.c.site_key).order_by(_BLOGGER.c.site_key))
    return [BloggerOutline(row[0], row[1], counts[row[0]], marks[row[0]]) for row in everybody if row[0] in counts]


def _marks(connection: Connection) -> dict[int, int | None]:
    """One mark for all sites of each blogger: as theirs are drawn, no two sets of sites share their sum but by a chance
    of one in 2**63."""
    known, code = changes.marks(connection), _code()
    found: dict[int, int | None] = {}
    for site_id, blogger_id in connection.execute(select(_SITE.c.id, _SITE.c.blogger_id)):
        mark, others = known.get(site_id), found.get(blogger_id, code)
        found[blogger_id] = None if mark is None or others is None else mark ^ others
    return found


@lru_cache(maxsize=1)
def _code() -> int:
    """Part of every mark: after a change of what reads the facts, everybody's are read again."""
    modules = (citations, comments, engagement, audiences, rankable_posts, changes)
    files = [__file__, *(inspect.getfile(module) for module in modules)]
    digest = hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).digest()
    return int.from_bytes(digest) % 2**63


def bloggers(
    connection: Connection, chosen: Sequence[BloggerOutline], newest: int | None = None
) -> Iterator[RankableBlogger]:
    """The bloggers of these outlines, in the same order, with the facts of their posts.

    With ``newest`` each comes with that many posts at most, the newest ones; undated posts count as the oldest.
    """
    hidden = not_live(connection) if chosen else ()
    for chunk in _chunks(chosen, newest):
        many = [one.blogger_id for one in chunk if newest is not None and one.posts > newest]
        ids = [one.blogger_id for one in chunk]
        few = sorted(set(ids).difference(many))
        selected = [_all_posts(few)] if few else []
        selected += [_newest_posts(many, newest)] if many and newest is not None else []
        with _without_cycles():
            loaded = _load(connection, ids, selected, hidden)
        yield from loaded


def texts(connection: Connection, post_ids: Sequence[int]) -> Iterator[PostText]:
    """What posts say, in the order asked; a post that is not stored is left out."""
    for batch in batches(post_ids):
        query = select(_POST.c.id, _POST.c.title, _POST.c.text).where(_POST.c.id.in_(sorted(batch)))
        found = {row[0]: row for row in connection.execute(query)}
        yield from (PostText(*found[post_id]) for post_id in batch if post_id in found)


def _live_posts(connection: Connection, suppressed: Container[str]) -> dict[int, int]:
    """How many live posts bloggers have, by blogger id; those without any, and with a suppressed site, are left out."""
    query = select(_SITE.c.blogger_id, func.count()).join(_POST, _POST.c.site_id == _SITE.c.id)
    query = query.where(_POST.c.state == "live", _IS_BLOG).group_by(_SITE.c.blogger_id)
    counts: dict[int, int] = dict(connection.execute(query).all())
    if suppressed:
        for blogger_id, key in connection.execute(select(_SITE.c.blogger_id, _SITE.c.key)):
            if key in suppressed:
                counts.pop(blogger_id, None)
    return counts


def _chunks(chosen: Sequence[BloggerOutline], newest: int | None) -> Iterator[list[BloggerOutline]]:
    """Runs of bloggers that are read in one go."""
    chunk: list[BloggerOutline] = []
    posts = 0
    for one in chosen:
        chunk.append(one)
        posts += one.posts if newest is None else min(one.posts, newest)
        if posts >= _POSTS_AT_ONCE or len(chunk) == _BLOGGERS_AT_ONCE:
            yield chunk
            chunk, posts = [], 0
    if chunk:
        yield chunk


def _all_posts(blogger_ids: Sequence[int]) -> Subquery:
    """Ids of all live posts of bloggers."""
    query = select(_POST.c.id).join(_SITE, _SITE.c.id == _POST.c.site_id)
    return query.where(_SITE.c.blogger_id.in_(blogger_ids), _POST.c.state == "live", _IS_BLOG).subquery()


def _newest_posts(blogger_ids: Sequence[int], newest: int) -> Subquery:
    """Ids of the newest live posts of each blogger."""
    places = _places(blogger_ids)
    return select(places.c.id).where(places.c.place <= newest).subquery()


def _places(blogger_ids: Sequence[int]) -> Subquery:
    """Id and place of each live post of these bloggers, the newest at place 1."""
    place = func.row_number().over(
        partition_by=_SITE.c.blogger_id, order_by=(_POST.c.published_at.desc().nulls_last(), _POST.c.id.desc())
    )
    query = select(_POST.c.id, place.label("place")).join(_SITE, _SITE.c.id == _POST.c.site_id)
    return query.where(_POST.c.state == "live", _IS_BLOG, _SITE.c.blogger_id.in_(blogger_ids)).subquery()


def founding_keys(connection: Connection) -> dict[str, str]:
    """The key of the founding site of each site's blogger, by site key."""
    query = select(_SITE.c.key, _BLOGGER.c.site_key).join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)
    return dict(connection.execute(query).all())


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Loading makes some 100,000 values and no cycle: looking for cycles among them takes a third of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _load(
    connection: Connection, ids: Sequence[int], chosen: Sequence[Subquery], hidden: Container[int]
) -> list[RankableBlogger]:
    """The bloggers in the order of their keys, with those of their posts that are among the chosen."""
    sites = _sites(connection, ids)
    site_ids = [site.site_id for own in sites.values() for site in own]
    posts = posts_by_site(connection, site_ids, chosen, hidden)
    query = select(_BLOGGER.c.id, _BLOGGER.c.public_id, _BLOGGER.c.name, _BLOGGER.c.site_key)
    people = connection.execute(query.where(_BLOGGER.c.id.in_(ids)).order_by(_BLOGGER.c.site_key))
    return [_blogger(person, sites[person.id], posts) for person in people]


def _blogger(person: Any, own: Sequence[RankableSite], posts: Mapping[int, list[RankablePost]]) -> RankableBlogger:
    written = [post for site in own for post in posts.get(site.site_id, ())]
    return RankableBlogger(
        blogger_id=person.id,
        public_id=person.public_id,
        name=person.name or next((site.title for site in own if site.title), "") or person.site_key,
        site_key=person.site_key,
        home_url=next((site.home_url for site in own if site.key == person.site_key), own[0].home_url),
        sites=tuple(own),
        posts=tuple(sorted(written, key=_POST_ID)),
    )


_SITE_COLUMNS = ("id", "public_id", "key", "home_url", "title", "kind", "platform", "language", "health", "flags")


def _sites(connection: Connection, blogger_ids: Sequence[int]) -> dict[int, list[RankableSite]]:
    """The sites of bloggers by blogger id: blogs first, then by key."""
    query = select(_SITE.c.blogger_id, *(_SITE.c[name] for name in _SITE_COLUMNS))
    query = query.where(_SITE.c.blogger_id.in_(blogger_ids)).order_by(_SITE.c.blogger_id, _SITE.c.kind, _SITE.c.key)
    rows = connection.execute(query).all()
    followers = audiences.followers(connection, [row.id for row in rows])
    found: dict[int, list[RankableSite]] = {}
    for row in rows:
        found.setdefault(row.blogger_id, []).append(_site(row, followers.get(row.id)))
    return found


def _site(row: Any, followers: int | None) -> RankableSite:
    return RankableSite(
        site_id=row.id,
        public_id=row.public_id,
        key=row.key,
        home_url=row.home_url,
        title=row.title,
        kind=row.kind,
        platform=row.platform,
        language=row.language,
        followers=followers,
        health=SiteHealth(row.health) if row.health else None,
        flags=tuple(row.flags),
    )
