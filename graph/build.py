"""The site graph: bloggers or sites as nodes, and one vote for each pair of which one links to the other.

Which links are votes is the `EdgePolicy`; what a node is, the caller says: sites of one blogger become one node when a
mapping from site to blogger is given, and links inside a blogger are then no votes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np

from bloghound.errors import GraphError
from bloghound.records import NO_VOTE_RELS, LinkContext, SiteEdge
from graph.centrality import distinct_linkers, pagerank
from graph.matrix import LinkMatrix, link_matrix

VOTE_WINDOW_DAYS = 180
"""Technorati's rule for its authority figure: distinct blogs that linked in the last six months."""

_CONTEXT_ORDER = tuple(LinkContext)
"""From most to least editorial, as the enumeration lists them."""


@dataclass(frozen=True, slots=True)
class EdgePolicy:
    """Which links count as votes.

    A link last seen more than ``window_days`` before the ``as_of`` of the build is too old; one without a date is kept,
    since an unknown age is not an old age. ``window_days=None`` keeps links of any age.
    """

    contexts: frozenset[LinkContext] = frozenset({LinkContext.CONTENT})
    excluded_rels: frozenset[str] = NO_VOTE_RELS
    window_days: int | None = VOTE_WINDOW_DAYS

    def admits(self, edge: SiteEdge, as_of: datetime | None) -> bool:
        """Whether the edge is a vote at the time ``as_of``; without a time, links of any age are."""
        if edge.context not in self.contexts or not self.admits_rel(edge.rel):
            return False
        since = self.since(as_of)
        return since is None or edge.last_seen is None or edge.last_seen >= since

    def admits_rel(self, rel: Iterable[str]) -> bool:
        """Whether a link with these rel values may be a vote."""
        return not any(value.lower() in self.excluded_rels for value in rel)

    def since(self, as_of: datetime | None) -> datetime | None:
        """From when on links must have been seen to be votes at the time ``as_of``; None: links of any age are."""
        return None if self.window_days is None or as_of is None else as_of - timedelta(days=self.window_days)


EDITORIAL = EdgePolicy()
"""Editorial links of the last 180 days: the votes that reach is made from."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A blogger or site with what an export shows of it; None is unknown.

    ``reach`` is the share of all PageRank, ``linkers`` the number of distinct nodes that link here, and ``relevance``
    how much the node is about a niche, from 0 to 1, where the graph is that of a niche.
    """

    key: str
    title: str | None = None
    home: str | None = None
    language: str | None = None
    platform: str | None = None
    posts: int | None = None
    followers: int | None = None
    reach: float | None = None
    linkers: int | None = None
    health: str | None = None
    relevance: float | None = None


@dataclass(frozen=True, slots=True)
class GraphEdge:
    """All votes from one node to another; ``weight`` is the number of linking posts, or of pages for other contexts."""

    source: str
    target: str
    weight: int
    context: LinkContext
    rel: tuple[str, ...] = ()
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass(frozen=True, slots=True)
class SiteGraph:
    """Nodes in a fixed order, the votes between them as a matrix in that order, and the edges behind the votes.

    ``matrix`` is a CSR array of shape (n, n): row links to column, 1 for every linked pair, however often it is linked.
    ``edges`` are in the order of the matrix's entries.
    """

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    matrix: LinkMatrix
    as_of: datetime | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    """Row of each node by its key."""


def build_graph(
    edges: Iterable[SiteEdge],
    nodes: Iterable[GraphNode] = (),
    *,
    policy: EdgePolicy = EDITORIAL,
    bloggers: Mapping[str, str] | None = None,
    as_of: datetime | None = None,
) -> SiteGraph:
    """The graph of the edges that ``policy`` admits.

    The given nodes come first and in their order, so that row k is the k-th of them; then the sites that are only known
    as ends of links, by key. ``bloggers`` maps a site's key to the node that stands for it; a site it does not name
    stands for itself. Raises GraphError when a node is given twice.
    """
    given = tuple(nodes)
    rows = {node.key: row for row, node in enumerate(given)}
    for row, node in enumerate(given):
        if rows[node.key] != row:
            raise GraphError(f"The node {node.key!r} is given twice.")
    merged = _merge(edges, policy, bloggers or {}, as_of)
    unseen = sorted({key for pair in merged for key in pair} - rows.keys())
    rows |= {key: row for row, key in enumerate(unseen, start=len(given))}
    ordered = tuple(sorted(merged.values(), key=lambda edge: (rows[edge.source], rows[edge.target])))
    sources = np.array([rows[edge.source] for edge in ordered], dtype=np.int64)
    targets = np.array([rows[edge.target] for edge in ordered], dtype=np.int64)
    matrix = link_matrix(sources, targets, len(rows))
    return SiteGraph((*given, *(GraphNode(key) for key in unseen)), ordered, matrix, as_of, rows)


def with_centrality(graph: SiteGraph) -> SiteGraph:
    """The same graph with ``reach`` and ``linkers`` of every node filled in; raises GraphError as `pagerank` does."""
    reach, linkers = pagerank(graph.matrix).tolist(), distinct_linkers(graph.matrix).tolist()
    measured = zip(graph.nodes, reach, linkers, strict=True)
    return replace(graph, nodes=tuple(replace(node, reach=rank, linkers=count) for node, rank, count in measured))


def _merge(
    edges: Iterable[SiteEdge], policy: EdgePolicy, bloggers: Mapping[str, str], as_of: datetime | None
) -> dict[tuple[str, str], GraphEdge]:
    merged: dict[tuple[str, str], GraphEdge] = {}
    for edge in edges:
        source = bloggers.get(edge.source_key, edge.source_key)
        target = bloggers.get(edge.target_key, edge.target_key)
        if source == target or edge.weight <= 0 or not policy.admits(edge, as_of):
            continue
        addition = GraphEdge(source, target, edge.weight, edge.context, edge.rel, edge.first_seen, edge.last_seen)
        known = merged.get((source, target))
        merged[source, target] = _joined(known, addition) if known else addition
    return merged


def _joined(one: GraphEdge, other: GraphEdge) -> GraphEdge:
    """Both edges as one: the more editorial context, every rel, and the whole span of time."""
    first = [seen for seen in (one.first_seen, other.first_seen) if seen]
    last = [seen for seen in (one.last_seen, other.last_seen) if seen]
    return GraphEdge(
        one.source,
        one.target,
        one.weight + other.weight,
        min(one.context, other.context, key=_CONTEXT_ORDER.index),
        tuple(sorted({*one.rel, *other.rel})),
        min(first, default=None),
        max(last, default=None),
    )
