"""Shortlist entries when two bloggers turn out to be one: they move, and where both are on a list they become one."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from storage import shortlist_history
from storage.shortlist_edits import MAX_NOTES, MAX_TAGS, unique
from storage.shortlist_history import Change
from storage.tables import Shortlist, ShortlistEntry, ShortlistEvent
from storage.tables.base import table_of

_LIST, _ENTRY, _EVENT = table_of(Shortlist), table_of(ShortlistEntry), table_of(ShortlistEvent)

ACTOR = "crawl"
"""Who a list's history names for what no key did."""


def transfer(connection: Connection, given_up: int, kept: int, *, now: datetime) -> None:
    """Move the entries and the history of one blogger to another; every list that changes gets a new version."""
    both = or_(_ENTRY.c.blogger_id == given_up, _ENTRY.c.blogger_id == kept)
    rows = connection.execute(select(_ENTRY).where(both).order_by(_ENTRY.c.shortlist_id)).mappings().all()
    leaving = {row["shortlist_id"]: dict(row) for row in rows if row["blogger_id"] == given_up}
    staying = {row["shortlist_id"]: dict(row) for row in rows if row["blogger_id"] == kept}
    for list_id, entry in leaving.items():
        if list_id in staying:
            _unite(connection, entry, staying[list_id], now)
        else:
            of_entry = update(_ENTRY).where(_ENTRY.c.id == entry["id"])
            connection.execute(of_entry.values(blogger_id=kept))
        of_list = update(_LIST).where(_LIST.c.id == list_id)
        connection.execute(of_list.values(version=_LIST.c.version + 1, updated_at=now))
    connection.execute(update(_EVENT).where(_EVENT.c.blogger_id == given_up).values(blogger_id=kept))


def _unite(connection: Connection, leaving: dict[str, Any], staying: dict[str, Any], now: datetime) -> None:
    """One entry of two: the stage and owner that were set last, the notes and tags of both."""
    later = max(leaving, staying, key=lambda entry: entry["updated_at"])
    united = {
        "stage": later["stage"],
        "owner": later["owner"] or staying["owner"] or leaving["owner"],
        "tags": unique([*staying["tags"], *leaving["tags"]])[:MAX_TAGS],
        "notes": [*staying["notes"], *leaving["notes"]][:MAX_NOTES],
    }
    connection.execute(delete(_ENTRY).where(_ENTRY.c.id == leaving["id"]))
    connection.execute(update(_ENTRY).where(_ENTRY.c.id == staying["id"]).values(**united, updated_at=now))
    fields = {
        name: [staying[name], united[name]] for name in ("stage", "owner", "tags") if staying[name] != united[name]
    }
    change = Change("entry.changed", staying["blogger_id"], fields)
    shortlist_history.write(connection, staying["shortlist_id"], [change], actor=ACTOR, now=now)
