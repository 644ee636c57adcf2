"""A file of figures line by line: CSV as RFC 4180 has it, and what each line means. No database, no network."""

import codecs
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import BinaryIO

from bloghound.errors import AddressError, ImportFileError, InputError
from bloghound.jobs.naming import named_site
from bloghound.records import EngagementKind
from bloghound.urls import canonical_url, shorten
from storage.imported_metrics import ImportedFigure

COLUMNS = ("profile_url", "blog", "post_url", "metric", "value", "date", "source")
SITE_METRICS = frozenset({"followers", "following", "posts"})
POST_METRICS = frozenset({EngagementKind.COMMENTS, EngagementKind.LIKES, EngagementKind.SHARES, EngagementKind.VIEWS})

MAX_LINE_BYTES = 16 * 1024
"""Two addresses of 2,000 characters, escaped, and five short columns are half of this."""

MAX_RECORD_LINES = 10
"""No column holds a text of several lines; a record that goes on for longer has a quote that is never closed."""

MAX_SOURCE_CHARS = 200
EARLIEST = datetime(1994, 1, 1, tzinfo=UTC)
"""The first blogs; a figure of an older day has a typing mistake in its year."""

_NUMBER = re.compile(r"[0-9]{1,15}")
"""Up to a thousand times the views of everything that was ever shown."""


@dataclass(frozen=True, slots=True)
class MetricLine:
    """A line's number (the first is 1) and its cells."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not taken: why, as a word to count by and as a sentence."""

    number: int
    refusal: str
    message: str


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns as they stand in the file, and whose the figures without a source are."""

    names: tuple[str, ...]
    default_source: str

    def by_name(self, line: MetricLine) -> Mapping[str, str]:
        """A line's cells without the white space around them."""
        return dict(zip(self.names, (cell.strip() for cell in line.cells), strict=True))


def metric_lines(file: BinaryIO, *, default_source: str = "") -> tuple[Header, Iterator[MetricLine | BadLine]]:
    """The header of a file and the lines after it, read as they are asked for; empty lines are left out.

    Raises ImportFileError when the header names unknown columns, lacks needed ones, or cannot be read.
    """
    records = _records(_decoded(file))
    first = next(records, None)
    if first is None:
        raise ImportFileError("The file is empty; its first line names the columns.")
    if isinstance(first, BadLine):
        raise ImportFileError(f"The header, line {first.number}, cannot be read: {first.message}.")
    header = _header(first, default_source)
    return header, (_of_right_width(header, record) for record in records)


def _header(line: MetricLine, default_source: str) -> Header:
    names = tuple(cell.strip().lower() for cell in line.cells)
    unknown = [shorten(cell) for cell, name in zip(line.cells, names, strict=True) if name not in COLUMNS]
    if unknown:
        raise ImportFileError(
            f"Unknown columns: {', '.join(map(repr, unknown))}; there are {', '.join(COLUMNS)}, separated by commas."
        )
    if len(set(names)) < len(names):
        raise ImportFileError(f"The header names a column twice: {', '.join(names)}.")
    missing = [name for name in ("metric", "value", "date") if name not in names]
    if missing:
        raise ImportFileError(f"The header lacks {', '.join(missing)}.")
    if not {"profile_url", "blog", "post_url"} & set(names):
        raise ImportFileError("The header names no column of addresses: profile_url, blog or post_url.")
    if "source" not in names and not default_source.strip():
        raise ImportFileError("Nothing says whose figures these are: add a column source, or name it for all of them.")
    return Header(names, _source(default_source) if default_source.strip() else "")


def _of_right_width(header: Header, line: MetricLine | BadLine) -> MetricLine | BadLine:
    if isinstance(line, MetricLine) and len(line.cells) != len(header.names):
        counted = f"it has {len(line.cells)} columns, the header {len(header.names)}"
        return BadLine(line.number, "unreadable", counted)
    return line


def _decoded(file: BinaryIO) -> Iterator[tuple[int, str | None]]:
    """Numbered lines with their ends; None for one that is too long or no UTF-8."""
    number = 0
    while content := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number == 1:
            content = content.removeprefix(codecs.BOM_UTF8)
        if len(content) > MAX_LINE_BYTES:
            while content and not content.endswith(b"\n"):
                content = file.readline(MAX_LINE_BYTES)
            yield number, None
            continue
        try:
            yield number, content.decode("utf-8")
        except UnicodeDecodeError:
            yield number, None


def _records(lines: Iterator[tuple[int, str | None]]) -> Iterator[MetricLine | BadLine]:
    """The records of a file; a quote that is never closed costs its own line and not the rest of the file."""
    waiting: list[tuple[int, str | None]] = []
    while True:
        line = waiting.pop(0) if waiting else next(lines, None)
        if line is None:
            return
        number, text = line
        if text is None:
            yield BadLine(number, "unreadable", f"it is no UTF-8 text, or longer than {MAX_LINE_BYTES:,} bytes")
        elif text.strip():
            following: list[tuple[int, str | None]] = []
            while _is_open(text, following) and len(following) < MAX_RECORD_LINES:
                further = waiting.pop(0) if waiting else next(lines, None)
                if further is None:
                    break
                following.append(further)
            if _is_open(text, following):
                waiting = following + waiting
                yield BadLine(number, "unreadable", "a quote is not closed")
            else:
                yield _record(number, text + "".join(part or "" for _, part in following))


def _is_open(text: str, following: list[tuple[int, str | None]]) -> bool:
    """Whether a quote is open at the end; an unreadable line never closes one."""
    quotes = text.count('"') + sum((part or "").count('"') for _, part in following)
    return quotes % 2 == 1 or any(part is None for _, part in following)


def _record(number: int, text: str) -> MetricLine | BadLine:
    try:
        rows = list(csv.reader([text], strict=True))
    except csv.Error as error:
        return BadLine(number, "unreadable", f"it is no CSV: {error}")
    return MetricLine(number, tuple(rows[0]))


def figure_of(header: Header, line: MetricLine, *, now: datetime) -> ImportedFigure | BadLine:
    """What a line means, or why it cannot be taken."""
    cells = header.by_name(line)
    try:
        urls = {name: _address(name, cells.get(name, "")) for name in ("profile_url", "blog", "post_url")}
        _check_subject(urls)
        return ImportedFigure(
            metric=_metric(cells["metric"].lower(), of_post=urls["post_url"] is not None),
            value=_value(cells["value"]),
            observed_at=_moment(cells["date"], now),
            source=_source(cells.get("source") or header.default_source),
            **urls,
        )
    except InputError as error:
        return BadLine(line.number, "wrong_value", str(error).rstrip("."))


def _address(column: str, text: str) -> str | None:
    if not text:
        return None
    try:
        return named_site(text).home_url if column == "blog" else canonical_url(text)
    except AddressError as error:
        raise InputError(f"{column}: {error}") from error


def _check_subject(urls: Mapping[str, str | None]) -> None:
    if urls["post_url"] is not None and urls["profile_url"] is not None:
        raise InputError("it names both a post and a profile; a figure is of one of them")
    if not any(urls.values()):
        raise InputError("it names no profile_url, blog or post_url")


def _metric(name: str, *, of_post: bool) -> str:
    allowed = POST_METRICS if of_post else SITE_METRICS
    if name not in allowed:
        whose = "a post" if of_post else "a profile or blog"
        raise InputError(f"metric: {shorten(name)!r} is no figure of {whose}, which are {', '.join(sorted(allowed))}")
    return name


def _value(text: str) -> int:
    if not _NUMBER.fullmatch(text):
        raise InputError(f"value: {shorten(text)!r} is no whole number of at most 15 digits without separators")
    return int(text)


def _moment(text: str, now: datetime) -> datetime:
    """The time that is meant: a day begins at midnight UTC, and a time without a zone is in UTC."""
    try:
        moment = datetime.combine(datetime.fromisoformat(text), time(), UTC) if len(text) == 10 else _exact(text)
    except (ValueError, OverflowError) as error:
        raise InputError(f"date: {shorten(text)!r} is no ISO date such as 2026-05-31") from error
    if not EARLIEST <= moment <= now:
        when = "in the future" if moment > now else f"before {EARLIEST:%Y}, when there were no blogs"
        raise InputError(f"date: {text} is {when}")
    return moment


def _exact(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _source(text: str) -> str:
    named = " ".join(text.split())
    if not named:
        raise InputError("source: it does not say whose figure this is")
    if len(named) > MAX_SOURCE_CHARS:
        raise InputError(f"source: a name has at most {MAX_SOURCE_CHARS} characters")
    return named
