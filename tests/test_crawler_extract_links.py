"""Links with their context, local addresses brought home, and what addresses alone tell."""

from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.records import LinkContext
from crawler.extract.links import PageLinks, content_root, read_links
from crawler.extract.metadata import is_local_host, read_metadata, refresh_target, rehome, resolve
from crawler.extract.paths import (
    address_pattern,
    date_in_path,
    is_date_archive,
    is_feed_path,
    is_listing_path,
    is_mirrored_query,
    is_page_name,
    is_paging,
    path_of,
)

BASE = "https://blog.test-tea.nl/posts/tea/"
LONG = "Tea is a drink that people have made for a very long time, and in many ways. " * 4


def links_of(html: str, url: str = BASE) -> PageLinks:
    tree = LexborHTMLParser(html)
    return read_links(tree, read_metadata(tree, url), content_root(tree), max_links=50)


def context_of(html: str, target: str) -> LinkContext:
    return next(link.context for link in links_of(html).links if link.target_url == target)


PAGE = f"""<html><body class="has-sidebar"><header><a href="/">Home</a></header>
<div class="layout with-sidebar"><article><p>{LONG}
<a rel="nofollow sponsored" href="https://shop.test-tea.nl/x">a shop</a></p>
<div class="share"><a href="https://social.test-tea.nl/">share</a></div></article>
<div class="blogroll"><a href="https://friend.test-tea.nl/">Friend</a></div>
<h3>Blogroll</h3><ul><li><a href="https://other.test-tea.nl/">Other</a></li></ul>
<div id="comments"><a href="https://reader.test-tea.nl/">Reader</a></div></div>
<footer><a href="https://theme.test-tea.nl/">Theme</a></footer></body></html>"""


@pytest.mark.parametrize(
    ("target", "context"),
    [
        ("https://shop.test-tea.nl/x", LinkContext.CONTENT),
        ("https://social.test-tea.nl/", LinkContext.BOILERPLATE),
        ("https://friend.test-tea.nl/", LinkContext.BLOGROLL),
        ("https://other.test-tea.nl/", LinkContext.BLOGROLL),
        ("https://reader.test-tea.nl/", LinkContext.COMMENT),
        ("https://theme.test-tea.nl/", LinkContext.BOILERPLATE),
        ("https://blog.test-tea.nl/", LinkContext.BOILERPLATE),
    ],
)
def test_every_link_knows_where_it_stands(target: str, context: LinkContext) -> None:
    assert context_of(PAGE, target) is context


def test_posts_of_blogger_stand_in_a_widget_and_are_content() -> None:
    html = f"""<html><body><div class="widget Blog" id="Blog1"><div class="post-body"><p>{LONG}
    <a href="https://cited.test-tea.nl/">cited</a></p></div></div>
    <div class="widget BlogList"><a href="https://friend.test-tea.nl/">Friend</a></div>
    <div class="widget Label"><a href="https://label.test-tea.nl/">Label</a></div></body></html>"""
    assert context_of(html, "https://cited.test-tea.nl/") is LinkContext.CONTENT
    assert context_of(html, "https://friend.test-tea.nl/") is LinkContext.BLOGROLL
    assert context_of(html, "https://label.test-tea.nl/") is LinkContext.BOILERPLATE


@pytest.mark.parametrize("heading", ["Blogs we read", "Wij lezen ook", "Wir lesen auch", "Neighbours:", "友情链接"])
def test_a_blogroll_is_known_by_its_heading(heading: str) -> None:
    html = f"""<html><body><article><p>{LONG}</p></article>
    <h4>{heading}</h4><ul><li><a href="https://friend.test-tea.nl/">Friend</a></li></ul></body></html>"""
    assert context_of(html, "https://friend.test-tea.nl/") is LinkContext.BLOGROLL


def test_rel_and_anchor_are_kept() -> None:
    link = next(link for link in links_of(PAGE).links if "shop" in link.target_url)
    assert (link.rel, link.anchor) == (("nofollow", "sponsored"), "a shop")


def test_an_image_link_is_named_by_its_image() -> None:
    assert links_of('<a href="/cup"><img alt="A cup" src="c.png"></a>').links[0].anchor == "A cup"


def test_links_are_capped_and_told_apart() -> None:
    html = "".join(f'<a href="/p{n % 80}">x</a>' for n in range(200))
    assert len(links_of(html).links) == 50


def test_the_base_element_counts_unless_it_is_local() -> None:
    assert links_of('<base href="/en/"><a href="tea">x</a>').links[0].target_url == "https://blog.test-tea.nl/en/tea"
    local = '<base href="http://localhost:4000/en/"><a href="tea">x</a>'
    assert links_of(local).links[0].target_url == "https://blog.test-tea.nl/en/tea"


def test_feeds_come_from_link_elements_first() -> None:
    html = """<link rel="alternate" type="application/atom+xml" href="/atom.xml">
    <link rel="alternate" type="application/json" href="/wp-json/x">
    <a href="/feed/">RSS</a><a href="/about">About</a>"""
    assert links_of(html).feed_urls == ("https://blog.test-tea.nl/atom.xml", "https://blog.test-tea.nl/feed/")


def test_paging_comes_before_index_pages_and_stays_on_the_host() -> None:
    html = """<a href="/tags/tea/">tea</a><a href="/page/2/">2</a><a href="https://else.test-tea.nl/page/2/">x</a>
    <a href="/blog/old/">Older posts</a><a href="/posts/milk/">milk</a>"""
    paths = [path_of(url) for url in links_of(html).next_urls]
    assert paths == ["page/2", "blog/old", "tags/tea"]


@pytest.mark.parametrize(
    "href", ["", "#top", "mailto:a@b.nl", "javascript:void(0)", "ftp://a.nl/", "http://[bad", "http://"]
)
def test_what_is_no_web_address_is_left_out(href: str) -> None:
    assert resolve(href, BASE) is None


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "myserver", "example.com", "www.example.org", "blog.local", "x.test"]
)
def test_hosts_that_mean_nothing_outside(host: str) -> None:
    assert is_local_host(host)


def test_a_local_address_means_the_same_path_on_the_pages_own_host() -> None:
    assert rehome("http://localhost:1313/posts/milk/?a=1", "https://tea.nl/x") == "https://tea.nl/posts/milk/?a=1"
    assert rehome("https://other.nl/a", "https://tea.nl/x") == "https://other.nl/a"
    assert rehome("http://shop.demo.test/a", "http://tea.demo.test/") == "http://shop.demo.test/a"


@pytest.mark.parametrize(
    ("content", "target"),
    [
        ("0; url=/home/", "https://blog.test-tea.nl/home/"),
        ("3;URL='/home/'", "https://blog.test-tea.nl/home/"),
        ("600; url=/home/", None),
        ("5", None),
    ],
)
def test_meta_refresh_leads_on_when_it_is_quick(content: str, target: str | None) -> None:
    tree = LexborHTMLParser(f'<meta http-equiv="refresh" content="{content}">')
    assert refresh_target(read_metadata(tree, BASE)) == target


@pytest.mark.parametrize(
    "path", ["tags/tea/", "category/tea.html", "archives/", "blog/", "blog/page/2/", "page3", "?m=202001", "author/ann"]
)
def test_listing_addresses(path: str) -> None:
    url = f"https://tea.nl/{path}"
    assert is_listing_path(url) or is_paging(url) or path == "page3"


@pytest.mark.parametrize(
    "path", ["posts/tea/", "2020/05/tea/", "archives/tea-and-milk/", "tea.html", "blog/2020-05-04-tea"]
)
def test_post_addresses_are_no_listings(path: str) -> None:
    url = f"https://tea.nl/{path}"
    assert not any(says(url) for says in (is_listing_path, is_date_archive, is_page_name, is_feed_path))


def test_other_names() -> None:
    assert is_page_name("https://tea.nl/about.html")
    assert is_date_archive("https://tea.nl/blog/2020/05/")
    assert is_feed_path("https://tea.nl/posts/index.xml")
    assert is_mirrored_query("https://tea.nl/index.html_p=28.html")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("2020/05/04/tea/", (datetime(2020, 5, 4, tzinfo=UTC), True)),
        ("2020/May/04/tea/", (datetime(2020, 5, 4, tzinfo=UTC), True)),
        ("posts/2020-05-04-tea.html", (datetime(2020, 5, 4, tzinfo=UTC), True)),
        ("blog/20200504_tea/", (datetime(2020, 5, 4, tzinfo=UTC), True)),
        ("2020/05/tea/", (datetime(2020, 5, 1, tzinfo=UTC), False)),
        ("2020/99/99/tea/", None),
        ("items/1234567/", None),
    ],
)
def test_dates_in_addresses(path: str, expected: tuple[datetime, bool] | None) -> None:
    assert date_in_path(f"https://tea.nl/{path}") == expected


def test_patterns_fold_numbers_and_the_slug() -> None:
    assert address_pattern("https://tea.nl/2020/05/04/tea/") == address_pattern("https://tea.nl/2019/11/30/milk/")
    assert address_pattern("https://tea.nl/blog/tea/") != address_pattern("https://tea.nl/shop/tea/")
