"""The graph as a download, edges and generations over the real server."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from urllib.parse import quote

import networkx as nx
import pytest

from bloghound.settings import Settings
from tests.profiled_bloggers import HIDDEN, built_world, id_of
from tests.serving import Answer, ask, make_key, serving

Get = Callable[[str], Answer]
BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))
NODES = {"bean.example", "cup.example", "wall.example", "wheel.example"}
EDGES = {
    ("bean.example", "cup.example"),
    ("cup.example", "bean.example"),
    ("wheel.example", "bean.example"),
    ("wheel.example", "cup.example"),
}
BRIEF = "espresso, coffee beans and grinders"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return built_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def get(world: Settings) -> Iterator[Get]:
    key = make_key(world, scopes=("read", "export"))
    with serving(world) as address:
        yield lambda path: ask("GET", f"{address}/v1{path}", key=key)


def test_the_whole_graph_reads_back_in_networkx(get: Get) -> None:
    answer = get("/graph?format=graphml")
    graph = nx.parse_graphml(answer.text)
    assert (set(graph.nodes), set(graph.edges)) == (NODES, EDGES)
    assert (answer.headers["x-total-nodes"], answer.headers["x-total-edges"]) == ("4", "4")
    assert graph.nodes["bean.example"]["followers"] == 120
    assert answer.headers["content-disposition"] == 'attachment; filename="bloggers.graphml"'


def test_every_format_holds_the_same_nodes_and_edges(get: Get) -> None:
    found = json.loads(get("/graph?format=json").body)
    assert {node["id"] for node in found["nodes"]} == NODES
    assert set(nx.read_gexf(io.BytesIO(get("/graph?format=gexf").body)).edges) == EDGES
    nodes = list(csv.DictReader(io.StringIO(get("/graph?format=csv").text)))
    edges = list(csv.DictReader(io.StringIO(get("/graph?format=csv&part=edges").text)))
    assert {row["Id"] for row in nodes} == NODES
    assert {(row["Source"], row["Target"]) for row in edges} == EDGES


def test_who_opted_out_is_in_no_download(get: Get) -> None:
    assert not [one for one in ("graphml", "gexf", "json", "csv") if HIDDEN in get(f"/graph?format={one}").text]


def test_a_niche_limits_the_graph_and_gives_relevance(get: Get) -> None:
    graph = nx.parse_graphml(get(f"/graph?niche={quote(BRIEF)}").text)
    assert set(graph.nodes) == {"bean.example", "cup.example"}
    assert all(0 < graph.nodes[node]["relevance"] <= 1 for node in graph)
    assert set(graph.edges) == {edge for edge in EDGES if "wheel.example" not in edge}


def test_a_kept_niche_gives_the_graph_of_its_brief(world: Settings, get: Get) -> None:
    key = make_key(world)
    with serving(world) as address:
        made = ask("POST", f"{address}/v1/niches", {"name": "Coffee", "brief": BRIEF}, key=key)
    niche = made.json()["id"]
    assert get(f"/graph?niche={niche}").headers["x-total-nodes"] == "2"


def test_an_edge_comes_with_every_link_it_is_made_of(get: Get) -> None:
    found = get(f"/edges?source={CUP}&target={BEAN}&limit=2").json()
    assert (found["edge"]["weight"], found["edge"]["contexts"], found["has_more"]) == (3, ["content"], True)
    rest = get(f"/edges?source={CUP}&target={BEAN}&limit=2&cursor={found['next_cursor']}").json()
    urls = {link["post"]["url"] for link in [*found["data"], *rest["data"]]}
    assert urls == {f"https://cup.example/{number}" for number in range(3)}


def test_no_edge_is_null_and_no_error(get: Get) -> None:
    found = get(f"/edges?source={BEAN}&target={WHEEL}").json()
    assert (found["edge"], found["data"], found["next_cursor"]) == (None, [], None)


def test_generations_say_what_they_were_built_from(get: Get) -> None:
    (only,) = get("/generations").json()["data"]
    assert (only["id"], only["is_current"], only["bloggers"], only["posts"]) == ("gen_000001", True, 5, 4 + 3 * 3 + 1)
    assert get("/generations/gen_000001").json() == only


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/graph?format=pajek", 422),
        ("/graph?part=both", 422),
        ("/graph?niche=nch_nothing", 404),
        (f"/graph?niche={'x' * 10_001}", 422),
        ("/edges?source=blg_a", 422),
        (f"/edges?source={BEAN}&target=blg_nobody", 404),
        (f"/edges?source={BEAN}&target={id_of(HIDDEN)}", 404),
        (f"/edges?source={BEAN}&target={CUP}&cursor=forged", 400),
        ("/generations/gen_000002", 404),
        ("/generations/gen_1", 404),
        ("/generations/nonsense", 404),
        (f"/generations/gen_{'9' * 5000}", 422),
    ],
)
def test_what_cannot_be_used_is_a_problem(get: Get, path: str, status: int) -> None:
    answer = get(path)
    assert (answer.status, answer.json()["status"]) == (status, status)


def test_the_download_needs_a_key_that_may_export(world: Settings) -> None:
    with serving(world) as address:
        assert ask("GET", f"{address}/v1/graph", key=make_key(world, scopes=("read",))).status == 403


def test_an_empty_database_has_no_graph(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"))
    with serving(settings) as address:
        key = make_key(settings)
        assert ask("GET", f"{address}/v1/graph", key=key).status == 404
        assert ask("GET", f"{address}/v1/generations", key=key).json() == {"data": []}
