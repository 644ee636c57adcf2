from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.errors import GraphError
from bloghound.records import LinkContext, SiteEdge
from graph.build import EdgePolicy, GraphNode, SiteGraph, build_graph, with_centrality

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def edge(source: str, target: str, weight: int = 1, **changes: object) -> SiteEdge:
    content = SiteEdge(source, target, weight, LinkContext.CONTENT, last_seen=NOW)
    return replace(content, **changes)  # type: ignore[arg-type]


def votes(graph: SiteGraph) -> set[tuple[str, str]]:
    keys = [node.key for node in graph.nodes]
    rows, columns = graph.matrix.nonzero()
    return {(keys[row], keys[column]) for row, column in zip(rows, columns, strict=True)}


def test_a_row_links_to_its_column() -> None:
    graph = build_graph([edge("a", "b")])
    assert graph.matrix.toarray().tolist() == [[0, 1], [0, 0]]
    assert graph.rows == {"a": 0, "b": 1}


def test_given_nodes_keep_their_order_and_the_unseen_follow_by_key() -> None:
    graph = build_graph([edge("z", "c"), edge("a", "z")], [GraphNode("z", title="Z"), GraphNode("b")])
    assert [node.key for node in graph.nodes] == ["z", "b", "a", "c"]
    assert graph.nodes[0].title == "Z"
    assert votes(graph) == {("z", "c"), ("a", "z")}


def test_many_links_are_one_vote_and_their_posts_are_the_weight() -> None:
    graph = build_graph([edge("a", "b", 3), edge("a", "b", 4, rel=("noopener",))])
    assert graph.matrix.toarray().tolist() == [[0, 1], [0, 0]]
    assert [(one.weight, one.rel) for one in graph.edges] == [(3 + 4, ("noopener",))]


@pytest.mark.parametrize("context", [LinkContext.BLOGROLL, LinkContext.COMMENT, LinkContext.BOILERPLATE])
def test_only_content_links_are_votes(context: LinkContext) -> None:
    assert not build_graph([edge("a", "b", context=context)]).edges


@pytest.mark.parametrize("rel", ["nofollow", "sponsored", "ugc", "NoFollow"])
def test_links_that_are_no_recommendation_are_no_votes(rel: str) -> None:
    assert not build_graph([edge("a", "b", rel=("noopener", rel))]).edges


def test_a_policy_can_admit_other_links() -> None:
    policy = EdgePolicy(contexts=frozenset(LinkContext), excluded_rels=frozenset())
    edges = [edge("a", "b", context=LinkContext.BLOGROLL, rel=("nofollow",)), edge("a", "b")]
    graph = build_graph(edges, policy=policy)
    assert [(one.context, one.rel) for one in graph.edges] == [(LinkContext.CONTENT, ("nofollow",))]


def test_links_older_than_180_days_are_no_votes() -> None:
    old = edge("a", "b", last_seen=NOW - timedelta(days=180, seconds=1))
    kept = edge("c", "d", last_seen=NOW - timedelta(days=180))
    undated = edge("e", "f", last_seen=None)
    assert votes(build_graph([old, kept, undated], as_of=NOW)) == {("c", "d"), ("e", "f")}


def test_links_of_any_age_count_without_a_window_or_a_time() -> None:
    old = edge("a", "b", last_seen=NOW - timedelta(days=999))
    assert votes(build_graph([old])) == {("a", "b")}
    assert votes(build_graph([old], as_of=NOW, policy=EdgePolicy(window_days=None))) == {("a", "b")}


def test_self_links_and_links_without_weight_are_dropped() -> None:
    assert not build_graph([edge("a", "a"), edge("a", "b", 0)]).edges


def test_the_sites_of_one_blogger_are_one_node_with_one_vote() -> None:
    edges = [edge("ann.test", "social.test/@ann"), edge("ann.test", "b"), edge("social.test/@ann", "b")]
    graph = build_graph(edges, bloggers={"social.test/@ann": "ann.test"})
    assert votes(graph) == {("ann.test", "b")}
    assert len(graph.nodes) == 2


def test_joined_edges_span_the_whole_time() -> None:
    early, late = NOW - timedelta(days=90), NOW
    edges = [
        edge("a", "b", first_seen=late, last_seen=late),
        edge("a", "b", first_seen=early, last_seen=early),
        edge("a", "b", last_seen=None),
    ]
    (joined,) = build_graph(edges).edges
    assert (joined.first_seen, joined.last_seen) == (early, late)


def test_edges_are_in_the_order_of_the_matrix() -> None:
    graph = build_graph([edge("c", "a"), edge("a", "c"), edge("a", "b")])
    keys = [node.key for node in graph.nodes]
    assert [keys.index(one.target) for one in graph.edges] == graph.matrix.indices.tolist()


def test_the_order_of_the_links_changes_nothing() -> None:
    edges = [edge("c", "a"), edge("a", "c"), edge("a", "b", 2), edge("a", "b", 3)]
    assert build_graph(edges).edges == build_graph(edges[::-1]).edges


def test_a_node_given_twice_is_an_error() -> None:
    with pytest.raises(GraphError, match="'a' is given twice"):
        build_graph([], [GraphNode("a"), GraphNode("b"), GraphNode("a")])


def test_nothing_makes_an_empty_graph() -> None:
    graph = build_graph([])
    assert (graph.nodes, graph.matrix.shape) == ((), (0, 0))


def test_centrality_fills_reach_and_linkers() -> None:
    graph = with_centrality(build_graph([edge("a", "c"), edge("b", "c")], [GraphNode("c", title="C")]))
    assert [(node.key, node.linkers) for node in graph.nodes] == [("c", 2), ("a", 0), ("b", 0)]
    assert sum(node.reach or 0 for node in graph.nodes) == pytest.approx(1)
    assert graph.nodes[0].title == "C"
    assert (graph.nodes[0].reach or 0) > (graph.nodes[1].reach or 0)
