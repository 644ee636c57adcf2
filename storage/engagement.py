"""Engagement: observations written when they change, and each post's latest readings."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count as count_up
from typing import Any

from sqlalchemy import Connection, Subquery, select

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from storage.tables import EngagementObservation
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_OBSERVATION = table_of(EngagementObservation)

Latest = dict[int, dict[str, EngagementReading]]


def observe(
    connection: Connection,
    readings: Sequence[tuple[int, str, EngagementReading]],
    *,
    now: datetime,
    believed: Collection[str] = (),
) -> None:
    """Write readings, given as (post id, source address, reading), where their source says something new.

    Sources may disagree for good, as a page that counts pingbacks and an interface that does not: a figure is written
    when it differs from the last of its own source. What the sources ``believed`` say is written again where another
    has said otherwise since, so that it is the latest that stands. An unknown figure never replaces a known one: a
    feed that shows no count takes nothing back from the page.
    """
    book = _Book(connection, [post_id for post_id, _, _ in readings])
    rows: dict[tuple[int, str, str], dict[str, Any]] = {}
    moments = (now + timedelta(microseconds=number) for number in count_up())
    for post_id, source_url, reading in readings:
        if book.is_news(post_id, source_url, reading, is_believed=source_url in believed):
            # Two sources of one moment are two observations, in the order in which they were read.
            rows[post_id, reading.kind.value, source_url] = _row(post_id, source_url, reading, next(moments))
            book.enter(post_id, source_url, reading)
    upsert(
        connection,
        _OBSERVATION,
        list(rows.values()),
        key=["post_id", "kind", "observed_at"],
        update=["count", "reason", "source_url"],
    )


class _Book:
    """The latest readings of some posts, of all sources together and of each by itself."""

    def __init__(self, connection: Connection, post_ids: Sequence[int]) -> None:
        self._latest: dict[tuple[int, EngagementKind], EngagementReading] = {}
        self._of_source: dict[tuple[int, EngagementKind, str], EngagementReading] = {}
        for post_id, source_url, reading in _stored(connection, post_ids):
            self.enter(post_id, source_url, reading)

    def enter(self, post_id: int, source_url: str, reading: EngagementReading) -> None:
        self._latest[post_id, reading.kind] = self._of_source[post_id, reading.kind, source_url] = reading

    def is_news(self, post_id: int, source_url: str, reading: EngagementReading, *, is_believed: bool) -> bool:
        latest = self._latest.get((post_id, reading.kind))
        if latest is None:
            return True
        of_source = self._of_source.get((post_id, reading.kind, source_url), latest)
        if reading.count is None:
            return latest.count is None and of_source.reason != reading.reason
        return of_source.count != reading.count or (is_believed and latest.count != reading.count)


def _row(post_id: int, source_url: str, reading: EngagementReading, now: datetime) -> dict[str, Any]:
    return {
        "post_id": post_id,
        "kind": reading.kind.value,
        "count": reading.count,
        "reason": reading.reason.value if reading.reason else None,
        "source_url": source_url,
        "observed_at": now,
    }


def latest_readings(connection: Connection, post_ids: Sequence[int]) -> Latest:
    """The latest reading of each kind by post."""
    found: Latest = {}
    for post_id, _, reading in _stored(connection, post_ids):
        found.setdefault(post_id, {})[reading.kind.value] = reading
    return found


def latest_readings_in(connection: Connection, ids: Subquery) -> dict[int, tuple[EngagementReading, ...]]:
    """The latest reading of each kind, in the order of the kinds, by post, of the posts whose ids ``ids`` selects."""
    columns = [_OBSERVATION.c[name] for name in ("post_id", "kind", "count", "reason")]
    # A post has one observation of a kind at a time, so that the last row of a kind is the latest.
    ordered = select(*columns).join(ids, ids.c.id == _OBSERVATION.c.post_id)
    ordered = ordered.order_by(_OBSERVATION.c.post_id, _OBSERVATION.c.kind, _OBSERVATION.c.observed_at)
    found: dict[int, tuple[EngagementReading, ...]] = {}
    for post_id, kind, count, reason in connection.execute(ordered).all():
        reading, known = _reading(kind, count, reason), found.get(post_id, ())
        found[post_id] = (*(known[:-1] if known and known[-1].kind is reading.kind else known), reading)
    return found


# Most posts have one of a few readings, and making one takes longer than finding it.
@lru_cache(maxsize=65_536)
def _reading(kind: str, count: int | None, reason: str | None) -> EngagementReading:
    return EngagementReading(EngagementKind(kind), count, UnknownReason(reason) if reason else None)


def _stored(connection: Connection, post_ids: Sequence[int]) -> Iterator[tuple[int, str, EngagementReading]]:
    """All readings of posts with their sources, the oldest of each post first."""
    columns = [_OBSERVATION.c[name] for name in ("post_id", "source_url", "kind", "count", "reason")]
    for batch in batches(sorted(set(post_ids))):
        query = select(*columns).where(_OBSERVATION.c.post_id.in_(batch))
        ordered = query.order_by(_OBSERVATION.c.post_id, _OBSERVATION.c.observed_at, _OBSERVATION.c.id)
        for post_id, source_url, kind, count, reason in connection.execute(ordered):
            yield post_id, source_url, _reading(kind, count, reason)
