"""Bloggers as nodes of the link graph: what an export says of each, without loading any text."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, or_, select

from bloghound.records import SiteHealth
from storage import audiences
from storage.shown_bloggers import FOUNDING, NAME
from storage.tables import Blogger, Post, Site
from storage.tables.base import table_of

_BLOGGER, _SITE, _POST = table_of(Blogger), table_of(Site), table_of(Post)


@dataclass(frozen=True, slots=True)
class GraphRow:
    """A blogger with at least one live post; language, platform and health are the founding site's."""

    public_id: str
    key: str
    title: str
    home: str
    language: str | None
    platform: str
    health: str | None
    posts: int
    followers: int | None
    site_keys: tuple[str, ...]


# A site that turned out to be no blog makes nobody a node; its posts count where another site does.
_IS_BLOG = or_(_SITE.c.health.is_(None), _SITE.c.health != SiteHealth.NOT_A_BLOG.value)
_COUNTS = (
    select(_SITE.c.blogger_id, func.count(_POST.c.id).label("posts"))
    .join(_POST, and_(_POST.c.site_id == _SITE.c.id, _POST.c.state == "live"))
    .group_by(_SITE.c.blogger_id)
    .having(func.max(case((_IS_BLOG, 1), else_=0)) == 1)
    .subquery()
)
_ROWS = (
    select(
        _BLOGGER.c.id,
        _BLOGGER.c.public_id,
        _BLOGGER.c.site_key,
        NAME.label("title"),
        *(FOUNDING.c[name] for name in ("home_url", "language", "platform", "health")),
        _COUNTS.c.posts,
    )
    .join(_COUNTS, _COUNTS.c.blogger_id == _BLOGGER.c.id)
    .join(FOUNDING, FOUNDING.c.key == _BLOGGER.c.site_key)
    .order_by(_BLOGGER.c.site_key)
)
_KEYS = select(_SITE.c.blogger_id, _SITE.c.key).order_by(_SITE.c.id)
_BLOGGERS = select(_SITE.c.id, _SITE.c.blogger_id)


def graph_rows(connection: Connection) -> Iterator[GraphRow]:
    """Every blogger with live posts, by the key of the founding site."""
    followers = _followers(connection)
    keys: dict[int, list[str]] = {}
    for number, key in connection.execute(_KEYS):
        keys.setdefault(number, []).append(key)
    for row in connection.execute(_ROWS):
        yield GraphRow(
            public_id=row.public_id,
            key=row.site_key,
            title=row.title,
            home=row.home_url,
            language=row.language,
            platform=row.platform,
            health=row.health,
            posts=row.posts,
            followers=followers.get(row.id),
            site_keys=tuple(keys[row.id]),
        )


def _followers(connection: Connection) -> dict[int, int]:
    """The largest of the audiences that each blogger's sites show now, by blogger."""
    bloggers = dict(connection.execute(_BLOGGERS).all())
    largest: dict[int, int] = {}
    for site_id, value in audiences.followers(connection).items():
        number = bloggers[site_id]
        largest[number] = max(value, largest.get(number, 0))
    return largest
