"""Sites without end: calendars, session ids, pages that are never missing. Serve each under a path ending in ``*``."""

import asyncio
from dataclasses import dataclass
from itertools import count

from bloghound.demo.exchange import Request, html_document, problem
from tests.mockweb.pages import page, post_page, small_blog
from tests.mockweb.web import Content, as_resource


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
class FacetTrap:
    """A list that can be narrowed by every combination of filters, each with a text of its own: ``/shop?color=red``."""

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        chosen = request.query
        names = ("color", "size", "brand", "sort", "price", "material")
        targets = (chosen | {name: str(value)} for name in names for value in range(1, 6))
        links = "".join(f'<li><a href="{request.path}?{_query(target)}">{target}</a></li>' for target in targets)
        body = page(f"Shelf {sorted(chosen.items())}", f"<h1>{len(chosen)} filters</h1><ul>{links}</ul>")
        return await html_document(body).answer(request, writer)


def _query(chosen: dict[str, str]) -> str:
    return "&amp;".join(f"{name}={value}" for name, value in chosen.items())


@dataclass(frozen=True)
class WildcardHost:
    """A small blog under any name, whose post links to names that nobody has used before."""

    domain: str
    links: int = 5

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        port = request.headers["host"].partition(":")[2]
        label = request.host.removesuffix(f".{self.domain}")
        names = (f"{label}{number}.{self.domain}:{port}" for number in range(self.links))
        links = "".join(f'<p><a href="http://{name}/">{name}</a></p>' for name in names)
        pages = small_blog(title=label) | {"/post-1/": post_page(f"All about {label}", 1, links=links)}
        return await as_resource(pages.get(request.path, problem(404))).answer(request, writer)


def trapped_blog(*ways_in: str, posts: int = 60, per_page: int = 10, session: str = "") -> dict[str, Content]:
    """A blog without feed or sitemap whose every page links to ``ways_in`` before anything else.

    Its posts are listed ten by ten on ``/``, ``/page/2/`` and so on. ``session`` is added to every link.
    """
    lure = "".join(f'<p><a href="{way}">See also {way}</a></p>' for way in ways_in)
    pages: dict[str, Content] = {}
    for number in range(1, -(-posts // per_page) + 1):
        listed = range((number - 1) * per_page + 1, min(number * per_page, posts) + 1)
        items = "".join(f'<li><a href="/2026/swallow-{post}/{session}">Swallow {post}</a></li>' for post in listed)
        following = f'<a rel="next" href="/page/{number + 1}/{session}">Older</a>' if number * per_page < posts else ""
        body = page(f"Swallows {number}", f"{lure}<h1>Swallows</h1><ul>{items}</ul>{following}")
        pages["/" if number == 1 else f"/page/{number}/"] = body
    for post in range(1, posts + 1):
        note = f"<p>Swallow {post} came back {post * 13} times to sit on wire {post * 7}.</p>"
        pages[f"/2026/swallow-{post}/"] = post_page(f"Swallow {post}", post % 28 + 1, links=note + lure)
    return pages


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
