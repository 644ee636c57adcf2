"""Feeds on another host: found, asked for politely, and trusted only for what leads back to the site."""

import sqlite3
from collections.abc import Iterator

import pytest

from bloghound.demo.exchange import Document, redirect
from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from crawler.foreign_feeds import MAX_FOREIGN_FEEDS, foreign_feeds, is_foreign
from tests.mockweb import MockWeb, page, post_page

BLOG, BURNER = "blog.test", "burner.test"


def feed(*urls: str) -> Document:
    entries = "".join(
        f"<item><title>Day {n}</title><link>{url}</link><pubDate>{n:02} May 2026 08:00:00 +0000</pubDate></item>"
        for n, url in enumerate(urls, 1)
    )
    return Document(f'<rss version="2.0"><channel><title>B</title>{entries}</channel></rss>'.encode(), "text/xml")


def test_only_a_few_addresses_on_other_hosts_are_feeds_elsewhere() -> None:
    named = ["https://a.test/feed", "mailto:x", *(f"https://b.test/{n}" for n in range(9)), "https://b.test/0"]
    assert list(foreign_feeds(named, "a.test")) == [f"https://b.test/{n}" for n in range(MAX_FOREIGN_FEEDS)]
    assert is_foreign("https://b.test/", "a.test")
    assert not is_foreign("https://a.test/x", "a.test")


@pytest.fixture
def web() -> Iterator[MockWeb]:
    """A blog whose one post is linked from nowhere but its feed."""
    with MockWeb({BLOG: {"/hidden/": post_page("Hidden", 1)}, BURNER: {}}) as served:
        named = f'<link rel="alternate" type="application/rss+xml" href="{served.url(BURNER, "/blog")}">'
        served.add(BLOG, "/", page("Blog", "<h1>Blog</h1>", named))
        yield served


def outcomes(web: MockWeb, settings: Settings) -> dict[str, str]:
    run_crawl(settings, [web.url(BLOG)], static_hosts=dict.fromkeys(web.hosts, (web.address, web.port)))
    with sqlite3.connect(settings.data_dir / "bloghound.sqlite3") as connection:
        rows = dict(connection.execute("SELECT url, outcome FROM page WHERE outcome IS NOT NULL").fetchall())
    connection.close()
    return rows


def test_a_post_is_found_by_a_feed_on_another_host(web: MockWeb, settings: Settings) -> None:
    web.add(BURNER, "/blog", feed(web.url(BLOG, "/hidden/"), "https://stranger.test/post"))
    found = outcomes(web, settings)
    assert (found[web.url(BURNER, "/blog")], found[web.url(BLOG, "/hidden/")]) == ("feed", "post")
    assert not any("stranger" in url for url in found)


def test_a_feed_that_the_site_itself_sends_elsewhere_is_followed(web: MockWeb, settings: Settings) -> None:
    web.add(BLOG, "/", page("Blog", "<h1>Blog</h1>", '<link rel="alternate" type="application/rss+xml" href="/feed">'))
    web.add(BLOG, "/feed", redirect(web.url(BURNER, "/blog")))
    web.add(BURNER, "/blog", feed(web.url(BLOG, "/hidden/")))
    assert outcomes(web, settings)[web.url(BLOG, "/hidden/")] == "post"


def test_robots_txt_of_the_feeds_own_host_is_obeyed(web: MockWeb, settings: Settings) -> None:
    web.add(BURNER, "/blog", feed(web.url(BLOG, "/hidden/")))
    web.add(BURNER, "/robots.txt", Document(b"User-agent: *\nDisallow: /blog\n", "text/plain"))
    found = outcomes(web, settings)
    assert web.url(BLOG, "/hidden/") not in found
    assert web.requests_to(BURNER, "/blog") == ()


@pytest.mark.parametrize("elsewhere", [feed("https://stranger.test/post"), post_page("Not a feed", 2)])
def test_what_does_not_lead_back_is_another_site(web: MockWeb, settings: Settings, elsewhere: Document | str) -> None:
    web.add(BURNER, "/blog", elsewhere)
    assert outcomes(web, settings)[web.url(BURNER, "/blog")] == "other_site"
    with sqlite3.connect(settings.data_dir / "bloghound.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM post").fetchone() == (0,)
    connection.close()
