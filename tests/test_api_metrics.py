"""Importing figures over the real server: CSV and forms, answers line by line, and who may."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from bloghound.settings import Settings
from storage.database import open_database
from tests.serving import Answer, ask, make_key, serving
from tests.stored_bloggers import Stored

FILE = b"profile_url,blog,metric,value,date\nhttps://x.com/ann,bean.example,followers,1200,2026-04-01\nbad,line\n"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("service"), jobs_in_service=False)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        Stored(connection).site("bean.example")
    return settings


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    return make_key(installation, ["crawl", "read"])


def send(service: str, key: str, content: bytes, kind: str = "text/csv", query: str = "source=Media%20kit") -> Answer:
    address = f"{service}/v1/metrics:import?{query}"
    return ask("POST", address, raw=content, key=key, headers={"Content-Type": kind})


def test_every_line_is_counted_and_bad_ones_are_named(service: str, key: str) -> None:
    first, second = (send(service, key, FILE).json() for _ in range(2))
    assert (first["stored"] + first["known"], first["lines"], first["refused"]) == (1, 2, {"unreadable": 1})
    assert first["bad_lines"] == [
        {"line": 3, "refused": "unreadable", "message": "it has 2 columns, the header 5"},
    ]
    assert (second["stored"], second["known"]) == (0, 1)


def test_a_figure_stands_on_the_profile_with_its_source(service: str, key: str) -> None:
    send(service, key, FILE)
    bloggers = ask("GET", f"{service}/v1/bloggers", key=key).json()["data"]
    figures = ask("GET", f"{service}/v1/bloggers/{bloggers[0]['id']}", key=key).json()["figures"]
    assert [(one["value"], one["imported_from"], one["profile_url"]) for one in figures] == [
        (1200, "Media kit", "https://x.com/ann")
    ]


def test_a_correction_is_asked_for(service: str, key: str) -> None:
    send(service, key, FILE)
    other = FILE.replace(b"1200", b"1300")
    assert send(service, key, other).json()["refused"]["contradicts"] == 1
    assert send(service, key, other, query="source=Media%20kit&replace=true").json()["replaced"] == 1
    assert send(service, key, FILE, query="source=Media%20kit&replace=true").json()["replaced"] == 1


def test_a_form_with_a_file_is_read(service: str, key: str) -> None:
    part = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    answer = send(service, key, part + FILE + b"\r\n--cut--\r\n", "multipart/form-data; boundary=cut")
    assert (answer.status, answer.json()["lines"]) == (200, 2)


@pytest.mark.parametrize(
    ("content", "kind", "query", "words"),
    [
        (FILE, "text/plain", "source=A", "Figures are sent as"),
        (FILE, "text/csv", "", "Nothing says whose"),
        (b"", "text/csv", "", "empty"),
        (b"a,b\n", "text/csv", "", "'a', 'b'"),
        (b"--cut--", "multipart/form-data; boundary=cut", "", "no file"),
    ],
)
def test_what_cannot_be_read_at_all_is_a_problem(
    service: str, key: str, content: bytes, kind: str, query: str, words: str
) -> None:
    answer = send(service, key, content, kind, query)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert words in answer.json()["detail"]


def test_reading_alone_does_not_allow_it(service: str, installation: Settings) -> None:
    assert send(service, make_key(installation, ["read"]), FILE).status == 403
