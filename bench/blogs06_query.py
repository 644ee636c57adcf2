"""How long a warm query takes over a made-up store, how good its two stages are, and what simpler peers do meanwhile.

In one process, one query after the other, every brief a new one, the reading of the brief by the model included. The
recall is that of the first 50 against scoring every blogger exactly, within the same niche. The peers get the brief's
vector for nothing. Usage::

    python -m bench.blogs06_query --data FOLDER... [--briefs 240] [--exhaustive 20] [--hnsw-posts 400000] [--no-peers]
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.blogs06_briefs import JudgedBrief, brief_of, briefs
from bench.blogs06_measuring import (
    MIB,
    in_milliseconds,
    measure_stores,
    memory_of,
    quantile,
    size_of,
    timed,
)
from bench.blogs06_peers import SHOWN, Exhaustive, FullText, Hnsw, Part, Peer, parts_of
from bench.blogs06_words import sub_topics
from bench.blogs06_world import make_world
from bloghound.jobs.ranking import open_engine, warm
from bloghound.settings import Settings
from graph.centrality import niche_reach
from ranking.engine import RankingEngine
from ranking.filters import Bounds, Filters

LIMIT = 20
FILTERS = {
    "wide filter": Filters(languages=("en",), last_post_within_days=3650),
    "narrow filter": Filters(platforms=("ghost",), followers=Bounds(minimum=100)),
    "figures": Filters(posts_per_month=Bounds(0.2, 30), max_sponsored_share=0.2, last_post_within_days=365),
}
"""Of the bloggers nearly nine tenths pass the wide one, one in two hundred the narrow one."""
PEER_BRIEFS = 30
MEDIAN_MS, P99_MS, RECALL = 60.0, 200.0, 0.99
"""The aims."""
_UNASKED = 7
"""A wording of briefs that no query of the run has, so that none of them is remembered."""


def queries(engine: RankingEngine, judged: Sequence[JudgedBrief], filters: Filters | None = None) -> list[float]:
    """Seconds of each brief's ranking."""
    return [timed(engine.rank, one.text, limit=LIMIT, filters=filters)[0] for one in judged]


def encodings(engine: RankingEngine, number: int) -> list[float]:
    """Seconds that reading a brief by the model takes, of briefs that were not read before."""
    unread = [brief_of(one, _UNASKED) + " and more" for one in sub_topics()[:number]]
    return [timed(engine.encoder.encode_brief, text)[0] for text in unread]


def recall(engine: RankingEngine, judged: Sequence[JudgedBrief]) -> tuple[float, float]:
    """Mean share of the exhaustive order's first 50 that our first 50 hold, and mean seconds of scoring everybody."""
    everybody = RankingEngine(
        engine.generation, engine.encoder, niche_reach, most_candidates=engine.generation.blogger_count
    )
    shares, seconds = [], []
    for brief in judged:
        taken, expected = timed(ids_of, everybody, brief, SHOWN)
        shares.append(len(set(ids_of(engine, brief, SHOWN)) & set(expected)) / max(len(expected), 1))
        seconds.append(taken)
    return float(np.mean(shares)), float(np.mean(seconds))


@contextmanager
def peers_of(settings: Settings, parts: Sequence[Part], most_hnsw_posts: int) -> Iterator[list[Peer]]:
    """The peers that can be had: what is not installed, or would take too long to build, is told."""
    posts = sum(len(part.owners) for part in parts)
    found: list[Peer] = [Exhaustive(parts)]
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder:
        full_text = FullText(settings, parts, Path(folder))
        found.append(full_text)
        if posts > most_hnsw_posts:
            print(f"usearch HNSW is not measured: {posts:,} posts are more than --hnsw-posts {most_hnsw_posts:,}")
        else:
            try:
                found.append(Hnsw(parts))
            except ImportError as error:
                print(f"usearch is not installed (pip install '.[bench]'): {error}")
        try:
            yield found
        finally:
            full_text.close()


def measure_peer(engine: RankingEngine, peer: Peer, judged: Sequence[JudgedBrief]) -> dict[str, Any]:
    """Times of a peer, how much of our first 20 it has among its own, and how many of its first 10 are on the topic."""
    times, overlaps, hits = [], [], []
    for brief in judged:
        vector = engine.encoder.encode_brief(brief.text)
        seconds, order = timed(peer.search, brief.text, vector)
        names = [engine.generation.bloggers[blogger].public_id for blogger in order]
        ours = ids_of(engine, brief, LIMIT)
        times.append(seconds)
        overlaps.append(len(set(names[:LIMIT]) & set(ours)) / max(len(ours), 1))
        hits.append(hit_share(names, brief))
    return {
        "name": peer.name,
        **in_milliseconds(times),
        "build_seconds": peer.seconds,
        "bytes": peer.bytes,
        "agreement": float(np.mean(overlaps)),
        "hits": float(np.mean(hits)),
    }


def hit_share(names: Sequence[str], brief: JudgedBrief) -> float:
    """Share of the first ten that mostly write on the brief's topic; of as many as there are, where fewer do."""
    possible = min(10, len(brief.relevant))
    return len(set(names[:10]) & brief.relevant) / possible if possible else 1.0


def measure(settings: Settings, number: int, exhaustive: int, most_hnsw_posts: int | None) -> dict[str, Any]:
    """All figures of one store; ``most_hnsw_posts`` None measures no peer."""
    bloggers, posts = size_of(settings)
    opened, engine = timed(open_engine, settings)
    warm(engine)
    judged = briefs(make_world(bloggers), number)
    computing = process_time()
    cold = queries(engine, judged)
    computing = process_time() - computing
    again = queries(engine, judged)
    filtered = {name: queries(engine, judged, filters) for name, filters in FILTERS.items()}
    figures: dict[str, Any] = {
        "bloggers": bloggers,
        "posts": posts,
        "open_seconds": opened,
        **in_milliseconds(cold),
        "cpu_ms": 1000 * computing / number,
        "encode": in_milliseconds(encodings(engine, number)),
        "again": in_milliseconds(again),
        "filtered": {name: in_milliseconds(times) for name, times in filtered.items()},
        "ratios": {name: quantile(times, 0.5) / quantile(again, 0.5) for name, times in filtered.items()},
        "hits": float(np.mean([hit_share(ids_of(engine, one, 10), one) for one in judged])),
        "memory": memory_of([os.getpid()]),
    }
    if exhaustive:
        figures["recall"], figures["exhaustive_seconds"] = recall(engine, judged[:exhaustive])
    if most_hnsw_posts is not None:
        with peers_of(settings, parts_of(engine.generation), most_hnsw_posts) as peers:
            figures["peers"] = [measure_peer(engine, peer, judged[:PEER_BRIEFS]) for peer in peers]
    return figures


def ids_of(engine: RankingEngine, brief: JudgedBrief, number: int) -> list[str]:
    """The public ids of an engine's first ones."""
    return [result.blogger.public_id for result in engine.rank(brief.text, limit=number).results]


def show(found: Sequence[dict[str, Any]]) -> None:
    """Print our figures, one column for each store, and then each store's peers."""
    table = Table(title="a warm query in process: one thread, cold briefs")
    for heading in ("", *(f"{one['bloggers']:,} bloggers" for one in found)):
        table.add_column(heading, justify="right" if heading else "left")
    lines: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
        ("median / p95 / p99", _times),
        ("  computing, mean", lambda one: f"{one['cpu_ms']:.1f} ms"),
        ("  of it reading the brief", lambda one: _times(one["encode"])),
        ("the same briefs again", lambda one: _times(one["again"])),
        *((f"  {name}", partial(_filtered, name)) for name in FILTERS),
        ("recall at 50 against everybody", lambda one: f"{one['recall']:.3f}" if "recall" in one else "not measured"),
        ("first ten on the topic", lambda one: f"{one['hits']:.2f}"),
        ("memory", lambda one: str(one["memory"])),
    ]
    for name, figure in lines:
        table.add_row(name, *(figure(one) for one in found))
    console = Console()
    console.print(table)
    for one in found:
        if "peers" in one:
            console.print(_peer_table(one))
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _times(figures: dict[str, Any]) -> str:
    return f"{figures['p50_ms']:.1f} / {figures['p95_ms']:.1f} / {figures['p99_ms']:.1f} ms"


def _filtered(name: str, figures: dict[str, Any]) -> str:
    return f"{_times(figures['filtered'][name])}, {figures['ratios'][name]:.2f} times"


def _peer_table(figures: dict[str, Any]) -> Table:
    table = Table(title=f"peers over the same posts of {figures['bloggers']:,} bloggers, given the brief's vector")
    for heading in ("", "median / p95 / p99", "build", "takes", "has of our 20", "first ten on topic"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("bloghound, with the reading", _times(figures), "", "", "1.00", f"{figures['hits']:.2f}")
    for one in figures["peers"]:
        built = f"{one['build_seconds']:.0f} s", f"{one['bytes'] / MIB:.0f} MiB"
        table.add_row(one["name"], _times(one), *built, f"{one['agreement']:.2f}", f"{one['hits']:.2f}")
    return table


def missed(figures: dict[str, Any]) -> list[str]:
    """The aims that a store's figures fall short of."""
    checks = (
        (figures["p50_ms"] > MEDIAN_MS, f"the median is {figures['p50_ms']:.1f} ms"),
        (figures["p99_ms"] > P99_MS, f"one query in a hundred takes {figures['p99_ms']:.1f} ms"),
        (figures.get("recall", 1.0) < RECALL, f"the recall is {figures.get('recall', 1.0):.3f}"),
    )
    return [text for is_missed, text in checks if is_missed]


def main() -> None:
    """Measure and print; ends with 1 when an aim was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="folders with a store and an index")
    parser.add_argument("--briefs", type=int, default=240)
    parser.add_argument("--exhaustive", type=int, default=20, help="briefs for which everybody is scored")
    parser.add_argument("--hnsw-posts", type=int, default=400_000, help="most posts that usearch builds a graph for")
    parser.add_argument("--no-peers", action="store_true")
    asked = parser.parse_args()
    hnsw_posts = None if asked.no_peers else asked.hnsw_posts
    measured = partial(measure, number=asked.briefs, exhaustive=asked.exhaustive, most_hnsw_posts=hnsw_posts)
    measure_stores(asked.data, "query", measured, missed, show)


if __name__ == "__main__":
    main()
