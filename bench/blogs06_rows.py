"""Rows of the database for the made-up blogs; ids of bloggers, sites, authors and posts follow from their numbers."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.blogs06_links import HOME, Links
from bench.blogs06_posts import Posts
from bench.blogs06_words import LANGUAGES, sub_topics
from bench.blogs06_world import AS_OF, NO_FIGURE, PLATFORMS, World, blogger_id, post_url, site_key
from storage.tables.base import public_id

Row = dict[str, Any]

LIKES_PER_COMMENT = 4.0


def id_of(number: int) -> int:
    """The id of a blogger, and of its site."""
    return number + 1


def blogger_rows(bloggers: Iterable[int]) -> list[Row]:
    """Rows of ``blogger``."""
    return [
        {
            "id": id_of(number),
            "public_id": blogger_id(number),
            "site_key": site_key(number),
            "name": f"Writer {number}",
            "created_at": AS_OF,
        }
        for number in bloggers
    ]


def site_rows(world: World, bloggers: Iterable[int]) -> list[Row]:
    """Rows of ``site``: one each."""
    described = sub_topics()
    return [
        {
            "id": id_of(number),
            "public_id": public_id("site", site_key(number)),
            "key": site_key(number),
            "blogger_id": id_of(number),
            "home_url": f"https://{site_key(number)}/",
            "kind": "blog",
            "platform": PLATFORMS[world.platform[number]],
            "title": f"Notes on {described[world.interests[number, 0]].name}",
            "description": "",
            "language": LANGUAGES[world.language[number]],
            "flags": [],
            "tdm_reserved": False,
            "depth": 0,
            "linkers": 0,
            "first_seen": AS_OF,
            "domain": site_key(number),
            "visits": 1,
            "health": "ok",
            "health_reason": "",
            "last_visited_at": AS_OF,
        }
        for number in bloggers
    ]


def author_rows(world: World, bloggers: Iterable[int]) -> list[Row]:
    """Rows of ``author``."""
    first = _first_authors(world)
    return [
        {
            "id": int(first[number]) + which,
            "site_id": id_of(number),
            "name": _author(number, which),
            "first_seen": AS_OF,
        }
        for number in bloggers
        for which in range(int(world.writers[number]))
    ]


def follower_rows(world: World, bloggers: Iterable[int]) -> list[Row]:
    """Rows of ``site_metric``."""
    return [
        {
            "site_id": id_of(number),
            "kind": "followers",
            "value": int(world.followers[number]),
            "source_url": f"https://{site_key(number)}/",
            "observed_at": AS_OF,
            "imported_from": "",
        }
        for number in bloggers
        if world.followers[number] != NO_FIGURE
    ]


def post_rows(world: World, posts: Posts, hashes: list[str], first_id: int, chance: np.random.Generator) -> list[Row]:
    """Rows of ``post``, numbered from ``first_id`` on."""
    first, writers = _first_authors(world), world.writers[posts.owner]
    which = (writers * chance.random(len(posts)) ** 2).astype(np.int64)  # the first author writes most
    authors = np.where(writers > 0, first[posts.owner] + which, 0).tolist()
    paid = (chance.random(len(posts)) < world.sponsored[posts.owner]).tolist()
    languages = [LANGUAGES[number] for number in world.language[posts.owner].tolist()]
    return [
        {
            "id": first_id + row,
            "site_id": id_of(number),
            "author_id": authors[row] or None,
            "url": post_url(number, place),
            "title": posts.titles[row],
            "text": posts.texts[row],
            "content_hash": hashes[row],
            "text_hash": sha256(posts.texts[row].encode()).hexdigest(),
            "published_at": posts.published[row],
            "date_source": "feed" if posts.published[row] else None,
            "language": languages[row],
            "source": "page",
            "words": words,
            "state": "live",
            "text_reserved": False,
            "in_feed": False,
            "disclosures": [{"kind": "sponsored", "words": "sponsored post", "position": 0.0}] if paid[row] else [],
            "first_seen": AS_OF,
            "updated_at": AS_OF,
        }
        for row, (number, place, words) in enumerate(
            zip(posts.owner.tolist(), posts.place.tolist(), posts.words.tolist(), strict=True)
        )
    ]


def hashes_of(posts: Posts) -> list[str]:
    """The content hash of each post."""
    pairs = zip(posts.titles, posts.texts, strict=True)
    return [sha256(f"{title}\n{text}".encode()).hexdigest() for title, text in pairs]


def address_rows(posts: Posts, first_id: int) -> Iterator[Row]:
    """Rows of ``post_address``."""
    for row, (number, place) in enumerate(zip(posts.owner.tolist(), posts.place.tolist(), strict=True)):
        url = post_url(number, place)
        folded = url.removeprefix("https://")
        yield {"post_id": first_id + row, "site_id": id_of(number), "url": url, "folded_url": folded, "claim": "own"}


def embedding_rows(posts: Posts, hashes: list[str], model: str, readable: NDArray[np.bool_]) -> list[Row]:
    """Rows of ``embedding`` for the posts that the model can read, each content once."""
    wanted = {hashes[row]: row for row in np.flatnonzero(readable).tolist()}
    return [
        {"content_hash": name, "model": model, "vector": posts.vectors[row].tobytes()} for name, row in wanted.items()
    ]


def engagement_rows(world: World, posts: Posts, first_id: int, chance: np.random.Generator) -> Iterator[Row]:
    """Rows of ``engagement_observation``: comments and likes where the blog shows them, few under most posts."""
    means = np.nan_to_num(world.comments[posts.owner]) * chance.gamma(0.6, 1 / 0.6, len(posts))
    comments, likes = chance.poisson(means), chance.poisson(LIKES_PER_COMMENT * (means + 0.2))
    shown = {
        "comments": (~np.isnan(world.comments[posts.owner]), comments),
        "likes": (world.shows_likes[posts.owner], likes),
    }
    for kind, (known, counts) in shown.items():
        rows = np.flatnonzero(known)
        for row, count in zip(rows.tolist(), counts[rows].tolist(), strict=True):
            written = posts.published[row]
            yield {
                "post_id": first_id + row,
                "kind": kind,
                "count": count,
                "reason": None,
                "source_url": post_url(int(posts.owner[row]), int(posts.place[row])),
                "observed_at": AS_OF if written is None else max(AS_OF, written + timedelta(days=1)),
                "imported_from": "",
            }


def post_link_rows(world: World, posts: Posts, links: Links, first_id: int) -> Iterator[Row]:
    """Rows of ``link`` out of posts; ``source`` is the row of the post."""
    paid = world.sponsored > 0.1
    for source, row in _link_rows(world, links):
        number = int(posts.owner[source])
        rel = ["sponsored"] if paid[number] and "nofollow" in row["rel"] else row["rel"]
        yield row | {"site_id": id_of(number), "post_id": first_id + source, "context": "content", "rel": rel}


def blogroll_rows(world: World, links: Links) -> list[Row]:
    """Rows of ``link`` out of blogrolls: each other site once."""
    found = {(source, row["target_site_key"]): row for source, row in _link_rows(world, links)}
    return [
        row | {"site_id": id_of(source), "post_id": None, "context": "blogroll"} for (source, _), row in found.items()
    ]


def _link_rows(world: World, links: Links) -> Iterator[tuple[int, Row]]:
    columns = zip(*(one.tolist() for one in (links.source, links.target, links.place, links.nofollow)), strict=True)
    for source, target, place, nofollow in columns:
        stored = target < world.size
        key = site_key(target) if stored else f"elsewhere{target - world.size}.example"
        yield (
            source,
            {
                "target_url": post_url(target, place) if stored and place != HOME else f"https://{key}/",
                "target_site_key": key,
                "rel": ["nofollow"] if nofollow else [],
                "anchor": "",
                "first_seen": AS_OF,
                "last_seen": AS_OF,
            },
        )


def _first_authors(world: World) -> NDArray[np.int64]:
    return np.asarray(np.cumsum(world.writers) - world.writers + 1, np.int64)


def _author(number: int, which: int) -> str:
    return f"Writer {number}" if which == 0 else f"Guest {which} of {number}"
