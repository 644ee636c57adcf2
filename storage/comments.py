"""Single comments on posts, without names and words."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

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

_UNDATED = datetime(9999, 1, 1, tzinfo=UTC)


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
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    columns = ("post_id", "source", "comment_key", "commenter_hash", "published_at", "words", "by_author")
    for batch in batches(sorted(set(post_ids))):
        query = select(*(_COMMENT.c[name] for name in columns)).where(_COMMENT.c.post_id.in_(batch))
        for row in connection.execute(query.order_by(_COMMENT.c.id)):
            found[row.post_id][row.source].append(row)
    return {post_id: _of_post(sources) for post_id, sources in found.items()}


def _of_post(sources: Mapping[str, Sequence[Any]]) -> PostComments:
    # What is the author's by one source is so for all: a feed holds the author's answers unmarked.
    by_author = {row.comment_key for rows in sources.values() for row in rows if row.by_author}
    fullest = max(_SOURCES, key=lambda source: len(sources.get(source, ())))
    rows = sorted(sources[fullest], key=lambda row: row.published_at or _UNDATED)
    by_readers = [row for row in rows if row.comment_key not in by_author]
    return PostComments(
        commenters=tuple(row.commenter_hash for row in by_readers),
        author_answers=len(rows) - len(by_readers),
        words=tuple(row.words for row in by_readers if row.words is not None),
    )
