"""What has changed since somebody last looked: sites' notes of change, folded into marks that can be compared."""

import secrets

from sqlalchemy import Connection, delete, exists, select

from storage.tables import Site, SiteChange, SiteMark
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_SITE, _CHANGE, _MARK = table_of(Site), table_of(SiteChange), table_of(SiteMark)

_MARK_BITS = 63
"""What both databases hold as a whole number without its sign."""


def fold(connection: Connection) -> None:
    """Draw a new mark for every site that has a note of change, and remove these notes.

    Notes that others are just writing stay, and their sites have no mark until the next time: :func:`marks`.
    """
    changed = sorted(set(connection.execute(delete(_CHANGE).returning(_CHANGE.c.site_id)).scalars()))
    for batch in batches(changed):
        rows = [{"site_id": site_id, "mark": secrets.randbits(_MARK_BITS)} for site_id in batch]
        upsert(connection, _MARK, rows, key=["site_id"], update=["mark"])
    connection.execute(delete(_MARK).where(_MARK.c.site_id.not_in(select(_SITE.c.id))))


def marks(connection: Connection) -> dict[int, int]:
    """The mark of each site whose changes are all folded in; two states of the store with the same mark of a site say
    the same about it."""
    noted = exists().where(_CHANGE.c.site_id == _MARK.c.site_id)
    rows = connection.execute(select(_MARK.c.site_id, _MARK.c.mark).where(~noted))
    return {row[0]: row[1] for row in rows}
