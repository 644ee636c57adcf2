"""Hacker News against a server that answers as its search does."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import Discussion
from crawler.platforms.hackernews import MAX_PAGES, STORIES_PER_PAGE, HackerNews
from crawler.platforms.protocol import ApiAnswer, ApiRequest
from tests.apiservers.base import Reading, Reply, read_all
from tests.apiservers.hackernews import CREATED, HackerNewsServer, story

HOME = "https://koffie.example/"
POST = "https://koffie.example/branden"


@pytest.fixture
def server() -> Iterator[HackerNewsServer]:
    with HackerNewsServer() as running:
        yield running


def read(server: HackerNewsServer, url: str = HOME) -> Reading:
    return read_all(HackerNews(server.root), url)


def test_a_discussion_is_read_with_its_figures(server: HackerNewsServer) -> None:
    server.stories = [story(41, POST)]
    talk = Discussion("hackernews", "https://news.ycombinator.com/item?id=41", 57, 12, datetime.fromisoformat(CREATED))
    assert read(server).discussions == [(POST, talk)]


def test_stories_are_asked_for_by_the_blogs_host(server: HackerNewsServer) -> None:
    read(server)
    assert server.asked == [
        {
            "tags": "story",
            "query": "koffie.example",
            "restrictSearchableAttributes": "url",
            "typoTolerance": "false",
            "hitsPerPage": "100",
            "page": "0",
        }
    ]


@pytest.mark.parametrize(
    ("home", "words"),
    [
        ("https://www.koffie.example/", "koffie.example"),
        ("https://medium.com/@ann", "medium.com/@ann"),
        ("https://ann.github.io/", "ann.github.io"),
        ("http://koffie.example:8080/", "koffie.example:8080"),
    ],
)
def test_on_a_shared_host_the_path_is_asked_for_as_well(home: str, words: str) -> None:
    address = HackerNews().recognise(home, "wordpress")
    assert address is not None
    assert address.user == words


@pytest.mark.parametrize("home", ["", "koffie", "mailto:ann@koffie.example", "ftp://koffie.example/", "https://["])
def test_what_is_no_home_of_a_blog_is_not_asked_about(home: str) -> None:
    assert HackerNews().recognise(home) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/?u=koffie.example",
        "https://koffie.example.evil.example/branden",
        "https://notkoffie.example/",
        "https://blog.koffie.example/",
        "javascript:alert(1)",
        "",
        None,
        7,
    ],
)
def test_stories_about_other_sites_are_left(server: HackerNewsServer, url: Any) -> None:
    server.stories = [story(1, url), story(2, POST)]
    assert [talk.url[-1] for _, talk in read(server).discussions] == ["2"]


def test_on_a_shared_host_only_the_bloggers_own_stories_count(server: HackerNewsServer) -> None:
    server.stories = [story(1, "https://medium.com/@bo/x"), story(2, "https://medium.com/@ann/x-1")]
    assert [url for url, _ in read(server, "https://medium.com/@ann").discussions] == ["https://medium.com/@ann/x-1"]


@pytest.mark.parametrize(
    ("home", "linked"), [("www.koffie.example", "koffie.example"), ("koffie.example", "www.koffie.example")]
)
def test_a_post_is_named_by_the_blogs_own_spelling_of_its_host(
    server: HackerNewsServer, home: str, linked: str
) -> None:
    server.stories = [story(1, f"http://{linked}/branden?x=1")]
    assert [url for url, _ in read(server, f"https://{home}/").discussions] == [f"http://{home}/branden?x=1"]


@pytest.mark.parametrize("object_id", [None, 41, "", "x", "1/2", "¹", "４１"])
def test_a_story_without_a_number_leads_nowhere(server: HackerNewsServer, object_id: object) -> None:
    server.stories = [story(1, POST, objectID=object_id)]
    assert read(server).discussions == []


@pytest.mark.parametrize("value", [None, -1, "57", True, 1.5, []])
def test_figures_that_are_none_are_unknown(server: HackerNewsServer, value: object) -> None:
    server.stories = [story(1, POST, points=value, num_comments=value, created_at=value)]
    ((_, talk),) = read(server).discussions
    assert (talk.points, talk.comments, talk.started) == (None, None, None)


def test_older_stories_follow_page_by_page(server: HackerNewsServer) -> None:
    server.stories = [story(number, POST) for number in range(STORIES_PER_PAGE + 1)]
    assert len(read(server).discussions) == STORIES_PER_PAGE + 1
    assert [query["page"] for query in server.asked] == ["0", "1"]


def test_a_server_that_gives_more_than_was_asked_for_is_cut(server: HackerNewsServer) -> None:
    long = [story(number, POST) for number in range(STORIES_PER_PAGE * 2)]
    server.instead["/api/v1/search_by_date"] = Reply({"hits": long, "nbPages": 1})
    assert len(read(server).discussions) == STORIES_PER_PAGE


@pytest.mark.parametrize("pages", [None, 10**9])
def test_paging_ends(server: HackerNewsServer, pages: int | None) -> None:
    server.stories, server.pages = [story(number, POST) for number in range(900)], pages
    found = read(server)
    assert (len(found.asked), found.unasked) == (MAX_PAGES, 0)
    assert HackerNews.max_requests == MAX_PAGES


@pytest.mark.parametrize("pages", [10**9, -1, "7", None, []])
def test_an_empty_page_is_the_last(server: HackerNewsServer, pages: object) -> None:
    server.pages = pages
    assert len(read(server).asked) == 1


def test_over_the_limit_what_was_read_before_stays() -> None:
    with HackerNewsServer(limit=1) as server:
        server.stories = [story(number, POST) for number in range(250)]
        found = read(server)
    assert (found.statuses, len(found.discussions), found.gone) == ([200, 429], STORIES_PER_PAGE, False)


@pytest.mark.parametrize("status", [400, 403, 404, 429, 503])
def test_a_refusal_tells_nothing(server: HackerNewsServer, status: int) -> None:
    server.instead["/api/v1/search_by_date"] = Reply({"message": "no"}, status)
    found = read(server)
    assert (found.discussions, found.gone, found.statuses) == ([], False, [status])


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_an_error(server: HackerNewsServer, body: bytes) -> None:
    server.instead["/api/v1/search_by_date"] = Reply(body)
    with pytest.raises(ParseError, match="search_by_date"):
        read(server)


WRONG: list[Any] = [None, 7, "x", [], {}, {"hits": 3}, {"hits": [None, 3, {}]}, {"hits": {}, "nbPages": []}]


@pytest.mark.parametrize("value", WRONG)
def test_json_of_any_other_shape_is_read_without_an_error(value: object) -> None:
    address = HackerNews().recognise(HOME)
    assert address is not None
    request = ApiRequest("https://hn.algolia.com/x", "stories", address)
    step = HackerNews().read(request, ApiAnswer(200, json.dumps(value).encode()), None)
    assert (step.discussions, step.next) == ((), ())
