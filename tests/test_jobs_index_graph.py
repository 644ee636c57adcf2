from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bloghound.jobs.graph import between
from bloghound.jobs.index import graph_columns
from bloghound.records import LinkContext
from graph.build import GraphNode, build_graph
from graph.centrality import distinct_linkers, pagerank
from storage import links, rankable
from storage.database import Database
from tests.rankable_worlds import NOW, World, drawn, stored, worlds


@drawn
@given(
    world=worlds(),
    as_of=st.sampled_from([NOW, NOW + timedelta(days=181)]),
    suppressed=st.sets(st.sampled_from(["s0.example", "p1.example"])),
)
def test_the_columns_are_those_of_the_graph_built_edge_by_edge(
    database: Database, world: World, as_of: datetime, suppressed: set[str]
) -> None:
    with stored(database, world) as connection:
        keys = [one.site_key for one in rankable.outlines(connection, suppressed)]
        found, owners = graph_columns(connection, as_of, keys), rankable.founding_keys(connection)
        known = [edge for edge in links.site_edges(connection) if between(edge, owners, frozenset(keys))]
    graph = build_graph(known, [GraphNode(key) for key in keys], bloggers=owners, as_of=as_of)
    assert found.keys == tuple(keys)
    assert (found.matrix.toarray() == graph.matrix.toarray()).all()
    assert (found.distinct_linkers == distinct_linkers(graph.matrix)).all()
    assert (found.reach == pagerank(graph.matrix).astype(np.float32)).all()


@drawn
@given(
    world=worlds(),
    contexts=st.sets(st.sampled_from([LinkContext.CONTENT, LinkContext.BLOGROLL]), min_size=1),
    since=st.sampled_from([None, NOW]),
)
def test_linked_sites_are_the_ends_of_all_edges(
    database: Database, world: World, contexts: Collection[LinkContext], since: datetime | None
) -> None:
    with stored(database, world) as connection:
        linked = list(links.linked_sites(connection, contexts, seen_since=since))
        edges = [edge for edge in links.site_edges(connection) if edge.context in contexts]
    recent = [edge for edge in edges if since is None or (edge.last_seen and edge.last_seen >= since)]
    found = {(source, target, rel) for source, rel, targets in linked for target in targets}
    assert found == {(edge.source_key, edge.target_key, edge.rel) for edge in recent}


def test_an_empty_store_has_an_empty_graph(database: Database) -> None:
    with database.read() as connection:
        found = graph_columns(connection, NOW, [])
    assert (found.keys, found.matrix.shape) == ((), (0, 0))
