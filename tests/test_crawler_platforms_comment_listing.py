from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.comment_listing import ListedComment, ListedPost, Listing, blog_at, entries_in, words_in

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def post(number: int, *, is_open: bool = True, stated: int | None = None, dated: bool = True) -> ListedPost:
    """The post of that day."""
    published = FIRST_DAY + timedelta(days=number) if dated else None
    return ListedPost(str(number), f"https://tea.nl/{number}", published, is_open=is_open, stated=stated)


def comment(number: int, on: int, day: float, **more: Any) -> ListedComment:
    written = Comment("bea", str(number), FIRST_DAY + timedelta(days=day))
    return ListedComment(str(on), written, **more)


def told(listing: Listing, **more: bool) -> dict[str, int | UnknownReason | None]:
    assert all(reading.kind is EngagementKind.COMMENTS for _, reading in listing.readings(**more))
    found = listing.readings(**more)
    return {url.rpartition("/")[2]: reading.reason or reading.count for url, reading in found}


def test_all_comments_are_known_on_posts_newer_than_the_oldest_listed() -> None:
    listing = Listing().with_posts([post(1), post(3), post(5)]).with_comments([comment(9, 5, 5.5), comment(8, 1, 2)])
    assert told(listing) == {"3": 0, "5": 1}
    assert not listing.covers_all


def test_all_are_known_on_every_post_when_the_listing_is_whole() -> None:
    listing = Listing().with_posts([post(1), post(3)]).with_comments([comment(8, 1, 2)], is_whole=True)
    assert told(listing) == {"1": 1, "3": 0}
    assert listing.covers_all


def test_pages_add_up_and_no_comment_counts_twice() -> None:
    first = Listing().with_posts([post(1)]).with_comments([comment(9, 1, 4), comment(8, 1, 3)])
    # A new comment came in between, so that the second page begins with what the first ended with.
    second = first.with_comments([comment(8, 1, 3), comment(7, 1, 2), comment(7, 1, 2)], is_whole=True)
    assert told(second) == {"1": 3}
    assert second.oldest == FIRST_DAY + timedelta(days=2)


def test_a_pinned_comment_says_nothing_of_how_far_back_the_listing_goes() -> None:
    listing = Listing().with_posts([post(1), post(5)])
    found = [comment(2, 1, 1.5, is_pinned=True), comment(9, 5, 6)]
    assert told(listing.with_comments(found)) == {}
    assert told(listing.with_comments([*found, comment(8, 1, 4)])) == {"5": 1}


def test_a_comment_may_stand_for_more_or_for_none() -> None:
    found = [comment(9, 1, 2, stands_for=4), comment(8, 2, 2, stands_for=0)]
    listing = Listing().with_posts([post(1), post(2)]).with_comments(found, is_whole=True)
    assert told(listing) == {"1": 4, "2": 0}
    assert [url for url, _ in listing.addressed(found)] == ["https://tea.nl/1"]


def test_none_on_a_closed_post_is_unknown_and_some_are_known() -> None:
    posts = [post(1, is_open=False), post(2, is_open=False)]
    listing = Listing().with_posts(posts).with_comments([comment(9, 2, 3)], is_whole=True)
    assert told(listing) == {"1": UnknownReason.COMMENTS_CLOSED, "2": 1}


def test_zeros_of_a_blog_without_any_comment_are_left_to_its_pages() -> None:
    listing = Listing().with_posts([post(1), post(2, is_open=False)]).with_comments([], is_whole=True)
    assert told(listing) == {"2": UnknownReason.COMMENTS_CLOSED}
    assert told(listing, zeros_are_known=True) == {"1": 0, "2": UnknownReason.COMMENTS_CLOSED}


def test_what_is_stated_needs_no_listing() -> None:
    posts = [post(1, stated=3), post(2, stated=0), post(3, stated=0, is_open=False), post(4)]
    assert told(Listing().with_posts(posts)) == {"1": 3, "2": 0, "3": UnknownReason.COMMENTS_CLOSED}


def test_only_what_is_new_is_told_again() -> None:
    first = Listing().with_posts([post(1), post(5)]).with_comments([comment(9, 5, 5.5), comment(8, 1, 4)])
    second = first.with_comments([comment(7, 1, 2)], is_whole=True)
    assert second.news_since(first) == (("https://tea.nl/1", EngagementReading(EngagementKind.COMMENTS, 2)),)


def test_posts_without_a_date_keep_nobody_waiting_and_are_known_from_a_whole_listing() -> None:
    listing = Listing().with_posts([post(5), post(1, dated=False)]).with_comments([comment(9, 1, 4)])
    assert listing.covers_all
    assert told(listing) == {"5": 0}
    assert told(listing.with_comments([], is_whole=True)) == {"1": 1, "5": 0}


def test_a_post_that_is_there_already_stays_as_it_is() -> None:
    listing = Listing().with_posts([post(1)]).with_posts([ListedPost("1", "https://tea.nl/other"), post(2)])
    assert {one.url for one in listing.posts} == {"https://tea.nl/1", "https://tea.nl/2"}


def test_a_reason_is_told_of_posts_that_take_comments() -> None:
    listing = Listing().with_posts([post(1), post(2, is_open=False)])
    unknown = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.BLOCKED)
    assert listing.unknown(UnknownReason.BLOCKED) == (("https://tea.nl/1", unknown),)


def test_undated_comments_count_and_date_nothing() -> None:
    undated = ListedComment("1", Comment("bea", "9"))
    listing = Listing().with_posts([post(1)]).with_comments([undated])
    assert (listing.oldest, listing.counts, told(listing)) == (None, (("1", 1),), {})


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Two <b>words</b></p>", 2),
        ("<blockquote>Ann wrote all of this</blockquote><p>I agree.</p>", 2),
        ("plain &amp; simple", 3),
        ("<p>抹茶が好き</p>", 5 // 2),
        ("", 0),
        ("<p" + " a=1" * 50_000 + ">slow</p>", None),
    ],
)
def test_words_are_counted_without_quotes(html: str, words: int | None) -> None:
    assert words_in(html) == words


@pytest.mark.parametrize(
    ("home", "root"),
    [
        ("https://tea.nl/", "https://tea.nl"),
        ("https://tea.nl", "https://tea.nl"),
        ("http://tea.nl:8080/blog/", "http://tea.nl:8080/blog"),
        ("https://tea.nl/blog", "https://tea.nl/blog"),
        ("https://tea.nl/blog/index.php?lang=nl", "https://tea.nl/blog"),
        ("https://uni.example/~ann/", "https://uni.example/~ann"),
    ],
)
def test_the_root_of_a_blog_is_the_folder_of_its_home_page(home: str, root: str) -> None:
    found = blog_at(home)
    assert found is not None
    assert (found.root, found.url) == (root, home)


@pytest.mark.parametrize("url", ["mailto:ann@tea.nl", "", "ftp://tea.nl/", "https://"])
def test_what_is_no_web_address_is_no_blog(url: str) -> None:
    assert blog_at(url) is None


def test_a_page_is_a_list_of_objects() -> None:
    assert entries_in([{"id": 1}, {}], "https://tea.nl/api") == [{"id": 1}, {}]


@pytest.mark.parametrize("value", [None, {}, "x", 7, [1], [{}, None], [[]]])
def test_anything_else_is_an_error_and_not_the_end_of_a_listing(value: object) -> None:
    with pytest.raises(ParseError, match=r"tea\.nl"):
        entries_in(value, "https://tea.nl/api")
