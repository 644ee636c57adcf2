import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bloghound.demo.exchange import Document
from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.blogger import MAX_COMMENT_PAGES, MAX_POST_PAGES, PER_PAGE, Blogger
from tests.apiservers.blogger import ANN, BLOG, BloggerServer, Entry, comment, feed, post
from tests.apiservers.visiting import BROKEN_BODIES, STRANGE_VALUES, Told, visit

POSTS = [post(4, 40, 2), post(3, 30), post(2, 20, is_open=False), post(1, 10, 1)]
WRITTEN = [comment(12, 4, 41), comment(11, 4, 40.5, "Ann", ANN), comment(10, 1, 12, "Bo")]


def number(count: int) -> EngagementReading:
    return EngagementReading(EngagementKind.COMMENTS, count)


def read(posts: list[Entry], comments: list[Entry], **server: Any) -> Told:
    with BloggerServer(posts, comments, **server) as running:
        return visit(Blogger(), f"{BLOG}/", running)


def page(entries: list[Entry]) -> Document:
    """All entries at once, whatever was asked for."""
    return Document(json.dumps({"feed": feed(entries, 1, len(entries), len(entries))}).encode())


def test_a_server_that_gives_more_than_was_asked_for_is_cut() -> None:
    long = [comment(one, 4, 41) for one in range(1, PER_PAGE * 2)]
    told = read(POSTS, [], refusals={"comments": page(long)})
    assert len({found.comment_id for _, found in told.comments}) == PER_PAGE
    crowd = [post(one, one, 1) for one in range(1, PER_PAGE * 2)]
    told = read([], [], refusals={"posts": page(crowd)})
    assert len({url for url, _ in told.readings}) == PER_PAGE


@pytest.mark.parametrize(
    ("url", "software", "is_known"),
    [
        (f"{BLOG}/", "", True),
        ("https://tea.blogspot.nl/", "", True),
        ("https://tea.blogspot.co.uk/", "", True),
        ("https://www.tea.example/", "blogger", True),
        ("https://www.tea.example/", "", False),
        ("https://blogspot.com/", "", False),
        ("https://tea.blogspot.com.evil.example/", "", False),
    ],
)
def test_a_blog_is_known_by_its_host_or_its_software(url: str, software: str, is_known: bool) -> None:
    assert (Blogger().recognise(url, software) is not None) == is_known


def test_each_post_states_its_comments() -> None:
    told = read(POSTS, WRITTEN)
    closed = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    assert [told.comments_at(f"/{one}.html") for one in (4, 3, 2, 1)] == [number(2), number(0), closed, number(1)]
    assert told.purposes() == ["posts", "comments"]


def test_commenters_are_listed_and_the_author_s_answers_marked() -> None:
    found = {
        one.comment_id: (url, one.identity, one.words, one.by_author) for url, one in read(POSTS, WRITTEN).comments
    }
    assert found == {
        "12": (f"{BLOG}/2026/4.html", "bea", 2, False),
        "11": (f"{BLOG}/2026/4.html", "ann", 2, True),
        "10": (f"{BLOG}/2026/1.html", "bo", 2, False),
    }


def test_the_time_of_a_comment_is_read() -> None:
    [(_, found)] = read([post(1, 1, 1)], [comment(5, 1, 2.5)]).comments
    assert found.published == datetime(2026, 1, 1, 8, tzinfo=UTC) + timedelta(days=2.5)


@pytest.mark.parametrize(
    ("uri", "is_author"),
    [
        ("http://www.blogger.com/profile/100/", True),
        ("https://www.blogger.com/profile/1000", False),
        ("https://evil.example/", False),
        (None, False),
    ],
)
def test_the_author_is_known_by_profile_and_never_by_name(uri: str | None, is_author: bool) -> None:
    [(_, found)] = read([post(1, 1, 1)], [comment(5, 1, 2, "Ann", uri)]).comments
    assert found.by_author == is_author


def test_who_gives_no_name_is_nobody() -> None:
    [(_, found)] = read([post(1, 1, 1)], [comment(5, 1, 2, "Anonymous")]).comments
    assert found.identity == ""


def test_a_comment_that_was_taken_back_is_nobody_s() -> None:
    told = read([post(1, 1, 2)], [comment(5, 1, 2, is_removed=True), comment(6, 1, 3)])
    assert [found.comment_id for _, found in told.comments] == ["6"]


def test_a_blog_without_any_comment_may_take_them_elsewhere() -> None:
    told = read([post(1, 1), post(2, 2)], [])
    assert (told.readings, told.purposes()) == ([], ["posts"])


def test_a_post_that_says_nothing_of_comments_has_no_reading() -> None:
    assert read([post(1, 1, None), post(2, 2, 4)], []).comments_at("/1.html") is None


def test_text_is_not_asked_for_beside_the_comments() -> None:
    assert "/feeds/posts/summary?" in read(POSTS, WRITTEN).requests[0].url


def test_shorter_pages_than_asked_for_are_followed_where_they_end() -> None:
    told = read([post(one, one, 1) for one in range(1, 61)], [comment(900, 1, 70)], page_size=25)
    assert [request.url.rpartition("start-index=")[2] for request in told.requests] == ["1", "26", "1"]
    assert len(told.readings) == MAX_POST_PAGES * 25


def test_pages_are_read_within_bounds_on_the_blog_s_own_server() -> None:
    posts = [post(one, one / 10, 1) for one in range(1, 401)]
    told = read(posts, [comment(1000 + one, 400, 50 + one) for one in range(700)], total=10**8)
    assert told.purposes() == [*["posts"] * MAX_POST_PAGES, *["comments"] * MAX_COMMENT_PAGES]
    assert all(request.url.startswith(f"{BLOG}/feeds/") for request in told.requests)
    assert len({url for url, _ in told.readings}) == MAX_POST_PAGES * PER_PAGE


def test_comments_are_asked_for_no_further_than_the_oldest_post() -> None:
    told = read([post(1, 560, 140)], [comment(1000 + one, 1 if one > 560 else 9, one) for one in range(700)])
    assert told.purposes() == ["posts", "comments"]


@pytest.mark.parametrize("start", ["0", "-5", "1", "x", "9" * 30])
def test_a_page_that_leads_back_is_the_last(start: str) -> None:
    back = feed([post(1, 1, 1)], 1, 1, 500) | {"openSearch$startIndex": {"$t": start}}
    told = read([], [], refusals={"posts/2": _answer(back), "posts/1": _answer(feed([post(2, 2, 1)], 1, 1, 500))})
    assert told.purposes() == ["posts", "posts", "comments"]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_refusal_ends_the_visit_with_what_was_told(status: int) -> None:
    told = read(POSTS, WRITTEN, refusals={"posts": status})
    assert (told.readings, told.statuses) == ([], [status])
    told = read(POSTS, WRITTEN, refusals={"comments": status})
    assert (told.comments_at("/4.html"), told.comments) == (number(2), [])


@pytest.mark.parametrize("name", ["posts", "comments"])
@pytest.mark.parametrize("body", BROKEN_BODIES)
def test_an_answer_that_is_no_json_is_an_error(body: bytes, name: str) -> None:
    assert len(read(POSTS, WRITTEN, refusals={name: Document(body, "application/json")}).errors) == 1


@pytest.mark.parametrize("name", ["posts", "comments"])
@pytest.mark.parametrize("value", STRANGE_VALUES)
def test_json_of_any_other_shape_tells_nothing(value: object, name: str) -> None:
    for strange in (
        value,
        {"feed": value},
        {"feed": {"entry": value}},
        {"feed": {"entry": [{"link": value, "id": value}]}},
    ):
        told = read([post(1, 1, 1)], WRITTEN, refusals={name: Document(json.dumps(strange).encode())})
        assert told.comments == []
        assert told.comments_at("/1.html") == (number(1) if name == "comments" else None)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": {"$t": "7"}},
        {"id": None},
        {"link": [{"rel": "alternate", "href": "javascript:alert(1)"}]},
        {"link": [{"rel": "self", "href": BLOG}]},
    ],
)
def test_a_post_that_cannot_be_placed_is_left_out(changes: Entry) -> None:
    told = read([{**post(1, 1, 1), **changes}, post(2, 2, 1)], [])
    assert {url for url, _ in told.readings} == {f"{BLOG}/2026/2.html"}


@pytest.mark.parametrize("total", ["x", "-1", "²", "", "9" * 40, None, 5, {"$t": 5}])
def test_a_number_of_comments_that_is_none_is_unknown(total: object) -> None:
    shown = {"thr$total": total if isinstance(total, dict) else {"$t": total}}
    assert read([{**post(1, 1), **shown}, post(2, 2, 3)], []).comments_at("/1.html") is None


@pytest.mark.parametrize("changes", [{"author": []}, {"author": {"name": 5}}, {"published": None}, {"content": "x"}])
def test_a_comment_with_strange_values_is_read_all_the_same(changes: Entry) -> None:
    shown = _answer(feed([{**comment(5, 1, 3), **changes}], 1, 1, 1))
    told = read([post(1, 1, 1)], [], refusals={"comments": shown})
    assert [found.comment_id for _, found in told.comments] == ["5"]


def _answer(value: Entry) -> Document:
    return Document(json.dumps({"feed": value}).encode(), "application/json")
