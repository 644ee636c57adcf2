"""A blogger's posts, newest first, each with the latest figures and where those were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from storage.tables import Author, EngagementObservation, Post, Site
from storage.tables.base import UtcDateTime, table_of
from storage.upserts import batches

_POST, _SITE, _AUTHOR = table_of(Post), table_of(Site), table_of(Author)
_OBSERVATION = table_of(EngagementObservation)

_UNDATED = datetime(1, 1, 1, tzinfo=UTC)
"""Undated posts count as the oldest, as they do in the index."""


@dataclass(frozen=True, slots=True)
class ShownReading:
    """The latest figure of one kind: a count, or None with the reason; where and when it was read.

    ``imported_from`` says whose figure it is, where it came in by a file.
    """

    kind: str
    count: int | None
    reason: str | None
    source_url: str
    observed_at: datetime
    imported_from: str


@dataclass(frozen=True, slots=True)
class ShownPost:
    """A live post without its text. ``position`` is what the next page starts after."""

    post_id: int
    url: str
    title: str
    published_at: datetime | None
    date_source: str | None
    language: str | None
    words: int
    source: str
    text_reserved: bool
    author: str | None
    site_key: str
    disclosures: list[dict[str, Any]]
    first_seen: datetime
    updated_at: datetime
    engagement: tuple[ShownReading, ...]
    position: tuple[str, int]


@dataclass(frozen=True, slots=True)
class DatedPost:
    """When a live post was published."""

    post_id: int
    published_at: datetime


_ORDER = func.coalesce(_POST.c.published_at, bindparam("undated", _UNDATED, UtcDateTime()))
_SHOWN = [name for name in ShownPost.__slots__ if name in _POST.c]
_OF_SITES = and_(_POST.c.site_id.in_(bindparam("site_ids", expanding=True)), _POST.c.state == "live")
_PAGE = (
    select(
        _POST.c.id,
        _AUTHOR.c.name.label("author"),
        _SITE.c.key.label("site_key"),
        _ORDER.label("sort_value"),
        *(_POST.c[name] for name in _SHOWN),
    )
    .join(_SITE, _SITE.c.id == _POST.c.site_id)
    .outerjoin(_AUTHOR, _AUTHOR.c.id == _POST.c.author_id)
    .where(_OF_SITES)
    .order_by(_ORDER.desc(), _POST.c.id.desc())
    .limit(bindparam("limit"))
)
_BEFORE = bindparam("before", type_=UtcDateTime())
_PAGE_AFTER = _PAGE.where(or_(_ORDER < _BEFORE, and_(_ORDER == _BEFORE, _POST.c.id < bindparam("number"))))
_READINGS = (
    select(
        _OBSERVATION.c.post_id,
        _OBSERVATION.c.kind,
        _OBSERVATION.c["count"],
        _OBSERVATION.c.reason,
        _OBSERVATION.c.source_url,
        _OBSERVATION.c.observed_at,
        _OBSERVATION.c.imported_from,
    )
    .where(_OBSERVATION.c.post_id.in_(bindparam("post_ids", expanding=True)))
    .order_by(_OBSERVATION.c.post_id, _OBSERVATION.c.observed_at, _OBSERVATION.c.id)
)
_DATED = (
    select(_POST.c.id, _POST.c.published_at)
    .where(_OF_SITES, _POST.c.published_at >= bindparam("since", type_=UtcDateTime()))
    .order_by(_POST.c.published_at, _POST.c.id)
)


def page(
    connection: Connection, site_ids: Sequence[int], *, limit: int, after: Sequence[Any] | None = None
) -> list[ShownPost]:
    """Up to ``limit`` live posts of the sites, newest first, after the ``position`` of the last one seen."""
    values: dict[str, Any] = {"site_ids": list(site_ids), "limit": limit}
    if after is not None:
        values |= {"before": datetime.fromisoformat(after[0]), "number": after[1]}
    rows = connection.execute(_PAGE if after is None else _PAGE_AFTER, values).mappings().all()
    readings = latest_readings(connection, [row["id"] for row in rows])
    return [
        ShownPost(
            post_id=row["id"],
            **{name: row[name] for name in (*_SHOWN, "author", "site_key")},
            engagement=readings.get(row["id"], ()),
            position=(row["sort_value"].isoformat(), row["id"]),
        )
        for row in rows
    ]


def latest_readings(connection: Connection, post_ids: Sequence[int]) -> dict[int, tuple[ShownReading, ...]]:
    """The latest reading of each kind by post, with its source; kinds in alphabetical order."""
    latest: dict[int, dict[str, ShownReading]] = {}
    for batch in batches(list(post_ids)):
        for post_id, *reading in connection.execute(_READINGS, {"post_ids": list(batch)}):
            shown = ShownReading(*reading)
            latest.setdefault(post_id, {})[shown.kind] = shown
    return {post_id: tuple(kinds[kind] for kind in sorted(kinds)) for post_id, kinds in latest.items()}


def dated_since(connection: Connection, site_ids: Sequence[int], since: datetime) -> list[DatedPost]:
    """Live posts of the sites that are dated at or after a time, oldest first."""
    rows = connection.execute(_DATED, {"site_ids": list(site_ids), "since": since})
    return [DatedPost(*row) for row in rows]
