"""Signing a browser in: by a link that works once, by a key, and what is said when neither does."""

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode

import pytest

from api.auth.sessions import new_sign_in
from bloghound.settings import Settings
from storage import access
from storage.database import open_database
from storage.tables.base import utc_now
from tests.browsing import PHONE, chromium, grave_faults, overflow, visiting
from tests.serving import ask, make_key, serving, sign_in


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data_dir=tmp_path_factory.mktemp("service"), jobs_in_service=False)


@pytest.fixture(scope="module")
def key(installation: Settings) -> str:
    return make_key(installation)


@pytest.fixture(scope="module")
def service(installation: Settings) -> Iterator[str]:
    with serving(installation) as address:
        yield address


def new_token(settings: Settings) -> str:
    with closing(open_database(settings)) as database:
        with database.read() as connection:
            row = access.newest_admin_key(connection, now=utc_now())
        assert row is not None
        return new_sign_in(database, row.key_id)


def test_a_link_is_not_used_up_by_looking_at_it(service: str, installation: Settings, key: str) -> None:
    token = new_token(installation)
    for _ in range(2):
        page = ask("GET", f"{service}/sign-in?{urlencode({'token': token, 'next': '/crawl?x=1'})}").text
        assert "Sign in to this browser" in page
        assert 'value="/crawl?x=1"' in page
        assert 'name="key"' not in page
    form = urlencode({"token": token, "next": "/crawl?x=1"}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    used = ask("POST", f"{service}/sign-in", raw=form, headers=headers)
    assert (used.status, used.headers["location"], "set-cookie" in used.headers) == (303, "/crawl?x=1", True)
    again = ask("POST", f"{service}/sign-in", raw=form, headers=headers)
    assert again.headers["location"] == f"/sign-in?{urlencode({'failed': 'link', 'next': '/crawl?x=1'})}"


@pytest.mark.parametrize(
    ("failed", "words"), [("link", "was used already or has expired"), ("key", "mistyped, expired or revoked")]
)
def test_failures_are_told_in_words(service: str, failed: str, words: str) -> None:
    page = ask("GET", f"{service}/sign-in?failed={failed}").text
    assert (words in page, 'role="alert"' in page, 'name="key"' in page) == (True, True, True)


def test_an_unknown_failure_or_a_long_token_is_refused(service: str) -> None:
    for query in ("failed=other", f"token={'x' * 201}"):
        assert ask("GET", f"{service}/sign-in?{query}", headers={"Accept": "text/html"}).status == 422


@pytest.mark.parametrize(
    ("wanted", "target"), [("/crawl", "/crawl"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\e", "/")]
)
def test_whoever_is_signed_in_goes_on_within_this_site(service: str, key: str, wanted: str, target: str) -> None:
    session = sign_in(service, key)
    answer = ask("GET", f"{service}/sign-in?{urlencode({'next': wanted})}", headers=session)
    assert (answer.status, answer.headers["location"]) == (303, target)
    assert f'name="next" value="{target}"' in ask("GET", f"{service}/sign-in?{urlencode({'next': wanted})}").text


def test_signing_in_and_out_by_hand(service: str, key: str) -> None:
    with chromium() as browser, visiting(browser, service, viewport=PHONE) as page:
        page.goto("/settings")
        assert page.url == f"{service}/sign-in?next=%2Fsettings"
        assert (grave_faults(page), overflow(page)) == ([], 0)
        page.keyboard.type("bh_live_wrong")
        page.keyboard.press("Enter")
        page.get_by_role("alert").wait_for()
        page.get_by_label("Key", exact=True).fill(key)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{service}/settings")
        page.get_by_role("button", name="Sign out").first.click()
        page.wait_for_url(f"{service}/sign-in")
