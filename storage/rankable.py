"""Bloggers with their sites and posts, as the index is built from: streamed, one blogger at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Subquery, and_, func, or_, select

from bloghound.records import (
    Disclosure,
    EngagementReading,
    PostComments,
    RankableBlogger,
    RankablePost,
    RankableSite,
    SiteHealth,
)
from storage import audiences, citations, comments, engagement
from storage.tables import Author, Blogger, Link, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_BLOGGER, _SITE, _POST, _AUTHOR = table_of(Blogger), table_of(Site), table_of(Post), table_of(Author)
_LINK = table_of(Link)

# A site that turned out to be a shop, documentation or a theme's demo makes nobody a candidate.
_IS_BLOG = or_(_SITE.c.health.is_(None), _SITE.c.health != SiteHealth.NOT_A_BLOG.value)

_BLOGGERS_AT_ONCE = 50
"""Bloggers read in one go: at 150 posts of 10 kB each, 75 MB."""


def bloggers(connection: Connection, newest: int | None = None) -> Iterator[RankableBlogger]:
    """Every blogger with at least one live post, ordered by the key of the founding site.

    With ``newest`` each comes with that many posts at most, the newest ones; undated posts count as the oldest.
    """
    ids = [row.id for row in _with_posts(connection)]
    for batch in batches(ids, _BLOGGERS_AT_ONCE):
        yield from _load(connection, batch, newest)


def newest_contents(connection: Connection, newest: int, languages: Sequence[str] | None = None) -> list[str]:
    """Content hashes of each blogger's newest posts, sorted; without reserved texts, and in ``languages`` if given.

    Posts of unknown language are included.
    """
    places = _places()
    query = (
        select(_POST.c.content_hash)
        .join(places, places.c.id == _POST.c.id)
        .where(places.c.place <= newest, _POST.c.text_reserved.is_(False))
        .distinct()
        .order_by(_POST.c.content_hash)
    )
    if languages is not None:
        query = query.where(or_(_POST.c.language.is_(None), _POST.c.language.in_(list(languages))))
    return list(connection.execute(query).scalars())


def _places(site_ids: Sequence[int] | None = None) -> Subquery:
    """Id and place of each live post among its blogger's, the newest at place 1."""
    place = func.row_number().over(
        partition_by=_SITE.c.blogger_id, order_by=(_POST.c.published_at.desc().nulls_last(), _POST.c.id.desc())
    )
    query = select(_POST.c.id, place.label("place")).join(_SITE, _SITE.c.id == _POST.c.site_id)
    query = query.where(_POST.c.state == "live", _IS_BLOG)
    return (query if site_ids is None else query.where(_SITE.c.id.in_(site_ids))).subquery()


def keys(connection: Connection) -> list[str]:
    """Keys of the founding sites of all bloggers with at least one live post, in the order of :func:`bloggers`."""
    return [str(row.site_key) for row in _with_posts(connection)]


def _with_posts(connection: Connection) -> Sequence[Any]:
    with_posts = (
        select(_BLOGGER.c.id)
        .join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
        .join(_POST, and_(_POST.c.site_id == _SITE.c.id, _POST.c.state == "live"))
        .where(_IS_BLOG)
        .distinct()
    )
    query = select(_BLOGGER.c.id, _BLOGGER.c.site_key).where(_BLOGGER.c.id.in_(with_posts))
    return connection.execute(query.order_by(_BLOGGER.c.site_key)).all()


def founding_keys(connection: Connection) -> dict[str, str]:
    """The key of the founding site of each site's blogger, by site key."""
    query = select(_SITE.c.key, _BLOGGER.c.site_key).join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)
    return dict(connection.execute(query).all())


def count_posts(connection: Connection, newest: int) -> int:
    """Live posts of all bloggers, of each the newest ones."""
    places = _places()
    query = select(func.count()).select_from(places).where(places.c.place <= newest)
    return connection.execute(query).scalar_one()


def _load(connection: Connection, ids: Sequence[int], newest: int | None) -> Iterator[RankableBlogger]:
    site_rows = connection.execute(
        select(_SITE).where(_SITE.c.blogger_id.in_(ids)).order_by(_SITE.c.blogger_id, _SITE.c.kind, _SITE.c.key)
    ).mappings()
    sites: dict[int, list[Mapping[Any, Any]]] = {}
    for row in site_rows:
        sites.setdefault(row["blogger_id"], []).append(row)
    site_ids = [row["id"] for rows in sites.values() for row in rows]
    followers = audiences.followers(connection, site_ids)
    posts = _posts(connection, site_ids, newest)
    for person in connection.execute(select(_BLOGGER).where(_BLOGGER.c.id.in_(ids)).order_by(_BLOGGER.c.site_key)):
        own = sites[person.id]
        yield RankableBlogger(
            blogger_id=person.id,
            public_id=person.public_id,
            name=person.name or _title(own) or person.site_key,
            site_key=person.site_key,
            home_url=next((site["home_url"] for site in own if site["key"] == person.site_key), own[0]["home_url"]),
            sites=tuple(_site(site, followers.get(site["id"])) for site in own),
            posts=tuple(post for site in own for post in posts.get(site["id"], ())),
        )


def _title(rows: Sequence[Mapping[Any, Any]]) -> str:
    return next((str(row["title"]) for row in rows if row["title"]), "")


def _site(row: Mapping[Any, Any], followers: int | None) -> RankableSite:
    return RankableSite(
        site_id=row["id"],
        public_id=row["public_id"],
        key=row["key"],
        home_url=row["home_url"],
        title=row["title"],
        kind=row["kind"],
        platform=row["platform"],
        language=row["language"],
        followers=followers,
        health=SiteHealth(row["health"]) if row["health"] else None,
        flags=tuple(row["flags"]),
    )


def _posts(connection: Connection, site_ids: Sequence[int], newest: int | None) -> dict[int, list[RankablePost]]:
    query = (
        select(_POST, _AUTHOR.c.name.label("author"))
        .outerjoin(_AUTHOR, _AUTHOR.c.id == _POST.c.author_id)
        .where(_POST.c.site_id.in_(site_ids), _POST.c.state == "live")
        .order_by(_POST.c.id)
    )
    if newest is not None:
        places = _places(site_ids)
        query = query.join(places, places.c.id == _POST.c.id).where(places.c.place <= newest)
    loaded = list(connection.execute(query).mappings())
    ids = [row["id"] for row in loaded]
    readings = engagement.latest_readings(connection, ids)
    said = comments.of_posts(connection, ids)
    cited = citations.citing_bloggers(connection, site_ids)
    link_counts = _link_counts(connection, ids)
    found: dict[int, list[RankablePost]] = {}
    for row in loaded:
        post_id = row["id"]
        post = _post(
            row,
            readings.get(post_id, {}),
            said.get(post_id),
            cited.get(post_id, 0),
            link_counts.get(post_id, (0, 0)),
        )
        found.setdefault(row["site_id"], []).append(post)
    return found


def _post(
    row: Mapping[Any, Any],
    readings: Mapping[str, EngagementReading],
    said: PostComments | None,
    citing_bloggers: int,
    link_counts: tuple[int, int],
) -> RankablePost:
    return RankablePost(
        post_id=row["id"],
        url=row["url"],
        title=row["title"],
        text=row["text"],
        content_hash=row["content_hash"],
        language=row["language"],
        published=row["published_at"],
        words=row["words"],
        author=row["author"],
        engagement=tuple(readings[kind] for kind in sorted(readings)),
        comments=said,
        citing_bloggers=citing_bloggers,
        disclosures=tuple(Disclosure(**found) for found in row["disclosures"]),
        editorial_links=link_counts[0],
        marked_links=link_counts[1],
        text_reserved=row["text_reserved"],
    )


def _link_counts(connection: Connection, post_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Editorial and sponsored links by post."""
    counts: dict[int, tuple[int, int]] = {}
    for batch in batches(post_ids):
        query = select(_LINK.c.post_id, _LINK.c.rel).where(_LINK.c.post_id.in_(batch))
        for post_id, rel in connection.execute(query):
            editorial, marked = counts.get(post_id, (0, 0))
            is_marked = "sponsored" in rel
            counts[post_id] = (editorial + (not is_marked), marked + is_marked)
    return counts
