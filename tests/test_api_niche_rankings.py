"""Kept rankings and changes of niches over a real server: pages, versions, refusals, and who may not be shown."""

from collections.abc import Iterator
from contextlib import closing
from math import fsum
from typing import Any

import pytest

from storage import niche_rankings, suppressions
from storage.database import open_database
from storage.tables.base import utc_now
from tests.ranking_bloggers import AS_OF
from tests.reranked import Reranked, writer
from tests.serving import Answer, ask, make_key, serving
from tests.waiting import until

PEERS = [writer(f"p{number}", 10 + number, 3) for number in range(5)]
LATE = writer("late", 20, 3)


class Client:
    """A team's key, and a niche that was ranked in three generations: in the second the last rose, then one came."""

    def __init__(self, world: Reranked, address: str) -> None:
        self.world, self.address = world, address
        self.key = make_key(world.settings, ["read", "lists:write"])
        self.path = f"/v1/niches/{world.niche.public_id}"

    def ask(self, method: str, path: str, body: Any = None, key: str = "", **headers: str) -> Answer:
        return ask(method, f"{self.address}{path}", body, key=key or self.key, headers=headers)

    def get(self, what: str, **headers: str) -> Answer:
        return self.ask("GET", f"{self.path}/{what}", **headers)

    def found(self, what: str) -> dict[str, Any]:
        answer = self.get(what)
        assert answer.status == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    world = Reranked(tmp_path_factory.mktemp("service"))
    world.generation(PEERS)
    *others, last = world.order()
    links = [(one, last) for one in others]
    world.generation(PEERS, links=links)
    world.generation([*PEERS, LATE], links=links, seen_at=AS_OF)
    with serving(world.settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Client(world, address)


def names(found: dict[str, Any]) -> list[str]:
    return [one["blogger"]["id"].removeprefix("blg_") for one in found["data"]]


def test_a_ranking_is_shown_with_what_the_scores_are_made_of(client: Client) -> None:
    found = client.found("ranking")
    assert (found["ranking"]["generation"], found["ranking"]["total"], found["problem"]) == ("gen_000003", 6, None)
    for one in found["data"]:
        made = one["made_of"]
        parts = [part["contribution"] for part in made["parts"].values()]
        assert one["score"] == pytest.approx(
            fsum([*parts, *(-cost["amount"] for cost in made["deductions"])]), abs=1e-9
        )
    assert {
        post["url"].partition(
            "/",
        )[0]
        for post in found["data"][0]["best_posts"]
    } == {"https:"}


def test_an_older_ranking_can_be_asked_for(client: Client) -> None:
    first, second = (client.found(f"ranking?generation=gen_00000{number}") for number in (1, 2))
    assert names(first)[-1] == names(second)[0]
    assert len(first["data"]) == 5


def test_pages_of_a_ranking_fit_together(client: Client) -> None:
    first = client.get("ranking?limit=4")
    assert 'rel="next"' in first.headers["link"]
    rest = client.found(f"ranking?limit=4&cursor={first.json()['next_cursor']}")
    assert names(first.json()) + names(rest) == names(client.found("ranking"))
    assert ([one["rank"] for one in rest["data"]], rest["has_more"]) == ([5, 6], False)


def test_changes_are_those_since_the_ranking_before(client: Client) -> None:
    found = client.found("changes")
    assert (found["since"]["generation"], found["to"]["generation"]) == ("gen_000002", "gen_000003")
    assert [(one["change"], one["blogger"]["id"], one["rank_before"]) for one in found["data"]][:1] == [
        ("new", "blg_late", None)
    ]
    assert found["counts"]["new"] == 1


def test_a_change_carries_terms_evidence_and_who_was_passed(client: Client) -> None:
    found = client.found("changes?since=gen_000001&change=rose")
    (one,) = found["data"]
    assert fsum(one["terms"].values()) == pytest.approx(one["score_difference"], abs=1e-9)
    assert one["score"] - one["score_before"] == pytest.approx(one["score_difference"], abs=1e-12)
    assert one["places"] == one["rank_before"] - one["rank"] >= 4
    assert "4 more bloggers of the niche link here (0 → 4)" in [reason["text"] for reason in one["because"]]
    assert len(one["passed"]) == 3


def test_pages_of_changes_fit_together(client: Client) -> None:
    everything = "changes?since=gen_000001&change=new&change=rose&change=fell&change=unchanged&change=gone"
    whole, first = client.found(everything), client.found(f"{everything}&limit=2")
    seen, cursor = names(first), first["next_cursor"]
    while cursor:
        page = client.found(f"{everything}&limit=2&cursor={cursor}")
        seen, cursor = seen + names(page), page["next_cursor"]
    assert seen == names(whole)
    assert len(seen) == 6


@pytest.mark.parametrize(("what", "other"), [("ranking", "limit=1"), ("changes", "since=gen_000001")])
def test_an_answer_that_is_known_is_not_sent_again(client: Client, what: str, other: str) -> None:
    first = client.get(what)
    again = client.get(what, **{"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert client.get(f"{what}?{other}").headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("what", "status"),
    [
        ("ranking?generation=gen_000009", 404),
        ("ranking?generation=last", 404),
        ("changes?since=gen_000009", 404),
        ("changes?since=2020-01-01T00:00:00Z", 404),
        ("changes?since=2020-01-01T00:00:00", 400),
        ("changes?since=yesterday", 400),
        ("changes?change=better", 422),
        ("changes?cursor=forged", 400),
        ("ranking?cursor=forged", 400),
    ],
)
def test_what_cannot_be_told_is_refused(client: Client, what: str, status: int) -> None:
    assert client.get(what).status == status


def test_a_cursor_is_worth_nothing_for_another_question(client: Client) -> None:
    cursor = client.found("ranking?limit=1")["next_cursor"]
    for what in (f"ranking?generation=gen_000001&cursor={cursor}", f"changes?cursor={cursor}"):
        assert client.get(what).status == 400


def test_another_teams_niche_is_as_good_as_not_there(client: Client) -> None:
    stranger = make_key(client.world.settings, workspace="other")
    for what in ("ranking", "changes"):
        theirs = client.ask("GET", f"{client.path}/{what}", key=stranger)
        never = client.ask("GET", f"/v1/niches/nch_missing/{what}", key=stranger)
        assert (theirs.status, never.status) == (404, 404)
        assert theirs.json()["detail"] == never.json()["detail"].replace("nch_missing", client.world.niche.public_id)


def test_a_new_niche_is_ranked_behind_the_answer_and_again_when_it_is_changed(client: Client) -> None:
    made = client.ask("POST", "/v1/niches", {"name": "Beans", "brief": "Roasted coffee beans"}).json()
    path = f"/v1/niches/{made['id']}"
    until(lambda: client.ask("GET", f"{path}/changes").status == 200)
    assert client.ask("GET", f"{path}/changes").json()["since"] is None
    client.ask("PATCH", path, {"brief": "Espresso machines", "weights": {"reach": 1}})
    until(lambda: client.ask("GET", f"{path}/changes").json()["since"] is not None)
    found = client.ask("GET", f"{path}/changes").json()
    assert [cause["text"] for cause in found["causes"]] == ["the niche was changed: brief, weights"]
    assert found["since"]["generation"] == found["to"]["generation"] == "gen_000003"


def test_a_niche_that_cannot_be_ranked_says_why(client: Client) -> None:
    made = client.ask("POST", "/v1/niches", {"name": "Empty"}).json()
    until(lambda: "brief is empty" in client.ask("GET", f"/v1/niches/{made['id']}/changes").json()["detail"])
    client.ask("PATCH", client.path, {"brief": ""})
    until(lambda: client.found("changes")["problem"])
    assert client.found("ranking")["problem"]["generation"] == "gen_000003"
    client.ask("PATCH", client.path, {"brief": client.world.niche.brief})
    until(lambda: not client.found("changes")["problem"])


def test_who_opts_out_is_shown_nowhere_from_then_on(client: Client) -> None:
    gone = names(client.found("ranking?generation=gen_000001"))[2]
    settings = client.world.settings
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            reason = suppressions.OPTED_OUT
            suppressions.add(connection, settings.secret_key(), [f"{gone}.test"], reason=reason, now=utc_now())
        try:
            for what in ("ranking", "ranking?generation=gen_000001", "changes?since=gen_000001"):
                assert gone not in client.get(what).text.replace(client.path, "")
            assert [one["rank"] for one in client.found("ranking")["data"]] == [1, 2, 3, 4, 5]
        finally:
            with database.transaction() as connection:
                suppressions.lift(connection, settings.secret_key(), [f"{gone}.test"])


def test_a_page_whose_ranking_is_let_go_is_gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = client.found("changes?since=gen_000001&limit=1")["next_cursor"]
    monkeypatch.setattr(niche_rankings, "KEPT_GENERATIONS", 1)
    client.ask("PATCH", client.path, {"brief": "Espresso machines, grinders and beans at home"})
    until(lambda: client.get("ranking?generation=gen_000001").status == 410)
    assert client.get(f"changes?since=gen_000001&limit=1&cursor={cursor}").status == 410
