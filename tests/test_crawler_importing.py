"""What an import must not harm: a crawl under way, the health a crawl found, counts, and records that are odd."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bloghound.errors import ArchiveError
from bloghound.records import SiteHealth
from bloghound.settings import Settings
from crawler.archive.reader import read_records
from crawler.archive.writer import Exchange, WarcWriter
from crawler.importing import OWN, import_archives
from storage import crawls, frontier, sites, status
from storage.database import Database
from storage.sites import NewSite
from storage.tables import Fetch, Site
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SITE, FETCH = table_of(Site), table_of(Fetch)
PAGE = (
    '<html lang="en"><head><title>Oolong</title></head><body><article class="h-entry"><h1>Oolong</h1>'
    '<time class="dt-published" datetime="2026-03-01">March 1</time><div class="entry-content"><p>'
    + "Oolong is rolled and oxidised, and every steep opens the leaf a little further than the one before. " * 4
    + "</p></div></article></body></html>"
)
POST = "https://tea.example/2026/03/01/oolong/"


def _archive(folder: Path, *urls: str) -> Path:
    writer = WarcWriter(folder)
    for url in urls or (POST,):
        path, _ = writer.write(Exchange(url, "GET", (), 200, (("Content-Type", "text/html"),), PAGE.encode(), NOW))
    writer.close()
    return path


def _site(database: Database) -> tuple[str, str | None, str]:
    with database.read() as connection:
        row = connection.execute(select(SITE.c.id, SITE.c.health, SITE.c.health_reason)).one()
        state = "queued" if frontier.is_wanted(connection, row.id) else "resting"
    return state, row.health, row.health_reason


def _crawled(database: Database, health: SiteHealth | None) -> int:
    """A site that a crawl has in its queue, or has ended with a health."""
    with database.transaction() as connection:
        crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        tea = NewSite("tea.example", "https://tea.example/")
        site_id = sites.ensure(connection, [tea], now=NOW)[tea.key]
        frontier.admit(connection, crawl_id, {site_id: tea}, now=NOW)
        if health is not None:
            leased = frontier.lease(connection, "w", crawl_ids=[crawl_id], now=NOW, seconds=60, limit=1)
            frontier.end_visit(connection, leased[0], now=NOW, again_at=None, health=health, reason="as it was")
    return site_id


def test_a_site_in_the_queue_of_a_crawl_keeps_its_place(opened: Database, settings: Settings, tmp_path: Path) -> None:
    _crawled(opened, None)
    report = import_archives(opened, settings, [_archive(tmp_path)])
    assert (report.posts_new, _site(opened)[0]) == (1, "queued")


def test_reading_our_archives_again_keeps_the_health_that_a_crawl_found(
    opened: Database, settings: Settings, tmp_path: Path
) -> None:
    site_id = _crawled(opened, SiteHealth.ROBOTS)
    archive = _archive(tmp_path, "https://tea.example/robots.txt")
    with opened.transaction() as connection:
        crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        place = {"warc_file": archive.name, "warc_offset": next(read_records(archive)).offset}
        row = {"crawl_id": crawl_id, "site_id": site_id, "url": "u", "outcome": "robots_txt", "fetched_at": NOW}
        connection.execute(insert(FETCH), [row | place])
    import_archives(opened, settings, [archive], origin=OWN)
    assert _site(opened) == ("resting", "robots", "as it was")


def test_answers_that_no_crawl_of_ours_asked_for_are_left_alone(
    opened: Database, settings: Settings, tmp_path: Path
) -> None:
    report = import_archives(opened, settings, [_archive(tmp_path)], origin=OWN)
    assert (report.pages_fetched, report.posts_new) == (0, 0)


@pytest.mark.parametrize("date", [b"", b"WARC-Date: yesterday\r\n", b"WARC-Date: 2026-05-01T10:00:00\r\n"])
def test_a_record_without_a_usable_date_costs_nothing(
    date: bytes, opened: Database, settings: Settings, tmp_path: Path
) -> None:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE.encode()
    head = b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: " + POST.encode() + b"\r\n" + date
    head += b"Content-Type: application/http; msgtype=response\r\nContent-Length: %d\r\n\r\n" % len(body)
    (tmp_path / "odd.warc").write_bytes((head + body + b"\r\n\r\n") * 2)
    report = import_archives(opened, settings, [tmp_path / "odd.warc"])
    assert (report.pages_fetched, report.posts_new, report.errors) == (2, 1, ())


def test_an_import_that_is_continued_counts_each_page_once(
    opened: Database, settings: Settings, tmp_path: Path
) -> None:
    archive = _archive(tmp_path)
    with opened.transaction() as connection:
        files = [[str(archive.resolve()), archive.stat().st_size]]
        crawl_id = crawls.begin(connection, "import", {"archives": files}, now=NOW).crawl_id
        row = {"crawl_id": crawl_id, "url": POST, "outcome": "post", "fetched_at": NOW, "posts_new": 1}
        connection.execute(insert(FETCH), [row])
    assert import_archives(opened, settings, [archive]).pages_fetched == 1


def test_what_one_server_says_of_another_ones_account_is_nobodys_page(
    opened: Database, settings: Settings, tmp_path: Path
) -> None:
    report = import_archives(opened, settings, [_archive(tmp_path, "https://evil.example/@ann@social.example/1", POST)])
    assert (report.outcomes["other_site"], report.posts_new) == (1, 1)
    assert _site(opened)[1] == SiteHealth.OK


def test_a_refused_file_leaves_no_unfinished_crawl(opened: Database, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "no.warc").write_bytes(b"hello\n" * 50)
    with pytest.raises(ArchiveError, match=r"no\.warc"):
        import_archives(opened, settings, [tmp_path / "no.warc"])
    with opened.read() as connection:
        assert status.status(connection).unfinished_crawls == 0


def test_the_other_archives_are_imported_beside_a_refused_one(
    opened: Database, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "no.warc").write_bytes(b"hello\n" * 50)
    report = import_archives(opened, settings, [tmp_path / "no.warc", _archive(tmp_path / "good")])
    assert (report.posts_new, len(report.errors)) == (1, 1)
