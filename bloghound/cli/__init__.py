"""The command line: ``bloghound COMMAND``. Messages and progress go to standard error, results to standard output."""

import sys
from collections.abc import Sequence

import typer

from bloghound import __version__
from bloghound.cli import crawling, demo, exporting, operating, ranking
from bloghound.cli.console import fail
from bloghound.errors import BloghoundError

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count

app = typer.Typer(
    name="bloghound",
    help="Finds the bloggers who matter to a niche: crawl, index, rank, and see the evidence for every rank.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (crawling, ranking, exporting, operating, demo):
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; every failure is one sentence on standard error and exit code 2, never a traceback."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        result = app(args=arguments, standalone_mode=False)
    except BloghoundError as error:
        return fail(str(error))
    except typer.TyperException as error:
        return fail(f"{error.format_message()} ('bloghound --help', or --help after a command, shows what there is.)")
    except (KeyboardInterrupt, typer.Abort):
        return fail("Interrupted; what was finished is kept.", EXIT_INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_BAD_INPUT
    return result if isinstance(result, int) else 0
