"""What an export says of each node and edge: one list of typed columns, used by every format."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from bloghound.errors import ExportError
from graph.build import GraphEdge, GraphNode, SiteGraph
from graph.clean import Exported, clean_text, clean_value

Attributes: TypeAlias = dict[str, Exported]

NODE_COLUMNS: dict[str, type[Exported]] = {
    "label": str,
    "key": str,
    "title": str,
    "home": str,
    "language": str,
    "platform": str,
    "posts": int,
    "followers": int,
    "reach": float,
    "linkers": int,
    "health": str,
    "relevance": float,
}
"""Columns of a node; ``label`` is the title, or the key where there is none."""

EDGE_COLUMNS: dict[str, type[Exported]] = {
    "weight": float,
    "context": str,
    "rel": str,
    "first_seen": str,
    "last_seen": str,
}


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node as exported: its identifier and what is known of it."""

    identifier: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """An edge as exported, between two node identifiers."""

    source: str
    target: str
    attributes: Attributes


def node_rows(graph: SiteGraph) -> Iterator[NodeRow]:
    """One row for each node; raises ExportError when two keys differ only in what no format can hold."""
    seen = set()
    for node in graph.nodes:
        identifier = clean_text(node.key)
        if identifier in seen:
            raise ExportError(f"Two nodes would share the identifier {identifier!r}.")
        seen.add(identifier)
        attributes = _attributes(node, NODE_COLUMNS)
        yield NodeRow(identifier, {"label": attributes.get("title", identifier)} | attributes)


def edge_rows(graph: SiteGraph) -> Iterator[EdgeRow]:
    """One row for each edge."""
    for edge in graph.edges:
        yield EdgeRow(clean_text(edge.source), clean_text(edge.target), _attributes(edge, EDGE_COLUMNS))


def _attributes(record: GraphNode | GraphEdge, columns: dict[str, type[Exported]]) -> Attributes:
    """What is known of the record; an unknown attribute is left out, which every format can say."""
    cleaned = {name: clean_value(getattr(record, name, None)) for name in columns}
    return {name: columns[name](value) for name, value in cleaned.items() if value is not None}
