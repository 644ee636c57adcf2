"""When sites and their posts are worth another visit: what the schedule is made from, and where it is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from bloghound.records import Outcome, SiteHealth
from storage.tables import CrawlSite, HostPace, Page, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_SITE, _PAGE, _POST = table_of(Site), table_of(Page), table_of(Post)
_PLACE, _PACE = table_of(CrawlSite), table_of(HostPace)


@dataclass(frozen=True, slots=True)
class DueSite:
    """A site whose time for another visit has come."""

    site_id: int
    key: str
    home_url: str


@dataclass(frozen=True, slots=True)
class PostPage:
    """The page of a stored post, as it was fetched last; ``post_state`` is ``live`` or ``vanished``."""

    page_id: int
    url: str
    outcome: Outcome
    status: int | None
    fetched_at: datetime
    next_fetch_at: datetime | None
    missing_since: datetime | None
    post_id: int
    post_state: str
    published: datetime
    """Where the post has no date: when it was first seen."""


def claim_due(connection: Connection, *, now: datetime, until: datetime, limit: int) -> list[DueSite]:
    """Sites that are due, longest first; they are due again at ``until``, should nobody visit them before.

    Those whose host wants to be left alone are passed over, and those that another worker is claiming now.
    """
    parked = select(_PACE.c.name).where(_PACE.c.name == _SITE.c.domain, _PACE.c.free_at > now).exists()
    query = select(_SITE.c.id, _SITE.c.key, _SITE.c.home_url).where(_SITE.c.next_due_at <= now, ~parked)
    query = query.order_by(_SITE.c.next_due_at, _SITE.c.id).limit(limit)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(of=_SITE, skip_locked=True)
    due = [DueSite(*row) for row in connection.execute(query)]
    for batch in batches([site.site_id for site in due]):
        connection.execute(update(_SITE).where(_SITE.c.id.in_(batch)).values(next_due_at=until))
    return due


def on_schedule(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Which of the sites are to be visited again at a time of their own."""
    found: set[str] = set()
    for batch in batches(sorted(set(keys))):
        query = select(_SITE.c.key).where(_SITE.c.key.in_(batch), _SITE.c.next_due_at.is_not(None))
        found.update(connection.execute(query).scalars())
    return found


def postpone(connection: Connection, site_id: int, until: datetime) -> None:
    """Let a site that is on the schedule not be due before ``until``."""
    early = and_(_SITE.c.id == site_id, _SITE.c.next_due_at < until)
    connection.execute(update(_SITE).where(early).values(next_due_at=until))


def post_dates(connection: Connection, site_id: int, *, now: datetime, limit: int) -> list[datetime]:
    """The dates of a site's newest posts, newest first; of those that are dated, and not in the future."""
    query = select(_POST.c.published_at).where(
        _POST.c.site_id == site_id, _POST.c.state == "live", _POST.c.published_at <= now
    )
    return list(connection.execute(query.order_by(_POST.c.published_at.desc()).limit(limit)).scalars())


def failures_in_a_row(connection: Connection, site_id: int) -> int:
    """Crawls that ended for a site without posts since one last ended well."""
    ended = and_(_PLACE.c.site_id == site_id, _PLACE.c.ended_at.is_not(None))
    well = select(func.max(_PLACE.c.id)).where(ended, _PLACE.c.health == SiteHealth.OK.value).scalar_subquery()
    query = select(func.count()).where(ended, _PLACE.c.id > func.coalesce(well, 0))
    return connection.execute(query).scalar_one()


def post_pages(connection: Connection, site_id: int, *, since: datetime) -> list[PostPage]:
    """The fetched pages of a site's posts since a date, and those of older ones that are missing or to be looked at."""
    dated = func.coalesce(_POST.c.published_at, _POST.c.first_seen)
    columns = (_PAGE.c.id, _PAGE.c.url, _PAGE.c.outcome, _PAGE.c.status, _PAGE.c.fetched_at)
    query = (
        select(*columns, _PAGE.c.next_fetch_at, _PAGE.c.missing_since, _POST.c.id, _POST.c.state, dated)
        .join(_POST, and_(_POST.c.site_id == _PAGE.c.site_id, _POST.c.url == _PAGE.c.url))
        .where(
            _PAGE.c.site_id == site_id,
            _PAGE.c.state == "done",
            _PAGE.c.outcome.is_not(None),
            _PAGE.c.fetched_at.is_not(None),
            _POST.c.state.in_(["live", "vanished"]),
            or_(
                dated >= since,
                _PAGE.c.missing_since.is_not(None),
                _PAGE.c.next_fetch_at.is_not(None),
                _PAGE.c.outcome == Outcome.NOT_FOUND.value,
            ),
        )
        .order_by(_PAGE.c.id)
    )
    rows = connection.execute(query)
    return [PostPage(page_id, url, Outcome(outcome), *rest) for page_id, url, outcome, *rest in rows]


def set_looks(connection: Connection, looks: Mapping[int, tuple[datetime | None, datetime | None]]) -> None:
    """Write when pages are worth another look and since when they are missing, by page id."""
    rows: list[dict[str, Any]] = [
        {"of_page": page_id, "look_at": look_at, "missing": missing_since}
        for page_id, (look_at, missing_since) in sorted(looks.items())
    ]
    if rows:
        by_id = update(_PAGE).where(_PAGE.c.id == bindparam("of_page"))
        connection.execute(by_id.values(next_fetch_at=bindparam("look_at"), missing_since=bindparam("missing")), rows)


def set_states(connection: Connection, post_ids: Iterable[int], state: str, *, now: datetime) -> None:
    """Mark posts as ``live`` or ``vanished``; their texts stay."""
    for batch in batches(sorted(post_ids)):
        connection.execute(update(_POST).where(_POST.c.id.in_(batch)).values(state=state, updated_at=now))


@dataclass(frozen=True, slots=True)
class Lead:
    """A page that leads to posts, as it was fetched last; best first in the order of the queue."""

    page_id: int
    kind: str
    outcome: str | None
    fetched_at: datetime | None


def leads(connection: Connection, site_id: int, kinds: Sequence[str]) -> list[Lead]:
    """The pages of a site of certain kinds, in the order in which they were found."""
    query = select(_PAGE.c.id, _PAGE.c.kind, _PAGE.c.outcome, _PAGE.c.fetched_at).where(
        _PAGE.c.site_id == site_id, _PAGE.c.kind.in_(kinds)
    )
    return [Lead(*row) for row in connection.execute(query.order_by(_PAGE.c.depth, _PAGE.c.id))]


def requeue(connection: Connection, page_ids: Sequence[int]) -> None:
    """Put known pages into their site's queue again."""
    values = {"state": "queued", "attempts": 0, "next_fetch_at": None}
    for batch in batches(page_ids):
        connection.execute(update(_PAGE).where(_PAGE.c.id.in_(batch)).values(**values))


def worth_a_look(connection: Connection, site_id: int, *, now: datetime, limit: int) -> list[int]:
    """Ids of a site's fetched pages whose time for another look has come, longest first."""
    due = and_(_PAGE.c.site_id == site_id, _PAGE.c.state == "done", _PAGE.c.next_fetch_at <= now)
    query = select(_PAGE.c.id).where(due).order_by(_PAGE.c.next_fetch_at, _PAGE.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def waiting(connection: Connection, site_id: int, *, limit: int) -> list[int]:
    """Ids of the best pages of a site that were left over by earlier crawls."""
    query = select(_PAGE.c.id).where(_PAGE.c.site_id == site_id, _PAGE.c.state == "waiting")
    query = query.order_by(_PAGE.c.priority.desc(), _PAGE.c.depth, _PAGE.c.id).limit(limit)
    return list(connection.execute(query).scalars())
