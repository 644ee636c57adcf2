"""The pace of hosts and registrable domains, as all workers share it: who asks a domain, until when it is parked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from storage.tables import HostPace, Site
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_PACE, _SITE = table_of(HostPace), table_of(Site)


@dataclass(frozen=True, slots=True)
class Pace:
    """No request before ``free_at``; ``failures`` in a row so far."""

    free_at: datetime | None
    failures: int = 0


def ensure(connection: Connection, domains: Iterable[str]) -> None:
    """Make domains known, so that they can be leased."""
    rows = [{"name": name, "failures": 0} for name in sorted(set(domains))]
    upsert(connection, _PACE, rows, key=["name"])


def load(connection: Connection, names: Sequence[str], *, now: datetime) -> dict[str, Pace]:
    """What is known of hosts and domains, by name, where they must be waited for or have failed."""
    found: dict[str, Pace] = {}
    for batch in batches(sorted(set(names))):
        query = select(_PACE.c.name, _PACE.c.free_at, _PACE.c.failures).where(_PACE.c.name.in_(batch))
        for name, free_at, failures in connection.execute(query):
            if failures or (free_at is not None and free_at > now):
                found[name] = Pace(free_at, failures)
    return found


def keep(connection: Connection, paces: Mapping[str, Pace]) -> None:
    """Write how hosts and domains stand after a visit."""
    rows = [{"name": name, "free_at": pace.free_at, "failures": pace.failures} for name, pace in sorted(paces.items())]
    upsert(connection, _PACE, rows, key=["name"], update=["free_at", "failures"])


def release(connection: Connection, owner: str, domains: Sequence[str]) -> None:
    """Let other workers ask domains of which this one leases no site any more."""
    for batch in batches(sorted(set(domains))):
        still = select(_SITE.c.domain).where(_SITE.c.lease_owner == owner, _SITE.c.domain.in_(batch))
        connection.execute(
            update(_PACE)
            .where(_PACE.c.lease_owner == owner, _PACE.c.name.in_(batch), _PACE.c.name.not_in(still))
            .values(lease_owner=None, lease_expires_at=None)
        )


def forget(connection: Connection, names: Sequence[str]) -> None:
    """Remove what names hosts and domains, as far as no stored site needs it."""
    needed = select(_SITE.c.domain).where(_SITE.c.domain.in_(names))
    connection.execute(delete(_PACE).where(_PACE.c.name.in_(names), _PACE.c.name.not_in(needed)))
