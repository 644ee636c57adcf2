"""The niche map over the real server: drawing and table say the same, problems are said, downloads are of the niche."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_plus

import pytest

from bloghound.settings import Settings
from tests.profiled_bloggers import HIDDEN, id_of
from tests.serving import Answer, ask, make_key, serving, sign_in
from tests.waiting import until
from tests.web_world import BRIEF, web_world

BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))
MAP = f"/map?q={quote(BRIEF)}"


@dataclass(frozen=True)
class Running:
    """The service over the small world, with a signed-in browser's headers."""

    settings: Settings
    address: str
    key: str
    session: dict[str, str]

    def get(self, path: str) -> Answer:
        return ask("GET", f"{self.address}{path}", headers=self.session | {"Accept": "text/html"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = web_world(tmp_path_factory.mktemp("web"))
    key = make_key(settings)
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Running(settings, address, key, sign_in(address, key))


@pytest.fixture(scope="module")
def page(running: Running) -> str:
    answer = running.get(MAP)
    assert answer.status == 200, answer.text
    return answer.text


def test_drawing_and_table_hold_the_same_bloggers(page: str) -> None:
    drawn, listed = (re.findall(rf'data-{name}="(\w+)"', page) for name in ("node", "row"))
    assert drawn == listed
    assert {BEAN, CUP} <= set(drawn)
    assert WHEEL not in drawn
    assert HIDDEN not in page


def test_links_of_both_directions_are_one_line(page: str) -> None:
    lines = re.findall(r'class="edge( mutual)?" data-source="(\w+)" data-target="(\w+)"', page)
    assert {(mutual, frozenset(ends)) for mutual, *ends in lines} == {(" mutual", frozenset({BEAN, CUP}))}
    row = re.search(rf'<tr id="row-{BEAN}".*?</tr>', page, re.DOTALL)
    assert row is not None
    assert re.findall(r'<td class="figure">([^<]+)</td>', row[0])[2:] == ["1", "1"]


def test_a_node_leads_to_its_row_and_the_row_to_the_blogger(page: str) -> None:
    assert f'<a class="node" href="#row-{BEAN}"' in page
    assert f'<tr id="row-{BEAN}"' in page
    assert re.search(rf'<a class="name" href="/bloggers/{BEAN}\?q=[^"]+"', page)


def test_communities_are_told_by_letter_and_words(page: str) -> None:
    listed = re.search(r'<ul class="communities">.*?</ul>', page, re.DOTALL)
    assert listed is not None
    assert "Community A, 2\u00a0bloggers" in listed[0]
    assert re.search(r'<text class="letter ink-0"[^>]*>A</text>', page)


def test_downloads_are_of_the_same_niche(page: str, running: Running) -> None:
    addresses = re.findall(r'href="(/v1/graph[^"]+)"', page)
    assert len(addresses) == 5
    assert all(BRIEF in unquote_plus(address) for address in addresses)
    answer = ask("GET", running.address + addresses[2].replace("&amp;", "&"), headers=running.session)
    assert answer.status == 200
    assert b"bean.example" in answer.body
    assert b"wheel.example" not in answer.body


def test_without_a_brief_the_page_asks_for_one(running: Running) -> None:
    answer = running.get("/map")
    assert answer.status == 200
    assert "Which niche?" in answer.text
    assert "<svg viewBox" not in answer.text


def test_a_saved_niche_is_offered_and_drawn(running: Running) -> None:
    made = ask("POST", f"{running.address}/v1/niches", {"name": "Coffee", "brief": BRIEF}, key=running.key).json()
    assert f'href="/map?niche={made["id"]}"' in running.get("/map").text
    page = running.get(f"/map?niche={made['id']}").text
    assert f'data-node="{BEAN}"' in page
    assert f"niche={made['id']}" in page
    assert 'aria-current="true" dir="auto">Coffee</a>' in page


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("niche=nch_nobody", 404, "There is no niche"),
        (f"q={quote(BRIEF)}&generation=gen_000099", 404, "gen_000099"),
        ("q=!!!", 400, 'role="alert"'),
    ],
)
def test_what_cannot_be_drawn_is_said(running: Running, query: str, status: int, said: str) -> None:
    answer = running.get(f"/map?{query}")
    assert answer.status == status, answer.text
    assert said in answer.text
    assert 'id="map"' not in answer.text


def test_a_niche_of_nobody_says_what_to_do(running: Running) -> None:
    answer = running.get("/map?q=" + quote("Maritime insurance law of the nineteenth century"))
    assert answer.status == 200
    assert "No blogger of the index writes about this" in answer.text


def test_a_key_without_export_gets_no_downloads(running: Running) -> None:
    session = sign_in(running.address, make_key(running.settings, scopes=("read",)))
    page = ask("GET", running.address + MAP, headers=session).text
    assert "/v1/graph" not in page
    assert "may not export" in page


def test_strangers_are_sent_to_sign_in(running: Running) -> None:
    assert ask("GET", f"{running.address}/map", headers={"Accept": "text/html"}).status == 303
