"""A blogger's page and the map by hand: without scripts, by keyboard, on a phone, in the dark, in print."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.profiled_bloggers import id_of
from tests.serving import ask, make_key, serving, sign_in
from tests.waiting import until
from tests.web_world import BRIEF, web_world

BEAN, CUP, WALL = (id_of(f"{name}.example") for name in ("bean", "cup", "wall"))
PROFILE, MAP = f"/bloggers/{BEAN}?q={quote(BRIEF)}", f"/map?q={quote(BRIEF)}"
PAGES = [PROFILE, f"/bloggers/{WALL}", MAP, "/map"]
MODES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": PHONE}}


@dataclass(frozen=True)
class Running:
    """A service over the small world, and a browser session in it."""

    address: str
    session: dict[str, str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = web_world(tmp_path_factory.mktemp("web"))
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Running(address, sign_in(address, make_key(settings)))


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    with visiting(browser, running.address, running.session) as opened:
        yield opened


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", PAGES, ids=["profile", "blocked", "map", "empty-map"])
def test_axe_finds_no_grave_fault_and_nothing_is_too_wide(
    browser: Browser, running: Running, path: str, mode: str
) -> None:
    with visiting(browser, running.address, running.session, **MODES[mode]) as page:
        page.goto(path)
        assert grave_faults(page) == []
        assert overflow(page) <= 0


def test_all_can_be_read_without_scripts(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, java_script_enabled=False) as page:
        page.goto(PROFILE)
        expect(page.get_by_role("heading", name="Bean", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Add to list")).to_have_count(0)
        page.goto(MAP)
        page.locator(f'[data-node="{BEAN}"]').click()
        expect(page.locator(f"#row-{BEAN}:target")).to_be_visible()
        expect(page.get_by_text("Community A, 2\u00a0bloggers").locator("visible=true")).to_have_count(1)


def test_a_footnote_shows_its_source_on_focus(page: Page) -> None:
    page.goto(PROFILE)
    tip = page.locator("#tip-name-1")
    expect(tip).to_be_hidden()
    page.locator('[aria-describedby="tip-name-1"]').focus()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("read on the site's own pages, bean.example")


def test_the_table_behind_the_bars_opens_and_prints(page: Page) -> None:
    page.goto(PROFILE)
    table = page.locator("table.months")
    expect(table).to_be_hidden()
    page.emulate_media(media="print")
    expect(table).to_be_visible()
    expect(page.locator(".sources")).to_be_visible()
    expect(page.locator(".tip").first).to_be_hidden()


def test_l_adds_the_blogger_with_what_was_seen(page: Page) -> None:
    page.goto(PROFILE)
    page.keyboard.press("l")
    page.get_by_label("Or a new list").fill("Spring")
    with page.expect_request(lambda request: request.url.endswith("/entries")) as sent:
        page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Bean is on “Spring”")
    added: Any = sent.value.post_data_json
    assert (added["blogger_id"], added["added_from"]["generation"]) == (BEAN, "gen_000001")
    assert added["added_from"]["query"] == BRIEF
    page.reload()
    expect(page.locator(".listings")).to_contain_text("Spring")


def test_a_click_selects_in_drawing_and_table(page: Page) -> None:
    page.goto(MAP)
    page.locator(f'[data-node="{BEAN}"]').click()
    expect(page.locator("tr.chosen")).to_have_attribute("data-row", BEAN)
    expect(page.locator(f'[data-node="{CUP}"]')).to_have_class("node near")
    assert page.url.endswith(f"#row-{BEAN}")
    page.locator(f"#row-{CUP} td").first.click()
    expect(page.locator(".node.chosen")).to_have_attribute("data-node", CUP)


def test_the_address_remembers_who_was_selected(page: Page) -> None:
    page.goto(f"{MAP}#row-{CUP}")
    expect(page.locator(".node.chosen")).to_have_attribute("data-node", CUP)


def test_the_map_is_walked_by_arrows_and_opened_by_enter(page: Page) -> None:
    page.goto(MAP)
    nodes = page.locator('.node[tabindex="0"]')
    expect(nodes).to_have_count(1)
    first = nodes.get_attribute("data-node")
    nodes.focus()
    for key in ("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    reached = page.evaluate("document.activeElement.dataset.node")
    assert reached is not None
    page.keyboard.press("Enter")
    expect(page.locator("tr.chosen")).to_have_attribute("data-row", reached)
    expect(page.locator("#live")).to_contain_text("is selected")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/bloggers/{reached}*")
    assert first


def test_a_community_is_selected_as_a_whole_and_let_go(page: Page) -> None:
    page.goto(MAP)
    button = page.get_by_role("button", name="Community A")
    button.click()
    expect(page.locator("tr.chosen")).to_have_count(2)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(page.locator("tr.chosen")).to_have_count(0)
    expect(page.locator(".choosing")).to_have_count(0)
