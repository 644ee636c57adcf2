"""Commands that show what is there: status, settings."""

import dataclasses
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, table
from bloghound.settings import PREFIX, Settings, load_settings
from storage import status as stored_status
from storage.database import open_database
from storage.status import SiteStatus, Status

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("status")(status)
    app.command("settings")(settings)


def status(as_json: AsJson = False) -> None:
    """Show how much is stored, and how the last crawl of each site ended and why."""
    database = open_database(load_settings())
    try:
        with database.read() as connection:
            whole, sites = stored_status.status(connection), stored_status.site_statuses(connection)
    finally:
        database.close()
    if as_json:
        rows = [
            {**dataclasses.asdict(site), "last_visited_at": site.last_visited_at and site.last_visited_at.isoformat()}
            for site in sites
        ]
        print_json(dataclasses.asdict(whole) | {"sites": rows})
        return
    _print_status(whole, sites)


def _print_status(whole: Status, sites: list[SiteStatus]) -> None:
    counts = table("Stored", ["what", "rows"], numeric=["rows"])
    for name, number in whole.counts.items():
        counts.add_row(name, f"{number:,}")
    output.print(counts)
    if whole.vectors_by_model:
        vectors = table("Vectors", ["model", "posts"], numeric=["posts"])
        for model, number in whole.vectors_by_model.items():
            vectors.add_row(printable(model), f"{number:,}")
        output.print(vectors)
    shown = table("Sites", ["site", "health", "posts", "last visit", "reason"], numeric=["posts"])
    for site in sites:
        visited = site.last_visited_at.strftime("%Y-%m-%d %H:%M") if site.last_visited_at else "never"
        reason = "; ".join(part for part in (site.reason, ", ".join(site.flags)) if part)
        shown.add_row(printable(site.key), site.health or site.state, str(site.posts), visited, printable(reason))
    output.print(shown)
    if whole.unfinished_crawls:
        output.print(f"{whole.unfinished_crawls} crawl(s) unfinished: the same command again continues them.")


def settings() -> None:
    """List every setting: its environment variable, its present value, what it is for."""
    shown = table("Settings", ["variable", "value", "what it is for"])
    shown.columns[0].no_wrap = True  # a name that is broken over two lines cannot be copied
    current = load_settings()
    for name, field in Settings.model_fields.items():
        shown.add_row(PREFIX + name.upper(), _shown_value(name, current), field.description or "")
    output.print(shown)


def _shown_value(name: str, current: Settings) -> str:
    if name == "database_url" and current.database_url:
        from storage.database import Database  # noqa: PLC0415 - only to hide the password

        return Database(current.database_url).shown_url
    return str(getattr(current, name))
