"""The address of a search and back."""

from typing import Any

import pytest
from pydantic import ValidationError

from api.web.asking import FILTERS, MAX_PAGE, PAGE_SIZE, Asked


def test_an_empty_form_asks_nothing() -> None:
    asked = Asked.model_validate({"q": "", "active": "", "language": [""], "posts_min": ""})
    assert (asked.wanted, asked.filtered, asked.address()) == (False, False, "/")


def test_the_address_states_everything_and_only_what_is_stated() -> None:
    asked = Asked(q="tea & cake", language=["en", "nl"], relevance=70, generation="gen_000002", page=3)
    assert asked.address() == "/?q=tea+%26+cake&relevance=70&language=en&language=nl&generation=gen_000002&page=3"
    assert asked.address("/compare", page=1, generation="", language=[]) == "/compare?q=tea+%26+cake&relevance=70"


def test_a_weight_that_is_not_named_beside_others_counts_nothing() -> None:
    assert Asked(relevance=70, reach=0).weights == {"relevance": 70.0, "engagement": 0.0, "reach": 0.0}
    assert Asked().weights is None


def test_clearing_filters_keeps_brief_weights_and_generation() -> None:
    asked = Asked(q="tea", reach=100, generation="gen_000002", page=2, active=30, platform=["ghost"], followers_max=5)
    assert asked.filtered
    assert asked.unfiltered() == "/?q=tea&reach=100&generation=gen_000002"


def test_every_filter_is_a_field() -> None:
    assert set(FILTERS) <= set(Asked.model_fields)


def test_pages_end_where_rankings_do() -> None:
    from ranking.engine import MAX_LIMIT  # noqa: PLC0415 - loads the index's libraries

    assert MAX_PAGE * PAGE_SIZE == MAX_LIMIT
    assert Asked(page=3).offset == 2 * PAGE_SIZE


@pytest.mark.parametrize(
    "given",
    [{"page": 0}, {"page": MAX_PAGE + 1}, {"relevance": 101}, {"relevance": -1}, {"active": 0}, {"q": "x" * 10_001}],
)
def test_what_no_form_of_ours_sends_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate(given)


def test_a_bloggers_address_carries_the_search() -> None:
    asked = Asked(q="tea & cake", relevance=70, language=["en"], generation="gen_000001")
    assert asked.blogger("blg_1") == asked.address("/bloggers/blg_1")
    assert asked.blogger("blg_1").startswith("/bloggers/blg_1?q=tea+%26+cake&relevance=70&language=en")
    assert Asked().blogger("blg_1") == "/bloggers/blg_1"
