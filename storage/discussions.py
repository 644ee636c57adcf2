"""Talks about posts at other places, such as stories on Hacker News."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from bloghound.records import Discussion as DiscussionValue
from storage.tables import Discussion, Post, Site
from storage.tables.base import table_of
from storage.upserts import upsert

_DISCUSSION, _POST, _SITE = table_of(Discussion), table_of(Post), table_of(Site)


def keep(connection: Connection, found: Iterable[tuple[int, DiscussionValue]], *, now: datetime) -> None:
    """Store talks about posts, given with the post's id; one that is stored already gets its latest figures."""
    rows = [
        {
            "post_id": post_id,
            "venue": talk.venue,
            "url": talk.url,
            "points": talk.points,
            "comments": talk.comments,
            "started_at": talk.started,
            "observed_at": now,
        }
        for post_id, talk in found
    ]
    upsert(connection, _DISCUSSION, rows, key=["post_id", "url"], update=["points", "comments", "observed_at"])


class DiscussedPost(NamedTuple):
    """A talk about one of a blogger's posts, as it is shown."""

    post_url: str
    post_title: str
    venue: str
    url: str
    points: int | None
    comments: int | None
    started_at: datetime | None
    observed_at: datetime


def of_blogger(connection: Connection, blogger_id: int, *, limit: int) -> list[DiscussedPost]:
    """The talks about a blogger's live posts, those with most comments first."""
    query = (
        select(
            _POST.c.url,
            _POST.c.title,
            *(_DISCUSSION.c[name] for name in DiscussedPost._fields if not name.startswith("post_")),
        )
        .join(_POST, _POST.c.id == _DISCUSSION.c.post_id)
        .join(_SITE, _SITE.c.id == _POST.c.site_id)
        .where(_SITE.c.blogger_id == blogger_id, _POST.c.state == "live")
        .order_by(_DISCUSSION.c.comments.desc().nulls_last(), _DISCUSSION.c.id)
        .limit(limit)
    )
    return [DiscussedPost(*row) for row in connection.execute(query)]
