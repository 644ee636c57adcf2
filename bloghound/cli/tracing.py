"""The command that shows how a site came in: why."""

import dataclasses
from contextlib import closing
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, table
from bloghound.jobs import why as why_job
from bloghound.jobs.why import WayStep, Why
from bloghound.settings import load_settings
from storage.database import open_database


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("why")(why)


def why(
    site: Annotated[str, typer.Argument(help="Address of the blog or profile.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Show the way by which a site came in, from the seed on, and who links to it."""
    settings = load_settings()
    with closing(open_database(settings)) as database, database.read() as connection:
        found = why_job.why(connection, settings, site)
    if as_json:
        print_json(dataclasses.asdict(found))
    else:
        _print(found)


def _print(found: Why) -> None:
    way = table(
        f"The way to {printable(found.site_key)} ({found.state}{found.reason and ', '}{printable(found.reason)})",
        ["site", "came in by", "words of the link", "crawl", "depth", "priority", "linkers"],
        numeric=["depth", "priority", "linkers"],
    )
    for step in found.steps:
        priority = "" if step.priority is None else f"{step.priority:.2f}"
        came_by = _came_by(step)
        way.add_row(
            *(printable(text) for text in (step.site_key, came_by, step.anchor, step.crawl or "")),
            *(str(step.depth), priority, str(step.linkers)),
        )
    output.print(way)
    if found.steps and found.steps[-1].best_linkers:
        linkers = table("Who links to it", ["page", "words of the link", "where", "weight"], numeric=["weight"])
        for one in found.steps[-1].best_linkers:
            linkers.add_row(printable(one.page_url), printable(one.anchor), one.context, f"{one.weight:.2f}")
        output.print(linkers)


def _came_by(step: WayStep) -> str:
    if step.way == "seed":
        return "named as a seed"
    return step.found_from_url or "a site that is no longer stored"
