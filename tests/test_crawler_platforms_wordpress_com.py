import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bloghound.demo.exchange import Document
from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.wordpress_com import MAX_COMMENT_PAGES, MAX_POST_PAGES, PER_PAGE, WordPressCom
from tests.apiservers.visiting import BROKEN_BODIES, STRANGE_VALUES, Told, visit
from tests.apiservers.wordpress_com import BLOG, SITE, Entry, WordPressComServer, comment, post

COMMENTS, LIKES = EngagementKind.COMMENTS, EngagementKind.LIKES
POSTS = [post(4, 40, 2, likes=9), post(3, 30), post(2, 20, is_open=False, likes=None), post(1, 10, 1, is_open=False)]
WRITTEN = [comment(12, 4, 41), comment(11, 4, 40.5, "Ann", author=5), comment(10, 1, 12, "Bo")]


def read(posts: list[Entry], comments: list[Entry], **server: Any) -> Told:
    with WordPressComServer(posts, comments, **server) as running:
        return visit(WordPressCom(), f"{BLOG}/", running)


@pytest.mark.parametrize(
    ("url", "is_known"),
    [
        (f"{BLOG}/", True),
        ("https://en.blog.wordpress.com/", True),
        ("https://wordpress.com/", False),
        ("https://www.wordpress.com/", False),
        ("https://public-api.wordpress.com/", False),
        ("https://tea.example/", False),
        ("https://tea.wordpress.com.evil.example/", False),
        ("https://notwordpress.com/", False),
    ],
)
def test_blogs_are_known_by_their_host(url: str, is_known: bool) -> None:
    assert (WordPressCom().recognise(url, "wordpress") is not None) == is_known


def test_a_server_that_gives_more_than_was_asked_for_is_cut() -> None:
    long = {"found": 1, "comments": [comment(one, 4, 41) for one in range(1, PER_PAGE * 2)]}
    told = read(POSTS, [], refusals={"comments": Document(json.dumps(long).encode())})
    assert len({found.comment_id for _, found in told.comments}) == PER_PAGE
    crowd = {"found": 1, "posts": [post(one, one) for one in range(1, PER_PAGE * 2)]}
    told = read([], [], refusals={"posts": Document(json.dumps(crowd).encode())})
    assert len({url for url, _ in told.readings}) == PER_PAGE


def test_subscribers_are_the_blog_s_followers() -> None:
    profile = read(POSTS, WRITTEN).profile
    assert profile is not None
    assert (profile.followers, profile.posts, profile.handle) == (112, 41, "tea.wordpress.com")
    assert (profile.url, profile.platform) == (f"{BLOG}/", "wordpress.com")


@pytest.mark.parametrize("value", [None, -1, "112", True, 10**30])
def test_subscribers_that_are_no_count_are_unknown(value: object) -> None:
    profile = read([], [], site={**SITE, "subscribers_count": value}).profile
    assert profile is not None
    assert profile.followers is None


def test_a_private_blog_is_left_alone() -> None:
    told = read(POSTS, WRITTEN, site={**SITE, "is_private": True})
    assert (told.purposes(), told.readings, told.profile) == (["site"], [], None)


def test_each_post_states_its_comments_and_likes() -> None:
    told = read(POSTS, WRITTEN)
    assert told.comments_at("/4/") == EngagementReading(COMMENTS, 2)
    assert told.comments_at("/3/") == EngagementReading(COMMENTS, 0)
    assert told.comments_at("/2/") == EngagementReading(COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert told.comments_at("/1/") == EngagementReading(COMMENTS, 1)
    assert told.reading("/4/", LIKES) == EngagementReading(LIKES, 9)
    assert told.reading("/3/", LIKES) == EngagementReading(LIKES, 0)
    assert told.reading("/2/", LIKES) == EngagementReading(LIKES, None, UnknownReason.NOT_EXPOSED)


def test_commenters_are_listed_and_the_author_s_answers_marked() -> None:
    told = read(POSTS, WRITTEN)
    assert told.purposes() == ["site", "posts", "comments"]
    found = {one.comment_id: (url, one.identity, one.words, one.by_author) for url, one in told.comments}
    assert found == {
        "12": (f"{BLOG}/4/", "bea", 2, False),
        "11": (f"{BLOG}/4/", "ann", 2, True),
        "10": (f"{BLOG}/1/", "bo", 2, False),
    }
    assert told.comments[0][1].published == datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(days=41)


@pytest.mark.parametrize("kind", ["pingback", "trackback", "review"])
def test_a_mention_by_another_site_is_no_comment(kind: str) -> None:
    told = read([post(1, 1, 2)], [comment(5, 1, 3), comment(6, 1, 4, kind=kind)])
    assert [one.comment_id for _, one in told.comments] == ["5"]


def test_a_blog_without_any_comment_may_take_them_elsewhere() -> None:
    told = read([post(2, 2), post(1, 1, is_open=False)], [])
    assert told.comments_at("/2/") is None
    assert told.comments_at("/1/") == EngagementReading(COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert told.purposes() == ["site", "posts"]


def test_zeros_of_a_first_page_are_known_once_a_second_shows_comments() -> None:
    told = read([*(post(1000 + number, number) for number in range(10, 10 + PER_PAGE)), post(1, 1, 3)], [])
    assert told.comments_at("/1010/") == EngagementReading(COMMENTS, 0)
    assert told.purposes() == ["site", "posts", "posts", "comments"]


def test_pages_are_read_within_bounds() -> None:
    posts = [post(number, 100 + number, 1) for number in range(1, 301)]
    told = read(posts, [comment(1000 + number, 150, number) for number in range(1, 701)], found=10**6)
    assert told.purposes() == ["site", *["posts"] * MAX_POST_PAGES, *["comments"] * MAX_COMMENT_PAGES]
    assert len(told.requests) == WordPressCom.max_requests
    assert len({url for url, one in told.readings if one.kind is COMMENTS}) == MAX_POST_PAGES * PER_PAGE


def test_where_there_is_no_total_an_empty_page_is_the_end() -> None:
    told = read([post(number, 1, 1) for number in range(1, 4)], [comment(9, 1, 2)], found=-1)
    assert told.purposes() == ["site", "posts", "posts", "comments", "comments"]


def test_all_requests_go_to_the_documented_host() -> None:
    root = "https://public-api.wordpress.com/rest/v1.1/sites/tea.wordpress.com"
    assert all(request.url.startswith(root) for request in read(POSTS, WRITTEN).requests)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_refusal_ends_the_visit_with_what_was_told(status: int) -> None:
    assert read(POSTS, WRITTEN, refusals={"site": status}).statuses == [status]
    assert read(POSTS, WRITTEN, refusals={"posts": status}).readings == []
    told = read(POSTS, WRITTEN, refusals={"comments": status})
    assert (told.comments_at("/4/"), told.comments) == (EngagementReading(COMMENTS, 2), [])


@pytest.mark.parametrize("listing", ["site", "posts", "comments"])
@pytest.mark.parametrize("body", BROKEN_BODIES)
def test_an_answer_that_is_no_json_is_an_error(body: bytes, listing: str) -> None:
    assert len(read(POSTS, WRITTEN, refusals={listing: Document(body, "application/json")}).errors) == 1


@pytest.mark.parametrize("value", STRANGE_VALUES)
def test_json_of_any_other_shape_tells_nothing(value: object) -> None:
    strange = Document(json.dumps(value).encode(), "application/json")
    assert read(POSTS, WRITTEN, refusals={"posts": strange}).readings == []
    assert read(POSTS, WRITTEN, refusals={"comments": strange}).comments == []
    profile = read(POSTS, WRITTEN, refusals={"site": strange}).profile
    assert profile is not None
    assert (profile.followers, profile.name) == (None, "tea.wordpress.com")


@pytest.mark.parametrize("changes", [{"ID": "7"}, {"URL": "javascript:alert(1)"}, {"URL": None}, {"ID": True}])
def test_a_post_that_cannot_be_placed_is_left_out(changes: Entry) -> None:
    told = read([{**post(1, 1, 1), **changes}, post(2, 2, 1)], [comment(5, 1, 3)])
    assert {url for url, _ in told.readings} == {f"{BLOG}/2/"}


@pytest.mark.parametrize("discussion", [None, {}, {"comment_count": "3"}, {"comment_count": -3}, []])
def test_comments_that_are_no_count_have_no_reading(discussion: object) -> None:
    assert read([{**post(1, 1), "discussion": discussion}], []).comments_at("/1/") is None


@pytest.mark.parametrize("number", [None, "3", -1, 10**30, False])
def test_likes_that_are_no_count_are_unknown(number: object) -> None:
    told = read([{**post(1, 1), "like_count": number}], [])
    assert told.reading("/1/", LIKES) == EngagementReading(LIKES, None, UnknownReason.NOT_EXPOSED)


@pytest.mark.parametrize(
    "changes", [{"author": None}, {"author": {"name": 5, "ID": "x"}}, {"date": 5}, {"content": {}}]
)
def test_a_comment_with_strange_values_is_read_all_the_same(changes: Entry) -> None:
    told = read([post(1, 1, 1)], [comment(5, 1, 3)], refusals={"comments": _page({**comment(5, 1, 3), **changes})})
    assert [one.comment_id for _, one in told.comments] == ["5"]


def _page(*entries: Entry) -> Document:
    return Document(json.dumps({"found": len(entries), "comments": entries}).encode(), "application/json")
