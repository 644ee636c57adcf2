"""Building a generation: encode what is new, weigh the link graph, write the index, switch, rank the niches anew."""

import logging
import time
from array import array
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat

import numpy as np

from bloghound.errors import BloghoundError, NotFoundError
from bloghound.jobs import models, reranking
from bloghound.jobs.encoding import Counter, Progress, StoredVectors, encode_new, keeping_vectors
from bloghound.jobs.reranking import RerankReport
from bloghound.records import BloggerOutline
from bloghound.settings import Settings
from graph.build import EDITORIAL
from graph.centrality import distinct_linkers, pagerank
from graph.matrix import link_matrix
from ranking.encoder import Encoder
from ranking.index import Generation, StoredBloggers, build_generation, complete_bloggers, exclusive, layout
from ranking.relevance import POSTS_PER_BLOGGER
from ranking.values import GraphColumns
from storage import changes, links, rankable, suppressions
from storage import posts as stored_posts
from storage.database import Connection, Database, open_database
from storage.suppressions import Suppressions
from storage.tables.base import utc_now

NOTHING_STORED = "No blogs are stored yet: 'bloghound crawl SITE…' or 'bloghound import WARC…' brings some."

_LOG = logging.getLogger(__name__)


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
    unencoded: int
    """Contents that could have a vector and have none: stored meanwhile. The next build encodes them."""
    seconds: float
    niches: RerankReport
    """What became of the saved niches, which are ranked again in the new generation."""
    niches_problem: str = ""
    """Why they could not be ranked; empty when they could. The generation serves all the same."""


def run_index(settings: Settings, *, full: bool = False, progress: Progress | None = None) -> IndexReport:
    """Build the next generation from everything stored, and make it the current one.

    Posts that the generation before holds unchanged are taken from there, unless a ``full`` build is asked for.
    All figures that depend on time use one ``as_of``. Where nothing is left of what an index holds, an empty generation
    takes its place. Raises NotFoundError when nothing is stored and there is no index either, EncoderError when the
    model is not there, or cannot be read where something is to be encoded.
    """
    started = time.monotonic()
    report = progress or (lambda _stage, _done, _total: None)
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            changes.fold(connection)
        with database.read() as connection:
            outlines = rankable.outlines(connection, _suppressed(connection, settings))
        posts = sum(min(one.posts, POSTS_PER_BLOGGER) for one in outlines)
        if not posts and not layout.numbers(settings.index_dir):
            raise NotFoundError(NOTHING_STORED)
        encoder = models.load(models.choice_of(settings), settings.device)
        with keeping_vectors(settings):
            complete = () if full else _complete(settings, encoder, outlines)
            encoded = encode_new(database, encoder, settings.known_languages, report, without=complete)
            generation, unencoded = _build(settings, database, encoder, Counter(report, "build", posts).add, full=full)
        niches, niches_problem = _rank_niches(settings, database, generation, encoder, report)
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
        unencoded=unencoded,
        seconds=time.monotonic() - started,
        niches=niches,
        niches_problem=niches_problem,
    )


def _build(
    settings: Settings, database: Database, encoder: Encoder, progress: Callable[[int], None], *, full: bool
) -> tuple[Generation, int]:
    """The new generation, and how many contents came into it without the vector that they could have."""
    # The index first, then the database: who waits for another build, or for somebody to be forgotten, must see what
    # the store says afterwards.
    with exclusive(settings.index_dir) as held, database.read() as connection:
        suppressed, as_of = _suppressed(connection, settings), utc_now()
        outlines = rankable.outlines(connection, suppressed)
        vectors = StoredVectors(connection, encoder.name)
        generation = build_generation(
            held,
            StoredBloggers(outlines, lambda chosen: rankable.bloggers(connection, chosen, POSTS_PER_BLOGGER)),
            lambda post_ids: rankable.texts(connection, post_ids),
            vectors,
            graph_columns(connection, as_of, [one.site_key for one in outlines]),
            reserved=lambda post_ids: stored_posts.reserved_among(connection, post_ids),
            encoder_name=encoder.name,
            dimensions=encoder.dimensions,
            model_languages=settings.known_languages,
            as_of=as_of,
            model_choice=encoder.choice,
            progress=progress,
            full=full,
        )
    return generation, vectors.missing


def _complete(settings: Settings, encoder: Encoder, outlines: Sequence[BloggerOutline]) -> frozenset[int]:
    """The bloggers with whose posts nothing is to be done, since the current generation has them as they are."""
    return complete_bloggers(
        settings.index_dir,
        outlines,
        encoder_name=encoder.name,
        dimensions=encoder.dimensions,
        model_languages=settings.known_languages,
    )


def _suppressed(connection: Connection, settings: Settings) -> Suppressions:
    return suppressions.load(connection, settings.secret_key())


def _rank_niches(
    settings: Settings, database: Database, generation: Generation, encoder: Encoder, report: Progress
) -> tuple[RerankReport, str]:
    """What became of the saved niches, and why they could not be ranked at all: the generation serves already."""
    try:
        found = reranking.after_build(settings, database, generation, lambda: _on_processor(encoder, settings), report)
    except Exception as error:  # noqa: BLE001 - whatever it is, what was built is built and serves
        _LOG.warning("the saved niches could not be ranked in %s", generation.public_id, exc_info=True)
        return RerankReport(), str(error) if isinstance(error, BloghoundError) else f"{type(error).__name__}: {error}"
    return found, ""


def _on_processor(encoder: Encoder, settings: Settings) -> Encoder:
    """The same model where the service reads briefs, so that rankings are the same to the last bit."""
    return encoder if settings.device == "cpu" else models.load(encoder.choice)


def graph_columns(connection: Connection, as_of: datetime, keys: Sequence[str]) -> GraphColumns:
    """The link graph between the bloggers with these founding site keys, with each one's reach, in their order."""
    rows = {key: row for row, key in enumerate(keys)}
    row_of_site = {
        site: rows[founding] for site, founding in rankable.founding_keys(connection).items() if founding in rows
    }
    # Nothing but the matrix is wanted of millions of links, so that no edge is made of them: see `graph.build_graph`.
    sources, targets = array("q"), array("q")
    since = EDITORIAL.since(as_of)
    for source, rel, target_keys in links.linked_sites(connection, EDITORIAL.contexts, seen_since=since):
        if source in row_of_site and EDITORIAL.admits_rel(rel):
            found = [row_of_site[key] for key in target_keys if key in row_of_site]
            targets.extend(found)
            sources.extend(repeat(row_of_site[source], len(found)))
    matrix = link_matrix(np.array(sources, np.int64), np.array(targets, np.int64), len(keys))
    return GraphColumns(tuple(keys), pagerank(matrix).astype(np.float32), distinct_linkers(matrix), matrix)
