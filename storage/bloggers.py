"""Bloggers as they are listed and shown: pages in four orders, and one blogger with sites, languages and authors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, or_, select

from storage.shown_bloggers import FOUNDING, NAME
from storage.tables import Author, Blogger, Post, Site
from storage.tables.base import UtcDateTime, table_of
from storage.upserts import batches

_BLOGGER, _SITE, _POST, _AUTHOR = table_of(Blogger), table_of(Site), table_of(Post), table_of(Author)

_UNDATED = datetime(1, 1, 1, tzinfo=UTC)
"""Where a blogger without any dated post stands among the last posts: after all others."""

AUTHORS_SHOWN = 100
"""Names of one blogger: beyond any team's own authors, and few enough for one answer."""


class BloggerSort(StrEnum):
    """The orders of the list: by founding site and name upward, by last post and number of posts downward.

    ``site`` reads an index; the others look at every blogger that the filters let through.
    """

    SITE = "site"
    NAME = "name"
    LAST_POST = "last_post"
    POSTS = "posts"


@dataclass(frozen=True, slots=True)
class BloggerFilter:
    """Whom to list: bloggers with a site of this language, platform, health; ``text`` in name, title or address."""

    language: str | None = None
    platform: str | None = None
    health: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ListedBlogger:
    """A line of the list; language, platform and health are the founding site's.

    ``position`` is what the next page starts after.
    """

    public_id: str
    name: str
    site_key: str
    home_url: str
    language: str | None
    platform: str
    health: str | None
    health_reason: str
    last_visited_at: datetime | None
    posts: int
    last_post: datetime | None
    position: tuple[str | int, int]


@dataclass(frozen=True, slots=True)
class StoredSite:
    """A site of a blogger with how it came in and how its last visit ended."""

    site_id: int
    public_id: str
    key: str
    home_url: str
    kind: str
    platform: str
    title: str
    description: str
    language: str | None
    flags: list[str]
    tdm_reserved: bool
    linkers: int
    first_seen: datetime
    health: str | None
    health_reason: str
    last_visited_at: datetime | None
    found_from_url: str | None
    found_from_site_id: int | None


@dataclass(frozen=True, slots=True)
class StoredBlogger:
    """A blogger with all sites, the founding one first."""

    blogger_id: int
    public_id: str
    name: str
    site_key: str
    created_at: datetime
    sites: tuple[StoredSite, ...]


@dataclass(frozen=True, slots=True)
class LanguageShare:
    """Live posts of a blogger in one language (None: unknown), how many are dated, and the span of their dates."""

    language: str | None
    posts: int
    dated: int
    first_post: datetime | None
    last_post: datetime | None


@dataclass(frozen=True, slots=True)
class WritingAuthor:
    """Somebody who signs live posts of a blogger."""

    name: str
    posts: int
    first_seen: datetime


_LIVE = and_(_POST.c.site_id == _SITE.c.id, _POST.c.state == "live")
_COUNTS = (func.count(_POST.c.id).label("posts"), func.max(_POST.c.published_at).label("last_post"))

_COUNTS_OF = (
    select(_SITE.c.blogger_id, *_COUNTS)
    .join(_POST, _LIVE)
    .where(_SITE.c.blogger_id.in_(bindparam("ids", expanding=True)))
    .group_by(_SITE.c.blogger_id)
)
_KEYS = select(_SITE.c.blogger_id, _SITE.c.key).where(_SITE.c.blogger_id.in_(bindparam("ids", expanding=True)))
_SITE_COLUMNS = [_SITE.c.id.label("site_id"), *(_SITE.c[name] for name in StoredSite.__slots__ if name != "site_id")]
_OWN_COLUMNS = [_BLOGGER.c[name].label(f"own_{name}") for name in ("id", "public_id", "name", "site_key", "created_at")]
_FIND = (
    select(*_OWN_COLUMNS, *_SITE_COLUMNS)
    .join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    .where(_BLOGGER.c.public_id == bindparam("wanted"))
    .order_by(_SITE.c.key != _BLOGGER.c.site_key, _SITE.c.kind, _SITE.c.key)
)
_LANGUAGES = (
    select(
        _POST.c.language,
        func.count().label("posts"),
        func.count(_POST.c.published_at).label("dated"),
        func.min(_POST.c.published_at).label("first_post"),
        func.max(_POST.c.published_at).label("last_post"),
    )
    .where(_POST.c.site_id.in_(bindparam("site_ids", expanding=True)), _POST.c.state == "live")
    .group_by(_POST.c.language)
)
_DATED_WITHIN = (
    select(func.count())
    .select_from(_POST)
    .where(
        _POST.c.site_id.in_(bindparam("site_ids", expanding=True)),
        _POST.c.state == "live",
        _POST.c.published_at.between(bindparam("since", type_=UtcDateTime()), bindparam("until", type_=UtcDateTime())),
    )
)
_AUTHORS = (
    select(_AUTHOR.c.name, func.count().label("posts"), func.min(_AUTHOR.c.first_seen).label("first_seen"))
    .join(_POST, and_(_POST.c.author_id == _AUTHOR.c.id, _POST.c.state == "live"))
    .where(_AUTHOR.c.site_id.in_(bindparam("site_ids", expanding=True)))
    .group_by(_AUTHOR.c.name)
    .order_by(func.count().desc(), _AUTHOR.c.name)
    .limit(AUTHORS_SHOWN)
)


def page(
    connection: Connection,
    *,
    limit: int,
    wanted: BloggerFilter | None = None,
    sort: BloggerSort = BloggerSort.SITE,
    after: Sequence[str | int] | None = None,
) -> list[ListedBlogger]:
    """Up to ``limit`` bloggers, in order, after the ``position`` of the last one seen."""
    given = wanted or BloggerFilter()
    values: dict[str, Any] = {"limit": limit} | {
        name: value for name in BloggerFilter.__slots__ if (value := getattr(given, name)) is not None
    }
    if given.text is not None:
        values["text"] = f"%{_escaped(given.text.lower())}%"
    if after is not None:
        values |= {"after": _sort_value(sort, after[0])}
        values |= {} if sort is BloggerSort.SITE else {"after_id": after[1]}
    rows = connection.execute(_page(sort, frozenset(values)), values).all()
    return _listed(connection, rows)


def _listed(connection: Connection, rows: Sequence[Any]) -> list[ListedBlogger]:
    found = connection.execute(_COUNTS_OF, {"ids": [row.id for row in rows]})
    counted = {number: (posts, last_post) for number, posts, last_post in found}
    listed = []
    for number, *shown, sort_value in rows:
        posts, last_post = counted.get(number, (0, None))
        listed.append(ListedBlogger(*(*shown, posts, last_post, (_position(sort_value), number))))
    return listed


@cache
def _page(sort: BloggerSort, given: frozenset[str]) -> Select[Any]:
    """The statement of a page; ``given`` names the values that it is executed with.

    Its columns: the blogger's number, the fields of :class:`ListedBlogger` that it has, the value sorted by.
    """
    query = select(
        _BLOGGER.c.id,
        _BLOGGER.c.public_id,
        NAME.label("name"),
        _BLOGGER.c.site_key,
        *(FOUNDING.c[name] for name in ("home_url", "language", "platform", "health", "health_reason")),
        FOUNDING.c.last_visited_at,
    ).join(FOUNDING, FOUNDING.c.key == _BLOGGER.c.site_key)
    column: Any = {BloggerSort.SITE: _BLOGGER.c.site_key, BloggerSort.NAME: func.lower(NAME)}.get(sort)
    if column is None:
        counts = select(_SITE.c.blogger_id, *_COUNTS).join(_POST, _LIVE).group_by(_SITE.c.blogger_id).subquery()
        query = query.outerjoin(counts, counts.c.blogger_id == _BLOGGER.c.id)
        column = func.coalesce(
            counts.c[sort.value], 0 if sort is BloggerSort.POSTS else bindparam("undated", _UNDATED, UtcDateTime())
        )
    upward = sort in {BloggerSort.SITE, BloggerSort.NAME}
    return _ordered(_filtered(query, given), column, given, upward=upward, unique=sort is BloggerSort.SITE)


def _ordered(query: Select[Any], column: Any, given: frozenset[str], *, upward: bool, unique: bool) -> Select[Any]:
    query = query.add_columns(column.label("sort_value")).limit(bindparam("limit"))
    value: Any = bindparam("after", type_=column.type)
    further = column > value if upward else column < value
    if "after" in given and unique:  # a tie-breaker would keep SQLite from reading the index in order
        query = query.where(further)
    elif "after" in given:
        query = query.where(or_(further, and_(column == value, _BLOGGER.c.id > bindparam("after_id"))))
    placed = query.order_by(column.asc() if upward else column.desc())
    return placed if unique else placed.order_by(_BLOGGER.c.id)


def _filtered(query: Select[Any], given: frozenset[str]) -> Select[Any]:
    on_a_site = [_SITE.c[name] == bindparam(name) for name in ("language", "platform", "health") if name in given]
    if on_a_site:
        query = query.where(exists().where(_SITE.c.blogger_id == _BLOGGER.c.id, *on_a_site))
    if "text" in given:
        texts = (_BLOGGER.c.name, _BLOGGER.c.site_key, FOUNDING.c.title)
        query = query.where(or_(*(func.lower(text).like(bindparam("text"), escape="\\") for text in texts)))
    return query


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _position(value: str | int | datetime) -> str | int:
    return value.isoformat() if isinstance(value, datetime) else value


def _sort_value(sort: BloggerSort, position: str | int) -> str | int | datetime:
    return datetime.fromisoformat(str(position)) if sort is BloggerSort.LAST_POST else position


def find(connection: Connection, public_id: str) -> StoredBlogger | None:
    """One blogger with all sites; None when there is none of that id."""
    rows = connection.execute(_FIND, {"wanted": public_id}).mappings().all()
    if not rows:
        return None
    first = rows[0]
    return StoredBlogger(
        blogger_id=first["own_id"],
        public_id=first["own_public_id"],
        name=first["own_name"] or next((row["title"] for row in rows if row["title"]), first["own_site_key"]),
        site_key=first["own_site_key"],
        created_at=first["own_created_at"],
        sites=tuple(StoredSite(**{name: row[name] for name in StoredSite.__slots__}) for row in rows),
    )


def site_keys(connection: Connection, blogger_ids: Sequence[int]) -> dict[int, list[str]]:
    """The keys of all sites of each blogger."""
    found: dict[int, list[str]] = {}
    for batch in batches(list(blogger_ids)):
        for number, key in connection.execute(_KEYS, {"ids": list(batch)}):
            found.setdefault(number, []).append(key)
    return found


def languages(connection: Connection, site_ids: Sequence[int]) -> list[LanguageShare]:
    """Live posts of the sites by language, most posts first."""
    rows = connection.execute(_LANGUAGES, {"site_ids": list(site_ids)}).all()
    shares = [LanguageShare(*row) for row in rows]
    return sorted(shares, key=lambda share: (-share.posts, share.language or ""))


def posts_within(connection: Connection, site_ids: Sequence[int], since: datetime, until: datetime) -> int:
    """Live posts of the sites that are dated from ``since`` to ``until``."""
    values = {"site_ids": list(site_ids), "since": since, "until": until}
    return int(connection.execute(_DATED_WITHIN, values).scalar_one())


def authors(connection: Connection, site_ids: Sequence[int]) -> list[WritingAuthor]:
    """Who signs the live posts of the sites, most posts first; the first :data:`AUTHORS_SHOWN`."""
    rows = connection.execute(_AUTHORS, {"site_ids": list(site_ids)}).all()
    return [WritingAuthor(row.name, row.posts, row.first_seen) for row in rows]
