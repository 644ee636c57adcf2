"""The application of the command line: every command, and the options before it."""

import typer

from bloghound import __version__
from bloghound.cli import crawling, demo, exporting, operating, ranking, serving

app = typer.Typer(
    name="bloghound",
    help="Finds the bloggers who matter to a niche: crawl, index, rank, and see the evidence for every rank.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (crawling, ranking, exporting, serving, operating, demo):
    room.register(app)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"bloghound {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Options before the command."""
