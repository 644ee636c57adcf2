"""Which comment feeds of a site are asked for: the one of all comments, and a post's own only where it tells more.

WordPress names a feed of its own on every post, most of them empty or repeating what the page shows: asking for all
would double what a stranger is asked for. Central name: :func:`kind_of_feed`.
"""

import re
from datetime import datetime, timedelta

from bloghound.records import EngagementKind
from crawler.extract.comment_feed import has_comment_path
from crawler.extract.paths import is_listing_path, path_of
from crawler.parsed import PageKind, ParsedPage

KIND_FEED = "feed"
KIND_COMMENTS = "comments"
"""The feed of all comments on a site: short, and asked for at every visit."""
KIND_REPLIES = "replies"
"""The feed of the comments on one post: asked for once."""

NEW_FOR = timedelta(days=180)
"""How old a post may be whose own comment feed is asked for: as long as a vote of a link counts."""

_OF_ONE_POST = re.compile(r"/feeds/\d+/comments/")  # Blogger's


def kind_of_feed(url: str, page: ParsedPage, *, is_home: bool, now: datetime) -> str | None:
    """As what a feed that ``page`` names is asked for; None for a post's comment feed that would tell nothing new."""
    if _is_of_post(url, page, is_home=is_home):
        return KIND_REPLIES if _hides_comments(page, now) else None
    return KIND_COMMENTS if has_comment_path(url) else KIND_FEED


def kind_of_comments(url: str) -> str:
    """As what a feed of comments is kept that was read at ``url``: only the site's one is asked for again."""
    return KIND_COMMENTS if has_comment_path(url) and not _OF_ONE_POST.search(url) else KIND_REPLIES


def _is_of_post(url: str, page: ParsedPage, *, is_home: bool) -> bool:
    if _OF_ONE_POST.search(url):
        return True
    own = path_of(page.url)
    shows_posts = is_home or page.kind not in {PageKind.POST, PageKind.PAGE} or is_listing_path(page.url)
    return bool(own) and not shows_posts and path_of(url).startswith(f"{own}/")


def _hides_comments(page: ParsedPage, now: datetime) -> bool:
    """Whether a recent post says how many comments it has and shows none of them."""
    post = page.post
    if post is None or post.comments or post.published is None or now - post.published > NEW_FOR:
        return False
    return any(one.kind is EngagementKind.COMMENTS and one.count for one in post.engagement)
