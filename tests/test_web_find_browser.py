"""Find by hand: typing, keys, sliders, lists, phone, dark, print, and what axe says; in headless Chromium."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.profiled_bloggers import id_of
from tests.serving import ask, make_key, serving, sign_in
from tests.waiting import until
from tests.web_world import BRIEF, HOSTILE, HOSTILE_KEY, web_world

SEARCH = f"/?q={BRIEF.replace(' ', '+').replace(':', '%3A').replace(',', '%2C')}"
CUP, HOSTILE_ID = id_of("cup.example"), id_of(HOSTILE_KEY)


@dataclass(frozen=True)
class Running:
    """A service over the small world, and a browser session in it."""

    address: str
    key: str
    session: dict[str, str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = web_world(tmp_path_factory.mktemp("web"))
    key = make_key(settings)
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Running(address, key, sign_in(address, key))


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    with visiting(browser, running.address, running.session) as opened:
        yield opened


def names(page: Page) -> list[str]:
    return [name.strip() for name in page.locator(".result .name").all_inner_texts()]


def slide(page: Page, part: str, value: int) -> None:
    page.get_by_label(part.capitalize(), exact=True).fill(str(value))


def test_a_brief_is_typed_and_enter_ranks(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("textbox")).to_be_focused()
    page.keyboard.type(BRIEF)
    page.keyboard.press("Enter")
    expect(page.locator(".result").first).to_be_visible()
    assert "generation=gen_000001" in page.url
    assert "relevance" not in page.url


def test_the_back_button_brings_the_search_back(page: Page) -> None:
    page.goto(SEARCH)
    page.locator("#brief").fill("Gravel rides and bicycles")
    page.get_by_role("button", name="Rank bloggers").click()
    expect(page.locator(".result .name").first).to_have_text("Wheel")
    page.go_back()
    expect(page.locator("#brief")).to_have_value(BRIEF)
    expect(page.locator("#brief")).to_be_enabled()


def test_a_slider_reranks_in_place_and_the_address_follows(page: Page) -> None:
    page.goto(SEARCH)
    page.evaluate("window.stays = true")
    before = names(page)
    slide(page, "relevance", 0)
    slide(page, "engagement", 0)
    slide(page, "reach", 100)
    expect(page).to_have_url(re.compile("relevance=0&engagement=0&reach=100"))
    expect(page.locator("[data-formula]")).to_contain_text("1.00\u00a0×\u00a0reach")
    expect(page.locator("#live")).to_contain_text("is first")
    assert sorted(names(page)) == sorted(before)
    assert page.evaluate("window.stays")


def test_the_back_button_takes_a_move_of_the_weights_back(page: Page) -> None:
    page.goto(SEARCH)
    first, order, formula = page.url, names(page), page.locator("[data-formula]").inner_text()
    slide(page, "relevance", 0)
    slide(page, "reach", 100)
    expect(page).to_have_url(re.compile("relevance=0&engagement=25&reach=100"))
    page.go_back()
    expect(page.locator("[data-formula]")).to_have_text(formula)
    assert (page.url, names(page)) == (first, order)
    expect(page.get_by_label("Reach", exact=True)).to_have_value("15")
    page.go_forward()
    expect(page.locator("[data-share=reach]")).to_have_text("80 %")


def test_when_the_service_stops_the_order_stays_and_it_is_said(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session) as page:
        page.goto(SEARCH)
        order, address = names(page), page.url
        page.context.set_offline(True)
        slide(page, "reach", 100)
        expect(page.locator(".toast")).to_contain_text("cannot be reached; the order shown is that of the earlier")
        assert (names(page), page.url) == (order, address)


def test_an_error_page_never_takes_the_place_of_the_rows(page: Page) -> None:
    page.goto(SEARCH)
    order = names(page)
    page.evaluate("document.querySelector('#weight-reach').max = 500")
    slide(page, "reach", 400)
    expect(page.locator(".toast")).to_contain_text("the order shown is that of the earlier weights")
    assert names(page) == order
    assert page.locator("main").count() == 1


def test_what_was_unfolded_stays_so_through_reranking_and_reset(page: Page) -> None:
    page.goto(SEARCH)
    page.locator(".result summary").first.click()
    opened = page.locator(".result:has(details[open])").get_attribute("id")
    slide(page, "reach", 90)
    expect(page).to_have_url(re.compile("reach=90"))
    page.get_by_text("reset").click()
    expect(page).not_to_have_url(re.compile("reach="))
    assert page.locator(".result:has(details[open])").get_attribute("id") == opened


def test_rows_do_not_move_for_who_wants_no_motion(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, reduced_motion="reduce") as page:
        page.goto(SEARCH)
        page.evaluate("void (Element.prototype.animate = () => { throw new Error('moved') })")
        for part in ("relevance", "engagement"):
            slide(page, part, 0)
        expect(page).to_have_url(re.compile("engagement=0"))


def test_keys_walk_through_results(page: Page) -> None:
    page.goto(SEARCH)
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    expect(page.locator(".result .name").first).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator(".result details").first).to_have_attribute("open", "")
    page.keyboard.press("/")
    expect(page.locator("#brief")).to_be_focused()
    page.keyboard.type("j")
    expect(page.locator("#brief")).to_have_value("j")


def test_enter_opens_the_bloggers_page(page: Page) -> None:
    page.goto(SEARCH)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bloggers/blg_*")


def test_the_list_of_keys_opens_and_closes(page: Page) -> None:
    page.goto(SEARCH)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Add the result to a list")
    assert grave_faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def entries(running: Running, list_name: str) -> list[dict[str, Any]]:
    lists = ask("GET", f"{running.address}/v1/lists", key=running.key).json()["data"]
    (found,) = [one for one in lists if one["name"] == list_name]
    data: list[dict[str, Any]] = ask(
        "GET", f"{running.address}/v1/lists/{found['id']}/entries", key=running.key
    ).json()["data"]
    return data


def test_a_result_is_added_to_a_new_list_with_where_it_came_from(page: Page, running: Running) -> None:
    page.goto(SEARCH)
    page.keyboard.press("j")
    page.keyboard.press("l")
    expect(page.get_by_label("Or a new list")).to_be_visible()
    page.get_by_label("Or a new list").fill("Spring")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("is on “Spring”")
    (entry,) = entries(running, "Spring")
    came_from = entry["added_from"]
    assert (came_from["rank"], came_from["generation"], came_from["query"]) == (1, "gen_000001", BRIEF)
    assert came_from["why"].startswith("writes about it")


def test_a_list_that_is_there_is_proposed_and_twice_is_said(page: Page, running: Running) -> None:
    ask("POST", f"{running.address}/v1/lists", {"name": "Autumn"}, key=running.key)
    page.goto(SEARCH)
    for _ in range(2):
        page.locator(f"#{CUP} [data-add]").click()
        page.get_by_role("dialog").get_by_text("Autumn", exact=True).click()
        page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Cup is on “Autumn” already.")
    assert len(entries(running, "Autumn")) == 1


def test_adding_nowhere_is_asked_back(page: Page) -> None:
    page.goto(SEARCH)
    page.locator(".result [data-add]").first.click()
    page.locator("[data-lists] input:checked").evaluate_all("all => all.forEach(one => { one.checked = false })")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Choose a list")


def test_marks_are_kept_and_lead_to_the_comparison(page: Page) -> None:
    page.goto(SEARCH)
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_disabled()
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("c")
    page.reload()
    expect(page.locator("[data-compared]")).to_have_text("2 of 4 marked")
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_role("heading", name="What sets them apart")).to_be_visible()
    assert grave_faults(page) == []
    page.get_by_role("link", name="leave out").first.click()
    expect(page.locator(".compared thead th")).to_have_count(1)


def test_a_filter_applies_when_it_is_chosen(page: Page) -> None:
    page.goto(SEARCH)
    page.get_by_label("Mastodon").check()
    expect(page).to_have_url(re.compile("platform=mastodon"))
    expect(page.locator(".result")).to_have_count(1)


def test_hostile_texts_stay_texts_where_scripts_touch_them(page: Page) -> None:
    page.goto(SEARCH)
    row = page.locator(f"#{HOSTILE_ID}")
    expect(row.locator(".name")).to_have_text(HOSTILE)
    row.locator("[data-add]").click()
    expect(page.locator("[data-add-name]")).to_have_text(HOSTILE)
    page.get_by_label("Or a new list").fill(HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(HOSTILE)
    assert page.locator("img[src='x']").count() == 0


def test_without_scripts_everything_can_be_read(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, java_script_enabled=False) as page:
        page.goto("/")
        page.locator("#brief").fill(BRIEF)
        page.get_by_role("button", name="Rank bloggers").click()
        page.locator(".result summary").first.click()
        expect(page.locator(".result table.parts").first).to_be_visible()
        expect(page.locator("[data-add]").first).to_be_hidden()
        page.get_by_label("Reach", exact=True).focus()
        page.keyboard.press("End")
        page.get_by_role("button", name="Apply").click()
        assert "reach=100" in page.url


@pytest.mark.parametrize("path", ["/", SEARCH, "/compare", "/nothing", f"{SEARCH}&language=xx"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, running: Running, path: str) -> None:
    with visiting(browser, running.address, running.session, viewport=PHONE) as page:
        page.goto(path)
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true })")
        assert overflow(page) <= 0


def test_a_comparison_scrolls_within_itself_on_a_phone(browser: Browser, running: Running) -> None:
    ids = "&".join(f"b={id_of(f'{name}.example')}" for name in ("bean", "cup", "wheel", "evil"))
    with visiting(browser, running.address, running.session, viewport=PHONE) as page:
        page.goto(f"/compare{SEARCH[1:]}&{ids}")
        expect(page.locator(".compared thead th")).to_have_count(4)
        assert overflow(page) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", SEARCH, "/compare", "/nothing"])
def test_axe_finds_no_grave_fault(browser: Browser, running: Running, path: str, scheme: str) -> None:
    with visiting(browser, running.address, running.session, color_scheme=scheme) as page:
        page.goto(path)
        page.locator(".result details").evaluate_all("all => all.forEach(one => { one.open = true })")
        assert grave_faults(page) == []


def test_the_page_is_dark_where_the_system_is(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, color_scheme="dark") as page:
        page.goto("/")
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(21, 21, 23)"


def test_on_paper_there_are_results_and_no_controls(page: Page) -> None:
    page.goto(SEARCH)
    page.emulate_media(media="print")
    expect(page.locator(".result .why").first).to_be_visible()
    for control in (".rail", ".actions", ".sections", "[data-keys-open]"):
        expect(page.locator(control).first).to_be_hidden()
