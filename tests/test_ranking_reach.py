import numpy as np
import pytest
from scipy.sparse import csr_array

from graph.centrality import niche_reach, pagerank
from graph.matrix import link_matrix
from ranking.reach import reach_of


def links(size: int, pairs: list[tuple[int, int]]) -> csr_array:
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return link_matrix(rows, columns, size)


def test_who_has_no_in_link_has_no_reach() -> None:
    matrix = links(4, [(0, 3), (1, 3), (2, 3)])
    reach = reach_of(matrix, pagerank(matrix), np.array([1.0, 0.2, 0.9, 0.5]), niche_reach)
    assert reach.value[:3] == pytest.approx([0, 0, 0])
    assert reach.whole[3] > 0.5
    assert reach.known


def test_a_link_from_the_niche_counts_more_than_one_from_outside() -> None:
    matrix = links(4, [(0, 2), (1, 3)])
    reach = reach_of(matrix, pagerank(matrix), np.array([1.0, 0.0, 1.0, 1.0]), niche_reach)
    assert reach.whole[2] == pytest.approx(reach.whole[3])
    assert reach.niche[2] > reach.niche[3] == 0.0


def test_without_any_link_reach_is_unknown() -> None:
    matrix = links(3, [])
    reach = reach_of(matrix, pagerank(matrix), np.ones(3), niche_reach)
    assert not reach.known
    assert not reach.value.any()


def test_a_brief_that_nobody_matches_has_no_niche() -> None:
    matrix = links(3, [(0, 1)])
    assert not reach_of(matrix, pagerank(matrix), np.zeros(3), niche_reach).niche.any()


def test_reach_stays_below_one_for_the_largest_hub() -> None:
    matrix = links(200, [(source, 0) for source in range(1, 200)])
    assert 0.9 < reach_of(matrix, pagerank(matrix), np.ones(200), niche_reach).value[0] < 1
