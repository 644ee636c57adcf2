"""How every process logs: one record a line, as text or JSON, to standard error or to the data directory's log file.

What is logged may quote strangers' pages, so nothing in a record can end its line, drive a terminal, or carry a secret.
Central names: :func:`set_up_logging`, :func:`remove_records`.
"""

import fcntl
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from bloghound.errors import StorageError
from bloghound.settings import Settings

LOG_NAME = "crawl.log"
"""The file of the data directory in which crawling processes log, whose terminal belongs to the live view."""
EVENT_FIELDS = ("crawl", "site", "host", "outcome", "pages", "seconds")
"""What a record may say besides its sentence, given as ``extra`` to the logger."""

MAX_LOG_BYTES = 10 * 2**20
"""The file is then put aside as ``crawl.log.1``, over the one before: a visit is one line of some 200 bytes, so both
hold the last 50,000 visits at least."""
_MAX_MESSAGE_CHARS = 2_000
"""As long as the longest address that is fetched; an error of the database can quote a whole page."""
_MAX_TRACE_CHARS = 8_000
"""The end of a traceback names the error; a deep recursion has thousands of lines before it."""
_CONTINUATION = "    | "
"""Begins each further line of a text record, so that no quoted text passes for a record."""

# Our own sentences about visits are worth keeping; of libraries only what is wrong.
_OWN_LOGGERS = ("api", "bloghound", "crawler", "graph", "ranking", "storage")
_SECRETS = (
    (re.compile(r"(\w{1,20}://)[^\s/@]{0,200}:[^\s/@]{0,200}@"), r"\1***@"),
    (
        re.compile(
            r"([?&][\w.-]{0,40}(?:token|key|secret|password|passwd|pwd|sig|signature|auth|session|sid|code)=)[^&\s#'\"]+",
            re.IGNORECASE,
        ),
        r"\1***",
    ),
    (re.compile(r"(authorization\W{1,5}(?:bearer|basic)\s+)[^\s'\"]+", re.IGNORECASE), r"\1***"),
    (re.compile(r"\b(bh_live_)\w+"), r"\1***"),
)


def set_up_logging(settings: Settings, role: str, *, to_file: bool = False) -> None:
    """Let this process, which is a ``role`` (crawl, serve, worker), log as the settings say.

    ``to_file`` chooses the data directory's log file; several processes may write it at once.
    """
    handler = SharedFile(settings.ensure_data_dir() / LOG_NAME) if to_file else _StandardError()
    handler.setFormatter(JsonFormatter(role) if settings.log_format == "json" else TextFormatter(role))
    handler.addFilter(_is_worth_a_line)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OWN_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Whatever level a library sets for its loggers."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] in _OWN_LOGGERS


# What a record says


class JsonFormatter(logging.Formatter):
    """One JSON object a line, in ASCII: time (UTC), level, logger, role, process, message, fields, exception."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, without its end."""
        return json.dumps(_event(record, self._role))


class TextFormatter(logging.Formatter):
    """``TIME ROLE PROCESS LEVEL LOGGER: MESSAGE [FIELD=VALUE …]``, then a traceback on indented lines."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The record's lines, without the last one's end."""
        event = _event(record, self._role)
        fields = " ".join(f"{name}={_one_line(str(event[name]))}" for name in EVENT_FIELDS if name in event)
        head = f"{event['time']} {event['role']} {event['process']} {event['level']} {event['logger']}: "
        line = head + _one_line(event["message"]) + (f" [{fields}]" if fields else "")
        trace = event["exception"].split("\n") if "exception" in event else []
        return "\n".join([line, *(_CONTINUATION + _one_line(part) for part in trace)])


def _event(record: logging.LogRecord, role: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        "role": role,
        "process": record.process,
        "message": _short(record.getMessage(), _MAX_MESSAGE_CHARS),
    }
    for name in EVENT_FIELDS:
        value = getattr(record, name, None)
        if value is not None:
            event[name] = value if isinstance(value, int | float) else _short(str(value), _MAX_MESSAGE_CHARS)
    if record.exc_info:
        trace = logging.Formatter().formatException(record.exc_info)
        event["exception"] = without_secrets(trace[-_MAX_TRACE_CHARS:])
    return event


def _short(text: str, max_chars: int) -> str:
    """``text`` without secrets, cut; cut before as well, since looking for them costs time by length."""
    shown = without_secrets(text[: 2 * max_chars])
    return shown if len(shown) <= max_chars else f"{shown[:max_chars]}…"


def without_secrets(text: str) -> str:
    """``text`` with passwords, tokens and keys of addresses, and keys of our own, replaced by ``***``."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _one_line(text: str) -> str:
    """``text`` without what ends a line or drives a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


# Where records go


class _StandardError(logging.StreamHandler[Any]):
    """Writes to what is standard error at the time: a live view stands in for it while it is shown."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        self.stream = sys.stderr
        super().emit(record)


class SharedFile(logging.Handler):
    """Appends to a file that other processes append to, put aside, and rewrite as well.

    It is opened for each record and locked: there are few, and no process can keep writing to a file put aside.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_LOG_BYTES) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Append the record; where even that cannot be written, the disk is full, and the crawl will say so."""
        try:
            line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
        except Exception:  # noqa: BLE001 - a call whose arguments do not fit its message must not end what it tells of
            self.handleError(record)
            return
        with suppress(OSError):
            with _locked(self._path) as log:
                if os.fstat(log.fileno()).st_size + len(line) <= self._max_bytes:
                    log.write(line)
                    return
                self._path.replace(_aside(self._path))
            with _locked(self._path) as log:
                log.write(line)


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    """The file at ``path``, made if absent, to be read and appended to, with nobody else writing."""
    while True:
        with path.open("a+b") as log:
            fcntl.flock(log, fcntl.LOCK_EX)
            if _is_at(log, path):
                yield log
                return


def _is_at(log: IO[bytes], path: Path) -> bool:
    """Whether an open file is still the one at ``path``, which another process may have put aside."""
    try:
        return os.path.samestat(os.fstat(log.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.1")


# Forgetting


def remove_records(settings: Settings, is_meant: Callable[[str], bool]) -> int:
    """Take the records whose text ``is_meant`` out of the log file and the one put aside; how many lines there were.

    Processes that are logging go on undisturbed. Raises StorageError when a file cannot be rewritten.
    """
    log = settings.data_dir / LOG_NAME
    return sum(_remove_from(path, is_meant) for path in (log, _aside(log)) if path.exists())


def _remove_from(path: Path, is_meant: Callable[[str], bool]) -> int:
    try:
        with _locked(path) as log:
            log.seek(0)
            records = list(_records([line.decode("utf-8", "surrogateescape") for line in log.readlines()]))
            kept = [record for record in records if not is_meant(_words(record))]
            if len(kept) < len(records):
                log.truncate(0)
                log.write("".join(line for record in kept for line in record).encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise StorageError(f"The log {path} cannot be rewritten: {error.strerror}.") from error
    return sum(map(len, records)) - sum(map(len, kept))


def _records(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of each record; whoever is named in a traceback is named by its record."""
    record: list[str] = []
    for line in lines:
        if record and not line.startswith(_CONTINUATION):
            yield record
            record = []
        record.append(line)
    if record:
        yield record


def _words(record: Sequence[str]) -> str:
    """What a record says: of a JSON line its values, since escapes would stick to the names between them."""
    text = "".join(record)
    with suppress(ValueError):
        event = json.loads(text)
        if isinstance(event, dict):
            return "\n".join(str(value) for value in event.values())
    return text
