"""Requests to be left out: made, decided, settled by the erasure; and whom they hide until then."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, insert, select, update

from storage import jobs
from storage.tables import Blogger, OptOut, Site
from storage.tables import Job as JobRow
from storage.tables.base import random_id, table_of
from storage.upserts import batches

_OPT_OUT, _SITE, _BLOGGER, _JOB = table_of(OptOut), table_of(Site), table_of(Blogger), table_of(JobRow)


@dataclass(frozen=True, slots=True)
class OptOutRecord:
    """One request; ``site_key`` is None once everything of the site is erased."""

    opt_out_id: int
    public_id: str
    site_key: str | None
    state: str
    job_id: int | None
    erase_after: datetime | None
    """From when on the erasure is done; None once it is done, or will not be."""
    created_at: datetime
    decided_at: datetime | None


_COLUMNS = (
    _OPT_OUT.c.id.label("opt_out_id"),
    _OPT_OUT.c.public_id,
    _OPT_OUT.c.site_key,
    _OPT_OUT.c.state,
    _OPT_OUT.c.job_id,
    case((_OPT_OUT.c.state == "requested", _JOB.c.run_after)).label("erase_after"),
    _OPT_OUT.c.created_at,
    _OPT_OUT.c.decided_at,
)
_RECORDS = select(*_COLUMNS).outerjoin(_JOB, _JOB.c.id == _OPT_OUT.c.job_id)


def add(connection: Connection, site_key: str, *, job_id: int, now: datetime) -> str:
    """Write a request down; its public id."""
    public_id = random_id("opt")
    values = {
        "public_id": public_id,
        "site_key": site_key,
        "state": "requested",
        "job_id": job_id,
        "created_at": now,
    }
    connection.execute(insert(_OPT_OUT).values(**values))
    return public_id


def by_public_id(connection: Connection, public_id: str) -> OptOutRecord | None:
    """The request with this id."""
    row = connection.execute(_RECORDS.where(_OPT_OUT.c.public_id == public_id)).first()
    return None if row is None else OptOutRecord(*row)


def newest_first(
    connection: Connection, *, states: Collection[str] = (), before_id: int | None = None, limit: int
) -> list[OptOutRecord]:
    """Requests in any of the states (none given: all), those before ``before_id``."""
    query = _RECORDS if not states else _RECORDS.where(_OPT_OUT.c.state.in_(sorted(states)))
    if before_id is not None:
        query = query.where(_OPT_OUT.c.id < before_id)
    return [OptOutRecord(*row) for row in connection.execute(query.order_by(_OPT_OUT.c.id.desc()).limit(limit))]


def reject(connection: Connection, opt_out_id: int, *, now: datetime) -> None:
    """Mark a request as a false one."""
    changed = update(_OPT_OUT).where(_OPT_OUT.c.id == opt_out_id)
    connection.execute(changed.values(state="rejected", decided_at=now))


def is_requested(connection: Connection, site_key: str) -> bool:
    """Whether an open request is about a site."""
    query = select(func.count()).where(_OPT_OUT.c.site_key == site_key, _OPT_OUT.c.state == "requested")
    return connection.execute(query).scalar_one() > 0


def settle(connection: Connection, site_key: str, *, now: datetime) -> None:
    """Everything of the site is erased: its open requests are fulfilled, and none names it any more."""
    about = _OPT_OUT.c.site_key == site_key
    connection.execute(
        update(_OPT_OUT).where(about, _OPT_OUT.c.state == "requested").values(state="erased", decided_at=now)
    )
    connection.execute(update(_OPT_OUT).where(about).values(site_key=None))


def hidden_bloggers(connection: Connection) -> frozenset[str]:
    """Public ids of bloggers with a site that is to be forgotten: no answer shows them, though they are stored yet."""
    found: set[str] = set()
    for batch in batches(sorted(jobs.keys_to_forget(connection))):
        query = select(_BLOGGER.c.public_id).join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
        found.update(connection.execute(query.where(_SITE.c.key.in_(batch))).scalars())
    return frozenset(found)


def bloggers_of(connection: Connection, site_keys: Collection[str]) -> list[str]:
    """Public ids of the bloggers of these sites, as far as they are stored."""
    query = select(_BLOGGER.c.public_id).join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    return list(connection.execute(query.where(_SITE.c.key.in_(sorted(site_keys))).distinct()).scalars())


def keys_of_blogger(connection: Connection, blogger_public_id: str) -> list[str]:
    """Keys of all sites of a blogger, in order; empty when there is no such blogger."""
    query = select(_SITE.c.key).join(_BLOGGER, _SITE.c.blogger_id == _BLOGGER.c.id)
    return list(
        connection.execute(query.where(_BLOGGER.c.public_id == blogger_public_id).order_by(_SITE.c.key)).scalars()
    )
