"""The shortlists of a workspace that one blogger is on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from storage.tables import Shortlist, ShortlistEntry
from storage.tables.base import table_of

_LIST, _ENTRY = table_of(Shortlist), table_of(ShortlistEntry)
_ON = (
    select(
        _LIST.c.public_id,
        _LIST.c.name,
        *(_ENTRY.c[name] for name in ("stage", "owner", "tags", "notes", "added_from", "created_at", "updated_at")),
    )
    .join(_ENTRY, _ENTRY.c.shortlist_id == _LIST.c.id)
    .where(_LIST.c.workspace_id == bindparam("workspace"), _ENTRY.c.blogger_id == bindparam("blogger"))
    .order_by(_LIST.c.name)
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A shortlist that holds a blogger: the stage there, what the team wrote, and the ranking it was added from.

    Each note is ``{id, author, text, created_at}``; ``added_from`` is as :mod:`storage.shortlist_entries` keeps it.
    """

    public_id: str
    name: str
    stage: str
    owner: str
    tags: list[str]
    notes: list[dict[str, Any]]
    added_from: dict[str, Any]
    created_at: datetime
    updated_at: datetime


def holding(connection: Connection, workspace_id: int, blogger_id: int) -> list[Listing]:
    """The workspace's shortlists that a blogger is on, by name."""
    rows = connection.execute(_ON, {"workspace": workspace_id, "blogger": blogger_id})
    return [Listing(*row) for row in rows]
