"""The demo: a web of our own, crawled by the real spider, indexed with the real model, ranked for its briefs."""

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bloghound.demo import DemoBrief, DemoWeb
from bloghound.errors import ConflictError
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.index import IndexReport, run_index
from bloghound.jobs.ranking import open_engine
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from ranking.ranking import Ranking
from storage import niches, workspaces
from storage.database import open_database
from storage.tables.base import utc_now

MARK = "bloghound.sqlite3"
"""The file by which a folder is known as a data directory of ours."""

Progress = Callable[[str, int, int | None, str], None]
"""Told the stage, what is done of it, how much there is (None: unknown), and a note."""


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What the demo did, with one ranking for each of its niches."""

    crawl: CrawlReport
    index: IndexReport
    rankings: tuple[tuple[str, Ranking], ...]
    seconds: float
    settings: Settings
    """Those of the demo's own data directory."""

    @property
    def data_dir(self) -> Path:
        """Where the demo's data lies."""
        return self.settings.data_dir


def run_demo(settings: Settings, *, port: int = 0, progress: Progress) -> DemoReport:
    """Run the main job on the demo web, in a ``demo`` folder of the data directory, so that real data stays apart.

    What an earlier demo left there is removed. Raises PortError when the port is taken, ConflictError when the folder
    holds something else.
    """
    started = time.monotonic()
    own = settings.model_copy(update={"data_dir": settings.data_dir / "demo", "database_url": ""})
    with DemoWeb(port=port) as web:
        _clear(own.data_dir)
        crawl = run_crawl(
            own,
            list(web.seeds),
            max_sites=100,
            max_pages_per_site=own.max_pages_per_site,
            depth=3,
            static_hosts=dict.fromkeys(web.hosts, (web.address, web.port)),
            progress=lambda event: progress(
                "crawl", event.sites_done, event.sites_total, f"{event.pages} pages, {event.posts} posts"
            ),
        )
        _keep_niches(own, web.briefs)
        index = run_index(own, progress=lambda stage, done, total: progress(stage, done, total, ""))
        engine = open_engine(own)
        rankings = tuple((brief.name, engine.rank(brief.text, limit=100)) for brief in web.briefs)
    return DemoReport(crawl, index, rankings, time.monotonic() - started, own)


def _keep_niches(settings: Settings, briefs: Sequence[DemoBrief]) -> None:
    """Save the briefs as niches of the default workspace, where the page shows them."""
    now = utc_now()
    with closing(open_database(settings)) as database, database.transaction() as connection:
        room = workspaces.ensure(connection, workspaces.DEFAULT, now=now)
        for brief in briefs:
            niches.create(connection, room.workspace_id, {"name": brief.name, "brief": brief.text}, now=now)


def _clear(folder: Path) -> None:
    try:
        if not folder.exists():
            return
        if any(folder.iterdir()) and not (folder / MARK).exists():
            raise ConflictError(
                f"The folder {folder} holds something that is not the demo's; name another data directory."
            )
        shutil.rmtree(folder)
    except OSError as error:
        raise ConflictError(f"The demo's folder {folder} cannot be cleared: {error.strerror or error}.") from error
