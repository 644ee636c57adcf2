"""What sites say of whose they are: kept, replaced, withdrawn, and carried over from older databases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from bloghound.records import ClaimKind, IdentityClaim, IdentityStatement, Link, LinkContext, Outcome
from storage import (
    carrying,
    claims,
    crawls,
    erasure,
    links,
    results,
    suppressions,
)
from storage.database import Database, upgrade
from storage.migrating import run_downgrade
from storage.results import PageResult
from tests.proven_sites import NOW, PROFILE, SECRET, A, B, C, World


@pytest.fixture
def connection(database: Database) -> Any:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def world(connection: Connection) -> World:
    return World(connection)


# Claims


def _say(world: World, key: str, *urls: str, place: str = "", at: datetime = NOW) -> None:
    found = tuple(IdentityClaim(ClaimKind.REL_ME, url) for url in urls)
    claims.keep(world.connection, [(world.ids[key], IdentityStatement(place, f"https://{key}", found), at)])


def test_what_a_page_says_takes_the_place_of_what_it_said(world: World) -> None:
    _say(world, A, "https://b.example/", "https://c.example/")
    _say(world, A, "https://m.example/@ann", place="a.example/about")
    _say(world, A, "https://c.example/", at=NOW + timedelta(hours=1))
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://m.example/@ann", "https://c.example/"]


def test_what_was_read_earlier_changes_nothing(world: World) -> None:
    _say(world, A, "https://b.example/")
    _say(world, A, at=NOW - timedelta(hours=1))
    _say(world, A, "https://c.example/", at=NOW - timedelta(hours=1))
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


def test_what_is_no_address_is_left_out(world: World) -> None:
    _say(world, A, "https://[bad/", "https://b.example/")
    assert [claim.target_site_key for claim in claims.of_sites(world.connection, [world.ids[A]])] == [B]


def test_forgetting_a_site_takes_its_proofs_and_what_others_say_of_it(world: World) -> None:
    _say(world, A, "https://b.example/")
    world.join(A, B)
    world.join(B, C)
    erasure.forget(world.connection, B, secret_key=SECRET, now=NOW)
    assert claims.of_sites(world.connection, list(world.ids.values())) == []
    assert world.proofs() == []
    assert world.bloggers() == {A: [A], C: [C], PROFILE: [PROFILE]}


def test_who_asked_to_be_left_out_is_named_by_nobody_and_forgotten_where_they_were(world: World) -> None:
    urls = ("https://b.example/", "https://x.com/Ann", "https://x.com/bo", "https://c.example/")
    _say(world, A, *urls)
    for key in (B, "x.com/ann"):
        erasure.forget(world.connection, key, secret_key=SECRET, now=NOW)
    left = ["https://x.com/bo", "https://c.example/"]
    assert claims.named_urls(world.connection, world.ids[A]) == left
    said = IdentityStatement("", "https://a.example", tuple(IdentityClaim(ClaimKind.REL_ME, url) for url in urls))
    page = PageResult(1, world.ids[A], "https://a.example/", Outcome.PAGE, NOW, "live", identity=said)
    crawls.begin(world.connection, "crawl", {}, now=NOW)
    results.record(world.connection, [page], secret_key=SECRET, now=NOW)
    assert claims.named_urls(world.connection, world.ids[A]) == left


@pytest.mark.parametrize(
    ("url", "key"), [("https://www.b.example/about", "www.b.example"), ("https://x.com/Ann", "x.com/ann")]
)
def test_a_restored_database_that_names_somebody_forgotten_is_known_by_its_claims(
    world: World, url: str, key: str
) -> None:
    _say(world, A, url)
    assert carrying.keys_to_erase(world.connection, SECRET) == []
    suppressions.add(world.connection, SECRET, [key], reason=suppressions.FORGOTTEN, now=NOW)
    assert carrying.keys_to_erase(world.connection, SECRET) == [key]


def _record(
    world: World, *answers: tuple[str, Outcome], kind: str = "", origin: str = "live", reason: str = ""
) -> None:
    """Enter what came of addresses of the first site, in one round; what was read says what was said of it before."""
    crawl_id = crawls.begin(world.connection, "crawl", {}, now=NOW).crawl_id
    found = [
        PageResult(crawl_id, world.ids[A], f"https://a.example/{path}", outcome, NOW, origin, kind=kind, reason=reason)
        for path, outcome in answers
    ]
    results.record(world.connection, found, secret_key=SECRET, now=NOW)


SAYS_NOTHING = (Outcome.NOT_FOUND, Outcome.OTHER_SITE, Outcome.NOINDEX)
NOT_HEARD = (Outcome.NETWORK_ERROR, Outcome.HTTP_ERROR, Outcome.NOT_MODIFIED, Outcome.BLOCKED, Outcome.PARSE_ERROR)


@pytest.mark.parametrize("outcome", [*SAYS_NOTHING, *NOT_HEARD])
@pytest.mark.parametrize(("kind", "path", "place"), [("home", "", ""), ("", "about", "a.example/about")])
def test_a_page_that_is_not_there_says_nothing_and_one_that_was_not_read_says_what_it_said(
    world: World, outcome: Outcome, kind: str, path: str, place: str
) -> None:
    _say(world, A, "https://b.example/", place=place)
    _record(world, (path, outcome), kind=kind)
    left = [] if outcome in SAYS_NOTHING else ["https://b.example/"]
    assert claims.named_urls(world.connection, world.ids[A]) == left


def test_only_the_page_that_is_not_there_says_nothing(world: World) -> None:
    _say(world, A, "https://b.example/")
    _record(world, ("about", Outcome.NOT_FOUND), ("", Outcome.PAGE))
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


@pytest.mark.parametrize(
    ("end", "left"),
    [
        (Outcome.PAGE, []),
        (Outcome.OTHER_SITE, []),
        (Outcome.NOT_FOUND, []),
        (Outcome.NETWORK_ERROR, ["https://b.example/"]),
    ],
)
@pytest.mark.parametrize("hops", [("about",), ("about", "about/")])
def test_an_about_page_that_leads_elsewhere_says_nothing_once_that_was_heard(
    world: World, hops: Sequence[str], end: Outcome, left: list[str]
) -> None:
    _say(world, A, "https://b.example/", place="a.example/about")
    _record(world, *((hop, Outcome.REDIRECT) for hop in hops), ("shop", end))
    assert claims.named_urls(world.connection, world.ids[A]) == left


def test_an_about_page_that_leads_to_one_read_before_says_nothing(world: World) -> None:
    _say(world, A, "https://b.example/", place="a.example/about")
    _record(world, ("about", Outcome.REDIRECT), reason="leads to a page that was fetched before")
    assert claims.named_urls(world.connection, world.ids[A]) == []


@pytest.mark.parametrize(("kind", "place"), [("home", ""), ("", "a.example/about")])
@pytest.mark.parametrize("end", [Outcome.PAGE, Outcome.NETWORK_ERROR, Outcome.BLOCKED])
def test_what_a_page_leads_to_under_another_form_of_its_address_speaks_for_it(
    world: World, kind: str, place: str, end: Outcome
) -> None:
    _say(world, A, "https://b.example/", place=place)
    urls = ("http://a.example/about", "https://a.example/about/")
    said = IdentityStatement(place, urls[1], (IdentityClaim(ClaimKind.REL_ME, "https://b.example/"),))
    crawls.begin(world.connection, "crawl", {}, now=NOW)
    found = [
        PageResult(1, world.ids[A], urls[0], Outcome.REDIRECT, NOW, "live", kind=kind),
        PageResult(
            1, world.ids[A], urls[1], end, NOW, "live", kind=kind, identity=said if end is Outcome.PAGE else None
        ),
    ]
    results.record(world.connection, found, secret_key=SECRET, now=NOW)
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


def test_a_home_page_that_leads_to_one_read_before_ends_nothing(world: World) -> None:
    _say(world, A, "https://b.example/")
    _record(world, ("", Outcome.REDIRECT), kind="home", reason="leads to a page that was fetched before")
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


@pytest.mark.parametrize("outcome", [Outcome.NOT_FOUND, Outcome.REDIRECT])
def test_an_import_ends_nothing(world: World, outcome: Outcome) -> None:
    _say(world, A, "https://b.example/", place="a.example/about")
    _record(world, ("about", outcome), origin="import")
    assert claims.named_urls(world.connection, world.ids[A]) == ["https://b.example/"]


# An older database


PAGES = {"": "home", "about": "page", "nl/over-mij.html": "page", "2026/05/about": "post", "tea": "post"}


@pytest.fixture
def carried(database: Database) -> Database:
    """A database of before claims: a blog joined to a profile, and ``rel=me`` links that nobody answered."""
    with database.transaction() as opened:
        world = World(opened)
        world.join(A, PROFILE)
        world.join(A, C)
        world.take_back(A, C)
        found = [
            (world.ids[A], Link(url, LinkContext.BOILERPLATE, ("me",)))
            for url in ("https://x.com/b", "https://b.example/")
        ]
        links.keep_site_links(opened, found, now=NOW)
        crawls.begin(opened, "crawl", {}, now=NOW)
        for path, kind in PAGES.items():
            page = PageResult(1, world.ids[A], f"https://a.example/{path}", Outcome.PAGE, NOW, "live", kind=kind)
            validated = replace(page, etag='"x"', last_modified="Fri, 01 May 2026 00:00:00 GMT")
            results.record(opened, [validated], secret_key=SECRET, now=NOW)
    run_downgrade(database, "0005")
    upgrade(database)
    return database


def test_of_an_older_database_only_what_its_joins_rest_on_is_taken_for_said(carried: Database) -> None:
    with carried.read() as opened:
        said = opened.execute(text("SELECT site_id, place, target_site_key FROM site_claim ORDER BY id")).all()
    assert {tuple(row) for row in said} == {
        (1, "", PROFILE),
        (1, "a.example/about", PROFILE),
        (1, "a.example/nl/over-mij.html", PROFILE),
        (4, "", A),
    }


def test_pages_that_speak_for_a_site_are_read_again_and_the_others_asked_whether_they_changed(
    carried: Database,
) -> None:
    with carried.read() as opened:
        kept = opened.execute(text("SELECT url FROM page WHERE etag IS NOT NULL AND last_modified IS NOT NULL"))
        assert [url for (url,) in kept] == ["https://a.example/tea"]


def test_a_join_of_an_older_database_stands_until_all_pages_that_may_say_so_were_read(carried: Database) -> None:
    with carried.transaction() as opened:
        for place in ("", "a.example/about", "a.example/nl/over-mij.html"):
            assert claims.named_urls(opened, 1) == ["https://m.example/@ann"]
            claims.keep(opened, [(1, IdentityStatement(place, "https://a.example/"), NOW)])
        assert claims.named_urls(opened, 1) == []
