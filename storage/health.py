"""How sites stand, for people to look at: in work, waiting, or how their last crawl ended and why; page by page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, case, func, or_, select

from storage import frontier
from storage.tables import Blogger, Crawl, CrawlSite, Page, Post, Site
from storage.tables.base import table_of

_SITE, _PAGE, _POST, _PLACE = table_of(Site), table_of(Page), table_of(Post), table_of(CrawlSite)
_CRAWL, _BLOGGER = table_of(Crawl), table_of(Blogger)

_IS_QUEUED = select(_PLACE.c.id).where(_PLACE.c.site_id == _SITE.c.id, _PLACE.c.state == "queued").exists()
_NEXT_VISIT = (
    select(func.min(_PLACE.c.due_at))
    .where(_PLACE.c.site_id == _SITE.c.id, _PLACE.c.state == "queued")
    .correlate(_SITE)
    .scalar_subquery()
)

STATES = ("known", "waiting", "in_work", "done")
"""``known``: nobody asked for a visit yet; ``done``: its last crawl ended, with a health."""

MAX_PATH = 50
"""Longest way back to a seed that is followed: crawls go at most a handful of hops deep, moves add some."""


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site as it stands. ``health`` is None until its crawl has ended; ``pages`` were asked for at least once."""

    public_id: str
    key: str
    home_url: str
    title: str
    kind: str
    platform: str
    language: str | None
    blogger_public_id: str
    crawl_public_id: str | None
    state: str
    health: str | None
    reason: str
    flags: tuple[str, ...]
    depth: int
    first_seen: datetime
    last_visit: datetime | None
    next_visit: datetime | None
    pages: int = 0
    posts: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One site on the way from a seed: which it is, and the address of the page that led on to the next."""

    public_id: str
    key: str
    home_url: str
    found_from_url: str | None


def sites_by_key(
    connection: Connection,
    *,
    now: datetime,
    crawl_id: int | None = None,
    healths: Collection[str] = (),
    states: Collection[str] = (),
    text: str = "",
    after_key: str | None = None,
    limit: int,
) -> list[SiteRow]:
    """Sites by key, those after ``after_key``: of one crawl or all; ``text`` is looked for in key and title."""
    query = _rows(now)
    if crawl_id is not None:
        held = select(_PLACE.c.site_id).where(_PLACE.c.crawl_id == crawl_id)
        query = query.where(_SITE.c.id.in_(held))
    if healths:
        query = query.where(_SITE.c.health.in_(sorted(healths)), _state(now) == "done")
    if states:
        query = query.where(_state(now).in_(sorted(states)))
    if text:
        query = query.where(
            or_(_SITE.c.key.icontains(text, autoescape=True), _SITE.c.title.icontains(text, autoescape=True))
        )
    if after_key is not None:
        query = query.where(_SITE.c.key > after_key)
    return _with_counts(connection, connection.execute(query.order_by(_SITE.c.key).limit(limit)).all())


def site(connection: Connection, public_id: str, *, now: datetime) -> SiteRow | None:
    """One site."""
    rows = connection.execute(_rows(now).where(_SITE.c.public_id == public_id)).all()
    return next(iter(_with_counts(connection, rows)), None)


def path_to(connection: Connection, public_id: str) -> list[Step]:
    """How a site was found: from the seed, or the first site that is still stored, to the site itself."""
    steps: list[Step] = []
    wanted: ColumnElement[bool] | None = _SITE.c.public_id == public_id
    seen: set[int] = set()
    while wanted is not None and len(steps) < MAX_PATH:
        row = connection.execute(select(_SITE).where(wanted)).mappings().first()
        if row is None or row["id"] in seen:
            break
        seen.add(row["id"])
        steps.append(Step(row["public_id"], row["key"], row["home_url"], row["found_from_url"]))
        wanted = None if row["found_from_site_id"] is None else _SITE.c.id == row["found_from_site_id"]
    return steps[::-1]


def states_by_crawl(connection: Connection, crawl_ids: Sequence[int], *, now: datetime) -> dict[int, dict[str, int]]:
    """Sites by state in each crawl, and of those that are done by the health with which the crawl left them."""
    named = case(
        (_PLACE.c.state == "done", func.coalesce(_PLACE.c.health, "failed")),
        (frontier.is_held(_SITE, now), "in_work"),
        else_="waiting",
    ).label("named")
    query = (
        select(_PLACE.c.crawl_id, named, func.count())
        .join(_SITE, _SITE.c.id == _PLACE.c.site_id)
        .where(_PLACE.c.crawl_id.in_(crawl_ids))
        .group_by(_PLACE.c.crawl_id, named)
    )
    counted: dict[int, dict[str, int]] = {crawl_id: {} for crawl_id in crawl_ids}
    for crawl_id, name, number in connection.execute(query):
        counted[crawl_id][name] = number
    return counted


def _state(now: datetime) -> ColumnElement[str]:
    return case(
        (frontier.is_held(_SITE, now), "in_work"),
        (_IS_QUEUED, "waiting"),
        (_SITE.c.last_visited_at.is_not(None), "done"),
        else_="known",
    )


def _rows(now: datetime) -> Any:
    columns = (
        _SITE,
        _state(now).label("shown_state"),
        func.coalesce(_NEXT_VISIT, _SITE.c.next_due_at).label("next_visit_at"),
        _BLOGGER.c.public_id.label("blogger_public_id"),
        _CRAWL.c.public_id.label("crawl_public_id"),
    )
    query = select(*columns).join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)
    return query.outerjoin(_CRAWL, _CRAWL.c.id == _SITE.c.crawl_id)


def _with_counts(connection: Connection, rows: Sequence[Row[Any]]) -> list[SiteRow]:
    ids = [row.id for row in rows]
    pages = _count(connection, _PAGE, ids, _PAGE.c.outcome.is_not(None))
    posts = _count(connection, _POST, ids, _POST.c.state == "live")
    return [_site_row(row, pages.get(row.id, 0), posts.get(row.id, 0)) for row in rows]


def _count(connection: Connection, table: Table, site_ids: list[int], counts: ColumnElement[bool]) -> Mapping[int, int]:
    query = select(table.c.site_id, func.count()).where(table.c.site_id.in_(site_ids), counts)
    return {row[0]: row[1] for row in connection.execute(query.group_by(table.c.site_id))}


def _site_row(row: Row[Any], pages: int, posts: int) -> SiteRow:
    done = row.shown_state == "done"
    return SiteRow(
        public_id=row.public_id,
        key=row.key,
        home_url=row.home_url,
        title=row.title,
        kind=row.kind,
        platform=row.platform,
        language=row.language,
        blogger_public_id=row.blogger_public_id,
        crawl_public_id=row.crawl_public_id,
        state=row.shown_state,
        health=row.health if done else None,
        reason=row.health_reason if done else "",
        flags=tuple(row.flags),
        depth=row.depth,
        first_seen=row.first_seen,
        last_visit=row.last_visited_at,
        next_visit=row.next_visit_at,
        pages=pages,
        posts=posts,
    )
