"""Answers as the REST interface of WordPress does: paging, headers, fields, refusals.

Follows developer.wordpress.org/rest-api, and the answers of a real WordPress 6.1 to a visitor without an account.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bloghound.demo.exchange import Request, Resource, html_document, json_document
from bloghound.demo.server import LoopbackServer

HOST = "https://tea.example"
FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)

Entry = dict[str, Any]


def at(day: float) -> str:
    """WordPress writes times in UTC without saying so."""
    return (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S")


def post(number: int, day: float, *, is_open: bool = True, author: int = 1, is_protected: bool = False) -> Entry:
    return {
        "id": number,
        "date_gmt": at(day),
        "link": f"{HOST}/{number}/",
        "title": {"rendered": f"Leaf {number}"},
        "content": {"rendered": "" if is_protected else "<p>Leaves.</p>", "protected": is_protected},
        "author": author,
        "comment_status": "open" if is_open else "closed",
    }


def comment(
    number: int, on: int, day: float, name: str = "Bea", *, author: int = 0, html: str = "<p>Two words</p>"
) -> Entry:
    return {
        "id": number,
        "post": on,
        "parent": 0,
        "author": author,
        "author_name": name,
        "date_gmt": at(day),
        "content": {"rendered": html},
        "link": f"{HOST}/{on}/#comment-{number}",
        "type": "comment",
    }


class WordPressServer(LoopbackServer):
    """A blog at ``HOST``.

    ``refusals`` maps ``posts``, ``comments`` or either with a page (``comments/2``) to a status, or to a whole answer.
    With ``is_pretty`` off, its interface is at ``?rest_route=`` alone, and any other address shows a page with
    ``page_status``. ``total_pages`` lies about how many pages there are; None leaves the headers out.
    """

    def __init__(
        self,
        posts: list[Entry],
        comments: list[Entry],
        *,
        refusals: Mapping[str, int | Resource] | None = None,
        is_pretty: bool = True,
        page_status: int = 404,
        total_pages: int | None = -1,
        folder: str = "",
    ) -> None:
        super().__init__(self._answer)
        self._listings = {"posts": posts, "comments": comments}
        self._refusals = refusals or {}
        self._is_pretty = is_pretty
        self._page_status = page_status
        self._total_pages = total_pages
        self._folder = folder

    def _answer(self, request: Request) -> Resource:
        prefix = f"{self._folder}/wp-json"
        if request.path == f"{self._folder}/" and "rest_route" in request.query:
            route = request.query["rest_route"]
        elif self._is_pretty and request.path.startswith(prefix):
            route = request.path.removeprefix(prefix)
        else:
            return html_document("<title>Tea</title><p>Leaves.</p>", status=self._page_status)
        name = route.removeprefix("/wp/v2/")
        page = int(request.query.get("page", "1"))
        refusal = self._refusals.get(f"{name}/{page}", self._refusals.get(name))
        if refusal is not None:
            return refused(refusal) if isinstance(refusal, int) else refusal
        return self._list(name, page, request.query) if name in self._listings else error("rest_no_route", 404)

    def _list(self, name: str, page: int, query: Mapping[str, str]) -> Resource:
        size = int(query.get("per_page", "10"))
        if not 1 <= size <= 100:
            return error("rest_invalid_param", 400)
        if "type" in query or query.get("orderby", "date_gmt") not in {"date", "date_gmt", "id"}:
            return error("rest_forbidden_param", 401)
        rows = sorted(self._listings[name], key=lambda row: (row["date_gmt"], row["id"]), reverse=True)
        pages = -(-len(rows) // size)
        if name == "posts" and page > max(pages, 1):
            return error("rest_post_invalid_page_number", 400)
        shown = [self._pick(row, query) for row in rows[(page - 1) * size : page * size] if self._is_shown(name, row)]
        stated = pages if self._total_pages == -1 else self._total_pages
        total = () if stated is None else (("X-WP-Total", str(len(rows))), ("X-WP-TotalPages", str(stated)))
        elsewhere = ("Link", '<https://evil.example/wp-json/wp/v2/comments?page=2>; rel="next"')
        return json_document(shown, headers=(*total, elsewhere, ("X-Robots-Tag", "noindex")))

    def _is_shown(self, name: str, row: Entry) -> bool:
        """Comments on posts behind a password are counted in the headers and left out of the answer."""
        protected = {one["id"] for one in self._listings["posts"] if one["content"]["protected"]}
        return name == "posts" or row["post"] not in protected

    def _pick(self, row: Entry, query: Mapping[str, str]) -> Entry:
        picked: Entry = {}
        for name in query["_fields"].split(","):
            outer, _, inner = name.partition(".")
            if outer in row:
                picked[outer] = {inner: row[outer][inner]} if inner else row[outer]
        return picked


def refused(status: int) -> Resource:
    return error("rest_not_logged_in" if status == 401 else "rest_forbidden", status)


def error(code: str, status: int) -> Resource:
    return json_document({"code": code, "message": "Sorry.", "data": {"status": status}}, status=status)
