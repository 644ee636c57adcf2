"""Runners with real work: crawls of a small web, cancelling, stopping, dying, two at once, erasures, index builds."""

import logging
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from bloghound.errors import StorageError
from bloghound.jobs import runner as runners
from bloghound.jobs.optouts import erase_blogger, request_optout
from bloghound.jobs.queue import Desk
from bloghound.jobs.starting import CrawlWish, StartedCrawl, start_crawl, start_index
from bloghound.jobs.work import Done, Tools
from bloghound.settings import Settings
from storage import jobs, workspaces
from storage.database import open_database
from storage.tables.base import utc_now
from tests.conftest import PROJECT
from tests.crawling import query
from tests.mockweb import ForeverTaking, small_blog
from tests.working import CONTACT, ended, job_of, running, small_web, wait_for

HOST = "one.example"


@pytest.fixture
def reachable(settings: Settings) -> Settings:
    """Settings with which strangers may be crawled."""
    return settings.model_copy(update={"contact": CONTACT})


def room(settings: Settings) -> int:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        return workspaces.ensure(connection, "default", now=utc_now()).workspace_id


def start(settings: Settings, *hosts: str, index: bool = False) -> StartedCrawl:
    with closing(open_database(settings)) as database:
        seeds = [f"http://{host}/" for host in hosts]
        wish = CrawlWish(max_depth=0, index=index)
        return start_crawl(settings, database, seeds, wish, workspace_id=room(settings), workspace="wsp_x")


def test_a_crawl_job_crawls_and_tells(reachable: Settings) -> None:
    with small_web({HOST: small_blog(3)}) as hosts, running(reachable, hosts):
        job = wait_for(reachable, start(reachable, HOST).job.public_id, ended)
    assert (job.state, job.errors, job.attempts) == ("succeeded", [], 1)
    assert (job.result["crawl"]["sites"]["ok"], job.result["crawl"]["posts_new"]) == (1, 3)
    assert (job.progress["stage"], job.progress["done"], job.progress["total"]) == ("crawl", 1, 1)
    assert job.counts["posts"] == 3
    assert query(reachable, "SELECT count(*) FROM crawl WHERE finished_at IS NOT NULL") == [(1,)]


def test_a_running_crawl_is_cancelled_within_seconds_and_goes_on_when_asked_again(reachable: Settings) -> None:
    with small_web({HOST: small_blog(3) | {"/post-2/": ForeverTaking()}}) as hosts, running(reachable, hosts):
        first = start(reachable, HOST)
        wait_for(reachable, first.job.public_id, lambda job: job.counts.get("pages", 0) > 0)
        with closing(open_database(reachable)) as database, database.transaction() as connection:
            jobs.cancel(connection, first.job.job_id, now=utc_now())
        assert wait_for(reachable, first.job.public_id, ended).state == "cancelled"
        assert query(reachable, "SELECT key FROM site WHERE lease_owner IS NOT NULL") == []
    again = start(reachable, HOST)
    assert again.crawl_public_id == first.crawl_public_id
    assert again.job.public_id != first.job.public_id


def test_asking_twice_for_the_same_is_one_job(reachable: Settings) -> None:
    first, second = start(reachable, HOST), start(reachable, HOST)
    assert (first.crawl_public_id, first.job) == (second.crawl_public_id, second.job)


def test_a_runner_that_ends_gives_its_crawl_back(reachable: Settings) -> None:
    with small_web({HOST: small_blog(3) | {"/post-2/": ForeverTaking()}}) as hosts:
        with running(reachable, hosts):
            name = start(reachable, HOST).job.public_id
            wait_for(reachable, name, lambda job: job.counts.get("pages", 0) > 0)
        assert (job_of(reachable, name).state, job_of(reachable, name).attempts) == ("queued", 0)


_DYING = """
import os, sys
from bloghound.jobs import runner
from bloghound.jobs.runner import JobRunner
from bloghound.settings import Settings
runner.do_job = lambda tools, desk: os._exit(9)
JobRunner(Settings(data_dir=sys.argv[1]), lease_seconds=1.0)._run_lane("crawl", ("crawl",))
"""


def test_a_killed_workers_job_is_taken_up_by_another(reachable: Settings) -> None:
    name = start(reachable, HOST).job.public_id
    died = subprocess.run([sys.executable, "-c", _DYING, str(reachable.data_dir)], cwd=PROJECT, check=False)
    assert (died.returncode, job_of(reachable, name).state) == (9, "running")
    with small_web({HOST: small_blog(2)}) as hosts, running(reachable, hosts):
        job = wait_for(reachable, name, ended)
    assert (job.state, job.attempts, job.result["crawl"]["posts_new"]) == ("succeeded", 2, 2)


def test_two_runners_never_do_the_same_job(reachable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def note(_tools: Tools, desk: Desk) -> Done:
        done.append(desk.job.public_id)
        return Done({})

    monkeypatch.setattr(runners, "do_job", note)
    with closing(open_database(reachable)) as database, database.transaction() as connection:
        names = [jobs.submit(connection, "forget", workspace_id=None, now=utc_now()).public_id for _ in range(20)]
    with running(reachable, {}), running(reachable, {}):
        for name in names:
            wait_for(reachable, name, ended)
    assert sorted(done) == sorted(names)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(StorageError("The disk is full."), "The disk is full."), (ValueError("secret"), runners.INTERNAL)],
)
def test_a_failure_is_a_sentence(
    error: Exception,
    sentence: str,
    reachable: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> Done:
        raise error

    monkeypatch.setattr(runners, "do_job", fail)
    name = start(reachable, HOST).job.public_id
    with caplog.at_level(logging.CRITICAL), running(reachable, {}):
        job = wait_for(reachable, name, ended)
    assert (job.state, job.errors) == ("failed", [sentence])


def submitted(settings: Settings, *kinds: str) -> list[str]:
    """Ids of new jobs of these kinds."""
    team = room(settings)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        return [jobs.submit(connection, kind, workspace_id=team, now=utc_now()).public_id for kind in kinds]


@pytest.mark.parametrize("busy", ["crawl", "index", "quality"])
def test_an_erasure_waits_for_no_other_work(busy: str, reachable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def work(_tools: Tools, desk: Desk) -> Done:
        if desk.job.kind == busy:
            released.wait()
        return Done({})

    monkeypatch.setattr(runners, "do_job", work)
    long, erasure = submitted(reachable, busy, "forget")
    with running(reachable, {}):
        try:
            assert wait_for(reachable, erasure, ended).state == "succeeded"
            assert job_of(reachable, long).finished_at is None
        finally:
            released.set()
        wait_for(reachable, long, ended)


def test_an_index_is_built_before_the_teams_that_wait_are_measured(
    reachable: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def work(_tools: Tools, desk: Desk) -> Done:
        done.append(desk.job.kind)
        return Done({})

    monkeypatch.setattr(runners, "do_job", work)
    waiting = submitted(reachable, "quality", "index", "quality")
    with running(reachable, {}):
        for name in waiting:
            wait_for(reachable, name, ended)
    assert done == ["index", "quality", "quality"]


def test_an_index_without_blogs_fails_with_a_sentence(reachable: Settings) -> None:
    with closing(open_database(reachable)) as database:
        name = start_index(database, workspace_id=room(reachable)).public_id
        assert start_index(database, workspace_id=room(reachable)).public_id == name
    with running(reachable, {}):
        job = wait_for(reachable, name, ended)
    assert job.state == "failed"
    assert "No blogs are stored yet" in job.errors[0]


def test_a_crawl_with_index_ends_with_a_generation(reachable: Settings) -> None:
    with small_web({HOST: small_blog(3)}) as hosts, running(reachable, hosts):
        job = wait_for(reachable, start(reachable, HOST, index=True).job.public_id, ended)
    assert (job.state, job.errors) == ("succeeded", [])
    assert (job.result["index"]["bloggers"], job.result["index"]["posts"]) == (1, 3)
    assert job.result["index"]["generation"] == 1


def test_an_index_whose_niches_could_not_be_ranked_serves_and_the_job_says_so(
    reachable: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bloghound.jobs.reranking.after_build", lambda *_: 1 // 0)
    with small_web({HOST: small_blog(3)}) as hosts, running(reachable, hosts):
        job = wait_for(reachable, start(reachable, HOST, index=True).job.public_id, ended)
    assert (job.state, job.result["index"]["generation"]) == ("succeeded", 1)
    assert job.errors == ["The saved niches could not be ranked: ZeroDivisionError: integer division or modulo by zero"]


def test_a_blogger_is_erased_and_no_byte_of_the_name_stays(reachable: Settings) -> None:
    blogs = {"gone-for-good.example": small_blog(2), HOST: small_blog(2, "Other")}
    with small_web(blogs) as hosts, running(reachable, hosts):
        crawl = start(reachable, *blogs).job.public_id
        assert wait_for(reachable, crawl, ended).state == "succeeded"
        ((blogger,),) = query(reachable, "SELECT public_id FROM blogger WHERE site_key = 'gone-for-good.example'")
        with closing(open_database(reachable)) as database:
            erasure = erase_blogger(reachable, database, str(blogger), workspace_id=room(reachable), now=utc_now())
        job = wait_for(reachable, erasure.public_id, ended)
    assert (job.state, job.parameters) == ("succeeded", {"site_keys": []})
    (receipt,) = job.result["receipts"]
    assert (receipt["removed"]["posts"], receipt["generations_deleted"]) == (2, 0)
    assert query(reachable, "SELECT key FROM site") == [(HOST,)]
    written = [path for path in reachable.data_dir.rglob("*") if path.is_file()]
    assert not [path.name for path in written if b"gone-for-good" in path.read_bytes()]


def test_an_opt_out_is_erased_after_the_days_of_grace(reachable: Settings) -> None:
    now = utc_now() - timedelta(days=reachable.optout_grace_days)
    with closing(open_database(reachable)) as database:
        receipt = request_optout(reachable, database, "@ann@social.example", now)
        ((name,),) = query(reachable, "SELECT public_id FROM job")
    with running(reachable, {}):
        assert wait_for(reachable, str(name), ended).state == "succeeded"
    assert query(reachable, "SELECT public_id, state, site_key FROM opt_out") == [(receipt.public_id, "erased", None)]
    # The profile, and its owner as somebody who comments elsewhere.
    assert query(reachable, "SELECT reason FROM suppression") == [("forgotten",)] * 2


def test_the_runner_loads_neither_the_model_nor_the_crawler_before_a_job_needs_it() -> None:
    program = "import sys, bloghound.jobs.runner; print(*({'torch', 'scrapy', 'tantivy'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
