"""The worker process: does what is queued, ends on a signal, gives back what it was doing."""

import os
import signal
import subprocess
import sys
from contextlib import closing

from bloghound.settings import Settings
from storage import jobs
from storage.database import open_database
from storage.tables.base import utc_now
from tests.conftest import PROJECT
from tests.working import ended, wait_for

_WORKER = """
import typer
from bloghound.cli import working
app = typer.Typer()
working.register(app)
app()
"""


def test_a_worker_does_what_is_queued_and_ends_on_a_signal(settings: Settings) -> None:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        name = jobs.submit(connection, "index", workspace_id=None, now=utc_now()).public_id
    environment = os.environ | {"BLOGHOUND_DATA_DIR": str(settings.data_dir)}
    with subprocess.Popen(
        [sys.executable, "-c", _WORKER], cwd=PROJECT, env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            job = wait_for(settings, name, ended)
        finally:
            process.send_signal(signal.SIGTERM)
        _, shown = process.communicate(timeout=30)
    assert "No blogs are stored yet" in job.errors[0]
    assert process.returncode == 0
    assert "Waiting for jobs; Ctrl-C ends." in shown
    assert "goes back to the queue" in shown


def test_a_database_that_cannot_be_used_is_said_in_one_line(settings: Settings) -> None:
    (settings.ensure_data_dir() / "bloghound.sqlite3").write_bytes(b"no database" * 1000)
    environment = os.environ | {"BLOGHOUND_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "bloghound", "worker"]
    ended = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "file is not a database" in ended.stderr
