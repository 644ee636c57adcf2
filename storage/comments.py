"""Single comments on posts, without names and words."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Subquery, delete, select

from bloghound.records import Comment, PostComments
from storage.suppressions import keyed_hash
from storage.tables import PostComment
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_COMMENT = table_of(PostComment)

MAX_COMMENTS_PER_POST = 1000
"""Of one post and source: who talks there and how is plain long before, and a page of spam must not fill the store."""

_SOURCES = ("api", "page", "feed")
"""Whom to believe where several know equally many comments: interfaces tell most, feeds never who the author is."""


class ReadComment(NamedTuple):
    """A comment with the stored post that it is on and where it was read (``page``, ``feed`` or ``api``)."""

    post_id: int
    source: str
    comment: Comment


def keep(
    connection: Connection,
    read: Sequence[ReadComment],
    *,
    secret_key: bytes,
    now: datetime,
    whole_pages: Collection[int] = (),
) -> None:
    """Store comments; one that is stored already is brought up to date.

    A comment without an id of its own is known by its writer and its place among that writer's on the post.
    ``whole_pages`` are posts whose pages list all their comments: what a page no longer shows goes. Of other pages
    goes what was stored without an id, once the comments have ids.
    """
    nth = Counter[tuple[int, str, str]]()
    stored = Counter[tuple[int, str]]()
    rows = []
    for post_id, source, comment in read:
        if not comment.identity or stored[post_id, source] >= MAX_COMMENTS_PER_POST:
            continue
        stored[post_id, source] += 1
        person = keyed_hash(secret_key, comment.identity)
        nth[post_id, source, person] += 1
        rows.append(
            {
                "post_id": post_id,
                "source": source,
                "comment_key": _key_of(comment.comment_id, secret_key) or f"{person}#{nth[post_id, source, person]}",
                "commenter_hash": person,
                "published_at": comment.published,
                "words": comment.words,
                "by_author": comment.by_author,
                "first_seen": now,
            }
        )
    changing = ["commenter_hash", "published_at", "words", "by_author"]
    _drop_outdated(connection, rows, whole_pages)
    upsert(connection, _COMMENT, rows, key=["post_id", "source", "comment_key"], update=changing)


def _key_of(comment_id: str, secret_key: bytes) -> str:
    """How a comment is told apart; ids of social networks are addresses, in which the writer's name stands."""
    return keyed_hash(secret_key, comment_id) if "://" in comment_id else comment_id[:200]


def _drop_outdated(connection: Connection, rows: Sequence[Mapping[str, Any]], whole_pages: Collection[int]) -> None:
    """Remove rows of pages that are about to be replaced."""
    read: dict[int, set[str]] = {post_id: set() for post_id in whole_pages}
    for row in rows:
        if row["source"] == "page":
            read.setdefault(row["post_id"], set()).add(row["comment_key"])
    columns = (_COMMENT.c.id, _COMMENT.c.post_id, _COMMENT.c.comment_key)
    outdated = []
    for batch in batches(sorted(read)):
        query = select(*columns).where(_COMMENT.c.post_id.in_(batch), _COMMENT.c.source == "page")
        outdated += [
            row.id
            for row in connection.execute(query)
            if row.comment_key not in read[row.post_id]
            and (
                row.post_id in whole_pages
                or (_is_place(row.comment_key) and not all(map(_is_place, read[row.post_id])))
            )
        ]
    for batch in batches(outdated):
        connection.execute(delete(_COMMENT).where(_COMMENT.c.id.in_(batch)))


def _is_place(comment_key: str) -> bool:
    """Whether a comment is known by its writer and place alone."""
    return "#" in comment_key


def of_posts(connection: Connection, post_ids: Sequence[int]) -> dict[int, PostComments]:
    """The comments of posts of which any is known; of several sources the one that knows most is believed."""
    found: dict[int, PostComments] = {}
    for batch in batches(sorted(set(post_ids))):
        found |= _read(connection, _STORED.where(_COMMENT.c.post_id.in_(batch)))
    return found


def of_posts_in(connection: Connection, ids: Subquery) -> dict[int, PostComments]:
    """:func:`of_posts` of the posts whose ids ``ids`` selects."""
    return _read(connection, _STORED.join(ids, ids.c.id == _COMMENT.c.post_id))


_STORED = select(
    *(_COMMENT.c[name] for name in ("post_id", "source", "comment_key", "commenter_hash", "words", "by_author"))
).order_by(_COMMENT.c.published_at.asc().nulls_last(), _COMMENT.c.id)

_Row = Any
"""A row of that query: unpacked by place, since there may be millions."""


def _read(connection: Connection, query: Select[Any]) -> dict[int, PostComments]:
    found: dict[int, list[_Row]] = {}
    for row in connection.execute(query).all():
        found.setdefault(row[0], []).append(row)
    return {post_id: _of_post(rows) for post_id, rows in found.items()}


def _of_post(rows: Sequence[_Row]) -> PostComments:
    """The comments of one post; ``rows`` are the oldest comment's first."""
    numbers = Counter([row[1] for row in rows])
    fullest = max(_SOURCES, key=numbers.__getitem__)
    # What is the author's by one source is so for all: a feed holds the author's answers unmarked.
    by_author = {row[2] for row in rows if row[5]}
    by_readers = [row for row in rows if row[1] == fullest and row[2] not in by_author]
    return PostComments(
        commenters=tuple([row[3] for row in by_readers]),
        author_answers=numbers[fullest] - len(by_readers),
        words=tuple([row[4] for row in by_readers if row[4] is not None]),
    )
