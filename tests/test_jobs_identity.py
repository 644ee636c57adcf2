"""Proofs as they are shown and taken back: over the real server and on the command line."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bloghound.cli import run
from bloghound.settings import Settings
from storage import identity, sites, suppressions
from storage.database import open_database
from storage.tables.base import public_id
from tests.crawling import query
from tests.serving import Answer, ask, make_key, serving
from tests.stored_bloggers import NOW, Stored

BLOG, PROFILE, OTHER = "bean.example", "m.example/@bean", "cup.example"
BEAN = public_id("blg", BLOG)


def build(settings: Settings) -> None:
    """A blog joined with a profile and with another blog."""
    with closing(open_database(settings)) as database, database.transaction() as connection:
        world = Stored(connection)
        world.site(BLOG)
        world.site(OTHER)
        world.site(PROFILE, kind="profile", platform="mastodon")
        for other in (PROFILE, OTHER):
            ids = sites.ids_by_key(connection, [BLOG, other])
            evidence = {"site_names": f"https://{other}", "other_names": f"https://{BLOG}"}
            identity.join(connection, ids[BLOG], ids[other], method="rel_me", evidence=evidence, now=NOW)


class Service:
    """The running service with keys of two kinds."""

    def __init__(self, settings: Settings, address: str) -> None:
        self.settings = settings
        self._address = address
        self._keys = {name: make_key(settings, scopes=(name,)) for name in ("read", "crawl", "admin")}

    def __call__(self, method: str, path: str, scope: str = "read") -> Answer:
        return ask(method, f"{self._address}/v1/bloggers{path}", key=self._keys[scope])

    def proofs(self, blogger: str = BEAN) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self("GET", f"/{blogger}/proofs").json()["data"]
        return found


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    build(settings)
    with serving(settings) as address:
        yield Service(settings, address)


# Over HTTP


def test_the_proofs_of_a_blogger_say_what_each_side_says(service: Service) -> None:
    first, second = service.proofs()
    assert (first["site_key"], first["other_site_key"], first["state"]) == (BLOG, PROFILE, "valid")
    assert first["evidence"] == {"site_names": f"https://{PROFILE}", "other_names": f"https://{BLOG}"}
    assert (first["blogger"], first["other_blogger"]) == (BEAN, BEAN)
    assert first["id"] == public_id("prf", BLOG, PROFILE, "rel_me") != second["id"]


def test_a_proof_taken_back_parts_its_sites_and_leaves_the_others(service: Service) -> None:
    proof = service.proofs()[0]["id"]
    answer = service("DELETE", f"/{BEAN}/proofs/{proof}", "admin")
    assert (answer.status, answer.json()["state"]) == (200, "taken_back")
    apart = public_id("blg", PROFILE)
    assert (answer.json()["blogger"], answer.json()["other_blogger"]) == (BEAN, apart)
    assert [site["key"] for site in service("GET", f"/{BEAN}").json()["sites"]] == [BLOG, OTHER]
    assert [site["key"] for site in service("GET", f"/{apart}").json()["sites"]] == [PROFILE]


def test_both_bloggers_show_what_was_taken_back_and_who_did_it_is_not_told(service: Service) -> None:
    proof = service.proofs()[0]["id"]
    for _ in range(2):
        assert service("DELETE", f"/{BEAN}/proofs/{proof}", "admin").status == 200
    shown = [service.proofs(one)[0] for one in (BEAN, public_id("blg", PROFILE))]
    assert [one["state"] for one in shown] == ["taken_back", "taken_back"]
    assert "test key" not in json.dumps(shown)
    assert query(service.settings, "SELECT revoked_by FROM blogger_proof ORDER BY id") == [("by test key",), ("",)]


@pytest.mark.parametrize("scope", ["read", "crawl"])
def test_only_who_may_everything_takes_back(service: Service, scope: str) -> None:
    assert service("DELETE", f"/{BEAN}/proofs/{service.proofs()[0]['id']}", scope).status == 403
    assert service.proofs()[0]["state"] == "valid"


@pytest.mark.parametrize("path", ["/blg_none/proofs/prf_none", f"/{BEAN}/proofs/prf_none"])
def test_what_is_not_there_is_not_found(service: Service, path: str) -> None:
    assert service("DELETE", path, "admin").status == 404


def test_another_bloggers_proof_is_not_found(service: Service) -> None:
    first, second = (one["id"] for one in service.proofs())
    service("DELETE", f"/{BEAN}/proofs/{first}", "admin")
    assert service("DELETE", f"/{public_id('blg', PROFILE)}/proofs/{second}", "admin").status == 404


def test_a_proof_that_names_somebody_who_asked_to_be_left_out_is_not_shown(service: Service) -> None:
    service("DELETE", f"/{BEAN}/proofs/{service.proofs()[0]['id']}", "admin")
    with closing(open_database(service.settings)) as database, database.transaction() as connection:
        suppressions.add(connection, service.settings.secret_key(), [PROFILE], reason="opted out", now=NOW)
    assert [one["other_site_key"] for one in service.proofs()] == [OTHER]


# On the command line


@pytest.fixture
def terminal(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.chdir(tmp_path)
    build(settings)
    return settings


def groups(settings: Settings) -> list[list[str]]:
    rows = query(settings, "SELECT blogger_id, key FROM site ORDER BY key")
    found: dict[object, list[str]] = {}
    for blogger, key in rows:
        found.setdefault(blogger, []).append(str(key))
    return sorted(found.values())


def test_a_site_is_separated_from_all_others(terminal: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["separate", BLOG]) == 0
    assert groups(terminal) == [[BLOG], [OTHER], [PROFILE]]
    shown = capsys.readouterr().out
    assert shown.count("taken back by command line") == 2
    assert PROFILE in shown


def test_a_site_is_separated_from_one_other(terminal: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["separate", f"https://{BLOG}/", "--from", "@bean@m.example", "--json"]) == 0
    assert groups(terminal) == [[BLOG, OTHER], [PROFILE]]
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["other_site"], proof["state"], proof["taken_back_by"]) == (PROFILE, "taken_back", "command line")


def test_showing_takes_nothing_back(terminal: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["separate", PROFILE, "--show", "--json"]) == 0
    (proof,) = json.loads(capsys.readouterr().out)["proofs"]
    assert (proof["site"], proof["state"], proof["revoked_at"]) == (BLOG, "valid", None)
    assert groups(terminal) == [[BLOG, OTHER, PROFILE]]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nobody.example"], "No site 'nobody.example' is stored."),
        ([BLOG, "--from", "nobody.example"], f"No proof joins {BLOG} with nobody.example."),
        (["not an address"], "not an address"),
    ],
)
def test_what_cannot_be_separated_is_one_sentence(
    terminal: Settings, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["separate", *arguments]) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert groups(terminal) == [[BLOG, OTHER, PROFILE]]
