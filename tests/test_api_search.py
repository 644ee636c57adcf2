"""Search and explanation over a real server: filters, pages, niches, lists, and who may not be shown."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from api.schemas.search import SearchOut
from api.service import SEARCHES_AT_ONCE
from bloghound.settings import Settings
from storage import niches, suppressions, workspaces
from storage.database import open_database
from storage.tables.base import utc_now
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, build
from tests.serving import Answer, ask, make_key, serving
from tests.waiting import until

BRIEF = "Espresso machines and grinders at home"
GIVEN = [
    blogger("coffee", COFFEE, 1, comments=4, site={"followers": 500}),
    blogger("cycling", CYCLING, 2, site={"platform": "hugo"}),
    blogger("pottery", POTTERY, 3, comments=1, language="nl"),
]


class Client:
    """Asks one service with one key."""

    def __init__(self, address: str, settings: Settings, workspace: str = workspaces.DEFAULT) -> None:
        self.address, self.settings = address, settings
        self.key = make_key(settings, ["read", "lists:write"], workspace)

    def search(self, **body: Any) -> Answer:
        return ask("POST", f"{self.address}/v1/search", body, key=self.key)

    def found(self, **body: Any) -> dict[str, Any]:
        answer = self.search(**body)
        assert answer.status == 200, answer.text
        return dict(answer.json())

    def explain(self, query: str) -> Answer:
        return ask("GET", f"{self.address}/v1/search/explain?{query}", key=self.key)

    def niche(self, **fields: Any) -> str:
        blank: dict[str, Any] = {name: [] for name in niches.FIELDS} | {"name": "niche", "brief": "", "weights": {}}
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            room = workspaces.ensure(connection, workspaces.DEFAULT, now=utc_now()).workspace_id
            return niches.create(connection, room, blank | fields, now=utc_now()).public_id


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("service"))
    build(settings.index_dir, GIVEN)
    with serving(settings) as address:
        yield Client(address, settings)


def names(found: dict[str, Any]) -> list[str]:
    return [result["blogger"]["id"].removeprefix("blg_") for result in found["results"]]


def test_a_brief_gives_bloggers_with_reasons(client: Client) -> None:
    found = client.found(query=BRIEF)
    assert (names(found)[0], found["total"], found["has_more"], found["next_cursor"]) == ("coffee", 1, False, None)
    assert found["results"][0]["why"].startswith("writes about it in 3 of 3 posts")
    assert found["weights"] == {"relevance": 0.6, "engagement": 0.25, "reach": 0.15}


@pytest.mark.parametrize("body", [{"query": BRIEF}, {"query": f"{BRIEF}, bicycles and clay", "limit": 1}])
def test_an_answer_holds_what_is_documented_and_nothing_else(client: Client, body: dict[str, Any]) -> None:
    answer = client.search(**body)
    assert answer.headers["content-type"] == "application/json"
    found = SearchOut.model_validate_json(answer.body, strict=True)
    assert found.results
    assert json.loads(answer.body) == found.model_dump(mode="json")


def test_a_weight_that_is_not_named_counts_nothing(client: Client) -> None:
    assert client.found(query=BRIEF, weights={"reach": 2})["weights"] == {"relevance": 0, "engagement": 0, "reach": 1}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"language": ["nl"]}, {"pottery"}),
        ({"platform": ["hugo"]}, {"cycling"}),
        ({"followers": {"min": 1}}, {"coffee"}),
        ({"followers": {"max": 499}}, set()),
        ({"min_engagement": 0.0}, {"coffee", "pottery"}),
        ({"max_sponsored_share": 0.0}, {"coffee", "cycling", "pottery"}),
        ({"last_post_within_days": 1}, set()),
        ({"personal_only": True}, set()),
        ({"posts_per_month": {"min": 0, "max": 9}}, {"coffee", "cycling"}),
    ],
)
def test_filters_choose_who_is_shown(client: Client, filters: dict[str, Any], expected: set[str]) -> None:
    assert set(names(client.found(query=BRIEF, filters=filters))) == expected


def test_pages_follow_each_other_and_pin_the_generation(client: Client) -> None:
    pages = [client.found(query=BRIEF, limit=1)]
    while pages[-1]["has_more"]:
        pages.append(client.found(query=BRIEF, limit=1, cursor=pages[-1]["next_cursor"]))
    whole = client.found(query=BRIEF)
    assert [one for page in pages for one in page["results"]] == whole["results"]
    assert {page["generation"] for page in pages} == {"gen_000001"}


@pytest.mark.parametrize(
    "other",
    [{"query": "tea"}, {"weights": {"reach": 1}}, {"filters": {"language": ["en"]}}, {"generation": "gen_000002"}],
)
def test_a_cursor_of_another_request_is_refused(client: Client, other: dict[str, Any]) -> None:
    cursor = client.found(query=BRIEF, limit=1)["next_cursor"]
    assert client.search(**{"query": BRIEF, "cursor": cursor} | other).status == 400


@pytest.mark.parametrize("cursor", ["", "x", "WzEsMl0.c2lnbmVk", "é" * 50])
def test_a_forged_cursor_is_refused(client: Client, cursor: str) -> None:
    answer = client.search(query=BRIEF, cursor=cursor)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "tea", "niche_id": "nch_x"},
        {"query": "\ud800 tea"},
        {"query": "x" * 10_001},
        {"query": "tea", "limit": 101},
        {"query": "tea", "fame": 1},
        {"query": "tea", "weights": {"relevance": -1}},
        {"query": "tea", "filters": {"has_contact": "perhaps"}},
        {"query": "tea", "filters": {"personal_only": "perhaps"}},
        {"query": "tea", "filters": {"followers": {"min": 5, "max": 4}}},
        {"query": "tea", "filters": {"posts_per_month": {"min": 5, "max": 4}}},
        {"query": "tea", "filters": {"language": ["English"]}},
        {"query": "tea", "filters": {"followers": {"min": 10**30}}},
        {"query": "tea", "cursor": "x" * 3000},
    ],
)
def test_what_cannot_be_asked_names_its_place(client: Client, body: dict[str, Any]) -> None:
    answer = client.search(**body)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]


@pytest.mark.parametrize("body", [{"query": "\U0001f600"}, {"query": "tea", "weights": {}}])
def test_a_brief_or_weights_without_content_are_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.search(**body).status == 400


@pytest.mark.parametrize(("generation", "status"), [("gen_000009", 404), ("last", 404), ("gen_000001", 200)])
def test_a_generation_can_be_named(client: Client, generation: str, status: int) -> None:
    assert client.search(query=BRIEF, generation=generation).status == status


def test_the_cursor_of_a_generation_that_is_gone_is_gone(settings: Settings) -> None:
    build(settings.index_dir, GIVEN)
    with serving(settings) as address:
        client = Client(address, settings)
        cursor = client.found(query=BRIEF, limit=1)["next_cursor"]
        for _ in range(3):
            build(settings.index_dir, GIVEN[:1])
        until(lambda: client.found(query=BRIEF)["generation"] == "gen_000004")
        answer = client.search(query=BRIEF, limit=1, cursor=cursor)
    assert (answer.status, answer.json()["title"]) == (410, "Gone")


def test_a_niche_brings_its_brief_its_exclusions_and_its_weights(client: Client) -> None:
    niche = client.niche(
        name="coffee", brief=BRIEF, exclude_sites=["cycling.test"], languages=["en"], weights={"relevance": 1}
    )
    found = client.found(niche_id=niche)
    assert (names(found), found["weights"]["relevance"]) == (["coffee"], 1)
    assert client.found(niche_id=niche, weights={"reach": 1})["weights"]["reach"] == 1


def test_a_niche_of_examples_needs_no_brief(client: Client) -> None:
    found = client.found(niche_id=client.niche(name="rides", examples_like=["https://cycling.test/"]))
    assert (names(found)[0], found["results"][0]["flags"]) == ("cycling", ["example_like"])
    assert client.search(niche_id=client.niche(name="nothing")).status == 400


def test_another_teams_niche_and_list_are_not_there(client: Client) -> None:
    niche = client.niche(name="ours", brief=BRIEF)
    other = Client(client.address, client.settings, workspace="Others")
    assert client.search(niche_id=niche).status == 200
    assert other.search(niche_id=niche).status == 404
    assert other.explain(f"blogger=blg_coffee&niche_id={niche}").status == 404
    assert client.search(query=BRIEF, filters={"in_list": "lst_none"}).status == 404
    assert client.search(query=BRIEF, filters={"not_in_list": "lst_none"}).status == 404


def test_without_a_key_nobody_is_shown(client: Client) -> None:
    assert ask("POST", f"{client.address}/v1/search", {"query": BRIEF}).status == 401
    assert ask("GET", f"{client.address}/v1/search/explain?query=tea&blogger=blg_coffee").status == 401
    unable = make_key(client.settings, ["crawl"])
    assert ask("POST", f"{client.address}/v1/search", {"query": BRIEF}, key=unable).status == 403


@pytest.mark.parametrize("weights", ["", "&weights=relevance=0.5,reach=0.5"])
def test_an_explanation_agrees_with_the_list(client: Client, weights: str) -> None:
    given = {"weights": {"relevance": 0.5, "reach": 0.5}} if weights else {}
    for result in client.found(query="espresso", **given)["results"]:
        answer = client.explain(f"query=espresso&blogger={result['blogger']['id']}{weights}").json()
        assert answer["result"]["score"] == pytest.approx(result["score"], abs=1e-9)
        assert answer["result"] == result


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("query=tea&blogger=blg_nobody", 404),
        ("query=tea&blogger=blg_coffee&generation=gen_000008", 404),
        ("blogger=blg_coffee", 400),
        ("blogger=blg_coffee&query=tea&niche_id=nch_x", 400),
        ("blogger=blg_coffee&query=tea&weights=fame=1", 400),
        ("query=tea", 422),
    ],
)
def test_what_cannot_be_explained(client: Client, query: str, status: int) -> None:
    assert client.explain(query).status == status


def test_who_opted_out_is_shown_to_nobody(settings: Settings) -> None:
    build(settings.index_dir, GIVEN)
    with serving(settings) as address:
        client = Client(address, settings)
        with closing(open_database(settings)) as database, database.transaction() as connection:
            key = settings.secret_key()
            suppressions.add(connection, key, ["coffee.test"], reason=suppressions.OPTED_OUT, now=utc_now())
        assert "coffee" not in names(client.found(query=BRIEF))
        assert client.explain("query=tea&blogger=blg_coffee").status == 404


def test_a_page_follows_the_one_before_though_somebody_of_that_is_hidden_since(settings: Settings) -> None:
    build(settings.index_dir, GIVEN)
    with serving(settings) as address:
        client = Client(address, settings)
        whole = names(client.found(query=BRIEF))
        first = client.found(query=BRIEF, limit=1)
        with closing(open_database(settings)) as database, database.transaction() as connection:
            key, gone = settings.secret_key(), f"{whole[0]}.test"
            suppressions.add(connection, key, [gone], reason=suppressions.OPTED_OUT, now=utc_now())
        rest = client.found(query=BRIEF, limit=2, cursor=first["next_cursor"])
    assert (names(rest), rest["has_more"]) == (whole[1:], False)
    assert [one["rank"] for one in rest["results"]] == [2, 3]


def test_without_an_index_search_says_what_to_do(settings: Settings) -> None:
    with serving(settings) as address:
        answer = Client(address, settings).search(query="espresso")
    assert answer.status == 503
    assert "bloghound index" in answer.json()["detail"]


def test_more_searches_at_once_than_are_made_at_once_are_all_answered(client: Client) -> None:
    briefs = [f"{BRIEF}, {number} of them" for number in range(3 * SEARCHES_AT_ONCE)]
    with ThreadPoolExecutor(len(briefs)) as pool:
        found = list(pool.map(lambda brief: client.found(query=brief), briefs))
    assert [one["query"] for one in found] == briefs
    assert {names(one)[0] for one in found} == {"coffee"}
