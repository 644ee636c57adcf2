"""What an import may change of the sites it meets: never the queue of a crawl, and no health that a crawl found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bloghound.records import SiteHealth
from storage import frontier
from storage.tables import Fetch, Site
from storage.tables.base import table_of

_SITE, _FETCH = table_of(Site), table_of(Fetch)


@dataclass(frozen=True, slots=True)
class KnownSite:
    """A stored site, as far as its pages need it."""

    site_id: int
    key: str
    home_url: str


def owners(connection: Connection, file: str) -> dict[int, KnownSite]:
    """The blog that each answer in one of our own archives was fetched for, by its offset; profiles are left out."""
    query = (
        select(_FETCH.c.warc_offset, _SITE.c.id, _SITE.c.key, _SITE.c.home_url)
        .join(_SITE, _SITE.c.id == _FETCH.c.site_id)
        .where(_FETCH.c.warc_file == file, _FETCH.c.warc_offset.is_not(None), _SITE.c.kind == "blog")
    )
    return {row.warc_offset: KnownSite(row.id, row.key, row.home_url) for row in connection.execute(query)}


def clear_log(connection: Connection, crawl_id: int) -> None:
    """An import that is continued begins its log again, since it reads everything again."""
    connection.execute(delete(_FETCH).where(_FETCH.c.crawl_id == crawl_id))


def end_site(
    connection: Connection,
    site_id: int,
    *,
    now: datetime,
    health: SiteHealth | None,
    reason: str,
    facts: Mapping[str, Any],
    only_better: bool,
) -> None:
    """Write what an import found of a site; one that a crawl has in its queue keeps its place there.

    With ``only_better`` a health stays unless it is now ``ok``: an archive cannot tell why a site was silent.
    """
    before = connection.execute(select(_SITE.c.health).where(_SITE.c.id == site_id)).scalar_one()
    values = dict(facts)
    if not frontier.is_wanted(connection, site_id):
        values |= {"last_visited_at": now}
        if health is not None and (not only_better or before is None or health == SiteHealth.OK):
            values |= {"health": health.value, "health_reason": reason}
    connection.execute(update(_SITE).where(_SITE.c.id == site_id).values(**values))


def site_healths(connection: Connection, crawl_id: int) -> dict[str, int]:
    """Sites in the log of an import by health; every health appears, and one without is ``empty``."""
    counts = dict.fromkeys((health.value for health in SiteHealth), 0)
    logged = select(_FETCH.c.site_id).where(_FETCH.c.crawl_id == crawl_id).distinct()
    query = select(_SITE.c.health, func.count()).where(_SITE.c.id.in_(logged)).group_by(_SITE.c.health)
    for health, number in connection.execute(query):
        counts[health or SiteHealth.EMPTY.value] += number
    return counts
