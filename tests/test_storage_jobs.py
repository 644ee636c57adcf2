"""The queue of jobs: leases, progress, ends, and what a dead worker leaves; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from storage import jobs, workspaces
from storage.database import Database
from storage.jobs import DIED, MAX_ATTEMPTS, UNFINISHED, JobRecord

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=61)
KINDS = ("crawl", "index", "forget")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


def room(connection: Connection, name: str = "default") -> int:
    return workspaces.ensure(connection, name, now=NOW).workspace_id


def submit(connection: Connection, kind: str = "crawl", **more: object) -> JobRecord:
    return jobs.submit(connection, kind, workspace_id=more.pop("workspace_id", None), now=NOW, **more)  # type: ignore[arg-type]


def lease(connection: Connection, owner: str = "a", now: datetime = NOW) -> JobRecord | None:
    return jobs.lease(connection, owner, kinds=KINDS, now=now, seconds=60)


def stored(connection: Connection, job: JobRecord) -> JobRecord:
    found = jobs.by_public_id(connection, job.public_id)
    assert found is not None
    return found


def test_jobs_are_taken_in_order_and_by_one_worker_each(connection: Connection) -> None:
    first, second = submit(connection), submit(connection, "forget")
    taken = [lease(connection, owner) for owner in ("a", "b", "c")]
    assert [job and job.public_id for job in taken] == [first.public_id, second.public_id, None]
    assert [job and (job.state, job.attempts, job.started_at) for job in taken[:2]] == [("running", 1, NOW)] * 2


def test_workers_at_once_never_share_a_job(database: Database) -> None:
    with database.transaction() as connection:
        wanted = {submit(connection, "forget").public_id for _ in range(20)}

    def take(worker: int) -> list[str]:
        taken = []
        for _ in range(10):
            with database.transaction() as connection:
                job = lease(connection, f"w{worker}")
                taken += [job.public_id] if job else []
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [name for part in pool.map(take, range(4)) for name in part]
    assert sorted(taken) == sorted(wanted)


def test_a_job_waits_until_its_time(connection: Connection) -> None:
    submit(connection, "forget", run_after=LATER)
    assert not jobs.is_due(connection, KINDS, now=NOW)
    assert lease(connection) is None
    assert jobs.is_due(connection, KINDS, now=LATER)
    assert lease(connection, now=LATER) is not None


def test_one_index_build_at_a_time(connection: Connection) -> None:
    first, second = submit(connection, "index"), submit(connection, "index")
    assert lease(connection, "a") is not None
    assert lease(connection, "b") is None
    jobs.finish(connection, first.job_id, "a", state="succeeded", now=NOW)
    taken = lease(connection, "b")
    assert taken is not None
    assert taken.public_id == second.public_id


def test_a_beat_keeps_the_lease_writes_progress_and_hears_the_wish_to_stop(connection: Connection) -> None:
    job = submit(connection)
    lease(connection)
    progress = {"stage": "crawl", "done": 1, "total": 2}

    def beat(owner: str) -> bool | None:
        return jobs.beat(connection, job.job_id, owner, now=LATER, seconds=60, progress=progress, counts={"pages": 9})

    assert [beat("a"), beat("b")] == [False, None]
    jobs.bury(connection, now=LATER)
    assert lease(connection, "b", LATER) is None
    assert jobs.cancel(connection, job.job_id, now=LATER).cancel_requested
    assert beat("a") is True
    assert (stored(connection, job).progress, stored(connection, job).counts) == (progress, {"pages": 9})


def test_a_dead_workers_job_is_taken_up_again_but_not_for_ever(connection: Connection) -> None:
    job, now = submit(connection), NOW
    for attempt in range(1, MAX_ATTEMPTS + 1):
        jobs.bury(connection, now=now)
        taken = lease(connection, f"w{attempt}", now)
        assert taken is not None
        assert taken.attempts == attempt
        now += timedelta(seconds=61)
    jobs.bury(connection, now=now)
    assert lease(connection, "last", now) is None
    assert (stored(connection, job).state, stored(connection, job).errors) == ("failed", [DIED])


def test_a_dead_workers_cancelled_job_is_not_taken_up(connection: Connection) -> None:
    job = submit(connection)
    lease(connection)
    jobs.cancel(connection, job.job_id, now=NOW)
    assert lease(connection, "b", LATER) is None
    jobs.bury(connection, now=LATER)
    assert stored(connection, job).state == "cancelled"


def test_whoever_lost_the_lease_cannot_end_the_job(connection: Connection) -> None:
    job = submit(connection)
    lease(connection, "a")
    lease(connection, "b", LATER)
    assert not jobs.finish(connection, job.job_id, "a", state="failed", now=LATER, errors=["late"])
    assert jobs.finish(connection, job.job_id, "b", state="succeeded", now=LATER, result={"index": 1})
    ended = stored(connection, job)
    assert (ended.state, ended.errors, ended.result, ended.finished_at) == ("succeeded", [], {"index": 1}, LATER)


def test_giving_back_is_no_failed_attempt(connection: Connection) -> None:
    job = submit(connection)
    lease(connection)
    jobs.give_back(connection, job.job_id, "a", run_after=LATER)
    assert (stored(connection, job).state, stored(connection, job).attempts) == ("queued", 0)
    assert lease(connection, now=NOW) is None


def test_a_waiting_job_is_cancelled_at_once_and_an_ended_one_stays(connection: Connection) -> None:
    job = submit(connection)
    assert jobs.cancel(connection, job.job_id, now=NOW).state == "cancelled"
    assert jobs.cancel(connection, job.job_id, now=LATER).finished_at == NOW


def test_a_workspace_sees_its_own_jobs_page_by_page(connection: Connection) -> None:
    ours, theirs = room(connection), room(connection, "other")
    own = [submit(connection, workspace_id=ours) for _ in range(3)]
    submit(connection, workspace_id=theirs)
    installations = submit(connection, "forget")

    def listed(before_id: int | None = None, **more: bool) -> list[str]:
        with_installation = more.get("with_installation", False)
        rows = jobs.newest_first(
            connection, workspace_id=ours, with_installation=with_installation, before_id=before_id, limit=2
        )
        return [row.public_id for row in rows]

    assert listed() == [own[2].public_id, own[1].public_id]
    assert listed(own[1].job_id) == [own[0].public_id]
    assert listed(with_installation=True) == [installations.public_id, own[2].public_id]


def test_an_unfinished_job_is_found_by_kind_and_workspace(connection: Connection) -> None:
    ours, theirs = room(connection), room(connection, "other")
    job = submit(connection, "index", workspace_id=ours)
    assert jobs.unfinished(connection, "index", workspace_id=ours, states=UNFINISHED) == job
    assert jobs.unfinished(connection, "index", workspace_id=theirs, states=UNFINISHED) is None
    assert jobs.unfinished(connection, "crawl", workspace_id=ours, states=UNFINISHED) is None


def test_a_forgotten_site_leaves_every_job(connection: Connection) -> None:
    job = submit(connection, "forget", parameters={"site_keys": ["gone.example", "begone.example"]})
    other = submit(connection)
    lease(connection, "a")
    lease(connection, "a")
    errors = ["http://gone.example/ was not crawled.", "http://begone.example/ was not crawled."]
    jobs.finish(connection, other.job_id, "a", state="succeeded", now=NOW, errors=errors)
    jobs.scrub(connection, "gone.example")
    assert stored(connection, job).parameters == {"site_keys": ["begone.example"]}
    assert stored(connection, other).errors == errors[1:]
    assert jobs.keys_to_forget(connection) == {"begone.example"}
