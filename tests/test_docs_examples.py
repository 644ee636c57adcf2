"""The examples of the documentation, run as a reader would, against the real service with the demo's data.

Blocks of a page run in their order: Python in one namespace, shell in a bash of its own, all in one empty folder. What
a block prints must be what its comments ``# → …`` say. A block after ``<!-- not run: … -->`` is for the reader alone.
"""

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bloghound.demo import BRIEFS
from bloghound.settings import Settings
from tests.conftest import PROJECT, require
from tests.serving import ask, make_key, serving
from tests.shown_demo import shown_demo
from tests.waiting import until

DOCS = PROJECT / "docs"
SERVED = ("api.md", "tutorials/pr.md", "tutorials/outreach.md", "tutorials/research.md")

_BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n+)?^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPECTED = re.compile(r"# → (.*)$", re.MULTILINE)
_GIVEN = re.compile(r"^(?:export )?(?:BASE|KEY) ?=.*$", re.MULTILINE)
"""Lines in which a reader writes the address and the key; the test has its own."""


@dataclass(frozen=True)
class Block:
    """An example and the language it is in."""

    language: str
    code: str


def blocks_of(page: str) -> list[Block]:
    """The examples of a page that are to be run."""
    found = _BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    return [Block(language, code) for skipped, language, code in found if not skipped]


def run_python(code: str, namespace: dict[str, Any]) -> None:
    """Run a block; what it prints must be what its comments say."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(_GIVEN.sub("", code), "example", "exec"), namespace)  # noqa: S102 - our own documentation
    expected = _EXPECTED.findall(code)
    assert printed.getvalue().splitlines() == expected, code


def run_console(code: str, folder: Path, variables: dict[str, str]) -> None:
    """Run a block in bash, which ends at the first command that fails."""
    require(shutil.which("bash") and shutil.which("curl"), "the shell examples need bash and curl")
    script = f"set -euo pipefail\n{_GIVEN.sub('', code)}"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"


@pytest.fixture
def own_demo(tmp_path_factory: pytest.TempPathFactory, bare_settings: Settings) -> Settings:
    """Settings with a copy of the demo's data, which an example may change."""
    shown_demo(tmp_path_factory).copied_to(bare_settings.data_dir)
    return bare_settings


@pytest.mark.parametrize("page", SERVED)
def test_the_examples_of_a_page_run(
    page: str, own_demo: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, folder = blocks_of(page), tmp_path / "reader"
    assert blocks
    folder.mkdir()
    monkeypatch.chdir(folder)
    key = make_key(own_demo)
    with serving(own_demo) as base:
        until(lambda: ask("GET", f"{base}/readyz").status == 200, seconds=60)
        namespace: dict[str, Any] = {"__name__": "example", "BASE": base, "KEY": key}
        for block in blocks:
            if block.language == "python":
                run_python(block.code, namespace)
            else:
                run_console(
                    block.code, folder, {"BASE": base, "KEY": key, "BLOGHOUND_DATA_DIR": str(own_demo.data_dir)}
                )


def test_the_worked_example_of_the_scores_is_arithmetic_and_is_what_the_demo_shows(own_demo: Settings) -> None:
    namespace: dict[str, Any] = {}
    for block in blocks_of("scores.md"):
        run_python(block.code, namespace)
    with serving(own_demo) as base:
        until(lambda: ask("GET", f"{base}/readyz").status == 200, seconds=60)
        found = ask("POST", f"{base}/v1/search", {"query": BRIEFS[0].text}, key=make_key(own_demo)).json()
    first, sixth = found["results"][0], found["results"][5]
    parts = {name: part["value"] for name, part in first["parts"].items()}
    inputs = first["parts"]["relevance"]["inputs"]
    names = ("whole_blog", "best_posts", "blog_text", "post_text")
    assert [inputs[name] for name in names] == pytest.approx(namespace["evidence"], abs=5e-5)
    assert inputs["gate"] == pytest.approx(namespace["gate"], abs=5e-4)
    assert parts == pytest.approx({name: namespace[name] for name in parts}, abs=5e-4)
    assert first["score"] == pytest.approx(sum(namespace["parts"]), abs=1e-3)
    amounts = [namespace["sponsored"], namespace["affiliate"]]
    assert [one["amount"] for one in sixth["deductions"]] == pytest.approx(amounts, abs=1e-9)
    assert sixth["blogger"]["name"] == "Morning Cup Mania"
