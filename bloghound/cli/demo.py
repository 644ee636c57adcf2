"""The command that shows it all: crawl a small web of our own, index it, rank it."""

import dataclasses
from typing import Annotated, Any

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, table
from bloghound.cli.ranking import print_ranking
from bloghound.cli.serving import DEFAULT_PORT, serve_until_stopped
from bloghound.jobs import demo as demo_job
from bloghound.settings import load_settings

SHOWN = 6
"""Rows of each ranking that the demo prints: the niche's own blogs and a few that are not."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("demo")(demo)


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the demo web; 0 takes a free one.")] = 0,
    serve: Annotated[bool, typer.Option(help="Serve the result as a page at the end, until Ctrl-C.")] = True,
    service_port: Annotated[int, typer.Option(min=1, max=65535, help="Port of that page.")] = DEFAULT_PORT,
    as_json: AsJson = False,
) -> None:
    """Crawl, index and rank a small web of some 20 blogs that this program serves itself, and show it as a page.

    Needs no network. With --json it ends without serving.
    """
    with progress_bars() as bars:
        done = demo_job.run_demo(load_settings(), port=port, progress=bars.show)
    if as_json:
        report = dataclasses.asdict(done.crawl)
        del report["errors"]
        print_json(
            {
                "crawl": report,
                "index": dataclasses.asdict(done.index),
                "rankings": [{"name": name, **ranking.as_dict()} for name, ranking in done.rankings],
                "seconds": round(done.seconds, 3),
            }
        )
        return
    _print_sites(done)
    for _, ranking in done.rankings:
        found = ranking.as_dict()
        print_ranking({**found, "results": found["results"][:SHOWN]})
    best = done.rankings[0][1].as_dict()
    print_ranking({**best, "results": best["results"][:1]}, explain=True)
    _print_deductions(best["results"])
    output.print(
        f"Done in {done.seconds:.1f} s. The blog with the most followers is not the first: relevance, conversation and "
        "citations by peers decide."
    )
    output.print(f"The data lies in {done.data_dir}; 'bloghound rank \"YOUR BRIEF\"' there asks on.")
    if serve:
        serve_until_stopped(done.settings, host="127.0.0.1", port=service_port)


def _print_deductions(results: list[dict[str, Any]]) -> None:
    shown = table(
        "Held against bloggers", ["#", "blogger", "finding", "posts", "deducted", "score"], ["#", "deducted", "score"]
    )
    for result in results:
        for one in result["deductions"]:
            finding, of = one["finding"].replace("_", " "), f"{one['count']} of {one['of']}"
            figures = (f"{-abs(one['amount']):.2f}", f"{result['score']:.2f}")
            shown.add_row(str(result["rank"]), printable(result["blogger"]["name"]), finding, of, *figures)
    output.print(shown)


def _print_sites(done: "demo_job.DemoReport") -> None:
    names = [name for name, number in done.crawl.sites.items() if number]
    shown = table("Crawled", ["sites", "pages", "posts", *names], numeric=["sites", "pages", "posts", *names])
    report = done.crawl
    shown.add_row(
        str(sum(report.sites.values())),
        str(report.pages_fetched),
        str(report.posts_new),
        *(str(report.sites[name]) for name in names),
    )
    output.print(shown)
