"""Rules that hold for every template, style sheet and script of the pages."""

import re
from pathlib import Path

import pytest

from api.web.assets import FOLDER, content_hash, static_url
from api.web.errors import ADVICE
from api.web.rendering import TEMPLATES, environment

SOURCES = sorted(TEMPLATES.rglob("*.html"))
SHEETS = sorted(FOLDER.rglob("*.css"))
SCRIPTS = sorted(FOLDER.rglob("*.js"))
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", re.IGNORECASE)
FOREIGN_HOST = re.compile(
    r"""(?:src|href|action)=["']?(?:https?:)?//|url\(["']?(?:https?:)?//|@import|(?:from|fetch\() ?["']https?:"""
)
UNSAFE_SCRIPT = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
TOKENS = dict(
    re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", (FOLDER / "css" / "tokens.css").read_text().partition("@media")[0])
)
DARK = TOKENS | dict(
    re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", (FOLDER / "css" / "tokens.css").read_text().partition("@media")[2])
)


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_templates_compile_and_hold_nothing_inline(path: Path) -> None:
    environment().get_template(str(path.relative_to(TEMPLATES)))
    text = path.read_text(encoding="utf-8")
    assert INLINE.findall(text) == []
    assert not re.search(r"\|\s*safe\b|autoescape", text)


@pytest.mark.parametrize("path", [*SOURCES, *SHEETS, *SCRIPTS], ids=name_of)
def test_no_file_is_longer_than_400_lines_and_none_asks_another_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert FOREIGN_HOST.findall(text) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_scripts_never_make_markup_of_text(path: Path) -> None:
    assert UNSAFE_SCRIPT.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_scripts_import_what_is_there(path: Path) -> None:
    for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8")):
        assert (path.parent / name).is_file(), name


def test_every_static_file_that_a_template_names_is_there() -> None:
    for path in SOURCES:
        for name in re.findall(r"static_url\('([^'~]+)'\)", path.read_text(encoding="utf-8")):
            assert (FOLDER / name).is_file(), f"{path.name}: {name}"


def test_addresses_of_static_files_change_with_their_content() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", content_hash())
    assert static_url("css/base.css") == f"/static/{content_hash()}/css/base.css"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio as WCAG 2 defines it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [TOKENS, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["--paper", "--surface", "--sunken"])
@pytest.mark.parametrize("text", ["--ink", "--muted", "--accent", "--bad"])
def test_text_can_be_read(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("colours", [TOKENS, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("edge", ["--line-strong", "--relevance", "--reach", "--deduction"])
def test_edges_and_parts_can_be_seen(colours: dict[str, str], edge: str) -> None:
    assert contrast(colours[edge], colours["--paper"]) >= 3


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_every_error_a_person_meets_has_advice() -> None:
    assert {401, 403, 404, 410, 429, 500, 503} <= set(ADVICE)
