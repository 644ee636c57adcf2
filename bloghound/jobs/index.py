"""Building a generation: encode what is new, weigh the link graph, write the index, switch, rank the niches anew."""

import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from bloghound.errors import NotFoundError
from bloghound.jobs import models, reranking
from bloghound.jobs.encoding import Counter, Progress, encode_new
from bloghound.jobs.reranking import RerankReport
from bloghound.records import SiteEdge
from bloghound.settings import Settings
from graph.build import EDITORIAL
from graph.centrality import distinct_linkers, pagerank
from graph.matrix import link_matrix
from ranking.encoder import Encoder
from ranking.index import build_generation
from ranking.relevance import POSTS_PER_BLOGGER
from ranking.values import GraphColumns
from storage import embeddings, links, rankable
from storage.database import Connection, open_database
from storage.tables.base import utc_now

NOTHING_STORED = "No blogs are stored yet: 'bloghound crawl SITE…' or 'bloghound import WARC…' brings some."


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
    niches: RerankReport
    """What became of the saved niches, which are ranked again in the new generation."""


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
        encoder = models.load(models.choice_of(settings), settings.device)
        encoded = encode_new(database, encoder, settings.known_languages, report)
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
                model_choice=encoder.choice,
                progress=Counter(report, "build", posts).add,
                full=full,
            )
        niches = reranking.after_build(settings, database, generation, _on_processor(encoder, settings), report)
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
