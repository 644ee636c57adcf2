"""How the command line speaks: JSON or tables on standard output, progress and errors on standard error."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from bloghound.errors import InputError

# Most of what is shown was written by strangers, so brackets are never markup and ":fire:" is no picture.
errors = Console(stderr=True, highlight=False, markup=False, emoji=False)
output = Console(highlight=False, markup=False, emoji=False)


def fail(sentence: str, code: int = 2) -> int:
    """Show why a command failed; the exit code."""
    _say(sentence, "red")
    return code


def warn(sentence: str) -> None:
    """Show what the user should know although the command goes on."""
    _say(sentence, "yellow")


def _say(sentence: str, colour: str) -> None:
    errors.print(Text.assemble(("bloghound:", colour), f" {printable(sentence)}"), soft_wrap=True)


def printable(text: str) -> str:
    """``text`` without control characters, and with what no terminal can show replaced."""
    shown = "".join(char if char.isprintable() or char == "\n" else " " for char in text)
    return shown.encode("utf-8", "replace").decode("utf-8")


def print_json(value: Any) -> None:
    """One JSON document on standard output; NaN is a programming error, not a value."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def table(title: str, columns: Sequence[str], numeric: Sequence[str] = ()) -> Table:
    """An empty table; the ``numeric`` columns are aligned to the right."""
    made = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in numeric else "left", overflow="fold")
    return made


@contextmanager
def progress_bars() -> Iterator["Bars"]:
    """Progress bars on standard error while the block runs; plain lines where that is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=False) as progress:
        yield Bars(progress)


class Bars:
    """Progress bars by name, made when first heard of."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def show(self, name: str, done: int, total: int | None = None, note: str = "") -> None:
        """Set a bar to ``done`` of ``total`` (None: unknown)."""
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name, total=total, note=note)
        self._progress.update(self._tasks[name], completed=done, total=total, note=note)


def readable_file(path: Path, what: str) -> Path:
    """``path`` when it is a readable file; raises InputError that names it otherwise."""
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise InputError(f"The {what} {path} cannot be read: {error.strerror}.") from error
