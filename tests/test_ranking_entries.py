"""The entries of a generation's bloggers, each decoded when it is asked for."""

from dataclasses import fields

import pytest

from ranking.index.bloggers import BloggerEntries, BloggerFacts, line_of
from ranking.index.facts import entry_of
from tests.ranking_bloggers import AS_OF, three_bloggers

GIVEN = [entry_of(one, AS_OF) for one in three_bloggers()]
LINES = [line_of(one) for one in GIVEN]


def test_entries_are_what_was_written() -> None:
    entries = BloggerEntries(LINES)
    assert (len(entries), list(entries)) == (3, GIVEN)
    assert (entries[-1], entries[1:]) == (GIVEN[2], tuple(GIVEN[1:]))
    with pytest.raises(IndexError):
        entries[3]


def test_entries_are_equal_where_each_is() -> None:
    assert BloggerEntries(LINES) == BloggerEntries(list(LINES)) == tuple(GIVEN)
    assert hash(BloggerEntries(LINES)) == hash(tuple(GIVEN))
    assert BloggerEntries(LINES) != BloggerEntries(LINES[1:])
    assert BloggerEntries([]) == ()
    assert BloggerEntries([]) != 0


@pytest.mark.parametrize("field", [field.name for field in fields(BloggerFacts)])
def test_facts_are_those_of_all_entries(field: str) -> None:
    found = getattr(BloggerEntries(LINES).facts, field)
    several = field in {"site_keys", "platforms", "languages"}
    assert [tuple(one) if several else one for one in found] == [getattr(one, field) for one in GIVEN]
    assert list(getattr(BloggerEntries([]).facts, field)) == []
