"""Backups of both databases under writes, of older tables, on full disks, killed; and the commands."""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData

from bloghound.cli import run
from bloghound.errors import BackupError
from bloghound.jobs.backup import run_backup
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.restoring import check_backup, run_restore
from bloghound.settings import Settings
from storage import sites
from storage.database import Database, open_database, upgrade
from tests.conftest import PROJECT
from tests.crawling import query
from tests.mockweb import MockWeb, small_blog
from tests.safekept import NOW, ROWS, Kept, contents, crawl_blogs, filled, forged, kept, killed, settings_of


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def source(first: Kept, tmp_path: Path) -> Settings:
    """An installation with rows in every table."""
    return first.source_in(tmp_path / "source")


@pytest.fixture
def made(first: Kept, tmp_path: Path) -> Path:
    """A backup of it."""
    return first.file_in(tmp_path / "backups")


# There and back


def test_a_backup_of_sqlite_is_restored_whole_to_any_database(
    source: Settings, made: Path, database_url: str, tmp_path: Path
) -> None:
    target = settings_of(tmp_path / "target", database_url)
    report = run_restore(target, made)
    restored = contents(target)
    assert restored == contents(source)
    assert all(len(rows) == ROWS for name, rows in restored.items())
    assert report.rows == {name: len(rows) for name, rows in restored.items()}
    assert target.secret_key() == source.secret_key()


def test_a_backup_of_any_database_is_restored_whole_to_sqlite(database_url: str, tmp_path: Path) -> None:
    source = filled(settings_of(tmp_path / "any", database_url))
    target = settings_of(tmp_path / "target")
    run_restore(target, run_backup(source, tmp_path / "backups").path)
    assert contents(target) == contents(source)


def test_ids_go_on_after_the_restored_ones(made: Path, database_url: str, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target", database_url)
    run_restore(target, made)
    database = open_database(target)
    with database.transaction() as connection:
        ids = sites.ensure(connection, [sites.seed("https://new.example/")], now=NOW)
    database.close()
    assert list(ids.values()) == [ROWS + 1]


def test_nobody_is_signed_in_again_by_a_restore(made: Path, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target")
    run_restore(target, made)
    counts = (
        "SELECT (SELECT count(*) FROM web_session), (SELECT count(*) FROM sign_in), count(*) FROM idempotency_record"
    )
    assert query(target, counts) == [(0, 0, 0)]


def test_files_with_the_key_are_for_their_owner_only(made: Path, tmp_path: Path) -> None:
    run_restore(settings_of(tmp_path / "target"), made)
    for path in (made, tmp_path / "target" / "secret.key"):
        assert path.stat().st_mode & 0o777 == 0o600, path


def test_archives_come_with_a_backup_that_asked_for_them(settings: Settings, tmp_path: Path) -> None:
    crawl_blogs(settings, "one.test")
    made = run_backup(settings, tmp_path / "with.zip", archives=True)
    target = settings_of(tmp_path / "target")
    assert run_restore(target, made.path).archives == made.archives == 1
    assert [(path.name, path.read_bytes()) for path in target.archive_dir.iterdir()] == [
        (path.name, path.read_bytes()) for path in settings.archive_dir.iterdir()
    ]
    without = run_backup(settings, tmp_path / "without.zip")
    assert run_restore(target, without.path, force=True).archives == 0
    assert len(list(target.archive_dir.iterdir())) == 1, "archives that are there stay"


def test_a_backup_of_older_tables_is_brought_up_to_date(tmp_path: Path, database_url: str) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    upgrade(old, "0001")
    tables = MetaData()
    tables.reflect(old.engine, only=["blogger"])
    old.close()
    columns = [column.name for column in tables.tables["blogger"].columns]
    row = {"id": 7, "public_id": "blg_x", "name": "Ann", "site_key": "a.example", "created_at": NOW.isoformat()}
    file = forged(tmp_path, {"blogger": ([row[name] for name in columns], columns)}, revision="0001")
    target = settings_of(tmp_path / "target", database_url)
    run_restore(target, file)
    assert query(target, "SELECT id, name FROM blogger") == [(7, "Ann")]
    assert query(target, "SELECT count(*) FROM opt_out") == [(0,)]


# While others write


def test_backups_under_writes_each_hold_one_moment(database_url: str, tmp_path: Path) -> None:
    """Every transaction adds a blogger and its site: a copy of two moments would hold one without the other."""
    settings = settings_of(tmp_path / "data", database_url)
    ended = threading.Event()
    written: list[int] = []

    def write(writer: int) -> None:
        database = open_database(settings)
        while not ended.is_set():
            with database.transaction() as connection:
                new = sites.seed(f"https://blog-{writer}-{len(written)}.example/")
                sites.ensure(connection, [new], now=NOW)
            written.append(1)
        database.close()

    open_database(settings).close()
    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    reports = [run_backup(settings, tmp_path / "backups") for _ in range(5)]
    ended.set()
    for writer in writers:
        writer.join()
    counts = [(report.rows["blogger"], report.rows["site"]) for report in reports]
    assert all(bloggers == found for bloggers, found in counts)
    assert counts == sorted(counts)
    assert counts[-1][0] > counts[0][0], "nobody wrote meanwhile"
    target = settings_of(tmp_path / "target")
    run_restore(target, reports[-1].path)
    assert query(target, "SELECT count(*) FROM site JOIN blogger ON blogger.id = blogger_id") == [(counts[-1][0],)]


def test_a_backup_while_a_crawl_writes_holds_whole_posts(settings: Settings, tmp_path: Path) -> None:
    made: list[Path] = []

    def back_up(event: Any) -> None:
        if event.pages and len(made) < 3:
            made.append(run_backup(settings, tmp_path / "backups", archives=True).path)

    hosts = ("one.test", "two.test")
    with MockWeb({host: small_blog(100, host) for host in hosts}) as web:
        own = dict.fromkeys(hosts, (web.address, web.port))
        run_crawl(settings, [web.url(host) for host in hosts], static_hosts=own, progress=back_up)
    target = settings_of(tmp_path / "target")
    for number, file in enumerate(made):
        run_restore(target, file, force=number > 0)
        orphans = "SELECT count(*) FROM page WHERE outcome = 'post' AND url NOT IN (SELECT url FROM post_address)"
        assert query(target, orphans) == [(0,)]
    assert len(made) == 3


# Killed and full

_BACKUP = """
import sys, time
from pathlib import Path
from bloghound.jobs.backup import run_backup
from bloghound.settings import Settings
def stop(stage, done, total):
    print(stage, flush=True)
    time.sleep(60)
if __name__ == "__main__":
    run_backup(Settings(data_dir=Path(sys.argv[1])), Path(sys.argv[2]), progress=stop)
"""


def test_a_killed_backup_leaves_nothing_that_looks_whole(source: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    assert killed(_BACKUP, source.data_dir, folder) == ["tables"]
    (draft,) = folder.iterdir()
    assert draft.suffix == ".bloghound-part"
    with pytest.raises(BackupError):
        check_backup(draft)
    whole = run_backup(source, folder).path
    assert list(folder.iterdir()) == [whole], "the next backup removes the draft"


def test_a_backup_that_is_being_written_is_left_alone_by_others(source: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made: list[Path] = []

    def another(*_: object) -> None:
        if not made:
            made.append(run_backup(source, folder).path)

    made.append(run_backup(source, folder, progress=another).path)
    assert sorted(folder.iterdir()) == sorted(made)
    for file in made:
        check_backup(file)


_FULL_DISK = """
import resource, signal, sys
from bloghound.cli import run
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(run(sys.argv[2:]))
"""


def test_a_full_disk_leaves_no_backup(source: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source.archive_dir.mkdir()
    (source.archive_dir / "bloghound-1.warc.gz").write_bytes(bytes(100_000))
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(source.data_dir))
    command = [sys.executable, "-c", _FULL_DISK, "65536", "backup", str(tmp_path / "backups"), "--archives"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be written: File too large" in done.stderr.replace("\n", " ")
    assert list((tmp_path / "backups").iterdir()) == []


# The commands


def test_the_commands_speak(
    source: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(source.data_dir))
    assert run(["backup", str(tmp_path / "b.zip"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["site"] == ROWS
    assert run(["restore", str(tmp_path / "b.zip"), "--check"]) == 0
    assert "is whole" in capsys.readouterr().out
    assert run(["restore", str(tmp_path / "b.zip")]) == 2
    assert "--force" in capsys.readouterr().err
    assert run(["restore", str(tmp_path / "b.zip"), "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]["site"] == ROWS


def test_what_is_no_backup_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no backup")
    for name in ("notes.txt", "nowhere.zip", "."):
        with pytest.raises(BackupError, match=str(tmp_path / name)):
            check_backup(tmp_path / name)
