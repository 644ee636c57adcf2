"""The queue of sites: the places that sites have in crawls, and which worker visits which site now.

A site may have a place in several crawls at once, but one worker at a time visits it, and where strangers are asked one
worker at a time holds its registrable domain: so all workers together keep one budget for it.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select, update

from bloghound.records import SiteHealth
from storage import crawls, sites
from storage.sites import NewSite
from storage.tables import Crawl, CrawlSite, HostPace, Site
from storage.tables.base import CLOCKS_DIFFER, table_of
from storage.upserts import batches, upsert

_PLACE, _SITE, _PACE = table_of(CrawlSite), table_of(Site), table_of(HostPace)
_CRAWL = table_of(Crawl)

PerDomain = Callable[[str], int]
"""How many sites of a registrable domain are visited at a time."""

SEED_PRIORITY = 1e6
"""What was asked for by name comes before everything that was only linked to, however often."""
LONGEST_LEASE = timedelta(minutes=5)
"""No lease is given or extended for longer."""
_TRIED_PER_PLACE = 4
"""Sites looked at for each free place: on big hosts many wait for one turn."""
_FREED = {"lease_owner": None, "lease_expires_at": None}


@dataclass(frozen=True, slots=True)
class LeasedSite:
    """A site that this worker alone may visit until ``lease_expires_at``, and its place in the crawl that asks."""

    site_id: int
    key: str
    home_url: str
    domain: str
    crawl_id: int
    depth: int
    visits: int
    """Visits in this crawl before this one."""
    has_begun: bool
    """Whether an earlier visit of this crawl has put the site's pages into the queue."""
    lease_expires_at: datetime
    owner: str = ""


def admit(connection: Connection, crawl_id: int, found: Mapping[int, NewSite], *, now: datetime) -> list[int]:
    """Give sites, by id, a place in a crawl's queue; ids of those that had none, in order."""
    held = _held_ids(connection, crawl_id, found)
    new = [site_id for site_id in found if site_id not in held]
    rows = [
        {
            "crawl_id": crawl_id,
            "site_id": site_id,
            "state": "queued",
            "depth": found[site_id].depth,
            "priority": SEED_PRIORITY if found[site_id].is_seed else found[site_id].priority,
            "due_at": now,
        }
        for site_id in new
    ]
    upsert(connection, _PLACE, rows, key=["crawl_id", "site_id"])
    for batch in batches(new):
        connection.execute(update(_SITE).where(_SITE.c.id.in_(batch)).values(crawl_id=crawl_id))
    return new


def _held_ids(connection: Connection, crawl_id: int, site_ids: Iterable[int]) -> set[int]:
    held: set[int] = set()
    for batch in batches(sorted(set(site_ids))):
        query = select(_PLACE.c.site_id).where(_PLACE.c.crawl_id == crawl_id, _PLACE.c.site_id.in_(batch))
        held.update(connection.execute(query).scalars())
    return held


def held_by(connection: Connection, keys: Sequence[str], crawl_id: int) -> set[str]:
    """Which of the sites a crawl already holds."""
    ids = sites.ids_by_key(connection, keys)
    held = _held_ids(connection, crawl_id, ids.values())
    return {key for key, site_id in ids.items() if site_id in held}


def count_in_crawl(connection: Connection, crawl_id: int) -> int:
    """Sites that a crawl holds."""
    return connection.execute(select(func.count()).where(_PLACE.c.crawl_id == crawl_id)).scalar_one()


def unfinished(connection: Connection, crawl_ids: Sequence[int]) -> tuple[int, datetime | None]:
    """How many sites of crawls still want a visit, and when the next of them is due."""
    query = select(func.count(), func.min(_PLACE.c.due_at))
    row = connection.execute(query.where(_PLACE.c.crawl_id.in_(crawl_ids), _PLACE.c.state == "queued")).one()
    return row[0], row[1]


def lease(
    connection: Connection,
    owner: str,
    *,
    crawl_ids: Sequence[int],
    now: datetime,
    seconds: float,
    limit: int,
    per_domain: PerDomain | None = None,
) -> list[LeasedSite]:
    """Take up to ``limit`` sites that are due and free, best first, for ``seconds``.

    With ``per_domain`` their domains are taken too, and no more sites of one than it says. On SQLite the transaction
    holds the write lock; on PostgreSQL rows that another worker is taking are passed over.
    """
    leased: list[LeasedSite] = []
    held = _sites_by_domain(connection, owner) if per_domain else Counter[str]()
    full = {domain for domain, number in held.items() if per_domain and number >= per_domain(domain)}
    until = now + timedelta(seconds=seconds)
    while len(leased) < limit:
        passed: set[str] = set()
        missing = limit - len(leased)
        tried = missing * _TRIED_PER_PLACE if per_domain else missing
        rows = _due(connection, owner, crawl_ids, now, full, limit=tried, polite=per_domain is not None)
        if per_domain:
            rows, passed = _within(rows, held, per_domain, limit=missing)
            ours = _take_domains(connection, owner, {row.domain for row in rows}, now=now, until=until)
            full |= passed | {row.domain for row in rows if row.domain not in ours}
            rows = [row for row in rows if row.domain in ours]
        taken = _take_sites(connection, owner, rows, now=now, until=until)
        held.update(site.domain for site in taken)
        leased += taken
        if not taken and not passed:
            break
    return leased


def _due(
    connection: Connection,
    owner: str,
    crawl_ids: Sequence[int],
    now: datetime,
    full: Collection[str],
    *,
    limit: int,
    polite: bool,
) -> list[Row[Any]]:
    query = (
        select(_PLACE, _SITE.c.key, _SITE.c.home_url, _SITE.c.domain)
        .join(_SITE, _SITE.c.id == _PLACE.c.site_id)
        .where(_PLACE.c.state == "queued", _is_due(now), _free(_SITE, now))
        .order_by(_PLACE.c.priority.desc(), _PLACE.c.due_at, _PLACE.c.id)
        .limit(limit)
    )
    if polite:
        ours = or_(_PACE.c.lease_owner == owner, _free(_PACE, now))
        query = query.join(_PACE, _PACE.c.name == _SITE.c.domain).where(ours, _SITE.c.domain.not_in(sorted(full)))
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(of=[_SITE, _PACE] if polite else _SITE, skip_locked=True)
    # Crawl by crawl: only within one does the index give the order.
    rows = [row for one in crawl_ids for row in connection.execute(query.where(_PLACE.c.crawl_id == one))]
    return sorted(rows, key=lambda row: (-row.priority, row.due_at, row.id))[:limit]


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Whether a place's time has come; one that was set by a clock that has been put back since means nothing."""
    # A place is due when it is made, so one without a visit is, whenever it seems to have been made.
    is_ahead = _SITE.c.last_visited_at > now + CLOCKS_DIFFER
    return or_(_PLACE.c.due_at <= now, _PLACE.c.visits == 0, is_ahead)


def _free(table: Table, now: datetime) -> ColumnElement[bool]:
    is_ahead = table.c.lease_expires_at > now + LONGEST_LEASE + CLOCKS_DIFFER
    return or_(table.c.lease_owner.is_(None), table.c.lease_expires_at < now, is_ahead)


def _sites_by_domain(connection: Connection, owner: str) -> Counter[str]:
    query = select(_SITE.c.domain, func.count()).where(_SITE.c.lease_owner == owner).group_by(_SITE.c.domain)
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _within(
    rows: Sequence[Row[Any]], held: Counter[str], per_domain: PerDomain, *, limit: int
) -> tuple[list[Row[Any]], set[str]]:
    """The first rows for which their domains have a turn, and the domains that have no more for others among them."""
    numbers, kept, passed = Counter(held), list[Row[Any]](), set[str]()
    for row in rows:
        if numbers[row.domain] >= per_domain(row.domain):
            passed.add(row.domain)
        elif len(kept) < limit:
            numbers[row.domain] += 1
            kept.append(row)
    return kept, passed


def _take_domains(
    connection: Connection, owner: str, domains: Collection[str], *, now: datetime, until: datetime
) -> set[str]:
    """Lease domains; those that are this worker's then."""
    taken: set[str] = set()
    for batch in batches(sorted(domains)):
        ours = and_(_PACE.c.name.in_(batch), or_(_PACE.c.lease_owner == owner, _free(_PACE, now)))
        values = {"lease_owner": owner, "lease_expires_at": until}
        taken.update(connection.execute(update(_PACE).where(ours).values(**values).returning(_PACE.c.name)).scalars())
    return taken


def _take_sites(
    connection: Connection, owner: str, rows: Sequence[Row[Any]], *, now: datetime, until: datetime
) -> list[LeasedSite]:
    # A site that two crawls hold comes once for each.
    by_site = {row.site_id: row for row in reversed(rows)}
    ours: set[int] = set()
    for batch in batches(sorted(by_site)):
        free = and_(_SITE.c.id.in_(batch), _free(_SITE, now))
        values = {"lease_owner": owner, "lease_expires_at": until}
        ours.update(connection.execute(update(_SITE).where(free).values(**values).returning(_SITE.c.id)).scalars())
    return [
        LeasedSite(
            site_id=row.site_id,
            key=row.key,
            home_url=row.home_url,
            domain=row.domain,
            crawl_id=row.crawl_id,
            depth=row.depth,
            visits=row.visits,
            has_begun=row.begun_at is not None,
            lease_expires_at=until,
            owner=owner,
        )
        for row in rows
        if row.site_id in ours and by_site[row.site_id] is row
    ]


def is_held(table: Table, now: datetime) -> ColumnElement[bool]:
    """Whether a site, or a domain, is with a worker now: for sites and host_pace alike."""
    return and_(table.c.lease_owner.is_not(None), table.c.lease_expires_at >= now)


def is_leased(connection: Connection, site: LeasedSite) -> bool:
    """Whether a site is still this worker's: one that was silent for too long has lost it to another."""
    query = select(_SITE.c.id).where(_SITE.c.id == site.site_id, _SITE.c.lease_owner == site.owner)
    return connection.execute(query).first() is not None


def begin_site(connection: Connection, site: LeasedSite, *, now: datetime) -> None:
    """Note that this crawl has put the site's pages into the queue."""
    connection.execute(update(_PLACE).where(_place_of(site)).values(begun_at=now))


def _place_of(site: LeasedSite) -> ColumnElement[bool]:
    return and_(_PLACE.c.crawl_id == site.crawl_id, _PLACE.c.site_id == site.site_id)


def end_visit(
    connection: Connection,
    site: LeasedSite,
    *,
    now: datetime,
    again_at: datetime | None,
    health: SiteHealth | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Give the site back: to the crawl's queue for ``again_at``, or to rest with its health.

    A site that its worker does not lease any more is another's by now, and is left as it is.
    ``facts`` are columns learned on the visit (``title``, ``language``, ``platform``, ``flags``, …).
    """
    if not is_leased(connection, site):
        return
    values: dict[str, Any] = {"visits": _PLACE.c.visits + 1}
    if again_at is not None:
        values |= {"due_at": again_at}
    else:
        shown = None if health is None else health.value
        values |= {"state": "done", "health": shown, "health_reason": reason, "ended_at": now}
    connection.execute(update(_PLACE).where(_place_of(site)).values(**values))
    sites.end_visit(connection, site.site_id, now=now, health=health, reason=reason, facts=facts)


def is_wanted(connection: Connection, site_id: int, *, besides: int | None = None) -> bool:
    """Whether a crawl that may go on, other than ``besides``, has the site in its queue."""
    query = (
        select(_PLACE.c.crawl_id)
        .join(_CRAWL, _CRAWL.c.id == _PLACE.c.crawl_id)
        .where(_PLACE.c.site_id == site_id, _PLACE.c.state == "queued", _CRAWL.c.finished_at.is_(None))
    )
    if besides is not None:
        query = query.where(_PLACE.c.crawl_id != besides)
    holding = list(connection.execute(query).scalars())
    return bool(set(holding) - crawls.cancelled_among(connection, holding))


def extend_leases(connection: Connection, owner: str, *, now: datetime, seconds: float) -> None:
    """Keep all of a worker's sites and domains for ``seconds`` more."""
    for table in (_SITE, _PACE):
        values = {"lease_expires_at": now + timedelta(seconds=seconds)}
        connection.execute(update(table).where(table.c.lease_owner == owner).values(**values))


def lease_owners(connection: Connection) -> list[str]:
    """Workers that hold sites or domains."""
    owners: set[str] = set()
    for table in (_SITE, _PACE):
        query = select(table.c.lease_owner).where(table.c.lease_owner.is_not(None)).distinct()
        owners.update(str(owner) for owner in connection.execute(query).scalars())
    return sorted(owners)


def release_all(connection: Connection, owner: str) -> None:
    """Give back every site and domain of a worker, as when it is known to be dead."""
    for table in (_SITE, _PACE):
        connection.execute(update(table).where(table.c.lease_owner == owner).values(**_FREED))
