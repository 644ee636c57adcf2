"""Ranking niches again behind the answers: one that was made or changed, and what was missed when an index opens."""

import logging
import threading
from typing import TYPE_CHECKING

from api.service import Service
from bloghound.errors import BloghoundError
from bloghound.settings import Settings
from storage.database import Database
from storage.niches import StoredNiche

if TYPE_CHECKING:
    from ranking.engine import RankingEngine

_LOG = logging.getLogger(__name__)


def rerank_niche(service: Service, niche: StoredNiche) -> None:
    """Rank a niche with the engine that is open, and keep the ranking.

    Without an open engine, or while it is older than the newest generation, it is done as soon as that is open: see
    :class:`NicheRanker`.
    """
    if service.engines.state()[0] != "ready":
        return
    from bloghound.jobs import reranking  # noqa: PLC0415 - loads the index's libraries

    try:
        reranking.rerank(service.settings, service.database, service.engines.engine(), [niche])
    except BloghoundError:
        _LOG.warning("the niche %s was not ranked after its change", niche.public_id, exc_info=True)


class _StoppingError(BloghoundError):
    """The service ends; what is not ranked is ranked when it starts again."""


class NicheRanker:
    """Ranks, whenever an engine opens, the niches that have no ranking of what they ask by now; in its own thread.

    They were made or changed while no engine was open, or while a newer generation was ranked or about to be opened.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._lock = threading.Lock()
        """Held for moments only: it guards the two fields below."""
        self._waiting: RankingEngine | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def opened(self, engine: "RankingEngine") -> None:
        """Begin to rank with an engine that was opened; returns at once. Of engines that wait the newest counts."""
        with self._lock:
            self._waiting = engine
            if self._thread is None and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._work, name="rank-niches", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Stop after the niche that is being ranked."""
        self._stopping.set()
        thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (engine := self._next()) is not None:
            self._rank(engine)

    def _next(self) -> "RankingEngine | None":
        with self._lock:
            engine, self._waiting = self._waiting, None
            if engine is None or self._stopping.is_set():
                self._thread = None
                return None
            return engine

    def _rank(self, engine: "RankingEngine") -> None:
        from bloghound.jobs import reranking  # noqa: PLC0415 - loads the index's libraries

        try:
            missed = reranking.not_ranked(self._settings, self._database, engine.generation)
            if missed:
                reranking.rerank(self._settings, self._database, engine, missed, self._go_on)
        except _StoppingError:
            return
        except Exception:  # noqa: BLE001 - no thread may end with a traceback instead of a line
            # The next engine, or the next build, ranks them.
            _LOG.warning("the niches were not ranked in %s", engine.generation.public_id, exc_info=True)

    def _go_on(self, _stage: str, _done: int, _total: int | None) -> None:
        if self._stopping.is_set():
            raise _StoppingError
