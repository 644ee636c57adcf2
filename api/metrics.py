"""Figures for Prometheus: requests by route and status, their times, and at each scrape what is stored and under way.

With several worker processes, ``PROMETHEUS_MULTIPROC_DIR`` is set by the server before they start, and any one of them
answers for all.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bloghound.jobs.metrics import CrawlCollector
from storage.figures import CrawlFigures

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From a read of one row (some ms) to a first search while the model loads (some s)."""


CACHE_SECONDS = 5.0
"""How long figures of the database are kept: whoever asks more often costs nothing, and no scraper, asking every 15 s
of whichever process answers, sees a total that is lower than before."""

Gauges = dict[str, tuple[str, dict[str, float]]]
"""Name → what it is, and its value by kind."""


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """What the database says."""

    gauges: Gauges
    crawl: CrawlFigures


class Metrics:
    """The counters of one process, and the figures of the database as it last saw them."""

    def __init__(self) -> None:
        self._stored: tuple[float, StoredFigures] | None = None
        self._reading = Lock()
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "bloghound_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "bloghound_http_request_seconds",
            "Time to answer, in seconds.",
            ["route"],
            buckets=SECONDS_BUCKETS,
            registry=self._registry,
        )

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request was answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def stored(self, read: Callable[[], StoredFigures]) -> StoredFigures:
        """What ``read`` returns, or returned less than CACHE_SECONDS ago; one caller at a time reads."""
        with self._reading:
            if self._stored is None or time.monotonic() - self._stored[0] > CACHE_SECONDS:
                self._stored = (time.monotonic(), read())
            return self._stored[1]

    def text(self, gauges: Gauges, crawl: CrawlFigures) -> bytes:
        """All figures in Prometheus' text format."""
        registry = self._registry
        if MULTIPROCESS_VARIABLE in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        of_now = CollectorRegistry()
        of_now.register(_Gauges(gauges))
        of_now.register(CrawlCollector(crawl))
        return generate_latest(registry) + generate_latest(of_now)


class _Gauges(Collector):
    def __init__(self, gauges: Gauges) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each gauge, with one sample per kind."""
        for name, (documentation, values) in self._gauges.items():
            family = GaugeMetricFamily(f"bloghound_{name}", documentation, labels=["kind"])
            for kind, value in values.items():
                family.add_metric([kind], value)
            yield family


class CountRequests:
    """Counts every answered request; addresses that no route has are counted together."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", None) or "(none)"
            self._metrics.count(scope["method"], route, status, time.perf_counter() - began)
