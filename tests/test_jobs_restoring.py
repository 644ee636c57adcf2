"""Restoring: killed on the way, what is not overwritten, and who was forgotten stays forgotten."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from api.auth.actor import Scope
from api.auth.making import make_key
from bloghound.errors import BackupError, ConflictError, NotFoundError, SettingsError, StorageError
from bloghound.jobs.backup import run_backup
from bloghound.jobs.backup_file import BackupReader
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.optouts import reject_optout, request_optout
from bloghound.jobs.restoring import run_restore
from bloghound.jobs.suppression_copy import read_copy
from bloghound.settings import Settings
from storage import access, suppressions, workspaces
from storage.database import open_database
from storage.tables.base import utc_now
from tests.conftest import postgres_database
from tests.crawling import query
from tests.mockweb import MockWeb, small_blog
from tests.safekept import NOW, ROWS, Kept, contents, crawl_blogs, kept, killed, one_site, settings_of


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


# Killed

_RESTORE = """
import sys, time
from pathlib import Path
from bloghound.jobs.restoring import run_restore
from bloghound.settings import Settings
from storage import staging
def stop(*_):
    print("stopped", flush=True)
    time.sleep(60)
def stage_stop(stage, done, total):
    if stage == sys.argv[5] and done:
        stop()
if __name__ == "__main__":
    if sys.argv[5] == "before":
        staging.switch = stop
    if sys.argv[5] == "after":
        switch = staging.switch
        staging.switch = lambda database: stop(switch(database))
    settings = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2])
    run_restore(settings, Path(sys.argv[3]), force=sys.argv[4] == "force", progress=stage_stop)
"""


@pytest.mark.parametrize("stage", ["check", "tables"])
def test_a_restore_killed_before_the_switch_changed_nothing(
    stage: str, made: Path, database_url: str, tmp_path: Path
) -> None:
    target = settings_of(tmp_path / "target", database_url)
    stored = one_site(target)
    key = target.secret_key()
    assert killed(_RESTORE, target.data_dir, database_url, made, "force", stage) == ["stopped"]
    assert query(target, "SELECT key FROM site") == [(stored,)]
    assert target.secret_key() == key
    run_restore(target, made, force=True)
    assert query(target, "SELECT count(*) FROM site") == [(ROWS,)]
    assert not (target.data_dir / ".restoring").exists()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_restore_killed_at_the_switch_is_finished_by_the_same_command(
    moment: str, source: Settings, made: Path, database_url: str, tmp_path: Path
) -> None:
    target = settings_of(tmp_path / "target", database_url)
    assert killed(_RESTORE, target.data_dir, database_url, made, "", moment) == ["stopped"]
    with pytest.raises(SettingsError, match="the same restore command again finishes it"):
        open_database(target)
    assert run_restore(target, made).rows["site"] == ROWS
    assert contents(target) == contents(source)
    assert target.secret_key() == source.secret_key()


# What is not overwritten


def test_what_is_there_is_overwritten_only_by_force(
    source: Settings, made: Path, database_url: str, tmp_path: Path
) -> None:
    target = settings_of(tmp_path / "target", database_url)
    stored = one_site(target)
    with pytest.raises(ConflictError, match=r"would be overwritten: the database .*; --force"):
        run_restore(target, made)
    assert query(target, "SELECT key FROM site") == [(stored,)]
    run_restore(target, made, force=True)
    assert contents(target) == contents(source)


def test_an_installation_without_rows_is_nothing_to_lose(made: Path, database_url: str, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target", database_url)
    open_database(target).close()
    target.secret_key()
    assert run_restore(target, made).rows["site"] == ROWS


def test_a_database_in_use_is_not_replaced(made: Path, database_url: str, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target", database_url)
    stored = one_site(target)
    service = open_database(target)
    with service.read() as connection:
        connection.execute(text("SELECT 1 FROM site"))
        with pytest.raises(ConflictError, match="in use"):
            run_restore(target, made, force=True)
    service.close()
    assert query(target, "SELECT key FROM site") == [(stored,)]


def test_a_backup_never_replaces_a_file(source: Settings, made: Path) -> None:
    before = made.read_bytes()
    with pytest.raises(BackupError, match="already"):
        run_backup(source, made)
    assert made.read_bytes() == before


def test_only_so_many_backups_are_kept(source: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    made = [run_backup(source, folder).path for _ in range(3)]
    others = [folder / name for name in ("notes.zip", "bloghound-1.0.zip", "bloghound-0-notes.zip")]
    for other in others:
        other.write_text("not ours")
    last = run_backup(source, folder, keep=2)
    assert len(last.removed) == 2
    assert set(last.removed) <= set(made)
    assert len(list(folder.glob("bloghound-*T*Z-*.zip"))) == 2
    assert last.path.exists()
    assert all(other.exists() for other in others)


# Who was forgotten stays forgotten


@dataclass(frozen=True)
class Crawled:
    """An installation that crawled two blogs, on a database of PostgreSQL unless that has no name; their addresses."""

    settings: Settings
    database_name: str
    homes: list[str]
    backup: Path


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crawled_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    folder = tmp_path_factory.mktemp("crawled")
    with ExitStack() as stack:
        name, url = "", ""
        if request.param == "postgresql":
            name, url = stack.enter_context(postgres_database(request.getfixturevalue("postgres")))
        settings = settings_of(folder / "data", url)
        homes = crawl_blogs(settings, "stays.test", "goes.test")
        yield Crawled(settings, name, homes, run_backup(settings, folder / "backups", archives=True).path)


@pytest.fixture
def crawled(
    crawled_once: Crawled, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Settings, list[str], Path]]:
    """A copy of it, to be changed; their addresses, and a backup of that time."""
    shutil.copytree(crawled_once.settings.data_dir, tmp_path / "data")
    made = Path(shutil.copy2(crawled_once.backup, tmp_path / "made.zip"))
    with ExitStack() as stack:
        url = ""
        if crawled_once.database_name:
            server = request.getfixturevalue("postgres")
            _, url = stack.enter_context(postgres_database(server, crawled_once.database_name))
        yield settings_of(tmp_path / "data", url), crawled_once.homes, made


def names_left(settings: Settings, word: bytes) -> list[str]:
    """Members of a new backup that name something, archives and texts alike."""
    made = run_backup(settings, settings.data_dir.parent / "looked-through", archives=True)
    with BackupReader(made.path) as reader:
        return [name for name in reader.manifest.members if word in b"".join(reader.chunks(name))]


def test_who_was_forgotten_since_stays_forgotten(crawled: tuple[Settings, list[str], Path]) -> None:
    settings, (_, gone), made = crawled
    run_forget(settings, gone)
    report = run_restore(settings, made, force=True)
    assert (report.suppressions_carried, report.erased) == (1, 1)
    assert [key for (key,) in query(settings, "SELECT key FROM site")] == [
        key for (key,) in query(settings, "SELECT key FROM site WHERE key LIKE 'stays.test%'")
    ]
    assert names_left(settings, b"goes.test") == []
    with MockWeb({"goes.test": small_blog(2)}) as web:
        again = run_crawl(settings, [gone], static_hosts={"goes.test": (web.address, web.port)})
        assert len(web.requests) == 0
    assert "not to be stored" in again.errors[0]


def test_who_was_forgotten_stays_so_though_the_database_was_lost(crawled: tuple[Settings, list[str], Path]) -> None:
    settings, (_, gone), made = crawled
    run_forget(settings, gone)
    fresh = settings_of(settings.data_dir.parent / "fresh").model_copy(
        update={"suppressions_file": str(settings.suppressions_path)}
    )
    assert run_restore(fresh, made).erased == 1
    assert names_left(fresh, b"goes.test") == []


def forget_unknown(settings: Settings, address: str) -> None:
    with pytest.raises(NotFoundError, match="will not be stored in future"):
        run_forget(settings, address)


def test_a_database_that_began_anew_does_not_shorten_the_list(crawled: tuple[Settings, list[str], Path]) -> None:
    settings, (_, gone), made = crawled
    run_forget(settings, gone)
    # The database is lost, the key is not; the service makes a new one, and somebody else asks to be forgotten.
    anew = settings.model_copy(update={"database_url": f"sqlite:///{settings.data_dir.parent / 'anew.sqlite3'}"})
    forget_unknown(anew, "https://other.example/")
    assert run_restore(anew, made, force=True).erased == 1
    assert query(anew, "SELECT count(*) FROM suppression WHERE reason = 'forgotten'") == [(2,)]


def test_the_list_of_another_installation_is_not_overwritten(tmp_path: Path) -> None:
    first, second = (
        settings_of(tmp_path / name).model_copy(update={"suppressions_file": str(tmp_path / "list.json")})
        for name in ("first", "second")
    )
    forget_unknown(first, "https://own.example/")
    before = first.suppressions_path.read_bytes()
    with pytest.raises(StorageError, match="another key"):
        run_forget(second, "https://other.example/")
    assert first.suppressions_path.read_bytes() == before


def test_a_rejected_opt_out_leaves_the_list_and_nobody_else_does(settings: Settings) -> None:
    forget_unknown(settings, "https://own.example/")
    database = open_database(settings)
    receipt = request_optout(settings, database, "https://other.example/", utc_now())
    reject_optout(settings, database, receipt.public_id, utc_now())
    database.close()
    copy = read_copy(settings)
    assert copy is not None
    assert [row.reason for row in copy.suppressions] == ["forgotten"]


def test_who_is_forgotten_during_a_restore_is_not_lost(made: Path, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target")
    target.secret_key_path.parent.mkdir()
    with BackupReader(made) as reader:
        target.secret_key_path.write_bytes(b"".join(reader.chunks("secret.key")))
    one_site(target)

    def forget(stage: str, *_: object) -> None:
        if stage == "tables" and not target.suppressions_path.exists():
            forget_unknown(target, "https://other.example/")

    with pytest.raises(ConflictError, match="during the restore"):
        run_restore(target, made, force=True, progress=forget)
    run_restore(target, made, force=True)
    database = open_database(target)
    with database.read() as connection:
        assert "other.example" in suppressions.load(connection, target.secret_key())
    database.close()


def test_an_opt_out_since_is_erased_and_a_revoked_key_stays_revoked(
    crawled: tuple[Settings, list[str], Path],
) -> None:
    settings, (_, gone), _ = crawled
    database = open_database(settings)
    with database.transaction() as connection:
        room = workspaces.ensure(connection, "default", now=NOW)
        _, key = make_key(connection, room.workspace_id, name="Ann", scopes=[Scope.READ])
    database.close()
    made = run_backup(settings, settings.data_dir.parent / "with-key").path
    database = open_database(settings)
    request_optout(settings, database, gone, utc_now())
    with database.transaction() as connection:
        access.revoke(connection, key.public_id, now=NOW)
    database.close()
    report = run_restore(settings, made, force=True)
    assert (report.erased, report.keys_revoked) == (1, 1)
    assert query(settings, "SELECT count(*) FROM site WHERE key LIKE 'goes.test%'") == [(0,)]
    assert query(settings, "SELECT site_key, state FROM opt_out") == [(None, "erased")]
    assert query(settings, "SELECT count(*) FROM api_key WHERE revoked_at IS NULL") == [(0,)]


def test_a_damaged_database_is_replaced_only_with_the_copy_of_the_list(settings: Settings, tmp_path: Path) -> None:
    one_site(settings)
    made = run_backup(settings, tmp_path / "made.zip").path
    with pytest.raises(NotFoundError, match="will not be stored in future"):
        run_forget(settings, "https://own.example/")
    database = settings.data_dir / "bloghound.sqlite3"
    database.write_bytes(b"not a database, whatever it was before" * 200)
    copy = settings.suppressions_path.rename(tmp_path / "away.json")
    with pytest.raises(StorageError, match="nobody knows who was forgotten"):
        run_restore(settings, made, force=True)
    copy.rename(settings.suppressions_path)
    assert run_restore(settings, made, force=True).erased == 1
    assert query(settings, "SELECT count(*) FROM site") == [(0,)]


def test_another_installations_backup_cannot_take_the_place_of_one_that_forgot(made: Path, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target")
    one_site(target)
    with pytest.raises(NotFoundError, match="will not be stored in future"):
        run_forget(target, "https://own.example/")
    with pytest.raises(ConflictError, match="another installation"):
        run_restore(target, made, force=True)
    database = open_database(target)
    with database.read() as connection:
        assert "own.example" in suppressions.load(connection, target.secret_key())
    database.close()
