"""What the platforms' servers share: answers by path and query, limits, and a reader that asks over real HTTP."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from bloghound.records import Comment, Discussion, EngagementReading, Link, ParsedPost
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Platform, Profile
from tests.scrapy_harness import LoopbackServer, send

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """An answer; a body that is no bytes is written as JSON."""

    body: object
    status: int = 200
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class ApiServer(LoopbackServer):
    """Answers by :meth:`route`; a path in ``instead`` is answered as a test wants, others after ``limit`` with 429."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__()
        self.limit = limit
        self.instead: dict[str, Reply] = {}
        self.accepts: list[str] = []

    @property
    def root(self) -> str:
        return f"http://{self.address}:{self.port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        self.accepts.append(request.headers.get("Accept", ""))
        reply = self.instead.get(parts.path) or self.route(parts.path, dict(parse_qsl(parts.query)))
        if self.limit is not None and len(self.hits) > self.limit:
            reply = self.too_many()
        send(request, reply.encoded, reply.status, reply.content_type, reply.headers)

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        raise NotImplementedError

    def too_many(self) -> Reply:
        """What the platform answers when it was asked too often (RFC 6585)."""
        return Reply({"error": "Too many requests"}, 429, headers=(("Retry-After", "30"),))


@dataclass
class Reading:
    """What a platform told in one visit."""

    profile: Profile | None = None
    posts: list[ParsedPost] = field(default_factory=list)
    shared: list[Link] = field(default_factory=list)
    comments: list[tuple[str, Comment]] = field(default_factory=list)
    discussions: list[tuple[str, Discussion]] = field(default_factory=list)
    readings: list[tuple[str, EngagementReading]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    unasked: int = 0
    """Requests that were still named when the platform's own limit of a visit was reached."""
    gone: bool = False

    @property
    def known(self) -> Profile:
        assert self.profile is not None
        return self.profile


def read_all(platform: Platform, url: str, reach: Callable[[str], str] = lambda url: url) -> Reading:
    """Everything that ``platform`` reads about ``url``; ``reach`` is where a server is for the tests."""
    address = platform.recognise(url)
    assert address is not None
    waiting, found = deque(platform.first_requests(address)), Reading()
    while waiting and len(found.asked) < platform.max_requests:
        request = waiting.popleft()
        answer = _get(request, reach(request.url))
        found.asked.append(request.url)
        found.statuses.append(answer.status)
        step = platform.read(request, answer, found.profile)
        found.profile, found.gone = step.profile or found.profile, found.gone or step.gone
        found.posts += step.posts
        found.shared += step.shared
        found.comments += step.comments
        found.discussions += step.discussions
        found.readings += step.readings
        waiting.extend(step.next)
    found.unasked = len(waiting)
    return found


def _get(request: ApiRequest, url: str) -> ApiAnswer:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(
            "GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers={"Accept": request.accept}
        )
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return ApiAnswer(response.status, response.read(), headers)
    finally:
        connection.close()
