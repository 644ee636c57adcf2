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
    connection: Connection, site_id: int, page_url: str, statements: Sequence[Statement], *, read_at: datetime
) -> None:
    """Store what a page says of contact; what it said before and no longer says goes.

    What was read earlier than what is stored of the page changes nothing: an archive may be years old. What another
    page of the site said first stays that page's: an address in the footer is on every page, and would else be lost
    with whichever page was read last.
    """
    said = {(statement.kind.value, statement.value): statement for statement in statements}
    known = _known(connection, site_id)
    place = fold_url(page_url)
    own = {key: observed_at for key, (source, observed_at) in known.items() if fold_url(source) == place}
    if any(observed_at > read_at for observed_at in own.values()):
        return
    gone = [key for key in own if key not in said]
    if gone:
        key = tuple_(_STATEMENT.c.kind, _STATEMENT.c.value)
        connection.execute(delete(_STATEMENT).where(_STATEMENT.c.site_id == site_id, key.in_(gone)))
    rows = [
        {
            "site_id": site_id,
            "kind": statement.kind.value,
            "value": statement.value,
            "words": statement.words,
            "source_url": page_url,
            "observed_at": read_at,
        }
        for key, statement in said.items()
        if key in own or key not in known
    ]
    upsert(
        connection, _STATEMENT, rows, key=["site_id", "kind", "value"], update=["words", "source_url", "observed_at"]
    )


def _known(connection: Connection, site_id: int) -> dict[tuple[str, str], tuple[str, datetime]]:
    """The page of each statement of a site, and when it was read there, by kind and value."""
    names = ("kind", "value", "source_url", "observed_at")
    query = select(*(_STATEMENT.c[name] for name in names)).where(_STATEMENT.c.site_id == site_id)
    return {(kind, value): (source, observed_at) for kind, value, source, observed_at in connection.execute(query)}


def keys_of_address(address: str) -> tuple[str, ...]:
    """The keys of whoever a mail address names: the site of its domain, and the profile whose handle looks like it.

    A site of ``www.`` has its mail at the name without; profiles are on hosts as they are.
    """
    user, _, domain = address.lower().rpartition("@")
    bare = domain.removeprefix("www.")
    return bare, f"www.{bare}", f"{domain}/@{user}"


def of_address_holder(connection: Connection, site_key: str) -> list[int]:
    """Ids of the mail addresses, on whichever site, that are a site's or a profile's."""
    host = site_key.partition("/@")[0].removeprefix("www.")
    rows = connection.execute(
        select(_STATEMENT.c.id, _STATEMENT.c.value).where(
            _STATEMENT.c.kind == StatementKind.EMAIL.value, _STATEMENT.c.value.icontains(host, autoescape=True)
        )
    )
    return [row_id for row_id, address in rows if site_key in keys_of_address(address)]


def addresses(connection: Connection) -> list[str]:
    """Every mail address that any site states."""
    query = select(_STATEMENT.c.value).where(_STATEMENT.c.kind == StatementKind.EMAIL.value).distinct()
    return sorted(connection.execute(query).scalars())


def sources(connection: Connection, site_id: int) -> list[str]:
    """Addresses of the pages of a site that state anything."""
    query = select(_STATEMENT.c.source_url).where(_STATEMENT.c.site_id == site_id).distinct()
    return sorted(connection.execute(query).scalars())


def drop_of_pages(
    connection: Connection, site_id: int, page_urls: Sequence[str], *, read_by: datetime | None = None
) -> None:
    """Remove what pages of a site state; with ``read_by`` only what was read until then."""
    condition = _STATEMENT.c.site_id == site_id
    if read_by is not None:
        condition &= _STATEMENT.c.observed_at <= read_by
    for batch in batches(page_urls):
        connection.execute(delete(_STATEMENT).where(condition, _STATEMENT.c.source_url.in_(batch)))


def withdraw(connection: Connection, site_id: int) -> None:
    """Remove everything that a site states, as when its address leads to another site."""
    connection.execute(delete(_STATEMENT).where(_STATEMENT.c.site_id == site_id))


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
