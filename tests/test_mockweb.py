"""Every resource of the mock web misbehaves as its name says, and nothing else of it does."""

import gzip
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead

import feedparser
import pytest

from bloghound.demo.exchange import Resource
from bloghound.errors import PortError
from tests.mockweb import (
    AttributeBomb,
    BadCharset,
    BrokenChunked,
    CalendarTrap,
    Canary,
    CanonicalElsewhere,
    CookieSetter,
    DeeperTrap,
    Drop,
    EndlessBody,
    ForeverTaking,
    GzipBomb,
    HeaderFlood,
    HugeRobots,
    MalformedFeed,
    MetaRefresh,
    MockWeb,
    NestingBomb,
    NoIndex,
    RedirectLoop,
    RedirectToInternal,
    Refusing,
    RetryAfterDate,
    RetryAfterGarbage,
    RetryAfterSeconds,
    RobotsFail500,
    RobotsTimeout,
    SessionIdTrap,
    SharedCanonical,
    SlowDrip,
    SoftNotFound,
    TdmReserved,
    TruncatedBody,
    WrongContentType,
    small_blog,
)
from tests.mockweb.client import Answer, fetch

HOST = "bad.test"


@pytest.fixture
def web() -> Iterator[MockWeb]:
    with MockWeb() as served:
        yield served


def ask(web: MockWeb, resource: Resource, path: str = "/x", headers: dict[str, str] | None = None) -> Answer:
    web.add(HOST, "/x*", resource)
    return fetch(web.url(HOST, path), headers)


def raw_exchange(web: MockWeb, resource: Resource, max_bytes: int, timeout_seconds: float = 5.0) -> bytes:
    """Up to ``max_bytes`` of the answer as they come over the wire."""
    web.add(HOST, "/x", resource)
    received = b""
    with closing(socket.create_connection((web.address, web.port), timeout_seconds)) as connection:
        connection.sendall(f"GET /x HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        while len(received) < max_bytes and (chunk := connection.recv(65536)):
            received += chunk
    return received


# Serving


def test_sites_are_told_apart_by_host_name() -> None:
    with MockWeb({"a.test": {"/": "<p>a</p>"}, "*": {"/": "<p>any</p>"}}) as web:
        assert [fetch(web.url(host)).text for host in ("a.test", "b.test")] == ["<p>a</p>", "<p>any</p>"]


def test_what_is_not_there_is_404_and_the_longest_prefix_wins(web: MockWeb) -> None:
    web.add(HOST, "/a*", "short")
    web.add(HOST, "/a/b*", "long")
    assert [fetch(web.url(HOST, path)).text for path in ("/a/c", "/a/b/c")] == ["short", "long"]
    assert fetch(web.url(HOST, "/c")).status == 404


def test_a_dict_is_served_as_json(web: MockWeb) -> None:
    web.add(HOST, "/x", {"nought": 0})
    answer = fetch(web.url(HOST, "/x"))
    assert answer.json == {"nought": 0}
    assert answer.headers["content-type"].startswith("application/json")


def test_every_request_is_recorded_with_host_path_headers_and_time(web: MockWeb) -> None:
    fetch(web.url(HOST, "/one?q=1"), {"User-Agent": "Tester/1"})
    fetch(web.url("other.test", "/two"))
    fetch(web.url(HOST, "/three"))
    assert [(one.host, one.target) for one in web.requests_to(HOST)] == [(HOST, "/one?q=1"), (HOST, "/three")]
    assert web.requests_to(HOST, "/one")[0].headers["user-agent"] == "Tester/1"
    assert web.gaps(HOST) == [web.requests[2].received_at - web.requests[0].received_at]


def test_one_connection_carries_many_requests(web: MockWeb) -> None:
    web.add(HOST, "/", "<p>hello</p>")
    request = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    with closing(socket.create_connection((web.address, web.port), 5)) as connection:
        connection.sendall(request * 3)
        received = b""
        while received.count(b"hello") < 3:
            received += connection.recv(65536)
    assert len(web.requests) == 3


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nX: " + b"y" * 70_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_an_unreadable_request_is_refused(web: MockWeb, sent: bytes, status: bytes) -> None:
    with closing(socket.create_connection((web.address, web.port), 5)) as connection:
        connection.sendall(sent)
        assert connection.recv(65536).split()[1] == status
    assert web.requests == ()


def test_a_body_is_read_and_kept(web: MockWeb) -> None:
    with closing(socket.create_connection((web.address, web.port), 5)) as connection:
        connection.sendall(b"POST /hook HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        connection.recv(65536)
    assert [(one.method, one.body) for one in web.requests] == [("POST", b"hello")]


def test_a_taken_port_is_one_sentence_that_names_it(web: MockWeb) -> None:
    with pytest.raises(PortError, match=rf"^Port {web.port} on 127\.0\.0\.1 cannot be used: address already in use\.$"):
        MockWeb(port=web.port).__enter__()


def test_stopping_waits_for_no_client() -> None:
    with MockWeb({HOST: {"/x": ForeverTaking(), "/y": EndlessBody()}}) as web:
        clients = [socket.create_connection((web.address, web.port), 5) for _ in range(2)]
        for client, path in zip(clients, ("/x", "/y"), strict=True):
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        clients[1].recv(100)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    for client in clients:
        client.close()


def test_a_canary_counts_everyone_who_connects() -> None:
    with Canary() as canary:
        assert canary.hits == 0
        assert "internal secret" in fetch(canary.url).text
        assert fetch(canary.url, method="DELETE").status == 200
        assert canary.hits == 2


def test_a_canary_can_stand_on_another_loopback_address() -> None:
    with Canary("127.0.0.3") as canary:
        assert fetch(canary.url, address="127.0.0.3").status == 200


def test_a_small_blog_has_a_home_a_feed_and_dated_posts_that_differ() -> None:
    with MockWeb({"blog.test": small_blog(posts=4)}) as web:
        home = fetch(web.url("blog.test")).text
        posts = {fetch(web.url("blog.test", f"/post-{day}/")).text for day in range(1, 5)}
        feed = feedparser.parse(fetch(web.url("blog.test", "/feed.xml")).body)
    assert [f"/post-{day}/" in home for day in range(1, 5)] == [True] * 4
    assert len(posts) == len(feed.entries) == 4


# On the wire


def test_drop_hangs_up_without_a_word(web: MockWeb) -> None:
    with pytest.raises(ConnectionError):
        ask(web, Drop())


def test_drop_hangs_up_in_the_middle_of_the_head(web: MockWeb) -> None:
    assert raw_exchange(web, Drop(after_head=True), 1000) == b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def test_broken_chunked_sends_a_chunk_size_that_is_no_number(web: MockWeb) -> None:
    with pytest.raises(IncompleteRead):
        ask(web, BrokenChunked())


def test_truncated_body_stops_half_way(web: MockWeb) -> None:
    with pytest.raises(IncompleteRead) as caught:
        ask(web, TruncatedBody(announced_bytes=1000))
    assert (len(caught.value.partial), caught.value.expected) == (500, 500)


@pytest.mark.parametrize("resource", [ForeverTaking(), RobotsTimeout()])
def test_forever_taking_says_nothing(web: MockWeb, resource: ForeverTaking) -> None:
    with pytest.raises(TimeoutError):
        raw_exchange(web, resource, 1, timeout_seconds=0.2)


def test_slow_drip_sends_a_byte_at_a_time(web: MockWeb) -> None:
    started = time.monotonic()
    assert ask(web, SlowDrip(interval_seconds=0.02, body=b"12345")).body == b"12345"
    assert time.monotonic() - started >= (5 - 1) * 0.02


def test_endless_body_goes_on(web: MockWeb) -> None:
    assert len(raw_exchange(web, EndlessBody(), 6_000_000)) >= 6_000_000


def test_header_flood_sends_more_headers_than_anyone_reads(web: MockWeb) -> None:
    with pytest.raises(HTTPException, match="more than 100 headers"):
        ask(web, HeaderFlood(lines=500))


def test_gzip_bomb_is_small_and_unpacks_to_what_was_asked(web: MockWeb) -> None:
    answer = ask(web, GzipBomb(decoded_bytes=10 * 1024**2))
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.body) < 20_000
    assert len(gzip.decompress(answer.body)) == 10 * 1024**2


def test_attribute_bomb_is_one_tag_with_many_attributes(web: MockWeb) -> None:
    text = ask(web, AttributeBomb(attributes=1000)).text
    assert text[text.index("<div") : text.index(">bang")].count("=") == 1000


def test_nesting_bomb_is_deep(web: MockWeb) -> None:
    assert "<div>" * 5000 + "deep" in ask(web, NestingBomb(depth=5000)).text


# Refusing, delaying, sending elsewhere


def test_huge_robots_has_its_rule_at_the_top(web: MockWeb) -> None:
    body = ask(web, HugeRobots()).body
    assert 4_900_000 < len(body) <= 5_000_000
    assert body.startswith(b"User-agent: *\nDisallow: /secret/\n")


def test_robots_fail_500(web: MockWeb) -> None:
    assert ask(web, RobotsFail500()).status == 500


@pytest.mark.parametrize(
    ("resource", "status"), [(RetryAfterSeconds(7), 429), (RetryAfterDate(7), 503), (RetryAfterGarbage(), 429)]
)
def test_retry_after_refuses_once_and_then_lets_in(web: MockWeb, resource: Refusing, status: int) -> None:
    assert [ask(web, resource).status for _ in range(3)] == [status, 200, 200]


def test_retry_after_takes_its_three_forms(web: MockWeb) -> None:
    resources = (RetryAfterSeconds(7), RetryAfterDate(3600), RetryAfterGarbage())
    seconds, date, garbage = (ask(web, resource).headers["retry-after"] for resource in resources)
    assert seconds == "7"
    assert 3590 < parsedate_to_datetime(date).timestamp() - time.time() <= 3600
    with pytest.raises(ValueError, match="Invalid date"):
        parsedate_to_datetime(garbage)


def test_redirect_loop_never_names_an_address_twice(web: MockWeb) -> None:
    path, seen = "/x", set()
    for _ in range(8):
        seen.add(path)
        path = ask(web, RedirectLoop(), path).headers["location"]
    assert len(seen | {path}) == 9


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_internal_names_its_target(web: MockWeb, status: int) -> None:
    answer = ask(web, RedirectToInternal("http://127.0.0.1:9/", status))
    assert (answer.status, answer.headers["location"]) == (status, "http://127.0.0.1:9/")


# Traps


def links_of(answer: Answer) -> set[str]:
    return {part.partition('"')[0] for part in answer.text.split('href="')[1:]}


def test_calendar_trap_links_to_ever_new_months(web: MockWeb) -> None:
    assert links_of(ask(web, CalendarTrap(), "/x/2026/12/")) == {"/x/2026/11/", "/x/2027/01/"}
    assert links_of(ask(web, CalendarTrap(), "/x")) == {"/x/2025/12/", "/x/2026/02/"}


def test_session_id_trap_never_gives_the_same_link_twice(web: MockWeb) -> None:
    trap = SessionIdTrap()
    first, second = links_of(ask(web, trap)), links_of(ask(web, trap))
    assert len(first) == len(second) == 5
    assert not first & second


def test_soft_not_found_says_200_to_everything(web: MockWeb) -> None:
    answers = [ask(web, SoftNotFound(), f"/x{number}") for number in range(3)]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1


def test_deeper_trap_links_below_itself(web: MockWeb) -> None:
    assert links_of(ask(web, DeeperTrap(), "/x/a/a/")) == {"a/"}


# Pages that say something odd


def test_bad_charset_is_not_what_it_declares(web: MockWeb) -> None:
    answer = ask(web, BadCharset())
    assert "UTF-8" in answer.headers["content-type"]
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode()
    assert "Crème brûlée" in answer.body.decode("latin-1")


def test_malformed_feed_is_ill_formed_yet_has_a_good_entry(web: MockWeb) -> None:
    feed = feedparser.parse(ask(web, MalformedFeed()).body)
    assert feed.bozo
    assert feed.entries[-1].title == "Good"


@pytest.mark.parametrize(
    ("resource", "sign"),
    [
        (MetaRefresh("http://e.test/"), '<meta http-equiv="refresh" content="0; url=http://e.test/">'),
        (CanonicalElsewhere("http://e.test/"), '<link rel="canonical" href="http://e.test/">'),
        (NoIndex(), '<meta name="robots" content="noindex, nofollow">'),
        (TdmReserved(), '<meta name="tdm-reservation" content="1">'),
    ],
)
def test_signs_in_the_page(web: MockWeb, resource: Resource, sign: str) -> None:
    assert sign in ask(web, resource).text


@pytest.mark.parametrize(
    ("resource", "name", "value"),
    [(NoIndex("header"), "x-robots-tag", "noindex, nofollow"), (TdmReserved("header"), "tdm-reservation", "1")],
)
def test_signs_in_the_header(web: MockWeb, resource: Resource, name: str, value: str) -> None:
    answer = ask(web, resource)
    assert answer.headers[name] == value
    assert "<meta name=" not in answer.text


def test_shared_canonical_gives_one_address_to_different_texts() -> None:
    with MockWeb({HOST: SharedCanonical("/the-one/")}) as web:
        texts = [fetch(web.url(HOST, f"/shared-{day}/")).text for day in (1, 2, 3)]
    assert all('<link rel="canonical" href="/the-one/">' in text for text in texts)
    assert len(set(texts)) == 3


def test_wrong_content_type_calls_a_picture_html(web: MockWeb) -> None:
    answer = ask(web, WrongContentType())
    assert answer.body.startswith(b"\x89PNG")
    assert answer.headers["content-type"].startswith("text/html")


def test_cookie_setter_sets_a_new_one_each_time_and_notes_what_comes_back(web: MockWeb) -> None:
    setter = CookieSetter()
    assert [ask(web, setter).headers["set-cookie"] for _ in range(2)] == ["id=1", "id=2"]
    ask(web, setter, headers={"Cookie": "id=1"})
    assert setter.returned == ["id=1"]
