"""Asks a platform about a blog as a crawl does, over real HTTP to one port on loopback, and keeps what it told."""

from collections import deque
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bloghound.demo.server import LoopbackServer
from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Platform, Profile
from tests.mockweb.client import fetch

# What no interface should answer with, and some do. None of it may be more than a ParseError.
BROKEN_BODIES = (b"", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe", b'{"id": ' + b"9" * 5000 + b"}")
STRANGE_VALUES: tuple[object, ...] = (None, {}, 7, "x", [1, None, "x"], [[]], {"posts": 3, "comments": {}, "feed": []})


@dataclass
class Told:
    """What came of all requests of one visit, in order."""

    requests: list[ApiRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    readings: list[tuple[str, EngagementReading]] = field(default_factory=list)
    comments: list[tuple[str, Comment]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    profile: Profile | None = None

    def comments_at(self, path: str) -> EngagementReading | None:
        """The last reading of the comments on the post at ``path``; None where there was none."""
        return self.reading(path, EngagementKind.COMMENTS)

    def reading(self, path: str, kind: EngagementKind) -> EngagementReading | None:
        found = [one for url, one in self.readings if url.endswith(path) and one.kind is kind]
        return found[-1] if found else None

    def purposes(self) -> list[str]:
        return [request.purpose for request in self.requests]


def visit(platform: Platform, home_url: str, server: LoopbackServer, software: str = "") -> Told:
    """Ask until the platform names nothing more; every host is served by ``server``."""
    address = platform.recognise(home_url, software)
    assert address is not None
    told, waiting = Told(), deque(platform.first_requests(address))
    while waiting and len(told.requests) < platform.max_requests:
        request = waiting.popleft()
        told.requests.append(request)
        answer = ask(request, server)
        told.statuses.append(answer.status)
        try:
            step = platform.read(request, answer, told.profile)
        except ParseError as error:
            told.errors.append(str(error))
            continue
        told.profile = step.profile or told.profile
        told.readings.extend(step.readings)
        told.comments.extend(step.comments)
        waiting.extend(step.next)
    return told


def ask(request: ApiRequest, server: LoopbackServer) -> ApiAnswer:
    parts = urlsplit(request.url)
    url = f"http://{parts.hostname}:{server.port}{parts.path}?{parts.query}"
    answer = fetch(url, {"Accept": request.accept})
    return ApiAnswer(answer.status, answer.body, answer.headers)
