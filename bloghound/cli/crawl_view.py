"""What is shown while a crawl runs: on a terminal a view that changes in place, elsewhere a line now and then.

Central names: :func:`watching`, which every command that crawls runs in, and :func:`render`, which is pure.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bloghound.cli.console import errors, printable
from bloghound.cli.stopping import Stopped, stoppable
from bloghound.jobs.metrics import metrics_file
from bloghound.settings import Settings
from crawler.plan import CrawlProgress, ParkedHost, SiteInWork

LINE_SECONDS = 30.0
"""How often a line is printed where nobody watches a terminal: a day's log stays readable."""
STOPPING = "Stopping: what is under way is being stored. Once more ends at once."
AGAIN = "The same command continues the crawl."
_OTHER_LINES = 22
"""Lines of the view besides the sites in work: figures, outcomes or parked hosts, troubles, titles."""
_LEAST_SITES = 3


@contextmanager
def watching(
    settings: Settings, *, again: str = AGAIN, until_stopped: bool = False
) -> Iterator[Callable[[CrawlProgress], None]]:
    """What surrounds a crawl: the view, the metrics file, and a clean end by Ctrl-C or SIGTERM.

    Gives the listener for the crawl's progress. ``again`` tells how to continue. Raises typer.Exit after a signal: with
    130 or 143, or with 0 where the work goes on ``until_stopped``.
    """
    view = _view()
    with metrics_file(settings), suppress(Stopped), view.shown(), stoppable(lambda number: _stop(view, number)):
        yield view.show
    if view.stopped_by is not None:
        errors.print(Text(f"{summary(view.last)} {again}"), soft_wrap=True)
        raise typer.Exit(0 if until_stopped else view.stopped_by)


def _stop(view: "_View", number: int) -> None:
    """Called by the signal: tells it at once, and breaks off whatever waits for the crawl."""
    stopped = Stopped(number)
    # The signal may come while a line is being written, and then nothing more can be written from here.
    with suppress(RuntimeError):
        view.stop(stopped.exit_code)
    raise stopped


def summary(progress: CrawlProgress | None) -> str:
    """What had been done when a crawl was stopped."""
    if progress is None:
        return "Stopped before anything was fetched."
    return (
        f"Stopped; stored: {progress.pages} pages, {progress.posts} new posts, "
        f"{progress.sites_done} of {progress.sites_total} sites done."
    )


def _view() -> "_View":
    return _LiveView(errors) if errors.is_terminal else _View(errors)


@dataclass
class _View:
    """Prints a line now and then."""

    console: Console
    last: CrawlProgress | None = None
    stopped_by: int | None = None
    """The exit code that a signal asks for; None while there was none."""
    _printed_at: float = field(default_factory=time.monotonic)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The view is there while the block runs."""
        yield

    def show(self, progress: CrawlProgress) -> None:
        """Show how far the crawl is."""
        self.last = progress
        if time.monotonic() - self._printed_at >= LINE_SECONDS:
            self._printed_at = time.monotonic()
            self.console.print(Text(f"crawl: {headline(progress)}"), soft_wrap=True)

    def stop(self, exit_code: int) -> None:
        """Tell that the crawl is being stopped."""
        self.stopped_by = exit_code
        self.console.print(Text(STOPPING), soft_wrap=True)


@dataclass
class _LiveView(_View):
    """Changes in place; nothing of it is left at the end."""

    _live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The view is there while the block runs."""
        with Live(Text("Starting…"), console=self.console, auto_refresh=False, transient=True) as self._live:
            yield

    def show(self, progress: CrawlProgress) -> None:
        """Show how far the crawl is."""
        self.last = progress
        self._draw()

    def stop(self, exit_code: int) -> None:
        """Tell that the crawl is being stopped."""
        self.stopped_by = exit_code
        self._draw()

    def _draw(self) -> None:
        if self._live is None:
            return
        drawn = [render(self.last, sites=max(_LEAST_SITES, self.console.height - _OTHER_LINES))] if self.last else []
        notice = [Text(STOPPING, style="bold yellow")] if self.stopped_by is not None else []
        self._live.update(Group(*drawn, *notice), refresh=True)


# What it looks like


def headline(progress: CrawlProgress) -> str:
    """The figures in one line."""
    mean = progress.pages / progress.seconds if progress.seconds else 0.0
    return (
        f"{progress.sites_done:,} of {progress.sites_total:,} sites, {progress.pages:,} pages, {progress.posts:,} new "
        f"posts, {progress.pages_per_second:.1f} pages/s (mean {mean:.1f}), {_duration(progress.seconds)}"
    )


def render(progress: CrawlProgress, *, sites: int) -> RenderableType:
    """The view, with at most so many lines of sites in work."""
    bar = Padding(ProgressBar(total=max(1, progress.sites_total), completed=progress.sites_done), (0, 0, 1, 0))
    beside = Table.grid(padding=(0, 4))
    beside.add_row(_outcomes(progress), _parked(progress))
    return Group(Text(headline(progress), style="bold"), bar, _sites(progress, sites), beside, _troubles(progress))


def _sites(progress: CrawlProgress, lines: int) -> Table:
    shown = progress.sites[:lines]
    numbers = f"{len(shown)} of {progress.sites_in_work}" if len(shown) < progress.sites_in_work else len(shown)
    made = _table(f"Sites in work ({numbers})", "site", "asked last", pages=True, posts=True, failed=True, time=True)
    for site in shown:
        figures = (str(site.pages), str(site.posts), str(site.failed or ""), _duration(site.seconds))
        made.add_row(_cell(site.key), _cell(_place(site)), *figures)
    made.columns[1].ratio = 1
    made.expand = True
    return made


def _place(site: SiteInWork) -> str:
    """The address without what the site's name says already."""
    address = site.url.partition("://")[2]
    return address.removeprefix(site.key) or address


def _outcomes(progress: CrawlProgress) -> Table:
    made = _table("Pages", "outcome", pages=True)
    for name, number in sorted(progress.outcomes.items(), key=lambda item: -item[1]):
        made.add_row(_cell(name), f"{number:,}")
    return made


def _parked(progress: CrawlProgress) -> RenderableType:
    if not progress.parked:
        return ""
    made = _table(f"Hosts left alone ({progress.hosts_parked})", "host", "free again", failures=True)
    for host in progress.parked:
        made.add_row(_cell(host.name), _free_again(host), str(host.failures))
    return made


def _free_again(host: ParkedHost) -> str:
    return f"{host.free_at:%a %H:%M:%S} UTC"


def _troubles(progress: CrawlProgress) -> RenderableType:
    if not progress.troubles:
        return ""
    made = _table("Last troubles", "outcome", "address", "reason")
    for trouble in progress.troubles:
        made.add_row(_cell(trouble.outcome), _cell(trouble.url), _cell(trouble.reason))
    return made


def _table(title: str, *columns: str, **numeric: bool) -> Table:
    """A table whose cells take one line each, whatever is in them."""
    made = Table(
        title=title, title_justify="left", header_style="bold", pad_edge=False, box=None, title_style="bold cyan"
    )
    for name in columns:
        made.add_column(name, no_wrap=True, overflow="ellipsis")
    for name in numeric:
        made.add_column(name, no_wrap=True, justify="right")
    return made


def _cell(text: str) -> Text:
    """Foreign text: no markup, nothing that drives the terminal, one line."""
    return Text(printable(text).replace("\n", " "))


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
