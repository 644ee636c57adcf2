"""Building a generation: encode what is new, weigh the link graph, write the index, switch, rank the niches anew."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import NotFoundError
from bloghound.jobs import models, reranking
from bloghound.jobs.encoding import Counter, Progress, encode_new
from bloghound.jobs.reranking import RerankReport
from bloghound.records import SiteEdge
from bloghound.settings import Settings
from graph.build import GraphNode, build_graph
from graph.centrality import distinct_linkers, pagerank
from ranking.encoder import Encoder
from ranking.index import build_generation
from ranking.relevance import POSTS_PER_BLOGGER
from ranking.values import GraphColumns
from storage import embeddings, links, rankable
from storage.database import Connection, Database, open_database
from storage.tables.base import utc_now

NOTHING_STORED = "No blogs are stored yet: 'bloghound crawl SITE…' or 'bloghound import WARC…' brings some."


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What building an index did; ``encoded_per_second`` is None when nothing was encoded."""

    generation: int
    bloggers: int
    posts: int
    encoded: int
    encoded_per_second: float | None
    seconds: float
    niches: RerankReport
    """What became of the saved niches, which are ranked again in the new generation."""


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
        encoder = models.load(models.choice_of(settings), settings.device)
        encoded = encode_new(database, encoder, settings.known_languages, report)
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
                model_choice=encoder.choice,
                progress=Counter(report, "build", posts).add,
            )
        niches = reranking.after_build(settings, database, generation, _on_processor(encoder, settings), report)
    finally:
        database.close()
    return IndexReport(
        generation=generation.number,
        bloggers=generation.blogger_count,
        posts=generation.post_count,
        encoded=encoded.encoded,
        encoded_per_second=encoded.encoded_per_second,
        seconds=time.monotonic() - started,
        niches=niches,
    )


def _on_processor(encoder: Encoder, settings: Settings) -> Encoder:
    """The same model where the service reads briefs, so that rankings are the same to the last bit."""
    return encoder if settings.device == "cpu" else models.load(encoder.choice)


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
