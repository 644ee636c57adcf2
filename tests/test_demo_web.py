"""The demo web as a crawler meets it: every link leads somewhere, feeds and maps are whole, validators hold."""

from collections import Counter
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.demo import DemoWeb
from bloghound.demo.content import Blog, load_blogs, load_crowd
from bloghound.demo.discussion import discuss
from bloghound.demo.pages import THEMES
from bloghound.errors import BloghoundError
from bloghound.urls import site_of
from crawler.extract.commenters import identity_of
from crawler.extract.page import parse_page
from crawler.parsed import Document
from tests.mockweb.client import Answer, fetch

BLOGS = load_blogs()
WITH_FEED = [name for name, blog in BLOGS.items() if blog.feed != "none"]
FEED_PATHS = {
    name: "/feed.json" if BLOGS[name].feed == "json" else THEMES[BLOGS[name].theme].feed_path for name in BLOGS
}


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with DemoWeb() as served:
        yield served


def home(web: DemoWeb, name: str) -> str:
    return web.atlas.origin(name) + "/"


def post_urls(web: DemoWeb, blog: Blog) -> list[str]:
    return [web.atlas.post_url(blog, post) for post in blog.posts]


def links_of(url: str, answer: Answer) -> set[str]:
    """Addresses of all links on an HTML page, without fragments; none for anything else."""
    if "html" not in answer.headers["content-type"]:
        return set()
    found = LexborHTMLParser(answer.text).css("a[href], link[href]")
    return {urldefrag(urljoin(url, node.attributes["href"] or "")).url for node in found}


def followed(url: str) -> Answer:
    answer = fetch(url)
    return fetch(urljoin(url, answer.headers["location"])) if answer.status == 301 else answer


def walk(web: DemoWeb) -> dict[str, Answer]:
    """Every page that links lead to from the seeds."""
    waiting, seen = list(web.seeds), dict[str, Answer]()
    while waiting:
        url = waiting.pop()
        if url not in seen:
            seen[url] = followed(url)
            waiting += links_of(url, seen[url])
    return seen


@pytest.fixture(scope="module")
def walked(web: DemoWeb) -> dict[str, Answer]:
    return walk(web)


def test_no_link_is_dead(walked: dict[str, Answer]) -> None:
    assert {url for url, answer in walked.items() if answer.status != 200} == set()


def test_links_lead_to_every_host_and_to_no_host_outside(web: DemoWeb, walked: dict[str, Answer]) -> None:
    assert {urlsplit(url).hostname for url in walked} == set(web.hosts)
    assert {urlsplit(url).port for url in walked} == {web.port}


def test_links_lead_to_every_post(web: DemoWeb, walked: dict[str, Answer]) -> None:
    expected = {url for blog in BLOGS.values() for url in post_urls(web, blog)}
    assert len(expected) == sum(len(blog.posts) for blog in BLOGS.values())
    assert expected <= set(walked)


@pytest.mark.parametrize("name", BLOGS)
def test_a_post_page_shows_its_title_text_and_language(web: DemoWeb, name: str) -> None:
    blog = BLOGS[name]
    for post, url in zip(blog.posts, post_urls(web, blog), strict=True):
        page = LexborHTMLParser(fetch(url).text)
        assert [node.attributes["lang"] for node in page.css("html")] == [blog.language]
        headings = " ".join(node.text() for node in page.css("h1, h3.post-title"))
        assert post.title in headings
        assert post.body.split("\n")[-1][:25].split("[")[0] in page.text()


@pytest.mark.parametrize("name", WITH_FEED)
def test_a_feed_holds_every_post_with_its_address_and_date(web: DemoWeb, name: str) -> None:
    blog, answer = BLOGS[name], fetch(web.atlas.origin(name) + FEED_PATHS[name])
    if blog.feed == "json":
        found = [(item["url"], item["date_published"][:10]) for item in answer.json["items"]]
    else:
        feed = feedparser.parse(answer.body)
        assert not feed.bozo
        found = [(entry.link, "{}-{:02}-{:02}".format(*entry.published_parsed[:3])) for entry in feed.entries]
    expected = zip(post_urls(web, blog), (f"{post.published:%Y-%m-%d}" for post in blog.posts), strict=True)
    assert found == list(expected)


@pytest.mark.parametrize("name", WITH_FEED)
def test_a_home_page_names_its_feed(web: DemoWeb, name: str) -> None:
    assert web.atlas.origin(name) + FEED_PATHS[name] in links_of(home(web, name), fetch(home(web, name)))


def test_one_blog_has_no_feed(web: DemoWeb) -> None:
    assert set(BLOGS) - set(WITH_FEED) == {"grindlog"}
    assert "alternate" not in fetch(home(web, "grindlog")).text
    assert [fetch(home(web, "grindlog") + path).status for path in ("feed/", "index.xml", "rss/")] == [404] * 3


def test_feeds_count_comments_in_their_own_dialects(web: DemoWeb) -> None:
    for name, field in (("koffie", "slash_comments"), ("spokesong", "thr_total")):
        feed = feedparser.parse(fetch(web.atlas.origin(name) + FEED_PATHS[name]).body)
        assert [int(entry[field]) for entry in feed.entries] == [post.comments for post in BLOGS[name].posts]


@pytest.mark.parametrize(
    ("name", "selector"),
    [
        ("koffie", ".comment-list li.comment"),
        ("fietsdagboek", ".comment-list li.comment"),
        ("spokesong", "#comments dt.comment-author"),
        ("doublewall", "#comments [itemprop=comment]"),
        ("oldradios", "#comments .static-comment"),
    ],
)
def test_pages_show_as_many_comments_as_they_say(web: DemoWeb, name: str, selector: str) -> None:
    for post, url in zip(BLOGS[name].posts, post_urls(web, BLOGS[name]), strict=True):
        page = LexborHTMLParser(fetch(url).text)
        assert len(page.css(selector)) == post.comments
        [heading] = page.css("#comments h2, #comments h3, #comments h4")
        assert heading.text().split()[0] == str(post.comments)


def test_one_blog_hides_its_comments_behind_a_script(web: DemoWeb) -> None:
    hidden = [blog for blog in BLOGS.values() if blog.comments == "hidden"]
    assert [blog.name for blog in hidden] == ["slowpannier"]
    for url in post_urls(web, hidden[0]):
        assert "isso-thread" in fetch(url).text
        assert "static-comment" not in fetch(url).text


def test_links_in_comments_are_marked_as_such(web: DemoWeb) -> None:
    page = LexborHTMLParser(fetch(post_urls(web, BLOGS["koffie"])[0]).text)
    rels = {node.attributes["rel"] for node in page.css(".comment-author a")}
    assert rels == {"ugc external nofollow"}


def sitemap_pages(url: str) -> list[str]:
    """All page addresses of a sitemap, through its index if it has one."""
    text = fetch(url).text
    addresses = [part.partition("</loc>")[0] for part in text.split("<loc>")[1:]]
    return [page for part in addresses for page in sitemap_pages(part)] if "<sitemapindex" in text else addresses


@pytest.mark.parametrize("name", [name for name, blog in BLOGS.items() if blog.theme not in {"handmade", "hugo"}])
def test_robots_names_a_sitemap_that_lists_every_post(web: DemoWeb, name: str) -> None:
    robots = fetch(home(web, name) + "robots.txt").text
    [sitemap] = [line.partition(" ")[2] for line in robots.splitlines() if line.startswith("Sitemap:")]
    pages = sitemap_pages(sitemap)
    assert set(post_urls(web, BLOGS[name])) <= set(pages)
    assert {fetch(page).status for page in pages} == {200}


def test_robots_differ_one_forbids_a_path_that_is_linked_and_some_are_absent(web: DemoWeb) -> None:
    assert "Disallow: /private/\nCrawl-delay: 0\n" in fetch(home(web, "grindlog") + "robots.txt").text
    assert home(web, "grindlog") + "private/notebook.html" in links_of(
        home(web, "grindlog"), fetch(home(web, "grindlog"))
    )
    assert fetch(home(web, "slowpannier") + "robots.txt").status == 404


@pytest.mark.parametrize("path", ["/", "/feed/", "/about/", "/2026/11/03/dialling-in-light-roasts/"])
def test_a_page_that_has_not_changed_is_304(web: DemoWeb, path: str) -> None:
    url = web.atlas.origin("koffie") + path
    first = fetch(url)
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        again = fetch(url, {header: value})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])


def test_a_page_that_has_changed_is_sent_again(web: DemoWeb) -> None:
    url = home(web, "koffie")
    assert fetch(url, {"If-None-Match": '"older"'}).status == 200
    assert fetch(url, {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"}).status == 200
    assert fetch(url, {"If-Modified-Since": "last Tuesday"}).status == 200
    modified = parsedate_to_datetime(fetch(url).headers["last-modified"])
    assert modified == BLOGS["koffie"].posts[0].published


def test_an_etag_decides_before_a_date_does(web: DemoWeb) -> None:
    headers = {"If-None-Match": '"older"', "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert fetch(home(web, "koffie"), headers).status == 200


@pytest.mark.parametrize("name", BLOGS)
def test_an_unknown_address_is_a_real_404(web: DemoWeb, name: str) -> None:
    assert fetch(home(web, name) + "no/such/page").status == 404


def test_requests_that_are_not_for_us_are_refused(web: DemoWeb) -> None:
    assert fetch(f"http://127.0.0.1:{web.port}/").status == 421
    assert fetch(home(web, "koffie"), method="POST").status == 405


def test_head_has_the_headers_of_get_and_no_body(web: DemoWeb) -> None:
    got, asked = fetch(home(web, "koffie")), fetch(home(web, "koffie"), method="HEAD")
    assert asked.headers == got.headers
    assert asked.body == b""


def test_unknown_parameters_are_ignored_and_a_lacking_slash_is_put_right(web: DemoWeb) -> None:
    url = web.atlas.origin("koffie") + "/about"
    assert fetch(url).headers["location"] == "/about/"
    assert fetch(url + "/?utm_source=x").body == fetch(url + "/").body


def test_seeds_and_winners_are_sites_of_the_web(web: DemoWeb) -> None:
    assert [site_of(seed).home_url for seed in web.seeds] == list(web.seeds)
    keys = {f"{host}:{web.port}" for host in web.hosts}
    assert set(web.expected_winner.values()) <= keys
    assert list(web.expected_winner) == [brief.name for brief in web.briefs]
    assert not set(web.expected_winner.values()) & {site_of(seed).key for seed in web.seeds}


def test_a_taken_port_is_one_sentence_that_names_it(web: DemoWeb) -> None:
    with pytest.raises(BloghoundError, match=rf"^Port {web.port} on 127\.0\.0\.1 cannot be used: .+\.$"):
        DemoWeb(port=web.port).__enter__()


@pytest.mark.parametrize("port", [-1, 65536, 99_999_999_999])
def test_a_port_out_of_range_is_one_sentence_that_names_it(port: int) -> None:
    with pytest.raises(BloghoundError, match=rf"^Port {port} is no port"):
        DemoWeb(port=port).__enter__()


def test_two_webs_stand_beside_each_other_and_a_port_is_free_again_at_once() -> None:
    with DemoWeb() as one, DemoWeb() as two:
        assert one.port != two.port
        assert fetch(home(one, "koffie")).status == fetch(home(two, "koffie")).status == 200
    with DemoWeb(port=one.port) as again:
        assert fetch(home(again, "koffie")).status == 200


@pytest.mark.parametrize("name", ["koffie", "fietsdagboek", "spokesong", "doublewall", "oldradios"])
def test_every_comment_of_every_theme_is_read_with_its_writer_length_and_answer(web: DemoWeb, name: str) -> None:
    blog = BLOGS[name]
    crowd = load_crowd()[f"{blog.niche}.{blog.language}"]
    for post in blog.posts[:3]:
        url = web.atlas.post_url(blog, post)
        page = parse_page(Document(url, fetch(url).text.encode(), "text/html; charset=utf-8"))
        assert page.post is not None
        said = discuss(blog, post, crowd, web.atlas.origin)
        read = page.post.comments
        assert Counter((one.identity, one.words, one.by_author) for one in read) == Counter(
            (identity_of(one.name), len(one.text.split()), one.name == blog.author) for one in said
        )
        assert len({one.comment_id for one in read} - {""}) == len(said)
