"""The ranking engines of a running service: the current generation's, and those that cursors still point to.

The model and the index open in a thread of their own, so that the service answers at once; a newer generation opens
the same way while the old one goes on serving, each with the model that it was built with. torch, numpy's heavier
friends and the index are imported in that thread only.
"""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple
from weakref import WeakKeyDictionary

from bloghound.errors import BloghoundError, GoneError, IndexMissingError, NotFoundError
from bloghound.settings import Settings
from storage import suppressions
from storage.database import Database

if TYPE_CHECKING:
    from bloghound.jobs.models import Encoders
    from ranking.engine import RankingEngine

State = Literal["ready", "warming", "no_index", "failed"]

CHECK_SECONDS = 1.0
"""How often the index folder is looked at for a newer generation: two calls of stat."""

RETRY_SECONDS = 10.0
"""After a failure that may pass, such as a folder that could not be read."""

WAIT_SECONDS = 60.0
"""How long a question waits for the first engine: some six times what opening takes on two busy cores."""

MAX_OPEN = 3
"""Engines kept open; as many generations as are kept on disk (:data:`ranking.index.build.KEPT_GENERATIONS`)."""

_NAME = re.compile(r"gen_([0-9]{6,18})")
_DIGITS = re.compile(r"[0-9]{1,18}")
WARMING = "The model and the index are being opened."

Facts = tuple[int, int, int] | None
"""Of a file: inode, size and time of change; None when it is not there."""


class Opened(NamedTuple):
    """An engine, and the facts of its generation's ``meta.json`` from before it was opened."""

    meta: Facts
    engine: "RankingEngine"


class Engines:
    """Opens engines in the background, swaps to a newer generation, and keeps a few older ones; thread-safe.

    ``opened`` is called with each engine that becomes the current one.
    """

    def __init__(self, settings: Settings, opened: "Callable[[RankingEngine], None] | None" = None) -> None:
        self._settings = settings
        self._opened = opened
        self._lock = threading.Lock()
        """Held for moments only: it guards the fields below."""
        self._opening_older = threading.Lock()
        """Held while an older generation opens, so that two questions do not open it twice."""
        self._settled = threading.Event()
        """Set once the first attempt to open the current generation has ended."""
        self._thread: threading.Thread | None = None
        self._encoders: Encoders | None = None
        self._current: Opened | None = None
        self._error: BloghoundError | None = None
        self._seen: tuple[Facts, Facts] | None = None
        self._next_check = 0.0
        self._retry_at = float("inf")
        self._older: dict[int, Opened] = {}
        self._hidden: WeakKeyDictionary[RankingEngine, tuple[tuple[int, str], frozenset[str]]] = WeakKeyDictionary()

    def start_warming(self) -> None:
        """Begin to open the current generation; returns at once."""
        with self._lock:
            self._begin_opening(self._facts())

    def close(self) -> None:
        """Wait for an opening that is under way and let go of all engines."""
        thread = self._thread
        if thread is not None:
            thread.join()
        with self._lock:
            self._current, self._older = None, {}

    def state(self) -> tuple[State, str]:
        """Whether questions can be answered, and if not, why; never waits."""
        self._look()
        with self._lock:
            if self._current is not None:
                return "ready", ""
            if self._error is None:
                return "warming", WARMING
            missing = isinstance(self._error, IndexMissingError)
            return ("no_index" if missing else "failed"), str(self._error)

    def engine(self, generation: str | None = None) -> "RankingEngine":
        """The engine of that generation (``gen_000012``), or of the current one.

        Waits for the first engine after a start. Raises IndexMissingError, IndexDamagedError or EncoderError when there
        is none, GoneError for a generation that was replaced, NotFoundError for one that there never was.
        """
        current = self._engine_of_current()
        if generation is None or generation == current.generation.public_id:
            return current
        match = _NAME.fullmatch(generation)
        number = int(match.group(1)) if match else 0
        if not number >= 1 or generation != f"gen_{number:06d}":
            raise NotFoundError(f"There is no generation {generation!r}.")
        return self._older_engine(number, current)

    def hidden(self, engine: "RankingEngine", database: Database) -> frozenset[str]:
        """Public ids of the engine's bloggers who opted out since it was built, or were forgotten.

        Comparing a large index with the list takes 0.2 s, so it is done once per engine and state of the list.
        """
        from bloghound.jobs import ranking as job  # noqa: PLC0415 - loads the index's libraries

        secret_key = self._settings.secret_key()
        with database.read() as connection:
            state = suppressions.state(connection)
            if not state[0]:
                return frozenset()
            known, found = self._hidden.get(engine, (None, frozenset[str]()))
            if known == state:
                return found
            suppressed = suppressions.load(connection, secret_key)
        found = job.suppressed_bloggers(engine, suppressed)
        self._hidden[engine] = (state, found)
        return found

    def _engine_of_current(self) -> "RankingEngine":
        self._look()
        if not self._settled.wait(WAIT_SECONDS):
            raise IndexMissingError(WARMING)
        with self._lock:
            if self._current is None:
                raise _again(self._error or IndexMissingError(WARMING))
            return self._current.engine

    def _look(self) -> None:
        """Begin to open a generation when there is a newer one, or when a failure is to be tried again."""
        now = time.monotonic()
        if now < self._next_check:
            return
        with self._lock:
            if now < self._next_check:
                return
            self._next_check = now + CHECK_SECONDS
            seen = self._facts()
            if seen != self._seen or now >= self._retry_at:
                self._begin_opening(seen)

    def _begin_opening(self, seen: tuple[Facts, Facts]) -> None:
        """The caller holds the lock. An opening that is under way is left to end: the next look follows it."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._seen, self._retry_at = seen, float("inf")
        self._thread = threading.Thread(target=self._open_current, name="open-index", daemon=True)
        self._thread.start()

    def _open_current(self) -> None:
        try:
            opened, error = self._open(None), None
        except BloghoundError as failure:
            opened, error = None, failure
        except Exception as failure:  # noqa: BLE001 - the thread must not end without an answer to those who wait
            opened, error = None, BloghoundError(f"The index could not be opened: {failure!r}.")
        with self._lock:
            self._error = error
            if opened is not None:
                self._keep_replaced(opened)
                self._current = opened
            elif not isinstance(error, IndexMissingError):
                self._retry_at = time.monotonic() + RETRY_SECONDS
        self._settled.set()
        if opened is not None and self._opened is not None:
            self._opened(opened.engine)

    def _open(self, number: int | None) -> Opened:
        from bloghound.jobs import ranking as job  # noqa: PLC0415 - loads torch and the index's libraries
        from bloghound.jobs.models import Encoders  # noqa: PLC0415 - the same

        meta = _facts_of(self._meta_file(number or self._pointed_at()))
        with self._lock:
            encoders = self._encoders = self._encoders or Encoders(self._settings)
        engine = job.open_engine(self._settings, number, encoders)
        job.warm(engine)
        return Opened(meta, engine)

    def _keep_replaced(self, successor: Opened) -> None:
        """Keep the engine that is being replaced for the cursors that point to it; the caller holds the lock.

        Not where it is the same generation, rewritten because a blogger was forgotten.
        """
        replaced = self._current
        if replaced is not None and replaced.engine.generation.number != successor.engine.generation.number:
            self._keep(replaced)

    def _keep(self, opened: Opened) -> None:
        number = opened.engine.generation.number
        self._older.pop(number, None)
        self._older[number] = opened
        while len(self._older) > MAX_OPEN - 1:
            del self._older[next(iter(self._older))]

    def _older_engine(self, number: int, current: "RankingEngine") -> "RankingEngine":
        with self._opening_older:
            on_disk = _facts_of(self._meta_file(number))
            if on_disk is None:
                raise _gone_or_unknown(number, current.generation.number)
            with self._lock:
                kept = self._older.get(number)
            if kept is not None and kept.meta == on_disk:  # forgetting a blogger rewrites the file
                return kept.engine
            try:
                opened = self._open(number)
            except IndexMissingError as error:
                raise GoneError(f"The generation gen_{number:06d} cannot be searched any more: {error}") from error
            with self._lock:
                self._keep(opened)
            return opened.engine

    def _facts(self) -> tuple[Facts, Facts]:
        """What changes when another generation becomes the current one, or when the current one is rewritten."""
        return _facts_of(self._settings.index_dir / "CURRENT"), _facts_of(self._meta_file(self._pointed_at()))

    def _pointed_at(self) -> int:
        """The number in ``CURRENT``, 0 when there is none; read here, since the index's own reader loads scipy."""
        try:
            name = (self._settings.index_dir / "CURRENT").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return 0
        return int(name) if _DIGITS.fullmatch(name) else 0

    def _meta_file(self, number: int) -> Path:
        return self._settings.index_dir / f"{number:06d}" / "meta.json"


def _facts_of(path: Path) -> Facts:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _gone_or_unknown(number: int, current: int) -> BloghoundError:
    name = f"gen_{number:06d}"
    if number < current:
        return GoneError(f"The generation {name} was replaced; ask again without it, or without the cursor.")
    return NotFoundError(f"There is no generation {name!r}.")


def _again(error: BloghoundError) -> BloghoundError:
    """The same error as a new object: one that several threads raise would gather all their tracebacks."""
    return type(error)(str(error))
