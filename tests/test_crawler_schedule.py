"""When to come again: pure decisions about sites, posts, and pages that lead to posts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.records import Outcome, SiteHealth
from crawler.schedule import (
    GONE,
    LONGEST,
    LOOKS,
    MAX_OLD_LEADS,
    MISSING_FOR,
    MISSING_LOOK,
    SHORTEST,
    Look,
    interval,
    leads_due,
    next_look,
    next_visit,
    posts_per_day,
    site_answers,
)
from storage.schedule import Lead, PostPage

NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def every(gap: timedelta, posts: int = 30, silence: timedelta = timedelta(0)) -> list[datetime]:
    """The dates of posts at even gaps, the newest so long ago."""
    return [NOW - silence - gap * number for number in range(posts)]


def test_the_rate_is_that_of_the_last_twenty_posts_with_a_tenth_of_a_post_a_month_before() -> None:
    assert posts_per_day(every(DAY), NOW) == pytest.approx((0.1 + 19) / (3 + 19))
    assert posts_per_day([], NOW) == pytest.approx(1 / 30)


@pytest.mark.parametrize(
    ("dates", "shortest", "longest"),
    [
        (every(HOUR), SHORTEST, SHORTEST),
        (every(DAY), 8 * HOUR, 24 * HOUR),
        (every(WEEK), 4 * DAY, WEEK),
        (every(30 * DAY), 2 * WEEK, 4 * WEEK),
        (every(DAY, silence=365 * DAY), 10 * DAY, 3 * WEEK),
        (every(WEEK, silence=5 * 365 * DAY), LONGEST, LONGEST),
        ([], 2 * WEEK, 4 * WEEK),
        ([NOW - HOUR, NOW - 2 * HOUR], DAY, 3 * DAY),
    ],
    ids=["hourly", "daily", "weekly", "monthly", "silent", "sleeping", "unknown", "two at once"],
)
def test_a_site_is_visited_by_its_rhythm(dates: list[datetime], shortest: timedelta, longest: timedelta) -> None:
    assert shortest <= interval(dates, NOW) <= longest


def test_posts_dated_in_the_future_tell_nothing() -> None:
    assert interval([NOW + 30 * DAY, *every(DAY)], NOW) == interval(every(DAY), NOW)


def test_a_site_that_fails_is_asked_ever_less_often() -> None:
    waits = [next_visit(SiteHealth.FAILED, [], now=NOW, failures=number) - NOW for number in range(1, 9)]
    assert waits == [DAY, 2 * DAY, 4 * DAY, 8 * DAY, 16 * DAY, 32 * DAY, LONGEST, LONGEST]


@pytest.mark.parametrize("health", [health for health in SiteHealth if health != SiteHealth.OK])
def test_every_ending_has_its_wait(health: SiteHealth) -> None:
    assert DAY <= next_visit(health, every(HOUR), now=NOW, failures=1) - NOW <= LONGEST


def test_a_site_that_says_no_is_left_alone_for_a_week_at_least() -> None:
    assert next_visit(SiteHealth.ROBOTS, every(HOUR), now=NOW, failures=1) == NOW + WEEK


def test_a_post_that_is_due_for_a_look_brings_the_visit_forward_but_not_too_far() -> None:
    def due(look_at: datetime | None) -> timedelta:
        return next_visit(SiteHealth.OK, every(30 * DAY), now=NOW, failures=0, next_look_at=look_at) - NOW

    assert (due(NOW + DAY), due(NOW - DAY), due(NOW + 365 * DAY)) == (DAY, SHORTEST, due(None))


def page(outcome: Outcome = Outcome.POST, age: timedelta = timedelta(0), state: str = "live") -> PostPage:
    """The page of a post that was written ``age`` before it was fetched, at NOW."""
    return PostPage(1, "https://a.example/p", outcome, 200, NOW, None, None, 7, state, NOW - age)


def look(found: PostPage, *, answers: bool = True, is_error_page: bool = False) -> Look:
    return next_look(found, answers=answers, is_error_page=is_error_page)


def test_a_post_is_looked_at_by_its_age() -> None:
    ages = [timedelta(0), DAY, 5 * DAY, 20 * DAY, 89 * DAY, 100 * DAY]
    expected = [DAY, 3 * DAY, WEEK, 30 * DAY, 90 * DAY, 365 * DAY]
    found = [look(page(age=age)).next_fetch_at for age in ages]
    assert found == [NOW - age + at for age, at in zip(ages, expected, strict=True)]
    assert look(page(age=LOOKS[-1])).next_fetch_at is None


def missing(since: timedelta | None = None, state: str = "live", status: int = 404) -> PostPage:
    found = replace(page(Outcome.NOT_FOUND, state=state), status=status)
    return found if since is None else replace(found, missing_since=NOW - since)


def test_a_page_that_is_not_found_is_asked_for_again_a_day_later() -> None:
    assert look(missing()) == Look(NOW + MISSING_FOR, NOW, "live")
    assert look(missing(23 * HOUR)) == Look(NOW + HOUR, NOW - 23 * HOUR, "live")


def test_a_page_that_is_still_not_found_then_has_vanished() -> None:
    assert look(missing(DAY)) == Look(NOW + MISSING_LOOK, NOW - DAY, "vanished")
    assert look(missing(2 * 365 * DAY, "vanished")).next_fetch_at is None


def test_what_its_server_calls_gone_has_vanished_at_once() -> None:
    assert look(missing(status=GONE)).post_state == "vanished"


def test_nothing_vanishes_where_the_whole_site_fails() -> None:
    assert look(missing(WEEK), answers=False) == Look(NOW + MISSING_FOR, NOW - WEEK, "live")
    assert look(missing(status=GONE), answers=False).post_state == "live"


def test_an_error_page_that_is_served_as_if_all_were_well_is_a_missing_one() -> None:
    assert look(page(Outcome.PAGE), is_error_page=True) == Look(NOW + MISSING_FOR, NOW, "live")


@pytest.mark.parametrize("outcome", [Outcome.HTTP_ERROR, Outcome.BLOCKED, Outcome.REDIRECT, Outcome.NETWORK_ERROR])
@pytest.mark.parametrize("state", ["live", "vanished"])
def test_what_was_not_seen_stays_what_it_was(outcome: Outcome, state: str) -> None:
    assert look(page(outcome, state=state)).post_state == state


def test_what_is_seen_again_is_live_again() -> None:
    seen = replace(page(state="vanished"), missing_since=NOW - WEEK)
    assert look(seen) == Look(NOW + DAY, None, "live")


def test_a_home_page_alone_proves_no_site() -> None:
    assert not site_answers([Outcome.LISTING, Outcome.PAGE, Outcome.NOT_FOUND, Outcome.ROBOTS_TXT])
    assert site_answers([Outcome.NOT_FOUND, Outcome.NOT_MODIFIED])


def lead(page_id: int, kind: str, outcome: Outcome | None = Outcome.LISTING, age: timedelta = DAY) -> Lead:
    return Lead(page_id, kind, None if outcome is None else outcome.value, NOW - age if outcome else None)


def asked(*leads: Lead, since: datetime | None = None) -> list[int]:
    return leads_due(leads, now=NOW, since=since)


def test_the_first_feed_that_works_is_asked_and_nothing_else() -> None:
    guessed, feed = lead(2, "feed", Outcome.NOT_FOUND), lead(3, "feed", Outcome.FEED)
    comments, listing, sitemap = lead(4, "feed", Outcome.FEED), lead(5, "listing"), lead(6, "sitemap", Outcome.SITEMAP)
    assert asked(lead(1, "home"), guessed, feed, comments, listing, sitemap) == [3]


def test_the_feed_of_comments_is_asked_every_time_where_it_works() -> None:
    feed, talk = lead(1, "feed", Outcome.FEED), lead(2, "comments", Outcome.FEED)
    assert asked(feed, talk, lead(3, "comments", Outcome.FEED)) == [1, 2]
    assert asked(feed, lead(2, "comments", Outcome.NOT_FOUND)) == [1]


def test_where_there_is_no_feed_the_home_page_is_asked() -> None:
    assert asked(lead(1, "home"), lead(2, "feed", Outcome.NOT_FOUND), lead(3, "listing")) == [1]


def test_a_feed_that_failed_for_a_moment_is_asked_again() -> None:
    assert asked(lead(1, "home"), lead(2, "feed", Outcome.HTTP_ERROR)) == [2]


def test_what_was_asked_long_ago_is_asked_again() -> None:
    feed = lead(1, "feed", Outcome.FEED, HOUR)
    ages = {"home": WEEK, "listing": 4 * WEEK, "sitemap": 8 * WEEK}
    for kind, age in ages.items():
        assert asked(feed, lead(2, kind, age=age)) == [1, 2]
        assert asked(feed, lead(2, kind, age=age - HOUR)) == [1]


def test_a_blog_of_many_tags_is_not_asked_for_all_of_them_at_once() -> None:
    tags = [lead(number, "listing", age=9 * WEEK) for number in range(2, 200)]
    assert len(asked(lead(1, "feed", Outcome.FEED), *tags)) == 1 + MAX_OLD_LEADS


def test_what_was_never_asked_is_asked() -> None:
    assert asked(lead(1, "feed", Outcome.FEED), lead(2, "feed", None)) == [1, 2]


def test_what_another_crawl_has_just_asked_is_not_asked_again() -> None:
    assert asked(lead(1, "feed", Outcome.FEED, HOUR), since=NOW - DAY) == []
