"""Answers as Ghost does to a reader without an account: its feed, its sitemap of posts, and its members' comments.

In the form of a real Ghost 6.65; ``replies_shown`` makes it an older one, which lists only some answers.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from bloghound.demo.exchange import Document, Request, Resource, html_document, json_document
from bloghound.demo.server import LoopbackServer

HOST = "https://tea.example"
FIRST_DAY = datetime(2026, 1, 1, 8, tzinfo=UTC)
POSTS_IN_FEED = 15

Entry = dict[str, Any]


def at(day: float) -> str:
    return (FIRST_DAY + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def post(number: int, day: float, author: str = "Ann Brouwer") -> Entry:
    return {"id": f"p{number}", "url": f"{HOST}/leaf-{number}/", "day": day, "author": author}


def comment(number: int, on: int, day: float, name: str | None = "Bea", *replies: Entry, **more: Any) -> Entry:
    """A comment; ``on`` 0 is for answers, which are listed with what they answer."""
    found: Entry = {
        "id": f"c{number}",
        "parent_id": None,
        "in_reply_to_id": None,
        "in_reply_to_snippet": None,
        "status": "published",
        "html": "<p>Two words</p>",
        "created_at": at(day),
        "edited_at": None,
        "pinned": False,
        "member": {"id": f"m-{name}", "uuid": "", "name": name, "expertise": None, "avatar_image": None},
        "replies": list(replies),
        "post": {"id": f"p{on}", "uuid": "", "title": "Leaf", "url": f"{HOST}/leaf-{on}/", "feature_image": None},
        **more,
    }
    published = [reply for reply in found["replies"] if reply["status"] == "published"]
    return {**found, "count": {"replies": len(published)}}


class GhostServer(LoopbackServer):
    """A blog at ``HOST``.

    ``refusals`` maps ``rss``, ``comments``, ``comments/2`` or ``sitemap`` to a status, or to a whole answer. ``pages``
    is how many pages of comments it says there are, where that is not the truth.
    """

    def __init__(
        self,
        posts: list[Entry],
        comments: list[Entry],
        *,
        refusals: Mapping[str, int | Resource] | None = None,
        replies_shown: int | None = None,
        pages: int | None = None,
        folder: str = "",
    ) -> None:
        super().__init__(self._answer)
        self._posts = sorted(posts, key=lambda one: float(one["day"]), reverse=True)
        ordered = sorted(comments, key=lambda one: str(one["created_at"]), reverse=True)
        self._comments = sorted(ordered, key=lambda one: not one["pinned"])
        self._refusals = refusals or {}
        self._replies_shown = replies_shown
        self._pages = pages
        self._folder = folder

    def _answer(self, request: Request) -> Resource:
        names = {"/rss/": "rss", "/members/api/comments/": "comments", "/sitemap-posts.xml": "sitemap"}
        name = names.get(request.path.removeprefix(self._folder), "")
        page = request.query.get("page", "1")
        refusal = self._refusals.get(f"{name}/{page}", self._refusals.get(name))
        if refusal is not None:
            return error(refusal) if isinstance(refusal, int) else refusal
        if name == "rss":
            return self._feed()
        if name == "sitemap":
            return self._sitemap()
        return self._list(int(page), request.query) if name else html_document("<p>Not found</p>", status=404)

    def _feed(self) -> Resource:
        items = "".join(
            f"<item><title><![CDATA[Leaf]]></title><link>{escape(one['url'])}</link>"
            f'<guid isPermaLink="false">{one["id"]}</guid><dc:creator><![CDATA[{one["author"]}]]></dc:creator>'
            f"<pubDate>{format_datetime(FIRST_DAY + timedelta(days=one['day']), usegmt=True)}</pubDate></item>"
            for one in self._posts[:POSTS_IN_FEED]
        )
        feed = f'<?xml version="1.0"?><rss xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>{items}'
        return Document(f"{feed}</channel></rss>".encode(), "application/rss+xml; charset=utf-8")

    def _sitemap(self) -> Resource:
        urls = "".join(f"<url><loc>{one['url']}</loc><lastmod>{at(one['day'])}</lastmod></url>" for one in self._posts)
        opening = '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        return Document(f"{opening}{urls}</urlset>".encode(), "text/xml; charset=utf-8")

    def _list(self, page: int, query: Mapping[str, str]) -> Resource:
        assert query["order"] == "created_at desc"
        limit = min(int(query["limit"]), 100)
        shown = [self._cut(one) for one in self._comments[(page - 1) * limit : page * limit]]
        pages = max(1, -(-len(self._comments) // limit)) if self._pages is None else self._pages
        paging = {"page": page, "limit": limit, "pages": pages, "total": len(self._comments)}
        return json_document({"comments": shown, "meta": {"pagination": paging}})

    def _cut(self, one: Entry) -> Entry:
        return one if self._replies_shown is None else {**one, "replies": one["replies"][: self._replies_shown]}


def error(status: int) -> Resource:
    kind = {405: "MethodNotAllowedError", 429: "TooManyRequestsError", 403: "NoPermissionError"}
    shown = {"message": "Sorry.", "context": None, "type": kind.get(status, "InternalServerError"), "code": None}
    return json_document({"errors": [shown]}, status=status)
