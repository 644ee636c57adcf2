"""Ctrl-C and SIGTERM on the real command: it says so, stores what is under way, tells how to continue, and ends."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bloghound.settings import Settings
from storage.database import open_database
from tests.conftest import PROJECT
from tests.crawling import write_archive
from tests.mockweb import small_blog
from tests.waiting import until

POSTS = 30
HOSTS = [f"swallows{number}.test" for number in range(12)]
CLEAN_SECONDS = 15.0
"""A clean end takes one or two seconds where nothing else runs."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Blogs that take one parser many seconds."""
    return write_archive(tmp_path_factory.mktemp("archive"), {host: small_blog(POSTS, host) for host in HOSTS})


@dataclass
class Command:
    """``bloghound crawl`` from the archive, in a process of its own."""

    settings: Settings
    archive: Path

    def start(self, shown: int) -> "subprocess.Popen[bytes]":
        """``shown`` is what it is to take for its terminal."""
        few = {
            "BLOGHOUND_EXTRACTION_WORKERS": "1",
            "BLOGHOUND_CONCURRENT_SITES": "2",
            "TERM": "xterm",
            "COLUMNS": "100",
        }
        environment = os.environ | {"BLOGHOUND_DATA_DIR": str(self.settings.data_dir)} | few
        homes = [f"https://{host}/" for host in HOSTS]
        command = [sys.executable, "-m", "bloghound", "crawl", *homes, "--archive", str(self.archive)]
        return subprocess.Popen(
            command,
            cwd=PROJECT,
            env=environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=shown,
            stderr=shown,
        )

    def stored(self, sql: str) -> int:
        """One number of its database."""
        with closing(open_database(self.settings)) as database, database.read() as connection:
            return int(connection.execute(text(sql)).scalar_one())

    def wait_for_pages(self) -> None:
        database = self.settings.data_dir / "bloghound.sqlite3"
        until(lambda: database.exists() and self.stored("SELECT count(*) FROM fetch") > 0, seconds=60)


@pytest.fixture
def command(settings: Settings, archive: Path) -> Command:
    return Command(settings, archive)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: our end and the program's."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)


def read_all(terminal: int) -> str:
    """What was shown until nobody holds the other end."""
    shown = bytearray()
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            return shown.decode()


def read_until(terminal: int, words: bytes) -> None:
    """Return as soon as these words were shown."""
    shown = b""
    while words not in shown:
        shown += os.read(terminal, 65536)


def test_ctrl_c_on_a_terminal_ends_cleanly_and_the_same_command_goes_on(
    command: Command, terminal: tuple[int, int]
) -> None:
    ours, theirs = terminal
    process = command.start(theirs)
    os.close(theirs)
    read_until(ours, b"Sites in work")
    asked_at = time.monotonic()
    process.send_signal(signal.SIGINT)
    shown = read_all(ours)
    assert process.wait() == 130
    assert time.monotonic() - asked_at < CLEAN_SECONDS
    assert "Stopping: what is under way is being stored." in shown
    assert "Stopped; stored: " in shown
    assert "The same command continues the crawl." in shown
    assert "Traceback" not in shown
    assert command.stored("SELECT count(*) FROM site WHERE lease_owner IS NOT NULL") == 0
    assert command.stored("SELECT count(*) FROM crawl_site WHERE state = 'queued'") > 0
    finished = command.start(subprocess.DEVNULL)
    assert finished.wait() == 0
    assert command.stored("SELECT count(*) FROM post WHERE state = 'live'") == POSTS * len(HOSTS)
    assert command.stored("SELECT count(*) FROM crawl") == 1
    twice = "SELECT count(*) FROM (SELECT url FROM fetch WHERE outcome = 'post' GROUP BY url HAVING count(*) > 1)"
    assert command.stored(twice) == 0


def test_sigterm_without_a_terminal_ends_cleanly(command: Command) -> None:
    process = command.start(subprocess.PIPE)
    command.wait_for_pages()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=CLEAN_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    assert out == b""
    first, last = err.decode().splitlines()
    assert first.startswith("Stopping: ")
    assert last.startswith("Stopped; stored: ")
    assert command.stored("SELECT count(*) FROM host_pace WHERE lease_owner IS NOT NULL") == 0


def test_a_second_ctrl_c_ends_at_once_with_all_its_processes(command: Command, terminal: tuple[int, int]) -> None:
    ours, theirs = terminal
    process = command.start(theirs)
    os.close(theirs)
    read_until(ours, b"Sites in work")
    process.send_signal(signal.SIGINT)
    read_until(ours, b"Stopping")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=CLEAN_SECONDS) == 130
    assert "\x1b[?25h" in read_all(ours), "the cursor stays hidden"
    until(lambda: not in_session(process.pid), seconds=10)


def in_session(leader: int) -> list[int]:
    """Processes that live in a session; a zombie does not."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = stat.read_text().rpartition(") ")[2].split()[:4]
        except OSError:
            continue
        if int(session) == leader and state != "Z":
            found.append(int(stat.parent.name))
    return found
