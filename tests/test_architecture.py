"""The shape of the house; the direction of imports is held by import-linter."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.conftest import PROJECT

ROOMS = ("api", "bloghound", "crawler", "graph", "ranking", "storage")
MIGRATIONS = PROJECT / "storage" / "migrations"  # run by Alembic, not imported; each is history, however long
SOURCES = [
    path
    for folder in (*ROOMS, "tests", "bench")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    if MIGRATIONS not in path.parents
]
# Benchmarks fill tables with what no crawl brings, and run peers that are built on other libraries.
MAY_USE_TABLES = ("storage", "tests", "bench")
OUTSIDE_STORAGE = [path for path in SOURCES if path.relative_to(PROJECT).parts[0] not in MAY_USE_TABLES]
SQL = re.compile(
    r"\s*(SELECT\s.*\bFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s.*\bSET|DELETE\s+FROM|(CREATE|ALTER|DROP)\s+(TABLE|INDEX)|PRAGMA)\s",
    re.DOTALL,
)
DATABASE_LIBRARIES = {"sqlalchemy", "sqlmodel", "sqlite3", "pysqlite3", "psycopg", "alembic"}
MODEL_LIBRARIES = {"torch", "sentence_transformers", "transformers"}


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def syntax_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports_of(path: Path) -> set[str]:
    """Top-level names of all imports, those inside functions included."""
    nodes = list(ast.walk(syntax_of(path)))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.partition(".")[0] for name in names}


def modules_of(room: str) -> list[str]:
    paths = [path.relative_to(PROJECT).with_suffix("") for path in SOURCES if PROJECT / room in path.parents]
    return [".".join(path.parts).removesuffix(".__init__") for path in paths if path.name != "__main__"]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_a_package_with_modules(room: str) -> None:
    assert (PROJECT / room / "__init__.py").is_file()
    assert len(modules_of(room)) >= 1


@pytest.mark.parametrize("room", ROOMS)
def test_importing_all_of_a_room_loads_no_model_library(room: str) -> None:
    program = f"import sys, {', '.join(modules_of(room))}\nprint(*({MODEL_LIBRARIES} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.split()) == (0, []), result.stderr


def test_the_command_line_is_one_of_the_modules_that_load_nothing() -> None:
    assert any(name == "bloghound.cli" or name.startswith("bloghound.cli.") for name in modules_of("bloghound"))
    assert any(name.startswith("bloghound.jobs") for name in modules_of("bloghound"))


def test_no_other_installed_distribution_has_a_package_named_like_a_room() -> None:
    owners = packages_distributions()
    assert [(room, owner) for room in ROOMS for owner in owners.get(room, ()) if owner != "bloghound"] == []


def test_tests_are_a_package_whose_folders_shadow_no_room() -> None:
    assert (PROJECT / "tests" / "__init__.py").is_file()
    assert not [room for room in ROOMS if (PROJECT / "tests" / room).exists()]


def test_test_files_stay_flat() -> None:
    assert not [name_of(path) for path in (PROJECT / "tests").glob("*/**/test_*.py")]


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert not {name: lines for name, lines in lengths.items() if lines > 400}


def test_no_function_is_longer_than_60_lines() -> None:
    lengths = {
        f"{name_of(path)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in SOURCES
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not {name: lines for name, lines in lengths.items() if lines > 60}


def test_only_storage_imports_database_libraries() -> None:
    found = {name_of(path): imports_of(path) & DATABASE_LIBRARIES for path in OUTSIDE_STORAGE}
    assert not {name: libraries for name, libraries in found.items() if libraries}


def test_only_storage_holds_sql() -> None:
    texts = [
        (name_of(path), node.value)
        for path in OUTSIDE_STORAGE
        for node in ast.walk(syntax_of(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [(name, text) for name, text in texts if SQL.match(text)]


@pytest.mark.parametrize(
    "text", ["SELECT id FROM site WHERE x", "  INSERT OR IGNORE INTO a ", "PRAGMA wal", "UPDATE site\nSET a = 1"]
)
def test_sql_is_recognised(text: str) -> None:
    assert SQL.match(text)


def test_no_module_is_a_drawer_for_leftovers() -> None:
    drawers = {"utils", "helpers", "common", "misc", "core", "services"}
    assert not [name_of(path) for path in SOURCES if path.stem in drawers or path.parent.name in drawers]
