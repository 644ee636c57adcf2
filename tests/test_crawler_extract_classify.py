"""Posts told from other pages, alone and with the whole site known; blogs told from other sites."""

from dataclasses import replace

import pytest

from bloghound.records import ParsedPost, PostSource
from crawler.extract.classify import decide_page, feed_post_urls, learn_site
from crawler.extract.site_context import SiteContext, page_key
from crawler.extract.verdict import LINK_FARM, SPAM_SUSPECTED, judge_site
from crawler.parsed import FeedEntry, PageKind, ParsedFeed, PostSignals

HOME = "https://tea.nl/"
DATED = PostSignals(
    words=400,
    text_hash="a",
    title="Oolong",
    published="2020-05-04",
    date_source="json_ld",
    schema_types=("blogposting",),
    entries=1,
)
PLAIN = PostSignals(words=400, text_hash="b", title="Oolong")
SHORT = replace(DATED, words=20)


def kind(path: str, signals: PostSignals, context: SiteContext | None = None) -> PageKind:
    return decide_page(HOME + path, signals, context).kind


def site(*slugs: str, feed: tuple[str, ...] = (), signals: PostSignals = DATED) -> SiteContext:
    pages = [(f"{HOME}posts/{slug}/", replace(signals, text_hash=slug, title=slug)) for slug in slugs]
    return learn_site(pages, [HOME + path for path in feed], HOME)


@pytest.mark.parametrize(
    ("path", "signals", "expected"),
    [
        ("posts/oolong/", DATED, PageKind.POST),
        ("2020/05/04/oolong/", replace(PLAIN, date_source="url", published="2020-05-04"), PageKind.POST),
        ("oolong/", PLAIN, PageKind.PAGE),
        ("", DATED, PageKind.HOME),
        ("tags/tea/", DATED, PageKind.LISTING),
        ("page/2/", DATED, PageKind.LISTING),
        ("2020/05/", PLAIN, PageKind.LISTING),
        ("about/", DATED, PageKind.PAGE),
        ("drafts/oolong/", DATED, PageKind.PAGE),
        ("oolong/", replace(DATED, title="404 Not Found"), PageKind.OTHER),
        ("oolong/", replace(DATED, redirects=True), PageKind.OTHER),
        ("oolong/", replace(DATED, words=0), PageKind.OTHER),
        ("index.html_p=28.html", DATED, PageKind.OTHER),
        ("recent/", replace(PLAIN, entries=10, heading_links=10), PageKind.LISTING),
        ("kettle/", replace(PLAIN, has_shop_markup=True, schema_types=("product",)), PageKind.PAGE),
    ],
)
def test_a_page_alone(path: str, signals: PostSignals, expected: PageKind) -> None:
    assert kind(path, signals) is expected


def test_the_feed_makes_an_undated_page_a_post() -> None:
    assert kind("oolong/", PLAIN, site("a", feed=("oolong/",))) is PageKind.POST


def test_the_feed_makes_no_post_of_a_tag_page_or_the_about_page() -> None:
    context = site("a", feed=("tags/tea/", "about/", "posts/"))
    assert kind("tags/tea/", DATED, context) is PageKind.LISTING
    assert kind("about/", DATED, context) is PageKind.PAGE


def test_the_feed_counts_under_every_host_name_of_the_site() -> None:
    context = learn_site([], ["https://tea.github.test/posts/oolong/"], HOME)
    assert kind("posts/oolong/index.html", PLAIN, context) is PageKind.POST


def test_the_address_pattern_of_known_posts_is_shared() -> None:
    barely = replace(PLAIN, date_source="byline", published="2020-05-04", words=100)
    context = site(*"abcdefgh", signals=barely)
    assert kind("posts/oolong/", barely) is PageKind.PAGE
    assert kind("posts/oolong/", barely, context) is PageKind.POST
    assert kind("shop/oolong/", barely, context) is PageKind.PAGE


def test_an_undated_page_of_a_site_with_dated_posts_is_a_page() -> None:
    assert kind("projects/kettle/", replace(PLAIN, og_type="article", has_author=True), site(*"abcd")) is PageKind.PAGE


def test_a_short_page_needs_its_feed() -> None:
    assert kind("posts/oolong/", replace(SHORT, schema_types=()), site(*"abcd")) is PageKind.PAGE
    assert kind("posts/oolong/", SHORT, site(*"abcd", feed=("posts/oolong/",))) is PageKind.POST


def test_a_blog_of_short_posts_keeps_them() -> None:
    assert kind("posts/oolong/", SHORT, site(*"abcdefgh", signals=SHORT)) is PageKind.POST


def test_the_same_text_on_many_pages_is_nobodys_post() -> None:
    pages = [(f"{HOME}tools/{number}/", DATED) for number in range(4)]
    assert kind("tools/1/", DATED, learn_site(pages, [], HOME)) is PageKind.OTHER


def test_a_home_below_the_root_is_known() -> None:
    context = learn_site([], [], "https://shared.nl/blog/")
    assert decide_page("https://shared.nl/blog/index.html", DATED, context).kind is PageKind.HOME


def test_sample_content_of_a_theme_is_no_post() -> None:
    sample = replace(PLAIN, title="Markdown Syntax Guide", date_source="meta", published="2020-05-04", entries=1)
    assert kind("posts/markdown-syntax/", sample, site(*"ab")) is PageKind.PAGE


def test_every_decision_says_why() -> None:
    decision = decide_page(HOME + "posts/oolong/", DATED, site("a", feed=("posts/oolong/",)))
    assert decision.reason == "is listed in the site's feed"
    assert 0.5 < decision.confidence <= 1


def feed(*entries: tuple[str, bool], is_comment_feed: bool = False) -> ParsedFeed:
    from datetime import UTC, datetime  # noqa: PLC0415

    day = datetime(2020, 5, 4, tzinfo=UTC)
    posts = [
        ParsedPost(HOME + path, path, "", PostSource.FEED, published=day if dated else None) for path, dated in entries
    ]
    return ParsedFeed(
        HOME,
        "Tea",
        HOME,
        "en",
        tuple(FeedEntry(post, post.url, True) for post in posts),
        is_comment_feed=is_comment_feed,
    )


def test_undated_entries_count_only_where_none_is_dated() -> None:
    assert feed_post_urls(feed(("a", True), ("about", False))) == (HOME + "a",)
    assert feed_post_urls(feed(("a", False), ("b", False))) == (HOME + "a", HOME + "b")
    assert feed_post_urls(feed(("a", True), is_comment_feed=True)) == ()


def test_pages_are_recognised_by_path_and_query() -> None:
    assert page_key("http://www.tea.nl/Oolong/index.html") == page_key("https://tea.nl/oolong")
    assert page_key(HOME + "?p=1") != page_key(HOME + "?p=2")


def test_signals_survive_storage() -> None:
    assert PostSignals.from_dict(DATED.as_dict()) == DATED
    assert PostSignals().as_dict() == {}
    assert PostSignals.from_dict({"words": 3, "gone": 1}) == PostSignals(words=3)


def verdict(
    *signals: PostSignals, feed_posts: int = 0, kind: PageKind = PageKind.POST
) -> tuple[bool, str, tuple[str, ...]]:
    pages = [(f"{HOME}{number}/", signal) for number, signal in enumerate(signals)]
    found = judge_site(pages, {url: kind for url, _ in pages}, feed_posts=feed_posts)
    return found.is_blog, found.reason, found.flags


def test_dated_posts_make_a_blog() -> None:
    assert verdict(DATED, DATED) == (True, "has 2 dated posts", ())


def test_a_feed_makes_a_blog() -> None:
    assert verdict(PLAIN, feed_posts=5, kind=PageKind.PAGE)[0]


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ((replace(PLAIN, has_shop_markup=True),) * 3, "shop"),
        ((replace(PLAIN, platform="mkdocs"),) * 3, "documentation"),
        ((replace(DATED, title="Hello World"), replace(DATED, title="Rich Content")), "sample posts"),
        ((PLAIN,), "no dated post"),
    ],
)
def test_what_is_no_blog_is_told_with_the_reason(signals: tuple[PostSignals, ...], reason: str) -> None:
    kind_of_pages = PageKind.POST if reason in {"sample posts", "no dated post"} else PageKind.PAGE
    is_blog, told, _ = verdict(*signals, kind=kind_of_pages)
    assert not is_blog
    assert reason in told


def test_a_site_without_posts_is_not_judged() -> None:
    assert verdict()[0]
    assert verdict(PLAIN, kind=PageKind.PAGE)[0]


def test_a_dated_blog_that_sells_a_book_is_a_blog() -> None:
    assert verdict(DATED, DATED, replace(DATED, has_shop_markup=True))[0]


def test_generated_texts_are_flagged_and_kept() -> None:
    posts = [
        replace(DATED, words=1900 + number, title=f"{('Best', 'Simple', 'List')[number % 3]} {number}")
        for number in range(30)
    ]
    assert verdict(*posts) == (True, "has 30 dated posts", (SPAM_SUSPECTED,))


def test_short_forms_of_one_length_are_no_spam() -> None:
    posts = [replace(DATED, words=40, title=f"Limerick {number}") for number in range(30)]
    assert verdict(*posts)[2] == ()


def test_a_link_farm_is_flagged() -> None:
    assert verdict(*[replace(DATED, words=200, external_links=20, external_hosts=12)] * 5)[2] == (LINK_FARM,)
    assert verdict(*[replace(DATED, words=2000, external_links=20, external_hosts=12)] * 5)[2] == ()
