"""Find and Compare over the real server, read as a browser without scripts reads them."""

import re
from collections.abc import Iterator
from html import escape, unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from api.engines import Engines
from bloghound.settings import Settings
from ranking.index.build import KEPT_GENERATIONS
from tests.profiled_bloggers import HIDDEN, id_of
from tests.ranking_bloggers import build, three_bloggers
from tests.serving import Answer, ask, make_key, serving, sign_in
from tests.waiting import until
from tests.web_world import BRIEF, HOSTILE, HOSTILE_KEY, web_world

HTML = {"Accept": "text/html"}
BEAN, CUP = id_of("bean.example"), id_of("cup.example")


class Visitor:
    """A signed-in browser without scripts; ``key`` is what it signed in with."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.key = key
        self._session = sign_in(address, key)

    def get(self, path: str = "/", _headers: dict[str, str] | None = None, **query: Any) -> Answer:
        """The page at an address, redirects not followed."""
        target = f"{self.address}{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
        return ask("GET", target, headers={**HTML, **self._session, **(_headers or {})})

    def ranked(self, **query: Any) -> str:
        """The page of a search, after the redirect that pins its generation."""
        answer = self.get(**query)
        if answer.status == 303:
            answer = self.get(answer.headers["location"])
        assert answer.status == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """Somebody with all rights in a service over the small world."""
    settings = web_world(tmp_path_factory.mktemp("web"))
    key = make_key(settings)
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Visitor(address, key)


@pytest.fixture
def empty(settings: Settings) -> Iterator[Visitor]:
    """The same over a fresh installation."""
    settings.ensure_data_dir()
    key = make_key(settings)
    with serving(settings) as address:
        yield Visitor(address, key)


def test_strangers_are_sent_to_sign_in_and_back(visitor: Visitor) -> None:
    answer = ask("GET", f"{visitor.address}/?q=tea", headers=HTML)
    assert (answer.status, answer.headers["location"]) == (303, "/sign-in?next=%2F%3Fq%3Dtea")


def test_the_start_page_offers_a_field_examples_and_the_state_of_the_index(visitor: Visitor) -> None:
    page = visitor.get().text
    assert page.count('href="/?q=') == 3
    assert "The index holds" in page
    assert "gen_000001" in page


def test_a_search_is_led_to_the_address_that_pins_its_generation(visitor: Visitor) -> None:
    answer = visitor.get(q=BRIEF, language="en")
    location = answer.headers["location"]
    assert answer.status == 303
    assert "language=en" in location
    assert location.endswith("&generation=gen_000001")
    assert visitor.get(location).status == 200


def test_a_card_says_who_why_and_how_sure(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF)
    assert f'href="/bloggers/{BEAN}?q=' in page
    assert 'href="https://bean.example" rel="noopener nofollow ugc"' in page
    assert "Writes about it in 4 of 4 posts" in page
    assert "6 comments a post, peers" in page
    assert "English" in page
    assert 'role="img" aria-label="Score' in page


def test_all_parts_peers_samples_and_sources_are_there_without_scripts(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF)
    for words in (
        "How the score is made",
        "Peers",
        "4\u00a0posts",
        "linking blogger",
        "editorial links",
        "120, which count nothing",
    ):
        assert words in page


def test_unknown_is_said_with_its_reason(visitor: Visitor) -> None:
    assert "unknown, counts" in visitor.ranked(q=BRIEF)
    assert "the site does not show it" in visitor.ranked(q=BRIEF)


def test_who_opted_out_is_not_shown(visitor: Visitor) -> None:
    assert id_of(HIDDEN) not in visitor.ranked(q=BRIEF)
    assert visitor.get("/compare", q=BRIEF, b=[BEAN, id_of(HIDDEN)]).status == 404


def test_the_weights_change_the_order_and_stand_in_words(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, relevance=0, engagement=100, reach=0)
    assert "(1.00\u00a0×\u00a0engagement)" in page
    assert 'name="engagement" type="range" min="0" max="100" step="1" value="100"' in page
    assert 'href="/?q=' in page.partition("data-reset")[2][:40]


def test_a_brief_and_its_weights_can_be_saved_as_a_niche(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, relevance=20, engagement=80, reach=0)
    link = re.search(r'href="(/niches\?[^"]*)">save as a niche', page)
    assert link is not None
    form = visitor.get(unescape(link[1])).text
    assert escape(BRIEF) in form
    assert 'name="engagement" value="80"' in form


def test_filters_are_kept_and_can_be_cleared(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, platform="mastodon", engagement_min=1)
    assert 'value="mastodon" checked' in page
    assert "Clear all filters" in page
    assert f'id="{BEAN}"' in page
    assert f'id="{CUP}"' not in page


def test_a_card_leads_to_the_bloggers_place_in_this_search(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, engagement=100)
    address = unescape(page.partition('class="name" href="')[2].partition('"')[0])
    assert "engagement=100&generation=gen_000001" in address
    profile = visitor.get(address).text
    assert "<b>Rank 1.</b>" in profile
    assert f'href="/?{escape(address.partition("?")[2])}">The whole ranking' in profile


def test_a_facet_counts_what_its_own_filter_leaves_out(visitor: Visitor) -> None:
    counts = [
        dict(re.findall(r'name="platform" value="(\w+)".*?class="count">(\d+)<', page))
        for page in (visitor.ranked(q=BRIEF), visitor.ranked(q=BRIEF, platform="mastodon"))
    ]
    assert len(counts[0]) > 1
    assert counts[1] == counts[0]


def test_a_comparison_leads_back_to_the_filtered_ranking(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, language="en", reach=100)
    form = page.partition('id="compare"')[2].partition("</form>")[0]
    kept = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    compared = visitor.get("/compare", **dict(kept), b=[BEAN, CUP]).text
    assert f'href="/?{escape(urlencode(kept))}">Back to the ranking' in compared
    assert ("language", "en") in kept
    assert "Ranks are those without the filters" in compared


def test_compared_figures_have_their_sample_and_unknown_ones_a_reason(visitor: Visitor) -> None:
    page = visitor.get("/compare", q=BRIEF, b=[BEAN, CUP], generation="gen_000001").text
    assert "of 4\u00a0posts</span>" in page
    assert re.search(r"peers [\d.]+; \d+\u00a0posts</span>", page)
    assert '<span class="unknown">unknown</span>' not in page


def test_nobody_on_topic_is_said_above_the_nearest(visitor: Visitor) -> None:
    assert "Nobody in the index writes about this: those below" in visitor.ranked(q="Maritime insurance law")
    assert "Nobody in the index writes about this" not in visitor.ranked(q=BRIEF)


def test_how_many_fit_is_about_so_many_where_it_is_estimated(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.compile(r"<h2>(About )?\d\u00a0bloggers <span")
    exact = shown.search(visitor.ranked(q=BRIEF))
    monkeypatch.setattr("ranking.matching.NICHE_PER_SOURCE", 1)
    estimated = shown.search(visitor.ranked(q=BRIEF))
    assert exact is not None
    assert estimated is not None
    assert (exact[1], estimated[1]) == (None, "About ")


def test_no_result_says_what_to_do(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF, language="xx")
    assert "No blogger fits the brief and the filters" in page
    assert "Clear the filters" in page


def test_the_fragment_is_the_results_alone(visitor: Visitor) -> None:
    answer = visitor.get(_headers={"X-Fragment": "results"}, q=BRIEF, generation="gen_000001")
    assert answer.status == 200
    assert "<html" not in answer.text
    assert f'data-blogger="{BEAN}"' in answer.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"q": "\U0001f600"}, 400, "holds no word"),
        ({"q": BRIEF, "relevance": 0, "engagement": 0, "reach": 0}, 400, "at least one part must count"),
        ({"q": BRIEF, "generation": "gen_000009"}, 404, "There is no generation"),
        ({"niche": "nch_nobodys"}, 404, "nch_nobodys"),
    ],
)
def test_errors_stand_where_the_results_would(visitor: Visitor, query: dict[str, Any], status: int, words: str) -> None:
    answer = visitor.get(**{"generation": "gen_000001", **query})
    assert (answer.status, 'role="search"' in answer.text) == (status, True)
    assert words in answer.text
    assert ("rank it in the current generation" in answer.text) == ("There is no generation" in words)


def test_an_address_that_no_form_makes_is_an_error_page(visitor: Visitor) -> None:
    answer = visitor.get(q=BRIEF, page=0)
    assert (answer.status, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "To the search" in answer.text


def test_a_saved_niche_is_a_chip_and_ranks(visitor: Visitor) -> None:
    name = "Coffee <b>&"
    niche = {"name": name, "brief": BRIEF, "exclude_sites": ["cup.example"]}
    made = ask("POST", f"{visitor.address}/v1/niches", niche, key=visitor.key).json()
    assert escape(name) in visitor.get().text
    page = visitor.ranked(niche=made["id"])
    assert f'id="{BEAN}"' in page
    assert f'id="{CUP}"' not in page
    assert f'id="{CUP}"' not in visitor.ranked(niche=made["id"], q=f"  {BRIEF} ")
    assert f'id="{CUP}"' in visitor.ranked(niche=made["id"], q="Espresso, and something else")


def test_another_teams_niche_is_not_there(visitor: Visitor) -> None:
    assert visitor.get(niche="nch_aaaaaaaaaaaaaaaa").status == 404


def test_without_an_index_the_page_says_which_command_makes_one(empty: Visitor) -> None:
    until(lambda: "no index" in empty.get(q=BRIEF).text)
    answer = empty.get(q=BRIEF)
    assert answer.status == 503
    assert "bloghound index" in answer.text
    assert escape(BRIEF) in answer.text


def test_a_replaced_generation_offers_the_current_one(empty: Visitor, settings: Settings) -> None:
    for _ in range(KEPT_GENERATIONS + 1):
        build(settings.index_dir, three_bloggers())
    until(lambda: ask("GET", f"{empty.address}/readyz").status == 200)
    answer = empty.get(q=BRIEF, generation="gen_000001", reach=100)
    assert answer.status == 410
    assert "was replaced" in answer.text
    assert f'href="/?{escape(urlencode({"q": BRIEF, "reach": 100}))}"' in answer.text


def test_while_the_index_opens_the_page_says_so_and_asks_again(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Engines, "state", lambda _engines: ("warming", "The model is being loaded."))
    answer = visitor.get(q=BRIEF)
    assert (answer.status, answer.headers["retry-after"]) == (503, "3")
    assert "The model is being loaded." in answer.text
    assert '<noscript><meta http-equiv="refresh"' in answer.text
    assert "data-warming" in answer.text
    assert "The model is being loaded." in visitor.get().text


def test_hostile_text_is_shown_as_text(visitor: Visitor) -> None:
    page = visitor.ranked(q=BRIEF)
    assert f'id="{id_of(HOSTILE_KEY)}"' in page
    assert "<img src=x" not in page
    assert "alert(2)</script>" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert HOSTILE not in page


def test_a_hostile_brief_is_shown_as_text(visitor: Visitor) -> None:
    page = visitor.ranked(q=f"espresso {HOSTILE}")
    assert "<img src=x" not in page
    assert f"espresso {escape(HOSTILE, quote=False)[:20]}" in page


def test_pages_hold_nothing_inline(visitor: Visitor) -> None:
    for page in (visitor.get().text, visitor.ranked(q=BRIEF), visitor.get("/compare", q=BRIEF, b=[BEAN, CUP]).text):
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_bloggers_stand_side_by_side_in_the_order_of_their_ranks(visitor: Visitor) -> None:
    page = visitor.get("/compare", q=BRIEF, b=[CUP, BEAN], generation="gen_000001").text
    assert 0 < page.index(f"/bloggers/{BEAN}?q=") < page.index(f"/bloggers/{CUP}?q=")
    assert "What sets them apart" in page
    assert "Bean: 6\u00a0comments a post in the median; Cup: 2." in page


def test_a_fifth_blogger_is_left_out_and_said_to_be(visitor: Visitor) -> None:
    ids = [id_of(f"{name}.example") for name in ("bean", "cup", "wheel", "evil", "hidden")]
    assert "1\u00a0blogger left out" in visitor.get("/compare", q=BRIEF, b=ids).text


def test_comparing_nobody_says_how_to_begin(visitor: Visitor) -> None:
    assert "Nobody is marked yet" in visitor.get("/compare", q=BRIEF).text


def test_comparing_somebody_who_is_not_there_is_said(visitor: Visitor) -> None:
    answer = visitor.get("/compare", q=BRIEF, b=["blg_nobody"])
    assert answer.status == 404
    assert "blg_nobody" in answer.text


@pytest.mark.parametrize(("path", "status"), [("/nothing", 404), ("/static/x/y.css", 404)])
def test_errors_are_pages_for_browsers(visitor: Visitor, path: str, status: int) -> None:
    answer = visitor.get(path)
    assert (answer.status, "text/html" in answer.headers["content-type"]) == (status, True)
    assert "To the search" in answer.text


def test_errors_of_the_api_stay_problems(visitor: Visitor) -> None:
    assert visitor.get("/v1/nothing").headers["content-type"] == "application/problem+json"


def test_files_are_kept_for_a_year_under_an_address_of_their_content(visitor: Visitor) -> None:
    page = visitor.get().text
    path = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = visitor.get(path)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/css")
