"""Commands that keep the data safe: backup, restore."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, table
from bloghound.jobs import backup as backup_job
from bloghound.jobs import restoring
from bloghound.jobs.restoring import RestoreReport
from bloghound.settings import load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


def backup(
    target: Annotated[Path, typer.Argument(help="Folder that gets a new file, or a file that ends with .zip.")],
    archives: Annotated[bool, typer.Option("--archives", help="Also the raw archives of our own crawls.")] = False,
    keep: Annotated[int | None, typer.Option(min=1, help="Leave only so many of the folder's newest backups.")] = None,
    as_json: AsJson = False,
) -> None:
    """Back up database and key, and on request the archives, while everything else goes on."""
    with progress_bars() as bars:
        report = backup_job.run_backup(load_settings(), target, archives=archives, keep=keep, progress=bars.show)
    if as_json:
        values = dataclasses.asdict(report)
        print_json(values | {"path": str(report.path), "removed": [str(path) for path in report.removed]})
        return
    rows = sum(report.rows.values())
    output.print(
        f"{rows:,} rows and {report.archives} archives in {printable(str(report.path))} ({report.bytes:,} bytes)",
        soft_wrap=True,
    )
    if report.removed:
        output.print(f"{len(report.removed)} older backups removed")


def restore(
    file: Annotated[Path, typer.Argument(help="File that 'bloghound backup' made.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only read the file and compare its checksums.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back; whoever was forgotten since it was made stays forgotten."""
    with progress_bars() as bars:
        if check:
            manifest = restoring.check_backup(file, progress=bars.show)
        else:
            report = restoring.run_restore(load_settings(), file, force=force, progress=bars.show)
    if check:
        output.print(f"The backup of {manifest.made_at:%Y-%m-%d %H:%M} UTC is whole.")
    elif as_json:
        print_json(dataclasses.asdict(report))
    else:
        _print_report(report)


def _print_report(report: RestoreReport) -> None:
    shown = table(f"Restored: the backup of {report.made_at[:16]}", ["what", "rows"], numeric=["rows"])
    for name, number in report.rows.items():
        shown.add_row(name.replace("_", " "), f"{number:,}")
    shown.add_row("archives", f"{report.archives:,}")
    output.print(shown)
    output.print(
        f"{report.suppressions_carried} suppressions and {report.keys_revoked} revocations of keys since then were "
        f"taken over; {report.erased} sites were erased again."
    )
    output.print("The index is not part of a backup: 'bloghound index' builds it.")
