"""A web whose every page may misbehave, served for real on one loopback port; and a canary that nobody may touch."""

from collections.abc import Mapping
from itertools import pairwise
from types import TracebackType
from typing import Self

from bloghound.demo.exchange import Request, Resource, html_document, json_document, problem
from bloghound.demo.server import LoopbackServer

Content = str | bytes | dict[str, object] | Resource
"""What a path gives: HTML as text or bytes, a dict as JSON, or anything that writes its own answer."""


class MockWeb:
    """Serves ``{host: {path: content}}`` and remembers every request.

    A path that ends with ``*`` stands for everything that begins so; the host ``*`` for every other host. What is not
    there is a 404.
    """

    def __init__(
        self, sites: Mapping[str, Mapping[str, Content]] | None = None, port: int = 0, host: str = "127.0.0.1"
    ) -> None:
        self._sites = {
            name: {path: as_resource(content) for path, content in pages.items()}
            for name, pages in (sites or {}).items()
        }
        self._requests: list[Request] = []
        self._server = LoopbackServer(self._route, port, host)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def address(self) -> str:
        return self._server.host

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(name for name in self._sites if name != "*")

    def url(self, host: str, path: str = "/") -> str:
        return f"http://{host}:{self.port}{path}"

    def add(self, host: str, path: str, content: Content) -> None:
        """Serve something more, while running if need be: addresses that carry the port are known only then."""
        self._sites.setdefault(host, {})[path] = as_resource(content)

    def serve_only(self, host: str, pages: Mapping[str, Content]) -> None:
        """Serve these pages of a host from now on, and none that it had before."""
        self._sites[host] = {path: as_resource(content) for path, content in pages.items()}

    @property
    def requests(self) -> tuple[Request, ...]:
        """All requests so far, in the order in which they came."""
        return tuple(self._requests)

    def requests_to(self, host: str, path: str | None = None) -> tuple[Request, ...]:
        return tuple(one for one in self._requests if one.host == host and path in {None, one.path})

    def gaps(self, host: str) -> list[float]:
        """Seconds between one request to a host and the next: what politeness is measured by."""
        return [later.received_at - earlier.received_at for earlier, later in pairwise(self.requests_to(host))]

    def _route(self, request: Request) -> Resource:
        self._requests.append(request)
        pages = self._sites.get(request.host, self._sites.get("*", {}))
        exact = pages.get(request.target) or pages.get(request.path)
        prefixes = [path for path in pages if path.endswith("*") and request.path.startswith(path[:-1])]
        return exact or (pages[max(prefixes, key=len)] if prefixes else problem(404))


class Canary:
    """Stands for an internal service: it answers anybody, and counts everyone who so much as connects."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._server = LoopbackServer(lambda _: html_document("<p>internal secret</p>"), 0, host)

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def hits(self) -> int:
        return self._server.connections_accepted

    @property
    def url(self) -> str:
        return f"http://{self._server.host}:{self._server.port}/"


def as_resource(content: Content) -> Resource:
    if isinstance(content, str):
        return html_document(content)
    if isinstance(content, bytes):
        return html_document(content.decode())
    return json_document(content) if isinstance(content, dict) else content
