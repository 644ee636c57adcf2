from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bloghound.errors import InputError
from bloghound.records import Disclosure, RankableBlogger
from ranking.engagement import ChannelColumns, channels_of, engagement_of_all
from ranking.facets import Facet
from ranking.filters import Bounds, FilterColumns, Filters, filter_columns, passing
from ranking.index.bloggers import BloggerEntries, BloggerEntry, line_of
from ranking.index.facts import entry_of
from tests.ranking_bloggers import AS_OF, COFFEE, blogger


def day(age: int) -> Any:
    return AS_OF - timedelta(days=age)


GIVEN = [
    blogger(
        "active", COFFEE, 1, published=day(10), comments=4, author="Ann", site={"followers": 500, "platform": "hugo"}
    ),
    blogger("silent", COFFEE, 2, published=day(700), language="nl", site={"followers": 90_000}),
    blogger("undated", COFFEE, 3, published=None, disclosures=(Disclosure("gifted", "gifted", 0.0),)),
]
NAMES = [one.name.lower() for one in GIVEN]


def columns_of(entries: list[BloggerEntry], given: list[RankableBlogger]) -> FilterColumns:
    facts = BloggerEntries([line_of(one) for one in entries]).facts
    engagement = engagement_of_all(ChannelColumns.of([channels_of(one, AS_OF) for one in given]))
    return filter_columns(facts, Facet(facts.languages), Facet(facts.platforms), engagement, AS_OF)


@pytest.fixture(scope="module")
def columns() -> FilterColumns:
    return columns_of([entry_of(one, AS_OF) for one in GIVEN], GIVEN)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), NAMES),
        (Filters(languages=("nl",)), ["silent"]),
        (Filters(languages=("NL", "en")), NAMES),
        (Filters(languages=("sv",)), []),
        (Filters(platforms=("Hugo",)), ["active"]),
        (Filters(platforms=("wordpress",)), ["silent", "undated"]),
        (Filters(last_post_within_days=10), ["active"]),
        (Filters(last_post_within_days=9), []),
        (Filters(last_post_within_days=36_500), ["active", "silent"]),
        (Filters(posts_per_month=Bounds(minimum=0.1)), ["active"]),
        (Filters(posts_per_month=Bounds(maximum=0.1)), ["silent"]),
        (Filters(posts_per_month=Bounds(0, 1000)), ["active", "silent"]),
        (Filters(min_engagement=0), ["active"]),
        (Filters(min_engagement=1), []),
        (Filters(max_sponsored_share=0), ["active", "silent"]),
        (Filters(max_sponsored_share=1), NAMES),
        (Filters(followers=Bounds(500, 500)), ["active"]),
        (Filters(followers=Bounds(minimum=501)), ["silent"]),
        (Filters(followers=Bounds(minimum=0)), ["active", "silent"]),
        (Filters(personal_only=True), ["active"]),
    ],
)
def test_who_passes(columns: FilterColumns, filters: Filters, expected: list[str]) -> None:
    assert [name for name, open_to in zip(NAMES, passing(columns, filters), strict=True) if open_to] == expected


def test_every_filter_must_hold(columns: FilterColumns) -> None:
    filters = Filters(languages=("en",), followers=Bounds(minimum=1))
    assert passing(columns, filters).tolist() == [True, False, False]
    assert not passing(columns, replace(filters, platforms=("ghost",))).any()


def test_nobody_has_columns_too() -> None:
    assert passing(columns_of([], []), Filters(languages=("en",), min_engagement=0.5)).tolist() == []


@pytest.mark.parametrize(("share", "expected"), [(None, False), (0.79, False), (0.8, True), (1.0, True)])
def test_a_personal_blog_is_written_by_one_person(share: float | None, expected: bool) -> None:
    entry = replace(entry_of(GIVEN[0], AS_OF), main_author_share=share)
    found = columns_of([entry], GIVEN[:1])
    assert passing(found, Filters(personal_only=True)).tolist() == [expected]


@pytest.mark.parametrize("name", ["posts_per_month", "followers"])
def test_a_range_that_nothing_lies_in_is_named(name: str) -> None:
    wrong: dict[str, Any] = {name: Bounds(5, 4)}
    with pytest.raises(InputError, match=f"{name} asks for at least 5 and at most 4"):
        Filters(**wrong)
