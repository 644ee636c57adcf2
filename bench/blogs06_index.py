"""What building the index costs over made-up stores: whole, after 1 % new posts, and forgetting a blogger.

Every step runs in a process of its own, whose memory (with all its children) is sampled. "anonymous" is what the
process itself holds; "resident" counts the pages of the files it reads and writes too, which the system takes back at
will. A full build begins without an index; the store grows by 1 % at every run. The peer, tantivy, only writes the
full text of the same posts. Usage::

    python -m bench.blogs06_index --data FOLDER... [--no-grow] [--no-peer]
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tantivy
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bench.blogs06 import grow
from bench.blogs06_measuring import (
    MIB,
    Memory,
    Value,
    Watch,
    bytes_on_disk,
    measure_stores,
    memory_of,
    quantile,
    size_of,
    timed,
)
from bloghound.jobs import models
from bloghound.jobs.ranking import warm
from bloghound.settings import PREFIX, Settings
from graph.centrality import niche_reach
from ranking.encoder import Encoder
from ranking.engine import RankingEngine
from ranking.index import Generation, forget, open_generation
from storage.database import open_database
from storage.tables import Post
from storage.tables.base import table_of

GROWTH = 0.01
FORGOTTEN = 3
"""Bloggers that are forgotten, one after the other; the median time counts."""
MOST_INCREMENTAL = 0.05
"""The aim: 1 % new posts cost at most this share of a full build."""
MOST_BUILD_BYTES = 3 << 30
PEER_HEAP_BYTES = 300_000_000


@dataclass(frozen=True, slots=True)
class Built:
    """One run of ``bloghound index``: seconds on the clock, seconds of computing, and its highest memory."""

    seconds: float
    cpu_seconds: float
    peak: Memory


def build(settings: Settings) -> Built:
    """Run ``bloghound index``; raises SystemExit when it fails."""
    environment = os.environ | {PREFIX + "DATA_DIR": str(settings.data_dir)}
    began, before = time.perf_counter(), _children_seconds()
    process = subprocess.Popen([sys.executable, "-m", "bloghound", "index"], env=environment, stdout=subprocess.DEVNULL)
    with Watch(process.pid) as watch:
        code = process.wait()
    if code:
        raise SystemExit(f"bloghound index ended with {code}")
    return Built(time.perf_counter() - began, _children_seconds() - before, watch.peak)


def _children_seconds() -> float:
    """Seconds that processes which this one has started, and which have ended, computed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def elsewhere(work: Callable[..., Value], *arguments: Any) -> tuple[Value, Memory]:
    """What a function returns in a fresh process, and that process's highest memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pid = pool.submit(os.getpid).result()
        with Watch(pid) as watch:
            return pool.submit(work, *arguments).result(), watch.peak


def opening(settings: Settings) -> dict[str, float]:
    """Seconds to open the index and to make it warm, and anonymous MiB that each adds, without those of the model."""
    encoder = models.load(models.choice_of(settings))
    encoder.encode_brief("The first text makes the model reserve its memory.")
    before = memory_of([os.getpid()])
    opened, generation = timed(open_generation, settings.index_dir)
    between = memory_of([os.getpid()])
    warmed, _ = timed(_make_warm, generation, encoder)
    after = memory_of([os.getpid()])
    return {
        "open_seconds": opened,
        "warm_seconds": warmed,
        "open_mib": (between.anonymous - before.anonymous) / MIB,
        "warm_mib": (after.anonymous - before.anonymous) / MIB,
    }


def _make_warm(generation: Generation, encoder: Encoder) -> None:
    warm(RankingEngine(generation, encoder, niche_reach))


def forgetting(settings: Settings) -> list[float]:
    """Seconds that it takes to forget bloggers of middling size, each in every kept generation."""
    generation = open_generation(settings.index_dir)
    ordered = sorted(generation.bloggers, key=lambda one: (one.posts, one.public_id))
    middle = len(ordered) // 2
    return [timed(forget, settings.index_dir, one.public_id)[0] for one in ordered[middle:][:FORGOTTEN]]


def full_text_peer(settings: Settings) -> dict[str, float]:
    """Seconds and bytes of tantivy writing titles and texts of all posts, stemmed in English, on one thread."""
    schema = tantivy.SchemaBuilder()
    schema.add_text_field("text", stored=False, tokenizer_name="en_stem")
    post = table_of(Post)
    database = open_database(settings)
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder, database.read() as connection:
        began = time.perf_counter()
        writer = tantivy.Index(schema.build(), path=folder).writer(PEER_HEAP_BYTES, 1)
        for row in connection.execute(select(post.c.title, post.c.text).execution_options(yield_per=1000)):
            writer.add_document(tantivy.Document(text=f"{row.title}\n{row.text}"))
        writer.commit()
        writer.wait_merging_threads()
        return {"seconds": time.perf_counter() - began, "bytes": bytes_on_disk(Path(folder))}


def measure(settings: Settings, *, growing: bool, peer: bool) -> dict[str, Any]:
    """All figures of one store."""
    bloggers, posts = size_of(settings)
    shutil.rmtree(settings.index_dir, ignore_errors=True)
    full = build(settings)
    figures: dict[str, Any] = {
        "bloggers": bloggers,
        "posts": posts,
        "full_seconds": full.seconds,
        "full_cpu_seconds": full.cpu_seconds,
        "full_peak": full.peak,
        "index_bytes": bytes_on_disk(settings.index_dir),
        "opening": elsewhere(opening, settings)[0],
    }
    if growing:
        grown, _ = elsewhere(grow, settings, GROWTH)
        more = build(settings)
        figures |= {
            "grown_posts": grown,
            "incremental_seconds": more.seconds,
            "incremental_cpu_seconds": more.cpu_seconds,
            "incremental_peak": more.peak,
            "incremental_share": more.seconds / full.seconds,
            "incremental_cpu_share": more.cpu_seconds / full.cpu_seconds,
            "index_bytes_grown": bytes_on_disk(settings.index_dir),
        }
    times, peak = elsewhere(forgetting, settings)
    figures |= {"forget_seconds": quantile(times, 0.5), "forget_peak": peak}
    return figures | ({"peer": elsewhere(full_text_peer, settings)[0]} if peer else {})


def show(found: list[dict[str, Any]]) -> None:
    """Print one column for each store."""
    table = Table(title="index over made-up stores; vectors are stored beforehand")
    for heading in ("", *(f"{one['bloggers']:,} bloggers" for one in found)):
        table.add_column(heading, justify="right" if heading else "left")
    lines: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("posts", lambda one: f"{one['posts']:,}"),
        ("full build", lambda one: f"{one['full_seconds']:.1f} s"),
        ("  computing", lambda one: f"{one['full_cpu_seconds']:.1f} s"),
        ("  posts a second", lambda one: f"{one['posts'] / one['full_seconds']:.0f}"),
        ("  peak memory", lambda one: str(one["full_peak"])),
        ("index on disk", lambda one: f"{one['index_bytes'] / MIB:.0f} MiB"),
        ("opening", lambda one: f"{one['opening']['open_seconds']:.2f} s, {one['opening']['open_mib']:.0f} MiB"),
        ("warm", lambda one: f"+ {one['opening']['warm_seconds']:.2f} s, {one['opening']['warm_mib']:.0f} MiB in all"),
        ("build after 1 % new posts", lambda one: f"{one['incremental_seconds']:.1f} s"),
        ("  computing", lambda one: f"{one['incremental_cpu_seconds']:.1f} s"),
        ("  share of a full build", _share),
        ("  peak memory", lambda one: str(one["incremental_peak"])),
        ("  both generations on disk", lambda one: f"{one['index_bytes_grown'] / MIB:.0f} MiB"),
        ("forgetting a blogger", lambda one: f"{one['forget_seconds']:.2f} s"),
        ("  peak memory", lambda one: str(one["forget_peak"])),
        ("peer: tantivy, full text only", lambda one: f"{one['peer']['seconds']:.1f} s"),
        ("  on disk", lambda one: f"{one['peer']['bytes'] / MIB:.0f} MiB"),
    ]
    for name, figure in lines:
        table.add_row(name, *(_or_dash(figure, one) for one in found))
    Console().print(table)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _share(figures: dict[str, Any]) -> str:
    return f"{figures['incremental_share']:.1%}, of the computing {figures['incremental_cpu_share']:.1%}"


def missed(figures: dict[str, Any]) -> list[str]:
    """The aims that a store's figures fall short of."""
    found = []
    if figures["full_peak"].anonymous > MOST_BUILD_BYTES:
        found.append(f"a full build takes {figures['full_peak']}")
    if figures.get("incremental_share", 0.0) > MOST_INCREMENTAL:
        found.append(f"1 % new posts cost {figures['incremental_share']:.1%} of a full build")
    return found


def _or_dash(figure: Callable[[dict[str, Any]], str], found: dict[str, Any]) -> str:
    try:
        return figure(found)
    except KeyError:
        return "not measured"


def main() -> None:
    """Measure and print; ends with 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders filled by bench.blogs06")
    parser.add_argument("--no-grow", action="store_true", help="leave the store as it is")
    parser.add_argument("--no-peer", action="store_true")
    asked = parser.parse_args()
    measured = partial(measure, growing=not asked.no_grow, peer=not asked.no_peer)
    measure_stores(asked.data, "index", measured, missed, show)


if __name__ == "__main__":
    main()
