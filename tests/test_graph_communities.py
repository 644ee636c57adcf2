import csv
from collections import Counter
from pathlib import Path

import numpy as np

from graph.communities import communities
from graph.matrix import link_matrix


def test_two_cliques_with_one_bridge_are_two_communities() -> None:
    rows = np.array([0, 1, 2, 3, 4, 5, 5, 3, 0])
    columns = np.array([1, 2, 0, 4, 5, 3, 6, 6, 3])
    labels = communities(link_matrix(rows, columns, 8))
    assert labels.tolist() == [1, 1, 1, 0, 0, 0, 0, 2]  # by size, then the node without links


def test_the_two_sides_of_the_political_blogs_are_found(shared_dir: Path) -> None:
    with (shared_dir / "graphs" / "polblogs_nodes.csv").open(encoding="utf-8", newline="") as file:
        nodes = list(csv.DictReader(file))
    rows = {node["id"]: row for row, node in enumerate(nodes)}
    with (shared_dir / "graphs" / "polblogs_edges.csv").open(encoding="utf-8", newline="") as file:
        ends = np.array([(rows[edge["source"]], rows[edge["target"]]) for edge in csv.DictReader(file)])
    labels = communities(link_matrix(ends[:, 0], ends[:, 1], len(nodes)), seed=1)
    sides = Counter((label, node["leaning"]) for label, node in zip(labels.tolist(), nodes, strict=True) if label < 2)
    largest = [max(sides[label, "liberal"], sides[label, "conservative"]) for label in (0, 1)]
    assert sum(largest) / sides.total() > 0.9
    assert sides.total() > 1000


def test_the_same_seed_gives_the_same_communities() -> None:
    random = np.random.default_rng(4)
    matrix = link_matrix(random.integers(0, 60, 200), random.integers(0, 60, 200), 60)
    assert communities(matrix, seed=7).tolist() == communities(matrix, seed=7).tolist()
