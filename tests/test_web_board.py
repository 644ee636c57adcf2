"""The board in a real browser: moving by mouse and keys, notes, tags, bulk edits, conflicts, and who can use it."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from bloghound.settings import Settings
from storage.database import open_database
from tests.browsing import DESKTOP, PHONE, grave_faults, overflow, visiting
from tests.listing import make_blogger
from tests.serving import ask, make_key, serving, sign_in
from tests.waiting import until


class Board:
    """A service with one list: Ana and Bo are candidates, Cy has agreed."""

    def __init__(self, settings: Settings, address: str, browser: Browser) -> None:
        self.settings, self.address, self.browser = settings, address, browser
        self.key = make_key(settings)
        self.session = sign_in(address, self.key)
        self.list = self.api("POST", "/v1/lists", {"name": "Spring"})["id"]
        self.ids = self.bloggers("ana", "bo", "cy")
        self.bulk(self.ids[:2], action="add")
        self.bulk(self.ids[2:], action="add", stage="agreed")

    def bloggers(self, *names: str) -> list[str]:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            return [make_blogger(connection, f"{name}.example", name=name.title()) for name in names]

    def api(self, method: str, path: str, body: Any = None) -> Any:
        answer = ask(method, self.address + path, body, key=self.key)
        assert answer.status < 300, answer.text
        return answer.json()

    def bulk(self, bloggers: list[str], **fields: Any) -> None:
        self.api("POST", f"/v1/lists/{self.list}/entries:bulk", {"blogger_ids": bloggers, **fields})

    def change(self, blogger: str, **fields: Any) -> None:
        self.api("PATCH", f"/v1/lists/{self.list}/entries/{blogger}", fields)

    def entry(self, blogger: str) -> Any:
        return self.api("GET", f"/v1/lists/{self.list}/entries/{blogger}")

    @contextmanager
    def open(self, query: str = "", **options: Any) -> Iterator[Page]:
        with visiting(self.browser, self.address, self.session, **options) as page:
            page.goto(f"/lists/{self.list}{query}")
            yield page


@pytest.fixture
def board(settings: Settings, browser: Browser) -> Iterator[Board]:
    with serving(settings) as address:
        yield Board(settings, address, browser)


def column(page: Page, stage: str) -> Any:
    return page.locator(f'.column[data-stage="{stage}"]')


def card(page: Page, name: str) -> Any:
    return page.locator(f'.card[data-name="{name}"]')


def test_a_card_is_dragged_to_another_stage(board: Board) -> None:
    with board.open() as page:
        card(page, "Ana").drag_to(column(page, "contacted"))
        expect(page.locator("#live")).to_have_text("Ana moved to Contacted, stage 3 of 8; 1 there.")
        expect(column(page, "contacted").locator(".card")).to_have_count(1)
        expect(column(page, "candidate").locator("[data-count]")).to_have_text("1")
    assert board.entry(board.ids[0])["stage"] == "contacted"


def test_a_card_is_moved_by_keys_and_keeps_the_focus(board: Board) -> None:
    with board.open() as page:
        card(page, "Bo").focus()
        page.keyboard.press("]")
        expect(page.locator("#live")).to_have_text(re.compile("^Bo moved to Shortlisted, stage 2 of 8"))
        expect(card(page, "Bo")).to_be_focused()
        page.keyboard.press("Shift+ArrowRight")
        expect(page.locator("#live")).to_have_text(re.compile("^Bo moved to Contacted"))
        page.keyboard.press("[")
        expect(page.locator("#live")).to_have_text(re.compile("^Bo moved to Shortlisted"))
    assert board.entry(board.ids[1])["stage"] == "shortlisted"


def test_keys_pressed_faster_than_the_service_answers_all_count(board: Board) -> None:
    with board.open() as page:
        card(page, "Bo").focus()
        for key in ("]", "]", "]", "["):
            page.keyboard.press(key)
        # Contacted is passed on the way as well, so what is announced does not tell that the last key has counted.
        until(lambda: stages_passed(board) == ["shortlisted", "contacted", "replied", "contacted"])
        expect(card(page, "Bo")).to_be_focused()
    assert board.entry(board.ids[1])["stage"] == "contacted"


def stages_passed(board: Board) -> list[str]:
    """The stages that anybody was moved to, in order, as the list's history tells."""
    events = board.api("GET", f"/v1/lists/{board.list}/history")["data"]
    return [one["changes"]["stage"][1] for one in reversed(events) if one["action"] == "entry.changed"]


def test_arrows_go_from_card_to_card_and_the_edge_is_told(board: Board) -> None:
    with board.open() as page:
        for key, name in (("ArrowDown", "Bo"), ("ArrowDown", "Ana"), ("ArrowRight", "Cy"), ("ArrowLeft", "Bo")):
            page.keyboard.press(key)
            expect(card(page, name)).to_be_focused()
        page.keyboard.press("[")
        expect(page.locator("#live")).to_have_text("Bo is at the first stage.")


def test_a_card_that_somebody_else_moved_stays_with_them(board: Board) -> None:
    with board.open() as page:
        board.change(board.ids[0], stage="agreed")
        card(page, "Ana").focus()
        page.keyboard.press("]")
        expect(page.locator(".toast")).to_contain_text("“test key” moved it from candidate to agreed meanwhile")
        expect(column(page, "agreed").locator(".card")).to_have_count(2)
        expect(column(page, "agreed").locator("[data-count]")).to_have_text("2")
        expect(card(page, "Ana")).to_be_focused()
    assert board.entry(board.ids[0])["stage"] == "agreed"


def test_a_change_of_another_card_is_no_conflict(board: Board) -> None:
    with board.open() as page:
        board.change(board.ids[2], owner="Me")
        card(page, "Ana").focus()
        page.keyboard.press("]")
        expect(page.locator("#live")).to_have_text(re.compile("^Ana moved to Shortlisted"))
    assert board.entry(board.ids[0])["stage"] == "shortlisted"


def test_a_card_that_is_gone_leaves_the_board(board: Board) -> None:
    with board.open() as page:
        board.bulk(board.ids[:1], action="remove")
        card(page, "Ana").focus()
        page.keyboard.press("]")
        expect(page.locator(".toast")).to_contain_text("Ana was not moved: The list has no blogger")
        expect(card(page, "Ana")).to_have_count(0)
        expect(column(page, "candidate").locator("[data-count]")).to_have_text("1")


def test_notes_tags_owner_and_stage_are_kept_in_the_panel(board: Board) -> None:
    with board.open() as page:
        card(page, "Ana").get_by_role("link", name="Ana").click()
        panel = page.get_by_role("dialog", name="Ana")
        panel.get_by_label("New note").fill("called, likes it")
        panel.get_by_role("button", name="Add note").click()
        expect(panel.locator(".notes li")).to_contain_text("called, likes it")
        panel.get_by_label("New tag").fill("grinders")
        panel.get_by_role("button", name="Add tag").click()
        expect(panel.get_by_role("button", name="Remove the tag grinders")).to_be_visible()
        panel.get_by_label("Owner").fill("Maija")
        panel.get_by_role("button", name="Save").click()
        expect(card(page, "Ana").locator(".kept")).to_contain_text("Maija")
        panel.get_by_label("Stage of Ana").select_option("replied")
        panel.get_by_role("button", name="Move", exact=True).click()
        expect(column(page, "replied").locator(".chip")).to_have_text("grinders")
        assert grave_faults(page) == []
    kept = board.entry(board.ids[0])
    assert (kept["stage"], kept["owner"], kept["tags"]) == ("replied", "Maija", ["grinders"])
    assert [note["text"] for note in kept["notes"]] == ["called, likes it"]


def test_notes_and_tags_are_taken_away_in_the_panel(board: Board) -> None:
    board.change(board.ids[0], tags=["x"])
    board.api("POST", f"/v1/lists/{board.list}/entries/{board.ids[0]}/notes", {"text": "old"})
    with board.open() as page:
        card(page, "Ana").focus()
        page.keyboard.press("Enter")
        panel = page.get_by_role("dialog", name="Ana")
        panel.get_by_role("button", name=re.compile("Delete the note")).click()
        expect(panel).to_contain_text("no notes yet")
        panel.get_by_role("button", name="Remove the tag x").click()
        expect(panel).to_contain_text("no tags")
        page.keyboard.press("Escape")
        expect(card(page, "Ana").locator(".chip")).to_have_count(0)
        expect(card(page, "Ana")).to_be_focused()


def test_an_owner_that_somebody_else_set_stays(board: Board) -> None:
    with board.open() as page:
        card(page, "Ana").get_by_role("link", name="Ana").click()
        panel = page.get_by_role("dialog", name="Ana")
        expect(panel.get_by_label("Owner")).to_have_value("")
        board.change(board.ids[0], owner="Tom")
        panel.get_by_label("Owner").fill("Maija")
        panel.get_by_role("button", name="Save").click()
        expect(panel.get_by_role("alert")).to_contain_text("Nothing was changed: “test key” gave it to Tom meanwhile")
        expect(panel.get_by_label("Owner")).to_have_value("Tom")


def test_marked_rows_are_changed_together(board: Board) -> None:
    with board.open("?view=table&sort=name") as page:
        expect(page.get_by_role("button", name="Set stage")).to_be_disabled()
        page.get_by_label("Mark all rows").check()
        expect(page.locator("[data-marked]")).to_have_text("With 3 marked rows")
        page.get_by_label("Mark Cy").uncheck()
        page.get_by_label("Stage to set").select_option("contacted")
        page.get_by_role("button", name="Set stage").click()
        expect(page.locator("[data-told]")).to_have_text("2\u00a0bloggers changed.")
        assert "told" not in page.url
        assert "sort=name" in page.url
    assert [board.entry(one)["stage"] for one in board.ids] == ["contacted", "contacted", "agreed"]


def test_enter_in_a_field_of_the_bulk_form_does_nothing_unasked(board: Board) -> None:
    with board.open("?view=table") as page:
        page.get_by_label("Mark Ana").check()
        page.get_by_label("Tag to add or remove").fill("x")
        page.keyboard.press("Enter")
        expect(page.locator("[data-told]")).to_have_text("")
    assert (board.entry(board.ids[0])["stage"], board.entry(board.ids[0])["tags"]) == ("candidate", [])


def test_a_removal_and_a_deletion_are_asked_about(board: Board) -> None:
    with board.open("?view=table") as page:
        page.get_by_label("Mark Ana").check()
        page.get_by_role("button", name="Remove from list…").click()
        page.get_by_role("button", name="Remove the blogger").click()
        expect(page.locator("[data-told]")).to_have_text("1\u00a0blogger removed from the list.")
        page.get_by_text("Edit list").click()
        page.get_by_role("link", name="Delete this list…").click()
        expect(page.get_by_role("dialog")).to_contain_text("2\u00a0entries: their stages, owners, tags and notes")
        page.get_by_role("button", name="Delete the list").click()
        expect(page.locator(".told")).to_have_text("The list “Spring” is deleted.")


def test_without_scripts_a_card_is_moved_by_its_form(board: Board) -> None:
    with board.open(java_script_enabled=False) as page:
        form = card(page, "Ana")
        form.get_by_label("Stage of Ana").select_option("published")
        form.get_by_role("button", name="Move").click()
        expect(page.locator("[data-told]")).to_have_text("Ana is at Published now.")
        expect(column(page, "published").locator(".card")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_lists_is_accessible_and_fits_a_phone(board: Board, scheme: str) -> None:
    board.change(board.ids[0], tags=["x" * 60], owner="y" * 200)
    for path in ("", "?view=table", "/history", "/delete", f"/entries/{board.ids[0]}"):
        with board.open(path, viewport=PHONE, color_scheme=scheme) as page:
            assert (overflow(page), grave_faults(page)) == (0, []), path
    with visiting(board.browser, board.address, board.session, viewport=PHONE, color_scheme=scheme) as page:
        for path in ("/lists", "/niches?q=coffee"):
            page.goto(path)
            assert (overflow(page), grave_faults(page)) == (0, []), path


def test_three_hundred_entries_stay_readable(board: Board) -> None:
    many = board.bloggers(*(f"n{number}" for number in range(300)))
    board.bulk(many, action="add")
    with board.open() as page:
        expect(column(page, "candidate").locator("[data-count]")).to_have_text("302")
        expect(column(page, "candidate").locator(".card")).to_have_count(100)
        assert overflow(page) == 0
        assert column(page, "candidate").bounding_box()["height"] < DESKTOP["height"]
        page.get_by_role("link", name="Show all 302 in the table").click()
        expect(page.locator('input[name="b"]')).to_have_count(100)
        assert grave_faults(page) == []
