"""Blogger: how many comments each post has and who wrote them, by the feeds of posts and of comments in JSON.

Follows developers.google.com/blogger/docs/2.0 (developers guide: protocol, "Retrieving posts" and "Retrieving
comments"; reference: feed types), developers.google.com/gdata/docs/2.0/reference (alt, max-results, start-index),
developers.google.com/gdata/docs/json (how Atom becomes JSON) and RFC 4685 (``thr:total``, ``thr:in-reply-to``). Google
retired the rest of that interface in 2024 and kept these feeds. Central name: :class:`Blogger`.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from bloghound.records import Comment
from bloghound.urls import host_of
from crawler.extract.commenters import identity_of
from crawler.platforms.comment_listing import ListedComment, ListedPost, Listing, blog_at, words_in
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import fields, items, moment, parse_json, text, web_address

PER_PAGE = 150
"""Entries asked for at a time; Blogger gives at most so many, and fewer where they are long."""
MAX_POST_PAGES = 2
MAX_COMMENT_PAGES = 3
"""Each post states its own number of comments, so their listing is only for who wrote them."""

# Country domains lead to blogspot.com, but links still name them.
_HOST = re.compile(r"\.blogspot\.[a-z]{2,3}(?:\.[a-z]{2})?$")
_POST_ID = re.compile(r"\.post-(\d+)$")
_PROFILE = re.compile(r"/profile/(\d+)/?$|plus\.google\.com/(\d+)/?$")


class Blogger:
    """Reads the feeds of posts and of comments, newest first, without a key."""

    name = "blogger"
    gap_seconds = 0.0  # No limit is documented for feeds; the crawl's own gap for blogspot.com holds.
    max_requests = MAX_POST_PAGES + MAX_COMMENT_PAGES
    is_crawled = True

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:
        """``https://name.blogspot.com`` in any country, and a blog whose pages say that Blogger made them."""
        return blog_at(url) if software == "blogger" or _HOST.search(host_of(url)) else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The newest posts, in summary: their text is read from pages and feeds."""
        return (_feed(address, "posts/summary", "posts", Listing()),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:  # noqa: ARG002
        """What the answer tells; raises ParseError for one that is no JSON."""
        listing: Listing = request.carried
        feed = fields(fields(parse_json(answer.body, request.url)).get("feed")) if answer.status == 200 else {}
        if request.purpose == "posts":
            return _read_posts(request, feed, listing)
        return _read_comments(request, feed, listing)


def _feed(
    address: ProfileAddress, kind: str, purpose: str, listing: Listing, page: int = 1, start: int = 1
) -> ApiRequest:
    query = urlencode({"alt": "json", "max-results": PER_PAGE, "start-index": start})
    return ApiRequest(f"{address.root}/feeds/{kind}?{query}", purpose, address, page=page, carried=listing)


def _comments(address: ProfileAddress, listing: Listing, page: int = 1, start: int = 1) -> ApiRequest:
    return _feed(address, "comments/default", "comments", listing, page, start)


def _entries(feed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The entries of one page: no more than were asked for, whatever the server gives."""
    return items(feed.get("entry"))[:PER_PAGE]


def _read_posts(request: ApiRequest, feed: Mapping[str, Any], before: Listing) -> Step:
    listing = before.with_posts(post for post in map(_post, _entries(feed)) if post is not None)
    readings = listing.news_since(before)
    following = _following(request, feed)
    if following is not None and request.page < MAX_POST_PAGES:
        more = _feed(request.address, "posts/summary", "posts", listing, request.page + 1, following)
        return Step(readings=readings, next=(more,))
    has_comments = any(post.stated for post in listing.posts)
    return Step(readings=readings, next=(_comments(request.address, listing),) if has_comments else ())


def _read_comments(request: ApiRequest, feed: Mapping[str, Any], listing: Listing) -> Step:
    posts = {post.post_id: post for post in listing.posts}
    read = (_comment(entry, posts) for entry in _entries(feed))
    found = [one for one in read if one is not None]
    following = _following(request, feed)
    listing = listing.with_comments(found)
    comments = listing.addressed(found)
    if following is None or listing.covers_all or request.page >= MAX_COMMENT_PAGES:
        return Step(comments=comments)
    return Step(comments=comments, next=(_comments(request.address, listing, request.page + 1, following),))


def _following(request: ApiRequest, feed: Mapping[str, Any]) -> int | None:
    """Where the next page begins; None after the last. Pages may be shorter than what was asked for."""
    entries = _entries(feed)
    start = _number(feed.get("openSearch$startIndex")) or 1
    total = _number(feed.get("openSearch$totalResults")) or 0
    following = start + len(entries)
    asked = re.search(r"start-index=(\d+)", request.url)
    is_further = asked is not None and following > int(asked[1])
    return following if entries and is_further and following <= total else None


def _number(element: Any) -> int | None:
    digits = _value(element)
    return int(digits) if re.fullmatch(r"[0-9]{1,9}", digits) else None


def _value(element: Any) -> str:
    """The text of an Atom element: JSON has it under ``$t``."""
    return text(fields(element).get("$t"))


def _post(entry: dict[str, Any]) -> ListedPost | None:
    links = items(entry.get("link"))
    url = next((web_address(link.get("href")) for link in links if link.get("rel") == "alternate"), None)
    named = _POST_ID.search(_value(entry.get("id")))
    if url is None or named is None:
        return None
    total = _number(entry.get("thr$total"))
    has_replies = any(link.get("rel") == "replies" for link in links)
    return ListedPost(
        post_id=named[1],
        url=url,
        published=moment(_value(entry.get("published"))),
        author=_author_id(entry),
        is_open=has_replies,
        # Where comments are neither shown nor taken, the feed names none: that is no zero.
        stated=total if has_replies or total else 0,
    )


def _author_id(entry: dict[str, Any]) -> str:
    """The number of the author's public profile; empty for somebody without one."""
    author = next(iter(items(entry.get("author"))), {})
    found = _PROFILE.search(_value(author.get("uri")))
    return (found[1] or found[2]) if found else ""


def _comment(entry: dict[str, Any], posts: Mapping[str, ListedPost]) -> ListedComment | None:
    answered = _POST_ID.search(text(fields(entry.get("thr$in-reply-to")).get("ref")))
    named = _POST_ID.search(_value(entry.get("id")))
    if answered is None or named is None:
        return None
    properties = {text(one.get("name")): text(one.get("value")) for one in items(entry.get("gd$extendedProperty"))}
    author = next(iter(items(entry.get("author"))), {})
    post, author_id = posts.get(answered[1]), _author_id(entry)
    comment = Comment(
        identity=identity_of(_value(author.get("name"))),
        comment_id=named[1],
        published=moment(_value(entry.get("published"))),
        words=words_in(_value(entry.get("content"))),
        by_author=bool(author_id and post and post.author == author_id),
    )
    # Of a comment that was taken back, its place and a sentence of Blogger's own are left.
    is_removed = properties.get("blogger.contentRemoved") == "true"
    return ListedComment(answered[1], comment, stands_for=0 if is_removed else 1)
