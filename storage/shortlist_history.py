"""Who changed what on a shortlist, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, or_, select

from storage import shortlist_hiding
from storage.shortlist_hiding import NOBODY
from storage.shown_bloggers import NAME, with_bloggers
from storage.suppressions import Suppressions
from storage.tables import Blogger, ShortlistEvent
from storage.tables.base import table_of

_EVENT, _BLOGGER = table_of(ShortlistEvent), table_of(Blogger)

_FIRST = (
    select(
        _EVENT.c.id,
        _EVENT.c.actor,
        _EVENT.c.action,
        _BLOGGER.c.public_id,
        NAME,
        _EVENT.c.changes,
        _EVENT.c.created_at,
    )
    .select_from(with_bloggers(_EVENT, _EVENT.c.blogger_id, optional=True))
    .where(_EVENT.c.shortlist_id == bindparam("list_id"))
    .order_by(_EVENT.c.id.desc())
    .limit(bindparam("n"))
)
_OLDER = _EVENT.c.id < bindparam("before")
_SHOWN = or_(_EVENT.c.blogger_id.is_(None), _EVENT.c.blogger_id.not_in(bindparam("hidden", expanding=True)))
_INSERT = insert(_EVENT)


@dataclass(frozen=True, slots=True)
class Change:
    """One change: an action such as ``entry.changed``, the blogger it is about, field → [before, after]."""

    action: str
    blogger_id: int | None = None
    fields: Mapping[str, Sequence[Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A change as it is kept; the blogger is None where the list itself changed."""

    event_id: int
    actor: str
    action: str
    blogger_public_id: str | None
    blogger_name: str | None
    changes: dict[str, Any]
    created_at: datetime


def write(connection: Connection, list_id: int, changes: Sequence[Change], *, actor: str, now: datetime) -> None:
    """Keep the changes; ``actor`` is the name of the key that made them."""
    rows = [
        {
            "shortlist_id": list_id,
            "blogger_id": change.blogger_id,
            "actor": actor,
            "action": change.action,
            "changes": dict(change.fields),
            "created_at": now,
        }
        for change in changes
    ]
    if rows:
        connection.execute(_INSERT, rows)


def page(
    connection: Connection,
    list_id: int,
    *,
    limit: int,
    before_id: int | None = None,
    suppressed: Suppressions = NOBODY,
) -> list[StoredEvent]:
    """At most ``limit`` changes, the newest first, those older than ``before_id``; none about who is hidden."""
    query, values = _FIRST, {"list_id": list_id, "n": limit}
    if before_id is not None:
        query, values = query.where(_OLDER), values | {"before": before_id}
    hidden = shortlist_hiding.in_history(connection, list_id, suppressed)
    if hidden:
        return [StoredEvent(*row) for row in connection.execute(query.where(_SHOWN), {**values, "hidden": hidden})]
    return [StoredEvent(*row) for row in connection.execute(query, values)]
