"""How query time, memory and build time grow with the number of blogs: one table of what was measured last. Usage::

python -m bench.blogs06_growth --data FOLDER...
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.blogs06_measuring import MIB, read_figures

Figures = dict[str, dict[str, Any]]


def growth_table(stores: Sequence[Figures]) -> Table:
    """One column for each store; "–" where something was not measured over it."""
    table = Table(title="growth over made-up stores")
    for heading in ("", *(_size(one) for one in stores)):
        table.add_column(heading, justify="right" if heading else "left")
    lines: list[tuple[str, Callable[[Figures], str]]] = [
        ("posts", lambda one: f"{one['index']['posts']:,}"),
        ("query, median", lambda one: f"{one['query']['p50_ms']:.1f} ms"),
        ("query, p99", lambda one: f"{one['query']['p99_ms']:.1f} ms"),
        ("query, computing", lambda one: f"{one['query']['cpu_ms']:.1f} ms"),
        ("recall at 50", lambda one: f"{one['query']['recall']:.3f}"),
        ("memory of a warm engine, anonymous", lambda one: f"{one['query']['memory']['anonymous'] / MIB:.0f} MiB"),
        ("  pages of the index in it", lambda one: f"{_mapped(one['query']['memory']) / MIB:.0f} MiB"),
        ("build", lambda one: f"{one['index']['full_seconds']:.0f} s"),
        ("build, peak memory, anonymous", lambda one: f"{one['index']['full_peak']['anonymous'] / MIB:.0f} MiB"),
        ("build after 1 % new posts", lambda one: f"{one['index']['incremental_seconds']:.1f} s"),
        ("  share of a full build", lambda one: f"{one['index']['incremental_share']:.1%}"),
        ("  share of its computing", lambda one: f"{one['index']['incremental_cpu_share']:.1%}"),
        ("forgetting a blogger", lambda one: f"{one['index']['forget_seconds']:.2f} s"),
        ("index on disk", lambda one: f"{one['index']['index_bytes'] / MIB:.0f} MiB"),
        ("over HTTP, new briefs", lambda one: f"{one['serve']['new']['per_second']:.1f} a second"),
        ("load while querying", lambda one: f"{one['query']['load']:.1f}"),
    ]
    for name, figure in lines:
        table.add_row(name, *(_or_dash(figure, one) for one in stores))
    return table


def _size(store: Figures) -> str:
    sizes = [figures["bloggers"] for figures in store.values()]
    return f"{sizes[0]:,} bloggers" if sizes else "nothing measured"


def _mapped(memory: dict[str, int]) -> int:
    return memory["resident"] - memory["anonymous"]


def _or_dash(figure: Callable[[Figures], str], store: Figures) -> str:
    try:
        return figure(store)
    except KeyError:
        return "–"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    Console().print(growth_table([read_figures(folder) for folder in parser.parse_args().data]))


if __name__ == "__main__":
    main()
