"""One HTML page as a whole: title, text, author, platform, signals, and what they add up to."""

import pickle
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.errors import ParseError
from bloghound.records import LinkContext, PostSource
from crawler.extract.author import clean_name, find_author
from crawler.extract.metadata import read_metadata
from crawler.extract.page import parse_page
from crawler.extract.platforms import find_platform
from crawler.extract.text import hash_text, plain_text
from crawler.extract.title import find_site_name, find_title
from crawler.parsed import Document, PageKind, ParsedPage

URL = "https://tea.nl/2020/05/04/oolong/"
TEXT = "Oolong stands between green and black tea, and this is how I brew it every day of the week. " * 6


def page(html: str, url: str = URL) -> ParsedPage:
    return parse_page(
        Document(url, html.encode(), "text/html; charset=utf-8", fetched_at=datetime(2026, 6, 1, tzinfo=UTC))
    )


def title(html: str, url: str = URL) -> str:
    tree = LexborHTMLParser(html)
    return find_title(tree, read_metadata(tree, url))


def author(html: str) -> str | None:
    tree = LexborHTMLParser(html)
    return find_author(tree, read_metadata(tree, URL))


POST = f"""<!DOCTYPE html><html lang="en"><head><title>Oolong | Tea and more</title>
<meta property="og:title" content="Oolong"><meta property="og:type" content="article">
<meta property="og:site_name" content="Tea and more"><meta name="generator" content="Hugo 0.120">
<link rel="canonical" href="https://tea.nl/2020/05/04/oolong/">
<link rel="alternate" type="application/rss+xml" href="/index.xml">
</head><body><header><h1><a href="/">Tea and more</a></h1></header><main><article><h1>Oolong</h1>
<p class="byline">By Ann Leaf</p><time datetime="2020-05-04T08:00:00Z">4 May</time>
<p>{TEXT}</p><p>{TEXT}See <a href="https://kettle.nl/">the kettle</a>.</p></article></main>
<div id="comments"><h3>2 comments</h3></div><footer><a href="https://gohugo.io/">Hugo</a></footer></body></html>"""


def test_a_post_page_is_a_post() -> None:
    found = page(POST)
    post = found.post
    assert post is not None
    assert (found.kind, post.title, post.author, post.language) == (PageKind.POST, "Oolong", "Ann Leaf", "en")
    assert (post.published, post.source) == (datetime(2020, 5, 4, 8, tzinfo=UTC), PostSource.PAGE)
    assert post.engagement[0].count == 2
    assert TEXT.strip() in post.text


def test_only_links_that_are_not_boilerplate_belong_to_the_post() -> None:
    post = page(POST).post
    assert post is not None
    assert [(link.target_url, link.context) for link in post.links] == [("https://kettle.nl/", LinkContext.CONTENT)]


def test_the_page_names_its_site_feed_and_software() -> None:
    found = page(POST)
    assert (found.site_name, found.platform, found.generator) == ("Tea and more", "hugo", "Hugo 0.120")
    assert found.feed_urls == ("https://tea.nl/index.xml",)
    assert found.canonical_url == URL
    assert found.signals.canonical_url is None


def test_a_canonical_address_elsewhere_is_a_signal_only() -> None:
    found = page(POST.replace("https://tea.nl/2020", "https://copy.nl/2020"))
    assert found.signals.canonical_url == "https://copy.nl/2020/05/04/oolong/"
    assert found.post is not None
    assert found.post.url == URL


def test_a_canonical_on_a_local_host_is_the_page_itself() -> None:
    assert page(POST.replace('href="https://tea.nl/2020', 'href="http://localhost:4000/2020')).canonical_url == URL


def test_a_page_without_article_or_paragraphs_still_has_its_text() -> None:
    post = page(
        "<html><body><table><tr><td>Tea poem<br>one leaf<br>two leaves<br>in the pot</td></tr></table></body></html>"
    ).post
    assert post is not None
    assert "two leaves" in post.text


def test_a_redirecting_home_page() -> None:
    found = page('<html><head><meta http-equiv="refresh" content="0; url=/blog/"></head></html>', "https://tea.nl/")
    assert (found.refresh_url, found.kind, found.post) == ("https://tea.nl/blog/", PageKind.OTHER, None)


def test_the_text_of_a_reserved_page_says_so() -> None:
    found = page(
        POST.replace("<head>", '<head><meta name="tdm-reservation" content="1"><meta name="robots" content="noindex">')
    )
    assert (found.reservations.tdm_reserved, found.reservations.noindex) == (True, True)


def test_a_day_archive_with_one_entry_stands_for_that_entry() -> None:
    entry = f'<article class="post"><h2><a href="/2020/05/04/oolong/">Oolong</a></h2><p>{TEXT}</p></article>'
    post = page(f"<html><body class='archive'>{entry}</body></html>", "https://tea.nl/2020/05/04/").post
    assert post is not None
    assert post.addresses == ("https://tea.nl/2020/05/04/oolong/", "https://tea.nl/2020/05/04/")


def test_an_empty_page_is_a_parse_error() -> None:
    with pytest.raises(ParseError, match="empty"):
        page("   ")


def test_pages_travel_between_processes() -> None:
    found = page(POST)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own bytes


def test_signals_are_small_and_complete() -> None:
    signals = page(POST).signals
    assert (signals.og_type, signals.entries, signals.has_comments, signals.has_author) == ("article", 1, True, True)
    assert (signals.external_links, signals.external_hosts) == (1, 1)
    assert len(str(signals.as_dict())) < 600


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<title>Oolong</title>", "Oolong"),
        ('<title>Oolong - Tea</title><meta property="og:site_name" content="Tea">', "Oolong"),
        ('<title>Tea: notes</title><h1 class="entry-title">Tea: notes</h1>', "Tea: notes"),
        (
            '<title>Oolong | Tea</title><meta property="og:title" content="A &amp;amp; B | Tea"><h1>A &amp; B</h1>',
            "A & B",
        ),
        (
            '<title>T</title><b class="site-title"><a href="/"><img alt="T"></a></b><h1 class="post-title">Oolong</h1>',
            "Oolong",
        ),
        ('<title>Tea</title><h1><a href="/">Tea</a></h1><article><h1>Oolong</h1></article>', "Oolong"),
        ('<title>Oolong - Tea</title><header><a href="/">Tea</a></header>', "Oolong"),
        (
            '<script type="application/ld+json">{"headline":"Oolong"}</script><title>Oolong — Tea</title>',
            "Oolong",
        ),
        (
            '<meta property="og:title" content="Brewing &quot;real&quot; oolong"><h1>Brewing "real" oolong</h1>',
            'Brewing "real" oolong',
        ),
        ("<p>Nothing</p>", ""),
    ],
)
def test_titles(html: str, expected: str) -> None:
    assert title(html) == expected


def test_the_banner_names_a_site_that_does_not_declare_its_name() -> None:
    tree = LexborHTMLParser('<h1><a href="/">Tea</a></h1>')
    assert find_site_name(tree, read_metadata(tree, URL)) == "Tea"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<script type="application/ld+json">{"@type":"BlogPosting","author":[{"name":"Ann Leaf"}]}</script>',
            "Ann Leaf",
        ),
        ('<script type="application/ld+json">{"@type":"BlogPosting","author":"Ann Leaf"}</script>', "Ann Leaf"),
        ('<meta name="author" content="Ann Leaf">', "Ann Leaf"),
        (
            '<meta property="article:author" content="https://social.nl/ann"><span class="author">Ann Leaf</span>',
            "Ann Leaf",
        ),
        ('<a rel="author" href="/ann">Ann Leaf</a>', "Ann Leaf"),
        ('<p class="byline">Door Ann Leaf</p>', "Ann Leaf"),
        ('<span class="subheading">by Ann Leaf, July 16, 2018</span>', "Ann Leaf"),
        ('<span class="meta">Posted by <a href="#">Ann Leaf</a> on May 4, 2020</span>', "Ann Leaf"),
        ('<div class="entry-meta"><a href="/author/ann/">Ann Leaf</a></div>', "Ann Leaf"),
        ('<p class="meta">4 May 2020 by van train</p>', None),
        ('<p class="meta">Made by Hand: ' + "a long text that is no small print " * 5 + "</p>", None),
        ('<div id="comments"><p class="meta">by Somebody on Monday</p></div>', None),
        ('<div id="comments"><span class="author">Somebody</span></div>', None),
        ('<meta name="author" content="admin">', None),
    ],
)
def test_authors(html: str, expected: str | None) -> None:
    assert author(html) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("By Ann Leaf", "Ann Leaf"),
        ("von Ann Leaf", "Ann Leaf"),
        ("Posted by Ann on 3 May 2020", None),
        ("x" * 90, None),
        (None, None),
        ("Bydgoski", "Bydgoski"),
    ],
)
def test_names_are_cleaned(text: str | None, name: str | None) -> None:
    assert clean_name(text) == name


@pytest.mark.parametrize(
    ("generator", "html", "platform"),
    [
        ("WordPress 6.4", "", "wordpress"),
        (None, '<link href="/wp-content/x.css">', "wordpress"),
        (None, "<p>", None),
        ("Hand", "mkdocs-material", "mkdocs"),
    ],
)
def test_platforms(generator: str | None, html: str, platform: str | None) -> None:
    assert find_platform(generator, html) == platform


def test_plain_text_keeps_blocks_apart_and_drops_what_is_not_read() -> None:
    html = "<p>One <b>bold</b> word</p><script>x</script><ul><li>two<li>three</ul><nav>menu</nav>A &amp; B"
    assert plain_text(html) == "One bold word\ntwo\nthree\nA & B"


def test_equal_texts_have_equal_hashes() -> None:
    assert hash_text("Tea, every day!") == hash_text("tea every  day")
    assert hash_text("Tea") != hash_text("Milk")
    assert hash_text(" ") == ""
