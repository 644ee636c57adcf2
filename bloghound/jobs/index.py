"""Building a generation: encode what is new, weigh the link graph, write the index beside the old one, switch."""

import time
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from bloghound.errors import NotFoundError
from bloghound.records import SiteEdge, Vectors
from bloghound.settings import Settings
from graph.build import EDITORIAL
from graph.centrality import distinct_linkers, pagerank
from graph.matrix import link_matrix
from ranking.encoder import Encoder
from ranking.index import build_generation
from ranking.passages import passage_text
from ranking.relevance import POSTS_PER_BLOGGER
from ranking.values import GraphColumns
from storage import embeddings, links, rankable
from storage.database import Connection, Database, open_database
from storage.tables.base import utc_now

ENCODE_AT_ONCE = 1024
"""Texts per step: long enough that sorting by length pays, short enough that a kill loses some seconds of work."""

NOTHING_STORED = "No blogs are stored yet: 'bloghound crawl SITE…' or 'bloghound import WARC…' brings some."

Progress = Callable[[str, int, int | None], None]
"""Told the stage (``encode``, ``build``), what is done of it, and how much there is (None: unknown)."""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What building an index did; ``encoded_per_second`` is None when nothing was encoded.

    Of the ``posts``, ``kept`` were in the generation before as they are, and ``added`` are new or changed; ``removed``
    were there and are not, or not so. They lie in ``segments``; ``merged`` older ones were written anew.
    """

    generation: int
    bloggers: int
    posts: int
    added: int
    removed: int
    kept: int
    segments: int
    merged: int
    encoded: int
    encoded_per_second: float | None
    seconds: float


def run_index(settings: Settings, *, full: bool = False, progress: Progress | None = None) -> IndexReport:
    """Build the next generation from everything stored, and make it the current one.

    Posts that the generation before holds unchanged are taken from there, unless a ``full`` build is asked for.
    All figures that depend on time use one ``as_of``. Raises NotFoundError when nothing is stored, EncoderError when
    the model cannot be loaded.
    """
    started, as_of = time.monotonic(), utc_now()
    report = progress or (lambda _stage, _done, _total: None)
    database = open_database(settings)
    try:
        with database.read() as connection:
            posts = rankable.count_posts(connection, POSTS_PER_BLOGGER)
        if not posts:
            raise NotFoundError(NOTHING_STORED)
        encoder = Encoder.load(settings.model)
        encoded, encode_seconds = encode_new(database, encoder, settings, report)
        with database.read() as connection:
            generation = build_generation(
                settings.index_dir,
                rankable.bloggers(connection, POSTS_PER_BLOGGER),
                lambda post_ids: rankable.texts(connection, post_ids),
                lambda hashes: embeddings.load(connection, encoder.name, hashes),
                graph_columns(connection, as_of),
                encoder_name=encoder.name,
                dimensions=encoder.dimensions,
                model_languages=settings.known_languages,
                as_of=as_of,
                progress=_Counter(report, "build", posts).add,
                full=full,
            )
    finally:
        database.close()
    return IndexReport(
        generation=generation.number,
        bloggers=generation.blogger_count,
        posts=generation.post_count,
        added=generation.build.added,
        removed=generation.build.removed,
        kept=generation.build.kept,
        segments=len(generation.segments),
        merged=generation.build.merged,
        encoded=encoded,
        encoded_per_second=encoded / encode_seconds if encoded else None,
        seconds=time.monotonic() - started,
    )


def encode_new(database: Database, encoder: Encoder, settings: Settings, report: Progress) -> tuple[int, float]:
    """Encode every content that has no vector for this model; (contents encoded, seconds spent on it)."""
    languages = None if settings.known_languages is None else sorted(settings.known_languages)
    with database.read() as connection:
        wanted = rankable.newest_contents(connection, POSTS_PER_BLOGGER, languages)
        known = embeddings.known(connection, encoder.name, wanted)
    waiting = [name for name in wanted if name not in known]
    started, done = time.monotonic(), 0
    for start in range(0, len(waiting), ENCODE_AT_ONCE):
        names = waiting[start : start + ENCODE_AT_ONCE]
        report("encode", done, len(waiting))
        with database.read() as connection:
            texts = embeddings.texts_of(connection, names)
        rows = encoder.encode([passage_text(title, text) for _, title, text in texts])
        with database.transaction() as connection:
            embeddings.keep(connection, Vectors(encoder.name, tuple(name for name, _, _ in texts), rows))
        done += len(texts)
    report("encode", done, len(waiting))
    return done, max(time.monotonic() - started, 1e-9)


def graph_columns(connection: Connection, as_of: datetime) -> GraphColumns:
    """The link graph between bloggers with posts, with each one's reach; in the order of founding site keys."""
    keys = tuple(rankable.keys(connection))
    rows = {key: row for row, key in enumerate(keys)}
    row_of_site = {
        site: rows[founding] for site, founding in rankable.founding_keys(connection).items() if founding in rows
    }
    # Nothing but the matrix is wanted of millions of links, so that no edge is made of them: see `graph.build_graph`.
    sources, targets = array("q"), array("q")
    since = EDITORIAL.since(as_of)
    for source, target, rel in links.linked_sites(connection, EDITORIAL.contexts, seen_since=since):
        if source in row_of_site and target in row_of_site and EDITORIAL.admits_rel(rel):
            sources.append(row_of_site[source])
            targets.append(row_of_site[target])
    matrix = link_matrix(np.array(sources, np.int64), np.array(targets, np.int64), len(keys))
    return GraphColumns(keys, pagerank(matrix).astype(np.float32), distinct_linkers(matrix), matrix)


def between(edge: SiteEdge, owners: Mapping[str, str], keys: frozenset[str]) -> bool:
    """Whether both ends of a link between sites are bloggers of the graph; ``owners`` names each site's blogger."""
    return owners.get(edge.source_key) in keys and owners.get(edge.target_key) in keys


class _Counter:
    """Adds up what is done of a stage and reports it."""

    def __init__(self, report: Progress, stage: str, total: int) -> None:
        self._report, self._stage, self._total, self._done = report, stage, total, 0

    def add(self, number: int) -> None:
        """``number`` more are done."""
        self._done += number
        self._report(self._stage, self._done, self._total)
