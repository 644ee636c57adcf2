import csv
import gzip
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bloghound.errors import ArchiveError
from crawler.archive.index import ArchiveIndex, open_index
from crawler.archive.writer import Exchange, WarcWriter
from tests.scrapy_harness import LoopbackServer, fetch, redirect


def capture(url: str, body: str, day: int = 1, status: int = 200, location: str = "") -> Exchange:
    headers = (("Content-Type", "text/html; charset=utf-8"), *((("Location", location),) if location else ()))
    return Exchange(url, "GET", (), status, headers, body.encode(), datetime(2025, 1, day, tzinfo=UTC))


def archive(folder: Path, *captures: Exchange) -> Path:
    writer = WarcWriter(folder)
    path = [writer.write(one)[0] for one in captures][-1]
    writer.close()
    return path


def body(index: ArchiveIndex, url: str) -> str | None:
    found = index.lookup(url)
    return None if found is None else found.body.decode()


@pytest.mark.parametrize(
    "asked",
    [
        "https://blog.example/a/",
        "http://blog.example/a",
        "https://BLOG.example/a/index.html",
        "https://blog.example/a?utm_source=x",
    ],
)
def test_an_address_is_found_as_the_servers_redirects_would(asked: str, tmp_path: Path) -> None:
    index = ArchiveIndex([archive(tmp_path, capture("https://blog.example/a/", "a"))])
    assert body(index, asked) == "a"
    assert asked in index


@pytest.mark.parametrize(
    "asked", ["https://blog.example/b", "https://other.example/a/", "https://blog.example/a?b=1", "none", ""]
)
def test_any_other_address_is_not(asked: str, tmp_path: Path) -> None:
    index = ArchiveIndex([archive(tmp_path, capture("https://blog.example/a/", "a"))])
    assert body(index, asked) is None
    assert asked not in index


def test_an_exact_address_is_preferred_to_a_similar_one(tmp_path: Path) -> None:
    index = ArchiveIndex(
        [archive(tmp_path, capture("http://blog.example/a", "old", 1), capture("https://blog.example/a/", "new", 2))]
    )
    assert body(index, "http://blog.example/a") == "old"
    assert body(index, "https://blog.example/a/") == "new"
    assert body(index, "https://blog.example/a") == "new"
    assert len(index) == 2


def test_the_newest_of_several_captures_is_taken_whatever_their_order(tmp_path: Path) -> None:
    url = "https://blog.example/"
    first = archive(tmp_path / "1", capture(url, "3", 3), capture(url, "1", 1))
    second = archive(tmp_path / "2", capture(url, "2", 2))
    assert body(ArchiveIndex([first, second]), url) == "3"
    assert body(ArchiveIndex([second, first]), url) == "3"


def test_a_redirect_to_a_similar_address_does_not_hide_the_page(tmp_path: Path) -> None:
    moved = capture("http://blog.example/", "", 9, 301, "https://blog.example/index.html")
    index = ArchiveIndex([archive(tmp_path, capture("https://blog.example/index.html", "home", 1), moved)])
    assert body(index, "https://blog.example/") == "home"
    found = index.lookup("http://blog.example/")
    assert found is not None
    assert (found.status, found.header("Location")) == (301, "https://blog.example/index.html")


def test_an_archive_that_was_compressed_as_a_whole_is_searched_as_well(tmp_path: Path) -> None:
    source = archive(tmp_path, *(capture(f"https://blog.example/{n}", f"page {n}") for n in range(30)))
    packed = tmp_path / "whole.warc.gz"
    packed.write_bytes(gzip.compress(gzip.decompress(source.read_bytes())))
    index = ArchiveIndex([packed])
    found = index.lookup("https://blog.example/17")
    assert found is not None
    assert (found.body, found.file) == (b"page 17", str(packed))
    index.close()


def test_a_cut_archive_is_searched_up_to_the_cut_and_the_damage_is_told(tmp_path: Path) -> None:
    source = archive(tmp_path, *(capture(f"https://blog.example/{n}", f"page {n}") for n in range(10)))
    source.write_bytes(source.read_bytes()[:-200])
    index = ArchiveIndex([source])
    assert body(index, "https://blog.example/3") == "page 3"
    assert len(index.damage) == 1
    assert str(source) in index.damage[0]


def test_a_file_that_is_no_archive_stops_the_index(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("hello")
    with pytest.raises(ArchiveError, match=r"note\.txt is not a web archive"):
        ArchiveIndex([path])


def test_one_index_serves_all_handlers_of_a_process(tmp_path: Path) -> None:
    path = str(archive(tmp_path, capture("https://blog.example/", "home")))
    assert open_index((path,)) is open_index((path,))


def test_a_crawl_is_answered_from_archives_and_never_from_the_network(tmp_path: Path) -> None:
    path = archive(
        tmp_path,
        capture("https://blog.example/", "caf\u00e9"),
        capture("http://blog.example/old", "", status=301, location="https://blog.example/"),
        capture("http://127.0.0.1/", "archived"),
        capture("https://blog.example/gone", "gone", status=410),
    )
    asked = ["", "old", "gone", "none"]
    run = fetch([f"http://blog.example/{name}" for name in asked] + ["http://127.0.0.1/"], archives=[path])
    assert [result.status for result in run.results] == [200, 200, 410, 404, 200]
    assert [result.body for result in run.results] == ["caf\u00e9", "caf\u00e9", "gone", "", "archived"]
    assert [result.flags for result in run.results[2:4]] == [["archived"], ["not_in_archive"]]
    assert run[0].archive_file == str(path)
    assert run[0].headers["Content-Type"] == "text/html; charset=utf-8"
    assert run[3].archive_file == ""


def test_a_recorded_crawl_is_repeated_exactly(tmp_path: Path) -> None:
    with LoopbackServer({"/": "home", "/old": redirect("/")}) as server:
        live = fetch(
            ["http://blog.test/", "http://blog.test/old", "http://blog.test/none"],
            static_hosts={"blog.test": ("127.0.0.1", server.port)},
            data_dir=tmp_path,
        )
    again = fetch([result.url for result in live.results], archives=list((tmp_path / "archive").iterdir()))
    shown = [[(result.status, result.body) for result in run.results] for run in (live, again)]
    assert shown[0] == shown[1] == [(200, "home"), (200, "home"), (404, "not here")]


def test_every_record_of_the_corpus_is_found(shared_dir: Path) -> None:
    index = ArchiveIndex([shared_dir / "corpus" / "dev.warc.gz"])
    with gzip.open(shared_dir / "corpus" / "manifest.csv.gz", "rt") as handle:
        rows = list(csv.DictReader(handle))
    for row in rows[::25]:
        found = index.lookup(row["url"])
        assert found is not None, row["url"]
        assert hashlib.sha1(found.body, usedforsecurity=False).hexdigest() == row["sha1"]
    assert len(index) == len(rows) == 8428
