"""A blog's platform asked after its pages: what is stored, when it is not asked, and what it may not bring in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bloghound.demo.exchange import JSON, Document
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.recrawl import run_due
from bloghound.records import CrawlReport, ParsedPost, PostSource
from bloghound.settings import Settings
from crawler.platform_reading import MAX_AHEAD, dated_by
from tests.crawling import query
from tests.mockweb import Content, MockWeb, RetryAfterSeconds, page, post_page, small_blog
from tests.test_jobs_recrawl import make_due

BLOG = "wp.test"
POSTS, COMMENTS = "/wp-json/wp/v2/posts", "/wp-json/wp/v2/comments"
AUTHOR = 1


def as_json(value: object, pages: int = 1, status: int = 200) -> Document:
    return Document(json.dumps(value).encode(), JSON, status, headers=(("X-WP-TotalPages", str(pages)),))


def wordpress(web: MockWeb, listed: list[int], said: list[dict[str, Any]], host: str = BLOG) -> None:
    """Let a blog of the web answer as WordPress does: three posts on its pages, and these in its interface."""
    for path, content in small_blog(3).items():
        web.add(host, path, content)
    web.add(host, "/", page("Birds", "<p>Birds</p>" + _links(), '<meta name="generator" content="WordPress 6.8">'))
    posts = [
        {
            "id": day,
            "link": web.url(host, f"/post-{day}/"),
            "date_gmt": f"2026-05-{day:02}T08:00:00",
            "author": AUTHOR,
            "comment_status": "open" if day < 3 else "closed",
            "content": {"protected": False},
        }
        for day in listed
    ]
    web.add(host, POSTS, as_json(posts))
    web.add(host, COMMENTS, as_json(said))


def _links() -> str:
    return "".join(f'<a href="/post-{day}/">Day {day}</a>' for day in (1, 2, 3))


def comment(number: int, post: int, name: str, author: int = 0) -> dict[str, Any]:
    return {
        "id": number,
        "post": post,
        "author": author,
        "author_name": name,
        "date_gmt": f"2026-06-{number:02}T10:00:00",
        "type": "comment",
        "content": {"rendered": "<p>What a lovely day that was</p>"},
    }


SAID = [comment(1, 1, "Bob"), comment(2, 1, "Sam", AUTHOR), comment(3, 2, "Bob"), comment(4, 1, "Eve")]
COUNTS = (
    "SELECT p.url, o.count, o.reason FROM engagement_observation o JOIN post p ON p.id = o.post_id "
    "WHERE o.source_url LIKE '%wp-json%' ORDER BY p.url"
)


def crawl(settings: Settings, web: MockWeb) -> CrawlReport:
    own = {BLOG: (web.address, web.port)}
    return run_crawl(settings, [web.url(BLOG)], static_hosts=own, retry_delays_seconds=())


def test_comments_come_from_the_interface_after_the_pages(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3], SAID)
        report = crawl(settings, web)
        figures = [
            (web.url(BLOG, "/post-1/"), 3, None),
            (web.url(BLOG, "/post-2/"), 1, None),
            (web.url(BLOG, "/post-3/"), None, "comments_closed"),
        ]
    assert report.outcomes["api"] == 2
    assert query(settings, COUNTS) == figures
    said = (
        "SELECT words, by_author, count(DISTINCT commenter_hash) FROM post_comment WHERE source = 'api' GROUP BY 1, 2"
    )
    assert sorted(query(settings, said)) == [(6, 0, 2), (6, 1, 1)]


def test_no_post_comes_in_by_the_interface_alone(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3, 4], [*SAID, comment(9, 4, "Kim")])
        crawl(settings, web)
    assert query(settings, "SELECT count(*) FROM post") == [(3,)]
    assert query(settings, "SELECT count(*) FROM post_comment WHERE source = 'api'") == [(len(SAID),)]


def test_robots_txt_holds_for_the_interface_too(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3], SAID)
        web.add(BLOG, "/robots.txt", Document(b"User-agent: *\nDisallow: /wp-json/\n", "text/plain"))
        report = crawl(settings, web)
        assert web.requests_to(BLOG, POSTS) == ()
    assert report.sites["ok"] == 1


def test_a_blog_that_has_not_changed_is_not_asked_again(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3], SAID)
        crawl(settings, web)
        make_due(settings)
        run_due(settings, static_hosts={BLOG: (web.address, web.port)}, retry_delays_seconds=())
        assert len(web.requests_to(BLOG, POSTS)) == 1


FAILURES: dict[str, Content] = {
    "refused.test": as_json({"code": "rest_forbidden"}, status=401),
    "no-list.test": as_json("nonsense"),
    "a-page.test": Document(b"<html>", "text/html"),
    "broken.test": Document(b"{", JSON),
    "left-alone.test": RetryAfterSeconds(7200),
}
"""What the interface of each blog answers."""


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    """Health, number of posts, and number of figures from the interface, of each of these blogs."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("failed"), extraction_workers=1)
    with MockWeb({host: {} for host in FAILURES}) as web:
        for host, answer in FAILURES.items():
            wordpress(web, [1, 2, 3], SAID, host)
            web.add(host, POSTS, answer)
        own = dict.fromkeys(FAILURES, (web.address, web.port))
        run_crawl(settings, [web.url(host) for host in FAILURES], static_hosts=own, retry_delays_seconds=())
        assert {host for host in FAILURES if web.requests_to(host, POSTS)} == set(FAILURES)
    figures = (
        "SELECT key, health, count(DISTINCT post.id), count(o.id) FROM site JOIN post ON post.site_id = site.id "
        "LEFT JOIN engagement_observation o ON o.post_id = post.id AND o.source_url LIKE '%wp-json%' GROUP BY key"
    )
    return {str(key).partition(":")[0]: tuple(row) for key, *row in query(settings, figures)}


@pytest.mark.parametrize("host", FAILURES)
def test_an_interface_that_fails_costs_nothing_of_the_blog(failed: dict[str, tuple[object, ...]], host: str) -> None:
    assert failed[host] == ("ok", 3, 0)


def test_comments_that_nobody_may_list_are_unknown_with_the_reason(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3], SAID)
        web.add(BLOG, COMMENTS, as_json({"code": "rest_not_logged_in"}, status=401))
        crawl(settings, web)
        open_posts = [(web.url(BLOG, f"/post-{day}/"), None, "blocked") for day in (1, 2)]
    assert query(settings, COUNTS) == open_posts


def test_a_redirect_within_the_blog_is_followed(settings: Settings) -> None:
    with MockWeb({BLOG: {}}) as web:
        wordpress(web, [1, 2, 3], SAID)
        web.add(BLOG, "/moved", as_json([]))
        web.add(BLOG, POSTS, Document(b"", "text/html", 301, headers=(("Location", "/moved"),)))
        crawl(settings, web)
        assert len(web.requests_to(BLOG, "/moved")) == 1


def test_other_software_is_not_asked(settings: Settings) -> None:
    with MockWeb({BLOG: small_blog(3) | {"/post-4/": post_page("More", 4)}}) as web:
        crawl(settings, web)
        assert web.requests_to(BLOG, POSTS) == ()


def test_a_profile_that_cannot_be_read_without_a_key_says_so(settings: Settings) -> None:
    with MockWeb({"www.youtube.com": {}}) as web:
        own = {"www.youtube.com": (web.address, web.port)}
        run_crawl(settings, [web.url("www.youtube.com", "/@ann")], static_hosts=own, retry_delays_seconds=())
        assert web.requests == ()
    ((health, reason),) = query(settings, "SELECT health, health_reason FROM site")
    assert health == "failed"
    assert "without a key" in str(reason)


def test_what_a_profile_shares_of_others_is_a_link_to_them(settings: Settings) -> None:
    account = {"id": "1", "username": "ann", "acct": "ann", "display_name": "Ann", "note": "", "fields": []}
    boost = {"id": "9", "visibility": "public", "reblog": {"url": "https://other.test/@bob/7"}}
    with MockWeb({"social.test": {}}) as web:
        shown = account | {"url": web.url("social.test", "/@ann"), "indexable": True, "discoverable": True}
        web.add("social.test", "/api/v1/accounts/lookup", as_json(shown))
        web.add("social.test", "/api/v1/accounts/1/statuses", as_json([boost]))
        own = {"social.test": (web.address, web.port)}
        run_crawl(settings, [web.url("social.test", "/@ann")], static_hosts=own, retry_delays_seconds=())
    links = query(settings, "SELECT target_site_key, context, post_id FROM link")
    assert links == [("other.test/@bob", "content", None)]


NOW = datetime(2026, 5, 1, tzinfo=UTC)
POST = ParsedPost("https://a.test/1", "One", "Words", PostSource.FEED, published=NOW, date_source="api")


@pytest.mark.parametrize("published", [None, NOW - timedelta(days=9000), NOW, NOW + MAX_AHEAD])
def test_a_date_that_can_be_is_kept(published: datetime | None) -> None:
    post = replace(POST, published=published)
    assert dated_by(post, NOW) == post


@pytest.mark.parametrize("ahead", [MAX_AHEAD + timedelta(seconds=1), timedelta(days=300_000)])
def test_a_date_in_the_future_is_no_date(ahead: timedelta) -> None:
    assert dated_by(replace(POST, published=NOW + ahead), NOW) == replace(POST, published=None, date_source=None)


def test_a_profile_that_writes_from_the_future_is_stored_undated(settings: Settings) -> None:
    account = {"id": "1", "username": "ann", "acct": "ann", "display_name": "Ann", "note": "", "fields": []}
    with MockWeb({"social.test": {}}) as web:
        shown = account | {"url": web.url("social.test", "/@ann"), "indexable": True, "discoverable": True}
        said = [
            {
                "id": year,
                "url": web.url("social.test", f"/@ann/{year}"),
                "visibility": "public",
                "created_at": f"{year}-05-01T10:00:00Z",
                "content": f"<p>What a lovely day in {year}, with a walk along the river</p>",
                "account": shown,
            }
            for year in ("2025", "9025")
        ]
        web.add("social.test", "/api/v1/accounts/lookup", as_json(shown))
        web.add("social.test", "/api/v1/accounts/1/statuses", as_json(said))
        own = {"social.test": (web.address, web.port)}
        run_crawl(settings, [web.url("social.test", "/@ann")], static_hosts=own, retry_delays_seconds=())
    dates = query(settings, "SELECT published_at IS NOT NULL, date_source FROM post ORDER BY url")
    assert [(bool(dated), source is not None) for dated, source in dates] == [(True, True), (False, False)]
