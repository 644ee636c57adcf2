"""How many followers sites have: the largest of the audiences that a site and its profiles show now."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from bloghound.urls import holder_key
from storage.tables import Site, SiteMetric
from storage.tables.base import table_of
from storage.upserts import batches

_SITE, _METRIC = table_of(Site), table_of(SiteMetric)


def other_profile(imported_from: str, source_url: str, site_key: str) -> str | None:
    """The profile that a site's figure is about, where a file states it; None for the site's own figure."""
    return source_url if imported_from and holder_key(source_url) != site_key else None


def followers(connection: Connection, site_ids: Collection[int] | None = None) -> dict[int, int]:
    """Followers by site, of the sites that show any now; audiences overlap, so they are not added up.

    The newest figure of a site or profile counts, as on a blogger's page; one that is hidden by now is unknown.
    """
    columns = (_METRIC.c.value, _METRIC.c.imported_from, _METRIC.c.source_url)
    query = (
        select(_SITE.c.id, _SITE.c.key, *columns)
        .join(_SITE, _SITE.c.id == _METRIC.c.site_id)
        .where(_METRIC.c.kind == "followers")
        .order_by(_METRIC.c.site_id, _METRIC.c.observed_at, _METRIC.c.id)
    )
    asked = [query] if site_ids is None else [query.where(_SITE.c.id.in_(part)) for part in batches(sorted(site_ids))]
    latest: dict[tuple[int, str | None], int | None] = {}
    for one in asked:
        for site_id, key, value, imported_from, source_url in connection.execute(one):
            latest[site_id, other_profile(imported_from, source_url, key)] = value
    largest: dict[int, int] = {}
    for (site_id, _), value in latest.items():
        if value is not None:
            largest[site_id] = max(value, largest.get(site_id, 0))
    return largest
