"""Engagement: observations written when they change, commenters as keyed hashes, and each post's latest readings."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from bloghound.records import Commenter as CommenterValue
from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from storage.suppressions import keyed_hash
from storage.tables import Commenter, EngagementObservation
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_OBSERVATION, _COMMENTER = table_of(EngagementObservation), table_of(Commenter)

Latest = dict[int, dict[str, EngagementReading]]


def observe(connection: Connection, readings: Sequence[tuple[int, str, EngagementReading]], *, now: datetime) -> None:
    """Write readings, given as (post id, source address, reading), where they differ from the latest.

    An unknown figure never replaces a known one: a feed that shows no count takes nothing back from the page.
    """
    latest = latest_readings(connection, [post_id for post_id, _, _ in readings])
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for post_id, source_url, reading in readings:
        before = latest.get(post_id, {}).get(reading.kind.value)
        if _changes(before, reading):
            rows[post_id, reading.kind.value] = _row(post_id, source_url, reading, now)
            latest.setdefault(post_id, {})[reading.kind.value] = reading
    upsert(
        connection,
        _OBSERVATION,
        list(rows.values()),
        key=["post_id", "kind", "observed_at"],
        update=["count", "reason", "source_url"],
    )


def _changes(before: EngagementReading | None, reading: EngagementReading) -> bool:
    if before is None:
        return True
    if reading.count is None:
        return before.count is None and before.reason != reading.reason
    return before.count != reading.count


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
    for batch in batches(sorted(set(post_ids))):
        query = (
            select(_OBSERVATION.c.post_id, _OBSERVATION.c.kind, _OBSERVATION.c.count, _OBSERVATION.c.reason)
            .where(_OBSERVATION.c.post_id.in_(batch))
            .order_by(_OBSERVATION.c.post_id, _OBSERVATION.c.observed_at, _OBSERVATION.c.id)
        )
        for post_id, kind, count, reason in connection.execute(query):
            reading = EngagementReading(EngagementKind(kind), count, UnknownReason(reason) if reason else None)
            found.setdefault(post_id, {})[kind] = reading
    return found


def keep_commenters(
    connection: Connection, commenters: Mapping[int, Sequence[CommenterValue]], *, secret_key: bytes
) -> None:
    """Store who commented on each post, as keyed hashes."""
    rows = [
        {"post_id": post_id, "commenter_hash": keyed_hash(secret_key, person.identity), "comments": person.comments}
        for post_id, people in commenters.items()
        for person in people
    ]
    upsert(connection, _COMMENTER, rows, key=["post_id", "commenter_hash"], update=["comments"])


def distinct_commenters(connection: Connection, post_ids: Sequence[int]) -> dict[int, int]:
    """Distinct commenters by post, for posts where any is known."""
    found: dict[int, int] = {}
    for batch in batches(sorted(set(post_ids))):
        query = (
            select(_COMMENTER.c.post_id, func.count())
            .where(_COMMENTER.c.post_id.in_(batch))
            .group_by(_COMMENTER.c.post_id)
        )
        found.update(connection.execute(query).all())
    return found
