"""Doing the queued jobs, in threads of the service or in a worker process of its own. Central name: :class:`JobRunner`.

Lanes work side by side, so that an erasure never waits for a crawl of many hours or for rankings to be measured. Any
number of runners share one database: a job is leased by one of them, and that of a runner which died is taken up by
another.
"""

import logging
import threading
import time

from bloghound.errors import BloghoundError, StorageError
from bloghound.jobs.quality import QUALITY
from bloghound.jobs.queue import LEASE_SECONDS, Desk, JobQueue, JobStopped, new_owner
from bloghound.jobs.work import CRAWL, FORGET, INDEX, Postponed, StaticHosts, Tools, do_job
from bloghound.settings import Settings
from storage.database import open_database
from storage.jobs import JobRecord

LANES = ((CRAWL,), (FORGET,), (INDEX, QUALITY))
"""Kinds of one lane are done one at a time, the first kind first: measuring reads the index that a build makes."""
IDLE_SECONDS = 1.0
"""How often a lane without work looks for some; a look is one read."""
STOP_SECONDS = 15.0
"""How long an ending runner waits for its work; a crawl that is asked to stop rarely takes five."""
INTERNAL = "Internal error; the log says where."

_LOG = logging.getLogger(__name__)


class JobRunner:
    """Takes jobs from the queue and does them, between :meth:`start` and :meth:`stop`.

    ``static_hosts`` are names of our own (the demo web) and where they are served.
    """

    def __init__(
        self,
        settings: Settings,
        owner: str | None = None,
        *,
        static_hosts: StaticHosts | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self.owner = owner or new_owner()
        self._settings = settings
        self._static_hosts = dict(static_hosts or {})
        self._lease_seconds = lease_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._current: dict[str, Desk] = {}

    def start(self) -> None:
        """Begin to work, in threads that do not keep the process from ending."""
        for kinds in LANES:
            lane = "-".join(kinds)
            thread = threading.Thread(target=self._run_lane, args=(lane, kinds), name=f"jobs-{lane}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Stop the work under way and give it back to the queue; returns after ``seconds`` at the latest.

        Work that cannot be stopped so soon, such as one encoding of texts, is given back all the same: whatever it
        still does is done again, and writes nothing twice.
        """
        self._stopping.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in self._threads):
            self._abandon()

    def current(self) -> list[str]:
        """What is being done, one line for each job: its kind, its id, how far it is."""
        return [desk.line for desk in list(self._current.values())]

    def _abandon(self) -> None:
        database = open_database(self._settings)
        try:
            queue = JobQueue(database, self.owner)
            for desk in list(self._current.values()):
                queue.give_back(desk.job)
        except StorageError:
            _LOG.warning("jobs could not be given back; their leases run out", exc_info=True)
        finally:
            database.close()

    def _run_lane(self, lane: str, kinds: tuple[str, ...]) -> None:
        database = open_database(self._settings)
        queue = JobQueue(database, self.owner, lease_seconds=self._lease_seconds)
        tools = Tools(self._settings, database, self._static_hosts)
        try:
            while not self._stopping.is_set():
                try:
                    job = next((found for kind in kinds if (found := queue.take((kind,)))), None)
                    if job is not None:
                        self._do(queue, tools, lane, job)
                        continue
                    tools.measured_engine.let_go()
                except StorageError as error:
                    _LOG.warning("the queue of jobs cannot be used: %s", error)
                self._stopping.wait(IDLE_SECONDS)
        finally:
            database.close()

    def _do(self, queue: JobQueue, tools: Tools, lane: str, job: JobRecord) -> None:
        desk = self._current[lane] = Desk(queue, job, self._stopping)
        try:
            with desk:
                done = do_job(tools, desk)
        except JobStopped:
            self._after_stop(queue, desk)
        except BloghoundError as error:
            self._after_failure(queue, desk, str(error))
        except Exception:  # noqa: BLE001 - the last border: whatever it is, the job ends with a sentence
            _LOG.exception("the job %s failed", job.public_id)
            self._after_failure(queue, desk, INTERNAL)
        else:
            if isinstance(done, Postponed):
                queue.give_back(job, delay=done.delay)
            else:
                queue.finish(job, "succeeded", errors=done.errors, result=done.result)
        finally:
            del self._current[lane]

    def _after_stop(self, queue: JobQueue, desk: Desk) -> None:
        if desk.is_cancelled:
            queue.finish(desk.job, "cancelled")
        else:
            queue.give_back(desk.job)

    def _after_failure(self, queue: JobQueue, desk: Desk, sentence: str) -> None:
        """A failure while the runner ends is most often its own doing: the terminal interrupts child processes too."""
        if desk.shall_stop:
            self._after_stop(queue, desk)
        else:
            queue.finish(desk.job, "failed", errors=[sentence])
