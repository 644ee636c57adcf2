"""DEV against a server that answers as Forem does."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading, UnknownReason
from crawler.platforms.devto import ARTICLES_PER_PAGE, MAX_ARTICLE_PAGES, MAX_COMMENTED, MAX_COMMENTS, DevTo
from crawler.platforms.protocol import ApiAnswer, ApiRequest, ProfileLink
from tests.apiservers.base import Reading, Reply, read_all
from tests.apiservers.devto import ACCEPT, WRITTEN, ForemServer, article, comment

HOME = "https://dev.to/ann"
WRITTEN_AT = datetime.fromisoformat(WRITTEN)


@pytest.fixture
def server() -> Iterator[ForemServer]:
    with ForemServer() as running:
        yield running


def read(server: ForemServer, url: str = HOME) -> Reading:
    return read_all(DevTo(server.root), url)


@pytest.mark.parametrize("url", [HOME, "https://dev.to/Ann/", "http://www.dev.to/ann"])
def test_a_users_page_is_recognised(url: str) -> None:
    address = DevTo().recognise(url)
    assert address is not None
    assert (address.url, address.user) == (HOME, "ann")


@pytest.mark.parametrize(
    "url",
    [
        "https://dev.to/",
        "https://dev.to/ann/koffie-1",
        "https://dev.to/t/coffee",
        "https://dev.to/about",
        "https://evil.example/ann",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    assert DevTo().recognise(url) is None


def test_the_public_interface_is_asked_by_name(server: ForemServer) -> None:
    address = DevTo().recognise(HOME)
    assert address is not None
    user, articles = DevTo().first_requests(address)
    assert user.url == "https://dev.to/api/users/by_username?url=ann"
    assert articles.url == "https://dev.to/api/articles?username=ann&per_page=100&page=1"
    read(server)
    assert set(server.accepts) == {ACCEPT}


def test_a_users_website_is_a_claim_that_proves_nothing(server: ForemServer) -> None:
    found = read(server).known
    assert (found.platform, found.url, found.handle, found.name) == ("devto", HOME, "ann", "Ann Brouwer")
    assert (found.bio, found.platform_id) == ("Brandt koffie.", "3620")
    assert found.links == (ProfileLink("https://koffie.example/", "website", rel_me=False),)
    assert found.followers is None


def test_an_organization_is_found_where_no_user_is(server: ForemServer) -> None:
    found = read(server, "https://dev.to/roasters")
    assert (found.known.name, [link.url for link in found.known.links]) == ("roasters", ["https://r.example/"])
    assert found.statuses == [404, 200, 200]


def test_a_name_that_nobody_has_is_gone(server: ForemServer) -> None:
    found = read(server, "https://dev.to/nobody")
    assert (found.profile, found.gone) == (None, True)


def test_figures_come_with_the_address_of_their_article(server: ForemServer) -> None:
    server.articles = [article(2, comments_count=0, public_reactions_count=12)]
    url = "https://dev.to/ann/koffie-2"
    assert read(server).readings == [
        (url, EngagementReading(EngagementKind.COMMENTS, 0)),
        (url, EngagementReading(EngagementKind.LIKES, 12)),
    ]


@pytest.mark.parametrize("value", [None, -1, "9", 1.5, True, []])
def test_a_figure_that_is_none_is_unknown(server: ForemServer, value: object) -> None:
    server.articles = [article(2, public_reactions_count=value)]
    unknown = EngagementReading(EngagementKind.LIKES, None, UnknownReason.NOT_EXPOSED)
    assert read(server).readings[1][1] == unknown


@pytest.mark.parametrize(
    "url", ["https://dev.to/bo/x", "https://dev.to/annabel/x", "https://victim.example/ann/x", "javascript:x", None, 3]
)
def test_articles_at_other_addresses_are_left(server: ForemServer, url: object) -> None:
    server.articles = [article(1, url=url, comments_count=4), article(2)]
    found = read(server)
    assert {address for address, _ in found.readings} == {"https://dev.to/ann/koffie-2"}
    assert not [asked for asked in found.asked if "/comments" in asked]


def test_commenters_are_read_at_every_depth_without_their_words(server: ForemServer) -> None:
    server.articles = [article(5, comments_count=4)]
    gone = comment("c", "", "<p>[deleted]</p>", comment("d", "cas"))
    server.comments["5"] = [comment("a", "Bo", "<p>Welke bonen?</p>", comment("b", "ann", "<p>Deze.</p>")), gone]
    found = read(server).comments
    assert {address for address, _ in found} == {"https://dev.to/ann/koffie-5"}
    assert sorted((one for _, one in found), key=lambda one: one.comment_id) == [
        Comment("bo", "a", WRITTEN_AT, words=2),
        Comment("ann", "b", WRITTEN_AT, words=1, by_author=True),
        Comment("cas", "d", WRITTEN_AT, words=2),
    ]


def test_an_organizations_author_answers_under_the_own_name(server: ForemServer) -> None:
    url = "https://dev.to/roasters/x"
    server.articles = [article(5, url=url, comments_count=1)]
    server.comments["5"] = [comment("a", "ann")]
    ((address, one),) = read(server, "https://dev.to/roasters").comments
    assert (address, one.by_author) == (url, True)


def test_comments_are_read_of_the_newest_commented_articles_only(server: ForemServer) -> None:
    server.articles = [article(number, comments_count=number % 2) for number in range(30)]
    asked = [url.rpartition("=")[2] for url in read(server).asked if "/comments" in url]
    assert asked == [str(2 * number + 1) for number in range(MAX_COMMENTED)]


def test_older_articles_follow_while_pages_are_full(server: ForemServer) -> None:
    server.articles = [article(number) for number in range(ARTICLES_PER_PAGE + 1)]
    assert len(read(server).readings) == 2 * (ARTICLES_PER_PAGE + 1)


def test_a_server_that_gives_more_than_was_asked_for_is_cut(server: ForemServer) -> None:
    long = [article(number, comments_count=int(number == 0)) for number in range(ARTICLES_PER_PAGE * 2)]
    server.instead["/api/articles"] = Reply(long)
    deep = comment("end", "bo")
    for number in range(MAX_COMMENTS):
        deep = comment(f"c{number}", "bo", "<p>x</p>", deep) if number % 10 else comment(f"c{number}", "bo")
    server.comments["0"] = [deep, *(comment(f"w{number}", "cas") for number in range(MAX_COMMENTS))]
    found = read(server)
    assert len({url for url, _ in found.readings}) == ARTICLES_PER_PAGE
    assert len(found.comments) == MAX_COMMENTS


def test_paging_ends(server: ForemServer) -> None:
    server.articles = [article(number, comments_count=1) for number in range(ARTICLES_PER_PAGE * 5)]
    found = read(server)
    assert len(found.readings) == 2 * ARTICLES_PER_PAGE * MAX_ARTICLE_PAGES
    assert (len(found.asked), found.unasked) == (1 + MAX_ARTICLE_PAGES + MAX_COMMENTED, 0)
    assert len(found.asked) <= DevTo.max_requests


@pytest.mark.parametrize("served", [0, 1, 2])
def test_over_the_limit_what_was_read_before_stays(served: int) -> None:
    with ForemServer(limit=served) as server:
        server.articles = [article(1, comments_count=1)]
        found = read(server)
    assert found.statuses[served] == 429
    assert (found.profile is not None, len(found.readings), found.gone) == (served > 0, 2 * (served > 1), False)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_trouble_says_nothing_about_the_user(server: ForemServer, status: int) -> None:
    server.instead["/api/users/by_username"] = Reply({"error": "x"}, status)
    found = read(server)
    assert (found.profile, found.gone, len(found.asked)) == (None, False, 2)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000])
def test_an_answer_that_is_no_json_is_an_error(server: ForemServer, body: bytes) -> None:
    server.instead["/api/articles"] = Reply(body)
    with pytest.raises(ParseError, match="/api/articles"):
        read(server)


WRONG: list[Any] = [None, 7, "x", [], {}, [None], [{}], {"error": "x"}, {"username": []}, [{"id": "x", "user": 3}]]


@pytest.mark.parametrize("value", [*WRONG, [{"children": 3, "user": {"username": None}}]])
@pytest.mark.parametrize("purpose", ["user", "organization", "articles"])
def test_json_of_any_other_shape_is_read_without_an_error(value: object, purpose: str) -> None:
    address = DevTo().recognise(HOME)
    assert address is not None
    request = ApiRequest("https://dev.to/api/x", purpose, address)
    step = DevTo().read(request, ApiAnswer(200, json.dumps(value).encode()), None)
    assert (step.profile, step.readings, step.comments) == (None, (), ())


@pytest.mark.parametrize("value", [*WRONG, [{"children": 3, "user": {"username": None}}]])
def test_comments_of_any_other_shape_are_left(server: ForemServer, value: Any) -> None:
    server.articles = [article(5, comments_count=1)]
    server.comments["5"] = value
    assert read(server).comments == []
