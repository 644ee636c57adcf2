"""Answers as Blogger's feeds do with ``alt=json``: Atom in JSON, paged by ``start-index`` and ``max-results``.

Follows developers.google.com/gdata/docs/json and /blogger/docs/2.0/reference, and RFC 4685 for threads.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bloghound.demo.exchange import Request, Resource, html_document, json_document
from bloghound.demo.server import LoopbackServer

BLOG = "https://tea.blogspot.com"
TAG = "tag:blogger.com,1999:blog-77"
FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)
ANN = "https://www.blogger.com/profile/100"

Entry = dict[str, Any]


def at(day: float) -> dict[str, str]:
    return {"$t": (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.000+00:00")}


def person(name: str, uri: str | None) -> list[Entry]:
    shown = {"name": {"$t": name}, "email": {"$t": "noreply@blogger.com"}, "gd$image": {"src": "https://img.example/a"}}
    return [{**shown, "uri": {"$t": uri}} if uri else shown]


def post(number: int, day: float, comments: int | None = 0, *, is_open: bool = True) -> Entry:
    """A post; where its comments are neither taken nor shown, the feed leaves out all that is about them."""
    address = f"{BLOG}/2026/{number}.html"
    replies = [
        {"rel": "replies", "type": "application/atom+xml", "href": f"{BLOG}/feeds/{number}/comments/default"},
        {"rel": "replies", "type": "text/html", "href": f"{address}#comment-form", "title": "Comments"},
    ]
    found = {
        "id": {"$t": f"{TAG}.post-{number}"},
        "published": at(day),
        "title": {"type": "text", "$t": f"Leaf {number}"},
        "summary": {"type": "text", "$t": "Leaves."},
        "link": [
            *(replies if is_open else []),
            {"rel": "self", "href": f"https://www.blogger.com/feeds/77/posts/default/{number}"},
            {"rel": "alternate", "type": "text/html", "href": address, "title": f"Leaf {number}"},
        ],
        "author": person("Ann", ANN),
    }
    return found if comments is None or not is_open else {**found, "thr$total": {"$t": str(comments)}}


def comment(
    number: int, on: int, day: float, name: str = "Bea", uri: str | None = None, *, is_removed: bool = False
) -> Entry:
    address = f"{BLOG}/2026/{on}.html"
    removed = [{"name": "blogger.contentRemoved", "value": "true"}] if is_removed else []
    return {
        "id": {"$t": f"{TAG}.post-{number}"},
        "published": at(day),
        "title": {"type": "text", "$t": "Two words"},
        "content": {"type": "html", "$t": "<b>Two</b> words<br />"},
        "link": [{"rel": "alternate", "type": "text/html", "href": f"{address}?showComment=1#c{number}"}],
        "author": person(name, uri),
        "thr$in-reply-to": {"href": address, "ref": f"{TAG}.post-{on}", "type": "text/html"},
        "gd$extendedProperty": [{"name": "blogger.itemClass", "value": "pid-200"}, *removed],
    }


class BloggerServer(LoopbackServer):
    """A blog at ``BLOG``.

    ``refusals`` maps ``posts`` or ``comments``, or either with where a page starts (``posts/151``), to a status or a
    whole answer. ``page_size`` is the most entries that it gives at a time, and ``total`` how many it says there are.
    """

    def __init__(
        self,
        posts: list[Entry],
        comments: list[Entry],
        *,
        refusals: Mapping[str, int | Resource] | None = None,
        page_size: int = 150,
        total: int | None = None,
    ) -> None:
        super().__init__(self._answer)
        self._feeds = {"/feeds/posts/summary": ("posts", posts), "/feeds/comments/default": ("comments", comments)}
        self._refusals = refusals or {}
        self._page_size = page_size
        self._total = total

    def _answer(self, request: Request) -> Resource:
        name, rows = self._feeds.get(request.path, ("", []))
        start = int(request.query.get("start-index", "1"))
        refusal = self._refusals.get(f"{name}/{start}", self._refusals.get(name))
        if refusal is not None:
            return html_document("<title>Sorry</title>", status=refusal) if isinstance(refusal, int) else refusal
        if not name or request.query.get("alt") != "json":
            return html_document("<title>Not found</title>", status=404)
        size = min(int(request.query["max-results"]), self._page_size)
        newest = sorted(rows, key=lambda row: str(row["published"]["$t"]), reverse=True)
        entries = newest[start - 1 : start - 1 + size]
        total = len(rows) if self._total is None else self._total
        return json_document({"version": "1.0", "encoding": "UTF-8", "feed": feed(entries, start, size, total)})


def feed(entries: list[Entry], start: int, size: int, total: int) -> Entry:
    """A feed; one without entries has no such field."""
    found: Entry = {
        "id": {"$t": TAG},
        "link": [{"rel": "next", "href": f"https://evil.example/feeds/posts/default?start-index={start + size}"}],
        "openSearch$totalResults": {"$t": str(total)},
        "openSearch$startIndex": {"$t": str(start)},
        "openSearch$itemsPerPage": {"$t": str(size)},
    }
    return {**found, "entry": entries} if entries else found
