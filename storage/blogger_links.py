"""Links between bloggers: added up over the sites of both, with the posts that show them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, cast, func, or_, select

from storage.tables import Blogger, Link, Post, Site
from storage.tables.base import table_of

_BLOGGER, _LINK, _POST = table_of(Blogger), table_of(Link), table_of(Post)
_SOURCE, _TARGET = table_of(Site).alias("source"), table_of(Site).alias("target")

EVIDENCE_POSTS = 3
"""Linking posts named with each blogger of a page: enough to see what kind of link it is."""


class Direction(StrEnum):
    """Links that a blogger receives, or gives."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class LinkingPost:
    """A post that links, and what it links to."""

    url: str
    title: str
    published_at: datetime | None
    target_url: str
    anchor: str
    context: str
    rel: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkedBlogger:
    """All links between a blogger and another one in one direction.

    ``links`` counts them; ``posts`` the distinct posts they stand in (blogrolls and footers are on no post).
    """

    public_id: str
    name: str
    site_key: str
    home_url: str
    links: int
    posts: int
    contexts: tuple[str, ...]
    rel: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    evidence: tuple[LinkingPost, ...]
    position: tuple[int, int]


@dataclass(frozen=True, slots=True)
class StoredLink:
    """One link from a blogger to another; without a post it stands on every page of the site."""

    post_url: str | None
    post_title: str | None
    published_at: datetime | None
    source_site_key: str
    target_url: str
    anchor: str
    context: str
    rel: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    position: int


@dataclass(frozen=True, slots=True)
class Edge:
    """All links from one blogger to another as one; ``weight`` counts linking posts, at least 1 where any link is."""

    weight: int
    links: int
    contexts: tuple[str, ...]
    rel: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime


_JOINED = (
    _LINK.join(_SOURCE, _SOURCE.c.id == _LINK.c.site_id)
    .join(_TARGET, _TARGET.c.key == _LINK.c.target_site_key)
    .outerjoin(_POST, _POST.c.id == _LINK.c.post_id)
)
_STANDS = or_(_LINK.c.post_id.is_(None), _POST.c.state == "live")
_POSTS = func.count(_LINK.c.post_id.distinct())
_SPAN = (func.min(_LINK.c.first_seen).label("first_seen"), func.max(_LINK.c.last_seen).label("last_seen"))
# PostgreSQL cannot group by its json type.
_REL = cast(_LINK.c.rel, Text).label("rel")


def page(
    connection: Connection,
    blogger_id: int,
    direction: Direction,
    *,
    limit: int,
    after: Sequence[int] | None = None,
) -> list[LinkedBlogger]:
    """Bloggers that link to this one, or that it links to, most links first.

    Links between a blogger's own sites are none.
    """
    other = _other(direction)
    count = func.count()
    query = (
        select(other.c.blogger_id, count.label("links"), _POSTS.label("posts"), *_SPAN)
        .select_from(_JOINED)
        .where(_ours(direction) == blogger_id, other.c.blogger_id != blogger_id, _STANDS)
        .group_by(other.c.blogger_id)
        .order_by(count.desc(), other.c.blogger_id)
        .limit(limit)
    )
    if after is not None:
        later = and_(count == after[0], other.c.blogger_id > after[1])
        query = query.having(or_(count < after[0], later))
    return _named(connection, blogger_id, direction, connection.execute(query).all())


def _named(connection: Connection, blogger_id: int, direction: Direction, rows: Sequence[Any]) -> list[LinkedBlogger]:
    ids = [row.blogger_id for row in rows]
    people = _people(connection, ids)
    kinds = _kinds(connection, blogger_id, direction, ids)
    evidence = _evidence(connection, blogger_id, direction, ids)
    return [
        LinkedBlogger(
            **people[row.blogger_id],
            links=row.links,
            posts=row.posts,
            contexts=kinds[row.blogger_id][0],
            rel=kinds[row.blogger_id][1],
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            evidence=tuple(evidence.get(row.blogger_id, ())),
            position=(row.links, row.blogger_id),
        )
        for row in rows
    ]


def _other(direction: Direction) -> Any:
    return _SOURCE if direction is Direction.IN else _TARGET


def _ours(direction: Direction) -> Any:
    return (_TARGET if direction is Direction.IN else _SOURCE).c.blogger_id


def _people(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """How each blogger is shown, with the title and home of the founding site."""
    query = (
        select(_BLOGGER.c.id, _BLOGGER.c.public_id, _BLOGGER.c.name, _BLOGGER.c.site_key, _SOURCE.c.title)
        .add_columns(_SOURCE.c.home_url)
        .join(_SOURCE, _SOURCE.c.key == _BLOGGER.c.site_key)
        .where(_BLOGGER.c.id.in_(ids))
    )
    return {
        row.id: {
            "public_id": row.public_id,
            "name": row.name or row.title or row.site_key,
            "site_key": row.site_key,
            "home_url": row.home_url,
        }
        for row in connection.execute(query)
    }


def _kinds(
    connection: Connection, blogger_id: int, direction: Direction, ids: Sequence[int]
) -> dict[int, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Contexts and rel values of the links with each of the other bloggers."""
    other = _other(direction).c.blogger_id
    query = (
        select(other, _LINK.c.context, _REL)
        .select_from(_JOINED)
        .where(_ours(direction) == blogger_id, other.in_(ids), _STANDS)
        .distinct()
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for number, context, rel in connection.execute(query):
        found.setdefault(number, []).append((context, rel))
    return {number: _contexts_and_rel(pairs) for number, pairs in found.items()}


def _contexts_and_rel(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    listed = list(pairs)
    contexts = tuple(sorted({context for context, _ in listed}))
    return contexts, tuple(sorted({value for _, rel in listed for value in json.loads(rel)}))


def _evidence(
    connection: Connection, blogger_id: int, direction: Direction, ids: Sequence[int]
) -> dict[int, list[LinkingPost]]:
    """The newest linking posts with each of the other bloggers, :data:`EVIDENCE_POSTS` at most, each post once."""
    other = _other(direction).c.blogger_id
    once = (
        select(func.max(_LINK.c.id).label("id"), other.label("other"), _POST.c.published_at)
        .select_from(_JOINED)
        .where(_ours(direction) == blogger_id, other.in_(ids), _POST.c.state == "live")
        .group_by(other, _POST.c.id, _POST.c.published_at)
        .subquery()
    )
    newest = (once.c.published_at.desc().nulls_last(), once.c.id.desc())
    place = func.row_number().over(partition_by=once.c.other, order_by=newest).label("at")
    places = select(once.c.id, once.c.other, place).subquery()
    query = (
        select(places.c.other, _POST.c.url, _POST.c.title, _POST.c.published_at)
        .add_columns(_LINK.c.target_url, _LINK.c.anchor, _LINK.c.context, _LINK.c.rel)
        .join(places, places.c.id == _LINK.c.id)
        .join(_POST, _POST.c.id == _LINK.c.post_id)
        .where(places.c["at"] <= EVIDENCE_POSTS)
        .order_by(places.c.other, places.c["at"])
    )
    found: dict[int, list[LinkingPost]] = {}
    for row in connection.execute(query).mappings():
        shown = {name: row[name] for name in LinkingPost.__slots__}
        found.setdefault(row["other"], []).append(LinkingPost(**{**shown, "rel": tuple(row["rel"])}))
    return found


def edge(connection: Connection, source_id: int, target_id: int) -> Edge | None:
    """All links from one blogger to another added up; None when there is none."""
    row = connection.execute(_between(source_id, target_id, func.count().label("links"), _POSTS.label("posts"), *_SPAN))
    total = row.one()
    if not total.links:
        return None
    kinds = connection.execute(_between(source_id, target_id, _LINK.c.context, _REL).distinct())
    contexts, rel = _contexts_and_rel((context, values) for context, values in kinds)
    weight = max(1, total.posts)
    return Edge(weight, total.links, contexts, rel, total.first_seen, total.last_seen)


def links_between(
    connection: Connection, source_id: int, target_id: int, *, limit: int, after: int | None = None
) -> list[StoredLink]:
    """The links from one blogger to another, last found first."""
    columns = (
        _LINK.c.id.label("position"),
        _POST.c.url.label("post_url"),
        _POST.c.title.label("post_title"),
        _POST.c.published_at,
        _SOURCE.c.key.label("source_site_key"),
        *(_LINK.c[name] for name in ("target_url", "anchor", "context", "rel", "first_seen", "last_seen")),
    )
    query = _between(source_id, target_id, *columns).order_by(_LINK.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(_LINK.c.id < after)
    rows = connection.execute(query).mappings()
    return [StoredLink(**{**row, "rel": tuple(row["rel"])}) for row in rows]


def _between(source_id: int, target_id: int, *columns: Any) -> Select[Any]:
    ends = (_SOURCE.c.blogger_id == source_id, _TARGET.c.blogger_id == target_id)
    return select(*columns).select_from(_JOINED).where(*ends, _STANDS)
