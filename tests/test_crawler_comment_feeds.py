"""Which comment feeds are asked for, and that their comments come to their posts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.demo.exchange import Document
from bloghound.jobs.crawl import run_crawl
from bloghound.records import Comment, EngagementKind, EngagementReading, ParsedPost, PostSource
from bloghound.settings import Settings
from crawler.comment_feeds import NEW_FOR, kind_of_comments, kind_of_feed
from crawler.parsed import PageKind, ParsedPage, PostSignals
from tests.crawling import query
from tests.mockweb import MockWeb, page, post_page

NOW = datetime(2026, 6, 1, tzinfo=UTC)
URL = "https://tea.nl/oolong/"
POST = ParsedPost(URL, "Oolong", "Words.", PostSource.PAGE, published=NOW - timedelta(days=2))
SILENT = replace(POST, engagement=(EngagementReading(EngagementKind.COMMENTS, 3),))
BLOG = "blog.test"


def kind(feed: str, post: ParsedPost | None = POST, page_kind: PageKind = PageKind.POST, url: str = URL) -> str | None:
    shown = ParsedPage(url, None, "Oolong", None, "en", page_kind, post, PostSignals())
    return kind_of_feed(feed, shown, is_home=False, now=NOW)


def test_the_main_feed_and_the_feed_of_all_comments() -> None:
    assert kind("https://tea.nl/feed/") == "feed"
    assert kind("https://tea.nl/comments/feed/") == "comments"


def test_the_comment_feed_of_a_post_that_shows_its_comments_or_none_is_left_alone() -> None:
    shows = replace(SILENT, comments=(Comment("bea"),))
    assert [kind(f"{URL}feed/", post) for post in (POST, shows, None)] == [None] * 3


def test_that_of_a_new_post_with_a_number_and_no_comments_is_asked_for() -> None:
    old = replace(SILENT, published=NOW - NEW_FOR - timedelta(days=1))
    assert [kind(f"{URL}feed/", post) for post in (SILENT, old)] == ["replies", None]


def test_blogger_names_the_comment_feeds_of_posts_elsewhere() -> None:
    feed = "https://tea.nl/feeds/123/comments/default"
    assert [kind(feed, post) for post in (POST, SILENT)] == [None, "replies"]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://tea.nl/comments/feed/", "comments"),
        ("https://tea.nl/feeds/comments/default", "comments"),
        ("https://tea.nl/feeds/123/comments/default", "replies"),
        ("https://tea.nl/oolong/feed/", "replies"),
    ],
)
def test_only_the_feed_of_all_comments_is_kept_to_be_asked_for_again(url: str, kept: str) -> None:
    assert kind_of_comments(url) == kept


@pytest.mark.parametrize(
    ("url", "page_kind"),
    [
        ("https://tea.nl/category/green/", PageKind.LISTING),
        ("https://tea.nl/blog/", PageKind.PAGE),
        ("https://tea.nl/", PageKind.HOME),
    ],
)
def test_feeds_below_pages_that_list_posts_are_feeds_of_posts(url: str, page_kind: PageKind) -> None:
    assert kind(f"{url}feed/", None, page_kind, url) == "feed"


def test_a_home_page_in_a_folder_that_looks_like_a_post_keeps_its_feed() -> None:
    shown = ParsedPage("https://tea.nl/ann/", None, "Ann", None, "en", PageKind.POST, POST, PostSignals())
    assert kind_of_feed("https://tea.nl/ann/feed/", shown, is_home=True, now=NOW) == "feed"


def rss(title: str, *items: str) -> Document:
    return Document(
        f'<rss version="2.0"><channel><title>{title}</title>{"".join(items)}</channel></rss>'.encode(), "text/xml"
    )


def test_comments_of_a_feed_come_to_their_posts_and_no_posts_feed_is_asked_for(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        link = '<link rel="alternate" type="application/rss+xml" href="{}">'
        post = web.url(BLOG, "/oolong/")
        item = "<item><title>By: Bea</title><link>{}#comment-{}</link><description>So good.</description></item>"
        web.add(BLOG, "/", page("Blog", "<h1>Blog</h1>", link.format("/feed/") + link.format("/comments/feed/")))
        web.add(BLOG, "/oolong/", post_page("Oolong", 1).replace("</head>", f"{link.format('/oolong/feed/')}</head>"))
        web.add(BLOG, "/feed/", rss("Blog", f"<item><title>Oolong</title><link>{post}</link></item>"))
        web.add(BLOG, "/comments/feed/", rss("Comments", item.format(post, 7), item.format(web.url(BLOG, "/gone/"), 8)))
        run_crawl(settings, [web.url(BLOG)], static_hosts=dict.fromkeys(web.hosts, (web.address, web.port)))
        assert web.requests_to(BLOG, "/oolong/feed/") == ()
        assert len(web.requests_to(BLOG, "/comments/feed/")) == 1
    stored = query(settings, "SELECT url, k.source, comment_key, k.words FROM post_comment k, post")
    assert stored == [(post, "feed", "7", len("So good.".split()))]
    assert query(settings, "SELECT kind FROM page WHERE url LIKE '%comments/feed%'") == [("comments",)]
