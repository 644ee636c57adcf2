"""Sites: how they come in, what is learned about them, and how a visit ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, update

from bloghound.records import LinkContext, SiteHealth
from bloghound.urls import registrable_domain, site_of
from storage import pacing
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


def seed(url: str) -> NewSite:
    """The site of a seed address, which is where its visit begins; raises AddressError when it is none.

    On a shared host the visit begins at the site's own path, whatever page of it was given; a person's folder on a
    server (``/~ann``) may hold a blog in a folder of its own.
    """
    address = site_of(url)
    begins_anywhere = "/" not in address.key or "/~" in address.key
    return NewSite(address.key, url if begins_anywhere else address.home_url)


def ensure(connection: Connection, sites: Sequence[NewSite], *, now: datetime) -> dict[str, int]:
    """Make the sites known (each with a blogger of its own until a proof joins them); ids by key."""
    known = ids_by_key(connection, [site.key for site in sites])
    # In one order, so that two workers that bring in the same sites never wait for each other.
    new = sorted({site.key: site for site in sites if site.key not in known}.values(), key=lambda site: site.key)
    upsert(connection, _BLOGGER, [_blogger_row(site, now) for site in new], key=["site_key"])
    bloggers = _blogger_ids(connection, [site.key for site in new])
    rows = [_site_row(site, bloggers[site.key], now) for site in new]
    upsert(connection, _SITE, rows, key=["key"])
    pacing.ensure(connection, (row["domain"] for row in rows))
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
        "domain": registrable_domain(site.home_url),
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


def place(connection: Connection, site_id: int, site: NewSite) -> str:
    """Write how a crawl came to a known site, and for a seed where its visit begins; the home address that holds."""
    values: dict[str, Any] = {
        "depth": site.depth,
        "found_from_url": site.found_from_url,
        "found_from_site_id": site.found_from_site_id,
    }
    if site.is_seed:
        values["home_url"] = site.home_url
    placed = update(_SITE).where(_SITE.c.id == site_id).values(**values).returning(_SITE.c.home_url)
    return str(connection.execute(placed).scalar_one())


def end_visit(
    connection: Connection,
    site_id: int,
    *,
    now: datetime,
    health: SiteHealth | None,
    reason: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Give a site back to whoever wants to visit it, with its health where its crawl is over, and ``facts`` learned."""
    values: dict[str, Any] = {
        "lease_owner": None,
        "lease_expires_at": None,
        "last_visited_at": now,
        "visits": _SITE.c.visits + 1,
    }
    if health is not None:
        values |= {"health": health.value, "health_reason": reason}
    connection.execute(update(_SITE).where(_SITE.c.id == site_id).values(**values, **dict(facts or {})))


def set_facts(connection: Connection, site_id: int, facts: Mapping[str, Any]) -> None:
    """Set columns learned about a site."""
    if facts:
        connection.execute(update(_SITE).where(_SITE.c.id == site_id).values(**dict(facts)))


def home_of(connection: Connection, site_id: int) -> str:
    """The home address of a site."""
    return str(connection.execute(select(_SITE.c.home_url).where(_SITE.c.id == site_id)).scalar_one())


def platform_of(connection: Connection, site_id: int) -> str:
    """The software that a site's pages say made them; empty when none says so."""
    return str(connection.execute(select(_SITE.c.platform).where(_SITE.c.id == site_id)).scalar_one())


def learn(connection: Connection, site_id: int, facts: Mapping[str, str]) -> None:
    """Fill in what a page says of its site; what is known already stays."""
    values: dict[str, Any] = {
        name: case((_SITE.c[name] == "", facts[name]), else_=_SITE.c[name])
        for name in ("title", "platform", "description")
        if facts.get(name)
    }
    set_facts(connection, site_id, values)


def exists(connection: Connection, site_id: int) -> bool:
    """Whether a site is stored; one that was forgotten is not."""
    return connection.execute(select(_SITE.c.id).where(_SITE.c.id == site_id)).first() is not None


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
    connection.execute(update(_SITE).where(_SITE.c.linkers != counted).values(linkers=counted))


def observe_metric(
    connection: Connection, site_id: int, kind: str, value: int | None, *, source_url: str, now: datetime
) -> None:
    """Write a site's own figure (``followers``, …) when it differs from the one that was read last."""
    last = connection.execute(
        select(_METRIC.c.value)
        .where(_METRIC.c.site_id == site_id, _METRIC.c.kind == kind, _METRIC.c.imported_from == "")
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
