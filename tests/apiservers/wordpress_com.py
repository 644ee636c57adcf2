"""Answers as the public interface of WordPress.com does (developer.wordpress.com/docs/api/1.1)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bloghound.demo.exchange import Request, Resource, json_document, problem
from bloghound.demo.server import LoopbackServer

BLOG = "https://tea.wordpress.com"
FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)

Entry = dict[str, Any]
SITE: Entry = {
    "ID": 3584907,
    "name": "Tea and leaves",
    "description": "",
    "URL": BLOG,
    "jetpack": False,
    "post_count": 41,
    "subscribers_count": 112,
    "is_private": False,
}


def at(day: float) -> str:
    """Times carry the blog's own zone."""
    return (FIRST_DAY + timedelta(days=day)).astimezone(timezone(timedelta(hours=2))).isoformat()


def post(number: int, day: float, comments: int = 0, *, likes: int | None = 0, is_open: bool = True) -> Entry:
    return {
        "ID": number,
        "author": {"ID": 5, "login": "ann", "name": "Ann"},
        "date": at(day),
        "URL": f"{BLOG}/{number}/",
        "title": f"Leaf {number}",
        "content": "<p>Leaves.</p>",
        "discussion": {
            "comments_open": is_open,
            "comment_status": "open" if is_open else "closed",
            "pings_open": True,
            "ping_status": "open",
            "comment_count": comments,
        },
        "likes_enabled": likes is not None,
        "like_count": likes or 0,
    }


def comment(number: int, on: int, day: float, name: str = "Bea", *, author: int = 0, kind: str = "comment") -> Entry:
    return {
        "ID": number,
        "post": {"ID": on, "title": f"Leaf {on}", "type": "post"},
        "author": {"ID": author, "name": name, "email": False, "URL": ""},
        "date": at(day),
        "URL": f"{BLOG}/{on}/#comment-{number}",
        "content": "<p>Two words</p>",
        "status": "approved",
        "parent": False,
        "type": kind,
        "like_count": 0,
    }


class WordPressComServer(LoopbackServer):
    """The interface, with one blog at ``BLOG``.

    ``refusals`` maps ``site``, ``posts``, ``comments`` or one of the last two with a page (``posts/2``) to a status, or
    to a whole answer. ``found`` is what it says there are in all, where that is not the truth.
    """

    def __init__(
        self,
        posts: list[Entry],
        comments: list[Entry],
        *,
        site: Entry | None = None,
        refusals: Mapping[str, int | Resource] | None = None,
        found: int | None = None,
    ) -> None:
        super().__init__(self._answer)
        self._site = SITE if site is None else site
        self._listings = {"posts": posts, "comments": comments}
        self._refusals = refusals or {}
        self._found = found

    def _answer(self, request: Request) -> Resource:
        path, query = request.path.strip("/"), request.query
        name = path.removeprefix("rest/v1.1/sites/tea.wordpress.com").strip("/") or "site"
        page = int(query.get("page", "1"))
        refusal = self._refusals.get(f"{name}/{page}", self._refusals.get(name))
        if refusal is not None:
            return error("unauthorized", refusal) if isinstance(refusal, int) else refusal
        if request.host != "public-api.wordpress.com" or name not in {"site", *self._listings}:
            return problem(404)
        wanted = set(query["fields"].split(","))
        if name == "site":
            return json_document(_pick(self._site, wanted))
        size = int(query.get("number", "20"))
        if size > 100:
            return error("invalid_number", 400)
        rows = sorted(self._listings[name], key=lambda row: datetime.fromisoformat(row["date"]), reverse=True)
        shown = [_pick(row, wanted) for row in rows[(page - 1) * size : page * size]]
        found = len(rows) if self._found is None else self._found
        return json_document({"found": found, name: shown, "meta": {"links": {}}})


def _pick(row: Entry, wanted: set[str]) -> Entry:
    return {name: value for name, value in row.items() if name in wanted}


def error(code: str, status: int) -> Resource:
    return json_document({"error": code, "message": "Sorry."}, status=status)
