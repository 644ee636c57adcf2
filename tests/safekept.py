"""What the tests of backups share: installations with rows in every table, their contents, forged backups."""

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary, Table, insert

from bloghound.jobs.backup import run_backup
from bloghound.jobs.backup_file import BackupWriter, Manifest, TableEntry, table_member
from bloghound.jobs.crawl import run_crawl
from bloghound.settings import Settings
from storage import backup, sites
from storage.database import Database, open_database
from storage.migrating import known_revisions
from storage.tables import metadata
from tests.conftest import PROJECT
from tests.mockweb import MockWeb, small_blog

NOW = datetime(2026, 6, 1, 12, 30, 15, 250_000, tzinfo=UTC)
ROWS = 3


def value_for(column: Any, table: Table, number: int) -> Any:
    """A value of its own for each row; rows of one table refer to later rows of it, which a copy must cope with."""
    keys = [key for key in column.foreign_keys if key.column.table.name in metadata.tables]
    if keys:
        return ROWS + 1 - number if keys[0].column.table is table else number
    kind = getattr(column.type, "impl", column.type)
    if isinstance(kind, DateTime):
        return NOW + timedelta(seconds=number)
    if isinstance(kind, LargeBinary):
        return bytes([0, 255, number])
    if isinstance(kind, JSON):
        return {"words": ["grün \u2028", None, 1.5], "number": number}
    made = {bool: number % 2 == 0, int: number, float: number / 3, str: f"{column.name} \\ \u2028 😀 {number}"}
    return made[kind.python_type]


BY_ITSELF = {"site_change", "site_mark"}
"""Tables that the database fills by itself."""


def fill_every_table(database: Database) -> None:
    with database.transaction() as connection:
        for table in [table for table in metadata.sorted_tables if table.name not in BY_ITSELF]:
            rows = [{c.name: value_for(c, table, n) for c in table.columns} for n in range(1, ROWS + 1)]
            later = {key.parent.name for key in table.foreign_keys if key.column.table is table}
            connection.execute(insert(table), [{k: None if k in later else v for k, v in row.items()} for row in rows])
            for row in rows if later else ():
                connection.execute(table.update().where(table.c.id == row["id"]).values(**{k: row[k] for k in later}))


def contents(settings: Settings) -> dict[str, list[bytes]]:
    """All rows of all tables that a backup holds."""
    database = open_database(settings)
    try:
        with database.read() as connection:
            names = backup.shapes(connection)
            return {
                name: sorted(b"".join(part for part, _ in backup.rows_as_lines(connection, name)).splitlines())
                for name in names
            }
    finally:
        database.close()


def settings_of(folder: Path, database_url: str = "") -> Settings:
    return Settings(data_dir=folder, database_url=database_url, extraction_workers=1)


def filled(settings: Settings) -> Settings:
    database = open_database(settings)
    fill_every_table(database)
    database.close()
    return settings


@dataclass(frozen=True)
class Kept:
    """An installation with rows in every table, and a backup of it; tests change copies of them only."""

    source: Settings
    file: Path

    def source_in(self, folder: Path) -> Settings:
        """A copy of the installation there."""
        shutil.copytree(self.source.data_dir, folder)
        return settings_of(folder)

    def file_in(self, folder: Path) -> Path:
        """A copy of the backup in a new folder."""
        folder.mkdir()
        return Path(shutil.copy2(self.file, folder))


def kept(folder: Path) -> Kept:
    """Both, made in this folder."""
    source = filled(settings_of(folder / "source"))
    return Kept(source, run_backup(source, folder / "backups").path)


def crawl_blogs(settings: Settings, *hosts: str) -> list[str]:
    """Crawl small blogs; their home addresses."""
    with MockWeb({host: small_blog(2, host) for host in hosts}) as web:
        homes = [web.url(host) for host in hosts]
        run_crawl(settings, homes, static_hosts=dict.fromkeys(hosts, (web.address, web.port)))
    return homes


def one_site(settings: Settings, key: str = "own.example") -> str:
    database = open_database(settings)
    with database.transaction() as connection:
        sites.ensure(connection, [sites.seed(f"https://{key}/")], now=NOW)
    database.close()
    return key


def forged(
    folder: Path, tables: dict[str, tuple[list[Any], list[str]]], *, revision: str | None = None, name: str = "f.zip"
) -> Path:
    """A backup with sound checksums that holds one row in each of these tables."""
    manifest = Manifest(
        backup_id="bak_forged",
        made_at=NOW,
        program="0",
        revision=revision or max(known_revisions()),
        tables={table: TableEntry(columns=columns, rows=1) for table, (_, columns) in tables.items()},
        members={},
    )
    with BackupWriter(folder / name) as writer:
        with writer.member("secret.key") as sink:
            sink.write(bytes(32))
        for table, (row, _) in tables.items():
            with writer.member(table_member(table)) as sink:
                sink.write(json.dumps(row).encode() + b"\n")
        writer.finish(manifest)
    return folder / name


def killed(script: str, *arguments: object) -> list[str]:
    """Run a program and kill it when it has written a line; the lines."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    return line.split()
