"""How the counts of posts grew from one look to the next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.tables import EngagementObservation
from storage.tables.base import table_of
from storage.upserts import batches

_OBSERVATION = table_of(EngagementObservation)


@dataclass(frozen=True, slots=True)
class Look:
    """A count as it was seen at a time; ``imported_from`` says whose figure it is, where it came in by a file."""

    count: int
    observed_at: datetime
    imported_from: str


def looks(connection: Connection, post_ids: Sequence[int]) -> dict[int, dict[str, tuple[Look, ...]]]:
    """The known counts of posts by post and kind, oldest first; a count stands there when it had changed.

    Only those of the source that was read last: sources count differently, and from one to another nothing has grown.
    """
    found: dict[int, dict[str, list[tuple[str, Look]]]] = {}
    columns = [
        _OBSERVATION.c[name] for name in ("post_id", "kind", "source_url", "count", "observed_at", "imported_from")
    ]
    for batch in batches(list(post_ids)):
        query = select(*columns).where(_OBSERVATION.c.post_id.in_(batch), _OBSERVATION.c["count"].is_not(None))
        for post_id, kind, source_url, *look in connection.execute(
            query.order_by(_OBSERVATION.c.observed_at, _OBSERVATION.c.id)
        ):
            found.setdefault(post_id, {}).setdefault(kind, []).append((source_url, Look(*look)))
    return {post_id: {kind: _of_last(seen) for kind, seen in kinds.items()} for post_id, kinds in found.items()}


def _of_last(seen: Sequence[tuple[str, Look]]) -> tuple[Look, ...]:
    """The looks of the source that was read last, without those that only say again what it said before."""
    own = [look for source_url, look in seen if source_url == seen[-1][0]]
    return tuple(look for place, look in enumerate(own) if not place or look.count != own[place - 1].count)
