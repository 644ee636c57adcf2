"""The public pages: asking to be left out, the receipt, and who the crawler is; nobody signs in for them."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from bloghound.settings import Settings
from tests.browsing import PHONE, chromium, grave_faults, overflow, visiting
from tests.serving import Answer, ask, make_key, serving
from tests.working import CONTACT

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("service"), contact=CONTACT, jobs_in_service=False)


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


def send(service: str, address: str, *, mine: bool = True, headers: dict[str, str] | None = None) -> Answer:
    fields = {"address": address} | ({"mine": "yes"} if mine else {})
    return ask("POST", f"{service}/opt-out", raw=urlencode(fields).encode(), headers=FORM | (headers or {}))


def test_the_form_says_what_will_happen(service: str) -> None:
    page = ask("GET", f"{service}/opt-out").text
    words = ("no longer crawled, ranked, shown or exported", "After 3\u00a0days", "erased for good", "Disallow: /")
    assert [word for word in words if word not in page] == []
    assert 'aria-label="Sections"' not in page


def test_a_request_is_in_force_at_once_and_has_a_receipt(service: str, installation: Settings) -> None:
    answer = send(service, "https://left-out.example/blog")
    assert answer.status == 303
    receipt = ask("GET", service + answer.headers["location"])
    assert (receipt.status, "Your request is in force" in receipt.text) == (200, True)
    assert "left-out" not in receipt.text
    key = make_key(installation)
    rows = ask("POST", f"{service}/v1/sites:import", {"urls": ["left-out.example", "www.left-out.example"]}, key=key)
    assert rows.json()["counts"]["suppressed"] == 2


def test_a_rejected_request_says_so(service: str, installation: Settings) -> None:
    place = send(service, "@ann@social.example").headers["location"]
    key, opt_out = make_key(installation), place.rpartition("/")[2]
    assert ask("POST", f"{service}/v1/optouts/{opt_out}:reject", key=key).status == 200
    page = ask("GET", service + place).text
    assert "This request was rejected" in page
    assert CONTACT in page


@pytest.mark.parametrize("address", ["", "not an address", "ann@mail.example", '<script>alert("x")</script>'])
def test_what_is_no_address_is_told_and_kept(service: str, address: str) -> None:
    answer = send(service, address)
    assert (answer.status, 'role="alert"' in answer.text) == (400, True)
    assert "<script>alert" not in answer.text


def test_nobody_is_left_out_by_somebody_else(service: str) -> None:
    unticked = send(service, "https://other.example/", mine=False)
    assert (unticked.status, "Tick the box" in unticked.text) == (400, True)
    assert 'value="https://other.example/"' in unticked.text
    foreign = send(service, "https://other.example/", headers={"Origin": "https://evil.example"})
    assert foreign.status == 403


def test_a_missing_receipt_is_missing(service: str) -> None:
    assert ask("GET", f"{service}/opt-out/opt_none", headers={"Accept": "text/html"}).status == 404


def test_requests_are_limited_like_others_without_a_key(installation: Settings) -> None:
    slow = installation.model_copy(update={"rate_limit_anonymous_per_minute": 12})
    with serving(slow, limited=True) as service:
        answers = [send(service, "https://again.example/", mine=False) for _ in range(4)]
    # 12 a minute are 2 in the 10 seconds that may come at once.
    assert [answer.status for answer in answers] == [400, 400, 429, 429]
    assert answers[-1].headers["ratelimit-remaining"] == "0"


def test_the_crawler_says_who_it_is(service: str) -> None:
    page = ask("GET", f"{service}/bot").text
    assert f"(+{CONTACT})" in page
    assert "User-agent: Bloghound" in page


def test_the_pages_are_accessible_on_a_phone(service: str) -> None:
    with chromium() as browser, visiting(browser, service, viewport=PHONE) as page:
        for path in ("/opt-out", "/bot"):
            page.goto(path)
            assert (grave_faults(page), overflow(page)) == ([], 0), path
        page.goto("/opt-out")
        page.get_by_label("Address of your blog").fill("https://by-hand.example/")
        page.get_by_label("It is mine").check()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Your request is in force").wait_for()
        assert (grave_faults(page), overflow(page)) == ([], 0)
