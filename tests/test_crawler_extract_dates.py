"""Publication dates: as machines and people write them, and which of several is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from crawler.extract.dateformats import is_possible, parse_machine_date, parse_written_date
from crawler.extract.dates import FoundDate, find_date
from crawler.extract.links import content_root
from crawler.extract.metadata import read_metadata

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MAY_FOURTH = datetime(2020, 5, 4, tzinfo=UTC)


def date_of(
    html: str, url: str = "https://blog.example.net/posts/tea/", language: str | None = "en"
) -> FoundDate | None:
    tree = LexborHTMLParser(html)
    return find_date(tree, read_metadata(tree, url), content_root(tree), NOW, language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-05-04", MAY_FOURTH),
        ("2020-05-04T10:30:00Z", MAY_FOURTH + timedelta(hours=10, minutes=30)),
        ("2020-05-04T01:00:00+02:00", MAY_FOURTH - timedelta(hours=1)),
        ("2020-05-04T20:00:00-0500", MAY_FOURTH + timedelta(hours=25)),
        ("Mon, 04 May 2020 12:00:00 GMT", MAY_FOURTH + timedelta(hours=12)),
        ("1588550400", MAY_FOURTH),
        ("2020-13-45", None),
        ("soon", None),
        ("", None),
        ("x" * 100, None),
    ],
)
def test_machine_dates(text: str, expected: datetime | None) -> None:
    assert parse_machine_date(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "May 4, 2020",
        "4th May 2020",
        "Posted on 4 May, 2020 by Ann",
        "4 mei 2020",
        "4. toukokuuta 2020",
        "4. Mai 2020",
        "le 4 mai 2020",
        "4 de mayo de 2020",
        "4 maggio 2020",
        "4 de maio de 2020",
        "4 мая 2020",
        "4 maj 2020",
        "2020年5月4日",
        "2020년 5월 4일",
        "2020. 5. 4.",
        "2020/05/04",
        "04.05.2020",
        "2020 May 4",
        "04-May-2020",
    ],
)
def test_written_dates_in_the_languages_of_blogs(text: str) -> None:
    assert parse_written_date(text) == MAY_FOURTH


def test_slashes_are_read_by_language_and_dropped_where_both_readings_hold() -> None:
    assert parse_written_date("04/05/2020", "fr") == MAY_FOURTH
    assert parse_written_date("04/05/2020", "en") is None
    assert parse_written_date("05/14/2020", "en") == datetime(2020, 5, 14, tzinfo=UTC)
    assert parse_written_date("14/05/2020", "en") == datetime(2020, 5, 14, tzinfo=UTC)


def test_a_month_name_inside_a_word_is_none() -> None:
    assert parse_written_date("3 maybe 2020 later") is None


def test_dates_before_the_web_and_in_the_future_are_impossible() -> None:
    assert not is_possible(datetime(1970, 1, 1, tzinfo=UTC), NOW)
    assert not is_possible(NOW + timedelta(days=2), NOW)
    assert is_possible(NOW + timedelta(hours=20), NOW)


@pytest.mark.parametrize(
    ("html", "source"),
    [
        ('<script type="application/ld+json">{"@type":"BlogPosting","datePublished":"2020-05-04"}</script>', "json_ld"),
        (
            '<script type="application/ld+json">[{"@type":["Article"],"datePublished":"2020-05-04"}]</script>',
            "json_ld",
        ),
        ('<meta property="article:published_time" content="2020-05-04">', "meta"),
        ('<span itemprop="datePublished" content="2020-05-04">then</span>', "microdata"),
        ('<a class="dt-published" title="2020-05-04">then</a>', "h_entry"),
        ('<article><time datetime="2020-05-04">then</time></article>', "time"),
        ("<h1>Tea</h1><p class='post-date'>May 4, 2020</p>", "byline"),
        ("<h1>Tea</h1><p>Written on May 4, 2020</p>", "byline"),
    ],
)
def test_each_source_is_read_and_named(html: str, source: str) -> None:
    assert date_of(html) == FoundDate(MAY_FOURTH, source)


def test_the_day_in_the_address_beats_the_time_of_the_build() -> None:
    html = '<meta property="article:published_time" content="2024-01-01T00:00:00Z">'
    assert date_of(html, "https://blog.example.net/2020/05/04/tea/") == FoundDate(MAY_FOURTH, "url")


def test_metadata_near_the_day_in_the_address_gives_the_hour() -> None:
    html = '<meta property="article:published_time" content="2020-05-04T08:00:00Z">'
    assert date_of(html, "https://blog.example.net/2020/05/04/tea/") == FoundDate(
        MAY_FOURTH + timedelta(hours=8), "meta"
    )


def test_the_month_in_the_address_is_the_last_resort() -> None:
    assert date_of("<p>Tea.</p>", "https://blog.example.net/2020/05/tea/") == FoundDate(
        datetime(2020, 5, 1, tzinfo=UTC), "url_month"
    )


def test_dates_of_changes_comments_and_other_posts_do_not_count() -> None:
    html = """<article><h1>Tea</h1><p>Long text on tea.</p></article>
    <time class="updated" datetime="2021-01-01"></time>
    <div class="comments"><time datetime="2021-02-01"></time></div>
    <div class="sidebar"><time datetime="2021-03-01"></time></div>"""
    assert date_of(html) is None


def test_an_impossible_date_gives_way_to_the_next_source() -> None:
    html = '<meta property="article:published_time" content="0001-01-01T00:00:00Z"><time datetime="2020-05-04"></time>'
    assert date_of(html) == FoundDate(MAY_FOURTH, "time")


def test_a_future_date_is_dropped() -> None:
    assert date_of('<meta property="article:published_time" content="2031-01-01">') is None
