"""Ghost as npm has it, crawled like any blog: what its pages and its members' interface tell of its readers."""

from collections import Counter
from pathlib import Path

import pytest

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from tests.live import blog, ghost
from tests.live.ghost import GhostSite
from tests.live.reading import Read, comments, crawl, patterns

PUBLIC = [post for post in blog.posts() if not post.is_reserved]
POSTS_IN_FEED = 15
"""What Ghost's feed holds, and so the only posts that its module knows when nothing else is told."""


def crawled(site: GhostSite, folder: Path) -> Read:
    return crawl(folder, site.home_url, ghost.HOST, ("127.0.0.1", site.port))


@pytest.fixture(scope="module")
def read(ghost_site: GhostSite, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return crawled(ghost_site, tmp_path_factory.mktemp("ghost"))


def test_every_public_post_is_found(read: Read) -> None:
    assert read.report.sites["ok"] == 1
    assert {post.slug for post in PUBLIC} <= set(read.posts)
    [blogger] = read.bloggers
    assert blogger.sites[0].platform == "ghost"


def by_readers(slug: str) -> list[str]:
    """Who else than the owner, who has written all posts here; Ghost's members are no authors, the name tells."""
    return [name for name in (said.by for said in blog.post(slug).published_comments) if name != blog.AUTHOR]


@pytest.mark.parametrize("slug", [post.slug for post in PUBLIC if post.readers])
def test_commenters_are_told_apart_and_the_author_answers(read: Read, slug: str) -> None:
    written, stored = blog.post(slug), read.posts[slug].comments
    assert stored is not None
    assert patterns(stored.commenters) == patterns(by_readers(slug))
    assert stored.author_answers == len(written.published_comments) - len(by_readers(slug))


@pytest.mark.parametrize("slug", [post.slug for post in PUBLIC])
def test_the_count_is_that_of_comments_that_are_not_hidden(read: Read, slug: str) -> None:
    shown = len(blog.post(slug).published_comments)
    assert comments(read.posts[slug]) == EngagementReading(EngagementKind.COMMENTS, shown)


def test_returning_readers_are_the_same_everywhere(read: Read) -> None:
    on_posts = Counter(
        person for post in read.posts.values() if post.comments for person in set(post.comments.commenters)
    )
    assert sum(count > 1 for count in on_posts.values()) == len(blog.returning(blog.posts()))


def test_comments_that_are_switched_off_are_a_reason_and_no_zero(ghost_site: GhostSite, tmp_path: Path) -> None:
    ghost_site.set_comments("off")
    try:
        off = crawled(ghost_site, tmp_path)
    finally:
        ghost_site.set_comments("all")
    newest = sorted(PUBLIC, key=lambda post: post.published)[-POSTS_IN_FEED:]
    told = {slug: comments(post) for slug, post in off.posts.items()}
    closed = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert [told[post.slug] for post in newest] == [closed] * POSTS_IN_FEED
    # Of older posts nobody says so, but nobody says that there are none either.
    assert {reading.count for reading in told.values() if reading} == {None}
