"""A crawl in processes whose clock and disk a test can disturb: ``python -m tests.faulty_worker CASE.json``.

The crawling process that it starts imports this module too, so that the faults are in both; nothing of ours may be
imported before them. The clock is wrong by the seconds that a file says at the time; the disk is full from a number of
database pages, or of bytes in one file, on.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

_PROJECT = Path(__file__).resolve().parent.parent
_CASE = "FAULTY_WORKER_CASE"


@dataclass(frozen=True)
class Case:
    """What to crawl and what goes wrong; a limit of 0 is none."""

    data_dir: str
    seeds: list[str]
    static_hosts: dict[str, tuple[str, int]] = field(default_factory=dict)
    archives: list[str] = field(default_factory=list)
    database_url: str = ""
    concurrent_sites: int = 2
    clock_file: str = ""
    max_database_pages: int = 0
    max_file_bytes: int = 0


@contextmanager
def working(case: Case, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """The process at work on a case; it is killed at the end, should it be there still."""
    file = folder / f"case-{len(list(folder.glob('case-*')))}.json"
    file.write_text(json.dumps(asdict(case)))
    command = [sys.executable, "-m", "tests.faulty_worker"]
    environment = os.environ | {_CASE: str(file)}
    with subprocess.Popen(command, cwd=_PROJECT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(case: Case, folder: Path) -> tuple[int, str]:
    """Exit code and last words of a process that worked on a case."""
    with working(case, folder) as process:
        _, told = process.communicate(timeout=180)
        return process.returncode, told


def _disturb(case: dict[str, Any]) -> None:
    if case["clock_file"]:
        _shift_clock(Path(case["clock_file"]))
    if case["max_database_pages"]:
        _limit_database(case["max_database_pages"])
    if case["max_file_bytes"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (case["max_file_bytes"], resource.RLIM_INFINITY))


def _shift_clock(file: Path) -> None:
    """Everybody asks this one function for the time, and imports it after this."""
    from storage.tables import base  # noqa: PLC0415

    true_now = base.utc_now
    base.utc_now = lambda: true_now() + timedelta(seconds=float(file.read_text()))


def _limit_database(pages: int) -> None:
    from storage import sqlite  # noqa: PLC0415 - before whoever imports the function from it

    plain = sqlite.set_pragmas

    def limited(connection: Any) -> None:
        plain(connection)
        connection.execute(f"PRAGMA max_page_count={pages}")

    sqlite.set_pragmas = limited


def _crawl(case: dict[str, Any]) -> int:
    from bloghound.errors import BloghoundError  # noqa: PLC0415 - after the faults
    from bloghound.jobs.crawl import run_crawl  # noqa: PLC0415
    from bloghound.settings import Settings  # noqa: PLC0415

    settings = Settings(
        data_dir=Path(case["data_dir"]),
        database_url=case["database_url"],
        concurrent_sites=case["concurrent_sites"],
        extraction_workers=1,
    )
    own = {name: (address, port) for name, (address, port) in case["static_hosts"].items()}
    archives = [Path(name) for name in case["archives"]]
    try:
        run_crawl(settings, case["seeds"], static_hosts=own, archives=archives, retry_delays_seconds=(0.2,))
    except BloghoundError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ in {"__main__", "__mp_main__"}:
    _disturb(json.loads(Path(os.environ[_CASE]).read_text()))
if __name__ == "__main__":
    sys.exit(_crawl(json.loads(Path(os.environ[_CASE]).read_text())))
