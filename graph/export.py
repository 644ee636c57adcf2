"""The site graph as a file for Gephi, networkx and spreadsheets, complete and readable or not written at all.

Every format is streamed and shows the same attributes (`graph.rows`); read back by networkx, it equals `to_networkx`.
"""

import csv
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import networkx as nx

from bloghound.errors import ExportError, InputError
from graph.build import SiteGraph
from graph.clean import Exported, formula_safe
from graph.rows import EDGE_COLUMNS, NODE_COLUMNS, edge_rows, node_rows
from graph.xml_formats import gexf, graphml

ExportFormat: TypeAlias = Literal["graphml", "gexf", "json", "csv"]


def export_graph(graph: SiteGraph, file_format: ExportFormat, path: Path) -> tuple[Path, ...]:
    """Write the graph and return the files written: one, or for CSV ``NAME.nodes.csv`` and ``NAME.edges.csv``.

    A file is replaced only when its successor is complete. Raises InputError for a format that does not exist and
    ExportError when a file cannot be written.
    """
    if file_format not in get_args(ExportFormat):
        raise InputError(f"Unknown graph format {file_format!r}; there are {', '.join(get_args(ExportFormat))}.")
    if file_format == "csv":
        base = str(path.with_suffix("") if path.suffix.lower() == ".csv" else path)
        parts = {Path(f"{base}.nodes.csv"): nodes_csv(graph), Path(f"{base}.edges.csv"): edges_csv(graph)}
    else:
        parts = {path: _DOCUMENTS[file_format](graph)}
    _write_whole(parts)
    return tuple(parts)


def to_networkx(graph: SiteGraph) -> "nx.DiGraph[str]":
    """The graph for networkx, with the attributes that an export has."""
    result: nx.DiGraph[str] = nx.DiGraph()
    for node in node_rows(graph):
        result.add_node(node.identifier, **node.attributes)
    for edge in edge_rows(graph):
        result.add_edge(edge.source, edge.target, **edge.attributes)
    return result


def node_link_json(graph: SiteGraph) -> Iterator[str]:
    """The graph as node-link JSON with the edges under ``edges``."""
    about = {"as_of": graph.as_of.isoformat() if graph.as_of else None}
    yield f'{{"directed": true, "multigraph": false, "graph": {json.dumps(about)}, "nodes": ['
    yield from _json_members({"id": node.identifier, **node.attributes} for node in node_rows(graph))
    yield '], "edges": ['
    yield from _json_members(
        {"source": edge.source, "target": edge.target, **edge.attributes} for edge in edge_rows(graph)
    )
    yield "]}\n"


def nodes_csv(graph: SiteGraph) -> Iterator[str]:
    """The nodes in Gephi's spreadsheet form: Id, Label and the other columns."""
    columns = [name for name in NODE_COLUMNS if name != "label"]
    yield _csv_line(["Id", "Label", *(_heading(name) for name in columns)])
    for node in node_rows(graph):
        attributes = node.attributes
        yield _csv_line([node.identifier, attributes["label"], *(attributes.get(name) for name in columns)])


def edges_csv(graph: SiteGraph) -> Iterator[str]:
    """The edges in Gephi's spreadsheet form: Source, Target, Type and the other columns."""
    yield _csv_line(["Source", "Target", "Type", *(_heading(name) for name in EDGE_COLUMNS)])
    for edge in edge_rows(graph):
        yield _csv_line([edge.source, edge.target, "Directed", *(edge.attributes.get(name) for name in EDGE_COLUMNS)])


_DOCUMENTS: dict[str, Callable[[SiteGraph], Iterator[str]]] = {
    "graphml": graphml,
    "gexf": gexf,
    "json": node_link_json,
}


class _Line:
    """A file for the csv module that hands each line back, so that the lines can be streamed."""

    @staticmethod
    def write(line: str) -> str:
        return line


def _csv_line(cells: Iterable[Exported | None]) -> str:
    line: str = csv.writer(_Line()).writerow([formula_safe(cell) for cell in cells])
    return line


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _json_members(members: Iterable[dict[str, Exported]]) -> Iterator[str]:
    for number, member in enumerate(members):
        yield (",\n" if number else "\n") + json.dumps(member, ensure_ascii=False, allow_nan=False)


def _write_whole(parts: dict[Path, Iterator[str]]) -> None:
    """Write every file beside its place first; only when all are complete do they move there."""
    drafts = {path: path.parent / f".{secrets.token_hex(8)}.part" for path in parts}
    try:
        for path, chunks in parts.items():
            with drafts[path].open("x", encoding="utf-8", newline="") as handle:
                handle.writelines(chunks)
                handle.flush()
                os.fsync(handle.fileno())
        for path, draft in drafts.items():
            draft.replace(path)
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL or a lone surrogate
        reason = error.strerror if isinstance(error, OSError) else error
        raise ExportError(f"The graph cannot be written to {str(next(iter(parts)))!r}: {reason}.") from error
    finally:
        for draft in drafts.values():
            with suppress(OSError, ValueError):
                draft.unlink(missing_ok=True)
