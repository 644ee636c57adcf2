"""The documentation names everything that there is, and nothing that there is not; it builds, and its links lead on."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.app import create_app
from api.auth.actor import Scope
from bloghound.cli.app import ROOMS, make_app
from bloghound.settings import PREFIX, Settings
from tests.conftest import PROJECT
from tests.serving import ask, make_key, serving

DOCS = PROJECT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
README = PROJECT / "README.md"

ROUTE_ROW = re.compile(r"^\| `([A-Z]+) (/\S+)` \| (\S+) \|", re.MULTILINE)
METHOD_AND_PATH = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) (/(?:v1|healthz|readyz|metrics)[^\s`?\"]*)")
COMMAND_SECTION = re.compile(r"^### (bloghound [a-z -]+)$", re.MULTILINE)


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def page(request: pytest.FixtureRequest) -> Path:
    """Each page of the documentation."""
    found: Path = request.param
    return found


def _text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# Settings


def _settings_rows() -> dict[str, str]:
    return dict(re.findall(rf"^\| `{PREFIX}(\w+)` \| (\S+) \|", _text("settings.md"), re.MULTILINE))


def test_every_setting_is_explained_with_its_default() -> None:
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    assert _settings_rows() == {name: f"`{value}`" if value != "" else "(empty)" for name, value in defaults.items()}


def test_no_page_names_a_setting_that_is_none(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}([A-Z_]+)", page.read_text(encoding="utf-8"))) - {""}
    assert named <= {name.upper() for name in Settings.model_fields}


# Commands


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for word, one in below.items():
        yield from _commands(one, f"{name} {word}")


COMMANDS = dict(_commands(typer.main.get_command(make_app()), "bloghound"))


def _command_sections() -> dict[str, str]:
    parts = COMMAND_SECTION.split(_text("commands.md"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    assert set(_command_sections()) == set(COMMANDS)
    assert {name.split()[1] for name in COMMANDS} == {word for words in ROOMS.values() for word in words}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_explained_and_no_other(name: str) -> None:
    options = {
        option
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option"
        for option in [*parameter.opts, *parameter.secondary_opts]
    }
    rows = re.findall(r"^\| (`-[^|]*) \|", _command_sections().get(name, ""), re.MULTILINE)
    assert {option for row in rows for option in re.findall(r"`(-[a-z-]+)`", row)} == options - {"--help", "-h"}


def test_no_page_names_a_command_that_is_none(page: Path) -> None:
    named = re.findall(
        r"(?:^|`)bloghound ([a-z][a-z-]*)(?: ([a-z-]+))?", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    for first, second in named:
        assert f"bloghound {first}" in COMMANDS or f"bloghound {first} {second}" in COMMANDS, f"{first} {second}"


# Routes


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Method and path of every route in the OpenAPI document."""
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("routes")))
    found = {(method.upper(), path) for path, methods in app.openapi()["paths"].items() for method in methods}
    app.state.service.limiter.close()
    app.state.service.database.close()
    return found


def test_the_table_of_routes_is_that_of_the_service(routes: set[tuple[str, str]]) -> None:
    rows = [(method, path) for method, path, _ in ROUTE_ROW.findall(_text("api.md"))]
    assert len(rows) == len(set(rows))
    assert set(rows) == routes


def test_no_page_names_a_route_that_is_none(page: Path, routes: set[tuple[str, str]]) -> None:
    assert set(METHOD_AND_PATH.findall(page.read_text(encoding="utf-8"))) <= routes


def test_every_route_needs_the_scope_that_the_table_says(settings: Settings) -> None:
    settings = settings.model_copy(update={"jobs_in_service": False})
    alone = {scope: make_key(settings, [scope]) for scope in Scope}
    with serving(settings) as base:
        for method, path, cell in ROUTE_ROW.findall(_text("api.md")):
            url = base + re.sub(r"\{\w+\}", "none", path)
            if cell == "–":
                assert ask(method, url).status not in {401, 403}, path
                continue
            scope = Scope(cell.strip("`"))
            others = [key for other, key in alone.items() if other not in {scope, Scope.ADMIN}]
            assert ask(method, url).status == 401, path
            assert {ask(method, url, key=key).status for key in others} == {403}, path
            assert ask(method, url, key=alone[scope]).status not in {401, 403}, path


# Links and the build


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#{1,3} (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("source", [README, *PAGES], ids=lambda page: page.name)
def test_every_link_between_files_leads_somewhere(source: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", source.read_text(encoding="utf-8")):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (source.parent / name).resolve() if name else source
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file), target


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with every warning an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", str(DOCS), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    for source in PAGES:
        assert (site / source.relative_to(DOCS).with_suffix(".html")).is_file(), source


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)
    imported = re.compile(r"(?:@import|url\()\s*[\"']?(?:https?:)?//")
    for file in site.rglob("*"):
        if file.suffix in {".html", ".css"}:
            text = file.read_text(encoding="utf-8")
            assert not loaded.search(text), file
            assert not imported.search(text), file
