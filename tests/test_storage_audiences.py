"""Followers as search, filters and the graph take them: what is shown now, of SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bloghound.jobs.profiles import largest_audience
from storage import audiences, imported_metrics, provenance, sites
from storage.database import Database
from storage.imported_metrics import ImportedFigure
from tests.stored_bloggers import NOW, SECRET, Stored

DAY = timedelta(days=1)
STATED = ImportedFigure("followers", 900, NOW, "Agency", profile_url="https://x.com/ann", blog="https://a.example/")
OWN = replace(STATED, value=70, profile_url=None)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as connection:
        Stored(connection).site("a.example")
        yield connection


def shown(connection: Connection, *values: int | None) -> None:
    """What the site shows, seen day by day from tomorrow."""
    for day, value in enumerate(values, start=1):
        sites.observe_metric(connection, 1, "followers", value, source_url="x", now=NOW + day * DAY)


@pytest.mark.parametrize(("values", "followers"), [((120,), 120), ((120, 130), 130), ((120, None, 90), 90)])
def test_the_latest_figure_is_taken(connection: Connection, values: tuple[int | None, ...], followers: int) -> None:
    shown(connection, *values)
    assert audiences.followers(connection) == {1: followers}


def test_followers_that_are_hidden_now_are_unknown(connection: Connection) -> None:
    shown(connection, 120, None)
    assert audiences.followers(connection) == {}
    assert audiences.followers(connection, [1]) == {}


def test_followers_that_are_hidden_leave_those_of_another_profile(connection: Connection) -> None:
    imported_metrics.keep(connection, [STATED], secret_key=SECRET)
    shown(connection, 1200, None)
    assert audiences.followers(connection) == {1: 900}


@pytest.mark.parametrize("values", [(120, None), (120, None, 5), (None,), (60,), ()])
@pytest.mark.parametrize("stated_after_days", [0, 1, 5])
def test_search_takes_what_the_page_of_the_blogger_shows(
    connection: Connection, values: tuple[int | None, ...], stated_after_days: int
) -> None:
    stated = replace(OWN, observed_at=NOW + stated_after_days * DAY)
    imported_metrics.keep(connection, [stated], secret_key=SECRET)
    shown(connection, *values)
    on_page = largest_audience(provenance.latest_figures(connection, [1])).value
    assert audiences.followers(connection).get(1) == on_page
