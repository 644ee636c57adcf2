"""The link graph of everything stored, with attributes, for export."""

from pathlib import Path

from bloghound.errors import NotFoundError
from bloghound.jobs.index import NOTHING_STORED, between
from bloghound.settings import Settings
from graph.build import SiteGraph, blogger_nodes, build_graph, with_centrality
from graph.export import ExportFormat, export_graph
from storage import links, rankable
from storage.database import open_database
from storage.tables.base import utc_now


def stored_graph(settings: Settings) -> SiteGraph:
    """Bloggers with posts as nodes, editorial links as edges; raises NotFoundError when nothing is stored."""
    database = open_database(settings)
    try:
        with database.read() as connection:
            owners = rankable.founding_keys(connection)
            nodes = list(blogger_nodes(rankable.bloggers(connection)))
            known = frozenset(node.key for node in nodes)
            edges = (edge for edge in links.site_edges(connection) if between(edge, owners, known))
            graph = build_graph(edges, nodes, bloggers=owners, as_of=utc_now())
    finally:
        database.close()
    if not graph.nodes:
        raise NotFoundError(NOTHING_STORED)
    return with_centrality(graph)


def run_graph_export(settings: Settings, file_format: ExportFormat, path: Path) -> tuple[SiteGraph, tuple[Path, ...]]:
    """Write the graph; the graph and the files written. Raises ExportError when they cannot be."""
    graph = stored_graph(settings)
    return graph, export_graph(graph, file_format, path)
