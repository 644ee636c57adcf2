"""What changed in a niche, on its page: words and arrows, the chart, hostile names, a phone, the dark, print."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.charts.rank_slopes import MOST_ROWS, Moved, rank_slopes
from api.web.niche_facts import summary_of
from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.ranking_bloggers import AS_OF
from tests.reranked import ON_COFFEE, Reranked, essays, writer
from tests.serving import ask, make_key, serving, sign_in
from tests.waiting import until

HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
PEERS = [writer(f"p{number}", 10 + number, 3) for number in range(5)]
MODES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": PHONE}}


@dataclass(frozen=True)
class Running:
    """A service over three generations, and a browser session in it."""

    world: Reranked
    address: str
    session: dict[str, str]

    @property
    def path(self) -> str:
        return f"/niches/{self.world.niche.public_id}/changes"

    def text(self, path: str) -> str:
        answer = ask("GET", f"{self.address}{path}", headers={**self.session, "Accept": "text/html"})
        assert answer.status == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    world = Reranked(tmp_path_factory.mktemp("web"), name=HOSTILE)
    world.generation(PEERS)
    first, *others, last = world.order()
    links = [(one, last) for one in (first, *others)]
    late = replace(writer("late", 20, 3), name=HOSTILE)
    left = [one for one in PEERS if one.public_id != f"blg_{first}"]
    world.generation([*left, late], links=links[1:], seen_at=AS_OF + timedelta(days=1))
    with serving(world.settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Running(world, address, sign_in(address, make_key(world.settings)))


@pytest.fixture
def page(browser: Browser, running: Running) -> Iterator[Page]:
    with visiting(browser, running.address, running.session) as opened:
        yield opened


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_no_grave_fault_and_nothing_is_too_wide(browser: Browser, running: Running, mode: str) -> None:
    with visiting(browser, running.address, running.session, **MODES[mode]) as page:
        page.goto(running.path)
        assert grave_faults(page) == []
        assert overflow(page) <= 0


def test_moves_are_told_in_words_with_their_evidence(page: Page, running: Running) -> None:
    page.goto(running.path)
    expect(page.get_by_role("heading", name="What changed")).to_be_visible()
    expect(page.locator(".summary")).to_contain_text("1 is new, 1 rose")
    rose = page.locator(".change.rose")
    expect(rose.locator(".move-told")).to_contain_text(
        re.compile(r"up 4\u00a0places, 5\u00a0→\u00a01|up \d\u00a0places")
    )
    expect(rose).to_contain_text("more bloggers of the niche link here (0 → 3)")
    new = page.locator(".change.new")
    expect(new.get_by_role("link", name="At https://late.test/0")).to_have_attribute("href", "https://late.test/0")
    expect(page.locator(".change.gone")).to_contain_text("No longer in the index.")


def test_names_of_strangers_are_text(page: Page, running: Running) -> None:
    page.goto(running.path)
    expect(page.locator(".change.new .who")).to_have_text(HOSTILE)
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator(".slope.new text")).to_contain_text("<img src=x")
    assert page.locator("main img, main script").count() == 0


def test_an_earlier_ranking_is_chosen_without_scripts(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, java_script_enabled=False) as page:
        page.goto(running.path)
        page.get_by_label("Since").select_option(index=0)
        page.get_by_role("button", name="Compare").click()
        expect(page.locator(".period")).to_contain_text("gen_000001")
        assert "since=" in page.url


def test_print_shows_the_reasons_and_no_controls(page: Page, running: Running) -> None:
    page.goto(running.path)
    page.emulate_media(media="print")
    expect(page.locator(".since")).to_be_hidden()
    expect(page.locator(".because").first).to_be_visible()
    expect(page.locator(".slopes svg").first).to_be_visible()


def test_the_page_is_linked_from_the_niches_and_from_the_ranking(running: Running) -> None:
    assert f'href="{running.path}"' in running.text("/niches")
    found = ask("GET", f"{running.address}/?niche={running.world.niche.public_id}", headers=running.session)
    assert f'href="{running.path}"' in running.text(found.headers["location"])


def test_a_niche_without_a_ranking_and_one_with_its_first_are_told_so(running: Running) -> None:
    fresh = running.world.save(name="Fresh", brief="Roasted beans")
    assert "This niche has not been ranked yet" in running.text(f"/niches/{fresh.public_id}/changes")
    running.world.rank()
    assert "This is the first ranking" in running.text(f"/niches/{fresh.public_id}/changes")


def test_what_changed_for_all_is_said_once(running: Running) -> None:
    other = running.world.save(name="Other", brief=" ".join(ON_COFFEE))
    running.world.rank()
    key = make_key(running.world.settings)
    ask("PATCH", f"{running.address}/v1/niches/{other.public_id}", {"brief": essays(ON_COFFEE, "x", 1)[0]}, key=key)
    until(lambda: "For all of them" in running.text(f"/niches/{other.public_id}/changes"))
    shown = running.text(f"/niches/{other.public_id}/changes")
    assert "the niche was changed: brief" in shown
    assert 'class="because"' not in shown


def test_another_teams_niche_is_not_found(running: Running) -> None:
    stranger = sign_in(running.address, make_key(running.world.settings, workspace="other"))
    assert ask("GET", f"{running.address}{running.path}", headers=stranger).status == 404


def test_counts_are_said_in_one_sentence() -> None:
    counts = {"new": 0, "rose": 1, "fell": 2, "gone": 0, "unchanged": 12}
    assert summary_of(counts) == "Nobody is new, 1 rose, 2 fell, nobody left, 12 hardly moved"


def test_slopes_go_from_row_to_row_and_to_the_edge_for_who_is_below() -> None:
    moved = [Moved(f"b{place}", f"B{place}", "unchanged", place, place + 1) for place in range(1, MOST_ROWS + 3)]
    moved.append(Moved("up", "Up", "rose", 40, 1))
    chart = rank_slopes(moved)
    assert chart is not None
    by_id = {one.moved.public_id: one for one in chart.slopes}
    assert by_id["up"].y1 == pytest.approx(chart.height, abs=12)
    assert (by_id["up"].y2, by_id["b1"].y1, by_id["b1"].y2) == (12.0, 12.0, 36.0)
    assert f"b{MOST_ROWS + 2}" not in by_id


def test_a_change_that_is_not_ranked_yet_is_told(running: Running) -> None:
    told = "This niche was changed since"
    assert told not in running.text(running.path)
    brief = running.world.niche.brief
    running.world.change(brief="Bicycle rides and wheels")
    assert told in running.text(running.path)
    running.world.change(brief=brief)
    assert told not in running.text(running.path)


def test_only_a_chart_with_places_below_it_says_how_many_it_shows(running: Running) -> None:
    few = [Moved(f"b{place}", f"B{place}", "rose", place + 1, place) for place in range(1, MOST_ROWS + 1)]
    charts = [rank_slopes(one) for one in (few, [*few, Moved("low", "Low", "fell", 1, 90)])]
    assert [chart.is_cut for chart in charts if chart] == [False, True]
    assert "<figcaption>Places before and now</figcaption>" in running.text(running.path)


def test_on_a_phone_the_chart_shows_both_sides(browser: Browser, running: Running) -> None:
    with visiting(browser, running.address, running.session, viewport=PHONE) as page:
        page.goto(running.path)
        for side in ("before", "after"):
            box = page.locator(f".slope.rose .{side} .place").bounding_box()
            assert box is not None
            assert 0 <= box["x"] <= PHONE["width"] - box["width"]
        expect(page.locator(".slope.gone .name")).to_be_visible()
        expect(page.locator(".slope.rose .before .name")).to_be_hidden()


def test_who_came_or_left_has_one_end_and_where_nobody_moved_there_is_no_chart() -> None:
    chart = rank_slopes([Moved("a", "A", "gone", 1, None), Moved("b", "B", "new", None, 1)])
    assert chart is not None
    assert [(one.y1, one.y2) for one in chart.slopes] == [(12.0, None), (None, 12.0)]
    assert rank_slopes([Moved("a", "A", "unchanged", 1, 1)]) is None
    assert rank_slopes([]) is None
