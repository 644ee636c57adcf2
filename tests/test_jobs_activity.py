"""Active, quiet, or not to be seen: told apart by pure functions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.jobs.activity import (
    MAX_MONTHS,
    QUIET_AFTER,
    activity_status,
    first_month,
    months_of,
    posting_rate,
    rate_window,
)
from ranking.activity import posts_per_month
from storage.bloggers import StoredSite

NOW = datetime(2026, 5, 15, tzinfo=UTC)
SITE = StoredSite(
    site_id=1,
    public_id="site_a",
    key="a.example",
    home_url="https://a.example",
    kind="blog",
    platform="",
    title="",
    description="",
    language=None,
    flags=[],
    tdm_reserved=False,
    linkers=0,
    first_seen=NOW,
    health="ok",
    health_reason="",
    last_visited_at=NOW,
    found_from_url=None,
    found_from_site_id=None,
)
OLD = NOW - QUIET_AFTER - timedelta(days=1)


@pytest.mark.parametrize(
    ("health", "last_post", "expected"),
    [
        ("ok", NOW - QUIET_AFTER, "active"),
        ("ok", OLD, "quiet"),
        ("ok", None, "unknown"),
        ("blocked", OLD, "blocked"),
        ("blocked", None, "blocked"),
        ("robots", OLD, "robots"),
        ("failed", None, "failed"),
        ("blocked", NOW - timedelta(days=3), "active"),
        ("empty", None, "unknown"),
        ("not_a_blog", None, "unknown"),
        (None, OLD, "unknown"),
    ],
)
def test_a_site_that_cannot_be_read_is_never_quiet(
    health: str | None, last_post: datetime | None, expected: str
) -> None:
    found = activity_status([replace(SITE, health=health)], last_post)
    assert (found.status, bool(found.reason)) == (expected, True)


def test_one_unreadable_site_of_two_leaves_the_question_open() -> None:
    blocked = replace(SITE, health="blocked", health_reason="answered 403")
    found = activity_status([SITE, blocked], OLD)
    assert (found.status, found.reason) == ("blocked", "the site refuses our crawler: answered 403")


def test_nothing_is_said_of_a_site_that_was_not_visited() -> None:
    found = activity_status([replace(SITE, health=None, last_visited_at=None)], NOW)
    assert (found.status, found.reason, found.as_of) == ("unknown", "the site was not visited yet", None)


def test_months_without_posts_are_there() -> None:
    dates = [datetime(2025, 12, 31, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), NOW + timedelta(days=1)]
    assert months_of(dates, NOW) == {"2025-12": 1, "2026-01": 0, "2026-02": 1, "2026-03": 0, "2026-04": 0, "2026-05": 0}
    assert months_of([], NOW) == {}


def test_ten_years_of_months_at_most() -> None:
    months = months_of([datetime(1999, 1, 1, tzinfo=UTC), NOW], NOW)
    assert (len(months), min(months), months["2026-05"]) == (MAX_MONTHS, f"{first_month(NOW):%Y-%m}", 1)


@pytest.mark.parametrize("days", [(1, 40, 300), (500, 600, 700), (1, 2), (0, 0, 0, 0)])
def test_the_rate_is_that_of_the_index(days: tuple[int, ...]) -> None:
    dates = sorted(NOW - timedelta(days=number) for number in days)
    since, until = rate_window(dates[0], NOW)
    found = posting_rate(len(dates), sum(since <= date <= until for date in dates), since, until)
    assert found.value == posts_per_month(dates, NOW)
    assert found.reason == (None if len(dates) >= 3 else "too_few_posts")
