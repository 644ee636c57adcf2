import asyncio
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from crawler.politeness.robots import Access, RobotsAnswer, Rules
from crawler.politeness.robots_cache import FIRST_RETRY_SECONDS, MAX_AGE_SECONDS, RobotsCache
from tests.scrapy_harness import Answer, LoopbackServer, redirect, send

HOME = "https://blog.example/"
FORBID = RobotsAnswer(200, b"User-agent: *\nDisallow: /")


class Web:
    """Answers in turn (the last one repeats) and remembers what was asked for; ``now`` is the clock."""

    def __init__(self, *answers: RobotsAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.now = 1000.0
        self.cache = RobotsCache(self.fetch, lambda: self.now)

    async def fetch(self, url: str) -> RobotsAnswer:
        self.asked.append(url)
        await asyncio.sleep(0)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def rules(self, url: str = HOME) -> Rules:
        return asyncio.run(self.cache.rules_for(url))


def redirects(*targets: str) -> list[RobotsAnswer]:
    return [RobotsAnswer(302, location=target) for target in targets]


def test_a_file_is_kept_for_a_day_and_asked_for_again_then() -> None:
    web = Web(FORBID, RobotsAnswer(404))
    assert not web.rules().allows(HOME)
    web.now += MAX_AGE_SECONDS - 1
    assert not web.rules(HOME + "other").allows(HOME)
    assert web.asked == [HOME + "robots.txt"]
    web.now += 1
    assert web.rules().allows(HOME)
    assert len(web.asked) == 2


@pytest.mark.parametrize("status", [0, 429, 500, 503])
def test_an_unreachable_file_forbids_and_is_asked_for_again_ever_later(status: int) -> None:
    web = Web(RobotsAnswer(status), RobotsAnswer(status), RobotsAnswer(200))
    assert not web.rules().allows(HOME)
    assert web.cache.seconds_until_retry(HOME) == FIRST_RETRY_SECONDS
    web.now += FIRST_RETRY_SECONDS
    assert not web.rules().allows(HOME)
    assert web.cache.seconds_until_retry(HOME) == 2 * FIRST_RETRY_SECONDS
    web.now += 2 * FIRST_RETRY_SECONDS
    assert web.rules().allows(HOME)
    assert web.cache.seconds_until_retry(HOME) == MAX_AGE_SECONDS


def test_the_wait_for_a_dead_host_grows_to_a_day_and_no_further() -> None:
    web = Web(RobotsAnswer(0))
    for _ in range(12):
        web.rules()
        web.now += web.cache.seconds_until_retry(HOME)
    web.rules()
    assert web.cache.seconds_until_retry(HOME) == MAX_AGE_SECONDS


def test_the_first_retries_come_as_soon_as_those_of_pages() -> None:
    web = Web(RobotsAnswer(503))
    web.cache = RobotsCache(web.fetch, lambda: web.now, retry_delays_seconds=(10.0, 60.0))
    for wait in (10.0, 60.0, FIRST_RETRY_SECONDS, 2 * FIRST_RETRY_SECONDS):
        web.rules()
        assert web.cache.seconds_until_retry(HOME) == wait
        web.now += wait


def test_retry_after_is_honoured() -> None:
    web = Web(RobotsAnswer(429, retry_after="7200"))
    web.rules()
    assert web.cache.seconds_until_retry(HOME) == 7200


def test_five_redirects_are_followed_also_to_other_hosts() -> None:
    web = Web(*redirects("/a", "b", "https://www.blog.example/c", "/d", "//cdn.example/robots.txt"), FORBID)
    assert not web.rules().allows(HOME)
    assert web.asked[-1] == "https://cdn.example/robots.txt"
    assert web.asked[2:4] == ["https://blog.example/b", "https://www.blog.example/c"]


@pytest.mark.parametrize(
    "answers",
    [redirects(*"123456"), redirects(""), redirects("http://[bad"), redirects("mailto:ann@blog.example")],
    ids=["six hops", "nowhere", "malformed", "no web address"],
)
def test_a_redirect_that_leads_nowhere_is_a_missing_file(answers: list[RobotsAnswer]) -> None:
    web = Web(*answers)
    assert web.rules().access is Access.UNAVAILABLE
    assert len(web.asked) <= 6


def test_those_who_ask_at_the_same_time_share_one_fetch() -> None:
    web = Web(FORBID)

    async def many() -> list[Rules]:
        return await asyncio.gather(*(web.cache.rules_for(f"{HOME}{n}") for n in range(20)))

    assert len(asyncio.run(many())) == 20
    assert len(web.asked) == 1


def test_each_scheme_and_port_has_its_own_file() -> None:
    web = Web(FORBID)
    for url in (HOME, "http://blog.example/", "https://blog.example:8443/", "https://www.blog.example/"):
        web.rules(url)
    assert len(set(web.asked)) == 4
    assert web.cache.seconds_until_retry("https://never.example/") == 0


async def over_http(url: str) -> RobotsAnswer:
    """One real request without following redirects, as the spider makes it; failures are answers with status 0."""

    def ask() -> RobotsAnswer:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=0.5)
        try:
            connection.request("GET", parts.path)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return RobotsAnswer(
                response.status, response.read(), headers.get("location", ""), headers.get("retry-after", "")
            )
        except (OSError, HTTPException) as error:
            return RobotsAnswer(0, reason=str(error))
        finally:
            connection.close()

    return await asyncio.to_thread(ask)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.close_connection = True


def stay_silent(request: BaseHTTPRequestHandler) -> None:
    request.connection.recv(1)


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return lambda request: send(request, body, status=code, content_type="text/plain", headers=pairs)


@pytest.mark.parametrize(
    ("answer", "access", "allowed"),
    [
        (status(200, b"User-agent: *\nDisallow: /private"), Access.RULES, True),
        (status(200, b"User-agent: *\nDisallow: /"), Access.RULES, False),
        (status(200, b"# " + b"x" * 5_000_000 + b"\nUser-agent: *\nDisallow: /"), Access.RULES, True),
        (status(404), Access.UNAVAILABLE, True),
        (status(403), Access.UNAVAILABLE, True),
        (status(500), Access.UNREACHABLE, False),
        (status(429, Retry_After="7200"), Access.UNREACHABLE, False),
        (redirect("/robots.txt"), Access.UNAVAILABLE, True),
        (hang_up, Access.UNREACHABLE, False),
        (stay_silent, Access.UNREACHABLE, False),
    ],
)
def test_a_real_server_is_understood(answer: Answer, access: Access, allowed: bool) -> None:
    with LoopbackServer({"/robots.txt": answer}) as server:
        home = f"http://127.0.0.1:{server.port}/"
        cache = RobotsCache(over_http)
        found = asyncio.run(cache.rules_for(home))
        assert (found.access, found.allows(home + "post")) == (access, allowed)
        assert cache.seconds_until_retry(home) > FIRST_RETRY_SECONDS - 60


def test_a_dead_port_forbids() -> None:
    with LoopbackServer() as server:
        home = f"http://127.0.0.1:{server.port}/"
    assert not asyncio.run(RobotsCache(over_http).rules_for(home)).allows(home)


def test_the_fetcher_is_any_coroutine_function() -> None:
    fetch: Callable[[str], Awaitable[RobotsAnswer]] = Web(FORBID).fetch
    assert not asyncio.run(RobotsCache(fetch).rules_for(HOME)).allows(HOME)
