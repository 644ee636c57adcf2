import csv
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from bloghound.errors import GraphError
from graph.centrality import DAMPING, distinct_linkers, niche_reach, pagerank
from graph.matrix import LinkMatrix, link_matrix
from ranking.values import no_graph


def links(size: int, *pairs: tuple[int, int], weights: list[float] | None = None) -> LinkMatrix:
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return link_matrix(ends[:, 0], ends[:, 1], size, np.array(weights) if weights else None)


def column(path: Path, name: str) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def polblogs(shared_dir: Path) -> tuple[list[str], LinkMatrix]:
    ids = column(shared_dir / "graphs" / "polblogs_nodes.csv", "id")
    rows = {key: row for row, key in enumerate(ids)}
    edges = shared_dir / "graphs" / "polblogs_edges.csv"
    ends = [np.array([rows[key] for key in column(edges, name)]) for name in ("source", "target")]
    return ids, link_matrix(ends[0], ends[1], len(ids))


@st.composite
def sparse_graphs(draw: st.DrawFn) -> tuple[LinkMatrix, np.ndarray]:
    """Weighted graphs in which three nodes of four have no out-links, with a personalization."""
    size = draw(st.integers(2, 24))
    linking = max(1, size // 4)
    ends = st.tuples(st.integers(0, linking - 1), st.integers(0, size - 1))
    pairs = draw(st.lists(ends, max_size=60))
    weights = draw(st.lists(st.floats(0.01, 100), min_size=len(pairs), max_size=len(pairs)))
    wishes = draw(st.lists(st.floats(0, 1).map(lambda wish: round(wish, 3)), min_size=size, max_size=size))
    wishes[draw(st.integers(0, size - 1))] = 1.0
    return links(size, *pairs, weights=weights), np.array(wishes)


def by_networkx(matrix: LinkMatrix, wishes: np.ndarray | None = None) -> np.ndarray:
    graph = nx.from_scipy_sparse_array(matrix, create_using=nx.DiGraph)
    wish = None if wishes is None else dict(enumerate(wishes))
    ranks = nx.pagerank(graph, personalization=wish, tol=1e-13, max_iter=1000)
    return np.array([ranks[node] for node in range(matrix.shape[0])])


def test_pagerank_agrees_with_the_published_graph(shared_dir: Path, polblogs: tuple[list[str], LinkMatrix]) -> None:
    ids, matrix = polblogs
    reference = shared_dir / "graphs" / "polblogs_pagerank_networkx.csv"
    expected = dict(zip(column(reference, "id"), map(float, column(reference, "pagerank")), strict=True))
    assert (np.diff(matrix.indptr) == 0).sum() > 400  # dangling
    assert pagerank(matrix) == pytest.approx([expected[key] for key in ids], abs=1e-6)


def test_most_linked_political_blog_has_the_published_number_of_linkers(
    polblogs: tuple[list[str], LinkMatrix],
) -> None:
    linkers = distinct_linkers(polblogs[1])
    assert sorted(linkers)[-3:] == [268, 276, 337]
    assert polblogs[1].nnz == 19_025 - 3  # distinct links less self-loops


@settings(deadline=None)
@given(sparse_graphs())
def test_pagerank_agrees_with_networkx_on_dangling_weighted_graphs(case: tuple[LinkMatrix, np.ndarray]) -> None:
    matrix, wishes = case
    assert pagerank(matrix) == pytest.approx(by_networkx(matrix), abs=1e-9)
    assert pagerank(matrix, wishes) == pytest.approx(by_networkx(matrix, wishes), abs=1e-9)


def test_without_links_everyone_has_the_same_rank() -> None:
    assert pagerank(links(4)) == pytest.approx([1 / 4] * 4)


def test_two_nodes_by_hand() -> None:
    # x1 = .15/2 + .85·(x0 + x1/2) and x0 + x1 = 1; node 1 dangles and gives half of itself to each.
    x1 = (0.15 / 2 + 0.85) / (1 + 0.85 / 2)
    assert pagerank(links(2, (0, 1))) == pytest.approx([1 - x1, x1])


def test_an_empty_graph_has_no_ranks() -> None:
    assert pagerank(links(0)).shape == (0,)
    assert niche_reach(links(0), np.zeros(0)).shape == (0,)


def test_ranks_that_do_not_settle_are_an_error() -> None:
    with pytest.raises(GraphError, match=r"3 rounds at damping 0\.85"):
        pagerank(links(3, (0, 1), (1, 2)), max_iterations=3)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_unusable_weights_are_an_error(weight: float) -> None:
    with pytest.raises(GraphError, match="negative or not a finite"):
        pagerank(links(2, (0, 1), weights=[weight]))


@pytest.mark.parametrize("wishes", [[0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0], [1.0]])
def test_unusable_personalizations_are_an_error(wishes: list[float]) -> None:
    with pytest.raises(GraphError, match="personalization"):
        pagerank(links(2, (0, 1)), np.array(wishes))


def test_a_matrix_that_is_not_square_is_an_error() -> None:
    with pytest.raises(GraphError, match="square, not 2 by 3"):
        distinct_linkers(csr_array(np.ones((2, 3))))


def test_the_matrix_may_be_a_read_only_map_with_self_links_and_stored_zeros() -> None:
    matrix = csr_array(np.array([[5.0, 1.0], [1.0, 0.0]]))
    matrix.data[1] = 0.0
    for part in (matrix.data, matrix.indices, matrix.indptr):
        part.flags.writeable = False
    assert pagerank(matrix) == pytest.approx(pagerank(links(2, (1, 0))))
    assert distinct_linkers(matrix).tolist() == [1, 0]


def test_off_topic_sites_have_no_reach_in_the_niche_and_lend_none() -> None:
    relevance = np.array([0.9, 0.9, 0.0, 0.9])
    reach = niche_reach(links(4, (0, 1), (2, 3)), relevance)
    assert reach[2] == 0.0
    assert reach[1] > reach[0]
    assert reach[3] == pytest.approx(reach[0])  # its one linker is off topic


def test_a_linker_whose_links_mostly_lead_elsewhere_has_a_weak_voice() -> None:
    relevance = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0])
    reach = niche_reach(links(7, (0, 1), (2, 3), (2, 4), (2, 5), (2, 6)), relevance)
    # The linkers 0 and 2 have the same reach b; the surplus is 0.85·b of one and a quarter of that of the other.
    assert reach[1] - reach[0] == pytest.approx(4 * (reach[3] - reach[0]))


def test_an_exchanged_link_counts_half() -> None:
    reach = niche_reach(links(4, (0, 1), (1, 0), (2, 3)), np.ones(4))
    restart = (1 - reach.sum()) / 4
    assert reach[3] == pytest.approx(0.85 * restart)
    assert reach[0] == reach[1] == pytest.approx(0.85 * (restart + reach[0]) / 2)


def test_unequal_exchange_is_damped_less() -> None:
    matrix = links(2, (0, 1), (1, 0), weights=[9.0, 1.0])
    reach = niche_reach(matrix, np.ones(2))
    # Both directions are followed with chance 9 / (9 + 1), so the two are even.
    assert reach == pytest.approx([0.85 * 0.9 * 0.5] * 2)
    one_sided = niche_reach(links(3, (0, 1), (1, 0), (2, 0), weights=[9.0, 1.0, 1.0]), np.ones(3))
    restart = (1 - one_sided.sum()) / 3
    assert one_sided[1] == pytest.approx(0.85 * 0.9 * (restart + one_sided[0]))


def test_more_relevant_targets_get_more() -> None:
    reach = niche_reach(links(3, (0, 1), (0, 2)), np.array([1.0, 0.8, 0.4]))
    assert reach[1] > reach[2] > 0


def test_a_niche_without_relevant_sites_has_no_reach() -> None:
    assert niche_reach(links(3, (0, 1)), np.array([0.0, -1.0, np.nan])).tolist() == [0.0, 0.0, 0.0]


def test_reach_does_not_depend_on_the_scale_of_relevance() -> None:
    matrix, relevance = links(3, (0, 1), (1, 2), (2, 1)), np.array([0.1, 0.2, 0.3])
    assert niche_reach(matrix, relevance) == pytest.approx(niche_reach(matrix, relevance * 1000))


def test_huge_relevance_does_not_overflow() -> None:
    assert niche_reach(links(3, (0, 1), (1, 2), (2, 0)), np.full(3, 1e308)) == pytest.approx([0.85 / 3] * 3)


def test_relevance_of_another_length_is_an_error() -> None:
    with pytest.raises(GraphError, match="relevance must have one figure for each of 2 nodes"):
        niche_reach(links(2, (0, 1)), np.ones(3))


@settings(deadline=None)
@given(sparse_graphs(), st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=24, max_size=24))
def test_reach_is_what_links_bring_and_at_most_the_damping(
    case: tuple[LinkMatrix, np.ndarray], relevance: list[float]
) -> None:
    matrix, _ = case
    reach = niche_reach(matrix, np.array(relevance[: matrix.shape[0]]))
    assert (reach >= 0).all()
    assert reach.sum() <= DAMPING + 1e-9
    assert not reach[np.diff(matrix.tocsc().indptr) == 0].any()


def reach_over_everybody(matrix: LinkMatrix, topical: np.ndarray) -> np.ndarray:
    """Reach in a niche by its definition, over all nodes, as full tables."""
    weights = matrix.toarray()
    both = weights + weights.T
    damped = np.divide(np.maximum(weights, weights.T), both, out=np.zeros_like(both), where=both > 0)
    totals = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, totals, out=np.zeros_like(weights), where=totals > 0)
    chances = DAMPING * (shares * damped * topical / topical.max()).T
    ranks = start = topical / topical.sum()
    for _ in range(400):
        ranks = chances @ ranks + (1 - (chances @ ranks).sum()) * start
    return np.asarray(chances @ ranks)


@settings(deadline=None)
@given(sparse_graphs(), st.lists(st.sampled_from([0.0, 0.0, 0.001, 0.3, 1.0]), min_size=24, max_size=24))
def test_reach_among_the_topical_nodes_is_reach_over_everybody(
    case: tuple[LinkMatrix, np.ndarray], relevance: list[float]
) -> None:
    matrix, _ = case
    topical = np.array([*relevance[: matrix.shape[0] - 1], 1.0])
    assert niche_reach(matrix, topical) == pytest.approx(reach_over_everybody(matrix, topical), abs=1e-9)


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_unusable_weights_in_a_niche_are_an_error(weight: float) -> None:
    with pytest.raises(GraphError, match="negative or not a finite"):
        niche_reach(links(2, (0, 1), weights=[weight]), np.ones(2))


def test_ranking_reads_ranks_by_the_damping_that_they_were_computed_with() -> None:
    assert no_graph(("a.test",)).damping == DAMPING
