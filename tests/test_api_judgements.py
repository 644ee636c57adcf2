"""Judgements and measured quality over HTTP: given, listed, taken back, downloaded, measured, and refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from api.schemas.judgements import GivenGrade
from bloghound.jobs.quality import MAX_BASELINE_POSTS, measure_stored
from bloghound.settings import Settings
from ranking.judgements import read_qrels, read_queries
from tests.profiled_bloggers import HIDDEN, built_world, id_of
from tests.serving import Answer, ask, make_key, serving
from tests.waiting import until

BRIEF = "Espresso at home: grinders, shots and roasted coffee beans"
BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))


@dataclass(frozen=True)
class Client:
    """A key at a service."""

    address: str
    key: str

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        return ask(method, f"{self.address}/v1{path}", body, key=self.key, headers=headers)

    def judge(self, blogger: str, grade: Any = "like", **more: Any) -> Answer:
        target = {} if "niche_id" in more else {"query": BRIEF}
        return self("POST", "/judgements", {"blogger_id": blogger, "grade": grade, **target, **more})

    def measured(self) -> dict[str, Any]:
        """The quality, once it was measured."""
        until(lambda: self("GET", "/quality").json()["job"] is None, seconds=120)
        found: dict[str, Any] = self("GET", "/quality").json()
        return found


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, str]]:
    settings = built_world(tmp_path_factory.mktemp("judged"))
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield settings, address


@pytest.fixture
def client(world: tuple[Settings, str], request: pytest.FixtureRequest) -> Client:
    """Somebody with all rights in a workspace of the test's own."""
    settings, address = world
    return Client(address, make_key(settings, workspace=request.node.name))


def test_a_judgement_is_given_replaced_listed_and_taken_back(client: Client) -> None:
    seen = {"generation": "gen_000001", "rank": 1, "score": 0.5}
    made = client.judge(BEAN, seen=seen)
    assert (made.status, made.json()["grade"], made.json()["value"], made.json()["seen"]) == (201, "like", 2, seen)
    assert (made.json()["query"], made.json()["niche_id"], made.json()["judge"]) == (BRIEF, None, "test key")
    again = client.judge(BEAN, "dislike")
    assert (again.status, again.json()["id"], again.json()["value"]) == (200, made.json()["id"], 0)
    listed = client("GET", "/judgements").json()
    assert listed["data"] == [again.json()]
    assert client("DELETE", f"/judgements/{made.json()['id']}").status == 204
    assert client("GET", "/judgements").json()["data"] == []
    assert client("DELETE", f"/judgements/{made.json()['id']}").status == 404


def test_a_niche_is_judged_and_takes_its_judgements_along(client: Client) -> None:
    niche = client("POST", "/niches", {"name": "Coffee", "brief": BRIEF}).json()["id"]
    client.judge(BEAN)
    made = client.judge(CUP, niche_id=niche).json()
    assert (made["niche_id"], made["brief_id"], made["query"]) == (niche, niche, None)
    assert client("GET", f"/judgements?niche_id={niche}").json()["data"] == [made]
    assert [
        one["blogger"]["id"] for one in client("GET", f"/judgements?query={BRIEF.replace(' ', '+')}").json()["data"]
    ] == [BEAN]
    assert client("GET", f"/judgements?niche_id={niche}&query=x").status == 400
    client("DELETE", f"/niches/{niche}")
    assert client("GET", f"/judgements?blogger={CUP}").json()["data"] == []


def test_a_cursor_leads_through_all_and_belongs_to_its_question(client: Client) -> None:
    for blogger in (BEAN, CUP, WHEEL):
        client.judge(blogger)
    first = client("GET", "/judgements?limit=2").json()
    rest = client("GET", f"/judgements?limit=2&cursor={first['next_cursor']}").json()
    assert [one["blogger"]["id"] for one in first["data"] + rest["data"]] == [BEAN, CUP, WHEEL]
    assert rest["has_more"] is False
    assert client("GET", f"/judgements?blogger={BEAN}&cursor={first['next_cursor']}").status == 400


@pytest.mark.parametrize(("given", "name"), [(2, "like"), (1, "partly"), (0, "dislike"), ("partly", "partly")])
def test_grades_are_names_or_numbers(given: object, name: str) -> None:
    assert TypeAdapter(GivenGrade).validate_python(given) == name


@pytest.mark.parametrize("given", [True, 3, -1, 2.0, "Like", "2", None])
def test_nothing_else_is_a_grade(given: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(GivenGrade).validate_python(given)


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"grade": "love"}, 422, "grade"),
        ({"query": None}, 422, "exactly one"),
        ({"niche_id": "nch_none"}, 422, "exactly one"),
        ({"niche_id": "nch_none", "query": None}, 404, "nch_none"),
        ({"query": " \n"}, 422, "query"),
        ({"query": "\x00"}, 422, "query"),
        ({"blogger_id": "blg_none"}, 404, "blg_none"),
        ({"blogger_id": id_of(HIDDEN)}, 404, id_of(HIDDEN)),
        ({"seen": {"rank": 0}}, 422, "rank"),
        ({"seen": {"place": 1}}, 422, "place"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_what_cannot_be_used_is_named(client: Client, body: dict[str, Any], status: int, part: str) -> None:
    answer = client("POST", "/judgements", {"query": BRIEF, "blogger_id": BEAN, "grade": 2, **body})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert part in answer.text


def test_a_retry_is_answered_again(client: Client) -> None:
    body = {"query": BRIEF, "blogger_id": BEAN, "grade": "like"}
    first, again = (client("POST", "/judgements", body, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert client("POST", "/judgements", body | {"grade": 0}, **{"Idempotency-Key": "one"}).status == 409


def test_another_teams_judgements_are_not_there(client: Client, world: tuple[Settings, str]) -> None:
    other = Client(client.address, make_key(world[0], workspace="other"))
    made = client.judge(BEAN).json()
    assert other("GET", "/judgements").json()["data"] == []
    assert other("DELETE", f"/judgements/{made['id']}").status == 404
    assert other("GET", "/judgements/export").text == ""
    niche = client("POST", "/niches", {"name": "Coffee"}).json()["id"]
    assert other.judge(BEAN, niche_id=niche).status == 404
    assert client("GET", "/judgements").json()["data"] == [made]


def test_whoever_may_only_read_may_not_judge(client: Client, world: tuple[Settings, str]) -> None:
    reader = Client(client.address, make_key(world[0], ["read"], "readers"))
    assert reader.judge(BEAN).status == 403
    assert reader("POST", "/quality").status == 403
    assert reader("GET", "/judgements/export").status == 403
    assert reader("GET", "/judgements").status == reader("GET", "/quality").status == 200


def test_the_download_is_what_evaluate_reads(client: Client, tmp_path: Path) -> None:
    niche = client(
        "POST", "/niches", {"name": "C", "brief": BRIEF, "languages": ["en"], "weights": {"reach": 1}}
    ).json()
    client.judge(BEAN, niche_id=niche["id"])
    client.judge(WHEEL, "dislike")
    (tmp_path / "qrels").write_bytes(client("GET", "/judgements/export?format=qrels").body)
    (tmp_path / "queries").write_bytes(client("GET", "/judgements/export?format=queries").body)
    queries = {query.id: query for query in read_queries(tmp_path / "queries")}
    words = next(name for name in queries if name.startswith("brf_"))
    assert read_qrels(tmp_path / "qrels") == {niche["id"]: {"bean.example": 2}, words: {"wheel.example": 0}}
    assert queries[words].text == queries[niche["id"]].text == BRIEF
    assert queries[niche["id"]].terms.languages == ("en",)
    assert queries[niche["id"]].weights is not None


def test_no_download_names_who_opted_out(client: Client) -> None:
    named = {
        "examples_like": [HIDDEN, "cup.example"],
        "examples_unlike": [id_of(HIDDEN)],
        "exclude_sites": [f"https://{HIDDEN}/"],
    }
    niche = client("POST", "/niches", {"name": "C", "brief": BRIEF, **named}).json()
    client.judge(BEAN, niche_id=niche["id"])
    found = client("GET", "/judgements/export?format=queries").json()["queries"]
    assert found == [{"id": niche["id"], "query": BRIEF, "niche": {"examples_like": ["cup.example"]}}]


def test_a_new_name_of_a_niche_dates_no_figures(client: Client) -> None:
    niche = client("POST", "/niches", {"name": "C", "brief": BRIEF}).json()["id"]
    client.judge(BEAN, niche_id=niche)
    client("POST", "/quality")
    figures = client.measured()["measured"]["ours"]
    assert [figures[name] for name in ("bpref", "condensed_map", "condensed_ndcg@10")] == [None] * 3
    client("PATCH", f"/niches/{niche}", {"name": "Coffee"})
    assert client("GET", "/quality").json()["outdated"] == []


def test_nothing_is_measured_before_anybody_is_liked(client: Client) -> None:
    empty: dict[str, Any] = {"measured": None, "reason": "nothing_judged", "outdated": [], "job": None}
    assert client("GET", "/quality").json() == empty
    assert client("POST", "/quality").status == 409
    client.judge(WHEEL, "dislike")
    assert (client("GET", "/quality").json(), client("POST", "/quality").status) == (empty, 409)
    client.judge(BEAN)
    assert client("GET", "/quality").json() == empty | {"reason": "not_measured"}


def test_quality_is_measured_in_a_job_and_kept(client: Client) -> None:
    client.judge(BEAN, seen={"generation": "gen_000001", "rank": 1})
    client.judge(WHEEL, "dislike")
    started = client("POST", "/quality")
    assert (started.status, started.json()["kind"]) == (202, "quality")
    assert started.headers["location"] == f"/v1/jobs/{started.json()['id']}"
    found = client.measured()
    figures = found["measured"]
    assert (found["reason"], found["outdated"]) == (None, [])
    assert (figures["generation"], figures["briefs"], figures["judgements"]) == ("gen_000001", 1, 2)
    assert set(figures["baselines"]) == {"bm25_blog", "bm25_posts", "mean", "top3", "vote"}
    (brief,) = figures["per_brief"]
    assert (brief["name"], brief["judged"], brief["liked"]) == (BRIEF, 2, 1)
    assert brief["ours"]["bpref"] == brief["ours"]["condensed_map"] == brief["ours"]["condensed_ndcg@10"] == 1.0
    assert 0 < brief["ours"]["judged@10"] < 1
    assert any("noisy" in sentence for sentence in figures["warnings"])


def test_figures_of_other_judgements_say_so(client: Client) -> None:
    client.judge(BEAN)
    client("POST", "/quality")
    client.measured()
    client.judge(CUP)
    assert client("GET", "/quality").json()["outdated"] == ["judgements"]
    client("POST", "/quality")
    assert client.measured()["outdated"] == []


def test_a_niche_that_cannot_be_ranked_is_left_out(client: Client) -> None:
    nothing = client("POST", "/niches", {"name": "Nothing"}).json()["id"]
    client.judge(BEAN, niche_id=nothing)
    client.judge(CUP)
    client("POST", "/quality")
    assert [one["name"] for one in client.measured()["measured"]["per_brief"]] == [BRIEF]


def test_no_baselines_run_in_the_service_over_too_many_posts(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bloghound.jobs.quality.MAX_BASELINE_POSTS", 1)
    assert MAX_BASELINE_POSTS > 1
    client.judge(BEAN)
    client("POST", "/quality")
    figures = client.measured()["measured"]
    assert (figures["baselines"], figures["baselines_reason"], figures["best_baseline"]) == ({}, "too_many_posts", None)
    assert figures["ours"]["map"] > 0


def test_a_stored_set_measures_as_its_download_does(
    client: Client, world: tuple[Settings, str], tmp_path: Path
) -> None:
    from bloghound.jobs.ranking import run_evaluate  # noqa: PLC0415 - loads the model

    client.judge(BEAN)
    client.judge(WHEEL, "dislike")
    for name in ("qrels", "queries"):
        (tmp_path / name).write_bytes(client("GET", f"/judgements/export?format={name}").body)
    workspace = client("GET", "/me").json()["workspace_name"]
    stored = measure_stored(world[0], workspace, lambda *_: None).as_dict()
    of_file = run_evaluate(world[0], tmp_path / "queries", tmp_path / "qrels").as_dict()
    # A file says nothing of who opted out, so the runs may differ by those; what is judged stands alike in both.
    kept = ("bpref", "condensed_map", "condensed_ndcg@10")
    assert (stored["judged"], stored["judgements"]) == (of_file["judged"], of_file["judgements"]) == (1, 2)
    assert [stored["score"][name] for name in kept] == [of_file["score"][name] for name in kept]
    assert [one["id"] for one in stored["per_query"]] == [one["id"] for one in of_file["per_query"]]
