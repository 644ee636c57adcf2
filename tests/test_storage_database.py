"""Opening databases, transactions, migrations: on SQLite and PostgreSQL."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, inspect, select

from bloghound.errors import SettingsError, StorageError
from bloghound.settings import Settings
from storage import sqlite
from storage.database import Database, open_database, upgrade
from storage.migrating import _config, run_downgrade
from storage.sqlite import FIXED_VERSION, SingleWriter, WriterQueue, choose_module, version_of
from storage.tables import Suppression, metadata
from storage.tables.base import table_of, utc_now

SUPPRESSION = table_of(Suppression)


def _count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(SUPPRESSION)).scalar_one()


def test_migrations_have_one_head() -> None:
    assert len(ScriptDirectory.from_config(_config()).get_heads()) == 1


def test_migrated_tables_are_the_declared_ones(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrations_go_down_and_up_again(database: Database) -> None:
    run_downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    upgrade(database)
    assert set(metadata.tables) <= set(inspect(database.engine).get_table_names())


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    upgrade(database)
    assert _count(database) == 0


def test_a_newer_database_is_refused_by_name(database: Database) -> None:
    with database.transaction() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer version of Bloghound"):
        upgrade(database)


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    row = {"keyed_hash": "a", "reason": "", "created_at": utc_now()}

    def write_and_fail() -> None:
        with database.transaction() as connection:
            connection.execute(insert(SUPPRESSION), [row])
            raise KeyError("stop")

    with pytest.raises(KeyError):
        write_and_fail()
    assert _count(database) == 0


def test_a_broken_constraint_is_one_sentence_without_the_password(database: Database) -> None:
    row = {"keyed_hash": "a", "reason": "", "created_at": utc_now()}

    def write_twice() -> None:
        with database.transaction() as connection:
            connection.execute(insert(SUPPRESSION), [row, row])

    with pytest.raises(StorageError) as caught:
        write_twice()
    assert "\n" not in str(caught.value)


def test_sqlite_is_opened_safely(settings: Settings) -> None:
    database = open_database(settings)
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
    with database.read() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in wanted}
    database.close()
    assert found == wanted


def test_a_new_database_can_be_opened_by_many_at_once(settings: Settings) -> None:
    def use(_: int) -> int:
        database = open_database(settings)
        try:
            return _count(database)
        finally:
            database.close()

    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(use, range(24))) == [0] * 24


def test_the_newest_sqlite_at_hand_is_used() -> None:
    assert version_of(choose_module()) >= max(version_of(sqlite3), FIXED_VERSION)


def test_only_one_process_writes_with_an_unsafe_sqlite(tmp_path: Path) -> None:
    writer = SingleWriter(tmp_path / "db")
    code = "from pathlib import Path; from storage.sqlite import SingleWriter; "
    code += f"SingleWriter(Path({str(tmp_path / 'db')!r})).acquire()"
    writer.acquire()
    writer.acquire()
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    writer.release()
    assert "Another process writes to this database" in other.stderr
    assert subprocess.run([sys.executable, "-c", code], check=True).returncode == 0


COUNTING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from storage.sqlite import WriterQueue

path = Path(sys.argv[1])
queue = WriterQueue(path)

def count_up(_):
    for _ in range(100):
        with queue.turn():
            path.write_text(str(int(path.read_text()) + 1))

with ThreadPoolExecutor(2) as pool:
    list(pool.map(count_up, range(2)))
"""
"""Two threads raise the number in a file by 100 each; without turns some of it is lost."""


def test_writers_of_several_processes_and_threads_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "number"
    path.write_text("0")
    processes = [subprocess.Popen([sys.executable, "-c", COUNTING, str(path)]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert path.read_text() == str(2 * 2 * 100)


def test_a_turn_that_fails_is_over(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "db")
    with pytest.raises(KeyError), queue.turn():
        raise KeyError("stop")
    with queue.turn():
        queue_is_free = True
    queue.close()
    assert queue_is_free


def test_waiting_for_a_turn_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 20)
    queue = WriterQueue(tmp_path / "db")
    with queue.turn(), pytest.raises(StorageError, match="busy"), queue.turn():
        pytest.fail("two had their turn at once")
    queue.close()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    queue = WriterQueue(tmp_path / "absent" / "db")
    with pytest.raises(StorageError, match="cannot be written"), queue.turn():
        pytest.fail("there is no such folder")


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite:////proc/none/x.db", "oracle+magic://x"])
def test_a_bad_address_is_a_settings_error(url: str, settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"\w"):
        open_database(settings.model_copy(update={"database_url": url}))


def test_an_absent_server_is_a_storage_error_without_the_password(settings: Settings) -> None:
    url = "postgresql+psycopg://ann:secret@127.0.0.1:1/none"
    with pytest.raises(StorageError, match=r"127\.0\.0\.1:1") as caught:
        open_database(settings.model_copy(update={"database_url": url}))
    assert "secret" not in str(caught.value)


def test_a_file_that_is_no_database_is_a_storage_error(settings: Settings) -> None:
    settings.ensure_data_dir()
    (settings.data_dir / "bloghound.sqlite3").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="not a database"):
        open_database(settings)
