"""Import of figures by file: followers and reactions where a platform forbids reading them, or has no keyless way.

The file is CSV (RFC 4180) in UTF-8. It is read line by line, so it may be of any length; a line that cannot be used is
counted with its number and the reason, and costs no other line.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from bloghound.errors import ImportFileError
from bloghound.jobs.metric_lines import BadLine, Header, MetricLine, figure_of, metric_lines
from bloghound.settings import Settings
from storage import imported_metrics
from storage.database import Database, open_database
from storage.imported_metrics import ImportedFigure, Outcome
from storage.tables.base import utc_now

Progress = Callable[[int, int], None]
"""Called with the bytes read and those of the whole file."""

LINES_AT_ONCE = 1000
"""Lines of one transaction: long enough that commits cost little, short enough for a crawl that waits to write."""

MAX_NAMED_LINES = 1000
"""Bad lines that are named one by one; the others are only counted. More than anybody mends by hand."""

_REFUSALS = {
    Outcome.CONTRADICTS: "another value of that day is stored already",
    Outcome.UNKNOWN_SITE: "no site of that address is stored: crawl the blog first, or name it under blog",
    Outcome.UNKNOWN_POST: "no post of that address is stored",
    Outcome.SUPPRESSED: "whoever that is asked to be left out, or was forgotten",
}


@dataclass(slots=True)
class MetricsReport:
    """What became of the lines of a file: how many of each outcome, and the bad ones with the reason."""

    stored: int = 0
    known: int = 0
    replaced: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Lines by why they were not taken."""
    bad_lines: list[BadLine] = field(default_factory=list)
    """The first MAX_NAMED_LINES of them."""

    @property
    def lines(self) -> int:
        """All lines but the header and empty ones."""
        return self.stored + self.known + self.replaced + self.refused.total()

    def refuse(self, line: BadLine) -> None:
        """Count a bad line."""
        self.refused[line.refusal] += 1
        if len(self.bad_lines) < MAX_NAMED_LINES:
            self.bad_lines.append(line)


def run_import_metrics(
    settings: Settings, path: Path, *, source: str = "", replace: bool = False, progress: Progress | None = None
) -> MetricsReport:
    """Store the figures of a file; those of a line without a source are ``source``'s.

    Raises ImportFileError when the file cannot be read, or has no usable header.
    """
    database = open_database(settings)
    try:
        with path.open("rb") as file:
            total = path.stat().st_size

            def after_batch() -> None:
                if progress is not None:
                    progress(file.tell(), total)

            return import_metrics(settings, database, file, source=source, replace=replace, after_batch=after_batch)
    except OSError as error:
        raise ImportFileError(f"The file {path} cannot be read: {error.strerror}.") from error
    finally:
        database.close()


def import_metrics(
    settings: Settings,
    database: Database,
    file: BinaryIO,
    *,
    source: str = "",
    replace: bool = False,
    after_batch: Callable[[], None] | None = None,
) -> MetricsReport:
    """Store the figures of an open file, some lines at a time; raises ImportFileError as :func:`run_import_metrics`."""
    report, now = MetricsReport(), utc_now()
    header, lines = metric_lines(file, default_source=source)
    batch: list[MetricLine | BadLine] = []
    for line in lines:
        batch.append(line)
        if len(batch) == LINES_AT_ONCE:
            _take(settings, database, header, batch, report, now=now, replace=replace)
            batch = []
            if after_batch is not None:
                after_batch()
    _take(settings, database, header, batch, report, now=now, replace=replace)
    if after_batch is not None:
        after_batch()
    return report


def _take(
    settings: Settings,
    database: Database,
    header: Header,
    batch: Iterable[MetricLine | BadLine],
    report: MetricsReport,
    *,
    now: datetime,
    replace: bool,
) -> None:
    usable: list[tuple[MetricLine, ImportedFigure]] = []
    for line in batch:
        read = line if isinstance(line, BadLine) else figure_of(header, line, now=now)
        if isinstance(read, BadLine):
            report.refuse(read)
        elif isinstance(line, MetricLine):
            usable.append((line, read))
    with database.transaction() as connection:
        figures = [figure for _, figure in usable]
        outcomes = imported_metrics.keep(connection, figures, secret_key=settings.secret_key(), replace=replace)
    _count(report, [line for line, _ in usable], outcomes)


def _count(report: MetricsReport, lines: Sequence[MetricLine], outcomes: Sequence[Outcome]) -> None:
    for line, outcome in zip(lines, outcomes, strict=True):
        if outcome in _REFUSALS:
            report.refuse(BadLine(line.number, outcome.value, _REFUSALS[outcome]))
        else:
            setattr(report, outcome.value, getattr(report, outcome.value) + 1)
