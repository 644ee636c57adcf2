"""What pages state for contact: stored with its source, replaced when the page says otherwise, gone with its site."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bloghound.cli import run
from bloghound.jobs.contacts import forget_contacts
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.importing import run_import, run_reparse
from bloghound.records import Outcome, Statement, StatementKind
from bloghound.settings import Settings
from crawler.archive.writer import Exchange, WarcWriter
from crawler.extract.reservations import TdmRule
from crawler.settle import settle_site
from storage import (
    access,
    carrying,
    crawls,
    erasure,
    idempotency,
    identity,
    results,
    sites,
    statements,
    suppressions,
    workspaces,
)
from storage.database import Database, open_database
from storage.idempotency import KeptAnswer
from storage.results import PageResult
from storage.sites import NewSite
from storage.statements import REFUSALS, WAYS, StoredStatement
from storage.tables.base import public_id

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SECRET = b"k" * 32
KIND = StatementKind
CONTACT, ABOUT = "https://tea.example/contact", "https://tea.example/about"


class Store:
    """Two sites in a database, and what their pages state."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        self.ids = sites.ensure(
            connection, [NewSite(key, f"https://{key}/") for key in ("tea.example", "cup.example")], now=NOW
        )

    def read(
        self,
        url: str,
        *said: tuple[KIND, str],
        now: datetime = NOW,
        outcome: Outcome = Outcome.PAGE,
        collected: bool = True,
        origin: str = "live",
    ) -> None:
        key = "cup.example" if "cup.example" in url else "tea.example"
        found = tuple(Statement(kind, value, f"words of {kind}", url) for kind, value in said)
        page = PageResult(self.crawl_id, self.ids[key], url, outcome, now, origin)
        given = found if collected else None
        results.record(
            self.connection,
            [PageResult(**{name: getattr(page, name) for name in page.__slots__} | {"statements": given})],
            secret_key=SECRET,
            now=now,
        )

    def stored(self) -> list[StoredStatement]:
        return statements.of_sites(self.connection, list(self.ids.values()))

    def said(self) -> list[tuple[KIND, str]]:
        return [(one.kind, one.value) for one in self.stored()]


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    with database.transaction() as connection:
        yield Store(connection)


def test_a_statement_is_stored_with_its_words_source_and_time(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    expected = StoredStatement(KIND.EMAIL, "ann@tea.example", "words of email", CONTACT, NOW, "tea.example")
    assert store.stored() == [expected]


def test_reading_a_page_again_changes_the_time_alone(store: Store) -> None:
    for now in (NOW, LATER):
        store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"), now=now)
    assert [one.observed_at for one in store.stored()] == [LATER]


def test_what_a_page_no_longer_says_goes_and_what_another_says_stays(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "old@tea.example"), (KIND.NO_PITCHES, ""))
    store.read(ABOUT, (KIND.EMAIL, "ann@tea.example"))
    store.read(CONTACT, (KIND.EMAIL, "new@tea.example"), now=LATER)
    assert store.said() == [(KIND.EMAIL, "ann@tea.example"), (KIND.EMAIL, "new@tea.example")]


def test_what_every_page_says_stays_the_first_pages(store: Store) -> None:
    for url in (ABOUT, CONTACT):
        store.read(url, (KIND.EMAIL, "ann@tea.example"))
    assert [one.source_url for one in store.stored()] == [ABOUT]
    store.read(CONTACT, outcome=Outcome.NOT_FOUND)
    assert store.said() == [(KIND.EMAIL, "ann@tea.example")]
    store.read(f"{ABOUT}/", (KIND.EMAIL, "ann@tea.example"), now=LATER)
    assert [(one.source_url, one.observed_at) for one in store.stored()] == [(f"{ABOUT}/", LATER)]


@pytest.mark.parametrize(
    "outcome", [Outcome.NOT_FOUND, Outcome.REDIRECT, Outcome.OTHER_SITE, Outcome.NOINDEX, Outcome.RESERVED]
)
@pytest.mark.parametrize("collected", [True, False])
def test_a_page_that_is_gone_or_reserved_states_nothing_any_more(
    store: Store, outcome: Outcome, collected: bool
) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read(CONTACT, outcome=outcome, collected=collected)
    assert store.said() == []


def test_an_address_that_leads_to_the_pages_other_form_takes_nothing(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read(CONTACT.replace("https", "http"), outcome=Outcome.REDIRECT, now=LATER)
    assert store.said() == [(KIND.EMAIL, "ann@tea.example")]


@pytest.mark.parametrize("url", [CONTACT, CONTACT.replace("https", "http"), f"{CONTACT}/"])
@pytest.mark.parametrize("outcome", [Outcome.PAGE, Outcome.NOT_FOUND, Outcome.REDIRECT, Outcome.OTHER_SITE])
def test_an_old_archive_changes_nothing_of_what_a_page_says_today(store: Store, url: str, outcome: Outcome) -> None:
    store.read(CONTACT, (KIND.NO_PITCHES, ""), now=LATER)
    store.read(url, (KIND.EMAIL, "old@tea.example"), (KIND.PR_WELCOME, ""), outcome=outcome, origin="import")
    assert [(one.kind, one.observed_at) for one in store.stored()] == [(KIND.NO_PITCHES, LATER)]


@pytest.mark.parametrize("outcome", [Outcome.PAGE, Outcome.NOT_FOUND, Outcome.NOINDEX])
def test_an_old_archive_does_not_bring_back_what_a_page_took_back(store: Store, outcome: Outcome) -> None:
    store.read(CONTACT, (KIND.EMAIL, "old@tea.example"))
    store.read(CONTACT, outcome=outcome, now=LATER)
    for origin in ("import", "archive"):
        store.read(CONTACT.replace("https", "http"), (KIND.EMAIL, "old@tea.example"), origin=origin)
    assert store.said() == []


def test_a_newer_archive_says_more_than_what_is_stored(store: Store) -> None:
    store.read(CONTACT, (KIND.PR_WELCOME, ""))
    store.read(CONTACT, (KIND.NO_PITCHES, ""), now=LATER, origin="import")
    assert [(one.kind, one.observed_at) for one in store.stored()] == [(KIND.NO_PITCHES, LATER)]


@pytest.mark.parametrize("outcome", [Outcome.NOT_MODIFIED, Outcome.BLOCKED, Outcome.NETWORK_ERROR])
def test_our_own_archive_gives_again_what_was_read_last(store: Store, outcome: Outcome) -> None:
    store.read(CONTACT, collected=False)
    store.read(CONTACT, collected=False, outcome=outcome, now=LATER)
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"), origin="archive")
    assert [(one.value, one.observed_at) for one in store.stored()] == [("ann@tea.example", NOW)]


@pytest.mark.parametrize("outcome", [Outcome.NOT_MODIFIED, Outcome.BLOCKED, Outcome.PAGE])
def test_a_page_that_was_not_read_for_contact_keeps_what_it_said(store: Store, outcome: Outcome) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read(CONTACT, outcome=outcome, collected=False)
    assert store.said() == [(KIND.EMAIL, "ann@tea.example")]


def test_refusals_come_first_then_wishes_then_ways(store: Store) -> None:
    store.read(CONTACT, *((kind, "") for kind in reversed(KIND)))
    kinds = [one.kind for one in store.stored()]
    assert sorted(kinds) == sorted(KIND)
    assert kinds[0] is KIND.NO_PITCHES
    assert set(kinds[: len(REFUSALS)]) == REFUSALS
    assert set(kinds[-len(WAYS) :]) == WAYS


def test_a_blogger_has_the_statements_of_all_sites(store: Store) -> None:
    store.read(CONTACT, (KIND.NO_PITCHES, ""))
    store.read("https://cup.example/contact", (KIND.EMAIL, "ann@cup.example"))
    tea, cup = (public_id("blg", key) for key in ("tea.example", "cup.example"))
    assert statements.reachable(store.connection) == {cup}
    identity.join(
        store.connection, store.ids["tea.example"], store.ids["cup.example"], method="rel-me", evidence={}, now=NOW
    )
    ((blogger, rows),) = statements.of_bloggers(store.connection, [tea, cup, "blg_nobody"]).items()
    assert [(one.kind, one.site_key) for one in rows] == [
        (KIND.NO_PITCHES, "tea.example"),
        (KIND.EMAIL, "cup.example"),
    ]
    assert statements.reachable(store.connection) == {blogger}


def test_where_the_site_reserves_mining_for_a_path_its_pages_state_nothing(store: Store) -> None:
    for url in (CONTACT, ABOUT):
        store.read(url, (KIND.EMAIL, f"{url[-5:]}@tea.example"))
    settle_site(store.connection, store.ids["tea.example"], tdm_rules=[TdmRule("/contact", reserved=True)])
    assert statements.sources(store.connection, store.ids["tea.example"]) == [ABOUT]


def test_an_erasure_takes_a_sites_statements_and_its_addresses_on_other_sites(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read("https://cup.example/contact", (KIND.EMAIL, "ann@tea.example"), (KIND.EMAIL, "bob@cup.example"))
    receipt = erasure.forget(store.connection, "tea.example", secret_key=SECRET, now=NOW)
    assert (receipt.removed["contact_statements"], receipt.removed["mentions"]) == (1, 1)
    assert store.said() == [(KIND.EMAIL, "bob@cup.example")]


NAMED = [
    ("www.tea.example", "ann@tea.example"),
    ("tea.example", "ann@www.tea.example"),
    ("tea.example", "Ann@Tea.Example"),
    ("tea.example/@ann", "ann@tea.example"),
]


@pytest.mark.parametrize(("forgotten", "address"), NAMED)
def test_an_address_goes_with_whoever_it_names(store: Store, forgotten: str, address: str) -> None:
    others = ("ann@mail.tea.example", "bob@steatea.example", "bob@cup.example")
    url = "https://cup.example/contact"
    store.read(url, *((KIND.EMAIL, one) for one in (address, *others)))
    assert carrying.keys_to_erase(store.connection, SECRET) == []
    suppressions.add(store.connection, SECRET, [forgotten], reason="forgotten", now=NOW)
    assert carrying.keys_to_erase(store.connection, SECRET) == [forgotten]
    assert erasure.forget(store.connection, forgotten, secret_key=SECRET, now=NOW).removed["mentions"] == 1
    assert {value for _, value in store.said()} == set(others)


@pytest.mark.parametrize(("forgotten", "address"), [("tea.example", "ann@tea.example"), *NAMED])
def test_an_address_of_a_suppressed_site_is_not_stored(store: Store, forgotten: str, address: str) -> None:
    suppressions.add(store.connection, SECRET, [forgotten], reason="opt-out", now=NOW)
    store.read("https://cup.example/contact", (KIND.EMAIL, address), (KIND.EMAIL, "bob@cup.example"))
    assert store.said() == [(KIND.EMAIL, "bob@cup.example")]


def test_the_twin_with_www_keeps_what_it_says_of_its_own_pages(store: Store) -> None:
    store.read(CONTACT, (KIND.CONTACT_PAGE, CONTACT))
    erasure.forget(store.connection, "www.tea.example", secret_key=SECRET, now=NOW)
    assert store.said() == [(KIND.CONTACT_PAGE, CONTACT)]


def test_a_suppressed_site_states_nothing(store: Store) -> None:
    suppressions.add(store.connection, SECRET, ["tea.example"], reason="opt-out", now=NOW)
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read("https://cup.example/contact", (KIND.EMAIL, "ann@tea.example"), (KIND.EMAIL, "bob@cup.example"))
    assert store.said() == [(KIND.EMAIL, "bob@cup.example")]


def test_everything_can_be_removed_at_once(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"), (KIND.NO_PITCHES, ""))
    assert (statements.drop_all(store.connection), store.said()) == (2, [])


def test_kept_answers_go_with_what_was_collected(settings: Settings) -> None:
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            team = workspaces.ensure(connection, "team", now=NOW).workspace_id
            key = access.add_key(connection, team, name="k", prefix="p", key_hash="h", scopes=["read"], now=NOW)
            idempotency.begin(connection, key.key_id, "once", "r", now=NOW)
            idempotency.keep(connection, key.key_id, "once", KeptAnswer(200, {}, '["no_pitches"]'))
        assert forget_contacts(settings) == 0
        with database.transaction() as connection:
            assert idempotency.begin(connection, key.key_id, "once", "r", now=NOW) is None


def test_a_site_that_has_moved_states_nothing(store: Store) -> None:
    store.read(CONTACT, (KIND.EMAIL, "ann@tea.example"))
    store.read("https://cup.example/contact", (KIND.EMAIL, "bob@cup.example"))
    statements.withdraw(store.connection, store.ids["tea.example"])
    assert store.said() == [(KIND.EMAIL, "bob@cup.example")]


# From archives


ADDRESS = b"ann.of.tea@gmail.com"


def archive(folder: Path) -> Path:
    words = "Tea is a drink of hot water that is poured over leaves, and here are words about it. " * 5
    pages = {
        "https://tea.example/": "<a href=/contact>Contact</a>",
        "https://tea.example/2026/03/01/oolong/": "<article><time datetime=2026-03-01></time>Oolong</article>",
        "https://tea.example/contact": f"<p>Mail me: {ADDRESS.decode()}. No guest posts.</p>",
    }
    writer = WarcWriter(folder)
    for url, body in pages.items():
        html = f"<html lang=en><head><title>Tea</title></head><body>{body}<p>{words}</p></body></html>"
        path, _ = writer.write(Exchange(url, "GET", (), 200, (("Content-Type", "text/html"),), html.encode(), NOW))
    writer.close()
    return path


def files_with(settings: Settings, text: bytes) -> list[Path]:
    return [path for path in settings.data_dir.rglob("*") if path.is_file() and text in path.read_bytes()]


def count(settings: Settings) -> int:
    database = open_database(settings)
    with database.read() as connection:
        found = statements.count(connection)
    database.close()
    return found


def test_archives_are_read_again_for_contacts_once_that_is_turned_on(settings: Settings) -> None:
    path = archive(settings.archive_dir)
    run_import(settings, [path])
    assert count(settings) == 0
    run_reparse(settings.model_copy(update={"collect_contacts": True}))
    assert count(settings) == len([KIND.EMAIL, KIND.CONTACT_PAGE, KIND.NO_GUEST_POSTS])


@pytest.mark.parametrize("whole", [True, False])
def test_nothing_of_an_address_is_left_after_an_erasure(settings: Settings, tmp_path: Path, whole: bool) -> None:
    collecting = settings.model_copy(update={"collect_contacts": True})
    run_import(collecting, [archive(tmp_path / "warc")])
    assert files_with(settings, ADDRESS)
    if whole:
        run_forget(settings, "tea.example")
    else:
        assert forget_contacts(settings) == 3
    database = open_database(settings)
    database.checkpoint()
    database.close()
    assert files_with(settings, ADDRESS) == []


def test_the_command_line_removes_what_was_collected(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_import(settings.model_copy(update={"collect_contacts": True}), [archive(tmp_path / "warc")])
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(settings.data_dir))
    assert run(["forget-contacts"]) == 0
    assert "3 statements removed" in capsys.readouterr().out
    assert count(settings) == 0
