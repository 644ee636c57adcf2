"""What pages say of whose they are: kept by page, so that what a page no longer says is gone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, exists, or_, select

from bloghound.errors import AddressError
from bloghound.records import ClaimKind, IdentityStatement
from bloghound.urls import canonical_url, holder_key, site_of
from storage.tables import Page, SiteClaim
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_CLAIM, _PAGE = table_of(SiteClaim), table_of(Page)

Statements = Sequence[tuple[int, IdentityStatement, datetime]]
"""Site id, what one of its pages says, and when that was read."""


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """That a page of a site gives an address as the same person's."""

    site_id: int
    kind: ClaimKind
    source_url: str
    target_url: str
    target_site_key: str


def keep(connection: Connection, statements: Statements) -> None:
    """Store what pages say now in place of what they said before; what was read earlier than that changes nothing."""
    for site_id, statement, read_at in statements:
        page = (_CLAIM.c.site_id == site_id) & (_CLAIM.c.place == statement.place)
        connection.execute(delete(_CLAIM).where(page, _CLAIM.c.observed_at <= read_at))
        if connection.execute(select(_CLAIM.c.id).where(page).limit(1)).first() is None:
            rows = _rows(site_id, statement, read_at)
            upsert(connection, _CLAIM, rows, key=["site_id", "place", "kind", "target_url"])


def _rows(site_id: int, statement: IdentityStatement, read_at: datetime) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for claim in statement.claims:
        try:
            target_url = canonical_url(claim.url)
            target_key = site_of(target_url).key
        except AddressError:
            continue
        rows.append(
            {
                "site_id": site_id,
                "place": statement.place,
                "source_url": statement.source_url,
                "kind": claim.kind.value,
                "target_url": target_url,
                "target_site_key": target_key,
                "observed_at": read_at,
            }
        )
    return rows


def withdraw(connection: Connection, site_id: int) -> None:
    """Drop everything that a site said of whose it is, as when it is gone or another's."""
    connection.execute(delete(_CLAIM).where(_CLAIM.c.site_id == site_id))


def of_sites(connection: Connection, site_ids: Collection[int]) -> list[StoredClaim]:
    """What sites say, in the order in which they say it."""
    found: list[StoredClaim] = []
    for batch in batches(sorted(site_ids)):
        found += _read(connection, _CLAIM.c.site_id.in_(batch))
    return found


def by_handle(connection: Connection, site_keys: Collection[str]) -> list[StoredClaim]:
    """Claims of profiles whose checked name is the domain of one of the sites."""
    found: list[StoredClaim] = []
    for batch in batches(sorted(site_keys)):
        found += _read(connection, _CLAIM.c.target_site_key.in_(batch) & (_CLAIM.c.kind == ClaimKind.HANDLE.value))
    return found


def _read(connection: Connection, condition: ColumnElement[bool]) -> list[StoredClaim]:
    columns = [_CLAIM.c[name] for name in StoredClaim.__slots__]
    query = select(*columns).where(condition).order_by(_CLAIM.c.id)
    return [StoredClaim(row[0], ClaimKind(row[1]), *row[2:]) for row in connection.execute(query)]


def pages(connection: Connection, site_id: int, *, read_before: datetime) -> list[int]:
    """Ids of the pages other than the home page on which a site says whose it is, if they were last read before."""
    says = exists().where(_CLAIM.c.site_id == site_id, _CLAIM.c.place == _PAGE.c.folded_url)
    old = _PAGE.c.fetched_at < read_before
    query = select(_PAGE.c.id).where(_PAGE.c.site_id == site_id, _PAGE.c.state == "done", old, says)
    return list(connection.execute(query.order_by(_PAGE.c.id)).scalars())


def named_urls(connection: Connection, site_id: int) -> list[str]:
    """The addresses that a site gives as the same person's, in order of first sight."""
    return list(dict.fromkeys(claim.target_url for claim in of_sites(connection, [site_id])))


def target_urls(connection: Connection) -> list[str]:
    """Every address that any site gives as the same person's."""
    return list(connection.execute(select(_CLAIM.c.target_url).distinct()).scalars())


def forget_naming(connection: Connection, site_key: str) -> int:
    """Drop what other sites say of a site, or of a person on a network that is no site; how many claims that were."""
    naming = or_(_CLAIM.c.target_site_key == site_key, _CLAIM.c.target_url.icontains(site_key, autoescape=True))
    query = select(_CLAIM.c.id, _CLAIM.c.target_site_key, _CLAIM.c.target_url).where(naming)
    ids = [row[0] for row in connection.execute(query) if site_key in {row[1], holder_key(row[2])}]
    for batch in batches(ids):
        connection.execute(delete(_CLAIM).where(_CLAIM.c.id.in_(batch)))
    return len(ids)
