import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bloghound.demo.exchange import Document
from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.ghost import MAX_COMMENT_PAGES, MAX_REPLIES, MAX_SITEMAP_POSTS, PER_PAGE, Ghost
from tests.apiservers.ghost import HOST, POSTS_IN_FEED, Entry, GhostServer, comment, post
from tests.apiservers.visiting import BROKEN_BODIES, STRANGE_VALUES, Told, visit

POSTS = [post(3, 30), post(2, 20), post(1, 10)]
ZERO = EngagementReading(EngagementKind.COMMENTS, 0)


def number(count: int) -> EngagementReading:
    return EngagementReading(EngagementKind.COMMENTS, count)


def read(posts: list[Entry], comments: list[Entry], home: str = f"{HOST}/", **server: Any) -> Told:
    with GhostServer(posts, comments, **server) as running:
        return visit(Ghost(), home, running, "ghost")


def many(count: int, on: int = 1) -> list[Entry]:
    """Comments on one post, of one day each, the first on day 1."""
    return [comment(day, on, day) for day in range(1, count + 1)]


@pytest.mark.parametrize(("software", "is_known"), [("ghost", True), ("wordpress", False), ("", False)])
def test_a_blog_is_known_by_the_software_of_its_pages(software: str, is_known: bool) -> None:
    assert (Ghost().recognise(f"{HOST}/", software) is not None) == is_known


def test_comments_are_counted_and_none_is_a_known_zero() -> None:
    told = read(POSTS, [comment(1, 1, 11), comment(2, 3, 31), comment(3, 3, 32)])
    assert [told.comments_at(f"/leaf-{one}/") for one in (3, 2, 1)] == [number(2), ZERO, number(1)]
    assert told.purposes() == ["feed", "comments", "sitemap"]


def test_a_comment_is_read_with_who_when_and_how_long() -> None:
    [(url, found)] = read(
        POSTS, [comment(9, 2, 21, html="<blockquote><p>Quoted</p></blockquote><p>I agree</p>")]
    ).comments
    assert url == f"{HOST}/leaf-2/"
    assert (found.identity, found.comment_id, found.words, found.by_author) == ("m-Bea", "c9", 2, False)
    assert found.published == datetime(2026, 1, 22, 8, tzinfo=UTC)


def test_answers_count_and_who_is_called_like_the_author_is_taken_for_the_author() -> None:
    told = read(POSTS, [comment(1, 1, 11, "Bea", comment(2, 0, 12, "Ann Brouwer"), comment(3, 0, 13, "Bo"))])
    assert told.comments_at("/leaf-1/") == number(3)
    assert {found.comment_id: found.by_author for _, found in told.comments} == {"c1": False, "c2": True, "c3": False}
    assert {url for url, _ in told.comments} == {f"{HOST}/leaf-1/"}


def test_members_without_a_name_are_told_apart() -> None:
    nameless = [comment(one, 1, 11 + one, None, member={"id": f"m{one}", "name": None}) for one in (1, 2)]
    assert {found.identity for _, found in read(POSTS, nameless).comments} == {"m1", "m2"}


def test_a_comment_of_a_member_who_left_counts_without_a_writer() -> None:
    told = read(POSTS, [comment(1, 1, 11, member=None)])
    assert told.comments_at("/leaf-1/") == number(1)
    assert [found.identity for _, found in told.comments] == [""]


def test_answers_that_are_not_listed_are_counted() -> None:
    replies = [comment(10 + one, 0, 12 + one) for one in range(5)]
    told = read(POSTS, [comment(1, 1, 11, "Bea", *replies)], replies_shown=3)
    assert told.comments_at("/leaf-1/") == number(1 + 5)
    assert len(told.comments) == 1 + 3


@pytest.mark.parametrize("status", ["hidden", "deleted"])
def test_what_was_taken_back_is_not_kept_for_answers_that_are_not_listed(status: str) -> None:
    gone = comment(1, 1, 11, "Bea", comment(2, 0, 12, "Bo"), comment(3, 0, 13, "Cas"), status=status)
    told = read(POSTS, [gone], replies_shown=1)
    assert told.comments_at("/leaf-1/") == number(2)
    assert [found.comment_id for _, found in told.comments] == ["c2"]


@pytest.mark.parametrize("status", ["hidden", "deleted"])
def test_what_was_taken_back_is_not_counted_and_answers_to_it_are(status: str) -> None:
    gone = comment(1, 1, 11, "Bea", comment(2, 0, 12, "Bo"), comment(3, 0, 13, status=status), status=status, html=None)
    told = read(POSTS, [gone])
    assert told.comments_at("/leaf-1/") == number(1)
    assert [found.comment_id for _, found in told.comments] == ["c2"]


def test_posts_beyond_the_feed_are_known_when_all_comments_are() -> None:
    posts = [post(one, one) for one in range(1, POSTS_IN_FEED + 4)]
    told = read(posts, [comment(1, 1, 50), comment(2, POSTS_IN_FEED + 1, 51)])
    assert told.comments_at("/leaf-1/") == number(1)
    assert told.comments_at("/leaf-2/") == ZERO
    assert len({url for url, _ in told.readings}) == len(told.readings) == len(posts)


def test_only_so_many_posts_are_taken_from_a_sitemap() -> None:
    told = read([post(one, one / 10) for one in range(1, MAX_SITEMAP_POSTS + 101)], [])
    assert len(told.readings) == MAX_SITEMAP_POSTS


def test_of_a_long_listing_only_posts_newer_than_its_end_are_known() -> None:
    posts = [post(3, 650), post(2, 300), post(1, 0.5)]
    told = read(posts, [*many(600), comment(700, 2, 301), comment(701, 3, 651)])
    assert [told.comments_at(f"/leaf-{one}/") for one in (3, 2, 1)] == [number(1), number(1), None]
    assert told.purposes() == ["feed", *["comments"] * MAX_COMMENT_PAGES]


def test_a_pinned_comment_does_not_lengthen_the_listing() -> None:
    posts = [post(2, 300), post(1, 0.5)]
    told = read(posts, [comment(900, 1, 0.6, pinned=True), *(comment(one, 1, one) for one in range(400, 1100))])
    assert told.comments_at("/leaf-2/") is None


def test_the_refusal_of_a_blog_without_comments_is_its_word_that_they_are_closed() -> None:
    told = read(POSTS, [], refusals={"comments": 405})
    closed = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert [told.comments_at(f"/leaf-{one}/") for one in (3, 2, 1)] == [closed] * 3


def test_comments_are_closed_on_posts_beyond_the_feed_too() -> None:
    posts = [post(one, one) for one in range(1, POSTS_IN_FEED + 4)]
    told = read(posts, [], refusals={"comments": 405})
    closed = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert told.purposes() == ["feed", "comments", "sitemap"]
    assert dict(told.readings) == {one["url"]: closed for one in posts}


def test_a_server_that_gives_more_than_was_asked_for_is_cut() -> None:
    answers = [comment(1000 + one, 0, 12) for one in range(MAX_REPLIES + 5)]
    long = [comment(1, 3, 45, "Bea", *answers), *(comment(one, 1, 11) for one in range(2, PER_PAGE + 50))]
    told = read([post(3, 40), post(1, 10)], [], refusals={"comments/1": _page(*long), "comments": _page()})
    assert len(told.comments) == PER_PAGE + MAX_REPLIES
    assert told.comments_at("/leaf-3/") == number(1 + MAX_REPLIES + 5)
    first = told.purposes().index("comments")
    assert told.purposes()[first + 1] == "comments"


@pytest.mark.parametrize("date", ["Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 01 Jan 0001 00:00:00 +2359", "soon"])
def test_a_date_that_no_calendar_holds_is_unknown(date: str) -> None:
    entry = f"<item><guid>p1</guid><link>{HOST}/leaf-1/</link><pubDate>{date}</pubDate></item>"
    feed = Document(f"<rss><channel>{entry}</channel></rss>".encode(), "application/rss+xml")
    told = read(POSTS, [comment(1, 1, 11)], refusals={"rss": feed})
    assert (told.errors, told.comments_at("/leaf-1/")) == ([], number(1))


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_another_refusal_says_nothing(status: int) -> None:
    assert read(POSTS, [comment(1, 1, 11)], refusals={"comments": status}).readings == []
    assert read(POSTS, [comment(1, 1, 11)], refusals={"rss": status}).statuses == [status]


def test_what_was_told_before_a_limit_stands() -> None:
    told = read([post(2, 150), post(1, 0.5)], [*many(200), comment(900, 2, 151)], refusals={"comments/2": 429})
    assert told.comments_at("/leaf-2/") == number(1)
    assert told.comments_at("/leaf-1/") is None
    assert len(told.comments) == PER_PAGE


def test_without_a_sitemap_the_posts_of_the_feed_are_known() -> None:
    told = read(POSTS, [comment(1, 1, 11)], refusals={"sitemap": 404})
    assert told.comments_at("/leaf-2/") == ZERO


def test_a_blog_in_a_folder_is_asked_there() -> None:
    assert read(POSTS, [], f"{HOST}/journal/", folder="/journal").statuses == [200, 200, 200]


def test_endless_pages_end() -> None:
    told = read(POSTS, many(1000), pages=10**9)
    assert told.purposes() == ["feed", *["comments"] * MAX_COMMENT_PAGES]
    assert len(told.requests) <= Ghost.max_requests
    assert read(POSTS, many(1), pages=10**9).purposes() == ["feed", "comments"]


def test_what_robots_txt_forbids_by_default_is_never_asked_for() -> None:
    told = read(POSTS, many(150))
    assert not [one.url for one in told.requests if "/ghost/" in one.url or "/counts" in one.url]


@pytest.mark.parametrize("url", [f"{HOST}/404/", "javascript:alert(1)", None, 5])
def test_comments_on_a_post_without_an_address_are_left_out(url: object) -> None:
    told = read(POSTS, [comment(1, 8, 11, post={"id": "p8", "url": url})])
    assert told.comments == []
    assert told.comments_at("/leaf-1/") == ZERO


@pytest.mark.parametrize("name", ["rss", "comments", "sitemap"])
@pytest.mark.parametrize("body", BROKEN_BODIES)
def test_an_ill_formed_answer_is_an_error_or_nothing(body: bytes, name: str) -> None:
    told = read(POSTS, [comment(1, 1, 11)], refusals={name: Document(body, "application/json")})
    assert len(told.errors) == 1 or name == "sitemap"
    assert told.comments_at("/leaf-1/") == (number(1) if name == "sitemap" else None)


@pytest.mark.parametrize("value", STRANGE_VALUES)
def test_json_of_any_other_shape_tells_nothing(value: object) -> None:
    for strange in (value, {"comments": value}):
        told = read(POSTS, [], refusals={"comments": Document(json.dumps(strange).encode())})
        assert (told.readings, told.comments) == ([], [])


@pytest.mark.parametrize(
    "feed",
    [
        b"<rss><channel/></rss>",
        b"<rss><channel><item><guid>p1</guid></item><item><link>https://tea.example/1/</link></item></channel></rss>",
        b"<rss><channel><item><guid>1</guid><link>javascript:x</link><pubDate>soon</pubDate></item></channel></rss>",
    ],
)
def test_a_feed_without_posts_leaves_the_comments_own_word_for_them(feed: bytes) -> None:
    told = read(POSTS, [comment(1, 1, 11)], refusals={"rss": Document(feed, "application/rss+xml")})
    assert told.comments_at("/leaf-1/") == number(1)


def test_a_feed_of_entities_that_multiply_is_an_error() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><rss><channel><item>&b;</item></channel></rss>'
    assert len(read(POSTS, [], refusals={"rss": Document(bomb, "application/rss+xml")}).errors) == 1


@pytest.mark.parametrize("changes", [{"count": None}, {"count": {"replies": -1}}, {"html": 5}, {"created_at": "soon"}])
def test_a_comment_with_strange_values_counts_all_the_same(changes: Entry) -> None:
    told = read(POSTS, [comment(2, 1, 12)], refusals={"comments": _page({**comment(1, 1, 11), **changes})})
    assert told.comments_at("/leaf-1/") == number(1)


def _page(*entries: Entry) -> Document:
    paging = {"page": 1, "limit": 100, "pages": 1, "total": len(entries)}
    return Document(json.dumps({"comments": entries, "meta": {"pagination": paging}}).encode())
