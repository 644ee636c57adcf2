"""Shortlists and entries over HTTP: a board's work, versions, bulk edits, other teams' ids."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest

from bloghound.settings import Settings
from storage import suppressions
from storage.database import open_database
from tests.listing import NOW, make_blogger
from tests.serving import Answer, ask, make_key, serving


class Board:
    """A service with some bloggers, a key, and one list."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings, self.address = settings, address
        self.key = make_key(settings, scopes=["read", "lists:write"])
        with closing(open_database(settings)) as database, database.transaction() as connection:
            self.bloggers = [make_blogger(connection, f"{name}.example", name=name.title()) for name in ("ana", "bo")]
        made = self.ask("POST", "/v1/lists", {"name": "Spring"})
        assert made.status == 201, made.text
        self.list = f"/v1/lists/{made.json()['id']}"
        self.etag = made.headers["etag"]

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return ask(method, self.address + path, body, key=more.pop("key", self.key), **more)

    def add(self, blogger: str, **fields: Any) -> Answer:
        return self.ask("POST", f"{self.list}/entries", {"blogger_id": blogger, **fields})

    def suppress(self, key: str) -> None:
        with closing(open_database(self.settings)) as database, database.transaction() as connection:
            suppressions.add(connection, self.settings.secret_key(), [key], reason=suppressions.OPTED_OUT, now=NOW)

    def entry(self, blogger: str) -> str:
        return f"{self.list}/entries/{blogger}"

    def names(self, query: str = "") -> list[str]:
        answer = self.ask("GET", f"{self.list}/entries{query}")
        assert answer.status == 200, answer.text
        return [one["blogger"]["name"] for one in answer.json()["data"]]


@pytest.fixture
def board(settings: Settings) -> Iterator[Board]:
    with serving(settings) as address:
        yield Board(settings, address)


def test_a_list_is_shown_with_all_stages_and_an_etag(board: Board) -> None:
    board.add(board.bloggers[0], stage="agreed")
    shown = board.ask("GET", board.list)
    assert shown.json()["entries"] == shown.json()["stages"]["agreed"] == 1
    assert (len(shown.json()["stages"]), shown.json()["version"]) == (8, 2)
    assert shown.headers["etag"] == f'"{shown.json()["id"]}-2"'
    assert board.ask("GET", "/v1/lists").json()["data"] == [shown.json()]


def test_an_entry_holds_what_a_card_shows(board: Board) -> None:
    ana = board.bloggers[0]
    origin = {"generation": "gen_1", "query": "coffee", "rank": 3, "score": 0.71}
    made = board.add(ana, stage="contacted", owner="me", tags=["x"], note="hello", added_from=origin)
    assert (made.status, made.headers["location"]) == (201, board.entry(ana))
    entry = made.json()
    assert entry["blogger"] == {"id": ana, "name": "Ana", "home_url": "https://ana.example/", "languages": ["en"]}
    assert (entry["stage"], entry["owner"], entry["tags"]) == ("contacted", "me", ["x"])
    assert {name: entry["added_from"][name] for name in origin} == origin
    assert [(note["author"], note["text"]) for note in entry["notes"]] == [("test key", "hello")]
    shown = board.ask("GET", board.entry(ana))
    assert (shown.json(), shown.headers["etag"]) == (entry, made.headers["etag"])


def test_adding_somebody_twice_is_a_conflict_that_names_them(board: Board) -> None:
    ana = board.bloggers[0]
    assert [board.add(ana).status, board.add(ana).status] == [201, 409]
    assert ana in board.add(ana).json()["detail"]
    assert board.add("blg_missing").status == 404


def test_an_entry_is_changed_and_removed(board: Board) -> None:
    ana = board.bloggers[0]
    board.add(ana, owner="me", tags=["x"])
    changed = board.ask("PATCH", board.entry(ana), {"stage": "replied", "tags": ["y", "z"]}).json()
    assert (changed["stage"], changed["owner"], changed["tags"]) == ("replied", "me", ["y", "z"])
    assert board.ask("PATCH", board.entry(ana), {}).json() == changed
    assert board.ask("DELETE", board.entry(ana)).status == 204
    assert [board.ask(method, board.entry(ana), {}).status for method in ("GET", "PATCH", "DELETE")] == [404] * 3


def test_notes_come_and_go(board: Board) -> None:
    ana = board.bloggers[0]
    board.add(ana)
    made = board.ask("POST", f"{board.entry(ana)}/notes", {"text": "called"})
    (note,) = made.json()["notes"]
    assert (made.status, note["author"], note["text"]) == (201, "test key", "called")
    gone = board.ask("DELETE", f"{board.entry(ana)}/notes/{note['id']}")
    assert (gone.status, gone.json()["notes"]) == (200, [])
    assert board.ask("DELETE", f"{board.entry(ana)}/notes/{note['id']}").status == 404


def test_a_change_of_an_outdated_version_is_refused(board: Board) -> None:
    ana, bo = board.bloggers
    fresh = board.add(ana).headers["etag"]
    outdated = {"If-Match": board.etag}
    for method, path, body in (
        ("PATCH", board.list, {"name": "x"}),
        ("DELETE", board.list, None),
        ("POST", f"{board.list}/entries", {"blogger_id": bo}),
        ("POST", f"{board.list}/entries:bulk", {"action": "remove", "blogger_ids": [ana]}),
        ("PATCH", board.entry(ana), {"owner": "x"}),
        ("POST", f"{board.entry(ana)}/notes", {"text": "x"}),
        ("DELETE", board.entry(ana), None),
    ):
        assert board.ask(method, path, body, headers=outdated).status == 412, (method, path)
    assert board.ask("GET", board.list).headers["etag"] == fresh
    renamed = board.ask("PATCH", board.list, {"name": "x"}, headers={"If-Match": fresh})
    assert (renamed.status, renamed.json()["name"], renamed.json()["version"]) == (200, "x", 3)
    assert board.ask("DELETE", board.list, headers={"If-Match": "*"}).status == 204


def test_a_taken_name_is_a_conflict(board: Board) -> None:
    assert board.ask("POST", "/v1/lists", {"name": "Spring"}).status == 409
    other = board.ask("POST", "/v1/lists", {"name": "Summer"}).json()["id"]
    assert board.ask("PATCH", f"/v1/lists/{other}", {"name": "Spring"}).status == 409


def test_lists_are_paged_by_name(board: Board) -> None:
    board.ask("POST", "/v1/lists", {"name": "Autumn"})
    first = board.ask("GET", "/v1/lists?limit=1").json()
    second = board.ask("GET", f"/v1/lists?limit=1&cursor={first['next_cursor']}").json()
    assert [one["name"] for one in first["data"] + second["data"]] == ["Autumn", "Spring"]


@pytest.mark.parametrize(("sort", "names"), [("added", ["Bo", "Ana"]), ("name", ["Ana", "Bo"]), ("-updated", None)])
def test_entries_are_paged_in_every_order(board: Board, sort: str, names: list[str] | None) -> None:
    ana, bo = board.bloggers
    board.add(bo)
    board.add(ana)
    first = board.ask("GET", f"{board.list}/entries?limit=1&sort={sort}").json()
    second = board.ask("GET", f"{board.list}/entries?limit=1&sort={sort}&cursor={first['next_cursor']}").json()
    assert [one["blogger"]["name"] for one in first["data"] + second["data"]] == (names or ["Ana", "Bo"])


def test_a_cursor_is_worth_nothing_for_another_listing(board: Board) -> None:
    for blogger in board.bloggers:
        board.add(blogger)
    cursor = board.ask("GET", f"{board.list}/entries?limit=1").json()["next_cursor"]
    for query in ("sort=name", "stage=candidate", "owner=x", "tag=x"):
        assert board.ask("GET", f"{board.list}/entries?limit=1&{query}&cursor={cursor}").status == 400
    assert board.ask("GET", f"{board.list}/history?cursor={cursor}").status == 400


def test_entries_are_filtered(board: Board) -> None:
    ana, bo = board.bloggers
    board.add(ana, stage="agreed", tags=["a&b=c"], owner="mé")
    board.add(bo, tags=["x"])
    assert board.names(f"?tag={quote('a&b=c')}") == board.names(f"?owner={quote('mé')}") == ["Ana"]
    assert board.names("?stage=agreed") == ["Ana"]
    assert board.names("?tag=%00x") == ["Bo"]
    assert board.ask("GET", f"{board.list}/entries?stage=friends").status == 422


def test_a_bulk_edit_sent_twice_changes_once(board: Board) -> None:
    wanted = {"action": "add", "blogger_ids": [*board.bloggers, board.bloggers[0], "blg_missing"], "stage": "contacted"}
    first, again = (board.ask("POST", f"{board.list}/entries:bulk", wanted) for _ in range(2))
    assert first.json()["counts"] == {"added": 2, "unknown_blogger": 1}
    assert again.json()["counts"] == {"unchanged": 2, "unknown_blogger": 1}
    assert first.json()["version"] == again.json()["version"] == 2
    assert first.headers["etag"] == again.headers["etag"]
    assert [one["blogger_id"] for one in first.json()["results"]] == [*board.bloggers, "blg_missing"]


@pytest.mark.parametrize(
    ("action", "field", "after"),
    [
        ({"action": "set_stage", "stage": "declined"}, "stage", "declined"),
        ({"action": "set_owner", "owner": ""}, "owner", ""),
        ({"action": "add_tags", "tags": ["y"]}, "tags", ["x", "y"]),
        ({"action": "remove_tags", "tags": ["x", "q"]}, "tags", []),
    ],
)
def test_each_bulk_edit_does_what_it_says(board: Board, action: dict[str, Any], field: str, after: object) -> None:
    ana, bo = board.bloggers
    board.add(ana, tags=["x"], owner="me")
    answer = board.ask("POST", f"{board.list}/entries:bulk", {**action, "blogger_ids": [ana, bo]})
    assert [one["outcome"] for one in answer.json()["results"]] == ["changed", "not_listed"]
    assert board.ask("GET", board.entry(ana)).json()[field] == after


def test_bulk_removal(board: Board) -> None:
    board.add(board.bloggers[0])
    wanted = {"action": "remove", "blogger_ids": board.bloggers}
    answer = board.ask("POST", f"{board.list}/entries:bulk", wanted)
    assert (answer.json()["counts"], board.names()) == ({"removed": 1, "not_listed": 1}, [])


def test_a_bulk_edit_that_fails_for_one_changes_none(board: Board) -> None:
    ana, bo = board.bloggers
    board.add(ana)
    board.add(bo, tags=[str(number) for number in range(50)])
    wanted = {"action": "add_tags", "tags": ["more"], "blogger_ids": [ana, bo]}
    assert board.ask("POST", f"{board.list}/entries:bulk", wanted).status == 400
    assert board.ask("GET", board.entry(ana)).json()["tags"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"action": "add"},
        {"action": "add", "blogger_ids": []},
        {"action": "add", "blogger_ids": ["blg_x"] * 1001},
        {"action": "add", "blogger_ids": ["x\x00"]},
        {"action": "set_stage", "blogger_ids": ["blg_x"]},
        {"action": "set_stage", "blogger_ids": ["blg_x"], "stage": "friends"},
        {"action": "explode", "blogger_ids": ["blg_x"]},
        {"blogger_ids": ["blg_x"]},
        [],
    ],
)
def test_a_bulk_edit_that_cannot_be_used_is_refused(board: Board, body: Any) -> None:
    assert board.ask("POST", f"{board.list}/entries:bulk", body).status == 422


def test_history_says_who_did_what(board: Board) -> None:
    ana = board.bloggers[0]
    board.add(ana)
    board.ask("PATCH", board.entry(ana), {"stage": "contacted"})
    newest = board.ask("GET", f"{board.list}/history?limit=1").json()
    (event,) = newest["data"]
    assert (event["actor"], event["action"], event["blogger_id"]) == ("test key", "entry.changed", ana)
    assert event["changes"] == {"stage": ["candidate", "contacted"]}
    rest = board.ask("GET", f"{board.list}/history?cursor={newest['next_cursor']}").json()
    assert [one["action"] for one in rest["data"]] == ["entry.added", "list.created"]


def test_a_list_of_another_team_is_like_one_that_never_was(board: Board) -> None:
    ana, bo = board.bloggers
    board.add(ana)
    before = board.ask("GET", board.list).json()
    stranger = make_key(board.settings, workspace="other")
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("GET", "/entries", None),
        ("POST", "/entries", {"blogger_id": bo}),
        ("POST", "/entries:bulk", {"action": "remove", "blogger_ids": [ana]}),
        ("GET", f"/entries/{ana}", None),
        ("PATCH", f"/entries/{ana}", {"owner": "x"}),
        ("DELETE", f"/entries/{ana}", None),
        ("POST", f"/entries/{ana}/notes", {"text": "x"}),
        ("GET", "/history", None),
        ("GET", "/export", None),
    ):
        theirs = board.ask(method, board.list + path, body, key=stranger)
        never = board.ask(method, "/v1/lists/lst_missing" + path, body, key=stranger)
        assert (theirs.status, never.status) == (404, 404), (method, path)
        assert theirs.json()["detail"].replace(before["id"], "lst_missing") == never.json()["detail"]
    assert board.ask("GET", "/v1/lists", key=stranger).json()["data"] == []
    assert board.ask("GET", board.list).json() == before


def test_a_key_that_only_reads_may_not_write(board: Board) -> None:
    reader = make_key(board.settings, scopes=["read"])
    ana = board.bloggers[0]
    assert board.ask("GET", f"{board.list}/entries", key=reader).status == 200
    refused = [
        board.ask("POST", "/v1/lists", {"name": "x"}, key=reader),
        board.ask("POST", f"{board.list}/entries", {"blogger_id": ana}, key=reader),
        board.ask("DELETE", board.list, key=reader),
        board.ask("GET", f"{board.list}/export", key=reader),
    ]
    assert [answer.status for answer in refused] == [403] * 4


def test_a_retried_addition_is_answered_as_the_first_time(board: Board) -> None:
    body, headers = {"blogger_id": board.bloggers[0]}, {"Idempotency-Key": "once"}
    first, again = (board.ask("POST", f"{board.list}/entries", body, headers=headers) for _ in range(2))
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert (again.headers["etag"], again.headers["location"]) == (first.headers["etag"], first.headers["location"])


def test_whoever_opted_out_is_neither_shown_nor_changed(board: Board) -> None:
    ana, bo = board.bloggers
    board.add(ana, stage="agreed")
    board.add(bo)
    board.suppress("ana.example")
    assert [board.names(query) for query in ("", "?sort=name", "?sort=-updated", "?stage=agreed")] == [["Bo"]] * 3 + [
        []
    ]
    shown = board.ask("GET", board.list).json()
    assert (shown["entries"], shown["stages"]["agreed"]) == (1, 0)
    assert board.ask("GET", "/v1/lists").json()["data"][0]["entries"] == 1
    history = board.ask("GET", f"{board.list}/history").json()["data"]
    assert [event["blogger_name"] for event in history] == ["Bo", None]
    wanted = {"action": "add_tags", "tags": ["x"], "blogger_ids": [ana, bo]}
    changed = board.ask("POST", f"{board.list}/entries:bulk", wanted)
    assert changed.json()["counts"] == {"changed": 1, "unknown_blogger": 1}


def test_whoever_opted_out_is_as_good_as_unknown(board: Board) -> None:
    ana, entries = board.bloggers[0], f"{board.list}/entries"
    board.add(ana)
    board.suppress("ana.example")
    for method, path, body in (
        ("GET", "/{id}", None),
        ("PATCH", "/{id}", {"owner": "x"}),
        ("DELETE", "/{id}", None),
        ("POST", "/{id}/notes", {"text": "x"}),
        ("POST", "", {"blogger_id": "{id}"}),
    ):
        bodies = [json.loads(json.dumps(body).replace("{id}", blogger)) for blogger in (ana, "blg_x")]
        theirs = board.ask(method, entries + path.format(id=ana), bodies[0])
        never = board.ask(method, entries + path.format(id="blg_x"), bodies[1])
        assert (theirs.status, never.status) == (404, 404), (method, path)
        assert theirs.json()["detail"].replace(ana, "blg_x") == never.json()["detail"]
