"""Import of web archives, and the second reading of our own."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bloghound.errors import NotFoundError
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.importing import OWN, import_archives
from storage.database import open_database

Progress = Callable[[int, int, int], None]


def run_import(settings: Settings, archives: Sequence[Path], *, progress: Progress | None = None) -> CrawlReport:
    """Store the posts of archives that others made; see :func:`crawler.importing.import_archives`."""
    database = open_database(settings)
    try:
        return import_archives(database, settings, archives, progress=progress)
    finally:
        database.close()


def own_archives(settings: Settings) -> list[Path]:
    """The WARC segments of our live crawls, oldest first; raises NotFoundError when there are none."""
    segments = sorted(settings.archive_dir.glob("*.warc.gz"))
    if not segments:
        raise NotFoundError(f"There are no archives of live crawls in {settings.archive_dir}.")
    return segments


def run_reparse(settings: Settings, *, progress: Progress | None = None) -> CrawlReport:
    """Read our own archives again with today's extraction, without asking any site again."""
    archives = own_archives(settings)
    database = open_database(settings)
    try:
        return import_archives(database, settings, archives, origin=OWN, progress=progress)
    finally:
        database.close()
