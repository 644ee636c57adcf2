"""Importing lists of sites over the real server: every form, every encoding, hostile files, one answer a row."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bloghound.jobs.sitelists import MAX_ROWS
from bloghound.settings import Settings
from tests.serving import Answer, ask, make_key, serving
from tests.working import CONTACT


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


def send(service: str, key: str, content: bytes, kind: str = "text/csv", query: str = "") -> Answer:
    return ask("POST", f"{service}/v1/sites:import{query}", raw=content, key=key, headers={"Content-Type": kind})


def rows(answer: Answer) -> list[tuple[int, str, str]]:
    assert answer.status == 200, answer.text
    return [(row["row"], row["input"], row["status"]) for row in answer.json()["rows"]]


def test_rows_are_answered_one_by_one(service: str, key: str) -> None:
    table = b"name,Website\nAnn,https://rows.example/\nBob,not an address\n\nEve,http://10.0.0.1/\nAnn,rows.example\n"
    answer = send(service, key, table)
    assert rows(answer) == [
        (2, "https://rows.example/", "added"),
        (3, "not an address", "refused"),
        (5, "http://10.0.0.1/", "refused"),
        (6, "rows.example", "known"),
    ]
    assert answer.json()["counts"] == {"added": 1, "known": 1, "suppressed": 0, "refused": 2}
    site = ask("GET", f"{service}/v1/sites/{answer.json()['rows'][0]['site_id']}", key=key).json()
    assert (site["key"], site["state"], site["health"]) == ("rows.example", "known", None)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ("https://form{n}.example/\n# a note\n", "text/plain"),
        ("Ann;form{n}.example;food\nBob;;x\n", "text/csv"),
        ('name,url\n"Ann,https://form{n}.example/\nform{n}.example,form{n}.example\n', "text/csv"),
        ("\ufeffurl\r\nform{n}.example\r\n", "text/csv; charset=utf-8"),
        ('<opml><outline text="a"><outline xmlUrl="http://form{n}.example/feed"/></outline></opml>', "text/x-opml"),
        ('{{"urls": ["form{n}.example"]}}', "application/json"),
    ],
)
def test_every_form_is_read(service: str, key: str, content: str, kind: str) -> None:
    name = content[:3].encode().hex() + kind[5:8].replace("/", "")
    answer = send(service, key, content.format(n=name).encode(), kind)
    assert [status for _, _, status in rows(answer)][-1] == "added"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_encodings_are_recognised(service: str, key: str, encoding: str) -> None:
    table = f"Besitzer,Url\nJürgen Groß,https://{encoding}.example/\n"
    answer = send(service, key, table.encode(encoding))
    assert rows(answer) == [(2, f"https://{encoding}.example/", "added")]


def test_a_form_with_a_file_is_read(service: str, key: str) -> None:
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\nurl\nform-file.example\r\n--cut--\r\n"
    )
    answer = send(service, key, body, "multipart/form-data; boundary=cut")
    assert rows(answer) == [(2, "form-file.example", "added")]


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (
            b'<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/hostname">]><opml><outline url="&a;"/></opml>',
            "text/xml",
            "En",
        ),
        (b'<!DOCTYPE o [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml>&c;</opml>', "text/x-opml", "EntitiesForbidden"),
        (b"<opml><outline</opml>", "text/x-opml", "line 1"),
        (b"<html><p>no list</p></html>", "text/plain", "names no address"),
        (b"", "text/csv", "names no address"),
        (b"url\n" + b"a.example\n" * (MAX_ROWS + 1), "text/csv", "10,001 rows"),
        (b"--cut--", "multipart/form-data; boundary=cut", "no file"),
        (b"x", "multipart/form-data", "form cannot be read"),
        (b"x", "image/png", "A list is sent as"),
    ],
)
def test_what_cannot_be_read_at_all_is_a_problem(service: str, key: str, content: bytes, kind: str, words: str) -> None:
    answer = send(service, key, content, kind)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]


def test_nested_and_hostile_bytes_never_break_the_service(service: str, key: str) -> None:
    depth = 60_000
    nested = b"<opml>" + b"<outline>" * depth + b"</outline>" * depth + b"</opml>"
    statuses = [
        send(service, key, content, kind).status
        for content, kind in (
            (nested[: 1024 * 1024], "text/xml"),
            (b"\x00\xff\xfe,\r" * 5000, "text/csv"),
            (b'url\n"' + b"a" * 200_000, "text/csv"),
            (b'{"urls": ["\\ud800.example"]}', "application/json"),
            (b'{"urls": [1]}', "application/json"),
        )
    ]
    assert [status for status in statuses if status not in {200, 400, 422}] == []


def test_an_import_may_start_a_crawl(service: str, key: str) -> None:
    answer = send(service, key, b"crawl-me.example\nnothing\n", "text/plain", "?crawl=true")
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{found['job']['id']}"
    assert (found["job"]["crawl"], found["job"]["state"]) == (found["crawl"], "queued")
    assert ask("GET", f"{service}/v1/crawls/{found['crawl']}", key=key).json()["seeds"] == 1


def test_published_lists_are_read(service: str, key: str, shared_dir: Path) -> None:
    lists = shared_dir / "lists"
    opml = (lists / "engineering-blogs" / "engineering_blogs.opml").read_bytes()
    table = (shared_dir / "corpus" / "blogs.csv").read_bytes()
    assert send(service, key, opml, "text/x-opml").json()["counts"]["added"] > 400
    counts = send(service, key, table).json()["counts"]
    assert (counts["added"] + counts["known"], counts["suppressed"], counts["refused"]) == (90, 0, 0)
