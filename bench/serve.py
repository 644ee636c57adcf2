"""Requests per second of the service with two workers over 100,000 bloggers, and of a plain peer over the same rows.

Server and client share the machine's cores. Keys are checked and limits counted as always; the limits are set so high
that none is reached. The writes are read back: an entry that was answered as kept and is not there is lost. Usage::

    python -m bench.serve [--bloggers 100000] [--seconds 10] [--data FOLDER]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from api.server import listen
from bench.blogs06 import fill
from bench.blogs06_briefs import brief_of
from bench.blogs06_words import sub_topics
from bench.blogs06_world import blogger_id
from bench.client import Load, put_load, request
from bench.peer import DATABASE_VARIABLE
from bloghound.jobs.index import run_index
from bloghound.settings import PREFIX, Settings
from tests.serving import ask, make_key

WORKERS = 2
POSTS_EACH = 3
"""On average; the searches of a store with all posts of such blogs are measured by :mod:`bench.blogs06_serve`."""
CONNECTIONS, SEARCHERS = 16, 4
LISTS = 8
PAGES = 16
"""Pages of the list that are asked for in turn: the first ones, as people do."""
WRITES_PER_CONNECTION_AND_SECOND = 100
"""More than a connection manages, so that no entry is added twice."""
READY_SECONDS = 300.0
UNLIMITED = "100000000"


@dataclass(frozen=True)
class Aim:
    """What a kind of request has to reach; None: its figures are only stated."""

    per_second: float | None = None
    p99_ms: float | None = None

    def missed(self, load: Load) -> bool:
        """Whether the load fell short of it."""
        slow = self.per_second is not None and load.per_second < self.per_second
        return slow or (self.p99_ms is not None and load.quantile_ms(0.99) > self.p99_ms) or load.errors > 0

    def __str__(self) -> str:
        rate = [] if self.per_second is None else [f"≥ {self.per_second:.0f}/s"]
        return ", ".join(rate + ([] if self.p99_ms is None else [f"p99 ≤ {self.p99_ms:.0f} ms"])) or "stated"


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    load: Load
    aim: Aim


@dataclass(frozen=True)
class Target:
    """A running service: where it listens, and a key for it."""

    port: int
    key: str

    def answer(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer, which must be one of success."""
        found = ask(method, f"http://127.0.0.1:{self.port}{path}", body, key=self.key)
        assert found.status < 300, found.text
        return found.json()

    def request(self, method: str, path: str, body: Any = None) -> bytes:
        """The bytes of a request with the key."""
        return request(method, path, self.key, b"" if body is None else json.dumps(body).encode())


@contextmanager
def running(command: Sequence[str], environment: dict[str, str], ready: str, port: int) -> Iterator[int]:
    """The id of a server's process, from when ``ready`` answers 200 until the block ends, which ends it too."""
    process = subprocess.Popen([sys.executable, *command], env=os.environ | environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + READY_SECONDS
        while not answers(f"http://127.0.0.1:{port}{ready}"):
            assert process.poll() is None, f"{command} has ended"
            assert time.monotonic() < deadline, f"{command} is not ready after {READY_SECONDS:.0f} s"
            time.sleep(0.2)
        yield process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def answers(url: str) -> bool:
    """Whether an address is answered with 200."""
    try:
        return ask("GET", url).status == 200
    except OSError:
        return False


def free_port() -> int:
    """A port that was free a moment ago."""
    with listen("127.0.0.1", 0) as socket:
        return int(socket.getsockname()[1])


def pages_of(target: Target) -> list[str]:
    """The paths of the first pages of the list, by following its cursors."""
    paths, path = [], "/v1/bloggers?limit=50"
    for _ in range(PAGES):
        paths.append(path)
        found = target.answer("GET", path)
        if not found["has_more"]:
            break
        path = f"/v1/bloggers?limit=50&cursor={found['next_cursor']}"
    return paths


def rotated(requests: Sequence[bytes], connections: int) -> list[list[bytes]]:
    """The same requests for each connection, each beginning at another one."""
    starts = [number * len(requests) // connections for number in range(connections)]
    return [[*requests[start:], *requests[:start]] for start in starts]


def measure_list(target: Target, seconds: float) -> Load:
    """Pages of 50 bloggers."""
    return put_load(
        target.port, rotated([target.request("GET", path) for path in pages_of(target)], CONNECTIONS), seconds
    )


def measure_item(target: Target, bloggers: int, seconds: float) -> Load:
    """Profiles of random bloggers."""
    numbers = random.Random(3).choices(range(bloggers), k=8_000)  # noqa: S311 - no secret
    asked = [target.request("GET", f"/v1/bloggers/{blogger_id(number)}") for number in numbers]
    return put_load(target.port, rotated(asked, CONNECTIONS), seconds)


def measure_search(target: Target, seconds: float) -> Load:
    """Rankings for briefs of one sub-topic each."""
    briefs = [brief_of(one, 0) for one in sub_topics()]
    asked = [target.request("POST", "/v1/search", {"query": brief, "limit": 20}) for brief in briefs]
    return put_load(target.port, rotated(asked, SEARCHERS), seconds)


def measure_writes(target: Target, bloggers: int, seconds: float) -> tuple[Load, int, int]:
    """Entries added to lists and moved to another stage, in turns; the load, entries kept, and entries lost."""
    lists = [target.answer("POST", "/v1/lists", {"name": f"load {time.time_ns()}"})["id"] for _ in range(LISTS)]
    each = min(int(WRITES_PER_CONNECTION_AND_SECOND * seconds), bloggers // CONNECTIONS)
    plans = [
        [(lists[number % LISTS], blogger_id(number * each + place)) for place in range(each)]
        for number in range(CONNECTIONS)
    ]
    load = put_load(target.port, [[one for pair in plan for one in _writes(target, *pair)] for plan in plans], seconds)
    expected = {}
    for plan, answers in zip(plans, load.answers, strict=True):
        assert len(answers) <= 2 * each, "a connection wrote more than was planned for it"
        for place, answer in enumerate(answers):
            if answer.status < 300:
                expected[plan[place // 2]] = ("candidate", "contacted")[place % 2]
    kept = stages_of(target, lists)
    lost = sum(kept.get(pair) != stage for pair, stage in expected.items())
    return load, len(expected), lost


def _writes(target: Target, list_id: str, blogger: str) -> tuple[bytes, bytes]:
    path = f"/v1/lists/{list_id}/entries"
    added = target.request("POST", path, {"blogger_id": blogger})
    return added, target.request("PATCH", f"{path}/{blogger}", {"stage": "contacted"})


def stages_of(target: Target, lists: Sequence[str]) -> dict[tuple[str, str], str]:
    """The stage of every entry of the lists, read page by page, by list and blogger."""
    found: dict[tuple[str, str], str] = {}
    for list_id in lists:
        cursor: str | None = ""
        while cursor is not None:
            page = target.answer("GET", f"/v1/lists/{list_id}/entries?limit=100" + (cursor and f"&cursor={cursor}"))
            found |= {(list_id, entry["blogger"]["id"]): entry["stage"] for entry in page["data"]}
            cursor = page["next_cursor"]
    return found


def measure_peer(settings: Settings, seconds: float) -> Load:
    """The peer's pages, on as many workers and connections as ours."""
    port = free_port()
    command = ["-m", "uvicorn", "--factory", "bench.peer:create_app", "--port", str(port), "--workers", str(WORKERS)]
    environment = {DATABASE_VARIABLE: str(settings.data_dir / "bloghound.sqlite3")}
    with running([*command, "--log-level", "warning", "--no-access-log"], environment, "/sites", port):
        asked = [request("GET", f"/sites?limit=50&offset={50 * page}") for page in range(PAGES)]
        put_load(port, rotated(asked, CONNECTIONS), 1)
        return put_load(port, rotated(asked, CONNECTIONS), seconds)


def serve_command(port: int) -> list[str]:
    """``bloghound serve`` with all workers, as arguments of Python."""
    return ["-m", "bloghound", "serve", "--port", str(port), "--workers", str(WORKERS)]


def serve_environment(settings: Settings) -> dict[str, str]:
    """The settings of the service that is measured: no limit is ever reached, and it does no jobs."""
    limits = dict.fromkeys(("RATE_LIMIT_PER_MINUTE", "RATE_LIMIT_ANONYMOUS_PER_MINUTE"), UNLIMITED)
    chosen = limits | {"DATA_DIR": str(settings.data_dir), "JOBS_IN_SERVICE": "false"}
    return {PREFIX + name: value for name, value in chosen.items()}


@contextmanager
def serving_process(settings: Settings) -> Iterator[Target]:
    """``bloghound serve`` with two workers, both warm."""
    target = Target(free_port(), make_key(settings))
    with running(serve_command(target.port), serve_environment(settings), "/readyz", target.port):
        measure_search(target, 10)  # a worker that is still opening its index makes its first questions wait
        yield target


def measure(settings: Settings, bloggers: int, seconds: float) -> tuple[list[Line], int, int]:
    """All lines of the table, and how many entries were kept and lost."""
    peer = measure_peer(settings, seconds)
    with serving_process(settings) as target:
        measure_list(target, 1)
        listed = measure_list(target, seconds)
        items = measure_item(target, bloggers, seconds)
        written, kept, lost = measure_writes(target, bloggers, seconds)
        searched = measure_search(target, seconds)
    lines = [
        Line("list: 50 bloggers", listed, Aim(400, 150)),
        Line("item: a profile", items, Aim(700)),
        Line("list writes: add, move", written, Aim(250, 400)),
        Line(f"search, {SEARCHERS} clients", searched, Aim()),
        Line("peer: 50 rows, FastAPI + SQLModel", peer, Aim()),
    ]
    return lines, kept, lost


def show(lines: Sequence[Line], kept: int, lost: int) -> None:
    """Print the table and what the writes left behind."""
    table = Table(title=f"{WORKERS} workers, {CONNECTIONS} connections, client on the same {os.cpu_count()} cores")
    for heading in ("request", "per second", "p50 ms", "p99 ms", "errors", "aim"):
        table.add_column(heading, justify="left" if heading in {"request", "aim"} else "right")
    for line in lines:
        load = line.load
        times = (f"{load.quantile_ms(0.5):.1f}", f"{load.quantile_ms(0.99):.1f}")
        missed = " [red]missed[/red]" if line.aim.missed(load) else ""
        table.add_row(line.name, f"{load.per_second:.0f}", *times, str(load.errors), f"{line.aim}{missed}")
    console = Console()
    console.print(table)
    console.print(f"list against peer: {lines[0].load.per_second / lines[-1].load.per_second:.2f} times its rate")
    console.print(f"entries kept: {kept}, of them lost: {lost}")
    console.print(f"load of the machine: {os.getloadavg()[0]:.1f}; the vectors of the index are made up")


def main() -> None:
    """Fill, measure, print; ends with 1 when an aim was missed or an entry lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bloggers", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each kind of request")
    parser.add_argument("--data", type=Path, help="folder to fill and keep, or one that an earlier run has filled")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=asked.data or Path(folder))
        if not settings.index_dir.exists():
            fill(settings, asked.bloggers, POSTS_EACH * asked.bloggers)
            run_index(settings)
        lines, kept, lost = measure(settings, asked.bloggers, asked.seconds)
    show(lines, kept, lost)
    sys.exit(1 if lost or any(line.aim.missed(line.load) for line in lines) else 0)


if __name__ == "__main__":
    main()
