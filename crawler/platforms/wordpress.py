"""WordPress on its own domain: which comments readers left, by the REST interface that every WordPress has.

Follows developer.wordpress.org/rest-api: reference/posts, reference/comments, using-the-rest-api/pagination,
global-parameters, and key-concepts for addresses without pretty permalinks. Trackbacks and pingbacks are not listed
without a login. Only dates, names and lengths of comments are read, and nothing of posts but what comments need: their
text comes from pages and feeds. Central name: :class:`WordPress`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from bloghound.errors import ParseError
from bloghound.records import Comment, UnknownReason
from crawler.extract.commenters import identity_of
from crawler.platforms.comment_listing import ListedComment, ListedPost, Listing, blog_at, entries_in, words_in
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import count, fields, moment, parse_json, text, web_address
from crawler.platforms.wordpress_com import is_hosted

PER_PAGE = 100
"""The interface's own maximum."""
MAX_POST_PAGES = 2
MAX_COMMENT_PAGES = 5
"""Two hundred posts and five hundred comments tell how readers respond to a blog now; its pages tell the rest."""

_POST_FIELDS = "id,link,date_gmt,author,comment_status,content.protected"
_COMMENT_FIELDS = "id,post,author,author_name,date_gmt,type,content"
_REFUSED = frozenset({401, 403})


class _Asked(NamedTuple):
    """What is carried from answer to answer."""

    listing: Listing = Listing()
    is_plain: bool = False
    """Whether addresses go by ``?rest_route=``, as they do where permalinks are plain."""


class WordPress:
    """Reads which posts a blog has and the comments on them, newest first, without a key."""

    name = "wordpress"
    gap_seconds = 0.0  # WordPress names no limit: each blog is its own server, and the crawl's own gap holds.
    max_requests = 1 + MAX_POST_PAGES + MAX_COMMENT_PAGES
    is_crawled = True

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:
        """A blog whose pages say that WordPress made them, at its own domain."""
        return blog_at(url) if software == "wordpress" and not is_hosted(url) else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The newest posts."""
        return (_posts(address, _Asked()),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:  # noqa: ARG002
        """What the answer tells; raises ParseError for one that is no list in JSON."""
        return _read_posts(request, answer) if request.purpose == "posts" else _read_comments(request, answer)


def _posts(address: ProfileAddress, asked: _Asked, page: int = 1) -> ApiRequest:
    query = {"_fields": _POST_FIELDS, "per_page": PER_PAGE, "page": page}
    return ApiRequest(_url(address, "/wp/v2/posts", query, asked), "posts", address, page=page, carried=asked)


def _comments(address: ProfileAddress, asked: _Asked, page: int = 1) -> ApiRequest:
    query = {"_fields": _COMMENT_FIELDS, "per_page": PER_PAGE, "page": page, "orderby": "date_gmt", "order": "desc"}
    return ApiRequest(_url(address, "/wp/v2/comments", query, asked), "comments", address, page=page, carried=asked)


def _url(address: ProfileAddress, route: str, query: Mapping[str, object], asked: _Asked) -> str:
    if asked.is_plain:
        return f"{address.root}/?rest_route={quote(route)}&{urlencode(query)}"
    return f"{address.root}/wp-json{route}?{urlencode(query)}"


def _read_posts(request: ApiRequest, answer: ApiAnswer) -> Step:
    asked: _Asked = request.carried
    try:
        entries = _entries(request, answer)
    except ParseError:
        # Without pretty permalinks the server shows its own page under any address.
        if asked.is_plain:
            raise
        return Step(next=(_posts(request.address, asked._replace(is_plain=True)),))
    if answer.status == 404 and not asked.is_plain and request.page == 1:
        return Step(next=(_posts(request.address, asked._replace(is_plain=True)),))
    posts = [post for post in map(_post, entries[:PER_PAGE]) if post is not None]
    asked = asked._replace(listing=asked.listing.with_posts(posts))
    if entries and request.page < MAX_POST_PAGES and not _is_last(request, answer, entries):
        return Step(next=(_posts(request.address, asked, request.page + 1),))
    return Step(next=(_comments(request.address, asked),) if asked.listing.posts else ())


def _read_comments(request: ApiRequest, answer: ApiAnswer) -> Step:
    asked: _Asked = request.carried
    listing = asked.listing
    if answer.status in _REFUSED and request.page == 1:
        return Step(readings=listing.unknown(UnknownReason.BLOCKED))
    if answer.status != 200:
        return Step()
    entries = _entries(request, answer)
    posts = {post.post_id: post for post in listing.posts}
    found = [one for one in (_comment(entry, posts) for entry in entries[:PER_PAGE]) if one is not None]
    listing = listing.with_comments(found, is_whole=_is_last(request, answer, entries))
    step = Step(comments=listing.addressed(found), readings=listing.news_since(asked.listing))
    if listing.covers_all or request.page >= MAX_COMMENT_PAGES:
        return step
    return replace(step, next=(_comments(request.address, asked._replace(listing=listing), request.page + 1),))


def _entries(request: ApiRequest, answer: ApiAnswer) -> list[dict[str, Any]]:
    if answer.status != 200:
        return []
    return entries_in(parse_json(answer.body, request.url), request.url)


def _is_last(request: ApiRequest, answer: ApiAnswer, entries: list[dict[str, Any]]) -> bool:
    """By the header; without it by an empty page alone, since what may not be seen is missing from full pages too.

    A page longer than was asked for is read in part, so that after it nothing is known to be whole.
    """
    if len(entries) > PER_PAGE:
        return False
    pages = answer.headers.get("x-wp-totalpages", "")
    return request.page >= int(pages) if pages.isdecimal() and len(pages) < 10 else not entries


def _post(entry: dict[str, Any]) -> ListedPost | None:
    """A post; none where it is behind a password, since comments on it are not listed then."""
    url, post_id = web_address(entry.get("link")), count(entry.get("id"))
    if url is None or post_id is None or fields(entry.get("content")).get("protected") is True:
        return None
    return ListedPost(
        post_id=str(post_id),
        url=url,
        published=moment(entry.get("date_gmt")),
        author=str(count(entry.get("author")) or ""),
        is_open=entry.get("comment_status") != "closed",
    )


def _comment(entry: dict[str, Any], posts: Mapping[str, ListedPost]) -> ListedComment | None:
    comment_id, post_id = count(entry.get("id")), count(entry.get("post"))
    if comment_id is None or post_id is None or entry.get("type", "comment") != "comment":
        return None
    post = posts.get(str(post_id))
    # Visitors without an account have the author id 0, which is nobody's.
    author = str(count(entry.get("author")) or "")
    comment = Comment(
        identity=identity_of(text(entry.get("author_name"))),
        comment_id=str(comment_id),
        published=moment(entry.get("date_gmt")),
        words=words_in(text(fields(entry.get("content")).get("rendered"))),
        by_author=bool(author and post and post.author == author),
    )
    return ListedComment(str(post_id), comment)
