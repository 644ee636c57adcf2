"""Figures by file in SQLite and PostgreSQL: once, in place, and gone with whom they are about."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from storage import audiences, carrying, imported_metrics, sites, suppressions
from storage.database import Database
from storage.imported_metrics import ImportedFigure, Outcome
from storage.tables import EngagementObservation, SiteMetric
from storage.tables.base import table_of
from tests.stored_bloggers import NOW, SECRET, Stored

METRIC, OBSERVATION = table_of(SiteMetric), table_of(EngagementObservation)
ANN = ImportedFigure("followers", 900, NOW, "Agency", profile_url="https://x.com/ann", blog="https://a.example/")
SHARES = ImportedFigure("shares", 4, NOW, "Tool", post_url="https://a.example/0")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as connection:
        store = Stored(connection)
        store.site("a.example")
        store.posts("a.example", 1)
        yield connection


def keep(connection: Connection, *figures: ImportedFigure, replace: bool = False) -> list[Outcome]:
    return imported_metrics.keep(connection, figures, secret_key=SECRET, replace=replace)


def test_figures_are_stored_once(connection: Connection) -> None:
    assert keep(connection, ANN, SHARES) == [Outcome.STORED] * 2
    assert keep(connection, ANN, SHARES, ANN) == [Outcome.KNOWN] * 3
    stored = connection.execute(select(METRIC.c.value, METRIC.c.source_url, METRIC.c.imported_from)).all()
    seen = connection.execute(select(OBSERVATION.c["count"], OBSERVATION.c.imported_from, OBSERVATION.c.observed_at))
    assert stored == [(900, "https://x.com/ann", "Agency")]
    assert seen.all() == [(4, "Tool", NOW)]


def test_another_value_of_the_day_is_stored_when_that_is_asked_for(connection: Connection) -> None:
    keep(connection, ANN, SHARES)
    others = (replace(ANN, value=1), replace(SHARES, value=1))
    assert keep(connection, *others) == [Outcome.CONTRADICTS] * 2
    assert keep(connection, *others, replace=True) == [Outcome.REPLACED] * 2
    assert audiences.followers(connection) == {1: 1}


def test_profiles_of_one_day_stand_beside_each_other(connection: Connection) -> None:
    others = [replace(ANN, profile_url=f"https://{host}/ann", value=value) for host, value in (("a.b", 5), ("c.d", 7))]
    assert keep(connection, ANN, *others) == [Outcome.STORED] * 3
    assert audiences.followers(connection, [1]) == {1: 900}
    assert audiences.followers(connection, [2]) == {}


def test_what_is_not_stored_gets_no_figure(connection: Connection) -> None:
    strangers = (
        replace(ANN, blog="https://b.example/"),
        replace(ANN, blog=None),
        replace(SHARES, post_url="https://a.example/9"),
        replace(SHARES, blog="https://b.example/"),
    )
    assert keep(connection, *strangers) == [Outcome.UNKNOWN_SITE] * 2 + [Outcome.UNKNOWN_POST] * 2


@pytest.mark.parametrize("key", ["a.example", "x.com/ann"])
def test_a_figure_that_names_anybody_kept_out_is_refused(connection: Connection, key: str) -> None:
    suppressions.add(connection, SECRET, [key], reason="forgotten", now=NOW)
    assert keep(connection, ANN) == [Outcome.SUPPRESSED]


def test_a_profile_is_forgotten_under_any_of_its_addresses(connection: Connection) -> None:
    keep(connection, ANN, replace(ANN, profile_url="https://mobile.x.com/Ann/"), replace(ANN, profile_url=None))
    assert imported_metrics.forget(connection, "x.com/ann") == 2
    assert imported_metrics.profile_addresses(connection) == ["https://a.example/"]


def test_a_restored_backup_knows_whose_figures_to_erase(connection: Connection) -> None:
    keep(connection, ANN)
    suppressions.add(connection, SECRET, ["x.com/ann"], reason=suppressions.FORGOTTEN, now=NOW)
    assert carrying.keys_to_erase(connection, SECRET) == ["x.com/ann"]


def test_what_we_read_is_not_compared_with_what_a_file_says(connection: Connection) -> None:
    keep(connection, replace(ANN, profile_url=None, value=5))
    for days in (1, 2):
        sites.observe_metric(connection, 1, "followers", 5, source_url="x", now=NOW + timedelta(days=days))
    assert connection.execute(select(METRIC.c.imported_from).order_by(METRIC.c.id)).scalars().all() == ["Agency", ""]
