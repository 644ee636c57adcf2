"""WordPress as Debian has it, crawled like any blog: what its pages, feeds and interface tell of its readers."""

from collections import Counter
from pathlib import Path

import pytest

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from tests.live import blog, wordpress
from tests.live.reading import Read, comments, crawl, patterns
from tests.live.wordpress import WordPressSite

OPEN = [post for post in blog.posts() if not post.is_reserved]


def crawled(site: WordPressSite, folder: Path) -> Read:
    return crawl(folder, site.home_url, wordpress.HOST, ("127.0.0.1", site.port))


@pytest.fixture(scope="module")
def read(wordpress_site: WordPressSite, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return crawled(wordpress_site, tmp_path_factory.mktemp("wordpress"))


def test_every_open_post_is_found(read: Read) -> None:
    assert read.report.sites["ok"] == 1
    assert {post.slug for post in OPEN} <= set(read.posts)
    [blogger] = read.bloggers
    assert blogger.sites[0].platform == "wordpress"


@pytest.mark.parametrize("slug", [post.slug for post in OPEN if post.readers])
def test_commenters_are_told_apart_and_the_author_answers(read: Read, slug: str) -> None:
    written, stored = blog.post(slug), read.posts[slug]
    assert stored.comments is not None
    # Hashes stand for names: as many of each as there are, in the same order.
    assert patterns(stored.comments.commenters) == patterns(written.readers)
    assert stored.comments.author_answers == written.author_answers
    assert len(stored.comments.words) == len(written.readers)


@pytest.mark.parametrize("slug", [post.slug for post in OPEN if not post.is_closed])
def test_the_count_is_that_of_published_comments(read: Read, slug: str) -> None:
    shown = len(blog.post(slug).published_comments)
    assert comments(read.posts[slug]) == EngagementReading(EngagementKind.COMMENTS, shown)


def test_closed_comments_are_a_reason_and_no_zero(read: Read) -> None:
    reason = UnknownReason.COMMENTS_CLOSED
    assert comments(read.posts["no-questions"]) == EngagementReading(EngagementKind.COMMENTS, None, reason)
    assert comments(read.posts["closed-later"]) == EngagementReading(EngagementKind.COMMENTS, 1)


def test_returning_readers_are_the_same_everywhere(read: Read) -> None:
    on_posts = Counter(
        person for post in read.posts.values() if post.comments for person in set(post.comments.commenters)
    )
    assert sum(count > 1 for count in on_posts.values()) == len(blog.returning(OPEN))


def test_pages_and_interface_tell_the_same(read: Read) -> None:
    told = read.comments_by_source("sourdough-in-winter")
    assert len(told["api"]) == len(blog.post("sourdough-in-winter").published_comments)
    assert told["api"] == told["page"]


def test_what_a_password_hides_is_blocked(read: Read) -> None:
    assert comments(read.posts["for-friends"]) == EngagementReading(
        EngagementKind.COMMENTS, None, UnknownReason.BLOCKED
    )


def test_plain_permalinks_lead_to_the_same(wordpress_site: WordPressSite, read: Read, tmp_path: Path) -> None:
    with wordpress_site.altered(wordpress.PLAIN_PERMALINKS):
        plain = crawled(wordpress_site, tmp_path)
    assert figures(plain) == figures(read)


@pytest.mark.parametrize("theme", ["", wordpress.BLOCK_THEME], ids=["classic theme", "theme of blocks"])
def test_where_the_interface_is_closed_pages_still_tell(
    wordpress_site: WordPressSite, read: Read, tmp_path: Path, theme: str
) -> None:
    with wordpress_site.altered(wordpress.CLOSED_INTERFACE + theme):
        closed = crawled(wordpress_site, tmp_path)
    told = closed.comments_by_source("sourdough-in-winter")
    assert "api" not in told
    assert told["page"] == read.comments_by_source("sourdough-in-winter")["api"]
    assert figures(closed)["Sourdough in winter"] == figures(read)["Sourdough in winter"]


def figures(read: Read) -> dict[str, tuple[object, ...]]:
    """What is known of the comments on each post that all may read, by its title."""
    titles = read.titles
    return {
        titles[post.post_id]: (comments(post), patterns(post.comments.commenters) if post.comments else None)
        for post in read.posts.values()
        if titles[post.post_id] in {one.title for one in OPEN}
    }
