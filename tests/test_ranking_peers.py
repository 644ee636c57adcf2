"""What is usual in a generation, and where one value stands in it."""

import numpy as np
import pytest

from ranking.peers import Peers, engagement_peers, median_or_none
from tests.engagement_populations import commented, judged


def test_the_median_is_over_bloggers_whose_engagement_is_known() -> None:
    table = judged([commented(0, [1] * 3), commented(1, [9] * 3), commented(2, [None] * 3)])
    peers = engagement_peers(table)
    assert peers.known_median == pytest.approx((table[0].value + table[1].value) / 2)
    assert peers.values.tolist() == [one.value for one in table]


def test_nobody_known_has_no_median() -> None:
    assert engagement_peers(judged([commented(0, [None])])).known_median is None
    assert engagement_peers(judged([])).known_median is None
    assert median_or_none([]) is None
    assert median_or_none([3.0, 1.0]) == 2.0


@pytest.mark.parametrize(("value", "expected"), [(0.5, 0.0), (1.0, 100 * 0.5 / 4), (2.0, 100 * 2 / 4), (9.0, 100.0)])
def test_a_percentile_counts_ties_half(value: float, expected: float) -> None:
    assert Peers(np.array([2.0, 1.0, 3.0, 2.0])).percentile(value) == expected


def test_nobody_is_no_peer() -> None:
    assert (Peers(np.zeros(0)).median, Peers(np.zeros(0)).percentile(0.5)) == (None, 0.0)
    assert Peers(np.array([3.0, 1.0])).median == 2.0


def test_peers_of_whom_some_figures_changed_are_those_of_the_new_figures() -> None:
    figures = np.array([0.0, 0.3, 0.0, 0.7, 0.3, 0.0])
    changed = figures.copy()
    changed[[0, 2, 4]] = [0.5, 0.9, 0.0]
    found, expected = Peers(figures).changed(figures[[0, 2, 4]], changed[[0, 2, 4]]), Peers(changed)
    assert found.median == expected.median == (0.3 + 0.5) / 2
    assert [found.percentile(one) for one in changed] == [expected.percentile(one) for one in changed]
