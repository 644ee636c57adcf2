"""Sites: how they come in, how they are leased from the queue, and how a visit ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, or_, select, update

from bloghound.records import LinkContext, SiteHealth
from bloghound.urls import site_of
from storage.tables import Author, Blogger, Link, Site, SiteMetric
from storage.tables.base import public_id, table_of
from storage.upserts import batches, upsert

_SITE, _BLOGGER, _LINK = table_of(Site), table_of(Blogger), table_of(Link)
_METRIC, _AUTHOR = table_of(SiteMetric), table_of(Author)


@dataclass(frozen=True, slots=True)
class NewSite:
    """A site to be known, with the path by which it was found."""

    key: str
    home_url: str
    depth: int = 0
    found_from_url: str | None = None
    found_from_site_id: int | None = None
    linkers: int = 0
    priority: float = 0.0

    @property
    def is_seed(self) -> bool:
        """Whether somebody named it, and no other site led to it."""
        return self.depth == 0 and self.found_from_url is None


@dataclass(frozen=True, slots=True)
class LeasedSite:
    """A site that this worker alone may visit until ``lease_expires_at``."""

    site_id: int
    key: str
    home_url: str
    depth: int
    crawl_id: int | None
    visits: int
    lease_expires_at: datetime
    owner: str = ""


def seed(url: str) -> NewSite:
    """The site of a seed address, which is where its visit begins; raises AddressError when it is none.

    On a shared host the visit begins at the site's own path, whatever page of it was given.
    """
    address = site_of(url)
    return NewSite(address.key, address.home_url if "/" in address.key else url)


def ensure(connection: Connection, sites: Sequence[NewSite], *, now: datetime) -> dict[str, int]:
    """Make the sites known (each with a blogger of its own until a proof joins them); ids by key."""
    known = ids_by_key(connection, [site.key for site in sites])
    new = list({site.key: site for site in sites if site.key not in known}.values())
    upsert(connection, _BLOGGER, [_blogger_row(site, now) for site in new], key=["site_key"])
    bloggers = _blogger_ids(connection, [site.key for site in new])
    rows = [_site_row(site, bloggers[site.key], now) for site in new]
    upsert(connection, _SITE, rows, key=["key"])
    return known | ids_by_key(connection, [site.key for site in new])


def _blogger_row(site: NewSite, now: datetime) -> dict[str, Any]:
    return {"public_id": public_id("blg", site.key), "name": "", "site_key": site.key, "created_at": now}


def _site_row(site: NewSite, blogger_id: int, now: datetime) -> dict[str, Any]:
    return {
        "public_id": public_id("site", site.key),
        "key": site.key,
        "blogger_id": blogger_id,
        "home_url": site.home_url,
        "depth": site.depth,
        "found_from_url": site.found_from_url,
        "found_from_site_id": site.found_from_site_id,
        "linkers": site.linkers,
        "priority": site.priority,
        "first_seen": now,
    }


def ids_by_key(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    """Ids of the sites that are known."""
    found: dict[str, int] = {}
    for batch in batches(sorted(set(keys))):
        found.update(connection.execute(select(_SITE.c.key, _SITE.c.id).where(_SITE.c.key.in_(batch))).all())
    return found


def _blogger_ids(connection: Connection, keys: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(keys):
        query = select(_BLOGGER.c.site_key, _BLOGGER.c.id).where(_BLOGGER.c.site_key.in_(batch))
        found.update(connection.execute(query).all())
    return found


def enqueue(connection: Connection, site_ids: Sequence[int], crawl_id: int, *, now: datetime) -> list[int]:
    """Ask for a visit in this crawl; a site that this crawl already holds is left as it is. Ids of the others."""
    taken: list[int] = []
    for batch in batches(site_ids):
        statement = (
            update(_SITE)
            .where(_SITE.c.id.in_(batch), or_(_SITE.c.crawl_id.is_(None), _SITE.c.crawl_id != crawl_id))
            .values(crawl_id=crawl_id, state="queued", next_visit_at=now, health=None, health_reason="")
            .returning(_SITE.c.id)
        )
        taken.extend(connection.execute(statement).scalars())
    return sorted(taken)


def place(connection: Connection, site_id: int, site: NewSite) -> str:
    """Write how this crawl came to a known site, and for a seed where its visit begins; the home address that holds."""
    values: dict[str, Any] = {
        "depth": site.depth,
        "priority": site.priority,
        "found_from_url": site.found_from_url,
        "found_from_site_id": site.found_from_site_id,
    }
    if site.is_seed:
        values["home_url"] = site.home_url
    placed = update(_SITE).where(_SITE.c.id == site_id).values(**values).returning(_SITE.c.home_url)
    return str(connection.execute(placed).scalar_one())


def lease(
    connection: Connection, owner: str, *, crawl_id: int, now: datetime, seconds: float, limit: int
) -> list[LeasedSite]:
    """Take up to ``limit`` sites that are due and free, best first, for ``seconds``.

    On SQLite the transaction holds the write lock; on PostgreSQL rows that another worker is taking are passed over.
    """
    due = (
        select(_SITE.c.id)
        .where(_SITE.c.crawl_id == crawl_id, _SITE.c.state == "queued", _SITE.c.next_visit_at <= now, _free(now))
        .order_by(_SITE.c.depth, _SITE.c.priority.desc(), _SITE.c.visits, _SITE.c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    expires = now + timedelta(seconds=seconds)
    rows = connection.execute(
        update(_SITE)
        .where(_SITE.c.id.in_(due.scalar_subquery()))
        .values(lease_owner=owner, lease_expires_at=expires)
        .returning(_SITE.c.id, _SITE.c.key, _SITE.c.home_url, _SITE.c.depth, _SITE.c.crawl_id, _SITE.c.visits)
    ).all()
    leased = [
        LeasedSite(row.id, row.key, row.home_url, row.depth, row.crawl_id, row.visits, expires, owner) for row in rows
    ]
    return sorted(leased, key=lambda site: (site.depth, site.site_id))


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(_SITE.c.lease_owner.is_(None), _SITE.c.lease_expires_at < now)


def extend_leases(connection: Connection, owner: str, *, now: datetime, seconds: float) -> None:
    """Keep all of a worker's leases for ``seconds`` more."""
    expires = now + timedelta(seconds=seconds)
    connection.execute(update(_SITE).where(_SITE.c.lease_owner == owner).values(lease_expires_at=expires))


def lease_owners(connection: Connection) -> list[str]:
    """Workers that hold leases."""
    query = select(_SITE.c.lease_owner).where(_SITE.c.lease_owner.is_not(None)).distinct()
    return [str(owner) for owner in connection.execute(query).scalars()]


def release_all(connection: Connection, owner: str) -> None:
    """Give back every lease of a worker, as when it is known to be dead."""
    connection.execute(
        update(_SITE).where(_SITE.c.lease_owner == owner).values(lease_owner=None, lease_expires_at=None)
    )


def end_visit(
    connection: Connection,
    site_id: int,
    *,
    now: datetime,
    again_at: datetime | None,
    health: SiteHealth | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
    owner: str | None = None,
) -> None:
    """Give the site back: to the queue for ``again_at``, or to rest with its health.

    A site that ``owner`` does not lease any more is another's by now, and is left as it is.
    ``facts`` are columns learned on the visit (``title``, ``language``, ``platform``, ``flags``, …).
    """
    values: dict[str, Any] = {
        "lease_owner": None,
        "lease_expires_at": None,
        "last_visited_at": now,
        "visits": _SITE.c.visits + 1,
        "state": "resting" if again_at is None else "queued",
        "next_visit_at": again_at,
    }
    if health is not None:
        values |= {"health": health.value, "health_reason": reason}
    ended = update(_SITE).where(_SITE.c.id == site_id)
    if owner is not None:
        ended = ended.where(_SITE.c.lease_owner == owner)
    connection.execute(ended.values(**values, **dict(facts or {})))


def set_facts(connection: Connection, site_id: int, facts: Mapping[str, Any]) -> None:
    """Set columns learned about a site."""
    if facts:
        connection.execute(update(_SITE).where(_SITE.c.id == site_id).values(**dict(facts)))


def home_of(connection: Connection, site_id: int) -> str:
    """The home address of a site."""
    return str(connection.execute(select(_SITE.c.home_url).where(_SITE.c.id == site_id)).scalar_one())


def learn(connection: Connection, site_id: int, facts: Mapping[str, str]) -> None:
    """Fill in what a page says of its site; what is known already stays."""
    values: dict[str, Any] = {
        name: case((_SITE.c[name] == "", facts[name]), else_=_SITE.c[name])
        for name in ("title", "platform", "description")
        if facts.get(name)
    }
    set_facts(connection, site_id, values)


def unfinished(connection: Connection, crawl_id: int) -> tuple[int, datetime | None]:
    """How many sites of a crawl still want a visit, and when the next of them is due."""
    query = select(func.count(), func.min(_SITE.c.next_visit_at)).where(
        _SITE.c.crawl_id == crawl_id, _SITE.c.state == "queued"
    )
    row = connection.execute(query).one()
    return row[0], row[1]


def exists(connection: Connection, site_id: int) -> bool:
    """Whether a site is stored; one that was forgotten is not."""
    return connection.execute(select(_SITE.c.id).where(_SITE.c.id == site_id)).first() is not None


def held_by(connection: Connection, keys: Sequence[str], crawl_id: int) -> set[str]:
    """Which of the sites a crawl already holds."""
    held: set[str] = set()
    for batch in batches(sorted(set(keys))):
        query = select(_SITE.c.key).where(_SITE.c.crawl_id == crawl_id, _SITE.c.key.in_(batch))
        held.update(connection.execute(query).scalars())
    return held


def count_in_crawl(connection: Connection, crawl_id: int) -> int:
    """Sites that a crawl holds."""
    return connection.execute(select(func.count()).where(_SITE.c.crawl_id == crawl_id)).scalar_one()


def linked_from(connection: Connection, site_id: int, *, limit: int) -> list[tuple[str, str, int, str]]:
    """Sites that this one links to in posts or blogroll: key, an address there, distinct linkers, linked from.

    Most distinct linkers first, then by key.
    """
    mine = (
        select(_LINK.c.target_site_key, func.min(_LINK.c.target_url).label("url"))
        .where(_LINK.c.site_id == site_id, _LINK.c.context.in_([LinkContext.CONTENT, LinkContext.BLOGROLL]))
        .group_by(_LINK.c.target_site_key)
        .subquery()
    )
    linkers = func.count(_LINK.c.site_id.distinct())
    rows = connection.execute(
        select(mine.c.target_site_key, mine.c.url, linkers.label("linkers"), _SITE.c.home_url)
        .join(_LINK, and_(_LINK.c.target_site_key == mine.c.target_site_key))
        .join(_SITE, _SITE.c.id == site_id)
        .where(_LINK.c.context.in_([LinkContext.CONTENT, LinkContext.BLOGROLL]))
        .group_by(mine.c.target_site_key, mine.c.url, _SITE.c.home_url)
        .order_by(linkers.desc(), mine.c.target_site_key)
        .limit(limit)
    ).all()
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def refresh_linkers(connection: Connection) -> None:
    """Bring every known site's count of distinct linkers up to date."""
    counted = (
        select(func.count(_LINK.c.site_id.distinct()))
        .where(
            _LINK.c.target_site_key == _SITE.c.key,
            _LINK.c.site_id != _SITE.c.id,
            _LINK.c.context.in_([LinkContext.CONTENT, LinkContext.BLOGROLL]),
        )
        .scalar_subquery()
    )
    connection.execute(update(_SITE).values(linkers=counted))


def observe_metric(
    connection: Connection, site_id: int, kind: str, value: int | None, *, source_url: str, now: datetime
) -> None:
    """Write a site's own figure (``followers``, …) when it differs from the one seen last."""
    last = connection.execute(
        select(_METRIC.c.value)
        .where(_METRIC.c.site_id == site_id, _METRIC.c.kind == kind)
        .order_by(_METRIC.c.observed_at.desc())
    ).first()
    if last is None or last.value != value:
        row = {"site_id": site_id, "kind": kind, "value": value, "source_url": source_url, "observed_at": now}
        connection.execute(insert(_METRIC), [row])


def author_ids(
    connection: Connection, names: Sequence[tuple[int, str]], *, now: datetime
) -> dict[tuple[int, str], int]:
    """Ids of authors by (site id, name), made where they are new."""
    wanted = sorted(set(names))
    rows = [{"site_id": site_id, "name": name, "first_seen": now} for site_id, name in wanted]
    upsert(connection, _AUTHOR, rows, key=["site_id", "name"])
    site_ids = sorted({site_id for site_id, _ in wanted})
    query = select(_AUTHOR.c.site_id, _AUTHOR.c.name, _AUTHOR.c.id).where(_AUTHOR.c.site_id.in_(site_ids))
    return {(row.site_id, row.name): row.id for row in connection.execute(query)} if wanted else {}
