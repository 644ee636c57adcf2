"""The crawl's figures in Prometheus' format: every family with its value, and the file that a collector reads."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bloghound.errors import SettingsError
from bloghound.jobs.metrics import crawl_families, metrics_file
from bloghound.settings import Settings
from storage.database import open_database
from storage.figures import CrawlFigures
from tests.test_storage_figures import KEYS, Crawling
from tests.waiting import until

FIGURES = CrawlFigures(
    pages_by_outcome={"post": 40, "http_error": 2},
    bytes_fetched=5_000,
    posts_new=38,
    posts_updated=1,
    pages_last_minute=12,
    sites_by_health={"ok": 3, "unknown": 1},
    queue={"in_work": 1, "due": 2, "later": 0},
    oldest_due_seconds=30.5,
    recrawls_due=4,
    oldest_recrawl_seconds=3600,
    hosts_parked=1,
    workers=2,
)


@pytest.fixture
def watched(settings: Settings, tmp_path: Path) -> Settings:
    """Settings that name a file for the figures."""
    return settings.model_copy(update={"metrics_file": str(tmp_path / "bloghound.prom")})


def samples(text: str) -> dict[str, float]:
    """Every sample of Prometheus' text, by its name and the one label's value."""
    families = list(text_string_to_metric_families(text))
    return {" ".join([one.name, *one.labels.values()]): one.value for family in families for one in family.samples}


def test_every_figure_has_its_sample() -> None:
    found = {
        " ".join([one.name.removeprefix("bloghound_crawl_"), *one.labels.values()]): one.value
        for family in crawl_families(FIGURES)
        for one in family.samples
    }
    assert found == {
        "pages_total post": 40,
        "pages_total http_error": 2,
        "bytes_total": 5_000,
        "posts_total new": 38,
        "posts_total updated": 1,
        "pages_last_minute": 12,
        "sites ok": 3,
        "sites unknown": 1,
        "queue in_work": 1,
        "queue due": 2,
        "queue later": 0,
        "queue recrawl_due": 4,
        "oldest_due_seconds crawl": 30.5,
        "oldest_due_seconds recrawl": 3600,
        "hosts_parked": 1,
        "workers": 2,
    }


def test_the_file_is_there_from_the_start_and_follows_what_others_write(watched: Settings) -> None:
    path = Path(watched.metrics_file)
    with metrics_file(watched, write_seconds=0.01):
        assert samples(path.read_text())["bloghound_crawl_queue due"] == 0
        database = open_database(watched)
        with database.transaction() as connection:
            Crawling(connection)
        database.close()
        until(lambda: samples(path.read_text())["bloghound_crawl_queue due"] == len(KEYS))
    assert [one.name for one in path.parent.glob("*.prom*")] == [path.name]


def test_the_last_state_is_written_at_the_end(watched: Settings) -> None:
    with metrics_file(watched):
        database = open_database(watched)
        with database.transaction() as connection:
            Crawling(connection)
        database.close()
    assert samples(Path(watched.metrics_file).read_text())["bloghound_crawl_queue due"] == len(KEYS)


def test_without_a_name_there_is_no_file(bare_settings: Settings, tmp_path: Path) -> None:
    with metrics_file(bare_settings):
        assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_at_once(settings: Settings, tmp_path: Path) -> None:
    lost = settings.model_copy(update={"metrics_file": str(tmp_path / "none" / "x.prom")})
    with pytest.raises(SettingsError, match=r"BLOGHOUND_METRICS_FILE=.*x\.prom"), metrics_file(lost):
        pass
