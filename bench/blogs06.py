"""A store of the size of TREC's Blogs06 collection, made up: 100,000 blogs with 3.2 million posts, skewed as blogs are.

Works through the tables alone, so it fills SQLite and PostgreSQL alike; the same numbers give the same rows. Vectors
are put straight in beside the posts, under the name of the configured model ("encoding aside"). Usage::

    python -m bench.blogs06 fill --data FOLDER [--bloggers 100000] [--posts N]
    python -m bench.blogs06 grow --data FOLDER [--share 0.01]
    python -m bench.blogs06 describe --data FOLDER
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, func, insert, select, text

from bench import blogs06_rows as rows
from bench.blogs06_links import LinkDraw, blogroll_links, post_links
from bench.blogs06_posts import Posts, days_of, draw_posts, newer_days, places_of
from bench.blogs06_vectors import VectorSpace
from bench.blogs06_words import LANGUAGES, Texts
from bench.blogs06_world import World, make_world
from bloghound.jobs import models
from bloghound.settings import Settings
from ranking.passages import readable
from storage.database import Connection, Database, open_database
from storage.tables import (
    Author,
    Blogger,
    Embedding,
    EngagementObservation,
    Link,
    Post,
    PostAddress,
    Site,
    SiteMetric,
)
from storage.tables.base import table_of

AT_ONCE = 500
"""Bloggers per transaction: 16,000 posts, some 150 MB while they are drawn."""
CACHE_KIB = 1_500_000
"""SQLite's cache while filling: the indexes over content hashes are written in no order, and must not be re-read."""
_BLOGGERS, _POSTS, _GROWING = 1, 2, 3
"""Purposes of random numbers."""


@dataclass(frozen=True)
class Drawing:
    """What posts are drawn with; loading the model and making the vocabularies takes some seconds."""

    world: World
    texts: Texts
    space: VectorSpace
    links: LinkDraw
    readable: NDArray[np.bool_]
    """Which languages the model reads, in the order of :data:`LANGUAGES`."""


def drawing_of(settings: Settings, world: World) -> Drawing:
    """What posts of this world are drawn with."""
    known = np.array([readable(code, settings.known_languages) for code in LANGUAGES])
    return Drawing(world, Texts(), VectorSpace(models.load(models.choice_of(settings))), LinkDraw(world), known)


def fill(settings: Settings, bloggers: int, posts: int | None = None) -> int:
    """Store a world of so many bloggers in an empty database; how many posts it has."""
    drawing = drawing_of(settings, make_world(bloggers, posts))
    world = drawing.world
    first_ids = np.concatenate([[1], 1 + np.cumsum(world.posts)])
    with closing(open_database(settings)) as database:
        _hasten(database)
        for start in range(0, bloggers, AT_ONCE):
            numbers = np.arange(start, min(start + AT_ONCE, bloggers))
            with database.transaction() as connection:
                _store_bloggers(connection, drawing, numbers)
                chance = world.chance(_POSTS, start)
                owner = np.repeat(numbers, world.posts[numbers])
                place = places_of(world.posts[numbers], np.zeros_like(numbers))
                drawn = draw_posts(
                    world, drawing.texts, drawing.space, chance, owner, place, days_of(world, chance, owner)
                )
                _store_posts(connection, drawing, chance, drawn, int(first_ids[start]), new=False)
        _settle(database)
    return int(world.posts.sum())


def grow(settings: Settings, share: float = 0.01) -> int:
    """Add so many times the stored posts, by who writes most today, of the two weeks after the crawl; how many.

    Growing is repeatable: what is added depends on what was there, and on nothing else.
    """
    with closing(open_database(settings)) as database:
        with database.read() as connection:
            counts = _counts(connection)
            last_id = connection.execute(select(func.max(table_of(Post).c.id))).scalar_one()
        drawing = drawing_of(settings, replace(make_world(len(counts)), posts=counts))
        world, stored = drawing.world, int(counts.sum())
        chance = world.chance(_GROWING, last_id)
        new = active_counts(world, chance, max(1, round(share * stored)))
        owner = np.repeat(np.arange(world.size), new)
        days = newer_days(chance, len(owner))
        _hasten(database)
        for start in range(0, len(owner), AT_ONCE * 32):
            part = slice(start, start + AT_ONCE * 32)
            place = places_of(new, counts)[part]
            drawn = draw_posts(world, drawing.texts, drawing.space, chance, owner[part], place, days[part])
            with database.transaction() as connection:
                _store_posts(connection, drawing, chance, drawn, last_id + 1 + start, new=True)
        _settle(database)
    return len(owner)


def active_counts(world: World, chance: np.random.Generator, posts: int) -> NDArray[np.int64]:
    """How many of so many new posts each blogger writes, shape (n,): by posts per day of its blog; dead ones none."""
    lived = np.maximum(world.begins - world.ends, 1)
    activity = np.where(world.ends < 90, world.posts / lived, 0.0)
    return np.asarray(chance.multinomial(posts, activity / activity.sum()), np.int64)


def _store_bloggers(connection: Connection, drawing: Drawing, numbers: NDArray[np.int64]) -> None:
    world, listed = drawing.world, numbers.tolist()
    chance = world.chance(_BLOGGERS, listed[0])
    rolls = blogroll_links(drawing.links, chance, numbers)
    for model, found in (
        (Blogger, rows.blogger_rows(listed)),
        (Site, rows.site_rows(world, listed)),
        (Author, rows.author_rows(world, listed)),
        (SiteMetric, rows.follower_rows(world, listed)),
        (Link, rows.blogroll_rows(world, rolls)),
    ):
        _insert(connection, table_of(model), found)


def _store_posts(
    connection: Connection, drawing: Drawing, chance: np.random.Generator, posts: Posts, first_id: int, *, new: bool
) -> None:
    world, hashes = drawing.world, rows.hashes_of(posts)
    known = drawing.readable[world.language[posts.owner]]
    links = post_links(drawing.links, chance, posts.owner, new=new)
    for model, found in (
        (Post, rows.post_rows(world, posts, hashes, first_id, chance)),
        (PostAddress, rows.address_rows(posts, first_id)),
        (Embedding, rows.embedding_rows(posts, hashes, drawing.space.model, known)),
        (EngagementObservation, rows.engagement_rows(world, posts, first_id, chance)),
        (Link, rows.post_link_rows(world, posts, links, first_id)),
    ):
        _insert(connection, table_of(model), found)


def _insert(connection: Connection, table: Table, found: Iterable[rows.Row]) -> None:
    listed: Sequence[rows.Row] = list(found)
    if listed:
        connection.execute(insert(table), listed)


def _counts(connection: Connection) -> NDArray[np.int64]:
    """Posts of each blogger by its number, shape (n,)."""
    post, site = table_of(Post), table_of(Site)
    bloggers = connection.execute(select(func.count()).select_from(site)).scalar_one()
    counts = np.zeros(bloggers, np.int64)
    for site_id, count in connection.execute(select(post.c.site_id, func.count()).group_by(post.c.site_id)):
        counts[site_id - 1] = count
    return counts


def _hasten(database: Database) -> None:
    """A large cache and no waiting for the disk: what is lost in a crash is made again."""
    if database.is_sqlite:
        with database.engine.connect() as plain:
            connection = plain.execution_options(bloghound_outside_transactions=True)
            connection.exec_driver_sql(f"PRAGMA cache_size=-{CACHE_KIB}")
            connection.exec_driver_sql("PRAGMA synchronous=OFF")


def _settle(database: Database) -> None:
    """Let the next ids follow those given, and the planner know the tables."""
    with database.transaction() as connection:
        if not database.is_sqlite:
            for model in (Blogger, Site, Author, Post):
                name = table_of(model).name
                newest = select(func.max(table_of(model).c.id)).scalar_subquery()
                connection.execute(select(func.setval(func.pg_get_serial_sequence(name, "id"), newest)))
        connection.execute(text("ANALYZE"))


def main() -> None:
    """Fill, grow, or describe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task", choices=("fill", "grow", "describe"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--bloggers", type=int, default=100_000)
    parser.add_argument("--posts", type=int, help="in all (default: 32 for each blogger)")
    parser.add_argument("--share", type=float, default=0.01, help="of the stored posts, to grow by")
    asked = parser.parse_args()
    settings, started = Settings(data_dir=asked.data), time.monotonic()
    if asked.task == "describe":
        from bench.blogs06_shape import describe  # noqa: PLC0415 - only this task needs it

        describe(settings)
        return
    posts = fill(settings, asked.bloggers, asked.posts) if asked.task == "fill" else grow(settings, asked.share)
    seconds = time.monotonic() - started
    print(f"{posts} posts in {seconds:.0f} s, {posts / seconds:.0f} a second")


if __name__ == "__main__":
    main()
