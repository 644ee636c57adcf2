"""Indexes over random halves of the stored posts: the same blogs, other posts, so that what is luck changes."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from bloghound.jobs.index import run_index
from bloghound.jobs.ranking import open_engine
from bloghound.settings import Settings
from ranking.engine import RankingEngine

LEAST_POSTS = 2
"""A blog keeps so many, or its judgements would be of nothing."""
DATABASE = "bloghound.sqlite3"


def halves(data: Path, count: int) -> Iterator[RankingEngine]:
    """An engine over each of so many halves of what the folder stores, the same ones every time."""
    for seed in range(count):
        with tempfile.TemporaryDirectory() as folder:
            _copy_half(data / DATABASE, Path(folder) / DATABASE, seed)
            settings = Settings(data_dir=Path(folder))
            run_index(settings)
            yield open_engine(settings)


def _copy_half(stored: Path, half: Path, seed: int) -> None:
    with closing(sqlite3.connect(stored)) as source, closing(sqlite3.connect(half)) as copy:
        source.backup(copy)
        taken_out = _taken_out(copy.execute("SELECT site_id, id FROM post ORDER BY site_id, id").fetchall(), seed)
        copy.executemany("UPDATE post SET state = 'gone' WHERE id = ?", [(post,) for post in taken_out])
        copy.commit()


def _taken_out(posts: list[tuple[int, int]], seed: int) -> list[int]:
    random, kept = np.random.default_rng(seed), dict.fromkeys((site for site, _ in posts), 0)
    taken_out = []
    for (site, post), keeps in zip(posts, (random.random(len(posts)) < 0.5).tolist(), strict=True):
        if keeps or kept[site] < LEAST_POSTS:
            kept[site] += 1
        else:
            taken_out.append(post)
    return taken_out
