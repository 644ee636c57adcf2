"""The command that does long work beside the service, in a process of its own."""

import threading

import typer
from rich.live import Live
from rich.text import Text

from bloghound.cli.console import errors, printable
from bloghound.cli.stopping import stoppable
from bloghound.jobs.metrics import metrics_file
from bloghound.jobs.runner import JobRunner
from bloghound.logs import set_up_logging
from bloghound.settings import load_settings
from storage.database import open_database

REFRESH_SECONDS = 0.5
"""How often the line shows what is done, as often as a person can follow."""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("worker")(worker)


def worker() -> None:
    """Do the crawls, index builds and erasures that the service is asked for, until Ctrl-C.

    Any number of workers share one database. With BLOGHOUND_JOBS_IN_SERVICE=false the service leaves all work to them.
    """
    ending = threading.Event()
    settings = load_settings()
    set_up_logging(settings, "worker")
    open_database(settings).close()  # one that cannot be used is said once and ends this, instead of every second
    with metrics_file(settings), stoppable(lambda _: ending.set()):
        runner = JobRunner(settings)
        runner.start()
        try:
            _show(runner, ending)
        finally:
            errors.print("Ending; what is under way goes back to the queue.")
            runner.stop()


def _show(runner: JobRunner, ending: threading.Event) -> None:
    """Show what is being done, as one line that changes in place; where that is no terminal, each change once."""
    shown = ""
    errors.print("Waiting for jobs; Ctrl-C ends.")
    with Live(console=errors, transient=True, auto_refresh=False) as live:
        while not ending.wait(REFRESH_SECONDS):
            line = _line(runner)
            if errors.is_terminal:
                live.update(Text(line), refresh=True)
            elif line != shown:
                errors.print(Text(line or "Waiting for jobs."))
            shown = line


def _line(runner: JobRunner) -> str:
    return printable("   ".join(runner.current()))
