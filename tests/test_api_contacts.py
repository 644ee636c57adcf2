"""Contacts over the real server: who may see them, what is said while they are not collected, and where they show."""

import csv
import io
import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.exports.rows import COLUMNS, CONTACT_COLUMNS
from bloghound.records import Statement, StatementKind
from bloghound.settings import Settings
from storage import sites, statements, suppressions
from storage.database import open_database
from tests.profiled_bloggers import HIDDEN, built_world, id_of
from tests.serving import Answer, ask, make_key, serving
from tests.stored_bloggers import NOW

KIND = StatementKind
BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))
PAGE = "https://bean.example/contact"
SAID = {
    "bean.example": [
        Statement(KIND.EMAIL, "bea@bean.example", "Write to me", PAGE),
        Statement(KIND.EMAIL, "press@bean.example", "For press", PAGE),
        Statement(KIND.CONTACT_PAGE, PAGE, "Contact", PAGE),
        Statement(KIND.PR_WELCOME, "", "PR friendly", PAGE),
        Statement(KIND.NO_GUEST_POSTS, "", "=No guest posts", PAGE),
    ],
    "cup.example": [Statement(KIND.NO_PITCHES, "", "No pitches, please.", "https://cup.example/about")],
    HIDDEN: [Statement(KIND.EMAIL, f"me@{HIDDEN}", "Mail", f"https://{HIDDEN}/contact")],
}


@dataclass(frozen=True)
class Client:
    """Asks one service, each time with a key of the scopes given."""

    settings: Settings
    address: str

    def get(self, path: str, *scopes: str) -> Answer:
        return ask("GET", f"{self.address}/v1{path}", key=make_key(self.settings, scopes))

    def search(self, *scopes: str, **filters: Any) -> Answer:
        body = {"query": "coffee espresso grinders", "filters": filters}
        return ask("POST", f"{self.address}/v1/search", body, key=make_key(self.settings, scopes))

    def contacts(self, blogger: str = BEAN) -> dict[str, Any]:
        answer = self.get(f"/bloggers/{blogger}/contacts", "contacts:read")
        assert answer.status == 200, answer.text
        return dict(answer.json())

    def names(self, *scopes: str, **filters: Any) -> list[str]:
        answer = self.search(*scopes, **filters)
        assert answer.status == 200, answer.text
        return [result["blogger"]["id"] for result in answer.json()["results"]]

    def export(self, query: str, scopes: Sequence[str]) -> Answer:
        key = make_key(self.settings)
        name = {"name": f"for {self.address} {query} {scopes}"}
        made = ask("POST", f"{self.address}/v1/lists", name, key=key).json()["id"]
        for blogger in (BEAN, CUP, WHEEL):
            added = ask("POST", f"{self.address}/v1/lists/{made}/entries", {"blogger_id": blogger}, key=key)
            assert added.status == 201, added.text
        return self.get(f"/lists/{made}/export{query}", *scopes)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = built_world(tmp_path_factory.mktemp("world"))
    with closing(open_database(settings)) as database, database.transaction() as connection:
        ids = sites.ids_by_key(connection, list(SAID))
        for key, said in SAID.items():
            statements.replace_of_page(connection, ids[key], said[0].source_url, said, read_at=NOW)
    return settings


@pytest.fixture(scope="module")
def client(world: Settings) -> Iterator[Client]:
    settings = world.model_copy(update={"collect_contacts": True})
    with serving(settings) as address:
        yield Client(settings, address)


@pytest.fixture(scope="module")
def closed(world: Settings) -> Iterator[Client]:
    """The same world, served with collecting turned off again."""
    with serving(world) as address:
        yield Client(world, address)


def test_wishes_and_ways_come_with_their_sources(client: Client) -> None:
    found = client.contacts()
    assert (found["collected"], found["reason"]) == (True, None)
    assert [wish["kind"] for wish in found["wishes"]] == ["no_guest_posts", "pr_welcome"]
    assert [way["value"] for way in found["contacts"]] == ["bea@bean.example", "press@bean.example", PAGE]
    assert {(one["source_url"], one["observed_at"]) for one in found["contacts"]} == {(PAGE, "2026-05-01T00:00:00Z")}
    assert found["contacts"][0]["words"] == "Write to me"


def test_a_functions_address_is_marked(client: Client) -> None:
    marks = {way["value"]: way["is_role"] for way in client.contacts()["contacts"]}
    assert marks == {"bea@bean.example": False, "press@bean.example": True, PAGE: None}


def test_who_states_nothing_has_a_reason(client: Client) -> None:
    empty = {"collected": True, "reason": "not_exposed", "wishes": [], "contacts": []}
    assert client.contacts(WHEEL) == empty


def test_turned_off_nothing_is_shown_that_was_stored(closed: Client) -> None:
    empty = {"collected": False, "reason": "not_collected", "wishes": [], "contacts": []}
    assert closed.contacts() == empty


@pytest.mark.parametrize("blogger", [id_of(HIDDEN), "blg_nobody"])
def test_who_opted_out_and_who_never_was_are_answered_alike(client: Client, closed: Client, blogger: str) -> None:
    for one in (client, closed):
        answer = one.get(f"/bloggers/{blogger}/contacts", "contacts:read")
        assert (answer.status, answer.json()["detail"]) == (404, f"There is no blogger '{blogger}'.")


def test_contacts_need_a_scope_of_their_own(client: Client) -> None:
    path = f"/bloggers/{BEAN}/contacts"
    assert ask("GET", f"{client.address}/v1{path}").status == 401
    for scope in ("read", "export", "lists:write", "crawl"):
        assert client.get(path, scope).status == 403
    assert client.get(path, "admin").status == 200


def test_no_other_answer_about_a_blogger_names_an_address(client: Client) -> None:
    for part in ("", "/posts", "/activity", "/links", "/history", "/similar"):
        assert "press@bean.example" not in client.get(f"/bloggers/{BEAN}{part}", "admin").text


def test_the_log_says_which_key_saw_contacts_and_not_whose(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="api.routes.contacts"):
        client.contacts()
        client.contacts(WHEEL)
    (line,) = caplog.messages
    assert "key_" in line
    assert BEAN not in line
    assert "bean" not in line


# Search


def test_a_search_can_ask_for_bloggers_with_or_without_a_way_of_contact(client: Client) -> None:
    scopes = ("read", "contacts:read")
    everybody = client.names(*scopes)
    assert {BEAN, CUP, WHEEL} < set(everybody)
    assert client.names(*scopes, has_contact=True) == [BEAN]
    assert client.names(*scopes, has_contact=False) == [one for one in everybody if one != BEAN]


def test_the_filter_holds_beside_a_lists(client: Client) -> None:
    key = make_key(client.settings)
    made = ask("POST", f"{client.address}/v1/lists", {"name": "cups"}, key=key).json()["id"]
    ask("POST", f"{client.address}/v1/lists/{made}/entries", {"blogger_id": CUP}, key=key)
    assert client.names("admin", in_list=made, has_contact=True) == []
    assert client.names("admin", in_list=made, has_contact=False) == [CUP]
    assert client.names("admin", not_in_list=made, has_contact=True) == [BEAN]


def test_the_filter_is_refused_without_the_scope_and_while_nothing_is_collected(client: Client, closed: Client) -> None:
    for wanted in (True, False):
        assert client.search("read", has_contact=wanted).status == 403
        answer = closed.search("read", "contacts:read", has_contact=wanted)
        assert (answer.status, "BLOGHOUND_COLLECT_CONTACTS is off" in answer.json()["detail"]) == (400, True)


def test_results_show_the_wishes_to_who_may_read_them(client: Client, closed: Client) -> None:
    def wishes(one: Client, *scopes: str) -> dict[str, Any]:
        return {row["blogger"]["id"]: row["contact_wishes"] for row in one.search(*scopes).json()["results"]}

    shown = wishes(client, "admin")
    assert [shown[one] for one in (BEAN, CUP, WHEEL)] == [["no_guest_posts", "pr_welcome"], ["no_pitches"], []]
    assert set(wishes(client, "read").values()) == set(wishes(closed, "admin").values()) == {None}


# Exports


def test_an_export_has_contacts_in_further_columns(client: Client) -> None:
    answer = client.export("", ("export", "contacts:read"))
    rows = {row["external_id"]: row for row in csv.DictReader(io.StringIO(answer.body.decode("utf-8"), newline=""))}
    assert tuple(rows[BEAN]) == COLUMNS + CONTACT_COLUMNS
    assert [rows[BEAN][name] for name in CONTACT_COLUMNS[1:]] == ["press@bean.example", PAGE, PAGE]
    assert rows[BEAN]["contact_wish"] == "no_guest_posts: =No guest posts; pr_welcome: PR friendly"
    shown = ("no_pitches: No pitches, please.", "", "", "https://cup.example/about")
    assert tuple(rows[CUP][name] for name in CONTACT_COLUMNS) == shown
    assert {rows[WHEEL][name] for name in CONTACT_COLUMNS} == {""}


def test_the_other_formats_have_them_too(client: Client) -> None:
    rows = json.loads(client.export("?format=json", ("export", "contacts:read")).body)["data"]
    assert [row["email"] for row in rows] == ["press@bean.example", "", ""]
    book = openpyxl.load_workbook(io.BytesIO(client.export("?format=xlsx", ("admin",)).body))
    sheet = book.worksheets[0]
    assert tuple(cell.value for cell in sheet[1]) == COLUMNS + CONTACT_COLUMNS
    assert sheet.cell(2, len(COLUMNS) + 2).value == "press@bean.example"


@pytest.mark.parametrize("format_", ["csv", "json", "xlsx"])
def test_an_export_has_no_contacts_for_others_or_while_turned_off(client: Client, closed: Client, format_: str) -> None:
    for one, scopes in ((client, ("export",)), (closed, ("admin",))):
        answer = one.export(f"?format={format_}", scopes)
        text = _text_of(answer, format_)
        assert "bean.example" in text
        assert not any(name in text for name in ("press@bean.example", "contact_wish", "source_of_contact"))


def _text_of(answer: Answer, format_: str) -> str:
    if format_ != "xlsx":
        return answer.text
    rows = openpyxl.load_workbook(io.BytesIO(answer.body)).worksheets[0].iter_rows(values_only=True)
    return " ".join(str(cell) for row in rows for cell in row)


# Safe retries


def test_no_answer_with_wishes_is_kept_for_a_retry(client: Client, closed: Client) -> None:
    key, body = make_key(client.settings, ("contacts:read", "read")), {"query": "coffee espresso grinders"}
    answers = [
        ask("POST", f"{one.address}/v1/search", body, key=key, headers={"Idempotency-Key": "once"})
        for one in (client, closed)
    ]
    assert [answer.status for answer in answers] == [200, 200]
    shown, hidden = ([result["contact_wishes"] for result in answer.json()["results"]] for answer in answers)
    assert ["no_pitches"] in shown
    assert set(map(str, hidden)) == {"None"}


# Opting out


def test_an_opt_out_hides_contacts_at_once(tmp_path: Path) -> None:
    settings = built_world(tmp_path).model_copy(update={"collect_contacts": True})
    with closing(open_database(settings)) as database, database.transaction() as connection:
        site_id = sites.ids_by_key(connection, ["cup.example"])["cup.example"]
        statements.replace_of_page(
            connection, site_id, PAGE, [Statement(KIND.EMAIL, "c@cup.example", "", PAGE)], read_at=NOW
        )
    with serving(settings) as address:
        client = Client(settings, address)
        assert client.names("admin", has_contact=True) == [CUP]
        with closing(open_database(settings)) as database, database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), ["cup.example"], reason="opt-out", now=NOW)
        assert client.get(f"/bloggers/{CUP}/contacts", "admin").status == 404
        assert client.names("admin", has_contact=True) == []
