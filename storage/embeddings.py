"""Embeddings: one float16 vector for each content and model; a content seen before is never encoded again."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, exists, func, select

from bloghound.records import Vectors
from storage.tables import Embedding, Post
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_EMBEDDING, _POST = table_of(Embedding), table_of(Post)


def keep(connection: Connection, vectors: Vectors) -> None:
    """Store vectors as float16: a cosine differs from float32's by less than 1e-3."""
    rows = [
        {"content_hash": name, "model": vectors.model, "vector": row.astype(np.float16).tobytes()}
        for name, row in zip(vectors.hashes, vectors.rows, strict=True)
    ]
    upsert(connection, _EMBEDDING, rows, key=["content_hash", "model"], update=["vector"])


def load(connection: Connection, model: str, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
    """Vectors by content hash; contents without one are absent."""
    found: dict[str, NDArray[np.float32]] = {}
    for batch in batches(sorted(set(hashes))):
        query = select(_EMBEDDING.c.content_hash, _EMBEDDING.c.vector).where(
            _EMBEDDING.c.model == model, _EMBEDDING.c.content_hash.in_(batch)
        )
        for name, raw in connection.execute(query):
            found[name] = np.frombuffer(raw, dtype=np.float16).astype(np.float32)
    return found


def counts(connection: Connection) -> dict[str, int]:
    """How many vectors of each model are stored, by the model's name."""
    query = select(_EMBEDDING.c.model, func.count()).group_by(_EMBEDDING.c.model).order_by(_EMBEDDING.c.model)
    return {str(model): number for model, number in connection.execute(query)}


def texts_of(connection: Connection, hashes: Sequence[str]) -> list[tuple[str, str, str]]:
    """Content hash, title and text of contents, in the order of their hashes."""
    found: list[tuple[str, str, str]] = []
    for batch in batches(sorted(set(hashes))):
        query = (
            select(_POST.c.content_hash, func.max(_POST.c.title), func.max(_POST.c.text))
            .where(_POST.c.content_hash.in_(batch))
            .group_by(_POST.c.content_hash)
            .order_by(_POST.c.content_hash)
        )
        found.extend((row[0], row[1], row[2]) for row in connection.execute(query))
    return found


def drop_orphans(connection: Connection) -> int:
    """Remove vectors of contents that no post has any more; how many."""
    used = exists().where(_POST.c.content_hash == _EMBEDDING.c.content_hash)
    return connection.execute(delete(_EMBEDDING).where(~used)).rowcount


def key_ranges() -> Iterator[tuple[str, str | None]]:
    """Ranges of content hashes, from the first to before the second (None: to the end): 256 of about the same size."""
    bounds = ["", *(f"{number:02x}" for number in range(1, 256))]
    yield from zip(bounds, [*bounds[1:], None], strict=True)


def drop(connection: Connection, model: str, keys: tuple[str, str | None]) -> int:
    """Remove a model's vectors of contents in a range of hashes; how many. Ranges keep other writers' waits short."""
    first, end = keys
    chosen = delete(_EMBEDDING).where(_EMBEDDING.c.model == model, _EMBEDDING.c.content_hash >= first)
    return connection.execute(chosen if end is None else chosen.where(_EMBEDDING.c.content_hash < end)).rowcount
