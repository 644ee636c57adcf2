"""Stopping a crawl while a hostile page is parsed: within seconds, with everything committed, to be continued."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from storage.database import open_database
from tests.conftest import PROJECT
from tests.crawling import write_archive
from tests.mockweb import Content, NestingBomb, small_blog
from tests.processes import cpu_seconds, descendants, is_running
from tests.waiting import until

STOP_SECONDS = 10
"""Within which a crawl ends when it is told to (issue 4, point 1)."""
POSTS = 5
ENDLESS: dict[str, Content] = {"/": NestingBomb(400_000)}
"""A home page that holds a parser for minutes."""
WARM_SECONDS = 3.0
"""Processor time by which a parser process has long loaded its libraries, so that it is the page that it works on."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "warc", {"bomb.example": ENDLESS, "good.example": small_blog(POSTS)})


@pytest.fixture
def patient(settings: Settings) -> Settings:
    """One parser for the page that holds it, and one for the rest."""
    return settings.model_copy(update={"parse_timeout_seconds": 600.0, "extraction_workers": 2})


def posts_in(settings: Settings) -> int:
    with closing(open_database(settings)) as database, database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM post WHERE state = 'live'")).scalar_one())


def waiting_in(settings: Settings) -> list[str]:
    query = text("SELECT key FROM site JOIN crawl_site ON site.id = site_id WHERE crawl_site.state = 'queued'")
    with closing(open_database(settings)) as database, database.read() as connection:
        return list(connection.execute(query).scalars())


def leases_in(settings: Settings) -> int:
    query = text("SELECT count(*) FROM site WHERE lease_owner IS NOT NULL")
    with closing(open_database(settings)) as database, database.read() as connection:
        return int(connection.execute(query).scalar_one())


def is_stuck_after_the_rest(settings: Settings, pid: int) -> bool:
    """Whether everything else is stored, and a parser is busy with the bomb."""
    busy = any(cpu_seconds(child) > WARM_SECONDS for child in descendants(pid))
    return busy and posts_in(settings) == POSTS


def crawling_process() -> int | None:
    return next((child.pid for child in multiprocessing.active_children() if child.name == "bloghound-crawl"), None)


def test_sigterm_ends_the_crawling_process_while_a_page_is_parsed(patient: Settings, archive: Path) -> None:
    seeds = ["https://bomb.example/", "https://good.example/"]
    crawl = Thread(target=run_crawl, args=(patient, seeds), kwargs={"archives": [archive]})
    crawl.start()
    until(lambda: crawling_process() and is_stuck_after_the_rest(patient, crawling_process() or 0), 60)
    worker = crawling_process()
    assert worker is not None
    parsers = list(descendants(worker))
    started = time.monotonic()
    os.kill(worker, signal.SIGTERM)
    crawl.join(STOP_SECONDS + 5)
    assert time.monotonic() - started < STOP_SECONDS
    until(lambda: not any(is_running(pid) for pid in parsers))
    assert (waiting_in(patient), leases_in(patient), posts_in(patient)) == (["bomb.example"], 0, POSTS)


def test_ctrl_c_ends_the_command_while_a_page_is_parsed(settings: Settings, archive: Path) -> None:
    command = [sys.executable, "-m", "bloghound", "crawl", "--archive", str(archive), "bomb.example", "good.example"]
    environment = os.environ | {
        "BLOGHOUND_DATA_DIR": str(settings.data_dir),
        "BLOGHOUND_PARSE_TIMEOUT_SECONDS": "600",
    }
    with subprocess.Popen(command, cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: settings.data_dir.exists() and list(descendants(process.pid)), 30)
        until(lambda: is_stuck_after_the_rest(settings, process.pid), 60)
        below = list(descendants(process.pid))
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, words = process.communicate(timeout=STOP_SECONDS + 5)
        assert time.monotonic() - started < STOP_SECONDS
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in words
    until(lambda: not any(is_running(pid) for pid in below))
    assert (waiting_in(settings), leases_in(settings), posts_in(settings)) == (["bomb.example"], 0, POSTS)
