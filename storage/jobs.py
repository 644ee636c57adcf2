"""The queue of long work: submitted, leased by one worker at a time, reported on, ended.

Central names: :func:`submit`, :func:`lease`, :func:`beat`, :func:`finish`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    and_,
    cast,
    func,
    insert,
    or_,
    select,
    update,
)

from storage.erasure import mentions
from storage.tables import Crawl, Job
from storage.tables.base import random_id, table_of

_JOB, _CRAWL = table_of(Job), table_of(Crawl)

MAX_ATTEMPTS = 3
"""A job whose worker died is tried so often: once more for a restart, once more for bad luck, then it is the cause."""
DIED = f"The work was given up: the process that did it ended unexpectedly {MAX_ATTEMPTS} times."

UNFINISHED = ("queued", "running")


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as it stands; the fields are those of :class:`storage.tables.work.Job`."""

    job_id: int
    public_id: str
    workspace_id: int | None
    kind: str
    state: str
    parameters: Mapping[str, Any]
    crawl_id: int | None
    crawl_public_id: str | None
    progress: Mapping[str, Any]
    counts: Mapping[str, int]
    errors: Sequence[str]
    result: Mapping[str, Any]
    attempts: int
    cancel_requested: bool
    run_after: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def submit(
    connection: Connection,
    kind: str,
    *,
    workspace_id: int | None,
    now: datetime,
    parameters: Mapping[str, Any] | None = None,
    crawl_id: int | None = None,
    run_after: datetime | None = None,
) -> JobRecord:
    """Put a job into the queue; nobody takes it before ``run_after``."""
    values: dict[str, Any] = {
        "public_id": random_id("job"),
        "workspace_id": workspace_id,
        "kind": kind,
        "state": "queued",
        "parameters": dict(parameters or {}),
        "crawl_id": crawl_id,
        "progress": {},
        "counts": {},
        "errors": [],
        "result": {},
        "attempts": 0,
        "cancel_requested": False,
        "run_after": run_after or now,
        "created_at": now,
    }
    return _get(connection, connection.execute(insert(_JOB).values(**values).returning(_JOB.c.id)).scalar_one())


def by_public_id(connection: Connection, public_id: str) -> JobRecord | None:
    """The job with this id, whoever's it is."""
    row = connection.execute(_records().where(_JOB.c.public_id == public_id)).mappings().first()
    return None if row is None else _record(row)


def newest_first(
    connection: Connection,
    *,
    workspace_id: int,
    with_installation: bool,
    states: Collection[str] = (),
    kinds: Collection[str] = (),
    before_id: int | None = None,
    limit: int,
) -> list[JobRecord]:
    """Jobs of a workspace, and those of the installation itself if wanted; those before ``before_id``."""
    query = _records().where(_seen_by(workspace_id, with_installation=with_installation))
    if states:
        query = query.where(_JOB.c.state.in_(sorted(states)))
    if kinds:
        query = query.where(_JOB.c.kind.in_(sorted(kinds)))
    if before_id is not None:
        query = query.where(_JOB.c.id < before_id)
    return [_record(row) for row in connection.execute(query.order_by(_JOB.c.id.desc()).limit(limit)).mappings()]


def unfinished(
    connection: Connection, kind: str, *, workspace_id: int, crawl_id: int | None = None, states: Collection[str]
) -> JobRecord | None:
    """The newest job of a workspace of this kind (and crawl) that is in one of ``states``."""
    query = _records().where(_JOB.c.kind == kind, _JOB.c.workspace_id == workspace_id, _JOB.c.state.in_(sorted(states)))
    if crawl_id is not None:
        query = query.where(_JOB.c.crawl_id == crawl_id)
    row = connection.execute(query.order_by(_JOB.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else _record(row)


def is_due(connection: Connection, kinds: Collection[str], *, now: datetime) -> bool:
    """Whether there is anything for :func:`lease` or :func:`bury`: asked often, so it only reads."""
    dead = and_(_JOB.c.state == "running", _JOB.c.lease_expires_at < now)
    query = select(_JOB.c.id).where(_JOB.c.kind.in_(sorted(kinds)), or_(_due(now), dead)).limit(1)
    return connection.execute(query).first() is not None


def bury(connection: Connection, *, now: datetime) -> None:
    """End the jobs of dead workers that nobody shall take up again: asked to stop, or tried too often."""
    dead = and_(_JOB.c.state == "running", _JOB.c.lease_expires_at < now)
    ended = {"lease_owner": None, "lease_expires_at": None, "finished_at": now}
    connection.execute(update(_JOB).where(dead, _JOB.c.cancel_requested).values(state="cancelled", **ended))
    connection.execute(
        update(_JOB).where(dead, _JOB.c.attempts >= MAX_ATTEMPTS).values(state="failed", errors=[DIED], **ended)
    )


def lease(
    connection: Connection, owner: str, *, kinds: Collection[str], now: datetime, seconds: float
) -> JobRecord | None:
    """Take the job that has waited longest, for ``seconds``; None when none is due.

    On SQLite the transaction holds the write lock; on PostgreSQL a row that another worker is taking is passed over.
    """
    due = select(_JOB.c.id).where(_JOB.c.kind.in_(sorted(kinds)), _due(now)).order_by(_JOB.c.run_after, _JOB.c.id)
    due = due.limit(1)
    if connection.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    taken = connection.execute(
        update(_JOB)
        .where(_JOB.c.id.in_(due.scalar_subquery()))
        .values(
            state="running",
            lease_owner=owner,
            lease_expires_at=now + timedelta(seconds=seconds),
            attempts=_JOB.c.attempts + 1,
            started_at=func.coalesce(_JOB.c.started_at, now),
        )
        .returning(_JOB.c.id)
    ).scalar()
    return None if taken is None else _get(connection, taken)


def _due(now: datetime) -> ColumnElement[bool]:
    others = _JOB.alias()
    building = select(others.c.id).where(
        others.c.kind == "index", others.c.state == "running", others.c.lease_expires_at >= now
    )
    # One build at a time is enough: a second would only wait for the first, in the way of other work.
    possible = or_(_JOB.c.kind != "index", ~building.exists())
    waiting = and_(_JOB.c.state == "queued", _JOB.c.run_after <= now, possible)
    left_behind = and_(_JOB.c.state == "running", _JOB.c.lease_expires_at < now, _JOB.c.attempts < MAX_ATTEMPTS)
    return or_(waiting, and_(left_behind, ~_JOB.c.cancel_requested))


def beat(
    connection: Connection,
    job_id: int,
    owner: str,
    *,
    now: datetime,
    seconds: float,
    progress: Mapping[str, Any] | None = None,
    counts: Mapping[str, int] | None = None,
) -> bool | None:
    """Keep the lease, and write how far the job is; whether it shall stop. None when it is another's by now."""
    values: dict[str, Any] = {"lease_expires_at": now + timedelta(seconds=seconds)}
    values |= {} if progress is None else {"progress": dict(progress)}
    values |= {} if counts is None else {"counts": dict(counts)}
    return connection.execute(
        update(_JOB).where(_mine(job_id, owner)).values(**values).returning(_JOB.c.cancel_requested)
    ).scalar()


def finish(
    connection: Connection,
    job_id: int,
    owner: str,
    *,
    state: str,
    now: datetime,
    errors: Sequence[str] = (),
    result: Mapping[str, Any] | None = None,
) -> bool:
    """End a job as ``succeeded``, ``failed`` or ``cancelled``; False when it is another's by now."""
    values: dict[str, Any] = {"state": state, "finished_at": now, "lease_owner": None, "lease_expires_at": None}
    values |= {"errors": list(errors)} | ({} if result is None else {"result": dict(result)})
    return connection.execute(update(_JOB).where(_mine(job_id, owner)).values(**values)).rowcount == 1


def give_back(connection: Connection, job_id: int, owner: str, *, run_after: datetime) -> None:
    """Return a job to the queue: its worker is stopping, or it has to wait; that is no failed attempt."""
    connection.execute(
        update(_JOB)
        .where(_mine(job_id, owner))
        .values(
            state="queued",
            lease_owner=None,
            lease_expires_at=None,
            run_after=run_after,
            attempts=_JOB.c.attempts - 1,
        )
    )


def set_parameters(
    connection: Connection, job_id: int, parameters: Mapping[str, Any], result: Mapping[str, Any] | None = None
) -> None:
    """Write what is left to do of a job, and its result so far."""
    values: dict[str, Any] = {"parameters": dict(parameters)} | ({} if result is None else {"result": dict(result)})
    connection.execute(update(_JOB).where(_JOB.c.id == job_id).values(**values))


def cancel(connection: Connection, job_id: int, *, now: datetime) -> JobRecord:
    """End a waiting job at once, ask a running one to stop, leave an ended one as it is; how it stands then."""
    connection.execute(
        update(_JOB).where(_JOB.c.id == job_id, _JOB.c.state == "queued").values(state="cancelled", finished_at=now)
    )
    connection.execute(update(_JOB).where(_JOB.c.id == job_id, _JOB.c.state == "running").values(cancel_requested=True))
    return _get(connection, job_id)


def keys_to_forget(connection: Connection) -> set[str]:
    """Keys of the sites whose erasure is asked for and not done: what no answer may show any more."""
    query = select(_JOB.c.parameters).where(_JOB.c.kind == "forget", _JOB.c.state.in_([*UNFINISHED, "failed"]))
    return {key for parameters in connection.execute(query).scalars() for key in parameters.get("site_keys", ())}


def scrub(connection: Connection, site_key: str) -> None:
    """Take a site that was forgotten out of every job: what is left to forget, and what errors say."""
    host = site_key.partition("/@")[0]
    named = or_(*(cast(_JOB.c[name], Text).icontains(host, autoescape=True) for name in ("parameters", "errors")))
    for row in connection.execute(select(_JOB.c.id, _JOB.c.parameters, _JOB.c.errors).where(named)).all():
        keys = [key for key in row.parameters.get("site_keys", []) if key != site_key]
        parameters = row.parameters | ({"site_keys": keys} if "site_keys" in row.parameters else {})
        errors = [sentence for sentence in row.errors if not mentions(sentence, site_key)]
        connection.execute(update(_JOB).where(_JOB.c.id == row.id).values(parameters=parameters, errors=errors))


def _mine(job_id: int, owner: str) -> ColumnElement[bool]:
    return and_(_JOB.c.id == job_id, _JOB.c.state == "running", _JOB.c.lease_owner == owner)


def _seen_by(workspace_id: int, *, with_installation: bool) -> ColumnElement[bool]:
    own = _JOB.c.workspace_id == workspace_id
    return or_(own, _JOB.c.workspace_id.is_(None)) if with_installation else own


def _records() -> Select[Any]:
    query = select(_JOB, _CRAWL.c.public_id.label("crawl_public_id"))
    return query.outerjoin(_CRAWL, _CRAWL.c.id == _JOB.c.crawl_id)


def _get(connection: Connection, job_id: int) -> JobRecord:
    return _record(connection.execute(_records().where(_JOB.c.id == job_id)).mappings().one())


def _record(row: RowMapping) -> JobRecord:
    fields = {name: row[name] for name in JobRecord.__dataclass_fields__ if name != "job_id"}
    return JobRecord(job_id=row["id"], **fields)
