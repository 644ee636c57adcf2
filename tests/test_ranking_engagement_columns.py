"""Channels as columns: parts of them, several together, and what follows from the dates."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.activity import moment_of
from ranking.engagement import Channel, ChannelColumns
from ranking.engagement.channels import HIDDEN, MIN_POST_AGE, NEVER
from ranking.engagement.discussion import NOTHING_SAID, Talk
from ranking.engagement.measures import NAMES
from tests.ranking_bloggers import AS_OF

DAY = timedelta(days=1) // timedelta(microseconds=1)
NOW = moment_of(AS_OF)


def channel(family: str, days: Sequence[int], counts: Sequence[int] = (), talk: Talk = NOTHING_SAID) -> Channel:
    """Posts so many days old, and the comments of those that count."""
    columns = np.full((len(counts), len(NAMES)), HIDDEN)
    columns[:, 0] = sorted(counts)
    reasons = ("not_exposed",) * len(NAMES)
    return Channel(
        family, None, columns, reasons, len(days), talk, np.array([NOW - one * DAY for one in sorted(days)[::-1]])
    )


DAYS = st.lists(st.integers(0, 900), min_size=1, max_size=5)
CHANNELS = st.builds(
    channel,
    st.sampled_from(["blogs", "medium", "a family with a long name"]),
    DAYS,
    st.lists(st.integers(0, 9), max_size=4),
    st.builds(Talk, st.integers(0, 3), st.integers(0, 9), st.none(), st.floats(0, 1), st.none()),
)
BLOGGERS = st.lists(st.lists(CHANNELS, min_size=1, max_size=3), max_size=5)


def same(one: ChannelColumns, other: ChannelColumns) -> bool:
    names = [field.name for field in fields(ChannelColumns)]
    pairs = [(getattr(one, name), getattr(other, name)) for name in names]
    return all(np.array_equal(left, right, equal_nan=left.dtype.kind == "f") for left, right in pairs)


@given(BLOGGERS, st.data())
def test_chosen_bloggers_have_the_columns_of_their_own_channels(
    bloggers: list[list[Channel]], data: st.DataObject
) -> None:
    places = st.lists(st.integers(0, len(bloggers) - 1), max_size=6) if bloggers else st.just([])
    chosen = data.draw(places)
    found = ChannelColumns.of(bloggers).of_bloggers(np.array(chosen, np.int64))
    assert same(found, ChannelColumns.of([bloggers[place] for place in chosen]))


@given(BLOGGERS, BLOGGERS)
def test_joined_columns_are_those_of_all(ones: list[list[Channel]], others: list[list[Channel]]) -> None:
    found = ChannelColumns.joined([ChannelColumns.of(ones), ChannelColumns.of(others)])
    assert same(found, ChannelColumns.of([*ones, *others]))


def test_activity_is_that_of_the_day() -> None:
    daily, stale = channel("blogs", range(60)), channel("medium", range(800, 830))
    columns = ChannelColumns.of([(daily,), (stale,), (daily, stale), (channel("blogs", [3]),)])
    assert columns.at(AS_OF).bands.tolist() == ["daily", "less than monthly", "daily", "less than monthly", ""]
    assert columns.at(AS_OF + timedelta(days=500)).bands.tolist()[0] == "less than monthly"
    first, second, both, unknown = columns.rates_at(AS_OF)
    assert (second, unknown) == (0.0, None)
    assert first == pytest.approx(60 / (59 / (365.25 / 12)), abs=1e-3)
    assert both == pytest.approx(60 / 12, rel=2e-3)


def test_the_next_turn_of_a_blogger_is_that_of_the_first_of_all_posts() -> None:
    age = MIN_POST_AGE // timedelta(microseconds=1)
    columns = ChannelColumns.of([(channel("blogs", [1]), channel("medium", [3, 40])), (channel("blogs", [8]),)])
    assert columns.next_turns(AS_OF).tolist() == [NOW - 3 * DAY + age, NEVER]
