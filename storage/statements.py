"""What bloggers publish for those who want to work with them: ways of contact and wishes about it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, tuple_

from bloghound.records import Statement, StatementKind
from bloghound.urls import fold_url
from storage.tables import Blogger, Site, SiteStatement
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_STATEMENT, _SITE, _BLOGGER = table_of(SiteStatement), table_of(Site), table_of(Blogger)

WAYS = frozenset({StatementKind.EMAIL, StatementKind.CONTACT_PAGE, StatementKind.CONTACT_FORM})
"""Ways to reach a blogger; all other kinds are wishes."""

REFUSALS = frozenset(
    {StatementKind.NO_PITCHES, StatementKind.NO_SPONSORED, StatementKind.NO_GUEST_POSTS, StatementKind.NO_LINK_REQUESTS}
)

# What a reader must see first: that there shall be no pitch; then other wishes, and how to reach the blogger.
_ORDER = (
    *(kind for kind in StatementKind if kind in REFUSALS),
    *(kind for kind in StatementKind if kind not in REFUSALS | WAYS),
    *(kind for kind in StatementKind if kind in WAYS),
)
_RANKS = {kind: rank for rank, kind in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True)
class StoredStatement:
    """A statement with the site that makes it and when it was last read there."""

    kind: StatementKind
    value: str
    words: str
    source_url: str
    observed_at: datetime
    site_key: str


def replace_of_page(
    connection: Connection, site_id: int, page_url: str, statements: Sequence[Statement], *, now: datetime
) -> None:
    """Store what a page says of contact; what it said before and no longer says goes.

    What another page of the site said first stays that page's: an address in the footer is on every page, and would
    else be lost with whichever page was read last.
    """
    said = {(statement.kind.value, statement.value): statement for statement in statements}
    known = _known(connection, site_id)
    gone = [key for key, source in known.items() if source == page_url and key not in said]
    if gone:
        key = tuple_(_STATEMENT.c.kind, _STATEMENT.c.value)
        connection.execute(delete(_STATEMENT).where(_STATEMENT.c.site_id == site_id, key.in_(gone)))
    own = [one for key, one in said.items() if fold_url(known.get(key, page_url)) == fold_url(page_url)]
    rows = [
        {
            "site_id": site_id,
            "kind": statement.kind.value,
            "value": statement.value,
            "words": statement.words,
            "source_url": page_url,
            "observed_at": now,
        }
        for statement in own
    ]
    upsert(
        connection, _STATEMENT, rows, key=["site_id", "kind", "value"], update=["words", "source_url", "observed_at"]
    )


def _known(connection: Connection, site_id: int) -> dict[tuple[str, str], str]:
    """The page of each statement of a site, by kind and value."""
    columns = (_STATEMENT.c.kind, _STATEMENT.c.value, _STATEMENT.c.source_url)
    rows = connection.execute(select(*columns).where(_STATEMENT.c.site_id == site_id))
    return {(kind, value): source for kind, value, source in rows}


def sources(connection: Connection, site_id: int) -> list[str]:
    """Addresses of the pages of a site that state anything."""
    query = select(_STATEMENT.c.source_url).where(_STATEMENT.c.site_id == site_id).distinct()
    return sorted(connection.execute(query).scalars())


def drop_of_pages(connection: Connection, site_id: int, page_urls: Sequence[str]) -> None:
    """Remove what pages of a site state."""
    for batch in batches(page_urls):
        where = (_STATEMENT.c.site_id == site_id, _STATEMENT.c.source_url.in_(batch))
        connection.execute(delete(_STATEMENT).where(*where))


def drop_all(connection: Connection) -> int:
    """Remove every statement of every site; how many there were."""
    return connection.execute(delete(_STATEMENT)).rowcount


def count(connection: Connection) -> int:
    """Statements of all sites."""
    return connection.execute(select(func.count()).select_from(_STATEMENT)).scalar_one()


def of_sites(connection: Connection, site_ids: Collection[int]) -> list[StoredStatement]:
    """What sites state, refusals first, then other wishes, then the ways to reach the blogger."""
    found: list[StoredStatement] = []
    for batch in batches(sorted(site_ids)):
        query = select(_STATEMENT, _SITE.c.key).join(_SITE, _SITE.c.id == _STATEMENT.c.site_id)
        rows = connection.execute(query.where(_STATEMENT.c.site_id.in_(batch))).mappings()
        found += [_stored(row) for row in rows]
    return sorted(found, key=_place)


def of_bloggers(connection: Connection, public_ids: Collection[str]) -> dict[str, list[StoredStatement]]:
    """What the sites of each blogger state, in the order of :func:`of_sites`; by public id, where there is anything."""
    found: dict[str, list[StoredStatement]] = {}
    for batch in batches(sorted(public_ids)):
        query = _with_bloggers(select(_STATEMENT, _SITE.c.key, _BLOGGER.c.public_id))
        for row in connection.execute(query.where(_BLOGGER.c.public_id.in_(batch))).mappings():
            found.setdefault(row["public_id"], []).append(_stored(row))
    return {public_id: sorted(rows, key=_place) for public_id, rows in found.items()}


def reachable(connection: Connection) -> frozenset[str]:
    """Public ids of all bloggers of whom a way of contact is known."""
    stating = select(_STATEMENT.c.site_id).where(_STATEMENT.c.kind.in_(sorted(WAYS)))
    query = select(_BLOGGER.c.public_id).join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    return frozenset(connection.execute(query.where(_SITE.c.id.in_(stating))).scalars())


def _with_bloggers(query: Select[Any]) -> Select[Any]:
    joined = query.select_from(_STATEMENT).join(_SITE, _SITE.c.id == _STATEMENT.c.site_id)
    return joined.join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)


def _stored(row: Mapping[Any, Any]) -> StoredStatement:
    return StoredStatement(
        kind=StatementKind(row["kind"]),
        value=row["value"],
        words=row["words"],
        source_url=row["source_url"],
        observed_at=row["observed_at"],
        site_key=row["key"],
    )


def _place(statement: StoredStatement) -> tuple[int, str, str]:
    return _RANKS[statement.kind], statement.site_key, statement.value
