"""Runs of ``crawl`` and ``import``: begun, continued after a kill, finished, reported."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from bloghound.records import SiteHealth
from storage.tables import Crawl, CrawlSite, Fetch, Job, Post
from storage.tables.base import public_id, table_of

_CRAWL, _FETCH, _PLACE, _POST = table_of(Crawl), table_of(Fetch), table_of(CrawlSite), table_of(Post)
_JOB = table_of(Job)

LIVE_KINDS = ("crawl", "recrawl")
"""Kinds of runs that ask sites; the others read what was fetched before."""
_LOCK_DIGITS = 15
"""Hexadecimal digits of a fingerprint that fit PostgreSQL's lock numbers, which are signed and of 64 bits."""
_STORED = select(_CRAWL.c.id, _CRAWL.c.kind, _CRAWL.c.options, _CRAWL.c.finished_at)


@dataclass(frozen=True, slots=True)
class CrawlRun:
    """A crawl that is under way; ``continued`` when an earlier process began it."""

    crawl_id: int
    public_id: str
    started_at: datetime
    continued: bool


def fingerprint(kind: str, options: Mapping[str, Any]) -> str:
    """The same for two runs that were asked for the same thing."""
    return hashlib.sha256(json.dumps([kind, options], sort_keys=True).encode()).hexdigest()


def begin(
    connection: Connection,
    kind: str,
    options: Mapping[str, Any],
    *,
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> CrawlRun:
    """Continue the newest unfinished run with the same options, or begin a new one; ``more`` is kept beside them.

    Of several processes that begin the same at the same moment one begins it, and the others continue it.
    """
    mark = fingerprint(kind, options)
    if connection.dialect.name == "postgresql":
        # SQLite has one writer at a time; PostgreSQL would let each of them see that there is none yet.
        connection.execute(select(func.pg_advisory_xact_lock(int(mark[:_LOCK_DIGITS], 16))))
    unfinished = connection.execute(
        select(_CRAWL.c.id, _CRAWL.c.public_id, _CRAWL.c.started_at)
        .where(_CRAWL.c.fingerprint == mark, _CRAWL.c.finished_at.is_(None))
        .order_by(_CRAWL.c.id.desc())
    ).first()
    if unfinished is not None:
        return CrawlRun(unfinished.id, unfinished.public_id, unfinished.started_at, continued=True)
    identity = public_id("crw", mark, now.isoformat())
    crawl_id = connection.execute(
        insert(_CRAWL)
        .values(public_id=identity, kind=kind, fingerprint=mark, options={**options, **(more or {})}, started_at=now)
        .returning(_CRAWL.c.id)
    ).scalar_one()
    return CrawlRun(crawl_id, identity, now, continued=False)


def finish(connection: Connection, crawl_id: int, *, now: datetime) -> None:
    """Mark a run as finished."""
    connection.execute(update(_CRAWL).where(_CRAWL.c.id == crawl_id).values(finished_at=now))


def prune(connection: Connection, kind: str, *, before: datetime, limit: int) -> int:
    """Remove up to ``limit`` runs of a kind that were finished ``before``, with their log, not what they found."""
    old = select(_CRAWL.c.id).where(_CRAWL.c.kind == kind, _CRAWL.c.finished_at < before).order_by(_CRAWL.c.id)
    ids = connection.execute(old.limit(limit)).scalars().all()
    connection.execute(delete(_CRAWL).where(_CRAWL.c.id.in_(ids)))
    return len(ids)


def outcomes(connection: Connection, crawl_id: int) -> tuple[dict[str, int], int, int]:
    """Pages fetched by outcome, posts that are new with this run and stand, updated posts of one run."""
    rows = connection.execute(
        select(_FETCH.c.outcome, func.count(), func.sum(_FETCH.c.posts_updated))
        .where(_FETCH.c.crawl_id == crawl_id)
        .group_by(_FETCH.c.outcome)
        .order_by(_FETCH.c.outcome)
    ).all()
    return {row[0]: row[1] for row in rows}, _new_posts(connection, crawl_id), sum(row[2] for row in rows)


def _new_posts(connection: Connection, crawl_id: int) -> int:
    """Live posts first seen in a run, on the sites it fetched from; candidates that came to nothing do not count."""
    visited = select(_FETCH.c.site_id).where(_FETCH.c.crawl_id == crawl_id).distinct()
    began = select(_CRAWL.c.started_at).where(_CRAWL.c.id == crawl_id).scalar_subquery()
    query = select(func.count()).where(
        _POST.c.state == "live", _POST.c.first_seen >= began, _POST.c.site_id.in_(visited)
    )
    return connection.execute(query).scalar_one()


def site_healths(connection: Connection, crawl_id: int) -> dict[str, int]:
    """Sites of one run by health; every health appears, and sites not reached yet are counted as ``failed``."""
    counts = dict.fromkeys((health.value for health in SiteHealth), 0)
    held = _PLACE.c.crawl_id == crawl_id
    query = select(_PLACE.c.health, func.count()).where(held).group_by(_PLACE.c.health)
    for health, number in connection.execute(query).all():
        counts[health or SiteHealth.FAILED.value] += number
    return counts


def fetched(connection: Connection, crawl_id: int, site_id: int) -> list[tuple[str, str, str]]:
    """What a run, or another since it began, fetched from a site, in that order: address, outcome, reason."""
    began = select(_CRAWL.c.started_at).where(_CRAWL.c.id == crawl_id).scalar_subquery()
    since = and_(_FETCH.c.origin == "live", _FETCH.c.fetched_at >= began)
    query = (
        select(_FETCH.c.url, _FETCH.c.outcome, _FETCH.c.reason)
        .where(_FETCH.c.site_id == site_id, or_(_FETCH.c.crawl_id == crawl_id, since))
        .order_by(_FETCH.c.id)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class CrawlRow:
    """A crawl as it stands: its limits and its log's figures; the job is the newest one that works on it."""

    crawl_id: int
    public_id: str
    kind: str
    options: Mapping[str, Any]
    started_at: datetime
    finished_at: datetime | None
    job_public_id: str | None
    job_state: str | None
    outcomes: Mapping[str, int]
    pages_last_minute: int


def newest_first(
    connection: Connection, *, workspace_id: int, now: datetime, before_id: int | None = None, limit: int
) -> list[CrawlRow]:
    """Crawls that a workspace may see: its own, and those that no job of another workspace has asked for."""
    query = select(_CRAWL).where(_visible_to(workspace_id))
    if before_id is not None:
        query = query.where(_CRAWL.c.id < before_id)
    return _with_figures(connection, connection.execute(query.order_by(_CRAWL.c.id.desc()).limit(limit)).all(), now)


def visible(connection: Connection, public_id: str, *, workspace_id: int, now: datetime) -> CrawlRow | None:
    """The crawl with this id, if the workspace may see it."""
    query = select(_CRAWL).where(_CRAWL.c.public_id == public_id, _visible_to(workspace_id))
    return next(iter(_with_figures(connection, connection.execute(query).all(), now)), None)


@dataclass(frozen=True, slots=True)
class StoredCrawl:
    """What a crawl was asked for, and when it was finished."""

    crawl_id: int
    kind: str
    options: Mapping[str, Any]
    finished_at: datetime | None


def stored(connection: Connection, crawl_id: int) -> StoredCrawl | None:
    """A crawl; None when there is none with this id."""
    row = connection.execute(_STORED.where(_CRAWL.c.id == crawl_id)).first()
    return None if row is None else StoredCrawl(*row)


def unfinished_live(connection: Connection) -> list[StoredCrawl]:
    """The crawls of the live web that have begun and are not over, oldest first.

    One whose job was cancelled is left alone, and so is one that reads archives: these may lie on another machine.
    """
    holds_sites = select(_PLACE.c.id).where(_PLACE.c.crawl_id == _CRAWL.c.id).exists()
    query = _STORED.where(_CRAWL.c.finished_at.is_(None), _CRAWL.c.kind.in_(LIVE_KINDS), holds_sites)
    found = [StoredCrawl(*row) for row in connection.execute(query.order_by(_CRAWL.c.id))]
    cancelled = cancelled_among(connection, [one.crawl_id for one in found])
    return [one for one in found if not one.options["archives"] and one.crawl_id not in cancelled]


def cancelled_among(connection: Connection, crawl_ids: Sequence[int]) -> set[int]:
    """Which of the crawls nobody works on any more, since their newest job was cancelled."""
    jobs = _newest_jobs(connection, crawl_ids)
    return {crawl_id for crawl_id, (_, state) in jobs.items() if state == "cancelled"}


def unfinished_ids(connection: Connection, kind: str, *, since: datetime | None = None) -> list[int]:
    """The unfinished runs of a kind, oldest first; those that began after ``since``."""
    query = select(_CRAWL.c.id).where(_CRAWL.c.kind == kind, _CRAWL.c.finished_at.is_(None))
    if since is not None:
        query = query.where(_CRAWL.c.started_at > since)
    return list(connection.execute(query.order_by(_CRAWL.c.id)).scalars())


def started_at(connection: Connection, crawl_id: int) -> datetime | None:
    """When a crawl began; None when there is no such crawl."""
    return connection.execute(select(_CRAWL.c.started_at).where(_CRAWL.c.id == crawl_id)).scalar()


def _visible_to(workspace_id: int) -> ColumnElement[bool]:
    asked = select(_JOB.c.id).where(_JOB.c.crawl_id == _CRAWL.c.id)
    return or_(asked.where(_JOB.c.workspace_id == workspace_id).exists(), ~asked.exists())


def _with_figures(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> list[CrawlRow]:
    ids = [row.id for row in rows]
    jobs = _newest_jobs(connection, ids)
    outcomes: dict[int, dict[str, int]] = {crawl_id: {} for crawl_id in ids}
    counted = select(_FETCH.c.crawl_id, _FETCH.c.outcome, func.count()).where(_FETCH.c.crawl_id.in_(ids))
    for crawl_id, outcome, number in connection.execute(counted.group_by(_FETCH.c.crawl_id, _FETCH.c.outcome)):
        outcomes[crawl_id][outcome] = number
    recent = select(_FETCH.c.crawl_id, func.count()).where(
        _FETCH.c.crawl_id.in_([row.id for row in rows if row.finished_at is None]),
        _FETCH.c.fetched_at > now - timedelta(minutes=1),
    )
    last_minute = {row[0]: row[1] for row in connection.execute(recent.group_by(_FETCH.c.crawl_id))}
    return [
        CrawlRow(
            crawl_id=row.id,
            public_id=row.public_id,
            kind=row.kind,
            options=row.options,
            started_at=row.started_at,
            finished_at=row.finished_at,
            job_public_id=jobs.get(row.id, (None, None))[0],
            job_state=jobs.get(row.id, (None, None))[1],
            outcomes=outcomes[row.id],
            pages_last_minute=last_minute.get(row.id, 0),
        )
        for row in rows
    ]


def _newest_jobs(connection: Connection, crawl_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    query = select(_JOB.c.crawl_id, _JOB.c.public_id, _JOB.c.state).where(_JOB.c.crawl_id.in_(crawl_ids))
    return {row.crawl_id: (row.public_id, row.state) for row in connection.execute(query.order_by(_JOB.c.id))}
