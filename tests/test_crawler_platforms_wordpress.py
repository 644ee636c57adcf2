import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bloghound.demo.exchange import Document, redirect
from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.protocol import ApiAnswer, ProfileAddress
from crawler.platforms.wordpress import MAX_COMMENT_PAGES, MAX_POST_PAGES, PER_PAGE, WordPress
from tests.apiservers.visiting import BROKEN_BODIES, STRANGE_VALUES, Told, visit
from tests.apiservers.wordpress import HOST, Entry, WordPressServer, comment, post

KNOWN_ZERO = EngagementReading(EngagementKind.COMMENTS, 0)
CLOSED = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
BLOCKED = EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.BLOCKED)

POSTS = [post(4, 40), post(3, 30), post(2, 20, is_open=False), post(1, 10, is_open=False)]
COMMENTS = [comment(12, 4, 41), comment(11, 4, 40.5, "Ann", author=1), comment(10, 1, 12, "Bo")]


def read(posts: list[Entry], comments: list[Entry], home: str = f"{HOST}/", **server: Any) -> Told:
    with WordPressServer(posts, comments, **server) as running:
        return visit(WordPress(), home, running, "wordpress")


def many(number: int, on: int = 1) -> list[Entry]:
    """Comments on one post, of one day each, the first on day 1."""
    return [comment(one, on, one) for one in range(1, number + 1)]


@pytest.mark.parametrize(
    ("url", "software", "is_known"),
    [
        (f"{HOST}/", "wordpress", True),
        (f"{HOST}/blog/", "wordpress", True),
        (f"{HOST}/", "", False),
        (f"{HOST}/", "ghost", False),
        ("https://tea.wordpress.com/", "wordpress", False),
    ],
)
def test_a_blog_is_known_by_the_software_of_its_pages(url: str, software: str, is_known: bool) -> None:
    assert (WordPress().recognise(url, software) is not None) == is_known


def test_comments_are_counted_and_zero_and_closed_are_told_apart() -> None:
    told = read(POSTS, COMMENTS)
    assert told.comments_at("/4/") == EngagementReading(EngagementKind.COMMENTS, 2)
    assert told.comments_at("/3/") == KNOWN_ZERO
    assert told.comments_at("/2/") == CLOSED
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 1)
    assert told.purposes() == ["posts", "comments"]


def test_a_comment_is_read_with_who_when_and_how_long() -> None:
    quoting = "<blockquote><p>All of this is quoted</p></blockquote>\n<p>I do <em>agree</em></p>"
    told = read([post(1, 1)], [comment(7, 1, 2, "Béa  &amp;\tBo", html=quoting)])
    [(url, found)] = told.comments
    assert url == f"{HOST}/1/"
    assert (found.identity, found.comment_id, found.words, found.by_author) == ("béa & bo", "7", 3, False)
    assert found.published == datetime(2026, 1, 3, 8, tzinfo=UTC)


def test_the_post_s_own_author_answers_and_another_of_the_blog_does_not() -> None:
    told = read([post(1, 1, author=5)], [comment(3, 1, 4, author=5), comment(2, 1, 3, author=6), comment(1, 1, 2)])
    assert {found.comment_id: found.by_author for _, found in told.comments} == {"3": True, "2": False, "1": False}


def test_a_visitor_s_author_id_is_nobody_s() -> None:
    told = read([post(1, 1, author=0)], [comment(1, 1, 2, author=0)])
    assert [found.by_author for _, found in told.comments] == [False]


def test_no_text_is_asked_for_beyond_the_comments_own() -> None:
    posts, comments = read(POSTS, COMMENTS).requests
    assert "content.protected" in posts.url.replace("%2C", ",").split("_fields=")[1].split("&")[0].split(",")
    assert "rendered" not in posts.url
    assert "author_email" not in comments.url


def test_pages_of_posts_and_comments_are_added_up() -> None:
    posts = [post(number, 1) for number in range(1, PER_PAGE + 2)]
    told = read(posts, many(PER_PAGE + 1))
    assert told.purposes() == ["posts", "posts", "comments", "comments"]
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, PER_PAGE + 1)
    assert len(told.comments) == PER_PAGE + 1


def test_posts_older_than_the_last_comment_asked_for_have_no_reading() -> None:
    newest = PER_PAGE * MAX_COMMENT_PAGES
    posts = [post(1, 0.5), post(2, 150), post(3, 620)]
    told = read(posts, [*many(newest + 100), comment(9001, 2, 151), comment(9002, 3, 621)])
    assert told.comments_at("/1/") is None
    assert told.comments_at("/2/") == EngagementReading(EngagementKind.COMMENTS, 1)
    assert told.purposes() == ["posts", *["comments"] * MAX_COMMENT_PAGES]


def test_comments_are_asked_for_no_further_than_the_oldest_post() -> None:
    told = read([post(1, 550)], [*many(549, on=7), *(comment(number, 1, number) for number in range(551, 601))])
    assert told.purposes() == ["posts", "comments"]
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 600 - 550)


def test_a_post_behind_a_password_has_no_reading_and_hides_no_page() -> None:
    protected = [comment(number, 9, 50 + number) for number in range(1, PER_PAGE + 1)]
    told = read(
        [post(9, 50, is_protected=True), *POSTS], [*protected, *(comment(500 + n, 1, 11 + n) for n in range(3))]
    )
    assert told.comments_at("/9/") is None
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 3)


def test_a_blog_without_any_comment_may_take_them_elsewhere() -> None:
    told = read(POSTS, [])
    assert [told.comments_at(f"/{number}/") for number in (4, 3, 2, 1)] == [None, None, CLOSED, CLOSED]


@pytest.mark.parametrize("status", [404, 200])
def test_with_plain_permalinks_the_interface_is_found_by_its_parameter(status: int) -> None:
    told = read(POSTS, COMMENTS, is_pretty=False, page_status=status)
    assert [request.url.partition("?")[0] for request in told.requests] == [
        f"{HOST}/wp-json/wp/v2/posts",
        f"{HOST}/",
        f"{HOST}/",
    ]
    assert told.comments_at("/3/") == KNOWN_ZERO
    assert told.errors == []


def test_a_site_that_only_looks_like_wordpress_costs_two_requests() -> None:
    told = read([], [], is_pretty=False, refusals={"posts": 404})
    assert (told.statuses, told.readings) == ([404, 404], [])


def test_a_blog_in_a_folder_is_asked_there() -> None:
    told = read(POSTS, COMMENTS, f"{HOST}/blog/", folder="/blog")
    assert told.statuses == [200, 200]
    assert told.comments_at("/3/") == KNOWN_ZERO


@pytest.mark.parametrize("status", [401, 403])
def test_comments_that_are_refused_are_blocked_where_there_may_be_some(status: int) -> None:
    told = read(POSTS, COMMENTS, refusals={"comments": status})
    assert [told.comments_at(f"/{number}/") for number in (4, 3, 2, 1)] == [BLOCKED, BLOCKED, None, None]
    assert told.comments == []


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_without_posts_nothing_is_said_or_asked(status: int) -> None:
    told = read(POSTS, COMMENTS, refusals={"posts": status})
    assert (told.statuses, told.readings, told.errors) == ([status], [], [])


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_was_told_before_a_limit_stands(status: int) -> None:
    told = read([post(1, 0.5), post(2, 150)], [*many(200), comment(900, 2, 151)], refusals={"comments/2": status})
    assert told.statuses == [200, 200, status]
    assert told.comments_at("/2/") == EngagementReading(EngagementKind.COMMENTS, 1)
    assert told.comments_at("/1/") is None
    assert len(told.comments) == PER_PAGE


def test_a_second_page_of_posts_that_fails_costs_its_posts_alone() -> None:
    posts = [post(number, number) for number in range(1, PER_PAGE + 2)]
    told = read(posts, [comment(1, PER_PAGE, 200)], refusals={"posts/2": 500})
    assert told.purposes() == ["posts", "posts", "comments"]
    assert told.comments_at(f"/{PER_PAGE}/") == EngagementReading(EngagementKind.COMMENTS, 1)
    assert told.comments_at("/1/") is None


def test_a_redirect_tells_nothing() -> None:
    assert read(POSTS, COMMENTS, refusals={"posts": redirect("https://evil.example/")}).readings == []


def test_a_server_that_gives_more_than_was_asked_for_is_cut_and_counts_nothing_as_whole() -> None:
    long = [comment(one, 1, 11) for one in range(PER_PAGE * 2, 0, -1)]
    told = read([post(1, 10), post(2, 20)], [], refusals={"comments": json_page(long)})
    assert len({found.comment_id for _, found in told.comments}) == PER_PAGE
    assert told.comments_at("/1/") is None
    crowd = [post(number, number) for number in range(1, PER_PAGE * 3)]
    told = read(crowd, [comment(1, 1, 400)], refusals={"posts": json_page(crowd)})
    assert len({url for url, _ in told.readings}) == PER_PAGE


def json_page(entries: list[Entry]) -> Document:
    return Document(json.dumps(entries).encode(), headers=(("X-WP-TotalPages", "1"),))


def test_endless_pages_end() -> None:
    posts = [post(number, 0.1) for number in range(1, 501)]
    told = read(posts, many(900), total_pages=10**6)
    assert len(told.requests) == MAX_POST_PAGES + MAX_COMMENT_PAGES <= WordPress.max_requests


def test_requests_stay_on_the_blog_s_own_server() -> None:
    told = read([post(1, 0.5)], many(900))
    assert {request.url.split("/wp-json")[0] for request in told.requests} == {HOST}


def test_without_the_headers_paging_ends_with_an_empty_page() -> None:
    told = read([post(1, 0.5)], many(150), total_pages=None)
    assert told.purposes() == ["posts", "posts", *["comments"] * 3]
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 150)


@pytest.mark.parametrize("pages", ["-1", "x", "²", "9" * 5000, ""])
def test_a_header_that_is_no_count_is_none(pages: str) -> None:
    [request] = WordPress().first_requests(_address())
    step = WordPress().read(request, ApiAnswer(200, json.dumps(POSTS).encode(), {"x-wp-totalpages": pages}), None)
    assert [one.purpose for one in step.next] == ["posts"]


@pytest.mark.parametrize("body", BROKEN_BODIES)
def test_an_answer_that_is_no_json_is_an_error(body: bytes) -> None:
    broken = Document(body, "application/json")
    assert len(read(POSTS, COMMENTS, refusals={"posts": broken}).errors) == 1
    assert len(read(POSTS, COMMENTS, refusals={"comments": broken}).errors) == 1


@pytest.mark.parametrize("value", STRANGE_VALUES)
def test_json_of_any_other_shape_makes_no_figure_known(value: object) -> None:
    strange = Document(json.dumps(value).encode(), "application/json")
    for listing in ("posts", "comments", "comments/2"):
        told = read([post(1, 0.5), post(2, 150)], many(200), refusals={listing: strange})
        assert told.comments_at("/1/") is None
        assert len(told.errors) <= 1


@pytest.mark.parametrize(
    "changes",
    [{"id": "7"}, {"id": 10**30}, {"id": True}, {"link": "javascript:alert(1)"}, {"link": 5}, {"link": None}],
)
def test_a_post_that_cannot_be_placed_is_left_out(changes: Entry) -> None:
    told = read([{**post(1, 1), **changes}, post(2, 2)], [comment(5, 2, 3)])
    assert {url for url, _ in told.readings} == {f"{HOST}/2/"}


@pytest.mark.parametrize("changes", [{"id": -1}, {"post": "1"}, {"id": 1.5}, {"type": "pingback"}, {"type": "review"}])
def test_what_is_no_comment_is_not_counted(changes: Entry) -> None:
    told = read([post(1, 1)], [comment(5, 1, 3), {**comment(6, 1, 4), **changes}])
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 1)


@pytest.mark.parametrize("changes", [{"author_name": 7}, {"content": "x"}, {"date_gmt": "soon"}, {"author": "root"}])
def test_a_comment_with_strange_values_counts_all_the_same(changes: Entry) -> None:
    told = read([post(1, 1)], [{**comment(5, 1, 3), **changes}])
    assert told.comments_at("/1/") == EngagementReading(EngagementKind.COMMENTS, 1)


def _address() -> ProfileAddress:
    found = WordPress().recognise(f"{HOST}/", "wordpress")
    assert found is not None
    return found
