"""Where the archived answers lie that posts and fetches were read from."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, and_, or_, select, update

from bloghound.records import Outcome
from storage.tables import Fetch, Post, Site
from storage.tables.base import table_of

_FETCH, _POST, _SITE = table_of(Fetch), table_of(Post), table_of(Site)

NAMELESS: Mapping[str, Any] = {
    "site_id": None,
    "url": "",
    "outcome": Outcome.SUPPRESSED.value,
    "reason": "",
    "reservations": [],
}
"""What a log entry of a suppressed site says: that there was a request, and where its answer lies."""
_IS_NAMELESS = and_(_FETCH.c.site_id.is_(None), _FETCH.c.outcome == Outcome.SUPPRESSED.value)


def places_to_erase(connection: Connection, site_key: str) -> dict[str, set[int]]:
    """Offsets, by name of file, of a site's answers; and of answers of sites that were forgotten before."""
    site_id = select(_SITE.c.id).where(_SITE.c.key == site_key).scalar_subquery()
    found: dict[str, set[int]] = defaultdict(set)
    for table, wanted in (
        (_FETCH, or_(_FETCH.c.site_id == site_id, _IS_NAMELESS)),
        (_POST, _POST.c.site_id == site_id),
    ):
        query = select(table.c.warc_file, table.c.warc_offset).where(wanted, table.c.warc_offset.is_not(None))
        for file, offset in connection.execute(query):
            found[file].add(offset)
    return dict(found)


def leave_nameless(connection: Connection, site_id: int, files: Collection[str]) -> None:
    """Keep of a site's log entries only where answers lie that could not be erased yet, in ``files``."""
    wanted = and_(_FETCH.c.site_id == site_id, _FETCH.c.warc_file.in_(sorted(files)))
    connection.execute(update(_FETCH).where(wanted).values(**NAMELESS))


def move(connection: Connection, file: str, moved: Mapping[int, int]) -> None:
    """Follow answers that lie elsewhere in a file now, new offset by old one; those not named are gone."""
    for table in (_POST, _FETCH):
        rows = connection.execute(
            select(table.c.id, table.c.warc_offset).where(table.c.warc_file == file, table.c.warc_offset.is_not(None))
        ).all()
        for row in rows:
            place = moved.get(row.warc_offset)
            values = {"warc_offset": place, "warc_file": file if place is not None else None}
            connection.execute(update(table).where(table.c.id == row.id).values(**values))
