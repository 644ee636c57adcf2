"""The corpus's relevance figures, pinned beside a digest of the data that they were measured on.

A change that lowers them fails. Figures of other data cannot be compared, so changed data fail too, and say which.
``python -m tests.corpus_figures DATA_DIR CORPUS`` measures a data directory into which the corpus was imported and
prints what belongs into ``corpus_figures.toml``; paste it when the new figures are what you want to hold from then on.
"""

import hashlib
import json
import os
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

PINNED = Path(__file__).with_suffix(".toml")
MEASURES = ("map", "ndcg@10", "p@10")
TOLERANCE = 0.002
"""Processors differ: with bf16 units a vector turns by a cosine of 0.999 at worst. All vectors of the corpus turned
by that, at random, moved MAP by 0.0002 and nDCG@10 by less; this is ten times as much."""

_POSTS = (
    "SELECT site.key, post.url, post.content_hash, post.published_at, post.language, post.state "
    "FROM post JOIN site ON site.id = post.site_id ORDER BY site.key, post.url"
)


def data_digests(corpus: Path, data_dir: Path) -> dict[str, str]:
    """A digest of the briefs, of their judgements, and of the posts as our import stored them."""
    return {
        "briefs": _digest((corpus / "queries.json").read_bytes()),
        "judgements": _digest((corpus / "qrels.txt").read_bytes()),
        "posts": _digest(json.dumps(_stored(data_dir)).encode()),
    }


def _stored(data_dir: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data_dir / "bloghound.sqlite3")) as connection:
        return connection.execute(_POSTS).fetchall()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def pinned() -> dict[str, Any]:
    """What is pinned: ``data`` digests, ``model``, and ``ours``."""
    return tomllib.loads(PINNED.read_text(encoding="utf-8"))


def problems(pins: Mapping[str, Any], data: Mapping[str, str], ours: Mapping[str, float]) -> Iterator[str]:
    """What is wrong with measured figures, in sentences; nothing when they stand."""
    other = [name for name, digest in data.items() if pins["data"].get(name) != digest]
    if other:
        yield (
            f"The corpus changed, not (only) the ranking: its {', '.join(other)} are not those that the figures were "
            "pinned on. If that is wanted, pin what 'python -m tests.corpus_figures' prints."
        )
        return
    for name in MEASURES:
        least = pins["ours"][name] - TOLERANCE
        if ours[name] < least:
            yield (
                f"The ranking got worse on the same data: {name} is {ours[name]:.4f}, and was pinned at "
                f"{pins['ours'][name]:.4f} (less than {least:.4f} is no accident of the processor)."
            )


def to_pin(data: Mapping[str, str], found: Mapping[str, Any]) -> str:
    """The content of the file for these figures; baselines are for the reader."""
    lines = ["# Made by 'python -m tests.corpus_figures'; see there.", "", "[data]"]
    lines += [f'{name} = "{digest}"' for name, digest in data.items()]
    methods = {"ours": found["ours"], **{f"baselines.{name}": one for name, one in found["baselines"].items()}}
    for method, figures in methods.items():
        lines += ["", f"[{method}]", *(f'"{name}" = {figures[name]:.4f}' for name in MEASURES)]
    return "\n".join(lines) + "\n"


def _main(data_dir: Path, corpus: Path) -> None:
    command = [sys.executable, "-m", "bloghound", "evaluate", corpus / "queries.json", "--qrels", corpus / "qrels.txt"]
    environment = os.environ | {"BLOGHOUND_DATA_DIR": str(data_dir)}
    done = subprocess.run(
        [*map(str, command), "--json"], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    sys.stdout.write(to_pin(data_digests(corpus, data_dir), json.loads(done.stdout)))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
