"""The command that brings in figures by file: import-metrics."""

from pathlib import Path
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, readable_file, table, warn
from bloghound.jobs.importing_metrics import MetricsReport, run_import_metrics
from bloghound.settings import load_settings

SHOWN_BAD_LINES = 20
"""As many fit on a screen beside the table; --json names more."""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("import-metrics")(import_metrics)


def import_metrics(
    file: Annotated[Path, typer.Argument(help="CSV of figures with a header.")],
    source: Annotated[str, typer.Option(help="Whose figures these are, where no column says so.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Correct imported figures of the same day instead of refusing others.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Store followers and reactions from a file, for platforms that may not be read."""
    path = readable_file(file, "file of figures")
    with progress_bars() as bars:
        report = run_import_metrics(
            load_settings(),
            path,
            source=source,
            replace=replace,
            progress=lambda read, total: bars.show("figures", read, total, "bytes"),
        )
    if as_json:
        _print_json(report)
    else:
        _print_report(report)
    if report.refused:
        raise typer.Exit(2)


def _print_json(report: MetricsReport) -> None:
    bad = [{"line": line.number, "refused": line.refusal, "message": line.message} for line in report.bad_lines]
    counts = {name: getattr(report, name) for name in ("lines", "stored", "replaced", "known")}
    print_json(counts | {"refused": dict(report.refused), "bad_lines": bad})


def _print_report(report: MetricsReport) -> None:
    shown = table(f"Figures from {report.lines} lines", ["what", "lines"], numeric=["lines"])
    for name in ("stored", "replaced", "known"):
        shown.add_row(name, f"{getattr(report, name):,}")
    for refusal, number in report.refused.most_common():
        shown.add_row(f"refused: {refusal.replace('_', ' ')}", f"{number:,}")
    output.print(shown)
    for line in report.bad_lines[:SHOWN_BAD_LINES]:
        warn(printable(f"line {line.number}: {line.message}."))
    more = report.refused.total() - SHOWN_BAD_LINES
    if more > 0:
        warn(f"{more} more lines were refused; --json names the first of them all.")
