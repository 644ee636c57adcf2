"""Being left out, over the real server: in force at once, the same answer for everybody, rejected, erased."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import text

from bloghound.settings import Settings
from storage import optouts, sites
from storage.database import open_database
from storage.tables.base import public_id, utc_now
from tests.serving import Answer, ask, make_key, serving
from tests.working import CONTACT, ended, running, wait_for


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


def opt_out(service: str, address: str, **more: str) -> Answer:
    return ask("POST", f"{service}/v1/optouts", {"address": address, **more})


def crawl(service: str, key: str, *seeds: str) -> Answer:
    return ask("POST", f"{service}/v1/crawls", {"seeds": list(seeds)}, key=key)


def store(settings: Settings, *keys: str) -> None:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        sites.ensure(connection, [sites.seed(f"https://{key}/") for key in keys], now=utc_now())


def test_who_opts_out_is_left_out_at_once(service: str, key: str, installation: Settings) -> None:
    store(installation, "www.out.example")
    receipt = opt_out(service, "https://out.example/about", note="Please.").json()
    assert (receipt["state"], receipt["effective"]) == ("requested", "now")
    answer = crawl(service, key, "https://www.out.example/", "https://in.example/")
    assert [(one["row"], one["reason"]) for one in answer.json()["refused"]] == [(1, "suppressed")]
    with closing(open_database(installation)) as database, database.read() as connection:
        assert public_id("blg", "www.out.example") in optouts.hidden_bloggers(connection)


def test_who_opts_out_is_shown_neither_as_a_site_nor_as_where_another_was_found(
    service: str, key: str, installation: Settings
) -> None:
    store(installation, "a1.hidden.example", "a2.seen.example", "a3.seen.example")
    with closing(open_database(installation)) as database, database.transaction() as connection:
        found = {"found": "https://a1.hidden.example/roll", "key": "a2.seen.example"}
        connection.execute(text("UPDATE site SET found_from_url = :found WHERE key = :key"), found)
    opt_out(service, "https://a1.hidden.example/")
    site, blogger = public_id("site", "a2.seen.example"), public_id("blg", "a2.seen.example")
    pages = [f"/v1/sites/{site}", f"/v1/bloggers/{blogger}", "/v1/sites?limit=2&q=a"]
    shown = [ask("GET", f"{service}{page}", key=key) for page in pages]
    assert [(one.status, "a1.hidden.example" in one.text) for one in shown] == [(200, False)] * 3
    assert [one["key"] for one in shown[2].json()["data"]] == ["a2.seen.example", "a3.seen.example"]
    gone = public_id("site", "a1.hidden.example")
    assert ask("GET", f"{service}/v1/sites/{gone}", key=key).status == 404


def test_an_answer_kept_for_a_retry_shows_nobody_who_opted_out_since(
    service: str, key: str, installation: Settings
) -> None:
    store(installation, "b1.kept.example")
    headers, named = {"Idempotency-Key": "kept"}, {"blogger_id": public_id("blg", "b1.kept.example")}
    made = ask("POST", f"{service}/v1/lists", {"name": "kept"}, key=key).json()["id"]
    entries = f"{service}/v1/lists/{made}/entries"
    assert ask("POST", entries, named, key=key, headers=headers).status == 201
    opt_out(service, "https://b1.kept.example/")
    assert ask("POST", entries, named, key=key, headers=headers).status == 404


@pytest.mark.parametrize(
    ("asked", "seed"),
    [
        ("@ann@social.example", "https://social.example/@ann"),
        ("https://social.example/users/bob", "https://social.example/@bob"),
        ("https://medium.com/@eve/a-post", "https://medium.com/@eve"),
    ],
)
def test_profiles_opt_out_alone(service: str, key: str, asked: str, seed: str) -> None:
    assert opt_out(service, asked).status == 202
    assert crawl(service, key, seed).status == 400
    assert crawl(service, key, seed + "other").status == 202


def test_the_answer_does_not_tell_whether_a_site_is_stored(service: str, installation: Settings) -> None:
    store(installation, "stored.example")
    answers = [opt_out(service, f"https://{name}.example/") for name in ("stored", "unheard-of")]
    first, second = (answer.json() for answer in answers)
    assert [answer.status for answer in answers] == [202, 202]
    assert {**first, "id": "", "erase_after": ""} == {**second, "id": "", "erase_after": ""}
    state = ask("GET", f"{service}/v1/optouts/{first['id']}")
    assert state.json() == {"id": first["id"], "state": "requested"}


def test_a_false_request_is_rejected(service: str, key: str) -> None:
    first, second = (opt_out(service, "https://false.example/").json()["id"] for _ in range(2))
    rejected = ask("POST", f"{service}/v1/optouts/{first}:reject", key=key)
    assert rejected.status == 200
    assert (rejected.json()["state"], rejected.json()["erase_after"]) == ("rejected", None)
    assert crawl(service, key, "https://false.example/").status == 400
    assert ask("POST", f"{service}/v1/optouts/{second}:reject", key=key).status == 200
    assert crawl(service, key, "https://false.example/").status == 202
    assert ask("POST", f"{service}/v1/optouts/{second}:reject", key=key).status == 409


def test_only_administrators_see_and_reject_requests(service: str, key: str, installation: Settings) -> None:
    made = opt_out(service, "https://seen.example/").json()["id"]
    other = make_key(installation, ("read", "crawl"))
    assert ask("GET", f"{service}/v1/optouts", key=other).status == 403
    assert ask("POST", f"{service}/v1/optouts/{made}:reject", key=other).status == 403
    listed = ask("GET", f"{service}/v1/optouts?state=requested&limit=1", key=key).json()
    assert [(one["id"], one["site_key"]) for one in listed["data"]] == [(made, "seen.example")]
    assert listed["has_more"]


@pytest.mark.parametrize("address", ["", "no address", "ann@a.example", "ftp://a.example/", "x" * 2001, "\x00"])
def test_what_is_no_address_is_refused(service: str, address: str) -> None:
    answer = opt_out(service, address)
    assert answer.status in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_note_is_short_and_not_stored(service: str, installation: Settings) -> None:
    assert opt_out(service, "https://note.example/", note="n" * 501).status == 422
    assert opt_out(service, "https://note.example/", note="a-word-of-mine").status == 202
    files = [path for path in installation.data_dir.rglob("*") if path.is_file()]
    assert not [path for path in files if b"a-word-of-mine" in path.read_bytes()]


def test_a_blogger_is_erased_by_an_administrator(service: str, key: str, installation: Settings) -> None:
    store(installation, "erased.example")
    blogger = public_id("blg", "erased.example")
    address = f"{service}/v1/bloggers/{blogger}"
    assert ask("DELETE", address, key=make_key(installation, ("crawl",))).status == 403
    answer = ask("DELETE", address, key=key)
    assert (answer.status, answer.json()["kind"]) == (202, "forget")
    assert crawl(service, key, "https://erased.example/").status == 400
    assert ask("POST", service + answer.headers["location"] + ":cancel", key=key).status == 409
    with running(installation, {}):
        job = wait_for(installation, answer.json()["id"], ended)
    assert (job.state, len(job.result["receipts"])) == ("succeeded", 1)
    assert ask("DELETE", address, key=key).status == 404
