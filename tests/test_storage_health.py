"""How sites and crawls stand: state, health and reason, filters, pages, the way from a seed; on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from bloghound.records import Outcome, SiteHealth
from storage import crawls, frontier, health, jobs, results, sites, workspaces
from storage.database import Database
from storage.results import PageResult
from storage.sites import NewSite

NOW = datetime(2026, 5, 1, tzinfo=UTC)
KEYS = ("blocked.example", "idle.example", "waiting.example", "work.example")


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


def begin(connection: Connection, *keys: str) -> tuple[int, dict[str, int]]:
    run = crawls.begin(connection, "crawl", {"seeds": sorted(keys)}, now=NOW)
    ids = sites.ensure(connection, [NewSite(key, f"https://{key}/") for key in keys], now=NOW)
    return run.crawl_id, ids


@pytest.fixture
def crawl_id(connection: Connection) -> int:
    """A crawl of four sites: one blocked, one only known, one waiting, one in work."""
    made, ids = begin(connection, *KEYS)
    found = {ids[key]: NewSite(key, f"https://{key}/") for key in KEYS if key != "idle.example"}
    frontier.admit(connection, made, found, now=NOW)
    leased = frontier.lease(connection, "w", crawl_ids=[made], now=NOW, seconds=60, limit=1)
    frontier.end_visit(
        connection,
        leased[0],
        now=NOW,
        again_at=None,
        health=SiteHealth.BLOCKED,
        reason="403 for every page",
    )
    sites.set_facts(connection, ids["work.example"], {"lease_owner": "w", "lease_expires_at": NOW + timedelta(1)})
    return made


def listed(connection: Connection, **wanted: object) -> list[str]:
    rows = health.sites_by_key(connection, now=NOW, limit=9, **wanted)  # type: ignore[arg-type]
    return [row.key for row in rows]


def test_every_site_says_where_it_stands_and_why(connection: Connection, crawl_id: int) -> None:
    rows = health.sites_by_key(connection, now=NOW, limit=9)
    assert [(row.key, row.state, row.health, row.reason) for row in rows] == [
        ("blocked.example", "done", "blocked", "403 for every page"),
        ("idle.example", "known", None, ""),
        ("waiting.example", "waiting", None, ""),
        ("work.example", "in_work", None, ""),
    ]


def test_a_lease_that_ran_out_is_no_work(connection: Connection, crawl_id: int) -> None:
    rows = health.sites_by_key(connection, now=NOW + timedelta(2), states=["in_work"], limit=9)
    assert rows == []


@pytest.mark.parametrize(
    ("wanted", "keys"),
    [
        ({"healths": ["blocked"]}, ["blocked.example"]),
        ({"states": ["waiting", "known"]}, ["idle.example", "waiting.example"]),
        ({"text": "WORK"}, ["work.example"]),
        ({"text": "%"}, []),
        ({"after_key": "idle.example"}, ["waiting.example", "work.example"]),
    ],
)
def test_filters(connection: Connection, crawl_id: int, wanted: dict[str, object], keys: list[str]) -> None:
    assert listed(connection, **wanted) == keys


def test_a_crawl_lists_its_own_sites_and_counts_them(connection: Connection, crawl_id: int) -> None:
    assert listed(connection, crawl_id=crawl_id) == ["blocked.example", "waiting.example", "work.example"]
    counted = health.states_by_crawl(connection, [crawl_id], now=NOW)
    assert counted == {crawl_id: {"blocked": 1, "waiting": 1, "in_work": 1}}


def test_pages_and_posts_are_counted(connection: Connection, crawl_id: int) -> None:
    site_id = sites.ids_by_key(connection, ["waiting.example"])["waiting.example"]
    page = PageResult(crawl_id, site_id, "https://waiting.example/", Outcome.LISTING, NOW, "live")
    results.record(connection, [page], secret_key=b"k" * 32, now=NOW)
    (row,) = health.sites_by_key(connection, now=NOW, text="waiting", limit=1)
    assert (row.pages, row.posts) == (1, 0)


def test_the_way_leads_back_to_the_seed(connection: Connection) -> None:
    _, ids = begin(connection, "seed.example")
    for key, found_from in (("middle.example", "seed.example"), ("far.example", "middle.example")):
        found = NewSite(
            key, f"https://{key}/", found_from_url=f"https://{found_from}/post", found_from_site_id=ids[found_from]
        )
        ids |= sites.ensure(connection, [found], now=NOW)
    (far,) = health.sites_by_key(connection, now=NOW, text="far", limit=1)
    steps = health.path_to(connection, far.public_id)
    assert [(step.key, step.found_from_url) for step in steps] == [
        ("seed.example", None),
        ("middle.example", "https://seed.example/post"),
        ("far.example", "https://middle.example/post"),
    ]


def test_a_circle_has_an_end(connection: Connection) -> None:
    _, ids = begin(connection, "a.example", "b.example")
    sites.set_facts(connection, ids["a.example"], {"found_from_site_id": ids["b.example"]})
    sites.set_facts(connection, ids["b.example"], {"found_from_site_id": ids["a.example"]})
    (row,) = health.sites_by_key(connection, now=NOW, text="a.example", limit=1)
    assert [step.key for step in health.path_to(connection, row.public_id)] == ["b.example", "a.example"]


def test_a_workspace_sees_its_crawls_and_those_of_the_command_line(connection: Connection) -> None:
    ours, theirs = (workspaces.ensure(connection, name, now=NOW).workspace_id for name in ("default", "other"))
    made = {}
    for owner in (ours, theirs, None):
        made[owner] = crawls.begin(connection, "crawl", {"owner": owner}, now=NOW)
        if owner is not None:
            jobs.submit(connection, "crawl", workspace_id=owner, crawl_id=made[owner].crawl_id, now=NOW)
    rows = crawls.newest_first(connection, workspace_id=ours, now=NOW, limit=9)
    assert [row.public_id for row in rows] == [made[None].public_id, made[ours].public_id]
    assert [row.job_state for row in rows] == [None, "queued"]
    assert crawls.visible(connection, made[theirs].public_id, workspace_id=ours, now=NOW) is None


def test_a_crawls_pages_are_counted_by_outcome_and_by_the_minute(connection: Connection, crawl_id: int) -> None:
    site_id = sites.ids_by_key(connection, ["waiting.example"])["waiting.example"]
    for number, minutes in enumerate((5, 0, 0)):
        url = f"https://waiting.example/{number}"
        page = PageResult(crawl_id, site_id, url, Outcome.PAGE, NOW - timedelta(minutes=minutes), "live")
        results.record(connection, [page], secret_key=b"k" * 32, now=NOW)
    room = workspaces.ensure(connection, "default", now=NOW).workspace_id
    (row,) = crawls.newest_first(connection, workspace_id=room, now=NOW, limit=9)
    assert (dict(row.outcomes), row.pages_last_minute) == ({"page": 3}, 2)
