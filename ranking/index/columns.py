"""Columns over all segments of a generation: links, reach, engagement and findings, one row per blogger.

Files: ``links.npz`` (scipy CSR), ``reach.f64``, ``linkers.i64``, ``engagement.npz`` and ``findings.json``.
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from scipy.sparse import csr_array, load_npz, save_npz

from ranking.credibility import Finding
from ranking.engagement.table import EngagementTable, read_table, write_table
from ranking.index.layout import reading
from ranking.reach import whole_reach
from ranking.values import GraphColumns


@dataclass(frozen=True, slots=True)
class Columns:
    """Row ``i`` of each belongs to blogger ``i`` of the generation; the matrix has the same order."""

    matrix: csr_array
    reach: NDArray[np.float64]
    """Over the whole graph, from 0 to 1, as :func:`ranking.reach.whole_reach` gave it when the index was built."""
    distinct_linkers: NDArray[np.int64]
    engagement: EngagementTable
    findings: tuple[tuple[Finding, ...], ...]

    def without(self, *bloggers: int) -> "Columns":
        """The same columns without these rows; every other figure stays as it was built."""
        kept = np.delete(np.arange(len(self.engagement)), bloggers)
        return replace(
            self,
            matrix=csr_array(self.matrix[kept][:, kept]),
            reach=self.reach[kept],
            distinct_linkers=self.distinct_linkers[kept],
            engagement=self.engagement.without(*bloggers),
            findings=tuple(self.findings[index] for index in kept),
        )


def aligned(graph: GraphColumns, site_keys: Sequence[str]) -> tuple[csr_array, NDArray[np.float64], NDArray[np.int64]]:
    """Link matrix, reach and linkers in the order of ``site_keys``; a blogger that the graph lacks has no links."""
    position = {key: index for index, key in enumerate(graph.keys)}
    chosen = [(row, position[key]) for row, key in enumerate(site_keys) if key in position]
    rows = np.array([row for row, _ in chosen], np.int64)
    nodes = np.array([node for _, node in chosen], np.int64)
    selection = csr_array((np.ones(len(rows)), (rows, nodes)), shape=(len(site_keys), len(graph.keys)))
    reach = np.zeros(len(site_keys))
    linkers = np.zeros(len(site_keys), np.int64)
    reach[rows] = whole_reach(graph)[nodes]
    linkers[rows] = graph.distinct_linkers[nodes]
    matrix = csr_array(selection @ graph.matrix @ selection.T)
    matrix.sort_indices()
    return matrix, reach, linkers


def write_columns(folder: Path, columns: Columns) -> None:
    """Write the columns into a new folder."""
    folder.mkdir(parents=True)
    save_npz(folder / "links.npz", columns.matrix)
    columns.reach.astype("<f8").tofile(folder / "reach.f64")
    columns.distinct_linkers.astype("<i8").tofile(folder / "linkers.i64")
    write_table(folder / "engagement.npz", columns.engagement)
    (folder / "findings.json").write_bytes(orjson.dumps(columns.findings))


def read_columns(folder: Path) -> Columns:
    """The columns in a folder; raises IndexDamagedError when they are damaged, StorageError when unreadable."""
    with reading(folder, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        findings: list[list[dict[str, Any]]] = orjson.loads((folder / "findings.json").read_bytes())
        return Columns(
            matrix=csr_array(load_npz(folder / "links.npz")),
            reach=np.fromfile(folder / "reach.f64", "<f8"),
            distinct_linkers=np.fromfile(folder / "linkers.i64", "<i8"),
            engagement=read_table(folder / "engagement.npz"),
            findings=tuple(
                tuple(Finding(**{**entry, "evidence": tuple(entry["evidence"])}) for entry in several)
                for several in findings
            ),
        )
