"""Forgetting after real crawls, of blogs and profiles: nothing of a site is left in any file of the data directory."""

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, text

from bloghound.cli import run
from bloghound.demo.exchange import Document
from bloghound.errors import AddressError, ArchiveError, ConflictError, NotFoundError
from bloghound.jobs import forgetting
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.importing import run_import
from bloghound.jobs.index import run_index
from bloghound.settings import Settings
from crawler.archive.reader import raw_records, read_at
from ranking.index import layout
from storage import grouping, sites
from storage.database import open_database
from storage.tables import BloggerProof
from storage.tables.base import table_of
from tests.crawling import query, write_archive
from tests.index_histories import bytes_of
from tests.mockweb import Content, MockWeb, small_blog
from tests.stored_bloggers import BICYCLE, COFFEE, NOW, Stored

ROBOTS = Document(b"", "text/plain")
WORDS = "I carve spoons out of green birch and sell them at the market."


def crawl(settings: Settings, sites: dict[str, dict[str, Content]], *paths: str) -> list[str]:
    """Crawl the sites from the given paths of each; the home addresses."""
    with MockWeb(sites) as web:
        homes = [web.url(host, path) for host in sites for path in paths or ("/",)]
        run_crawl(settings, homes, static_hosts=dict.fromkeys(sites, (web.address, web.port)))
    return homes


def archived_urls(settings: Settings) -> list[str]:
    return [record.url for segment in settings.archive_dir.iterdir() for record in raw_records(segment) if record.url]


def profile(host: str, user: str) -> dict[str, Content]:
    """A server with one account behind the public interface."""
    account = {
        "id": "7",
        "acct": user,
        "username": user,
        "url": f"http://{host}/@{user}",
        "display_name": user,
        "indexable": True,
        "discoverable": True,
        "fields": [],
    }
    status = {
        "id": "1",
        "url": f"http://{host}/@{user}/1",
        "uri": f"http://{host}/users/{user}/statuses/1",
        "created_at": "2026-01-01T00:00:00Z",
        "visibility": "public",
        "content": f"<p>{WORDS}</p>",
    }
    api = "application/json"
    return {
        "/robots.txt": ROBOTS,
        "/api/v1/accounts/lookup": Document(json.dumps(account).encode(), api),
        "/api/v1/accounts/7/statuses": Document(json.dumps([status]).encode(), api),
    }


@pytest.fixture(scope="module")
def crawled_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The data directory of a crawl of Ana's profile, and the profile's address."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("profile"), extraction_workers=1)
    (home,) = crawl(settings, {"m.test": profile("m.test", "ana")}, "/@ana")
    return settings.data_dir, home


@pytest.fixture
def home(crawled_once: tuple[Path, str], settings: Settings) -> str:
    """The address of the profile, after a crawl that the settings' data directory has a copy of."""
    shutil.copytree(crawled_once[0], settings.data_dir, dirs_exist_ok=True)
    return crawled_once[1]


@pytest.mark.parametrize("path", ["/@ana", "/users/ana"])
def test_a_forgotten_profile_leaves_the_archives_too(path: str, settings: Settings, home: str) -> None:
    assert query(settings, "SELECT text FROM post") == [(WORDS,)]
    assert any("/api/v1/accounts/7/statuses" in url for url in archived_urls(settings))
    done = run_forget(settings, home.replace("/@ana", path))
    assert done.site_key.endswith("/@ana")
    assert [url for url in archived_urls(settings) if "accounts" in url] == []


def test_other_posts_are_found_in_the_archives_after_a_forgetting(settings: Settings) -> None:
    home, _ = crawl(settings, {host: small_blog(3, host) for host in ("one.test", "two.test")})
    run_forget(settings, home)
    rows = query(settings, "SELECT url, warc_file, warc_offset FROM fetch WHERE warc_file IS NOT NULL")
    assert len(rows) >= 3
    for url, file, offset in rows:
        assert read_at(settings.archive_dir / str(file), int(str(offset))).url == url


@pytest.mark.parametrize("step", ["erase_site", "forget_in_index", "remove_records"])
def test_an_interrupted_forgetting_is_finished_by_the_next(
    step: str, settings: Settings, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> Iterator[object]:
        raise ArchiveError("The disk is full.")

    (settings.data_dir / "crawl.log").write_text(f"{home} was slow\nall else was well\n")
    with monkeypatch.context() as patch:
        patch.setattr(forgetting, step, fail)
        with pytest.raises(ArchiveError):
            run_forget(settings, home)
    run_forget(settings, home)
    assert [url for url in archived_urls(settings) if "accounts" in url] == []
    assert query(settings, "SELECT key FROM site") == []
    assert (settings.data_dir / "crawl.log").read_text() == "all else was well\n"


def test_beside_a_crawl_all_else_is_forgotten_and_the_rest_later(settings: Settings, home: str) -> None:
    (segment,) = settings.archive_dir.iterdir()
    with segment.open("rb") as crawling:
        fcntl.flock(crawling, fcntl.LOCK_EX)
        with pytest.raises(ConflictError, match="when the crawl has ended"):
            run_forget(settings, home)
        assert query(settings, "SELECT key FROM site") == []
        assert query(settings, "SELECT DISTINCT site_id, url FROM fetch") == [(None, "")]
    run_forget(settings, home)
    assert [url for url in archived_urls(settings) if "accounts" in url] == []


def test_a_site_that_is_only_linked_to_is_forgotten_for_good(settings: Settings) -> None:
    blog = small_blog(2, "one.test") | {"/": '<p><a href="http://gone.test/x">a friend</a></p>'}
    crawl(settings, {"one.test": blog})
    database = open_database(settings)
    with database.transaction() as connection:
        connection.execute(text("UPDATE site SET health_reason = 'leads to http://gone.test/x'"))
    database.close()
    done = run_forget(settings, "http://gone.test/")
    assert done.receipt.removed["mentions"] == 1
    assert query(settings, "SELECT health_reason FROM site") == [("",)]
    assert query(settings, "SELECT id FROM link WHERE target_site_key = 'gone.test'") == []


def test_the_log_keeps_the_lines_of_others(settings: Settings) -> None:
    log = settings.ensure_data_dir() / "crawl.log"
    log.write_bytes(b"http://gone.test/ failed\r\nhttp://begone.test/ \xff failed\n")
    assert run_forget(settings, "http://gone.test/").log_lines == 1
    assert log.read_bytes() == b"http://begone.test/ \xff failed\n"


def test_the_name_with_www_is_told_and_left_alone(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = ("blog.example", "www.blog.example")
    run_import(settings, [write_archive(tmp_path, {host: small_blog(2, host) for host in hosts})])
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    assert run(["forget", "blog.example", "--json"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["site"] == "blog.example"
    assert "www.blog.example is stored too" in shown.err
    assert query(settings, "SELECT key FROM site") == [("www.blog.example",)]
    with pytest.raises(NotFoundError, match=r"'www\.blog\.example' is"):
        run_forget(settings, "blog.example")


def told_apart(connection: Connection, keys: Sequence[str]) -> None:
    """Nothing proves any more that the sites are one blogger's."""
    connection.execute(delete(table_of(BloggerProof)))
    grouping.regroup(connection, list(sites.ids_by_key(connection, keys).values()), now=NOW)


@pytest.mark.parametrize("joined_first", [True, False])
def test_a_site_is_forgotten_in_every_generation_whoever_had_it_then(settings: Settings, joined_first: bool) -> None:
    keys = ("ann.test", "gone.test")
    with closing(open_database(settings)) as database, database.transaction() as connection:
        stored = Stored(connection)
        for key, words in zip((*keys, "cyc.test"), (COFFEE, f"{WORDS} Number {{number}}.", BICYCLE), strict=True):
            stored.site(key)
            stored.posts(key, 4, text=words)
        if joined_first:
            stored.join(*keys)
    run_index(settings)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        told_apart(connection, keys) if joined_first else Stored(connection).join(*keys)
    run_index(settings)
    assert WORDS.encode() in bytes_of(settings.index_dir)
    assert run_forget(settings, "https://gone.test/").generations == 2
    left = bytes_of(settings.index_dir)
    assert not any(trace in left for trace in (WORDS.encode(), b"gone.test"))


def test_generations_that_had_to_be_deleted_are_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        stored = Stored(connection)
        stored.site("gone.test")
        stored.posts("gone.test", 2)
    run_index(settings)
    monkeypatch.setattr(layout, "FORMAT", layout.FORMAT + 1)
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    assert run(["forget", "gone.test", "--json"]) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert (told["generations_rewritten"], told["generations_deleted"]) == (0, 1)
    assert "another format: 1. 'bloghound index' builds a new one." in " ".join(shown.err.split())


def test_what_is_no_address_is_refused(settings: Settings) -> None:
    with pytest.raises(AddressError):
        run_forget(settings, "ftp://gone.test/")
