"""The REST interface of the demo's WordPress blogs, as far as it tells of posts and comments (``wp/v2``)."""

from datetime import datetime
from html import escape
from typing import Any

from bloghound.demo.atlas import Site
from bloghound.demo.content import BlogPost
from bloghound.demo.discussion import Comment
from bloghound.demo.exchange import Document, Request, json_document
from bloghound.demo.themes.wordpress import comment_number, post_number

ROOT = "/wp-json/wp/v2/"
_AUTHOR = 1
"""WordPress gives the account that set a blog up this id; visitors without an account have 0."""
_PER_PAGE = 100


def answer(site: Site, request: Request) -> Document | None:
    """The interface's answer, newest entries first; None for what is none of its addresses."""
    route = request.path.removeprefix(ROOT)
    if route not in {"posts", "comments"} or not request.path.startswith(ROOT):
        return None
    entries = _posts(site) if route == "posts" else _comments(site)
    size, page = _number(request, "per_page", 10), _number(request, "page", 1)
    pages = -(-len(entries) // size)
    if page > max(pages, 1) and route == "posts":
        code = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
        return json_document(code, status=400)
    totals = (("X-WP-Total", str(len(entries))), ("X-WP-TotalPages", str(pages)))
    return json_document(entries[(page - 1) * size : page * size], headers=totals)


def _number(request: Request, name: str, usual: int) -> int:
    value = request.query.get(name, "")
    return min(max(int(value), 1), _PER_PAGE) if value.isdecimal() and len(value) < 9 else usual


def _posts(site: Site) -> list[dict[str, Any]]:
    return [
        {
            "id": post_number(post),
            "date_gmt": _gmt(post.published),
            "link": site.url(post),
            "author": _AUTHOR,
            "comment_status": "open" if site.blog.comments == "open" else "closed",
            "content": {"protected": False},
        }
        for post in site.blog.posts
    ]


def _comments(site: Site) -> list[dict[str, Any]]:
    if site.blog.comments != "open":
        return []
    found = [(post, comment) for post in site.blog.posts for comment in site.discussion(post)]
    found.sort(key=lambda one: one[1].written, reverse=True)
    return [_comment(site, post, comment) for post, comment in found]


def _comment(site: Site, post: BlogPost, comment: Comment) -> dict[str, Any]:
    return {
        "id": comment_number(post, comment),
        "post": post_number(post),
        "author": _AUTHOR if comment.name == site.blog.author else 0,
        "author_name": comment.name,
        "date_gmt": _gmt(comment.written),
        "content": {"rendered": f"<p>{escape(comment.text, quote=False)}</p>"},
        "type": "comment",
    }


def _gmt(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
