"""Judging on the page: two buttons beside each result, kept without a reload; in headless Chromium."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bloghound.settings import Settings
from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.profiled_bloggers import id_of
from tests.serving import ask, make_key, serving, sign_in
from tests.waiting import until
from tests.web_world import BRIEF, HOSTILE, HOSTILE_KEY, web_world

SEARCH = f"/?q={quote_plus(BRIEF)}"
BEAN, CUP, HOSTILE_ID = id_of("bean.example"), id_of("cup.example"), id_of(HOSTILE_KEY)


@dataclass(frozen=True)
class Running:
    """A service over the small world, and a key and a browser session of one workspace in it."""

    settings: Settings
    address: str
    key: str
    session: dict[str, str]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the API answers to the key."""
        return ask(method, f"{self.address}/v1{path}", body, key=self.key).json()

    def grades(self) -> dict[str, str]:
        """What is kept, by blogger."""
        return {one["blogger"]["id"]: one["grade"] for one in self.call("GET", "/judgements")["data"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, str]]:
    settings = web_world(tmp_path_factory.mktemp("web"))
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield settings, address


@pytest.fixture
def running(world: tuple[Settings, str], request: pytest.FixtureRequest) -> Running:
    """Somebody with all rights in a workspace of the test's own."""
    settings, address = world
    key = make_key(settings, workspace=request.node.name)
    return Running(settings, address, key, sign_in(address, key))


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    with visiting(browser, running.address, running.session) as opened:
        yield opened


def buttons(page: Page, blogger: str) -> tuple[Locator, Locator]:
    """The two buttons of a blogger's row: fits, does not fit."""
    group = page.locator(f'[data-judging="{blogger}"]')
    return group.locator('[data-judge="like"]'), group.locator('[data-judge="dislike"]')


def expect_pressed(page: Page, blogger: str, *, fits: bool, fits_not: bool) -> None:
    for button, pressed in zip(buttons(page, blogger), (fits, fits_not), strict=True):
        expect(button).to_have_attribute("aria-pressed", "true" if pressed else "false")


def test_what_is_pressed_is_kept_and_stands_after_a_reload(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    page.evaluate("window.stays = true")
    buttons(page, BEAN)[0].click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    expect(page.locator("#live")).to_contain_text("Bean fits: kept.")
    buttons(page, CUP)[1].click()
    expect_pressed(page, CUP, fits=False, fits_not=True)
    assert page.evaluate("window.stays")
    assert running.grades() == {BEAN: "like", CUP: "dislike"}
    page.reload()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    expect_pressed(page, CUP, fits=False, fits_not=True)


def test_a_judgement_says_where_the_blogger_was_seen(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    row = page.locator(f"#{CUP}")
    buttons(page, CUP)[0].click()
    expect_pressed(page, CUP, fits=True, fits_not=False)
    (made,) = running.call("GET", "/judgements")["data"]
    rank, score = int(row.get_attribute("data-rank") or 0), float(row.get_attribute("data-score") or 0)
    assert made["seen"] == {"generation": "gen_000001", "rank": rank, "score": score}
    assert (made["query"], made["niche_id"]) == (BRIEF, None)


def test_another_button_changes_it_and_the_same_again_takes_it_back(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    fits, fits_not = buttons(page, BEAN)
    fits.click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    fits_not.click()
    expect_pressed(page, BEAN, fits=False, fits_not=True)
    assert running.grades() == {BEAN: "dislike"}
    fits_not.click()
    expect_pressed(page, BEAN, fits=False, fits_not=False)
    expect(page.locator("#live")).to_contain_text("not judged any more")
    assert running.grades() == {}


def test_what_was_taken_back_elsewhere_can_be_taken_back_here_too(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    fits, _ = buttons(page, BEAN)
    fits.click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    (made,) = running.call("GET", "/judgements")["data"]
    assert ask("DELETE", f"{running.address}/v1/judgements/{made['id']}", key=running.key).status == 204
    fits.click()
    expect_pressed(page, BEAN, fits=False, fits_not=False)
    expect(page.locator("#live")).to_contain_text("not judged any more")
    fits.click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    assert running.grades() == {BEAN: "like"}


def test_it_goes_by_keys_alone(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    fits, _ = buttons(page, BEAN)
    fits.focus()
    page.keyboard.press("Space")
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_pressed(page, BEAN, fits=False, fits_not=True)
    page.keyboard.press("j")
    current = page.locator(".result.current").get_attribute("id") or ""
    assert current not in {"", BEAN}
    page.keyboard.press("f")
    expect_pressed(page, current, fits=True, fits_not=False)
    page.keyboard.press("n")
    expect_pressed(page, current, fits=False, fits_not=True)
    assert running.grades() == {BEAN: "dislike", current: "dislike"}


def test_it_stays_through_reranking(page: Page) -> None:
    page.goto(SEARCH)
    buttons(page, BEAN)[0].click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    page.get_by_label("Reach", exact=True).fill("100")
    expect(page).to_have_url(re.compile("reach=100"))
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    buttons(page, CUP)[0].click()
    expect_pressed(page, CUP, fits=True, fits_not=False)


def test_a_niche_is_judged_apart_and_on_the_bloggers_page_too(page: Page, running: Running) -> None:
    niche = running.call("POST", "/niches", {"name": "Coffee", "brief": BRIEF})["id"]
    page.goto(f"/?niche={niche}")
    buttons(page, BEAN)[0].click()
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    (made,) = running.call("GET", "/judgements")["data"]
    assert made["niche_id"] == niche
    page.goto(f"/bloggers/{BEAN}?niche={niche}")
    expect_pressed(page, BEAN, fits=True, fits_not=False)
    buttons(page, BEAN)[1].click()
    expect_pressed(page, BEAN, fits=False, fits_not=True)
    assert running.grades() == {BEAN: "dislike"}
    page.goto(SEARCH)
    expect_pressed(page, BEAN, fits=False, fits_not=False)


def test_a_bloggers_page_without_a_question_has_nothing_to_judge(page: Page) -> None:
    page.goto(f"/bloggers/{BEAN}")
    assert page.locator("[data-judge]").count() == 0


def test_a_grade_between_is_said_and_can_be_changed(page: Page, running: Running) -> None:
    running.call("POST", "/judgements", {"query": BRIEF, "blogger_id": BEAN, "grade": "partly"})
    page.goto(SEARCH)
    said = page.locator(f"#{BEAN}").get_by_text("fits partly")
    expect(said).to_be_visible()
    expect_pressed(page, BEAN, fits=False, fits_not=False)
    buttons(page, BEAN)[0].click()
    expect(said).to_be_hidden()
    assert running.grades() == {BEAN: "like"}


def test_whoever_only_reads_sees_what_was_judged_and_why_not_more(browser: Browser, running: Running) -> None:
    running.call("POST", "/judgements", {"query": BRIEF, "blogger_id": BEAN, "grade": "like"})
    workspace = running.call("GET", "/me")["workspace_name"]
    session = sign_in(running.address, make_key(running.settings, ["read"], workspace))
    with visiting(browser, running.address, session) as page:
        page.goto(SEARCH)
        expect(page.get_by_text("needs a key with the scope lists:write")).to_be_visible()
        expect(page.locator(f"#{BEAN}").get_by_text("judged: fits")).to_be_visible()
        assert page.locator("[data-judge]").count() == 0


@pytest.mark.parametrize("path", [SEARCH, f"/bloggers/{BEAN}{SEARCH[1:]}"], ids=["find", "blogger"])
def test_without_scripts_what_was_judged_is_said(browser: Browser, running: Running, path: str) -> None:
    running.call("POST", "/judgements", {"query": BRIEF, "blogger_id": BEAN, "grade": "dislike"})
    with visiting(browser, running.address, running.session, java_script_enabled=False) as page:
        page.goto(path)
        expect(page.locator("noscript .partly")).to_be_visible()
        assert page.locator("noscript .partly").text_content() == "judged: does not fit"
        expect(buttons(page, BEAN)[0]).to_be_hidden()
    with visiting(browser, running.address, running.session) as page:
        page.goto(path)
        expect(buttons(page, BEAN)[1]).to_be_visible()
        expect(page.locator("noscript .partly")).to_be_hidden()


def test_a_refusal_is_said_and_nothing_is_pressed(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    page.context.set_offline(True)
    buttons(page, BEAN)[0].click()
    expect(page.locator(".toast")).to_contain_text("The judgement was not kept.")
    expect_pressed(page, BEAN, fits=False, fits_not=False)
    assert running.grades() == {}


def test_a_hostile_name_is_only_a_name(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    buttons(page, HOSTILE_ID)[0].click()
    expect(page.locator("#live")).to_contain_text(f"{HOSTILE} fits: kept.")
    assert running.grades() == {HOSTILE_ID: "like"}


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}, {"color_scheme": "dark"}], ids=["wide", "phone", "dark"])
@pytest.mark.parametrize("path", [SEARCH, f"/bloggers/{BEAN}{SEARCH[1:]}"], ids=["find", "blogger"])
def test_the_buttons_are_accessible_and_fit(
    browser: Browser, running: Running, options: dict[str, Any], path: str
) -> None:
    for blogger, grade in ((BEAN, "like"), (CUP, "dislike")):
        running.call("POST", "/judgements", {"query": BRIEF, "blogger_id": blogger, "grade": grade})
    with visiting(browser, running.address, running.session, **options) as page:
        page.goto(path)
        expect(buttons(page, BEAN)[0]).to_be_visible()
        assert (grave_faults(page), overflow(page)) == ([], 0)


def test_the_default_weights_and_why_stand_on_the_page(page: Page) -> None:
    page.goto(SEARCH)
    said = page.locator(".weights")
    expect(said).to_contain_text("By default relevance counts 60 %, engagement counts 25 %, reach counts 15 %")
    expect(said).to_contain_text("the niche is what was asked for")
