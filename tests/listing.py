"""Bloggers and workspaces for tests of lists: made straight in the tables, as no crawl is needed for them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from storage.tables import Blogger, Site, Workspace
from storage.tables.base import public_id, table_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def make_workspace(connection: Connection, name: str) -> int:
    row = Workspace(public_id=public_id("wsp", name), name=name, created_at=NOW).model_dump(exclude={"id"})
    return int(connection.execute(insert(table_of(Workspace)).returning(table_of(Workspace).c.id), row).scalar_one())


def make_blogger(connection: Connection, key: str, *, name: str = "", languages: Sequence[str | None] = ("en",)) -> str:
    """A blogger with one site per language, the founding one first; the public id."""
    person = Blogger(public_id=public_id("blg", key), name=name, site_key=key, created_at=NOW)
    statement = insert(table_of(Blogger)).returning(table_of(Blogger).c.id)
    blogger_id = connection.execute(statement, person.model_dump(exclude={"id"})).scalar_one()
    keys = [key, *(f"{number}.{key}" for number in range(1, len(languages)))]
    sites = [
        Site(
            public_id=public_id("site", site_key),
            key=site_key,
            blogger_id=blogger_id,
            home_url=f"https://{site_key}/",
            language=language,
            first_seen=NOW,
        ).model_dump(exclude={"id"})
        for site_key, language in zip(keys, languages, strict=True)
    ]
    connection.execute(insert(table_of(Site)), sites)
    return person.public_id
