"""The platforms' own software: put into a folder of the run's own, started for its tests, stopped and removed after."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import ghost, wordpress
from tests.live.ghost import GhostSite
from tests.live.wordpress import WordPressSite


@contextmanager
def folder_of_all(prefix: str) -> Iterator[Path]:
    """A folder that is gone after the block; everybody may enter: PostgreSQL refuses to run as root."""
    with tempfile.TemporaryDirectory(prefix=prefix) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def software() -> Iterator[Path]:
    """Where software is put. ``LIVE_SOFTWARE`` names a folder where it stays for the next run."""
    kept = os.environ.get("LIVE_SOFTWARE")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept).resolve()
        return
    with folder_of_all("bloghound-live-") as folder:
        yield folder


@pytest.fixture(scope="session")
def data() -> Iterator[Path]:
    """Where what runs keeps its data; its name is short, since the address of a socket has 108 bytes."""
    with folder_of_all("live-") as folder:
        yield folder


@pytest.fixture(scope="session")
def wordpress_site(software: Path, data: Path) -> Iterator[WordPressSite]:
    folder, own_data = software / "wordpress", data / "wordpress"
    own_data.mkdir()
    served = folder / "usr" / "share" / "wordpress"
    site = served if (served / "wp-config.php").exists() else wordpress.install(folder)
    with wordpress.running(site, own_data) as running:
        yield running


@pytest.fixture(scope="session")
def ghost_site(software: Path, data: Path) -> Iterator[GhostSite]:
    folder, own_data = software / "ghost", data / "ghost"
    own_data.mkdir()
    if not ghost.is_installed(folder):
        ghost.install(folder)
    with ghost.running(folder, own_data) as running:
        yield running
