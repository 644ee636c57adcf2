import csv
import json
import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import networkx as nx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bloghound.errors import ExportError, InputError
from bloghound.records import LinkContext, SiteEdge
from graph.build import GraphNode, SiteGraph, build_graph
from graph.clean import clean_text, clean_value, formula_safe
from graph.export import ExportFormat, export_graph, to_networkx

SEEN = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(), max_size=20)  # lone surrogates and control characters included
HOSTILE = "a\x00\x0b\ud800\ufffe\r\n\t<&>\"' ]]>\U0001f436"


def graph_with(title: Any, other: Any = "B") -> SiteGraph:
    nodes = [
        GraphNode("a.test", title, "https://a.test/", "nl", "hugo", 12, 3_000_000_000, 0.1 + 0.2, 1, "ok"),
        GraphNode("b.test", other, reach=float("nan")),
    ]
    edges = [
        SiteEdge("a.test", "b.test", 3, LinkContext.CONTENT, ("me", "noopener"), SEEN, SEEN),
        SiteEdge("b.test", "c.test", 1, LinkContext.CONTENT),
    ]
    return build_graph(edges, nodes, as_of=SEEN)


def read(file_format: str, path: Path) -> "nx.DiGraph[str]":
    if file_format == "json":
        return cast("nx.DiGraph[str]", nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges"))
    return cast("nx.DiGraph[str]", nx.read_gexf(path) if file_format == "gexf" else nx.read_graphml(path))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def unquoted(cell: str) -> str:
    return cell.removeprefix("'")


@pytest.mark.parametrize("file_format", ["graphml", "gexf", "json"])
@settings(deadline=None, max_examples=150)
@given(title=ANY_TEXT, other=st.one_of(st.none(), st.lists(ANY_TEXT, max_size=3), st.dates(), st.floats(), ANY_TEXT))
@example(title=HOSTILE, other="\r")
@example(title="", other=" ")
def test_any_title_reads_back_equal_in_networkx(file_format: ExportFormat, title: str, other: object) -> None:
    graph = graph_with(title, other)
    with tempfile.TemporaryDirectory() as folder:
        (path,) = export_graph(graph, file_format, Path(folder, "graph"))
        found, expected = read(file_format, path), to_networkx(graph)
    assert list(found.nodes(data=True)) == list(expected.nodes(data=True))
    assert list(found.edges(data=True)) == list(expected.edges(data=True))


@settings(deadline=None, max_examples=150)
@given(title=ANY_TEXT)
@example(title=HOSTILE)
@example(title="=1+1")
def test_any_title_reads_back_from_csv(title: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nodes, _ = map(rows, export_graph(graph_with(title), "csv", Path(folder, "x.csv")))
    assert [node["Id"] for node in nodes] == ["a.test", "b.test", "c.test"]
    assert unquoted(nodes[0]["Title"]) == unquoted(clean_text(title))


def test_attributes_are_exported_with_their_types() -> None:
    graph = to_networkx(graph_with("Koffie"))
    assert graph.nodes["a.test"] == {
        "label": "Koffie",
        "key": "a.test",
        "title": "Koffie",
        "home": "https://a.test/",
        "language": "nl",
        "platform": "hugo",
        "posts": 12,
        "followers": 3_000_000_000,
        "reach": 0.1 + 0.2,
        "linkers": 1,
        "health": "ok",
    }
    assert graph.edges["a.test", "b.test"] == {
        "weight": 3.0,
        "context": "content",
        "rel": "me noopener",
        "first_seen": "2026-02-03T04:05:06+00:00",
        "last_seen": "2026-02-03T04:05:06+00:00",
    }


def test_what_is_unknown_is_left_out() -> None:
    graph = to_networkx(graph_with("", None))
    assert graph.nodes["b.test"] == {"label": "b.test", "key": "b.test"}  # its reach is not a number
    assert graph.edges["b.test", "c.test"] == {"weight": 1.0, "context": "content"}
    assert graph.nodes["a.test"]["label"] == "a.test"


def test_gexf_is_version_1_3_with_meta_and_typed_attributes(tmp_path: Path) -> None:
    (path,) = export_graph(graph_with("A"), "gexf", tmp_path / "graph.gexf")
    text = path.read_text(encoding="utf-8")
    assert '<gexf xmlns="http://gexf.net/1.3" version="1.3">' in text
    assert re.search(r'<meta lastmodifieddate="2026-02-03"><creator>Bloghound [\d.]+</creator>', text)
    assert '<attribute id="posts" title="posts" type="long"/>' in text


def test_csv_is_two_files_as_gephi_reads_them(tmp_path: Path) -> None:
    paths = export_graph(graph_with("A"), "csv", tmp_path / "blogs.csv")
    assert [path.name for path in paths] == ["blogs.nodes.csv", "blogs.edges.csv"]
    nodes, edges = map(rows, paths)
    assert (nodes[0]["Label"], nodes[0]["Followers"], nodes[1]["Followers"]) == ("A", "3000000000", "")
    assert list(edges[0].values())[:4] == ["a.test", "b.test", "Directed", "3.0"]


@pytest.mark.parametrize("name", ["graph", "graph.v2"])
def test_a_name_without_csv_is_kept_whole(tmp_path: Path, name: str) -> None:
    assert [path.name for path in export_graph(graph_with("A"), "csv", tmp_path / name)] == [
        f"{name}.nodes.csv",
        f"{name}.edges.csv",
    ]


@pytest.mark.parametrize(
    "title", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "\u3000=1", "\uff1d1", "\ufeff\uff20x", "\n=1"]
)
def test_no_cell_begins_like_a_formula(tmp_path: Path, title: str) -> None:
    nodes, _ = map(rows, export_graph(graph_with(title), "csv", tmp_path / "x.csv"))
    assert (nodes[0]["Label"], nodes[0]["Title"]) == (f"'{title}", f"'{title}")


@pytest.mark.parametrize("title", ["a=b", "1-1", "Ann @ home", "'quoted'", 7, 1.5])
def test_harmless_cells_stay_as_they_are(title: str | float) -> None:
    assert formula_safe(title) == title


def test_numbers_that_are_none_do_not_reach_the_file() -> None:
    assert [clean_value(value) for value in (float("nan"), float("inf"), None, "", [], [None])] == [None] * 6


def test_lists_and_dates_become_text() -> None:
    assert clean_value(("nofollow", None, "ugc\x01")) == "nofollow ugc\ufffd"
    assert clean_value(SEEN.date()) == "2026-02-03"


def test_keys_that_would_fall_together_are_an_error(tmp_path: Path) -> None:
    graph = build_graph([], [GraphNode("a\x01"), GraphNode("a\x02")])
    with pytest.raises(ExportError, match="share the identifier"):
        export_graph(graph, "gexf", tmp_path / "x.gexf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("file_format", ["graphml", "gexf", "json", "csv"])
def test_an_empty_graph_can_be_exported(tmp_path: Path, file_format: ExportFormat) -> None:
    paths = export_graph(build_graph([]), file_format, tmp_path / "empty")
    assert all(path.stat().st_size for path in paths)
    if file_format != "csv":
        assert len(read(file_format, paths[0])) == 0


def test_an_older_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "graph.json"
    path.write_text("old")
    export_graph(graph_with("new"), "json", path)
    assert "new" in path.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_file_stays_when_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "graph.gexf"
    path.write_text("old")
    broken = replace(graph_with("A"), nodes=(GraphNode("a"), GraphNode("a")))
    with pytest.raises(ExportError):
        export_graph(broken, "gexf", path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "name", ["absent/graph.json", "file/graph.json", "folder", "nul\0.json", "\ud800.json", "n" * 300]
)
def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(ExportError, match="cannot be written to"):
        export_graph(graph_with("A"), "json", tmp_path / name)
    assert not list(tmp_path.glob("*.part"))


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'pajek'; there are graphml, gexf, json, csv"):
        export_graph(graph_with("A"), cast("ExportFormat", "pajek"), tmp_path / "x")


@pytest.mark.parametrize("code", [0x00, 0xAD, 0x34F, 0x180E, 0x2028, 0x202A, 0x202E, 0x2066, 0x2069, 0xFE0F, 0xE0061])
@pytest.mark.parametrize("sign", "=+-@\uff1d")
def test_a_formula_behind_a_character_that_nobody_sees_is_found(code: int, sign: str) -> None:
    assert str(formula_safe(f"{chr(code)} {sign}1")).startswith("'")


def test_a_cell_holds_no_control_character() -> None:
    assert formula_safe("a\x00b\x1b[0m") == "a\ufffdb\ufffd[0m"
