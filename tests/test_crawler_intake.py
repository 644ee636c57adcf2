"""What a parsed page brings: posts, leads, links, reservations; pure."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bloghound.records import (
    ClaimKind,
    Comment,
    IdentityClaim,
    IdentityStatement,
    Link,
    LinkContext,
    Outcome,
    ParsedPost,
    PostSource,
    Reservations,
)
from crawler.intake import MAX_NEW_PAGES, Arrival, failure, is_readable, page_result
from crawler.parsed import FeedEntry, PageKind, ParsedFeed, ParsedPage, ParsedSitemap, PostSignals

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOME = "https://a.example/"
ARRIVAL = Arrival(1, 1, "a.example", HOME, f"{HOME}p", NOW, "live", status=200, headers={"etag": '"1"'})
POST = ParsedPost(f"{HOME}p", "Title", "Some words.", PostSource.PAGE)


def _page(**more: object) -> ParsedPage:
    base = ParsedPage(f"{HOME}p", None, "Title", "Ann's blog", "en", PageKind.POST, POST, PostSignals(words=2))
    return replace(base, **more)  # type: ignore[arg-type]


def _feed(*urls: str, **more: object) -> ParsedFeed:
    entries = tuple(
        FeedEntry(ParsedPost(url, "T", "Words", PostSource.FEED, published=NOW), url, is_full_text=True) for url in urls
    )
    return replace(ParsedFeed(f"{HOME}feed", "Feed", HOME, "en", entries), **more)  # type: ignore[arg-type]


def test_a_post_page_brings_a_live_post() -> None:
    result = page_result(ARRIVAL, _page(), follow=True)
    assert (result.outcome, result.kind, result.etag) == (Outcome.POST, "post", '"1"')
    assert [(read.post.url, read.state) for read in result.posts] == [(f"{HOME}p", "live")]


def test_what_was_not_read_is_asked_for_in_full_the_next_time() -> None:
    modified = replace(ARRIVAL, headers={"etag": '"1"', "last-modified": "Fri, 01 May 2026 00:00:00 GMT"})
    result = failure(modified, Outcome.PARSE_TIMEOUT, "too slow")
    assert (result.etag, result.last_modified) == (None, None)


def test_an_undecided_page_brings_a_candidate() -> None:
    result = page_result(ARRIVAL, _page(kind=PageKind.PAGE), follow=True)
    assert (result.outcome, [read.state for read in result.posts]) == (Outcome.PAGE, ["candidate"])


def test_noindex_is_obeyed_live_and_only_recorded_in_imports() -> None:
    page = _page(reservations=Reservations(noindex=True, signals=("robots: noindex",)))
    live = page_result(ARRIVAL, page, follow=True)
    imported = page_result(replace(ARRIVAL, obeys_noindex=False), page, follow=False)
    assert (live.outcome, live.posts, live.reservations) == (Outcome.NOINDEX, (), ("robots: noindex",))
    assert (imported.outcome, len(imported.posts), imported.reservations) == (Outcome.POST, 1, ("robots: noindex",))


@pytest.mark.parametrize("obeys", [True, False])
def test_reserved_text_is_marked_everywhere(obeys: bool) -> None:
    page = _page(reservations=Reservations(tdm_reserved=True))
    result = page_result(replace(ARRIVAL, obeys_noindex=obeys), page, follow=True)
    assert (result.outcome, [read.text_reserved for read in result.posts]) == (Outcome.RESERVED, [True])


def test_leads_stay_on_the_site_best_first_and_once() -> None:
    page = _page(
        feed_urls=(f"{HOME}feed", "https://b.example/feed"),
        next_urls=(f"{HOME}page/2",),
        links=(
            Link(f"{HOME}next?utm_source=x", LinkContext.CONTENT),
            Link(f"{HOME}next", LinkContext.BOILERPLATE),
            Link(f"{HOME}about", LinkContext.BOILERPLATE),
            Link(f"{HOME}picture.jpg", LinkContext.CONTENT),
            Link(f"{HOME}hidden", LinkContext.CONTENT, rel=("nofollow",)),
            Link("https://c.example/", LinkContext.CONTENT),
        ),
    )
    found = page_result(replace(ARRIVAL, depth=3), page, follow=True).new_pages
    assert [lead.url for lead in sorted(found, key=lambda lead: -lead.priority)] == [
        f"{HOME}feed",
        f"{HOME}next",
        f"{HOME}page/2",
        f"{HOME}about",
    ]
    assert {lead.depth for lead in found} == {4}


def test_nofollow_pages_lead_nowhere() -> None:
    page = _page(reservations=Reservations(nofollow=True), links=(Link(f"{HOME}next", LinkContext.CONTENT),))
    assert page_result(ARRIVAL, page, follow=True).new_pages == ()


def test_blogroll_and_boilerplate_links_belong_to_the_site() -> None:
    links = tuple(Link(f"https://{context}.example/", context) for context in LinkContext)
    result = page_result(ARRIVAL, _page(links=links), follow=True)
    assert [link.target_url for link in result.site_links] == [
        "https://blogroll.example/",
        "https://boilerplate.example/",
    ]


ME = (IdentityClaim(ClaimKind.REL_ME, "https://m.example/@ann"),)


@pytest.mark.parametrize(
    ("path", "place"), [("", ""), ("about/", "a.example/about"), ("en/about", "a.example/en/about")]
)
def test_the_home_page_and_the_one_about_the_author_say_whose_the_site_is(path: str, place: str) -> None:
    arrival = replace(ARRIVAL, url=f"{HOME}{path}")
    said = page_result(arrival, _page(identities=ME), follow=True).identity
    assert said == IdentityStatement(place, arrival.url, ME)


@pytest.mark.parametrize("path", ["p", "author/ann/", "about/bo/", "team/", "?author=3", "2026/05/about/"])
def test_other_pages_have_no_say_in_it(path: str) -> None:
    assert page_result(replace(ARRIVAL, url=f"{HOME}{path}"), _page(identities=ME), follow=True).identity is None


def test_an_import_has_no_say_in_it_and_a_page_that_is_not_to_be_kept_says_nothing() -> None:
    home = replace(ARRIVAL, url=HOME, queued_kind="home")
    assert page_result(replace(home, origin="import"), _page(identities=ME), follow=False).identity is None
    unlisted = _page(identities=ME, reservations=Reservations(noindex=True))
    assert page_result(home, unlisted, follow=True).identity == IdentityStatement("", HOME)


def test_only_the_home_page_names_the_site() -> None:
    home = page_result(replace(ARRIVAL, queued_kind="home"), _page(kind=PageKind.LISTING), follow=True)
    assert (home.site_facts, home.kind) == ({"title": "Ann's blog"}, "home")
    assert page_result(ARRIVAL, _page(), follow=True).site_facts == {}


def test_feed_entries_are_posts_and_leads() -> None:
    result = page_result(ARRIVAL, _feed(f"{HOME}1", f"{HOME}2", "https://b.example/3"), follow=True)
    assert [(read.post.url, read.in_feed) for read in result.posts] == [(f"{HOME}1", True), (f"{HOME}2", True)]
    assert [lead.url for lead in result.new_pages] == [f"{HOME}1", f"{HOME}2"]
    assert (result.outcome, result.site_facts) == (Outcome.FEED, {"title": "Feed"})


def test_a_feed_full_of_a_former_host_is_moved_to_the_sites_own() -> None:
    result = page_result(ARRIVAL, _feed(*(f"http://localhost:4000/{number}" for number in range(5))), follow=True)
    assert [read.post.url for read in result.posts] == [f"{HOME}{number}" for number in range(5)]
    assert result.posts[0].post.addresses == ("http://localhost:4000/0",)


def test_a_planet_of_many_hosts_brings_nothing_foreign() -> None:
    result = page_result(ARRIVAL, _feed("https://b.example/1", "https://c.example/1", f"{HOME}1"), follow=True)
    assert [read.post.url for read in result.posts] == [f"{HOME}1"]


def test_terms_of_a_taxonomy_are_no_posts() -> None:
    result = page_result(ARRIVAL, _feed(f"{HOME}tags/espresso/", f"{HOME}posts/espresso/"), follow=True)
    assert [read.post.url for read in result.posts] == [f"{HOME}posts/espresso/"]


def test_a_comment_feed_brings_no_posts() -> None:
    result = page_result(ARRIVAL, _feed(f"{HOME}1", is_comment_feed=True), follow=True)
    assert (result.posts, result.new_pages, result.site_facts) == ((), (), {})


def test_a_comment_feed_brings_the_comments_on_the_sites_own_posts() -> None:
    own, foreign = (f"{HOME}1", Comment("bea")), ("https://b.example/1", Comment("cem"))
    feed = _feed(is_comment_feed=True, comments=(own, foreign))
    elsewhere = replace(ARRIVAL, url="https://burner.example/comments", queued_kind="feed")
    for arrival in (ARRIVAL, elsewhere):
        assert page_result(arrival, feed, follow=True).comments == (own,)
    assert page_result(elsewhere, replace(feed, comments=(foreign,)), follow=True).outcome is Outcome.OTHER_SITE


@pytest.mark.parametrize(("path", "kind"), [("comments/feed/", "comments"), ("oolong/feed/", "replies")])
def test_only_the_feed_of_all_comments_is_kept_as_such(path: str, kind: str) -> None:
    result = page_result(ARRIVAL, _feed(url=f"{HOME}{path}", is_comment_feed=True), follow=True)
    assert result.kind == kind


def test_comment_feeds_come_after_posts_and_before_links_without_end() -> None:
    links = (Link(f"{HOME}next", LinkContext.CONTENT),)
    feeds = (f"{HOME}feed/", f"{HOME}comments/feed/", f"{HOME}oolong/feed/")
    page = _page(url=f"{HOME}oolong/", feed_urls=feeds, links=links)
    found = page_result(ARRIVAL, page, follow=True).new_pages
    best_first = sorted(found, key=lambda lead: -lead.priority)
    assert [(lead.url, lead.kind) for lead in best_first] == [
        (f"{HOME}feed/", "feed"),
        (f"{HOME}comments/feed/", "comments"),
        (f"{HOME}next", ""),
    ]


def test_entries_that_could_not_be_read_are_told() -> None:
    assert page_result(ARRIVAL, _feed(bad_entries=3), follow=True).reason == "3 entries could not be read"


def test_a_sitemap_leads_to_pages_and_other_sitemaps_within_bounds() -> None:
    pages = tuple((f"{HOME}{number}", None) for number in range(MAX_NEW_PAGES + 5))
    result = page_result(ARRIVAL, ParsedSitemap(f"{HOME}sitemap.xml", pages, (f"{HOME}more.xml",)), follow=True)
    assert (result.outcome, len(result.new_pages), result.new_pages[0].kind) == (
        Outcome.SITEMAP,
        MAX_NEW_PAGES,
        "sitemap",
    )
    assert page_result(ARRIVAL, ParsedSitemap(f"{HOME}s", pages), follow=False).new_pages == ()


def test_a_failure_keeps_its_reason_and_may_be_asked_for_again() -> None:
    result = failure(ARRIVAL, Outcome.NETWORK_ERROR, "timed out", retry_at=NOW)
    assert (result.outcome, result.reason, result.retry_at, result.posts) == (
        Outcome.NETWORK_ERROR,
        "timed out",
        NOW,
        (),
    )


@pytest.mark.parametrize(
    ("url", "readable"),
    [
        (f"{HOME}x", True),
        (f"{HOME}x.html", True),
        (f"{HOME}v1.2/notes", True),
        (f"{HOME}x.JPG", False),
        (f"{HOME}x.tar.gz", False),
        (f"{HOME}zip", True),
        (f"{HOME}jpg.html?x=.png", True),
    ],
)
def test_files_are_not_asked_for(url: str, readable: bool) -> None:
    assert is_readable(url) is readable
