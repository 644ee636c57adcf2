"""GraphML and GEXF 1.3, written as a stream with typed attributes.

networkx's own writers hold the whole document in memory, know no GEXF 1.3 ``meta`` with a description, and write
characters that no XML parser accepts; its readers read what is written here.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from bloghound import __version__
from graph.build import SiteGraph
from graph.clean import Exported
from graph.rows import EDGE_COLUMNS, NODE_COLUMNS, Attributes, edge_rows, node_rows

_HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'

_GRAPHML_TYPES: dict[type[Exported], str] = {str: "string", int: "long", float: "double"}
_GEXF_TYPES = _GRAPHML_TYPES
"""Both formats take these names from Java."""

_GEXF_OWN = ("label", "weight")
"""GEXF has attributes of its own for these."""


def graphml(graph: SiteGraph) -> Iterator[str]:
    """The graph as GraphML, with one typed key per attribute."""
    yield _HEADER + '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    for owner, columns in (("node", NODE_COLUMNS), ("edge", EDGE_COLUMNS)):
        for name, kind in columns.items():
            kind_name = _GRAPHML_TYPES[kind]
            yield f'<key id="{owner}.{name}" for="{owner}" attr.name="{name}" attr.type="{kind_name}"/>\n'
    yield '<graph edgedefault="directed">\n'
    for node in node_rows(graph):
        yield f"<node id={quoteattr(node.identifier)}>{_graphml_data('node', node.attributes)}</node>\n"
    for edge in edge_rows(graph):
        ends = f"source={quoteattr(edge.source)} target={quoteattr(edge.target)}"
        yield f"<edge {ends}>{_graphml_data('edge', edge.attributes)}</edge>\n"
    yield "</graph>\n</graphml>\n"


def gexf(graph: SiteGraph) -> Iterator[str]:
    """The graph as GEXF 1.3, with typed attributes and, when the graph has a date, that date in ``meta``."""
    yield _HEADER + '<gexf xmlns="http://gexf.net/1.3" version="1.3">\n'
    modified = f' lastmodifieddate="{graph.as_of.date().isoformat()}"' if graph.as_of else ""
    yield f"<meta{modified}><creator>Bloghound {__version__}</creator>"
    yield f"<description>{len(graph.nodes)} sites and {len(graph.edges)} links between them</description></meta>\n"
    yield '<graph mode="static" defaultedgetype="directed">\n'
    yield from _gexf_declarations("node", NODE_COLUMNS)
    yield from _gexf_declarations("edge", EDGE_COLUMNS)
    yield "<nodes>\n"
    for node in node_rows(graph):
        label = quoteattr(str(node.attributes["label"]))
        yield f"<node id={quoteattr(node.identifier)} label={label}>{_gexf_values(node.attributes)}</node>\n"
    yield "</nodes>\n<edges>\n"
    for edge in edge_rows(graph):
        ends = f"source={quoteattr(edge.source)} target={quoteattr(edge.target)}"
        yield f'<edge {ends} weight="{edge.attributes["weight"]}">{_gexf_values(edge.attributes)}</edge>\n'
    yield "</edges>\n</graph>\n</gexf>\n"


def _graphml_data(owner: str, attributes: Attributes) -> str:
    # A parser turns a bare carriage return into a line feed; as a reference it stays what it is.
    return "".join(
        f'<data key="{owner}.{name}">{escape(str(value), {chr(13): "&#13;"})}</data>'
        for name, value in attributes.items()
    )


def _gexf_declarations(owner: str, columns: dict[str, type[Exported]]) -> Iterator[str]:
    yield f'<attributes class="{owner}" mode="static">\n'
    for name, kind in columns.items():
        if name not in _GEXF_OWN:
            yield f'<attribute id="{name}" title="{name}" type="{_GEXF_TYPES[kind]}"/>\n'
    yield "</attributes>\n"


def _gexf_values(attributes: Attributes) -> str:
    values = (
        f'<attvalue for="{name}" value={quoteattr(str(value))}/>'
        for name, value in attributes.items()
        if name not in _GEXF_OWN
    )
    return f"<attvalues>{''.join(values)}</attvalues>"
