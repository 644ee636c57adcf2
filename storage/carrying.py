"""What a restored database must not forget although its backup is older: erasures, opt-outs, revoked keys.

Central names: :func:`read`, :func:`merge`, :func:`keys_to_erase`.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, inspect, select, update

from bloghound.errors import AddressError
from bloghound.urls import holder_key, site_of
from storage import claims, commenters, imported_metrics, jobs, statements
from storage.suppressions import FORGOTTEN, keyed_hash
from storage.tables import ApiKey, Crawl, Fetch, Link, Niche, OptOut, PostAddress, Site, Suppression
from storage.tables.base import table_of
from storage.upserts import upsert

_SUPPRESSION, _OPT_OUT, _KEY, _SITE = table_of(Suppression), table_of(OptOut), table_of(ApiKey), table_of(Site)
_LINK, _CRAWL, _NICHE = table_of(Link), table_of(Crawl), table_of(Niche)
_FETCH, _ADDRESS = table_of(Fetch), table_of(PostAddress)


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """One who must not be stored again, by keyed hash."""

    keyed_hash: str
    reason: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Carried:
    """What is carried over: suppressions, requests to opt out, and when keys (by their hashes) were revoked."""

    suppressions: tuple[SuppressionRow, ...] = ()
    opt_outs: tuple[Mapping[str, Any], ...] = ()
    revoked: Mapping[str, datetime] = field(default_factory=dict)


def suppression_rows(connection: Connection) -> tuple[SuppressionRow, ...]:
    """All suppressions as they are stored, in the order in which they were made."""
    query = select(_SUPPRESSION.c.keyed_hash, _SUPPRESSION.c.reason, _SUPPRESSION.c.created_at)
    return tuple(SuppressionRow(*row) for row in connection.execute(query.order_by(_SUPPRESSION.c.id)))


def read(connection: Connection) -> Carried:
    """What a database that is about to be replaced knows; of one without our tables, nothing."""
    there = set(inspect(connection).get_table_names())
    names = ("public_id", "site_key", "state", "created_at", "decided_at")
    requests = select(*(_OPT_OUT.c[name] for name in names)).order_by(_OPT_OUT.c.id)
    revoked = select(_KEY.c.key_hash, _KEY.c.revoked_at).where(_KEY.c.revoked_at.is_not(None))
    return Carried(
        suppression_rows(connection) if _SUPPRESSION.name in there else (),
        tuple(dict(row) for row in connection.execute(requests).mappings()) if _OPT_OUT.name in there else (),
        {row.key_hash: row.revoked_at for row in connection.execute(revoked)} if _KEY.name in there else {},
    )


def merge(connection: Connection, carried: Carried) -> int:
    """Bring it into the restored database; how many keys it revoked there.

    Nothing there is lifted: a request to opt out that was rejected since is to be rejected anew.
    """
    rows = [
        {"keyed_hash": one.keyed_hash, "reason": one.reason, "created_at": one.created_at}
        for one in carried.suppressions
    ]
    for_good = [row for row in rows if row["reason"] == FORGOTTEN]
    upsert(connection, _SUPPRESSION, rows, key=["keyed_hash"])
    upsert(connection, _SUPPRESSION, for_good, key=["keyed_hash"], update=["reason"])
    upsert(connection, _OPT_OUT, [dict(row) for row in carried.opt_outs], key=["public_id"])
    commenters.forget_suppressed(connection)
    return sum(_revoke(connection, *item) for item in carried.revoked.items())


def _revoke(connection: Connection, key_hash: str, revoked_at: datetime) -> int:
    valid = (_KEY.c.key_hash == key_hash) & _KEY.c.revoked_at.is_(None)
    return connection.execute(update(_KEY).where(valid).values(revoked_at=revoked_at)).rowcount


def keys_to_erase(connection: Connection, secret_key: bytes) -> list[str]:
    """Keys of the sites that are named in the database although they are suppressed, in order.

    Of those who only asked to be left out, an erasure that the database itself has planned is left to its day.
    """
    reasons = {row.keyed_hash: row.reason for row in suppression_rows(connection)}
    if not reasons:
        return []
    planned = jobs.keys_to_forget(connection)
    found = ((key, reasons.get(keyed_hash(secret_key, key))) for key in sorted(set(_named_keys(connection))))
    return [key for key, reason in found if reason and (reason == FORGOTTEN or key not in planned)]


def _named_keys(connection: Connection) -> Iterator[str]:
    """Keys of all sites that any row names by key or by address."""
    for column in (_SITE.c.key, _LINK.c.target_site_key, _OPT_OUT.c.site_key):
        yield from connection.execute(select(column).where(column.is_not(None)).distinct()).scalars()
    for addresses in _addresses(connection):
        for address in addresses:
            try:
                yield site_of(address).key
            except AddressError:
                continue
    for address in (*imported_metrics.profile_addresses(connection), *claims.target_urls(connection)):
        with suppress(AddressError):
            yield holder_key(address)
    for address in statements.addresses(connection):
        yield from statements.keys_of_address(address)


def _addresses(connection: Connection) -> Iterator[list[str]]:
    for (options,) in connection.execute(select(_CRAWL.c.options)):
        yield [str(seed) for seed in options.get("seeds", ())]
    for row in connection.execute(select(_NICHE.c.examples_like, _NICHE.c.examples_unlike, _NICHE.c.exclude_sites)):
        for named in row:
            yield list(named)
    for column in (_ADDRESS.c.url, _FETCH.c.url, _SITE.c.found_from_url):
        query = select(column).where(column.is_not(None)).execution_options(yield_per=1000)
        for rows in connection.execute(query).scalars().partitions():
            yield list(rows)
