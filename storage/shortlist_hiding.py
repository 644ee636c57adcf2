"""Whom no list shows: bloggers with a suppressed site, from the request to be left out until the erasure."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, select

from storage.suppressions import Suppressions
from storage.tables import Blogger, ShortlistEntry, ShortlistEvent, Site
from storage.tables.base import table_of
from storage.upserts import batches

_ENTRY, _EVENT = table_of(ShortlistEntry), table_of(ShortlistEvent)
_BLOGGER, _SITE = table_of(Blogger), table_of(Site)

NOBODY = Suppressions(b"", ())
"""For callers that hide nobody."""

_ON_LISTS = (
    select(_ENTRY.c.blogger_id, _SITE.c.key)
    .join(_SITE, _SITE.c.blogger_id == _ENTRY.c.blogger_id)
    .where(_ENTRY.c.shortlist_id.in_(bindparam("list_ids", expanding=True)))
)
_IN_HISTORY = (
    select(_EVENT.c.blogger_id, _SITE.c.key)
    .distinct()
    .join(_SITE, _SITE.c.blogger_id == _EVENT.c.blogger_id)
    .where(_EVENT.c.shortlist_id == bindparam("list_id"))
)
_NAMED = (
    select(_BLOGGER.c.public_id, _SITE.c.key)
    .join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    .where(_BLOGGER.c.public_id.in_(bindparam("bloggers", expanding=True)))
)


def on_lists(connection: Connection, list_ids: Sequence[int], suppressed: Suppressions) -> list[int]:
    """Row ids of the hidden bloggers on any of the lists; asks nothing while nobody is suppressed."""
    if not suppressed:
        return []
    rows = connection.execute(_ON_LISTS, {"list_ids": list(list_ids)})
    return sorted({blogger_id for blogger_id, key in rows if key in suppressed})


def in_history(connection: Connection, list_id: int, suppressed: Suppressions) -> list[int]:
    """Row ids of the hidden bloggers whom the history of a list names."""
    if not suppressed:
        return []
    rows = connection.execute(_IN_HISTORY, {"list_id": list_id})
    return sorted({blogger_id for blogger_id, key in rows if key in suppressed})


def among(connection: Connection, bloggers: Iterable[str], suppressed: Suppressions) -> frozenset[str]:
    """Those of the public ids whose blogger is hidden."""
    if not suppressed:
        return frozenset()
    hidden: set[str] = set()
    for batch in batches(list(bloggers)):
        rows = connection.execute(_NAMED, {"bloggers": list(batch)})
        hidden.update(public_id for public_id, key in rows if key in suppressed)
    return frozenset(hidden)
