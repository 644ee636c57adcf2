"""The files that install and ship Bloghound: no Docker engine is needed, since what Docker runs, CI runs too."""

import configparser
import importlib
import os
import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bloghound.settings import PREFIX, Settings
from tests.conftest import PROJECT

HARMLESS_COMMANDS = ("apt-get", "rm", "useradd", "install")


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Make as a user calls it, even when make runs these tests."""
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        ["make", *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


@pytest.fixture(scope="module")
def requirements(project: dict[str, Any]) -> list[Requirement]:
    """What the project and its extras ask for, and what builds it, but not the project itself."""
    lines = [*chain(project["dependencies"], *project["optional-dependencies"].values()), "hatchling"]
    return [one for one in map(Requirement, lines) if one.name != "bloghound"]


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    entries = [line for line in lines if line and not line.startswith("#")]
    assert not [line for line in entries if not re.fullmatch(r"[\w.-]+==[\w.]+", line)]  # no address, option or label
    pairs = (line.split("==") for line in entries)
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, arguments), with continued lines joined."""
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    # PyYAML comes with the model's libraries and has no type information.
    document = importlib.import_module("yaml").safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["services"]
    return found


def arguments_of(instructions: list[tuple[str, str]], word: str) -> list[str]:
    return [arguments for instruction, arguments in instructions if instruction == word]


def closure(requirements: list[Requirement]) -> set[str]:
    """Names of all that the requirements need here, as far as it is installed."""
    names: set[str] = set()
    done, waiting = set(), list(requirements)
    while waiting:
        wanted = waiting.pop()
        if str(wanted) in done:
            continue
        done.add(str(wanted))
        names.add(canonicalize_name(wanted.name))
        waiting += direct_needs(wanted)
    return names


def direct_needs(wanted: Requirement) -> list[Requirement]:
    try:
        needs = [Requirement(line) for line in requires(wanted.name) or ()]
    except PackageNotFoundError:  # hatchling lives in build environments only
        return []
    extras = {"", *wanted.extras}
    return [need for need in needs if not need.marker or any(need.marker.evaluate({"extra": one}) for one in extras)]


def test_every_requirement_is_pinned_to_a_version_it_allows(
    requirements: list[Requirement], pins: dict[str, str]
) -> None:
    wrong = [str(one) for one in requirements if not one.specifier.contains(pins.get(canonicalize_name(one.name), "0"))]
    assert not wrong


def test_the_whole_closure_is_pinned(requirements: list[Requirement], pins: dict[str, str]) -> None:
    assert closure(requirements) - pins.keys() == set()


def test_torch_is_pinned_without_a_build_label(pins: dict[str, str]) -> None:
    assert pins["torch"] == "2.13.0"


def test_the_wheel_cannot_be_uploaded_by_mistake(project: dict[str, Any]) -> None:
    assert "Private :: Do Not Upload" in project["classifiers"]
    assert project["requires-python"] == ">=3.11"


@pytest.mark.parametrize(
    "check", ["ruff check", "ruff format --check", "lint-imports", "mypy", "python -m pytest", "--editable '.[dev]'"]
)
def test_make_test_runs_every_check(check: str) -> None:
    assert check in make("-n", "test", "VENV=/nonexistent/venv").stdout


def test_make_run_installs_and_runs_the_demo() -> None:
    planned = make("-n", "run", "VENV=/nonexistent/venv").stdout
    assert planned.index("-m venv") < planned.index("install --editable .") < planned.index("bloghound demo")


def test_a_torch_index_is_used_for_torch_alone() -> None:
    planned = make("-n", "setup", "VENV=/nonexistent/venv", "TORCH_INDEX=https://cpu.example/").stdout.splitlines()
    with_index = [line.partition(" install ")[2] for line in planned if "cpu.example" in line]
    assert with_index == ["--no-deps --index-url https://cpu.example/ torch"]


def test_help_lists_every_target() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    assert [line.split()[0] for line in make().stdout.splitlines()] == phony[1].split()


def test_an_old_python_is_refused_by_its_version(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.8.1"\nexit 1\n')
    old.chmod(0o755)
    result = make("setup", f"PYTHON={old}", f"VENV={tmp_path}/venv")
    assert result.returncode == 2
    assert "needs Python 3.11 or newer, and" in result.stderr
    assert "is Python 3.8.1" in result.stderr


def test_an_absent_python_is_named(tmp_path: Path) -> None:
    result = make("setup", "PYTHON=no-such-python", f"VENV={tmp_path}/venv")
    assert (result.returncode, "no-such-python is not installed" in result.stderr) == (2, True)


def test_installing_a_wheel_needs_one() -> None:
    planned = make("-n", "install-wheel", "VENV=/nonexistent/venv", "EXTRAS=[postgres]").stdout
    assert "run 'make wheel' first" in planned
    assert "[postgres]" in planned


def test_docker_runs_only_what_ci_runs(instructions: list[tuple[str, str]]) -> None:
    commands = [part.split() for run in arguments_of(instructions, "RUN") for part in run.split("&&")]
    targets = {command[1] for command in commands if command[0] == "make"}
    run_by_ci = set(re.findall(r"\bmake ([a-z-]+)", (PROJECT / ".ci" / "run").read_text(encoding="utf-8")))
    assert targets
    assert targets <= run_by_ci
    assert {command[0] for command in commands} <= {"make", *HARMLESS_COMMANDS}


def test_the_container_runs_as_a_user_it_makes(instructions: list[tuple[str, str]]) -> None:
    (user,) = arguments_of(instructions, "USER")
    assert user not in ("root", "0")
    assert any(run.startswith("useradd") and run.endswith(user) for run in arguments_of(instructions, "RUN"))


def test_the_container_has_a_health_check_and_a_data_volume(instructions: list[tuple[str, str]]) -> None:
    assert "/healthz" in arguments_of(instructions, "HEALTHCHECK")[0]
    assert arguments_of(instructions, "VOLUME") == ["/data"]
    assert f"{PREFIX}DATA_DIR=/data" in arguments_of(instructions, "ENV")[0]
    assert arguments_of(instructions, "CMD") == ['["bloghound", "serve", "--host", "0.0.0.0"]']


def test_everything_the_wheel_needs_reaches_the_docker_build(project: dict[str, Any]) -> None:
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line[1:] for line in lines if line.startswith("!")}
    rooms = {"api", "bloghound", "crawler", "graph", "ranking", "storage"}
    assert sent == rooms | {
        project["readme"],
        *project["license-files"],
        "Makefile",
        "constraints.txt",
        "pyproject.toml",
    }


def test_compose_waits_for_a_healthy_database_that_keeps_its_data(services: dict[str, Any]) -> None:
    assert "pg_isready" in services["database"]["healthcheck"]["test"]
    assert services["database"]["volumes"] == ["database:/var/lib/postgresql"]
    assert services["api"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "data:/data" in services["api"]["volumes"]


def test_compose_sets_only_settings_that_exist_and_holds_no_password(services: dict[str, Any]) -> None:
    environment = services["api"]["environment"]
    assert {name.removeprefix(PREFIX).lower() for name in environment} <= Settings.model_fields.keys()
    assert "${POSTGRES_PASSWORD:?" in environment["BLOGHOUND_DATABASE_URL"]
    assert services["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_the_service_is_reachable_from_its_own_machine_only(services: dict[str, Any]) -> None:
    assert services["api"]["ports"] == ["127.0.0.1:8000:8000"]


def test_scrapy_finds_the_project_and_no_settings_module() -> None:
    parser = configparser.ConfigParser()
    parser.read(PROJECT / "scrapy.cfg", encoding="utf-8")
    assert dict(parser["settings"]) == {}


def test_the_ci_script_is_executable_and_sound() -> None:
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
