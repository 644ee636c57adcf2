"""Alembic, driven from code: the same migrations for a new database, an old one, SQLite and PostgreSQL."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bloghound.errors import StorageError
from storage.database import Database, revision_of

# Any 64-bit number of our own: PostgreSQL's advisory lock under which one process migrates and the others wait.
_MIGRATION_LOCK = 0x626C6F67


def run_upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to ``revision``; raises StorageError when the database is newer than this program."""
    with database.read() as connection:
        current = revision_of(connection)
    if current is not None and current not in known_revisions():
        raise StorageError(
            f"The database {database.shown_url} was made by a newer version of Bloghound (tables {current})."
        )
    with database.transaction() as connection:
        _wait_for_other_migrations(connection)
        command.upgrade(_config(connection), revision)


def run_downgrade(database: Database, revision: str) -> None:
    """Bring the tables back to ``revision`` (``base``: none)."""
    with database.transaction() as connection:
        command.downgrade(_config(connection), revision)


def known_revisions() -> frozenset[str]:
    """Every revision that this program can bring to the newest."""
    return frozenset(entry.revision for entry in ScriptDirectory.from_config(_config()).walk_revisions())


def _wait_for_other_migrations(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("storage") / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
