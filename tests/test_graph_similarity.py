import math

import numpy as np
import pytest

from graph.matrix import LinkMatrix, link_matrix
from graph.similarity import link_similarity

LINKERS = {0: [10, 11, 12], 1: [10, 11], 2: [12], 3: [], 4: [10, 13, 14, 15, 16, 17, 18, 19, 20, 21]}


@pytest.fixture
def matrix() -> LinkMatrix:
    pairs = np.array([(linker, site) for site, linkers in LINKERS.items() for linker in linkers])
    return link_matrix(pairs[:, 0], pairs[:, 1], 22)


def weight(linker: int) -> float:
    return 1 / math.log(2 + sum(linker in linkers for linkers in LINKERS.values()))


def length(site: int) -> float:
    return math.sqrt(sum(weight(linker) for linker in LINKERS[site]))


def test_similarity_is_the_weighted_cosine_of_the_linkers(matrix: LinkMatrix) -> None:
    similarity = link_similarity(matrix, 0)
    assert similarity[1] == pytest.approx((weight(10) + weight(11)) / (length(0) * length(1)))
    assert similarity[2] == pytest.approx(weight(12) / (length(0) * length(2)))
    assert similarity[3] == 0.0


def test_the_gate_drops_sites_with_a_small_share_of_common_linkers(matrix: LinkMatrix) -> None:
    assert link_similarity(matrix, 0)[4] == 0.0  # 1 of 12 linkers is common: below 0.1
    assert link_similarity(matrix, 0, jaccard_gate=1 / 12)[4] == pytest.approx(weight(10) / (length(0) * length(4)))


def test_a_site_is_not_listed_as_similar_to_itself(matrix: LinkMatrix) -> None:
    assert all(link_similarity(matrix, site)[site] == 0.0 for site in LINKERS)


def test_similarity_is_mutual_and_at_most_1(matrix: LinkMatrix) -> None:
    table = np.array([link_similarity(matrix, site, jaccard_gate=0.0) for site in range(22)])
    assert table == pytest.approx(table.T)
    assert table.max() <= 1.0


def test_the_same_linkers_make_sites_the_same() -> None:
    matrix = link_matrix(np.array([0, 0, 1, 1]), np.array([2, 3, 2, 3]), 4)
    assert link_similarity(matrix, 2).tolist() == pytest.approx([0, 0, 0, 1])
