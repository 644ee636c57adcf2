"""How crawling goes, in figures that hold for all workers on all machines and are cheap enough to be read each minute.

Central names: :func:`crawl_figures`, :func:`count_fetches`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Select, case, func, select, union
from sqlalchemy.dialects import postgresql, sqlite

from storage import frontier
from storage.tables import Crawl, CrawlSite, Fetch, FetchCount, HostPace, Site
from storage.tables.base import table_of

_CRAWL, _PLACE, _SITE, _PACE = table_of(Crawl), table_of(CrawlSite), table_of(Site), table_of(HostPace)
_FETCH, _COUNT = table_of(Fetch), table_of(FetchCount)

LAST_MINUTE = timedelta(minutes=1)
_ADDED = ("pages", "bytes", "posts_new", "posts_updated")
QUEUE_STATES = ("in_work", "due", "later")
"""Places in unfinished crawls: visited now, waiting for a worker, due later."""


@dataclass(frozen=True, slots=True)
class CrawlFigures:
    """Totals since the database was made, and how things stand now."""

    pages_by_outcome: dict[str, int]
    """Every request that was logged, robots.txt included, by its one outcome."""
    bytes_fetched: int
    posts_new: int
    posts_updated: int
    pages_last_minute: int
    sites_by_health: dict[str, int]
    """``unknown``: not visited yet."""
    queue: dict[str, int]
    """By QUEUE_STATES."""
    oldest_due_seconds: float
    """How long the site that has waited longest for a worker has been due."""
    recrawls_due: int
    """Sites that are to be visited again by now, in whatever crawl comes next."""
    oldest_recrawl_seconds: float
    hosts_parked: int
    """Hosts and domains that are left alone after failures."""
    workers: int
    """Workers that hold sites or domains."""


def count_fetches(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows that are written to the log to the figures of their crawls, in the same transaction."""
    sums: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * len(_ADDED))
    for row in rows:
        new = (1, row["bytes"], row["posts_new"], row["posts_updated"])
        key = (row["crawl_id"], row["outcome"])
        sums[key] = [total + one for total, one in zip(sums[key], new, strict=True)]
    # In one order everywhere, so that two workers on PostgreSQL never wait for each other in a circle.
    counted = [
        {"crawl_id": crawl_id, "outcome": outcome, **dict(zip(_ADDED, values, strict=True))}
        for (crawl_id, outcome), values in sorted(sums.items())
    ]
    connection.execute(_adding(connection.dialect.name), counted)


@cache
def _adding(dialect: str) -> Insert:
    statement = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(_COUNT)
    sums = {name: _COUNT.c[name] + statement.excluded[name] for name in _ADDED}
    return statement.on_conflict_do_update(index_elements=["crawl_id", "outcome"], set_=sums)


def crawl_figures(connection: Connection, *, now: datetime) -> CrawlFigures:
    """All figures; the log of fetches is looked at for the last minute only."""
    counts = connection.execute(
        select(_COUNT.c.outcome, *(func.sum(_COUNT.c[name]) for name in _ADDED)).group_by(_COUNT.c.outcome)
    ).all()
    bytes_fetched, posts_new, posts_updated = (sum(int(row[place]) for row in counts) for place in (2, 3, 4))
    queue, oldest = _queue(connection, now)
    recrawls, oldest_recrawl = connection.execute(
        select(func.count(), func.min(_SITE.c.next_due_at)).where(_SITE.c.next_due_at <= now)
    ).one()
    return CrawlFigures(
        pages_by_outcome={row[0]: int(row[1]) for row in counts},
        bytes_fetched=bytes_fetched,
        posts_new=posts_new,
        posts_updated=posts_updated,
        pages_last_minute=_count(connection, select(func.count()).where(_FETCH.c.fetched_at > now - LAST_MINUTE)),
        sites_by_health=_healths(connection),
        queue=queue,
        oldest_due_seconds=_since(oldest, now),
        recrawls_due=recrawls,
        oldest_recrawl_seconds=_since(oldest_recrawl, now),
        hosts_parked=_count(connection, select(func.count()).where(_PACE.c.free_at > now, _PACE.c.failures > 0)),
        workers=_workers(connection, now),
    )


def _count(connection: Connection, query: Select[int]) -> int:
    return connection.execute(query).scalar_one()


def _since(time: datetime | None, now: datetime) -> float:
    return max(0.0, (now - time).total_seconds()) if time else 0.0


def _healths(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(_SITE.c.health, func.count()).group_by(_SITE.c.health))
    return {health or "unknown": number for health, number in rows}


def _queue(connection: Connection, now: datetime) -> tuple[dict[str, int], datetime | None]:
    """Places in unfinished crawls by state, and since when the oldest one that no worker holds has been due."""
    state = case(
        (frontier.is_held(_SITE, now), "in_work"),
        (_PLACE.c.due_at <= now, "due"),
        else_="later",
    ).label("stands")
    wanted = _PLACE.c.state == "queued"
    query = (
        select(state, func.count(), func.min(_PLACE.c.due_at))
        .join(_SITE, _SITE.c.id == _PLACE.c.site_id)
        .where(_PLACE.c.crawl_id.in_(select(_CRAWL.c.id).where(_CRAWL.c.finished_at.is_(None))), wanted)
        .group_by(state)
    )
    numbers, oldest = dict.fromkeys(QUEUE_STATES, 0), None
    for name, number, due_at in connection.execute(query):
        numbers[name] = number
        oldest = due_at if name == "due" else oldest
    return numbers, oldest


def _workers(connection: Connection, now: datetime) -> int:
    owners = (select(table.c.lease_owner).where(frontier.is_held(table, now)) for table in (_SITE, _PACE))
    return _count(connection, select(func.count()).select_from(union(*owners).subquery()))
