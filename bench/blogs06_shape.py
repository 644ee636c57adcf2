"""How the made-up store is shaped, read back from its tables: so that one can see whether it resembles blogs."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sqlalchemy import ColumnElement, Connection, func, select

from bench.blogs06_briefs import briefs
from bench.blogs06_world import make_world
from bloghound.jobs import models
from bloghound.settings import Settings
from ranking.relevance import POSTS_PER_BLOGGER
from storage.database import open_database
from storage.tables import Embedding, EngagementObservation, Link, Post, Site
from storage.tables.base import table_of

SHARES = (0.0, 0.1, 0.5, 0.9, 0.99, 1.0)
SAMPLE = 20_000
"""Posts, the first ones, whose words and vectors are looked at."""
BRIEFS = 50

_POST, _SITE, _LINK = table_of(Post), table_of(Site), table_of(Link)


def describe(settings: Settings) -> None:
    """Print the distributions."""
    with closing(open_database(settings)) as database, database.read() as connection:
        posts = _numbers(connection, _POST.c.site_id)
        table = Table(title=f"{len(posts)} bloggers, {int(posts.sum())} posts")
        for heading in ("per", *(f"{share:.0%}" for share in SHARES), "mean"):
            table.add_column(heading)
        for name, figures in (
            ("posts of a blog", posts),
            ("words of a post", _column(connection, _POST.c.words)),
            ("links of a blog", _numbers(connection, _LINK.c.site_id)),
            ("linking blogs of one that has any", _linkers(connection)),
            ("comments of a post where shown", _column(connection, table_of(EngagementObservation).c["count"])),
        ):
            table.add_row(name, *(f"{value:.0f}" for value in np.quantile(figures, SHARES)), f"{figures.mean():.1f}")
        console = Console()
        console.print(table)
        newest = np.minimum(posts, POSTS_PER_BLOGGER).sum()
        console.print(f"posts among the newest {POSTS_PER_BLOGGER} of their blog: {newest / posts.sum():.1%}")
        for line in (_languages(connection), _vocabulary(connection), _nearness(connection, settings, len(posts))):
            console.print(line)


def _numbers(connection: Connection, column: ColumnElement[int]) -> NDArray[np.int64]:
    """How many rows there are for each value of a column."""
    query = select(func.count(column)).group_by(column)
    return np.array(connection.execute(query).scalars().all(), np.int64)


def _column(connection: Connection, column: ColumnElement[int]) -> NDArray[np.int64]:
    return np.array(connection.execute(select(column).limit(10 * SAMPLE)).scalars().all(), np.int64)


def _linkers(connection: Connection) -> NDArray[np.int64]:
    known = select(func.count(func.distinct(_LINK.c.site_id))).join(_SITE, _SITE.c.key == _LINK.c.target_site_key)
    return np.array(connection.execute(known.group_by(_LINK.c.target_site_key)).scalars().all(), np.int64)


def _languages(connection: Connection) -> str:
    found = connection.execute(select(_SITE.c.language, func.count()).group_by(_SITE.c.language)).all()
    return "blogs by language: " + ", ".join(f"{language} {count}" for language, count in found)


def _vocabulary(connection: Connection) -> str:
    texts = connection.execute(select(_POST.c.text).order_by(_POST.c.id).limit(SAMPLE)).scalars().all()
    few, all_of_them = (
        len({word.strip(".").lower() for text in some for word in text.split()})
        for some in (texts[: SAMPLE // 4], texts)
    )
    return f"distinct words in the first {SAMPLE // 4} posts: {few}, in the first {SAMPLE}: {all_of_them}"


def _nearness(connection: Connection, settings: Settings, bloggers: int) -> str:
    """How near the posts of relevant blogs, and all others, are to a brief."""
    encoder, embedding = models.load(models.choice_of(settings)), table_of(Embedding)
    query = (
        select(_SITE.c.public_id, embedding.c.vector)
        .join(_POST, _POST.c.content_hash == embedding.c.content_hash)
        .join(_SITE, _SITE.c.id == _POST.c.site_id)
        .limit(SAMPLE)
    )
    found = connection.execute(query).all()
    vectors = np.array([np.frombuffer(row.vector, np.float16) for row in found], np.float32)
    owners = np.array([row.public_id.removeprefix("site") for row in found])
    near, far = [], []
    for brief in briefs(make_world(bloggers), BRIEFS):
        cosines = vectors @ encoder.encode_brief(brief.text)
        relevant = np.isin(owners, [name.removeprefix("blg") for name in brief.relevant])
        near.append(cosines[relevant])
        far.append(cosines[~relevant])
    return f"cosine with a brief: relevant blogs' posts {_spread(near)}; others {_spread(far)}"


def _spread(parts: Sequence[NDArray[np.floating[Any]]]) -> str:
    figures = np.concatenate(parts)
    return " / ".join(f"{value:.2f}" for value in np.quantile(figures, (0.1, 0.5, 0.9))) if figures.size else "none"
