"""Where the archived answers lie that posts and fetches were read from."""

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from storage.tables import Fetch, Post
from storage.tables.base import table_of


def move(connection: Connection, moved: Mapping[str, Mapping[int, int]]) -> None:
    """Follow answers that lie elsewhere in their files now: new offset by old one, by the name of each file."""
    for table in (table_of(Post), table_of(Fetch)):
        for file, offsets in moved.items():
            rows = connection.execute(
                select(table.c.id, table.c.warc_offset).where(
                    table.c.warc_file == file, table.c.warc_offset.is_not(None)
                )
            ).all()
            for row in rows:
                place = offsets.get(row.warc_offset)
                values = {"warc_offset": place, "warc_file": file if place is not None else None}
                connection.execute(update(table).where(table.c.id == row.id).values(**values))
