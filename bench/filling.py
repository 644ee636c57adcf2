"""A data directory full of made-up bloggers, for measuring the service: sites, posts, links, and a generation.

The texts are random words of a few hundred topics. Their vectors are made up as well: encoding 300,000 posts takes an
hour on two cores, and a search costs the same over any unit vectors. Each topic's vector is the real model's for the
topic's words; a post's is that plus noise, so that a brief finds a niche of plausible size.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert

from bloghound.jobs.index import graph_columns
from bloghound.settings import Settings
from ranking.encoder import Encoder
from ranking.index import build_generation
from storage import rankable
from storage.database import open_database
from storage.tables import Blogger, Link, Post, Site
from storage.tables.base import public_id, table_of

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
POSTS_EACH, LINKS_EACH, WORDS_EACH = 3, 3, 60
AT_ONCE = 5_000
"""Bloggers per batch: some 10 MB of rows."""
TOPICS = 200
NOISE = 0.8
"""Length of the noise beside a topic's unit vector: posts of one topic are at a cosine of about 0.6."""
LANGUAGES = ("en", "en", "en", "en", "de", "nl", "fi")
PLATFORMS = ("wordpress", "ghost", "hugo", "blogger", "")


def fill(settings: Settings, bloggers: int) -> None:
    """Store so many bloggers with posts and links, in one transaction; the same ones at every run."""
    chance = random.Random(1)  # noqa: S311 - nothing here is a secret
    topics = topic_words()
    with closing(open_database(settings)) as database, database.transaction() as connection:
        for start in range(0, bloggers, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, bloggers))
            for table, rows in (
                (Blogger, [_blogger(number) for number in numbers]),
                (Site, [_site(number) for number in numbers]),
                (Post, [row for number in numbers for row in _posts(number, topics, chance)]),
                (Link, [row for number in numbers for row in _links(number, bloggers, chance)]),
            ):
                connection.execute(insert(table_of(table)), rows)


def build_index(settings: Settings) -> None:
    """A generation of all that is stored, with made-up vectors."""
    encoder = Encoder.load(settings.model)
    centres = encoder.encode([" ".join(words[:12]) for words in topic_words()])
    with closing(open_database(settings)) as database, database.read() as connection:
        build_generation(
            settings.index_dir,
            rankable.bloggers(connection, POSTS_EACH),
            lambda hashes: made_up(hashes, centres),
            graph_columns(connection, AS_OF),
            encoder_name=encoder.name,
            dimensions=encoder.dimensions,
            model_languages=settings.known_languages,
            as_of=AS_OF,
        )


def made_up(hashes: Sequence[str], centres: NDArray[np.float32]) -> Mapping[str, NDArray[np.float32]]:
    """A unit vector for each content hash, near its topic's."""
    vectors = {}
    for name in hashes:
        chance = np.random.default_rng(int(name[:15], 16))
        noise = chance.standard_normal(centres.shape[1], np.float32)
        vector = centres[int(name[-4:], 16)] + NOISE * noise / np.linalg.norm(noise)
        vectors[name] = vector / np.linalg.norm(vector)
    return vectors


def topic_words() -> list[list[str]]:
    """The words of each topic: 40 made-up words, the same at every run."""
    chance = random.Random(2)  # noqa: S311 - as above
    syllables = [first + second for first in "bdfgklmnprstv" for second in ("a", "e", "i", "o", "u", "ai", "ee")]
    return [["".join(chance.choices(syllables, k=3)) for _ in range(40)] for _ in range(TOPICS)]


def key_of(number: int) -> str:
    """The key of a blogger's site."""
    return f"blog{number:06d}.example"


def blogger_id(number: int) -> str:
    """The public id of a blogger."""
    return public_id("blg", key_of(number))


def _blogger(number: int) -> dict[str, Any]:
    key = key_of(number)
    return {"id": number + 1, "public_id": blogger_id(number), "site_key": key, "name": "", "created_at": AS_OF}


def _site(number: int) -> dict[str, Any]:
    key = key_of(number)
    return {
        "id": number + 1,
        "public_id": public_id("site", key),
        "key": key,
        "blogger_id": number + 1,
        "home_url": f"https://{key}/",
        "kind": "blog",
        "platform": PLATFORMS[number % len(PLATFORMS)],
        "title": f"Notes of blog {number}",
        "description": "",
        "language": LANGUAGES[number % len(LANGUAGES)],
        "flags": [],
        "tdm_reserved": False,
        "depth": 0,
        "linkers": LINKS_EACH,
        "first_seen": AS_OF,
        "state": "resting",
        "priority": 0.0,
        "visits": 1,
        "health": "ok",
        "health_reason": "",
        "last_visited_at": AS_OF,
    }


def _posts(number: int, topics: list[list[str]], chance: random.Random) -> Iterator[dict[str, Any]]:
    topic = number % len(topics)
    for post in range(POSTS_EACH):
        url = f"https://{key_of(number)}/{post}"
        text = " ".join(chance.choices(topics[topic], k=WORDS_EACH))
        digest = hashlib.blake2b(url.encode(), digest_size=16).hexdigest() + f"{topic:04x}"
        yield {
            "id": number * POSTS_EACH + post + 1,
            "site_id": number + 1,
            "url": url,
            "title": " ".join(text.split()[:5]),
            "text": text,
            "content_hash": digest,
            "text_hash": digest,
            "published_at": AS_OF - timedelta(days=number % 300 + 9 * post),
            "language": LANGUAGES[number % len(LANGUAGES)],
            "source": "page",
            "words": WORDS_EACH,
            "state": "live",
            "text_reserved": False,
            "in_feed": True,
            "disclosures": [],
            "first_seen": AS_OF,
            "updated_at": AS_OF,
        }


def _links(number: int, bloggers: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    for place, other in enumerate(chance.sample(range(bloggers), LINKS_EACH)):
        if other == number:
            continue
        yield {
            "site_id": number + 1,
            "post_id": number * POSTS_EACH + place % POSTS_EACH + 1,
            "target_url": f"https://{key_of(other)}/0",
            "target_site_key": key_of(other),
            "context": "content",
            "rel": [],
            "anchor": "",
            "first_seen": AS_OF,
            "last_seen": AS_OF,
        }
