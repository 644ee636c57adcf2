import numpy as np

from ranking.facets import Facet

NAMES = Facet([("en", "de"), (), ("de",), ("fr", "de", "en")])


def test_names_are_counted_among_the_bloggers_asked_for_the_most_frequent_first_then_by_name() -> None:
    assert list(NAMES.counted(np.array([3, 0])).items()) == [("de", 2), ("en", 2), ("fr", 1)]
    assert NAMES.counted(np.array([2, 1])) == {"de": 1}


def test_nobody_bears_no_name() -> None:
    assert NAMES.counted(np.zeros(0, np.int64)) == {}
    assert Facet([]).counted(np.zeros(0, np.int64)) == {}


def test_whoever_bears_a_name_is_found_by_it_whatever_its_case() -> None:
    found = Facet([("WordPress",), ("ghost", "wordpress"), (), ("ghost",)]).bearers()
    assert {name: bloggers.tolist() for name, bloggers in found.items()} == {"wordpress": [0, 1], "ghost": [1, 3]}
    assert Facet([]).bearers() == {}
