"""What the tests of jobs share: a runner over a small web of our own, and waiting for a job to get somewhere."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from bloghound.jobs.runner import JobRunner
from bloghound.settings import Settings
from storage import jobs
from storage.database import open_database
from storage.jobs import JobRecord
from tests.mockweb import Content, MockWeb

CONTACT = "https://bloghound.test/contact"
PATIENCE_SECONDS = 120.0
"""Far longer than any of these jobs takes on a busy machine."""


@contextmanager
def small_web(sites: Mapping[str, Mapping[str, Content]]) -> Iterator[dict[str, tuple[str, int]]]:
    """The sites served on loopback; where each host is dialled, at the port of http too."""
    with MockWeb(sites) as web:
        yield dict.fromkeys(sites, (web.address, web.port))


@contextmanager
def running(settings: Settings, hosts: Mapping[str, tuple[str, int]]) -> Iterator[JobRunner]:
    """A runner that works until the block ends."""
    runner = JobRunner(settings, static_hosts=hosts)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


def job_of(settings: Settings, public_id: str) -> JobRecord:
    """A job as it stands."""
    with closing(open_database(settings)) as database, database.read() as connection:
        found = jobs.by_public_id(connection, public_id)
    assert found is not None
    return found


def wait_for(settings: Settings, public_id: str, reached: Callable[[JobRecord], bool]) -> JobRecord:
    """The job once it has got there; fails when that takes far too long."""
    ticks = threading.Event()
    for _ in range(int(PATIENCE_SECONDS / 0.1)):
        job = job_of(settings, public_id)
        if reached(job):
            return job
        ticks.wait(0.1)
    raise AssertionError(f"the job stands at {job}")


def ended(job: JobRecord) -> bool:
    """Whether a job is over."""
    return job.finished_at is not None
