"""Niches over HTTP: kept, listed, changed, deleted, and every way to be refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from bloghound.settings import Settings
from tests.serving import Answer, ask, make_key, serving


@pytest.fixture
def address(settings: Settings) -> Iterator[str]:
    with serving(settings) as running:
        yield f"{running}/v1/niches"


@pytest.fixture
def key(settings: Settings, address: str) -> str:
    return make_key(settings, scopes=["read", "lists:write"])


def test_a_niche_is_kept_shown_changed_and_deleted(address: str, key: str) -> None:
    wanted = {"name": " Coffee ", "brief": "home espresso", "exclude_sites": ["shop.example"], "weights": {"reach": 2}}
    made = ask("POST", address, wanted, key=key)
    assert (made.status, made.json()["name"], made.json()["languages"]) == (201, "Coffee", [])
    assert made.json()["weights"] == {"relevance": 0, "engagement": 0, "reach": 2}
    one = f"{address}/{made.json()['id']}"
    assert made.headers["location"] == f"/v1/niches/{made.json()['id']}"
    assert ask("GET", one, key=key).json() == made.json()
    changed = ask("PATCH", one, {"languages": ["fi"], "weights": None}, key=key).json()
    assert (changed["languages"], changed["weights"], changed["brief"]) == (["fi"], None, "home espresso")
    assert ask("DELETE", one, key=key).status == 204
    assert ask("GET", one, key=key).status == 404


def test_a_cursor_leads_through_all_niches(address: str, key: str) -> None:
    for name in "cab":
        ask("POST", address, {"name": name}, key=key)
    first = ask("GET", f"{address}?limit=2", key=key)
    second = ask("GET", f"{address}?limit=2&cursor={first.json()['next_cursor']}", key=key).json()
    assert [one["name"] for one in first.json()["data"] + second["data"]] == ["a", "b", "c"]
    assert (first.json()["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)
    assert 'rel="next"' in first.headers["link"]


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "\x00"}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": "a", "colour": "red"}, "colour"),
        ({"name": "a", "languages": ["English"]}, "languages"),
        ({"name": "a", "weights": {"relevance": -1}}, "weights"),
        ({"name": "a", "weights": {"relevance": 0}}, "weights"),
        ({"name": "a", "exclude_sites": ["not an address"]}, "exclude_sites"),
        ({"name": "a", "examples_like": ["javascript:alert(1)"]}, "examples_like"),
        ({"name": "\ud800"}, "name"),
    ],
)
def test_what_cannot_be_used_is_named(address: str, key: str, body: dict[str, Any], part: str) -> None:
    answer = ask("POST", address, body, key=key)
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert part in answer.json()["errors"][0]["location"]


def test_a_taken_name_is_a_conflict(address: str, key: str) -> None:
    made = [ask("POST", address, {"name": name}, key=key) for name in ("a", "b", "a")]
    assert [answer.status for answer in made] == [201, 201, 409]
    assert "'a'" in made[2].json()["detail"]
    assert ask("PATCH", f"{address}/{made[1].json()['id']}", {"name": "a"}, key=key).status == 409


def test_a_niche_of_another_team_is_like_one_that_never_was(settings: Settings, address: str, key: str) -> None:
    made = ask("POST", address, {"name": "a"}, key=key).json()
    stranger = make_key(settings, workspace="other")
    one, missing = f"{address}/{made['id']}", f"{address}/nch_missing"

    def refused(method: str, url: str, body: Any = None) -> Answer:
        return ask(method, url, body, key=stranger)

    for method, body in (("GET", None), ("PATCH", {"brief": "x"}), ("DELETE", None)):
        theirs, never = refused(method, one, body), refused(method, missing, body)
        assert (theirs.status, never.status) == (404, 404)
        assert theirs.json()["detail"] == never.json()["detail"].replace("nch_missing", made["id"])
    assert refused("GET", address).json()["data"] == []
    assert ask("GET", one, key=key).json() == made


def test_a_key_that_only_reads_may_not_write(settings: Settings, address: str, key: str) -> None:
    reader = make_key(settings, scopes=["read"])
    made = ask("POST", address, {"name": "a"}, key=key).json()
    assert ask("GET", f"{address}/{made['id']}", key=reader).status == 200
    refused = [ask("POST", address, {"name": "b"}, key=reader)]
    refused += [ask(method, f"{address}/{made['id']}", {}, key=reader) for method in ("PATCH", "DELETE")]
    assert [answer.status for answer in refused] == [403, 403, 403]
    assert ask("GET", address).status == 401


@pytest.mark.parametrize("niche_id", ["%00", "a%20b", "x" * 65])
def test_an_id_of_another_shape_is_refused(address: str, key: str, niche_id: str) -> None:
    assert ask("GET", f"{address}/{niche_id}", key=key).status == 422


def test_a_forged_cursor_is_refused(address: str, key: str) -> None:
    assert ask("GET", f"{address}?cursor=WyJhIl0.forged", key=key).status == 400
