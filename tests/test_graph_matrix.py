from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from bloghound.errors import GraphError
from graph.matrix import checked_links, link_matrix, links_within

ROWS, COLUMNS = np.array([0, 0, 1, 2]), np.array([1, 1, 1, 0])


def test_parallel_links_count_once_and_self_links_not_at_all() -> None:
    assert link_matrix(ROWS, COLUMNS, 3).toarray().tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_weights_of_parallel_links_are_summed() -> None:
    weighted = link_matrix(ROWS, COLUMNS, 3, np.array([2.0, 3.0, 7.0, 0.5]))
    assert weighted.toarray().tolist() == [[0, 2 + 3, 0], [0, 0, 0], [0.5, 0, 0]]


def test_checking_leaves_the_input_as_it_was() -> None:
    given = csr_array(np.array([[4.0, 1.0], [2.0, 0.0]]))
    assert checked_links(given).toarray().tolist() == [[0, 1], [2, 0]]
    assert given.toarray().tolist() == [[4, 1], [2, 0]]


def test_narrow_numbers_become_doubles() -> None:
    narrow: Any = csr_array(np.array([[0.0, 0.5], [0.0, 0.0]], dtype=np.float32))
    assert checked_links(narrow).dtype == np.float64


def test_a_negative_weight_is_an_error() -> None:
    with pytest.raises(GraphError, match="negative"):
        checked_links(csr_array(np.array([[0.0, -1.0], [0.0, 0.0]])))


def test_links_within_some_nodes_and_the_weight_of_all_links_from_them() -> None:
    given = csr_array(np.array([[9.0, 1.0, 2.0], [4.0, 0.0, 8.0], [0.0, 0.0, 5.0]]))
    links, totals = links_within(given, np.array([0, 2]))
    assert links.toarray().tolist() == [[0, 2], [0, 0]]
    assert totals.tolist() == [1 + 2, 0]


def test_links_within_a_matrix_that_is_not_square_are_an_error() -> None:
    with pytest.raises(GraphError, match="square, not 1 by 2"):
        links_within(csr_array(np.ones((1, 2))), np.array([0]))
