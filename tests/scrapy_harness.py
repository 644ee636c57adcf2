"""Real servers on loopback and real Scrapy crawls, each in a process of its own since a reactor runs only once.

:class:`LoopbackServer` serves functions and counts its hits; :func:`fetch` sends addresses through the crawler's own
settings, guard, decoding and archive writing, following redirects hop by hop as the spider does.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from bloghound.errors import UnsafeCrawlerError
from bloghound.settings import Settings
from crawler.downloads import MAX_REDIRECTS, classify_failure, scrapy_settings
from crawler.politeness.identity import user_agent
from crawler.safety.handler import verify_guard
from crawler.safety.resolver import system_lookup

PROJECT = Path(__file__).resolve().parent.parent
Answer = Callable[[BaseHTTPRequestHandler], None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    # The standard library queues five connections; more at once would wait for seconds to be tried again.
    request_queue_size = 256


class LoopbackServer:
    """A threaded HTTP server on one loopback address; ``pages`` maps paths to bodies or to functions that answer.

    ``certificate`` names a PEM file with a key and its certificate; the server then speaks TLS.
    """

    def __init__(
        self,
        pages: Mapping[str, str | bytes | Answer] | None = None,
        address: str = "127.0.0.1",
        certificate: Path | None = None,
    ) -> None:
        self.pages = dict(pages or {})
        self.hits: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.hits.append(self.path)
                with suppress(BrokenPipeError, ConnectionResetError):
                    server.answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        self._server = _Server((address, 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.address = address
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(request.path)
        if callable(page):
            page(request)
        elif page is None:
            send(request, b"not here", status=404)
        else:
            send(request, page.encode() if isinstance(page, str) else page)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def send(
    request: BaseHTTPRequestHandler,
    body: bytes,
    status: int = 200,
    content_type: str = "text/html; charset=utf-8",
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    request.send_response(status)
    request.send_header("Content-Type", content_type)
    request.send_header("Content-Length", str(len(body)))
    for name, value in headers:
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def redirect(target: str, status: int = 302) -> Answer:
    return lambda request: send(request, b"", status=status, headers=[("Location", target)])


@dataclass(frozen=True)
class Fetched:
    """What became of one address; ``status`` is 0 when there was no response."""

    url: str
    status: int = 0
    outcome: str = ""
    reason: str = ""
    body: str = ""
    body_bytes: int = 0
    flags: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    archive_file: str = ""
    archive_offset: int = -1
    seconds: float = 0.0


@dataclass(frozen=True)
class CrawlRun:
    """All results of a process, its log, and the sentence with which it refused to start, if it did."""

    results: list[Fetched]
    refused: str = ""
    log: str = ""
    peak_mib: float = 0.0
    listening: int = 0
    """TCP ports that the process listened on while it fetched."""

    def __getitem__(self, place: int) -> Fetched:
        return self.results[place]


def fetch(
    urls: Sequence[str],
    *,
    static_hosts: Mapping[str, tuple[str, int]] | None = None,
    dns: Mapping[str, Sequence[Sequence[str]]] | None = None,
    ports: Iterable[int] = (80, 443),
    archives: Sequence[Path] | None = None,
    data_dir: Path | None = None,
    timeout_seconds: float = 20.0,
    overrides: Mapping[str, object] | None = None,
    contact: str = "https://bloghound.example/bot",
    verify: bool = True,
) -> CrawlRun:
    """Fetch ``urls`` at the same time in a Scrapy process of their own.

    ``dns`` gives each name's answers, one list of addresses for each look-up in turn (the last one repeats).
    ``overrides`` are Scrapy settings. Exchanges are recorded when ``data_dir`` is given.
    """
    spec = {
        "urls": list(urls),
        "static_hosts": {name: list(endpoint) for name, endpoint in (static_hosts or {}).items()},
        "dns": {name: [list(answer) for answer in answers] for name, answers in (dns or {}).items()},
        "ports": list(ports),
        "archives": None if archives is None else [str(path) for path in archives],
        "data_dir": None if data_dir is None else str(data_dir),
        "timeout_seconds": timeout_seconds,
        "overrides": dict(overrides or {}),
        "contact": contact,
        "verify": verify,
    }
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "results.json"
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "tests.scrapy_harness", json.dumps(spec), str(target)],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert target.exists(), done.stderr
        found = json.loads(target.read_text())
    results = [Fetched(**one) for one in found["results"]]
    return CrawlRun(results, found["refused"], done.stderr, found["peak_mib"], found["listening"])


def _lookup(dns: dict[str, list[list[str]]]) -> Callable[[str], list[str]]:
    asked: dict[str, int] = {}

    def answer(host: str) -> list[str]:
        if host not in dns:
            # As the system's resolver does with numbers in any spelling, and with the names in the hosts file.
            return list(system_lookup(host)) if host == "localhost" or host[:1].isdigit() else []
        asked[host] = asked.get(host, 0) + 1
        return dns[host][min(asked[host], len(dns[host])) - 1]

    return answer


def _listening_ports() -> int:
    """How many TCP sockets of this process listen, by the kernel's own list."""
    own = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.exists()}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/self/net/{name}").read_text().splitlines()]
    return sum(row[3] == "0A" and f"socket:[{row[9]}]" in own for row in rows)


class FetchSpider(Spider):
    """Fetches the addresses of a specification and writes what became of them into a report."""

    name = "fetch"

    def __init__(self, spec: dict[str, Any], report: dict[str, Any]) -> None:
        super().__init__()
        self.spec = spec
        self.report = report

    async def start(self) -> AsyncIterator[Any]:
        try:
            if self.spec["archives"] is None and self.spec["verify"]:
                await verify_guard(self.crawler)
            self.report["results"] = await asyncio.gather(*(self.fetch(url) for url in self.spec["urls"]))
            self.report["listening"] = _listening_ports()
        except UnsafeCrawlerError as error:
            self.report["refused"] = str(error)
        for never in list[Request]():
            yield never

    async def fetch(self, url: str) -> dict[str, Any]:
        started = monotonic()
        try:
            result = await self.follow(url)
        except Exception as error:  # noqa: BLE001 - the tests look at what it was
            outcome, reason = classify_failure(error)
            result = Fetched(url=url, outcome=outcome, reason=f"{type(error).__name__}: {reason}")
        return asdict(result) | {"seconds": monotonic() - started}

    async def follow(self, url: str) -> Fetched:
        request = Request(url)
        for _ in range(MAX_REDIRECTS + 1):
            assert self.crawler.engine is not None
            response = await self.crawler.engine.download_async(request)
            if response.status not in {301, 302, 303, 307, 308}:
                return described(url, response, request)
            location = (response.headers.get("Location") or b"").decode("latin-1")
            request = Request(response.urljoin(location))
        return Fetched(url=url, status=response.status, reason="too many redirects")


def described(url: str, response: Response, request: Request) -> Fetched:
    return Fetched(
        url=url,
        status=response.status,
        body=response.body[:2000].decode("utf-8", "replace"),
        body_bytes=len(response.body),
        flags=list(response.flags),
        headers={name.decode(): (response.headers[name] or b"").decode("latin-1") for name in response.headers},
        archive_file=request.meta.get("archive_file", ""),
        archive_offset=request.meta.get("archive_offset", -1),
    )


def _peak_mib() -> float:
    """Most memory this process has held since it was started; ``ru_maxrss`` would count what its parent held too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _crawl(spec: dict[str, Any]) -> dict[str, Any]:
    settings = Settings(data_dir=Path(spec["data_dir"] or "unused"), contact=spec["contact"])
    made = scrapy_settings(
        settings,
        agent=user_agent(settings),
        archives=None if spec["archives"] is None else [Path(path) for path in spec["archives"]],
        static_hosts={name: (ip, port) for name, (ip, port) in spec["static_hosts"].items()},
        ports=spec["ports"],
        polite=False,
        record=spec["data_dir"] is not None,
        timeout_seconds=spec["timeout_seconds"],
        lookup=_lookup(spec["dns"]),
    )
    report: dict[str, Any] = {"results": [], "refused": "", "peak_mib": 0.0, "listening": 0}
    process = AsyncCrawlerProcess(made | spec["overrides"])
    process.crawl(FetchSpider, spec=spec, report=report)
    process.start()
    report["peak_mib"] = _peak_mib()
    return report


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(_crawl(json.loads(sys.argv[1]))))
