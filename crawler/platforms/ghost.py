"""Ghost: the comments of its members, by the interface that a Ghost site's own pages ask for every reader.

No documentation covers ``/members/api/comments``. This follows the code of Ghost 5.130 and 6.65 and the answers of a
real 6.65: ``core/server/web/comments/routes.js`` lists comments for readers without an account. The robots.txt that
Ghost brings (``core/frontend/public/robots.txt``) forbids two other ways, which are not taken: the counts alone
(``/members/api/comments/counts/``), and the documented Content API (``/ghost/``), though every page carries its key.
Ids of posts are in the feed and the addresses of all in the sitemap. Central name: :class:`Ghost`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bloghound.errors import ParseError
from bloghound.records import Comment, UnknownReason
from bloghound.urls import fold_url
from crawler.extract.commenters import identity_of
from crawler.extract.prescan import check_markup
from crawler.extract.sitemap import parse_sitemap
from crawler.parsed import Document
from crawler.platforms.comment_listing import ListedComment, ListedPost, Listing, blog_at, entries_in, words_in
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import count, fields, items, moment, parse_json, text, web_address

PER_PAGE = 100
"""The most that Ghost gives (``shared/max-limit-cap.js``)."""
MAX_COMMENT_PAGES = 5
MAX_REPLIES = 20
"""Answers read of one comment; of the others it is known how many they are."""
MAX_SITEMAP_POSTS = 500
"""Of a blog with more, figures of the newest tell how readers respond now."""

_INCLUDE = "member,post,count.replies,replies,replies.member"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_PUBLISHED = "published"


class _Asked(NamedTuple):
    """What is carried from answer to answer."""

    listing: Listing = Listing()
    authors: frozenset[str] = frozenset()
    """Names of those who write the blog, folded."""
    is_closed: bool = False
    """Whether the blog takes no comments at all."""


class Ghost:
    """Reads the comments on a blog, newest first, without a key and without an account."""

    name = "ghost"
    gap_seconds = 0.0  # Ghost limits sign-ins, not readers: each blog is its own server, and the crawl's own gap holds.
    max_requests = 2 + MAX_COMMENT_PAGES
    is_crawled = True

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:
        """A blog whose pages say that Ghost made them."""
        return blog_at(url) if software == "ghost" else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The feed, which alone names the ids of posts."""
        url = f"{address.root}/rss/"
        return (ApiRequest(url, "feed", address, accept="application/rss+xml", carried=_Asked()),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:  # noqa: ARG002
        """What the answer tells; raises ParseError for an ill-formed one."""
        if request.purpose == "feed":
            return _read_feed(request, answer)
        return _read_comments(request, answer) if request.purpose == "comments" else _read_sitemap(request, answer)


def _comments(address: ProfileAddress, asked: _Asked, page: int = 1) -> ApiRequest:
    query = urlencode({"include": _INCLUDE, "order": "created_at desc", "limit": PER_PAGE, "page": page})
    return ApiRequest(f"{address.root}/members/api/comments/?{query}", "comments", address, page=page, carried=asked)


def _sitemap(address: ProfileAddress, asked: _Asked) -> ApiRequest:
    url = f"{address.root}/sitemap-posts.xml"
    return ApiRequest(url, "sitemap", address, accept="application/xml", carried=asked)


def _read_feed(request: ApiRequest, answer: ApiAnswer) -> Step:
    if answer.status != 200:
        return Step()
    entries = list(_channel(request, answer.body).iter("item"))[:PER_PAGE]
    posts = [post for post in map(_post, entries) if post is not None]
    names = (identity_of(text(entry.findtext(_CREATOR))) for entry in entries)
    asked = _Asked(Listing().with_posts(posts), frozenset(name for name in names if name))
    return Step(next=(_comments(request.address, asked),))


def _channel(request: ApiRequest, body: bytes) -> Element:
    try:
        check_markup(body, is_html=False)
        channel: Element = fromstring(body)
    except (XmlError, DefusedXmlException, ValueError) as error:
        raise ParseError(f"{request.url} did not answer with a feed.") from error
    return channel


def _post(entry: Element) -> ListedPost | None:
    url, post_id = web_address(entry.findtext("link")), text(entry.findtext("guid")).strip()
    published = _mail_date(text(entry.findtext("pubDate")))
    return ListedPost(post_id, url, published) if url and post_id else None


def _mail_date(written: str) -> datetime | None:
    """A date in the form of mail headers (RFC 5322), as RSS has it."""
    try:
        found = parsedate_to_datetime(written)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _read_comments(request: ApiRequest, answer: ApiAnswer) -> Step:
    asked: _Asked = request.carried
    if answer.status == 405:
        # The one thing that Ghost refuses so: comments are not enabled for this site.
        closed = asked._replace(is_closed=True)
        return Step(
            readings=asked.listing.unknown(UnknownReason.COMMENTS_CLOSED), next=(_sitemap(request.address, closed),)
        )
    if answer.status != 200:
        return Step()
    value = fields(parse_json(answer.body, request.url))
    shown = entries_in(value.get("comments"), request.url)
    # A page longer than was asked for is read in part, so that after it nothing is known to be whole.
    entries, is_cut = shown[:PER_PAGE], len(shown) > PER_PAGE
    found = [one for entry in entries for one in _thread(entry, asked.authors)]
    listing = asked.listing.with_posts(_posts_of(entries)).with_comments(
        found, is_whole=_is_last(request, value) and not is_cut
    )
    step = Step(
        comments=listing.addressed(found),
        readings=listing.news_since(asked.listing, zeros_are_known=True),
        next=_following(request, asked._replace(listing=listing)),
    )
    return step if entries or listing.is_whole else replace(step, next=())


def _following(request: ApiRequest, asked: _Asked) -> tuple[ApiRequest, ...]:
    """The next page; after the last, the addresses of all posts, since those without comments are known then."""
    if asked.listing.is_whole:
        return (_sitemap(request.address, asked),)
    if asked.listing.covers_all or request.page >= MAX_COMMENT_PAGES:
        return ()
    return (_comments(request.address, asked, request.page + 1),)


def _is_last(request: ApiRequest, value: dict[str, Any]) -> bool:
    pages = count(fields(fields(value.get("meta")).get("pagination")).get("pages"))
    return pages is not None and pages <= request.page


def _posts_of(entries: list[dict[str, Any]]) -> Iterator[ListedPost]:
    """The posts that comments are on, as far as Ghost can name them: an address it does not know ends in 404."""
    for entry in entries:
        post = fields(entry.get("post"))
        url, post_id = web_address(post.get("url")), text(post.get("id"))
        if url and post_id and not url.endswith("/404/"):
            yield ListedPost(post_id, url)


def _thread(entry: dict[str, Any], authors: frozenset[str]) -> Iterator[ListedComment]:
    """A comment and its answers; of those that are not listed with it only how many there are is known."""
    post_id = text(fields(entry.get("post")).get("id"))
    is_pinned = entry.get("pinned") is True
    replies = [one for one in items(entry.get("replies")) if one.get("status") == _PUBLISHED][:MAX_REPLIES]
    total = count(fields(entry.get("count")).get("replies")) or 0
    unlisted = max(0, total - len(replies))
    is_shown = entry.get("status") == _PUBLISHED
    yield ListedComment(post_id, _comment(entry, authors), unlisted + is_shown, is_pinned, is_shown=is_shown)
    for reply in replies:
        yield ListedComment(post_id, _comment(reply, authors), 1, is_pinned)


def _comment(entry: dict[str, Any], authors: frozenset[str]) -> Comment:
    """A comment; members are known by their id, since many give no name and none need be the only one of theirs.

    Ghost does not mark the author's own answers, so a member with the name of one of the blog's authors is taken for
    that author: else whoever answers readers would be counted as one of them.
    """
    member = fields(entry.get("member"))
    return Comment(
        identity=text(member.get("id")),
        comment_id=text(entry.get("id")),
        published=moment(entry.get("created_at")),
        words=words_in(text(entry.get("html"))),
        by_author=identity_of(text(member.get("name"))) in authors,
    )


def _read_sitemap(request: ApiRequest, answer: ApiAnswer) -> Step:
    """Of every other post of the blog it is known now that it takes no comments, or that it has none."""
    if answer.status != 200:
        return Step()
    asked: _Asked = request.carried
    check_markup(answer.body, is_html=False)
    pages = parse_sitemap(Document(request.url, answer.body, answer.headers.get("content-type"))).page_urls
    known = {fold_url(post.url) for post in asked.listing.posts}
    newest = sorted(pages, key=lambda page: page[1] or datetime.min.replace(tzinfo=UTC), reverse=True)
    others = [ListedPost(url, url) for url, _ in newest[:MAX_SITEMAP_POSTS] if fold_url(url) not in known]
    listing = Listing(posts=tuple(others), is_whole=True)
    if asked.is_closed:
        return Step(readings=listing.unknown(UnknownReason.COMMENTS_CLOSED))
    return Step(readings=listing.readings(zeros_are_known=True))
