"""Blogs at WordPress.com: comments, likes and subscribers, by the public interface of the host.

Follows developer.wordpress.com/docs/api/1.1: get/sites/$site, get/sites/$site/posts and get/sites/$site/comments, none
of which requires authentication for a public blog. Blogs at a domain of their own are asked as any WordPress is: that
the host knows them is documented for those with Jetpack only, which no page states. Central name:
:class:`WordPressCom`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from bloghound.records import Comment, EngagementKind, EngagementReading, UnknownReason
from bloghound.urls import host_of
from crawler.extract.commenters import identity_of
from crawler.platforms.comment_listing import (
    ListedComment,
    ListedPost,
    Listing,
    PostReading,
    blog_at,
    entries_in,
    words_in,
)
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import count, fields, flag, moment, parse_json, text, web_address

_DOMAIN = ".wordpress.com"
_API = "https://public-api.wordpress.com"
# Hosts of the company's own, beside which every other name is a blog's.
_OWN_HOSTS = frozenset({"www", "public-api", "developer", "apps", "s0", "s1", "s2", "stats", "widgets", "subscribe"})

PER_PAGE = 100
"""The interface's own maximum."""
MAX_POST_PAGES = 2
MAX_COMMENT_PAGES = 3
"""Each post states its own number of comments, so their listing is only for who wrote them."""


def is_hosted(url: str) -> bool:
    """Whether a blog is at an address of WordPress.com."""
    name, dot, _ = host_of(url).partition(_DOMAIN)
    return bool(dot and name) and host_of(url).endswith(_DOMAIN) and name not in _OWN_HOSTS


class WordPressCom:
    """Reads a blog's subscribers, and its posts' likes and comments, without a key."""

    name = "wordpress.com"
    gap_seconds = 0.0  # No limit is documented; all its blogs share one server, to which the crawl's own gap applies.
    max_requests = 1 + MAX_POST_PAGES + MAX_COMMENT_PAGES
    is_crawled = True

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002
        """``https://name.wordpress.com``."""
        return ProfileAddress(url, _API, host_of(url)) if blog_at(url) and is_hosted(url) else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The blog itself; its posts follow when it is public."""
        query = {"fields": "ID,name,URL,is_private,subscribers_count,post_count"}
        return (ApiRequest(f"{_site(address)}?{urlencode(query)}", "site", address, carried=Listing()),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:  # noqa: ARG002
        """What the answer tells; raises ParseError for an ill-formed one."""
        listing: Listing = request.carried
        if answer.status != 200:
            return Step()
        value = fields(parse_json(answer.body, request.url))
        if request.purpose == "site":
            return _read_site(request, value)
        return (_read_posts if request.purpose == "posts" else _read_comments)(request, listing, value)


def _site(address: ProfileAddress) -> str:
    return f"{address.root}/rest/v1.1/sites/{address.user}"


def _posts(address: ProfileAddress, listing: Listing, page: int = 1) -> ApiRequest:
    names = "ID,URL,date,author,discussion,like_count,likes_enabled"
    query = urlencode({"fields": names, "number": PER_PAGE, "page": page})
    return ApiRequest(f"{_site(address)}/posts/?{query}", "posts", address, page=page, carried=listing)


def _comments(address: ProfileAddress, listing: Listing, page: int = 1) -> ApiRequest:
    query = urlencode({"fields": "ID,post,author,date,content,type", "number": PER_PAGE, "page": page})
    return ApiRequest(f"{_site(address)}/comments/?{query}", "comments", address, page=page, carried=listing)


def _read_site(request: ApiRequest, site: dict[str, Any]) -> Step:
    if site.get("is_private") is True:
        return Step()
    found = Profile(
        platform=WordPressCom.name,
        url=request.address.url,
        handle=request.address.user,
        name=text(site.get("name")) or request.address.user,
        followers=count(site.get("subscribers_count")),
        posts=count(site.get("post_count")),
        platform_id=str(count(site.get("ID")) or ""),
    )
    return Step(profile=found, next=(_posts(request.address, Listing()),))


def _read_posts(request: ApiRequest, before: Listing, value: dict[str, Any]) -> Step:
    entries = entries_in(value.get("posts"), request.url)
    read = [(entry, post) for entry in entries[:PER_PAGE] if (post := _post(entry)) is not None]
    listing = before.with_posts(post for _, post in read)
    readings = (*(_likes(entry, post) for entry, post in read), *listing.news_since(before))
    if request.page < MAX_POST_PAGES and not _is_last(request, value, entries):
        return Step(readings=readings, next=(_posts(request.address, listing, request.page + 1),))
    has_comments = any(post.stated for post in listing.posts)
    return Step(readings=readings, next=(_comments(request.address, listing),) if has_comments else ())


def _read_comments(request: ApiRequest, listing: Listing, value: dict[str, Any]) -> Step:
    entries = entries_in(value.get("comments"), request.url)
    posts = {post.post_id: post for post in listing.posts}
    found = [one for one in (_comment(entry, posts) for entry in entries[:PER_PAGE]) if one is not None]
    listing = listing.with_comments(found, is_whole=_is_last(request, value, entries))
    step = Step(comments=listing.addressed(found))
    if listing.covers_all or request.page >= MAX_COMMENT_PAGES:
        return step
    return replace(step, next=(_comments(request.address, listing, request.page + 1),))


def _is_last(request: ApiRequest, value: dict[str, Any], entries: list[dict[str, Any]]) -> bool:
    """``found`` is how many there are in all, or -1 where the interface does not count them.

    A page longer than was asked for is read in part, so that after it nothing is known to be whole.
    """
    if len(entries) > PER_PAGE:
        return False
    found = count(value.get("found"))
    return not entries or (found is not None and found <= request.page * PER_PAGE)


def _post(entry: dict[str, Any]) -> ListedPost | None:
    url, post_id = web_address(entry.get("URL")), count(entry.get("ID"))
    if url is None or post_id is None:
        return None
    discussion = fields(entry.get("discussion"))
    return ListedPost(
        post_id=str(post_id),
        url=url,
        published=moment(entry.get("date")),
        author=str(count(fields(entry.get("author")).get("ID")) or ""),
        is_open=discussion.get("comment_status") != "closed",
        stated=count(discussion.get("comment_count")),
    )


def _likes(entry: dict[str, Any], post: ListedPost) -> PostReading:
    shown = count(entry.get("like_count")) if flag(entry.get("likes_enabled")) is not False else None
    reason = UnknownReason.NOT_EXPOSED if shown is None else None
    return post.url, EngagementReading(EngagementKind.LIKES, shown, reason)


def _comment(entry: dict[str, Any], posts: Mapping[str, ListedPost]) -> ListedComment | None:
    comment_id, post_id = count(entry.get("ID")), count(fields(entry.get("post")).get("ID"))
    if comment_id is None or post_id is None:
        return None
    author = fields(entry.get("author"))
    post, author_id = posts.get(str(post_id)), str(count(author.get("ID")) or "")
    comment = Comment(
        identity=identity_of(text(author.get("name"))),
        comment_id=str(comment_id),
        published=moment(entry.get("date")),
        words=words_in(text(entry.get("content"))),
        by_author=bool(author_id and post and post.author == author_id),
    )
    # Trackbacks and pingbacks are listed too; they tell how far back the listing goes, and are nobody's words.
    return ListedComment(str(post_id), comment, stands_for=1 if entry.get("type") == "comment" else 0)
