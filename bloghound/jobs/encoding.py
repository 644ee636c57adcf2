"""Encoding what has no vector yet, and looking after the vectors that are stored: several models' side by side."""

import time
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import ConflictError, NotFoundError
from bloghound.jobs import models
from bloghound.jobs.generations import generations
from bloghound.jobs.locks import locked
from bloghound.records import Vectors
from bloghound.settings import Settings
from ranking.encoder import Encoder
from ranking.encoding.ahead import made_ahead
from ranking.passages import passage_text
from ranking.relevance import POSTS_PER_BLOGGER
from storage import embeddings, unencoded
from storage.database import Connection, Database, open_database
from storage.unencoded import BloggerGroup, Wanted

IN_FLIGHT = 2
"""Steps whose vectors are not stored while the next one is read: the one that is computed, the one made ahead."""

Progress = Callable[[str, int, int | None], None]
"""Told the stage (``encode``, ``build``, ``niches``), what is done of it, and how much there is (None: unknown)."""

Content = tuple[str, str]
"""A content hash, and the passage to encode for it."""


class Counter:
    """Adds up what is done of a stage and reports it."""

    def __init__(self, report: Progress, stage: str, total: int) -> None:
        self._report, self._stage, self._total = report, stage, total
        self.done = 0

    def add(self, number: int) -> None:
        """``number`` more are done."""
        self.done += number
        self._report(self._stage, self.done, max(self._total, self.done))


class StoredVectors:
    """The stored vectors of a model by content hash, as a build asks for them; ``missing`` counts those not there."""

    def __init__(self, connection: Connection, model: str) -> None:
        self._connection, self._model = connection, model
        self.missing = 0

    def __call__(self, hashes: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        """The vectors of these contents; those without one are absent."""
        found = embeddings.load(self._connection, self._model, hashes)
        self.missing += len(set(hashes)) - len(found)
        return found


@dataclass(frozen=True, slots=True)
class EncodeReport:
    """What encoding did; ``encoded_per_second`` is None when nothing was encoded."""

    model: str
    encoded: int
    encoded_per_second: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model with vectors in the database, and what still uses it: generations' names, ``settings``."""

    model: str
    vectors: int
    used_by: tuple[str, ...]


def run_encode(settings: Settings, *, progress: Progress | None = None) -> EncodeReport:
    """Encode whatever has no vector of the model that is set, and build nothing.

    Raises EncoderError when the model or the device cannot be used.
    """
    with keeping_vectors(settings), closing(open_database(settings)) as database:
        encoder = models.load(models.choice_of(settings), settings.device)
        languages = settings.known_languages
        return encode_new(database, encoder, languages, progress or (lambda _stage, _done, _total: None))


def encode_new(
    database: Database,
    encoder: Encoder,
    languages: frozenset[str] | None,
    report: Progress,
    without: Container[int] = (),
) -> EncodeReport:
    """Encode every content of the newest posts that has no vector of this model, in steps that are stored at once.

    Bloggers (by storage id) who are known to be ``without`` such posts are not looked at.
    """
    started = time.monotonic()
    wanted = Wanted(encoder.name, POSTS_PER_BLOGGER, None if languages is None else tuple(sorted(languages)))
    with database.read() as connection:
        gaps = unencoded.gaps(connection, wanted, without=without)
    counter = Counter(report, "encode", sum(gaps.values()))
    counter.add(0)
    for contents in made_ahead(_steps(database, wanted, gaps, encoder.plan.texts)):
        rows = encoder.encode([passage for _, passage in contents], counter.add)
        with database.transaction() as connection:
            embeddings.keep(connection, Vectors(encoder.name, tuple(name for name, _ in contents), rows))
    report("encode", counter.done, counter.done)
    seconds = max(time.monotonic() - started, 1e-9)
    return EncodeReport(encoder.name, counter.done, counter.done / seconds if counter.done else None, seconds)


def _steps(database: Database, wanted: Wanted, gaps: Iterable[BloggerGroup], at_once: int) -> Iterator[list[Content]]:
    """The contents to encode, each once."""
    before: deque[frozenset[str]] = deque(maxlen=IN_FLIGHT)
    waiting: list[str] = []
    for bloggers in gaps:
        with database.read() as connection:
            names = unencoded.contents(connection, wanted, bloggers)
        # Bloggers of two groups may share a content whose vector is still on its way.
        known = frozenset(waiting).union(*before)
        waiting += [name for name in names if name not in known]
        while len(waiting) >= at_once:
            step, waiting = waiting[:at_once], waiting[at_once:]
            before.append(frozenset(step))
            yield _contents(database, step)
    if waiting:
        yield _contents(database, waiting)


def _contents(database: Database, names: list[str]) -> list[Content]:
    with database.read() as connection:
        texts = embeddings.texts_of(connection, names)
    return [(name, passage_text(title, text)) for name, title, text in texts]


def keeping_vectors(settings: Settings) -> AbstractContextManager[None]:
    """No vector is dropped from this data directory meanwhile: waits while some are. Many may hold it side by side."""
    return locked(_vectors_lock(settings), shared=True)


def _vectors_lock(settings: Settings) -> Path:
    return settings.ensure_data_dir() / "vectors.lock"


def stored_models(settings: Settings) -> list[StoredModel]:
    """The models with vectors in the database, by name; raises EncoderError when the one that is set is not there."""
    with closing(open_database(settings)) as database, database.read() as connection:
        counts = embeddings.counts(connection)
    users: dict[str, list[str]] = {models.load(models.choice_of(settings)).name: ["settings"]}
    for generation in generations(settings):
        users.setdefault(generation.model, []).append(generation.public_id)
    return [StoredModel(model, number, tuple(users.get(model, ()))) for model, number in counts.items()]


def drop_vectors(settings: Settings, model: str | None, *, progress: Progress) -> dict[str, int]:
    """Remove a model's vectors, or with None those of all models that nothing uses; how many, by model.

    Raises NotFoundError for a model without vectors, ConflictError for one that a kept generation or the settings use,
    and while vectors of whatever model are being made or read into an index.
    """
    with locked(_vectors_lock(settings), while_taken=_refuse_to_drop):
        return _drop_chosen(settings, model, progress)


def _refuse_to_drop() -> NoReturn:
    raise ConflictError("An index is being built, or posts are being encoded: drop vectors later.")


def _drop_chosen(settings: Settings, model: str | None, progress: Progress) -> dict[str, int]:
    stored = stored_models(settings)
    chosen = [one for one in stored if (not one.used_by if model is None else one.model == model)]
    if model is not None and not chosen:
        raise NotFoundError(f"No vectors of a model {model!r} are stored.")
    used = next((one for one in chosen if one.used_by), None)
    if used is not None:
        raise ConflictError(f"The vectors of {used.model} are in use by {', '.join(used.used_by)}.")
    with closing(open_database(settings)) as database:
        return {one.model: _drop(database, one, progress) for one in chosen}


def _drop(database: Database, stored: StoredModel, progress: Progress) -> int:
    counter = Counter(progress, "drop", stored.vectors)
    for keys in embeddings.key_ranges():
        with database.transaction() as connection:
            counter.add(embeddings.drop(connection, stored.model, keys))
    return counter.done
