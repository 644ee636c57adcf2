"""Sites without end: calendars, session ids, pages that are never missing. Serve each under a path ending in ``*``."""

import asyncio
from dataclasses import dataclass
from itertools import count

from bloghound.demo.exchange import Request, html_document
from tests.mockweb.pages import page


@dataclass(frozen=True)
class CalendarTrap:
    """A month view whose previous and next month always exist: ``/calendar/2026/05/``."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        numbers = [int(part) for part in request.path.split("/") if part.isdecimal()]
        months = numbers[0] * 12 + numbers[1] - 1 if len(numbers) == 2 else 2026 * 12
        root = "/" + request.path.split("/")[1]
        links = "".join(
            f'<a href="{root}/{month // 12}/{month % 12 + 1:02}/">{name}</a> '
            for month, name in ((months - 1, "previous month"), (months + 1, "next month"))
        )
        body = page(f"Calendar {months // 12}-{months % 12 + 1:02}", f"<h1>No events</h1>{links}")
        return await html_document(body).answer(request, writer)


class SessionIdTrap:
    """Puts a new session id into every link at every visit, so that five pages look like any number."""

    def __init__(self) -> None:
        self._sessions = count(1)

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        root, session = "/" + request.path.split("/")[1], next(self._sessions)
        links = "".join(f'<a href="{root}/{room}?sid={session:08x}">Room {room}</a> ' for room in range(1, 6))
        return await html_document(page("Rooms", f"<h1>Five rooms</h1>{links}")).answer(request, writer)


@dataclass(frozen=True)
class SoftNotFound:
    """Answers 200 to every address with the same apology."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        body = page("Oops", "<h1>Oops!</h1><p>The page you are looking for has gone for a walk.</p>")
        return await html_document(body).answer(request, writer)


@dataclass(frozen=True)
class DeeperTrap:
    """A relative link on a directory page that leads ever deeper: ``/a/``, ``/a/a/``, ``/a/a/a/``."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        return await html_document(page("Deeper", '<a href="a/">deeper</a>')).answer(request, writer)
