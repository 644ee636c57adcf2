"""Searches a second over HTTP against a made-up store: two workers that share the index's pages, sixteen clients.

The clients are connections of one cheap process on the same cores; what they and the workers compute for a request is
measured beside the rates, and says more where a machine has other things to do. Briefs that nobody asked before and
briefs that come again are measured apart, since what is known of a brief is remembered. Usage::

    python -m bench.blogs06_serve --data FOLDER... [--seconds 20]
"""

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.blogs06_briefs import briefs
from bench.blogs06_measuring import MIB, Memory, family_of, measure_stores, memory_of, size_of
from bench.blogs06_words import sub_topics
from bench.blogs06_world import make_world
from bench.client import Load, put_load
from bench.processes import family
from bench.serve import CONNECTIONS, WORKERS, Target, answers, free_port, rotated, running, serve_command
from bench.serve import serve_environment as environment_of
from bloghound.settings import Settings
from tests.serving import make_key

LIMIT = 20
REPEATED = 64
"""Briefs that come again and again: the niches that a team has on its mind."""
WARMING_SECONDS = 5.0
LEAST_PER_SECOND = 60.0
"""The aim for briefs that nobody asked before."""
READY_IN_A_ROW = 20
"""Answers of new connections without a refusal, until every worker counts as ready: the kernel deals them out."""
WORDINGS = 4
_WORKER_BYTES = 100 * MIB
"""A worker has the model in memory; the process that watches over the workers has not."""


@dataclass(frozen=True)
class Served:
    """A running service: seconds until one worker was ready and until all were, and the id of its process."""

    target: Target
    pid: int
    first_seconds: float
    all_seconds: float

    @property
    def workers(self) -> list[Memory]:
        """The memory of each worker now."""
        found = [memory_of([pid]) for pid in family_of(self.pid)]
        return [memory for memory in found if memory.anonymous > _WORKER_BYTES]

    @property
    def computed_seconds(self) -> float:
        """What all processes of the service have computed so far."""
        return sum(usage.cpu_seconds for _, usage in family(self.pid))


@dataclass(frozen=True)
class Searched:
    """A load of searches, and the seconds that the service computed for it."""

    load: Load
    computed_seconds: float

    @property
    def figures(self) -> dict[str, float]:
        """Rate, latencies, errors, and milliseconds of computing for each answer."""
        load = self.load
        answers = max(sum(map(len, load.answers)), 1)
        return {
            "per_second": load.per_second,
            "errors": load.errors,
            "computed_ms": 1000 * self.computed_seconds / answers,
            "client_ms": 1000 * load.computed_seconds / answers,
            **{f"p{round(100 * share)}_ms": load.quantile_ms(share) for share in (0.5, 0.95, 0.99)},
        }


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """The service, from when all of its workers are ready."""
    target, began = Target(free_port(), make_key(settings)), time.perf_counter()
    with running(serve_command(target.port), environment_of(settings), "/readyz", target.port) as pid:
        first = time.perf_counter() - began
        in_a_row = 0
        while in_a_row < READY_IN_A_ROW:
            in_a_row = in_a_row + 1 if answers(f"http://127.0.0.1:{target.port}/readyz") else 0
        yield Served(target, pid, first, time.perf_counter() - began)


def search_load(service: Served, texts: Sequence[str], seconds: float) -> Searched:
    """Rankings for these briefs by all connections, each beginning elsewhere among them."""
    target, before = service.target, service.computed_seconds
    asked = [target.request("POST", "/v1/search", {"query": text, "limit": LIMIT}) for text in texts]
    load = put_load(target.port, rotated(asked, CONNECTIONS), seconds)
    return Searched(load, service.computed_seconds - before)


def measure(settings: Settings, seconds: float) -> dict[str, Any]:
    """All figures of one store; raises SystemExit when the briefs do not last."""
    bloggers, posts = size_of(settings)
    texts = [brief.text for brief in briefs(make_world(bloggers), WORDINGS * len(sub_topics()))]
    with served(settings) as service:
        idle = service.workers
        search_load(service, texts[:REPEATED], WARMING_SECONDS)
        repeated = search_load(service, texts[:REPEATED], seconds)
        new = search_load(service, texts[REPEATED:], seconds)
        if max(map(len, new.load.answers)) > (len(texts) - REPEATED) // CONNECTIONS:
            raise SystemExit("The briefs came round: fewer --seconds are needed.")
        busy = service.workers
    return {
        "bloggers": bloggers,
        "posts": posts,
        "ready_seconds": service.first_seconds,
        "all_ready_seconds": service.all_seconds,
        "new": new.figures,
        "repeated": repeated.figures,
        "idle": [asdict(one) for one in idle],
        "busy": [asdict(one) for one in busy],
    }


def show(found: Sequence[dict[str, Any]]) -> None:
    """Print one column for each store."""
    table = Table(title=f"POST /v1/search, {WORKERS} workers, {CONNECTIONS} clients on the same {os.cpu_count()} cores")
    for heading in ("", *(f"{one['bloggers']:,} bloggers" for one in found)):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("briefs not asked before", *(_rate(one["new"]) for one in found))
    table.add_row("  median / p95 / p99", *(_latency(one["new"]) for one in found))
    table.add_row("  computing for each", *(_computing(one["new"]) for one in found))
    table.add_row(f"{REPEATED} briefs again and again", *(_rate(one["repeated"]) for one in found))
    table.add_row("  median / p95 / p99", *(_latency(one["repeated"]) for one in found))
    table.add_row("  computing for each", *(_computing(one["repeated"]) for one in found))
    table.add_row("one worker / all ready after", *(_ready(one) for one in found))
    table.add_row("each worker at the start", *(_memories(one["idle"]) for one in found))
    table.add_row("each worker under load", *(_memories(one["busy"]) for one in found))
    Console().print(table)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")


def _rate(figures: dict[str, float]) -> str:
    return f"{figures['per_second']:.1f} a second, {figures['errors']:.0f} errors"


def _latency(figures: dict[str, float]) -> str:
    return f"{figures['p50_ms']:.0f} / {figures['p95_ms']:.0f} / {figures['p99_ms']:.0f} ms"


def _computing(figures: dict[str, float]) -> str:
    return f"{figures['computed_ms']:.1f} ms, the client {figures['client_ms']:.2f} ms"


def _ready(figures: dict[str, Any]) -> str:
    return f"{figures['ready_seconds']:.1f} / {figures['all_ready_seconds']:.1f} s"


def _memories(workers: Sequence[dict[str, int]]) -> str:
    found = [Memory(**one) for one in workers]
    return "; ".join(f"{one.private / MIB:.0f} MiB private, {one.shared / MIB:.0f} shared" for one in found)


def missed(figures: dict[str, Any]) -> list[str]:
    """The aims that a store's figures fall short of."""
    new = figures["new"]
    return [_rate(new)] if new["per_second"] < LEAST_PER_SECOND or new["errors"] else []


def main() -> None:
    """Measure and print; ends with 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders with a store and an index")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each kind of brief")
    asked = parser.parse_args()
    measure_stores(asked.data, "serve", partial(measure, seconds=asked.seconds), missed, show)


if __name__ == "__main__":
    main()
