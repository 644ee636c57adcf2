"""The guard against internal addresses, through real Scrapy processes."""

from http.server import BaseHTTPRequestHandler

import pytest

from tests.scrapy_harness import CrawlRun, LoopbackServer, fetch, redirect, send

# An internal service at {port}, in every spelling and behind every name that could lead to it.
VECTORS = """
http://127.0.0.1:{port}/ http://127.1:{port}/ http://127.0.1:{port}/ http://2130706433:{port}/
http://0x7f000001:{port}/ http://0x7f.0.0.1:{port}/ http://0177.0.0.1:{port}/ http://017700000001:{port}/
http://0177.0x0.0.1:{port}/ http://0.0.0.0:{port}/ http://0:{port}/ http://127.0.0.1.:{port}/
http://１２７.０.０.１:{port}/ http://127。0。0。1:{port}/ http://[::1]:{port}/ http://[::]:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/ http://[::ffff:127.0.0.1]:{port}/ http://[::ffff:7f00:1]:{port}/
http://[::127.0.0.1]:{port}/ http://[64:ff9b::127.0.0.1]:{port}/ http://[2002:7f00:1::]:{port}/
http://[fe80::1%25lo]:{port}/ http://localhost:{port}/ http://LOCALHOST:{port}/ http://localhost.:{port}/
http://user@127.0.0.1:{port}/ http://public.test@127.0.0.1:{port}/ http://127.0.0.1:{port}#@public.test/
https://127.0.0.1:{port}/ http://internal.test:{port}/ http://mixed.test:{port}/ http://six.test:{port}/
http://mapped.test:{port}/ http://nat.test:{port}/ http://private.test:{port}/ http://meta.test/latest/
http://canary.bloghound.invalid:{port}/ http://public.test:{port}/ http://public.test:22/ http://public.test:6379/
file:///etc/passwd ftp://public.test/ data:text/html,x gopher://public.test:{port}/
""".split()

DNS = {
    "internal.test": [["127.0.0.1"]],
    "mixed.test": [["93.184.216.34", "127.0.0.1"]],
    "six.test": [["::1"]],
    "mapped.test": [["::ffff:127.0.0.1"]],
    "nat.test": [["64:ff9b::7f00:1"]],
    "private.test": [["192.168.0.1"]],
    "meta.test": [["169.254.169.254"]],
}


def attack(urls: list[str], pages: dict[str, object] | None = None) -> tuple[CrawlRun, list[str], list[str]]:
    """Fetch ``urls`` ({port} is the internal server's, {public} the public one's); returns both servers' hits too."""
    with LoopbackServer({"/": "secret"}) as canary, LoopbackServer({"/": "hello"}, "127.0.0.2") as public:
        places = {"port": canary.port, "public": public.port}
        for path, target in (pages or {}).items():
            public.pages[path] = redirect(str(target).format(**places), status=int(path.strip("/").split("-")[0]))
        run = fetch(
            [url.format(**places) for url in urls],
            static_hosts={"public.test": ("127.0.0.2", public.port)},
            dns=DNS,
            ports=(80, 443, canary.port, public.port),
        )
        return run, canary.hits, public.hits


def test_no_spelling_of_an_internal_address_is_reached() -> None:
    run, canary_hits, _ = attack([*VECTORS, "http://public.test:{public}/"])
    assert canary_hits == []
    assert [result.url for result in run.results[:-1] if result.status] == []
    assert {result.outcome for result in run.results[:-1]} <= {"blocked", "network_error"}
    assert run[-1].body == "hello", run.log


def test_refusals_are_outcome_blocked_with_the_reason() -> None:
    run, _, _ = attack(["http://127.0.0.1:{port}/", "http://mixed.test:{port}/", "http://public.test:22/"])
    assert [result.outcome for result in run.results] == ["blocked"] * 3
    assert "127.0.0.1 is loopback, RFC 1122" in run[0].reason
    assert "mixed.test is not on the public web" in run[1].reason
    assert "Port 22 of public.test" in run[2].reason


def test_redirects_do_not_lead_inside() -> None:
    targets = ["http://127.0.0.1:{port}/", "http://internal.test:{port}/", "//localhost:{port}/", "file:///etc/passwd"]
    pages = {
        f"/{status}-{place}": target for status in (301, 302, 303, 307, 308) for place, target in enumerate(targets)
    }
    run, canary_hits, public_hits = attack(["http://public.test" + path for path in pages], dict(pages))
    assert canary_hits == []
    assert len(public_hits) == len(pages) == 20
    assert [result.outcome for result in run.results] == ["blocked"] * 20


def test_redirect_loops_end_after_five_hops() -> None:
    run, _, public_hits = attack(["http://public.test/302-loop"], {"/302-loop": "/302-loop"})
    assert run[0].reason == "too many redirects"
    assert len(public_hits) == 1 + 5


def test_the_mapped_host_works_at_its_port_and_at_the_web_port() -> None:
    run, _, public_hits = attack(["http://public.test/", "http://public.test:{public}/", "http://127.0.0.2:{public}/"])
    assert [result.body for result in run.results] == ["hello", "hello", ""]
    assert len(public_hits) == 2


@pytest.mark.parametrize(
    "overrides",
    [
        {"TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingThreadedResolver"},
        {"TWISTED_DNS_RESOLVER": "scrapy.resolver.CachingHostnameResolver"},
        {"TWISTED_DNS_RESOLVER": "tests.test_crawler_safety_resolver.LeakyResolver"},
        {"TWISTED_DNS_RESOLVER": "tests.test_crawler_safety_resolver.FirstAnswerResolver"},
    ],
    ids=lambda overrides: str(overrides["TWISTED_DNS_RESOLVER"]).rpartition(".")[2],
)
def test_nothing_starts_when_the_guard_does_not_hold(overrides: dict[str, object]) -> None:
    with LoopbackServer({"/": "hello"}) as server:
        mapped = {"public.test": ("127.0.0.1", server.port)}
        run = fetch(["http://public.test/"], static_hosts=mapped, overrides=overrides)
        assert run.refused.startswith("The crawler does not start")
        assert run.results == []
        assert server.hits == []


def test_a_handler_fetches_nothing_unproven_even_if_nobody_asked_for_the_proof() -> None:
    with LoopbackServer({"/": "hello"}) as server:
        mapped = {"public.test": ("127.0.0.1", server.port)}
        leaky = {"TWISTED_DNS_RESOLVER": "tests.test_crawler_safety_resolver.LeakyResolver"}
        run = fetch(["http://public.test/"], static_hosts=mapped, overrides=leaky, verify=False)
        assert run[0].reason.startswith("UnsafeCrawlerError")
        assert server.hits == []


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer({"/": "hello"}) as server, LoopbackServer() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        run = fetch(["http://public.test/"], static_hosts={"public.test": ("127.0.0.1", server.port)})
        assert run[0].body == "hello"
        assert proxy.hits == []


def test_the_crawling_process_listens_on_no_port_and_sends_no_cookies_back() -> None:
    seen: list[dict[str, str]] = []

    def page(request: BaseHTTPRequestHandler) -> None:
        seen.append(dict(request.headers))
        send(request, b"hello", headers=[("Set-Cookie", "id=1")])

    with LoopbackServer({"/": page, "/2": redirect("/")}) as server:
        run = fetch(
            [f"http://public.test/{n}" for n in ("", "2")], static_hosts={"public.test": ("127.0.0.1", server.port)}
        )
    assert len(seen) == 2
    assert not any({"Cookie", "Referer"} & set(headers) for headers in seen)
    assert seen[0]["User-Agent"].startswith("Bloghound/")
    assert seen[0]["User-Agent"].endswith(" (+https://bloghound.example/bot)")
    assert run.listening == 0
