"""Figures, dates and foreign text as the pages write them."""

from datetime import UTC, datetime, timedelta

import pytest

from api.web.formatting import (
    address_shown,
    ago,
    as_datetime,
    date,
    day,
    foreign,
    language_name,
    number,
    percent,
    platform_name,
    plural,
    points,
    safe_link,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(1234, 0, "1,234"), (6.5, 1, "6.5"), (6.0, 1, "6"), (10, 0, "10"), (-3.25, 1, "−3.2"), (-0.01, 1, "0")],
)
def test_numbers_have_no_more_decimals_than_they_need(value: float, decimals: int, shown: str) -> None:
    assert number(value, decimals) == shown


@pytest.mark.parametrize("write", [number, points, percent])
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_figure_is_the_word_unknown(write: object, value: float | None) -> None:
    assert callable(write)
    assert write(value) == "unknown"


def test_points_keep_one_decimal_so_that_they_add_up() -> None:
    assert [points(value) for value in (0.4684, 0.1867, 0.081, 1.0, -0.364, -0.0)] == [
        "46.8",
        "18.7",
        "8.1",
        "100.0",
        "−36.4",
        "0.0",
    ]


@pytest.mark.parametrize(
    ("share", "shown"), [(0.31, "31 %"), (0.0, "0 %"), (1.0, "100 %"), (0.009, "under 1 %"), (0.01, "1 %")]
)
def test_percent_never_calls_a_little_nothing(share: float, shown: str) -> None:
    assert percent(share).replace("\u00a0", " ") == shown


def test_plural_counts() -> None:
    assert plural(1, "post") == "1\u00a0post"
    assert plural(1.6, "post") == "1.6\u00a0posts"
    assert plural(2, "blogger shows it", "bloggers show it") == "2\u00a0bloggers show it"


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=0.5), "just now"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "2 weeks ago"),
        (timedelta(days=59), "8 weeks ago"),
        (timedelta(days=62), "2 months ago"),
        (timedelta(days=729), "23 months ago"),
        (timedelta(days=731), "2 years ago"),
        (timedelta(days=-2), "in 2 days"),
    ],
)
def test_ages_are_rounded_down(back: timedelta, words: str) -> None:
    assert ago(NOW - back, NOW).replace("\u00a0", " ") == words


def test_a_date_is_absolute_with_its_age_beside_it() -> None:
    shown = date("2026-11-03T14:48:00+02:00", NOW)
    assert 'datetime="2026-11-03T12:48:00+00:00"' in shown
    assert "3 Nov 2026" in shown
    assert "2\u00a0weeks ago" in shown


@pytest.mark.parametrize("value", [None, "", "yesterday"])
def test_no_date_is_unknown(value: str | None) -> None:
    assert (day(value), ago(value, NOW), as_datetime(value)) == ("unknown", "unknown", None)
    assert "unknown" in date(value, NOW)


def test_a_time_without_zone_is_read_as_utc() -> None:
    assert as_datetime("2026-11-03T14:48:00") == datetime(2026, 11, 3, 14, 48, tzinfo=UTC)


def test_languages_and_platforms_have_names() -> None:
    assert [language_name(code) for code in ("fi", "pt-BR", "xx", None)] == [
        "Finnish",
        "Portuguese",
        "xx",
        "language unknown",
    ]
    assert [platform_name(name) for name in ("wordpress", "odd", None)] == ["WordPress", "odd", "unknown platform"]


def test_addresses_are_shown_as_people_say_them() -> None:
    assert address_shown("https://www.jvns.ca/") == "jvns.ca"
    assert address_shown("http://social.example/@ann") == "social.example/@ann"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "", None])
def test_only_web_addresses_become_links(url: str | None) -> None:
    assert "<a" not in safe_link(url, "words")


def test_links_to_foreign_pages_are_escaped_and_marked() -> None:
    link = safe_link('https://a.example/"><script>', "<b>title</b>")
    assert 'rel="noopener nofollow ugc"' in link
    assert "<script>" not in link
    assert "<b>" not in link


def test_the_language_of_foreign_text_is_told_only_when_it_is_one() -> None:
    assert foreign("fi") == 'lang="fi" dir="auto"'
    assert foreign('fi" onclick="x') == 'lang="" dir="auto"'
    assert foreign(None) == 'lang="" dir="auto"'
