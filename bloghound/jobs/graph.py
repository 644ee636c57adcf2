"""The link graph of everything stored, with attributes, for export."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Literal

from bloghound.errors import NotFoundError
from bloghound.jobs.index import NOTHING_STORED
from bloghound.records import SiteEdge
from bloghound.settings import Settings
from graph.build import GraphNode, SiteGraph, build_graph, with_centrality
from graph.export import ExportFormat, edges_csv, export_graph, node_link_json, nodes_csv
from graph.rows import node_rows
from graph.xml_formats import gexf, graphml
from storage import links, rankable, suppressions
from storage.database import Connection, open_database
from storage.graph_rows import GraphRow, graph_rows
from storage.tables.base import utc_now

CsvPart = Literal["nodes", "edges"]


def stored_graph(settings: Settings) -> SiteGraph:
    """Bloggers with posts as nodes, editorial links as edges; raises NotFoundError when nothing is stored."""
    with closing(open_database(settings)) as database, database.read() as connection:
        return graph_of(connection, settings)


def graph_of(connection: Connection, settings: Settings) -> SiteGraph:
    """The graph of all bloggers with posts but those that asked to be left out, with reach over the whole of it.

    Raises NotFoundError when nothing is stored.
    """
    suppressed = suppressions.load(connection, settings.secret_key())
    nodes = [_node(row) for row in graph_rows(connection) if not any(key in suppressed for key in row.site_keys)]
    if not nodes:
        raise NotFoundError(NOTHING_STORED)
    owners, known = rankable.founding_keys(connection), frozenset(node.key for node in nodes)
    edges = (edge for edge in links.site_edges(connection) if between(edge, owners, known))
    return with_centrality(build_graph(edges, nodes, bloggers=owners, as_of=utc_now()))


def between(edge: SiteEdge, owners: Mapping[str, str], keys: frozenset[str]) -> bool:
    """Whether both ends of a link between sites are bloggers of the graph; ``owners`` names each site's blogger."""
    return owners.get(edge.source_key) in keys and owners.get(edge.target_key) in keys


def _node(row: GraphRow) -> GraphNode:
    return GraphNode(
        key=row.key,
        title=row.title,
        home=row.home,
        language=row.language,
        platform=row.platform,
        posts=row.posts,
        followers=row.followers,
        health=row.health,
    )


def within(graph: SiteGraph, relevance: Mapping[str, float]) -> SiteGraph:
    """The part of a graph whose nodes have a relevance, by key; their reach stays that over the whole graph."""
    nodes = tuple(replace(node, relevance=relevance[node.key]) for node in graph.nodes if node.key in relevance)
    edges = tuple(edge for edge in graph.edges if edge.source in relevance and edge.target in relevance)
    kept = [graph.rows[node.key] for node in nodes]
    rows = {node.key: row for row, node in enumerate(nodes)}
    return SiteGraph(nodes, edges, graph.matrix[kept][:, kept], graph.as_of, rows)


def streamed(graph: SiteGraph, file_format: ExportFormat, part: CsvPart) -> Iterator[str]:
    """The graph as a stream of text; ``part`` says which of the two tables of CSV.

    Raises ExportError before the first text when the graph cannot be written in full.
    """
    deque(node_rows(graph), maxlen=0)
    writers: dict[str, Callable[[SiteGraph], Iterator[str]]] = {
        "graphml": graphml,
        "gexf": gexf,
        "json": node_link_json,
        "csv": nodes_csv if part == "nodes" else edges_csv,
    }
    return writers[file_format](graph)


def run_graph_export(settings: Settings, file_format: ExportFormat, path: Path) -> tuple[SiteGraph, tuple[Path, ...]]:
    """Write the graph; the graph and the files written. Raises ExportError when they cannot be."""
    graph = stored_graph(settings)
    return graph, export_graph(graph, file_format, path)
