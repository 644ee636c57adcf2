"""Commands that hand data on: posts as CSV, the link graph."""

import csv
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from bloghound.cli.console import output, print_json, table
from bloghound.jobs import graph as graph_job
from bloghound.settings import load_settings
from graph.clean import formula_safe
from graph.export import ExportFormat
from storage import posts as stored_posts
from storage.database import open_database

COLUMNS = ("site", "url", "addresses", "title", "published", "date_source", "language", "source", "words")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("posts")(posts)
    graph = typer.Typer(help="The link graph between bloggers.", no_args_is_help=True)
    graph.command("export")(export)
    app.add_typer(graph, name="graph")


def posts(
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV (the default is a summary by site).")] = False,
) -> None:
    """List every stored post with its site and all its addresses."""
    database = open_database(load_settings())
    try:
        with database.read() as connection:
            if as_csv:
                _print_csv(stored_posts.listing(connection))
            else:
                _print_summary(stored_posts.listing(connection))
    finally:
        database.close()


def _print_csv(rows: Any) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = {
            **row,
            "addresses": " ".join(row["addresses"]),
            "published": row["published_at"].isoformat() if row["published_at"] else "",
            "date_source": row["date_source"] or "",
            "language": row["language"] or "",
        }
        writer.writerow([formula_safe(cells[name]) for name in COLUMNS])


def _print_summary(rows: Any) -> None:
    counts: dict[str, list[int]] = {}
    for row in rows:
        tally = counts.setdefault(row["site"], [0, 0, 0])
        for place, true in enumerate((True, row["published_at"] is not None, row["source"] == "page")):
            tally[place] += true
    shown = table("Posts by site", ["site", "posts", "dated", "from pages"], numeric=["posts", "dated", "from pages"])
    for site, tally in counts.items():
        shown.add_row(site, *(str(number) for number in tally))
    output.print(shown)


def export(
    file: Annotated[Path, typer.Option("-o", "--output", help="File to write.")],
    file_format: Annotated[ExportFormat, typer.Option("--format", help="Format of the file.")] = "graphml",
    as_json: AsJson = False,
) -> None:
    """Write the link graph with all attributes: for Gephi, networkx, a spreadsheet."""
    graph, files = graph_job.run_graph_export(load_settings(), file_format, file)
    if as_json:
        print_json({"nodes": len(graph.nodes), "edges": len(graph.edges), "files": [str(path) for path in files]})
        return
    output.print(
        f"{len(graph.nodes)} bloggers and {len(graph.edges)} links in {', '.join(str(path) for path in files)}"
    )
