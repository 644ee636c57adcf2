"""What the database holds of a forgotten site: nothing, under whatever name others' rows knew it; on both databases."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bloghound.errors import StorageError
from bloghound.records import Link, LinkContext, Outcome, ParsedPost, PostSource
from storage import (
    access,
    archives,
    crawls,
    erasure,
    idempotency,
    links,
    niches,
    posts,
    results,
    sites,
    suppressions,
    workspaces,
)
from storage import sqlite as storage_sqlite
from storage.database import Database, upgrade
from storage.idempotency import KeptAnswer
from storage.merging import ReadPost
from storage.results import PageResult
from storage.sites import NewSite
from storage.tables import Crawl, Fetch, Post, PostAddress, Site
from storage.tables import Link as LinkRow
from storage.tables.base import public_id, table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
SITE, FETCH, POST = table_of(Site), table_of(Fetch), table_of(Post)
ADDRESS, LINK, CRAWL = table_of(PostAddress), table_of(LinkRow), table_of(Crawl)
GONE, OTHER = "gone.example", "other.example"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


def _forget(connection: Connection, key: str = GONE, **more: Any) -> erasure.Receipt:
    return erasure.forget(connection, key, secret_key=SECRET, now=NOW, **more)


def _know(connection: Connection, *keys: str) -> list[int]:
    found = [NewSite(key, f"https://{key}/") for key in keys]
    ids = sites.ensure(connection, found, now=NOW)
    return [ids[key] for key in keys]


def _page(connection: Connection, site_id: int, url: str, **more: Any) -> PageResult:
    crawl = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
    made = PageResult(crawl, site_id, url, more.pop("outcome", Outcome.POST), NOW, "live", is_page=False)
    return replace(made, **more)


def _record(connection: Connection, *pages: PageResult) -> list[tuple[int, int]]:
    return results.record(connection, pages, secret_key=SECRET, now=NOW)


def _post(url: str, **more: Any) -> ReadPost:
    return ReadPost(ParsedPost(url=url, title="A post", text="Some words.", source=PostSource.FEED, **more))


def _column(connection: Connection, column: Any) -> list[Any]:
    return list(connection.execute(select(column).order_by(column.table.c.id)).scalars())


@pytest.mark.parametrize(
    ("text", "key", "named"),
    [
        ("leads to https://gone.example/", GONE, True),
        ("GONE.example: timed out", GONE, True),
        ("moved to https://gone.example.", GONE, True),
        ("https://begone.example/", GONE, False),
        ("https://old.gone.example/", GONE, False),
        ("https://gone.example.org/", GONE, False),
        ("https://gone.example:8080/", GONE, False),
        ("https://gone.example/@ana", GONE, False),
        ("https://m.example/@ana/1", "m.example/@ana", True),
        ("https://m.example/@anabel", "m.example/@ana", False),
        ("https://m.example/users/ana/statuses/1", "m.example/@ana", True),
        ("http://m.example/api/v1/accounts/lookup?acct=ana", "m.example/@ana", True),
        ("the profile ana@m.example is gone", "m.example/@ana", True),
        ("https://m.example/", "m.example/@ana", False),
    ],
)
def test_a_site_is_named_by_its_whole_key_only(text: str, key: str, named: bool) -> None:
    assert erasure.mentions(text, key) is named


def test_a_site_that_was_only_linked_to_is_forgotten(connection: Connection) -> None:
    (other,) = _know(connection, OTHER)
    links.keep_site_links(connection, [(other, Link(f"https://{GONE}/", LinkContext.BLOGROLL))], now=NOW)
    receipt = _forget(connection)
    assert (receipt.removed["links_in"], _column(connection, LINK.c.id)) == (1, [])
    assert receipt.blogger_public_id == public_id("blg", GONE)


def test_of_a_stranger_nothing_is_removed(connection: Connection) -> None:
    receipt = _forget(connection)
    assert (any(receipt.removed.values()), receipt.blogger_gone) == (False, False)
    assert GONE in suppressions.load(connection, SECRET)


def test_the_index_knows_a_site_by_its_posts_and_by_both_of_its_bloggers(connection: Connection) -> None:
    site, other = _know(connection, GONE, OTHER)
    _record(connection, _page(connection, site, f"https://{GONE}/1", posts=(_post(f"https://{GONE}/1"),)))
    _record(connection, _page(connection, other, f"https://{OTHER}/1", posts=(_post(f"https://{OTHER}/1"),)))
    alone, stored = public_id("blg", GONE), connection.execute(select(POST.c.id).where(POST.c.site_id == site))
    known = erasure.Indexed((alone,), frozenset(stored.scalars()))
    assert (erasure.indexed(connection, GONE), len(known.post_ids)) == (known, 1)
    blogger = connection.execute(select(SITE.c.blogger_id).where(SITE.c.id == other)).scalar_one()
    connection.execute(update(SITE).where(SITE.c.id == site).values(blogger_id=blogger))
    assert erasure.indexed(connection, GONE).public_ids == (public_id("blg", OTHER), alone)
    assert erasure.indexed(connection, "stranger.example") == erasure.Indexed(
        (public_id("blg", "stranger.example"),), frozenset()
    )


def test_posts_whose_text_is_reserved_are_found_among_others(connection: Connection) -> None:
    (site,) = _know(connection, GONE)
    for number in range(3):
        url = f"https://{GONE}/{number}"
        _record(connection, _page(connection, site, url, posts=(replace(_post(url), text_reserved=number == 1),)))
    ids = _column(connection, POST.c.id)
    assert posts.reserved_among(connection, [*ids, 999]) == {ids[1]}
    assert posts.reserved_among(connection, ids[:1]) == set()


def test_what_others_rows_say_of_the_site_is_emptied(connection: Connection) -> None:
    _, other, third = _know(connection, GONE, OTHER, "be" + GONE)
    _record(
        connection,
        _page(connection, other, f"https://{OTHER}/a", reason=f"leads to https://{GONE}/"),
        _page(connection, third, f"https://{OTHER}/b", reason=f"leads to https://be{GONE}/"),
    )
    connection.execute(
        update(SITE).values(health_reason=f"moved to https://{GONE}/x", found_from_url=f"https://{GONE}/")
    )
    receipt = _forget(connection)
    assert _column(connection, FETCH.c.reason) == ["", f"leads to https://be{GONE}/"]
    assert _column(connection, SITE.c.health_reason) == ["", ""]
    assert _column(connection, SITE.c.found_from_url) == [None, None]
    assert receipt.removed["mentions"] == 2 + 2 + 1


def test_its_addresses_under_another_site_go(connection: Connection) -> None:
    (other,) = _know(connection, OTHER)
    read = _post(f"https://{OTHER}/p", addresses=(f"https://{GONE}/p",))
    _record(connection, _page(connection, other, f"https://{GONE}/feed", posts=(read,)))
    _forget(connection)
    assert _column(connection, ADDRESS.c.url) == [f"https://{OTHER}/p"]
    rows = connection.execute(select(FETCH.c.site_id, FETCH.c.url, FETCH.c.outcome)).all()
    assert [tuple(row) for row in rows] == [(None, "", "suppressed")]


def test_a_servers_profiles_keep_what_was_read_through_its_interface(connection: Connection) -> None:
    _, profile = _know(connection, "m.example", "m.example/@ana")
    read = _post("https://m.example/@ana/1", addresses=("https://m.example/users/ana/statuses/1",))
    _record(connection, _page(connection, profile, "https://m.example/api/v1/accounts/7/statuses", posts=(read,)))
    _forget(connection, "m.example")
    assert _column(connection, FETCH.c.site_id) == [profile]
    assert len(_column(connection, ADDRESS.c.url)) == 2


def test_a_site_whose_name_ends_alike_stays_among_the_seeds(connection: Connection) -> None:
    seeds = ["https://be" + GONE + "/", f"https://{GONE}/blog/"]
    crawls.begin(connection, "crawl", {"seeds": seeds}, now=NOW)
    _forget(connection)
    assert _column(connection, CRAWL.c.options) == [{"seeds": seeds[:1]}]


def test_where_answers_lie_that_cannot_be_erased_yet_is_kept_without_a_name(connection: Connection) -> None:
    (gone,) = _know(connection, GONE)
    for file, offset in (("busy.warc.gz", 7), ("done.warc.gz", 9)):
        _record(connection, _page(connection, gone, f"https://{GONE}/", warc_file=file, warc_offset=offset))
    assert archives.places_to_erase(connection, GONE) == {"busy.warc.gz": {7}, "done.warc.gz": {9}}
    _forget(connection, busy_archives=["busy.warc.gz"])
    assert archives.places_to_erase(connection, GONE) == {"busy.warc.gz": {7}}
    archives.move(connection, "busy.warc.gz", {})
    assert archives.places_to_erase(connection, GONE) == {}
    assert connection.execute(select(FETCH.c.url, FETCH.c.site_id)).all() == [("", None)]


def test_results_of_a_suppressed_site_leave_an_entry_without_a_name(connection: Connection) -> None:
    gone, other = _know(connection, GONE, OTHER)
    suppressions.add(connection, SECRET, [GONE], reason="forgotten", now=NOW)
    pages = [
        _page(connection, site, f"https://{key}/p", posts=(_post(f"https://{key}/p"),), reason="as is")
        for site, key in ((gone, GONE), (other, OTHER))
    ]
    assert _record(connection, *pages) == [(0, 0), (1, 0)]
    rows = connection.execute(select(FETCH.c.site_id, FETCH.c.url, FETCH.c.outcome, FETCH.c.reason)).all()
    assert [tuple(row) for row in rows] == [
        (None, "", "suppressed", ""),
        (other, f"https://{OTHER}/p", "post", "as is"),
    ]


def test_links_to_a_suppressed_site_are_not_stored(connection: Connection) -> None:
    (other,) = _know(connection, OTHER)
    suppressions.add(connection, SECRET, [GONE], reason="forgotten", now=NOW)
    content = tuple(Link(f"https://{key}/p", LinkContext.CONTENT) for key in (GONE, "kept.example"))
    roll = tuple(Link(f"https://{key}/", LinkContext.BLOGROLL) for key in (GONE, "roll.example"))
    read = _post(f"https://{OTHER}/p", links=content)
    _record(connection, _page(connection, other, f"https://{OTHER}/p", posts=(read,), site_links=roll))
    assert sorted(_column(connection, LINK.c.target_site_key)) == ["kept.example", "roll.example"]


def test_teams_examples_and_kept_answers_lose_the_site(connection: Connection) -> None:
    _know(connection, GONE)
    team = workspaces.ensure(connection, "team", now=NOW).workspace_id
    fields = {"name": "n", "examples_like": [f"https://{GONE}/", OTHER], "exclude_sites": [GONE]}
    niche = niches.create(connection, team, fields, now=NOW).public_id
    key = access.add_key(connection, team, name="k", prefix="p", key_hash="h", scopes=["read"], now=NOW)
    idempotency.begin(connection, key.key_id, "once", "r", now=NOW)
    idempotency.keep(connection, key.key_id, "once", KeptAnswer(200, {}, GONE))
    _forget(connection)
    kept = niches.get(connection, team, niche)
    assert (kept.examples_like, kept.exclude_sites) == ([OTHER], [])
    assert idempotency.begin(connection, key.key_id, "once", "r", now=NOW) is None


def test_a_copy_of_a_suppressed_sites_post_is_not_stored(connection: Connection) -> None:
    (other,) = _know(connection, OTHER)
    suppressions.add(connection, SECRET, [GONE], reason="forgotten", now=NOW)
    copied = _post(f"https://{OTHER}/copied", addresses=(f"https://{GONE}/copied",))
    own = _post(f"https://{OTHER}/own", addresses=("https://former.example/own",))
    assert _record(connection, _page(connection, other, f"https://{OTHER}/feed", posts=(copied, own))) == [(1, 0)]
    assert _column(connection, POST.c.url) == [f"https://{OTHER}/own"]


def test_a_suppressed_server_takes_no_post_from_its_profiles(connection: Connection) -> None:
    (profile,) = _know(connection, "m.example/@ana")
    suppressions.add(connection, SECRET, ["m.example"], reason="forgotten", now=NOW)
    read = _post("https://m.example/@ana/1", addresses=("https://m.example/users/ana/statuses/1",))
    assert _record(connection, _page(connection, profile, "https://m.example/api", posts=(read,))) == [(1, 0)]


def test_a_checkpoint_that_a_reader_hinders_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_sqlite, "BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "test.sqlite3"
    opened = Database(f"sqlite:///{path}")
    upgrade(opened)
    reader = storage_sqlite.choose_module().connect(str(path), isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM site").fetchone()
    with opened.transaction() as connection:
        _know(connection, GONE)
    with pytest.raises(StorageError, match="still hold their text"):
        opened.checkpoint()
    reader.close()
    opened.checkpoint()
    opened.close()
