"""Fixtures that many test files share: the real corpus, a clean environment, settings in a temporary folder."""

import os
from pathlib import Path

import pytest

from bloghound.settings import PREFIX, Settings

PROJECT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"


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
