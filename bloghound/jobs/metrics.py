"""The crawl's figures for Prometheus: as families of metrics for the service, and as a file where there is no service.

They are read from the database, so they hold for all workers, and a crawler needs to listen on no port for them.
Central names: :func:`crawl_families`, :func:`metrics_file`.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bloghound.errors import BloghoundError, SettingsError
from bloghound.settings import Settings
from storage.database import open_database
from storage.figures import CrawlFigures, crawl_figures
from storage.tables.base import utc_now

WRITE_SECONDS = 15.0
"""How often the file is rewritten: Prometheus is most often set to look every 15 to 60 s."""

_LOG = logging.getLogger(__name__)


def crawl_families(figures: CrawlFigures) -> Iterator[Metric]:
    """The figures as metrics; labels are our own words, so their number is bounded."""
    yield _counter("pages", "Requests logged, by outcome.", "outcome", figures.pages_by_outcome)
    yield CounterMetricFamily("bloghound_crawl_bytes", "Bytes of the bodies fetched.", value=figures.bytes_fetched)
    changes = {"new": figures.posts_new, "updated": figures.posts_updated}
    yield _counter("posts", "Posts stored.", "change", changes)
    last_minute = figures.pages_last_minute
    yield GaugeMetricFamily("bloghound_crawl_pages_last_minute", "Requests in the last minute.", value=last_minute)
    yield _gauge("sites", "Sites stored, by how their last visit ended.", "health", figures.sites_by_health)
    places = {**figures.queue, "recrawl_due": figures.recrawls_due}
    yield _gauge("queue", "Sites in unfinished crawls, and those due for the next one.", "state", places)
    waits = {"crawl": figures.oldest_due_seconds, "recrawl": figures.oldest_recrawl_seconds}
    yield _gauge("oldest_due_seconds", "How long the site that waits longest has been due.", "queue", waits)
    parked = figures.hosts_parked
    yield GaugeMetricFamily("bloghound_crawl_hosts_parked", "Hosts left alone after failures.", value=parked)
    yield GaugeMetricFamily("bloghound_crawl_workers", "Workers that hold sites.", value=figures.workers)


def _counter(name: str, documentation: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"bloghound_crawl_{name}", documentation, labels=[label])
    for word, value in sorted(values.items()):
        family.add_metric([word], value)
    return family


def _gauge(name: str, documentation: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"bloghound_crawl_{name}", documentation, labels=[label])
    for word, value in sorted(values.items()):
        family.add_metric([word], value)
    return family


class CrawlCollector(Collector):
    """Hands figures to a registry."""

    def __init__(self, figures: CrawlFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Every family."""
        return crawl_families(self._figures)


@contextmanager
def metrics_file(settings: Settings, *, write_seconds: float = WRITE_SECONDS) -> Iterator[None]:
    """Keep the file that the settings name up to date while the block runs, in a thread; without a name do nothing.

    The last state is written at the end. Raises SettingsError where the file cannot be written from the beginning.
    """
    if not settings.metrics_file:
        yield
        return
    path, ending = Path(settings.metrics_file), threading.Event()
    # Whoever brings tables up to date has written: where SQLite allows one writing process only, that must be over.
    open_database(settings).close()
    with closing(open_database(settings)) as database:

        def write() -> None:
            with database.read() as connection:
                figures = crawl_figures(connection, now=utc_now())
            _replace(path, figures)

        _write_first(write, path)
        thread = threading.Thread(target=_keep_writing, args=(write, ending, write_seconds), name="metrics-file")
        thread.daemon = True
        thread.start()
        try:
            yield
        finally:
            ending.set()
            thread.join()


def _write_first(write: Callable[[], None], path: Path) -> None:
    try:
        write()
    except OSError as error:
        raise SettingsError(f"BLOGHOUND_METRICS_FILE={str(path)!r} cannot be written: {error.strerror}.") from error


def _keep_writing(write: Callable[[], None], ending: threading.Event, write_seconds: float) -> None:
    is_ending = False
    while not is_ending:
        is_ending = ending.wait(write_seconds)
        try:
            write()
        except (BloghoundError, OSError) as error:
            # The crawl does not depend on it; the collector sees by the file's age that it is stale.
            _LOG.warning("the metrics file could not be written: %s", error)


def _replace(path: Path, figures: CrawlFigures) -> None:
    """Write the file whole: a collector must never read half of it."""
    registry = CollectorRegistry()
    registry.register(CrawlCollector(figures))
    # Not ending in .prom, which the collector would take for a second file.
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_bytes(generate_latest(registry))
    draft.replace(path)
