"""Building a generation: encode what is new, weigh the link graph, write the index beside the old one, switch."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import NotFoundError
from bloghound.records import SiteEdge, Vectors
from bloghound.settings import Settings
from graph.build import GraphNode, build_graph
from graph.centrality import distinct_linkers, pagerank
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
    """What building an index did; ``encoded_per_second`` is None when nothing was encoded."""

    generation: int
    bloggers: int
    posts: int
    encoded: int
    encoded_per_second: float | None
    seconds: float


def run_index(settings: Settings, *, progress: Progress | None = None) -> IndexReport:
    """Build the next generation from everything stored, and make it the current one.

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
                lambda hashes: _vectors(database, encoder.name, hashes),
                graph_columns(connection, as_of),
                encoder_name=encoder.name,
                dimensions=encoder.dimensions,
                model_languages=settings.known_languages,
                as_of=as_of,
                progress=_Counter(report, "build", posts).add,
            )
    finally:
        database.close()
    return IndexReport(
        generation=generation.number,
        bloggers=generation.blogger_count,
        posts=generation.post_count,
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
    known = frozenset(keys)
    nodes = [GraphNode(key) for key in keys]
    owners = rankable.founding_keys(connection)
    edges = (edge for edge in links.site_edges(connection) if between(edge, owners, known))
    matrix = build_graph(edges, nodes, bloggers=owners, as_of=as_of).matrix
    return GraphColumns(keys, pagerank(matrix).astype(np.float32), distinct_linkers(matrix), matrix)


def between(edge: SiteEdge, owners: Mapping[str, str], keys: frozenset[str]) -> bool:
    """Whether both ends of a link between sites are bloggers of the graph; ``owners`` names each site's blogger."""
    return owners.get(edge.source_key) in keys and owners.get(edge.target_key) in keys


def _vectors(database: Database, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
    with database.read() as connection:
        return embeddings.load(connection, model, hashes)


class _Counter:
    """Adds up what is done of a stage and reports it."""

    def __init__(self, report: Progress, stage: str, total: int) -> None:
        self._report, self._stage, self._total, self._done = report, stage, total, 0

    def add(self, number: int) -> None:
        """``number`` more are done."""
        self._done += number
        self._report(self._stage, self._done, self._total)
