"""Resources that refuse, delay or send elsewhere: failing robots.txt, Retry-After, redirects."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from bloghound.demo.exchange import PLAIN, Document, Request, Resource, html_document, problem, redirect
from tests.mockweb.pages import page
from tests.mockweb.wire import ForeverTaking


def RobotsFail500() -> Document:  # noqa: N802 - resources are named like classes, whatever makes them
    """A robots.txt that is broken today: unreachable, so everything is forbidden (RFC 9309 §2.3.1.4)."""
    return problem(500)


def RobotsTimeout() -> ForeverTaking:  # noqa: N802
    """A robots.txt that never comes."""
    return ForeverTaking()


@dataclass
class Refusing:
    """Answers ``status`` with a Retry-After for the first ``refusals`` requests, then lets everybody in."""

    retry_after: str
    status: int = 429
    refusals: int = 1

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.refusals -= 1
        refused = Document(b"later\n", PLAIN, status=self.status, headers=(("Retry-After", self.retry_after),))
        answer: Resource = refused if self.refusals >= 0 else html_document(page("Open again", "<p>Come in.</p>"))
        return await answer.answer(request, writer)


def RetryAfterSeconds(seconds: int = 2, refusals: int = 1) -> Refusing:  # noqa: N802
    """Says how many seconds to wait."""
    return Refusing(str(seconds), refusals=refusals)


def RetryAfterDate(seconds: int = 2, refusals: int = 1) -> Refusing:  # noqa: N802
    """Says until when to wait, ``seconds`` from now."""
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    return Refusing(format_datetime(moment, usegmt=True), status=503, refusals=refusals)


def RetryAfterGarbage(refusals: int = 1) -> Refusing:  # noqa: N802
    """Says something that is neither."""
    return Refusing("soon, my friend", refusals=refusals)


@dataclass(frozen=True)
class RedirectLoop:
    """Sends the client to itself under ever new parameters, so that no address comes twice."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        hop = int(request.query.get("hop", "0")) + 1
        return await redirect(f"{request.path}?hop={hop}", 302).answer(request, writer)


def RedirectToInternal(target: str, status: int = 302) -> Document:  # noqa: N802
    """Sends the client to an address inside: a canary, a metadata service, a file."""
    return redirect(target, status)
