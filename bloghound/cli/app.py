"""The application of the command line: every command, and the options before it."""

from collections.abc import Mapping
from importlib import import_module

import typer

from bloghound import __version__

ROOMS: Mapping[str, tuple[str, ...]] = {
    "crawling": ("crawl", "import", "reparse", "forget", "forget-contacts"),
    "importing": ("import-metrics",),
    "ranking": ("index", "rank"),
    "encoding": ("encode", "vectors"),
    "judging": ("evaluate", "judgements"),
    "changes": ("changes",),
    "exporting": ("graph", "posts"),
    "serving": ("serve",),
    "keys": ("sign-in", "keys"),
    "working": ("worker",),
    "operating": ("status", "settings"),
    "tracing": ("why",),
    "identity": ("separate",),
    "safekeeping": ("backup", "restore"),
    "demo": ("demo",),
}
"""Modules of this package and their commands, in the order of the help."""


def make_app(command: str | None = None) -> typer.Typer:
    """The application; where the command is known, with the module of that command alone.

    All modules together import every library that Bloghound uses, which takes two seconds.
    """
    app = typer.Typer(
        name="bloghound",
        help="Finds the bloggers who matter to a niche: crawl, index, rank, and see the evidence for every rank.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(options)
    for room in [room for room, commands in ROOMS.items() if command in commands] or ROOMS:
        import_module(f"bloghound.cli.{room}").register(app)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"bloghound {__version__}")
        raise typer.Exit


def options(
    _version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Show the version."),
) -> None:
    """Options before the command."""
