"""A real browser for the tests of pages: headless Chromium with a fresh profile, signed in, and axe to judge a page."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

from api.auth.actor import COOKIE
from tests.conftest import require

FLAGS = (
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}
GRAVE = {"serious", "critical"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """The installed Chromium (``CHROMIUM`` names another one), closed at the end; skips visibly where there is none."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    require(path, "Chromium is not installed: apt-get install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, address: str, session: dict[str, str] | None = None, **options: Any) -> Iterator[Page]:
    """A page of a new profile; ``session`` is what ``tests.serving.sign_in`` gave, ``options`` are the context's.

    Fails at the end when the page raised an error, opened a dialog, or broke its Content-Security-Policy.
    """
    context = browser.new_context(base_url=address, **{"viewport": DESKTOP, **options})
    if session is not None:
        context.add_cookies([{"name": COOKIE, "value": session["Cookie"].partition("=")[2], "url": address}])
    page = context.new_page()
    wrong = _watched(page)
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


def _watched(page: Page) -> list[str]:
    """What goes wrong on the page from now on."""
    wrong: list[str] = []

    def on_console(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text:
            wrong.append(said.text)

    def on_dialog(dialog: Dialog) -> None:
        wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", on_console)
    page.on("dialog", on_dialog)
    return wrong


def grave_faults(page: Page) -> list[str]:
    """What axe finds serious or critical: rule, and the elements."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found if one["impact"] in GRAVE]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
