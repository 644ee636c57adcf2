import numpy as np
import pytest
from scipy.sparse import csr_array

from graph.centrality import distinct_linkers, niche_reach, pagerank
from graph.matrix import link_matrix
from ranking.reach import Reach, reach_of, whole_reach
from ranking.values import GraphColumns


def links(size: int, pairs: list[tuple[int, int]]) -> csr_array:
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return link_matrix(rows, columns, size)


def reach_in(matrix: csr_array, relevance: list[float] | None = None) -> Reach:
    size = matrix.shape[0]
    keys = tuple(f"{number}.test" for number in range(size))
    graph = GraphColumns(keys, pagerank(matrix).astype(np.float32), distinct_linkers(matrix), matrix)
    weights = np.ones(size) if relevance is None else np.array(relevance)
    return reach_of(matrix, whole_reach(graph), weights, niche_reach)


def test_who_has_no_in_link_has_no_reach() -> None:
    matrix = links(4, [(0, 3), (1, 3), (2, 3)])
    reach = reach_in(matrix, [1.0, 0.2, 0.9, 0.5])
    assert reach.value[:3] == pytest.approx([0, 0, 0])
    assert reach.whole[3] > 0.5
    assert reach.known


def test_a_link_from_the_niche_counts_more_than_one_from_outside() -> None:
    matrix = links(4, [(0, 2), (1, 3)])
    reach = reach_in(matrix, [1.0, 0.0, 1.0, 1.0])
    assert reach.whole[2] == pytest.approx(reach.whole[3])
    assert reach.niche[2] > reach.niche[3] == 0.0


def test_without_any_link_reach_is_unknown() -> None:
    matrix = links(3, [])
    reach = reach_in(matrix)
    assert not reach.known
    assert not reach.value.any()


def test_a_brief_that_nobody_matches_has_no_niche() -> None:
    matrix = links(3, [(0, 1)])
    assert not reach_in(matrix, [0.0] * 3).niche.any()


def test_reach_stays_below_one_for_the_largest_hub() -> None:
    matrix = links(200, [(source, 0) for source in range(1, 200)])
    assert 0.9 < reach_in(matrix).value[0] < 1


RING = [(0, 1), (1, 2), (2, 0)]
COMPLETE = [(source, target) for source in range(4) for target in range(4) if source != target]


@pytest.mark.parametrize("pairs", [RING, COMPLETE])
def test_where_everybody_is_linked_everybody_has_the_reach_that_links_bring(pairs: list[tuple[int, int]]) -> None:
    size = len({source for source, _ in pairs})
    reach = reach_in(links(size, pairs))
    # Each has the rank 1/n, of which links bring 0.85 and the fresh start the rest.
    assert reach.whole == pytest.approx([0.85 / (0.85 + 1)] * size)


def test_in_a_niche_where_everybody_is_linked_nobody_is_at_zero() -> None:
    assert reach_in(links(3, RING)).niche == pytest.approx([0.85 / (0.85 + 1)] * 3)


def test_who_is_linked_from_outside_the_niche_only_has_no_reach_in_it() -> None:
    reach = reach_in(links(3, RING), [1.0, 0.0, 1.0])
    assert reach.niche[1] == 0.0
    assert reach.niche[2] == 0.0
    assert reach.niche[0] > 0.0


def test_an_unlinked_blogger_beside_a_ring_changes_the_figures_of_the_ring_little() -> None:
    ring, beside = reach_in(links(3, RING)), reach_in(links(4, RING))
    assert beside.whole[3] == 0.0
    assert beside.whole[:3] == pytest.approx(ring.whole, abs=0.1)
