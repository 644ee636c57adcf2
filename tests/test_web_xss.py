"""Hostile texts of every known form as titles, names, tags and notes, on every page in a real browser: nothing runs."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from bloghound.jobs.index import run_index
from bloghound.settings import Settings
from storage.database import open_database
from storage.tables.base import public_id
from tests.browsing import visiting
from tests.conftest import MEASURED
from tests.serving import ask, make_key, serving, sign_in
from tests.stored_bloggers import COFFEE, Stored

PAYLOADS = tuple((Path(__file__).parent / "xss_payloads.txt").read_text("utf-8").splitlines())
LEAST_PAYLOADS = 60
BRIEF = quote("Espresso at home: grinders and roasted coffee beans")
SCORES = {"generation": "gen_000001", "query": PAYLOADS[0], "rank": 1, "score": 0.5}


def key_of(number: int) -> str:
    """The site that carries one payload."""
    return f"hostile{number}.example"


def fill(settings: Settings) -> None:
    """A blogger for each payload, as its name, its site's title and description, and its posts' titles and texts."""
    with closing(open_database(settings)) as database, database.transaction() as connection:
        store = Stored(connection)
        for number, payload in enumerate(PAYLOADS):
            store.site(key_of(number), title=payload, description=payload, reason=payload)
        for number, payload in enumerate(PAYLOADS):
            to = [f"https://{key_of((number + 1) % len(PAYLOADS))}/"]
            text = payload.replace("{", "{{").replace("}", "}}")  # posts() fills in its number by str.format
            store.posts(key_of(number), 3, title=payload, text=f"{text} {COFFEE}", comments=number, to=to)
    run_index(settings)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and an administrator's key."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("xss"))
    fill(settings)
    with serving(settings) as address:
        yield address, make_key(settings)


def keep_all(address: str, key: str) -> str:
    """Payloads as names of niches and lists, and as owners, tags and notes of entries; the list that has them all."""
    for payload in PAYLOADS:
        made = ask("POST", f"{address}/v1/niches", {"name": payload, "brief": f"{payload} espresso"}, key=key)
        assert made.status == 201, made.text
    for payload in PAYLOADS[:5]:
        assert ask("POST", f"{address}/v1/lists", {"name": payload}, key=key).status == 201
    kept = str(ask("POST", f"{address}/v1/lists", {"name": PAYLOADS[13]}, key=key).json()["id"])
    for number, payload in enumerate(PAYLOADS):
        entry = {
            "blogger_id": public_id("blg", key_of(number)),
            "owner": payload[:100],
            "tags": [payload[:40]],
            "note": payload,
            "added_from": SCORES | {"why": payload},
        }
        added = ask("POST", f"{address}/v1/lists/{kept}/entries", entry, key=key)
        assert added.status == 201, added.text
    return kept


def test_no_payload_runs_on_any_page(service: tuple[str, str], browser: Browser) -> None:
    address, key = service
    kept = keep_all(address, key)
    shown = [f"/?q={BRIEF}", f"/?q={BRIEF}&page=2", f"/?q={quote(PAYLOADS[0])}", "/", f"/map?q={BRIEF}", "/crawl"]
    shown += ["/crawl/sites", "/settings", "/lists", f"/lists/{kept}", f"/lists/{kept}?view=table", "/niches"]
    shown += [f"/lists/{kept}/history", f"/opt-out?address={quote(PAYLOADS[1])}", f"/sign-in?next={quote(PAYLOADS[3])}"]
    shown += [f"/bloggers/{public_id('blg', key_of(number))}?q={BRIEF}" for number in range(len(PAYLOADS))]
    compared = "&".join(f"b={public_id('blg', key_of(number))}" for number in range(4))
    # `visiting` fails when a dialog opens, a script fails or the policy had to stop one.
    with visiting(browser, address, sign_in(address, key)) as page:
        for path in [*shown, f"/compare?q={BRIEF}&{compared}"]:
            look_around(page, path)
    MEASURED.append(f"{len(PAYLOADS)} XSS payloads on {len(shown) + 1} pages in Chromium: 0 dialogs, 0 CSP breaches")
    assert len(PAYLOADS) >= LEAST_PAYLOADS


def look_around(page: Page, path: str) -> None:
    """Open a page and what it folds away, and point at its first texts."""
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200, f"{path}: {answer.status}"
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    for link in page.locator("main a:visible").all()[:5]:
        link.hover(force=True)
    assert page.evaluate("document.querySelectorAll('main script, [onerror], [onload], [onfocus]').length") == 0
    assert page.locator("a[href^='javascript:' i], a[href^='data:' i]").count() == 0
