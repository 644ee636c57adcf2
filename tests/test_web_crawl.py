"""The crawl pages: live progress of a real crawl, lists row by row, sites with their reasons, who may do what."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, expect

from api.web.charts.stacked import SLIVER, stacked
from api.web.working import HEALTHS, OUTCOME_GROUPS, OUTCOME_WORDS
from bloghound.demo.exchange import problem
from bloghound.records import Outcome, SiteHealth
from bloghound.settings import Settings
from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.mockweb import Content, RetryAfterSeconds, post_page, small_blog
from tests.serving import Answer, ask, make_key, serving, sign_in
from tests.working import CONTACT, ended, running, small_web, wait_for

HOSTILE = '<script>alert("x")</script>'
FRAGMENT = {"X-Fragment": "work"}
PATIENCE_MS = 120_000


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data_dir=tmp_path_factory.mktemp("service"), contact=CONTACT, jobs_in_service=False, extraction_workers=1
    )


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    return make_key(installation)


@pytest.fixture(scope="module")
def session(service: str, key: str) -> dict[str, str]:
    return sign_in(service, key) | {"Accept": "text/html"}


@pytest.fixture(scope="module")
def crawled(installation: Settings, service: str, key: str) -> str:
    """A crawl of two seeds, one of which shuts us out; the other links to a third blog. Its id."""
    linking = post_page("Swallows, day 1", 1, links='<p><a href="http://found.example/">A friend</a></p>')
    blogs: dict[str, dict[str, Content]] = {
        "open.example": small_blog(3, title=HOSTILE),
        "from.example": small_blog(2) | {"/post-1/": linking},
        "found.example": small_blog(2),
        "shut.example": {"/*": problem(403)},
    }
    seeds = [f"http://{name}.example/" for name in ("open", "from", "shut")]
    with small_web(blogs) as hosts, running(installation, hosts):
        wanted = {"seeds": seeds, "max_depth": 1, "index": False}
        started: dict[str, Any] = ask("POST", f"{service}/v1/crawls", wanted, key=key).json()
        wait_for(installation, started["job"]["id"], ended)
    return str(started["crawl"]["id"])


def send(service: str, session: dict[str, str], path: str, fields: dict[str, str]) -> Answer:
    """A form of the page, with the token of the page it stands on."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', ask("GET", f"{service}/crawl", headers=session).text)
    assert token is not None
    form = urlencode(fields | {"csrf_token": token.group(1)}).encode()
    headers = session | {"Content-Type": "application/x-www-form-urlencoded"}
    return ask("POST", service + path, raw=form, headers=headers)


def add(service: str, session: dict[str, str], addresses: str, **fields: str) -> Answer:
    return send(service, session, "/crawl", {"addresses": addresses, "then": "keep"} | fields)


def test_every_outcome_and_health_has_its_place_and_words() -> None:
    grouped = [outcome for _, _, members in OUTCOME_GROUPS for outcome in members]
    assert sorted(grouped) == sorted(Outcome)
    assert (set(OUTCOME_WORDS), set(HEALTHS)) == (set(Outcome), set(SiteHealth))


def test_a_stacked_bar_fills_its_width_and_shows_the_rare() -> None:
    bar = stacked([("a", "many", 9_999), ("b", "none", 0), ("c", "one", 1)])
    assert [one.key for one in bar] == ["a", "c"]
    assert bar[1].x + bar[1].width == pytest.approx(100, abs=0.01)
    assert bar[1].width == pytest.approx(100 * SLIVER / (99.99 + SLIVER), abs=0.01)
    assert stacked([("a", "none", 0)]) == ()


def test_strangers_are_sent_to_sign_in(service: str) -> None:
    for path in ("/crawl", "/crawl/sites"):
        answer = ask("GET", service + path, headers={"Accept": "text/html"})
        assert (answer.status, answer.headers["location"].startswith("/sign-in")) == (303, True)
    assert ask("POST", f"{service}/crawl/index").status == 303


def test_every_row_gets_its_answer(service: str, session: dict[str, str]) -> None:
    answer = add(service, session, f"url\nrow-a.example\nhttp://10.0.0.1/\nrow-a.example\n{HOSTILE}\n")
    assert answer.status == 200
    assert "1 new, 1 known before, 2 refused" in answer.text
    assert "private use, RFC 1918" in answer.text
    assert HOSTILE not in answer.text
    assert answer.text.index("10.0.0.1") < answer.text.index("row-a.example")


def test_a_file_is_read_beside_the_box(browser: Browser, service: str, key: str) -> None:
    with visiting(browser, service, sign_in(service, key)) as opened:
        opened.goto("/crawl")
        opened.get_by_label("only note them as known").check()
        opml = b'<opml><body><outline htmlUrl="https://from-opml.example/"/></body></opml>'
        opened.get_by_label("Or a file").set_input_files({"name": "b.opml", "mimeType": "text/xml", "buffer": opml})
        opened.get_by_role("button", name="Add", exact=True).click()
        opened.get_by_role("heading", name="1\u00a0row read").wait_for()
        assert opened.get_by_role("link", name="https://from-opml.example/").count() == 1
        assert grave_faults(opened) == []


def test_what_cannot_be_read_is_told_and_what_was_typed_is_kept(service: str, session: dict[str, str]) -> None:
    answer = add(service, session, "<opml><outline></opml>", max_sites="77")
    assert (answer.status, "Nothing was stored" in answer.text) == (400, True)
    assert "&lt;opml&gt;&lt;outline&gt;" in answer.text
    assert 'value="77"' in answer.text
    assert add(service, session, "").status == 400
    assert add(service, session, "a.example", max_depth="6").status == 422


def test_without_a_contact_lists_come_in_but_nothing_is_crawled(
    browser: Browser, installation: Settings, key: str
) -> None:
    with serving(installation.model_copy(update={"contact": ""})) as service:
        session = sign_in(service, key)
        shown = ask("GET", f"{service}/crawl", headers=session).text
        answer = add(service, session, "uncontacted.example", then="crawl")
        with visiting(browser, service, session, viewport=PHONE) as opened:
            opened.goto("/crawl")
            assert (grave_faults(opened), overflow(opened)) == ([], 0)
    assert "BLOGHOUND_CONTACT=https://" in shown
    assert "What came in is kept, but is not crawled" in answer.text
    assert "BLOGHOUND_CONTACT" in answer.text


def test_sites_are_shown_with_health_and_reason(service: str, session: dict[str, str], crawled: str) -> None:
    shown = ask("GET", f"{service}/crawl/sites?crawl={crawled}", headers=session).text
    assert [word for word in ("open.example", "shut.example", "blocks us", "readable") if word not in shown] == []
    assert "inactive" not in shown
    assert HOSTILE not in shown
    blocked = ask("GET", f"{service}/crawl/sites?crawl={crawled}&health=blocked", headers=session).text
    assert ("shut.example" in blocked, "open.example" in blocked) == (True, False)
    nothing = ask("GET", f"{service}/crawl/sites?q=%25&health=&state=", headers=session)
    assert (nothing.status, "No site fits" in nothing.text) == (200, True)
    assert ask("GET", f"{service}/crawl/sites?health=dead", headers=session).status == 422


def test_sites_come_page_by_page(service: str, session: dict[str, str]) -> None:
    add(service, session, "\n".join(f"p{number:03}.pages.example" for number in range(60)))
    first = ask("GET", f"{service}/crawl/sites?q=pages.example", headers=session).text
    assert ("p049.pages" in first, "p050.pages" in first) == (True, False)
    later = re.search(r'rel="next" href="([^"]+)"', first)
    assert later is not None
    second = ask("GET", service + later.group(1).replace("&amp;", "&"), headers=session).text
    assert ("p049.pages" in second, "p050.pages" in second, "p059.pages" in second) == (False, True, True)
    assert ask("GET", f"{service}/crawl/sites?cursor=forged", headers=session).status == 400


def test_a_site_says_why_it_is_here(service: str, session: dict[str, str], key: str, crawled: str) -> None:
    (found,) = ask("GET", f"{service}/v1/crawls/{crawled}/sites?q=found.example", key=key).json()["data"]
    shown = ask("GET", f"{service}/crawl/sites/{found['id']}", headers=session).text
    assert "over 1\u00a0link from a seed" in shown
    assert shown.index(">from.example</a>") < shown.index("linked from") < shown.index("<b>found.example</b>")
    assert ask("GET", f"{service}/crawl/sites/site_none", headers=session).status == 404


def test_one_crawl_is_told_in_figures(service: str, session: dict[str, str], crawled: str) -> None:
    shown = ask("GET", f"{service}/crawl/{crawled}", headers=session).text
    assert "Crawl from 3\u00a0seeds" in shown
    assert 'aria-label="Sites, by how their visit ended: 3 readable, 1 blocks us"' in shown
    assert "Crawl the same seeds again" in shown
    assert ask("GET", f"{service}/crawl/crw_none", headers=session).status == 404


def test_another_team_sees_neither_crawl_nor_its_sites_listing(
    service: str, installation: Settings, crawled: str
) -> None:
    other = sign_in(service, make_key(installation, workspace="other")) | {"Accept": "text/html"}
    assert ask("GET", f"{service}/crawl/{crawled}", headers=other).status == 404
    assert ask("GET", f"{service}/crawl/sites?crawl={crawled}", headers=other).status == 404
    assert "No crawl has run yet" in ask("GET", f"{service}/crawl", headers=other).text


def test_an_index_build_is_asked_for_and_cancelled(service: str, session: dict[str, str]) -> None:
    assert send(service, session, "/crawl/index", {}).headers["location"] == "/crawl"
    shown = ask("GET", f"{service}/crawl", headers=session | FRAGMENT).text
    assert ("<html" in shown, "Being built" in shown, "waiting for its turn" in shown) == (False, True, True)
    job = re.search(r"/crawl/jobs/(job_\w+)/cancel", shown)
    assert job is not None
    for _ in range(2):
        assert send(service, session, job.group(0), {}).status == 303
    assert "Nothing is running" in ask("GET", f"{service}/crawl", headers=session).text


def test_forms_need_the_token_and_the_scope(service: str, installation: Settings, session: dict[str, str]) -> None:
    assert ask("POST", f"{service}/crawl/index", headers=session).status == 403
    looker = sign_in(service, make_key(installation, ("read",)))
    shown = ask("GET", f"{service}/crawl", headers=looker).text
    assert ("Build the index" in shown, "needs the scope <code>crawl</code>" in shown) == (False, True)
    exporter = sign_in(service, make_key(installation, ("export",))) | {"Accept": "text/html"}
    assert ask("GET", f"{service}/crawl", headers=exporter).status == 403


def test_a_crawl_is_watched_live(browser: Browser, service: str, installation: Settings, key: str) -> None:
    blogs: dict[str, dict[str, Content]] = {f"live-{place}.example": small_blog(20) for place in range(3)}
    blogs["live-0.example"] |= {"/post-9/": RetryAfterSeconds(5)}
    with visiting(browser, service, sign_in(service, key)) as opened:
        opened.goto("/crawl")
        opened.get_by_label("Addresses of blogs").fill("\n".join(f"http://{host}/" for host in blogs))
        opened.get_by_text("How far").click()
        opened.get_by_label("build the index").uncheck()
        opened.get_by_role("button", name="Add", exact=True).click()
        opened.get_by_role("link", name="Watch it").click()
        activity = opened.locator("[data-activity]").first
        expect(activity).to_contain_text("waiting for its turn")
        opened.get_by_role("button", name="Cancel").focus()
        with small_web(blogs) as hosts, running(installation, hosts):
            expect(activity).to_contain_text(re.compile(r"Crawling: \d of 3"), timeout=PATIENCE_MS)
            assert opened.evaluate("document.activeElement.id").startswith("cancel-job_")
            expect(opened.locator("#live")).to_have_text(re.compile(r"Crawl from 3\sseeds: running"))
            expect(activity).to_have_count(0, timeout=PATIENCE_MS)
        expect(opened.locator("#live")).to_have_text(re.compile(r"Crawl from 3\sseeds: over"))
        expect(opened.locator("#work")).to_contain_text(re.compile(r"Crawl finished .*new posts"))
        assert grave_faults(opened) == []


def test_the_pages_are_accessible_on_a_phone_and_in_the_dark(
    browser: Browser, service: str, key: str, crawled: str
) -> None:
    session = sign_in(service, key)
    (found,) = ask("GET", f"{service}/v1/crawls/{crawled}/sites?q=found.example", key=key).json()["data"]
    paths = ("/crawl", "/crawl/sites", f"/crawl/{crawled}", f"/crawl/sites/{found['id']}", "/crawl/sites?q=zz")
    with visiting(browser, service, session, viewport=PHONE, color_scheme="dark") as opened:
        for path in paths:
            opened.goto(path)
            assert (grave_faults(opened), overflow(opened)) == ([], 0), path
