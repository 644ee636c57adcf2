"""The demo as a user runs it, once for all tests that only look at what it made: it crawls, encodes and ranks."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class ShownDemo:
    """The data directory of a demo that has run, and what ``bloghound demo --json`` printed."""

    data_dir: Path
    printed: dict[str, Any]

    def copied_to(self, folder: Path) -> None:
        """Copy the data directory, which nobody opens itself: a database that is open has files that come and go."""
        shutil.copytree(self.data_dir, folder)


def shown_demo(factory: pytest.TempPathFactory) -> ShownDemo:
    """The demo of this run of the tests: whichever of its processes asks first runs it, the others wait for that."""
    folder = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    printed = folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not printed.exists():
            _run(folder / "demo", printed)
    return ShownDemo(folder / "demo" / "demo", json.loads(printed.read_text()))


def _run(folder: Path, printed: Path) -> None:
    """In two steps, so that what a demo that failed has printed is not taken for whole."""
    command = [sys.executable, "-m", "bloghound", "demo", "--json"]
    environment = {"BLOGHOUND_DATA_DIR": str(folder), "PATH": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed.write_text(done.stdout)
