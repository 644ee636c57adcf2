"""The queue of sites: places in crawls, leases of sites and of their domains; on SQLite and PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bloghound.records import SiteHealth
from storage import crawls, frontier, jobs, pacing, sites
from storage.database import Database, upgrade
from storage.frontier import LeasedSite, PerDomain
from storage.pacing import Pace
from storage.sites import NewSite

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def begin(connection: Connection, name: str = "a") -> int:
    return crawls.begin(connection, "crawl", {"seeds": [name]}, now=NOW).crawl_id


def queue(connection: Connection, crawl_id: int, *keys: str, depth: int = 0, priority: float = 0.0) -> dict[str, int]:
    found_from = "https://seed.example/" if depth else None
    new = [NewSite(key, f"https://{key}/", depth, found_from, priority=priority) for key in keys]
    ids = sites.ensure(connection, new, now=NOW)
    frontier.admit(connection, crawl_id, {ids[site.key]: site for site in new}, now=NOW)
    return ids


def take(
    connection: Connection,
    *crawl_ids: int,
    owner: str = "a",
    limit: int = 9,
    now: datetime = NOW,
    per_domain: PerDomain | None = None,
) -> list[LeasedSite]:
    return frontier.lease(
        connection, owner, crawl_ids=crawl_ids, now=now, seconds=60, limit=limit, per_domain=per_domain
    )


def keys(leased: list[LeasedSite]) -> list[str]:
    return [site.key for site in leased]


def one(_domain: str) -> int:
    return 1


def end(connection: Connection, site: LeasedSite, again_at: datetime | None = None, now: datetime = NOW) -> None:
    health = SiteHealth.OK if again_at is None else None
    frontier.end_visit(connection, site, now=now, again_at=again_at, health=health)


def test_a_leased_site_is_nobody_elses(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example", "b.example")
        assert keys(take(connection, crawl_id, owner="one", limit=1)) == ["a.example"]
        assert keys(take(connection, crawl_id, owner="two")) == ["b.example"]
        assert take(connection, crawl_id, owner="three") == []


@pytest.mark.parametrize("per_domain", [None, one], ids=["archive", "live"])
def test_workers_at_once_never_share_a_site(database: Database, per_domain: PerDomain | None) -> None:
    names = [f"s{number}.example" for number in range(40)]
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, *names)

    def work(worker: int) -> list[str]:
        taken: list[str] = []
        for _ in range(10):
            with database.transaction() as connection:
                taken += keys(take(connection, crawl_id, owner=f"w{worker}", limit=2, per_domain=per_domain))
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [key for part in pool.map(work, range(4)) for key in part]
    assert sorted(taken) == sorted(names)


def test_an_expired_lease_is_free_again(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example")
        take(connection, crawl_id, owner="one")
        assert take(connection, crawl_id, owner="two", now=NOW + timedelta(seconds=59)) == []
        assert keys(take(connection, crawl_id, owner="two", now=NOW + timedelta(seconds=61))) == ["a.example"]


def test_an_extended_lease_stays(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example")
        take(connection, crawl_id, owner="one", per_domain=one)
        frontier.extend_leases(connection, "one", now=NOW + timedelta(seconds=50), seconds=60)
        assert take(connection, crawl_id, owner="two", now=NOW + timedelta(seconds=100), per_domain=one) == []


def test_a_dead_workers_leases_are_given_back(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example")
        take(connection, crawl_id, owner="dead", per_domain=one)
        assert frontier.lease_owners(connection) == ["dead"]
        frontier.release_all(connection, "dead")
        assert keys(take(connection, crawl_id, owner="alive", per_domain=one)) == ["a.example"]


def test_a_visit_ends_in_the_queue_or_at_rest(database: Database) -> None:
    later = NOW + timedelta(minutes=5)
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example", "b.example")
        first, second = take(connection, crawl_id)
        end(connection, first, again_at=later)
        end(connection, second)
        assert frontier.unfinished(connection, [crawl_id]) == (1, later)
        assert keys(take(connection, crawl_id, now=later)) == ["a.example"]
        assert crawls.site_healths(connection, crawl_id)["ok"] == 1


def test_a_visit_that_outlived_its_lease_does_not_end_anothers(database: Database) -> None:
    late = NOW + timedelta(seconds=61)
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example")
        slow, quick = take(connection, crawl_id, owner="one")[0], take(connection, crawl_id, owner="two", now=late)[0]
        assert not frontier.is_leased(connection, slow)
        for site, unfinished in ((slow, 1), (quick, 0)):
            end(connection, site, now=late)
            assert frontier.unfinished(connection, [crawl_id])[0] == unfinished


def test_two_crawls_may_hold_a_site_and_one_worker_visits_it(database: Database) -> None:
    with database.transaction() as connection:
        ours, theirs = begin(connection, "ours"), begin(connection, "theirs")
        for crawl_id in (ours, theirs):
            site_id = queue(connection, crawl_id, "a.example")["a.example"]
        (site,) = take(connection, ours, theirs)
        assert take(connection, theirs, owner="b") == []
        assert frontier.is_wanted(connection, site_id, besides=ours)
        end(connection, site)
        assert [frontier.unfinished(connection, [crawl_id])[0] for crawl_id in (ours, theirs)] == [0, 1]
        assert [one.crawl_id for one in take(connection, theirs, owner="b")] == [theirs]


def test_a_crawl_that_was_cancelled_or_is_over_wants_no_site(database: Database) -> None:
    with database.transaction() as connection:
        cancelled, over = begin(connection, "cancelled"), begin(connection, "over")
        for crawl_id in (cancelled, over):
            site_id = queue(connection, crawl_id, "a.example")["a.example"]
        job = jobs.submit(connection, "crawl", workspace_id=None, crawl_id=cancelled, now=NOW)
        crawls.finish(connection, over, now=NOW)
        assert frontier.is_wanted(connection, site_id)
        jobs.cancel(connection, job.job_id, now=NOW)
        assert not frontier.is_wanted(connection, site_id)


def test_a_site_that_a_crawl_holds_is_not_admitted_again(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example")
        (site,) = take(connection, crawl_id)
        end(connection, site)
        queue(connection, crawl_id, "a.example")
        assert (frontier.unfinished(connection, [crawl_id])[0], frontier.count_in_crawl(connection, crawl_id)) == (0, 1)


def test_the_best_come_first_and_seeds_before_all(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "poor.example", depth=1, priority=1.0)
        queue(connection, crawl_id, "good.example", depth=2, priority=7.5)
        queue(connection, crawl_id, "seed.example")
        assert keys(take(connection, crawl_id)) == ["seed.example", "good.example", "poor.example"]


def test_the_best_of_several_crawls_come_first(database: Database) -> None:
    with database.transaction() as connection:
        ours, theirs = begin(connection, "ours"), begin(connection, "theirs")
        queue(connection, ours, "third.example", depth=1, priority=1.0)
        queue(connection, theirs, "second.example", depth=1, priority=2.0)
        queue(connection, ours, "first.example", depth=1, priority=3.0)
        assert keys(take(connection, ours, theirs, limit=2)) == ["first.example", "second.example"]


def test_sqlite_reads_the_queue_in_order_without_sorting_it(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'queue.db'}")
    upgrade(database)
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with database.transaction() as connection:
        take(connection, begin(connection), per_domain=one)
        statement, parameters = next(call for call in asked if "ORDER BY crawl_site.priority" in call[0])
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    database.close()
    assert "ix_crawl_site_queue" in str(plan)
    assert "ORDER BY" not in str(plan)


def test_one_worker_at_a_time_asks_a_domain(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example.com", "b.example.com", "other.example")
        mine = take(connection, crawl_id, owner="one", limit=1, per_domain=one)
        theirs = take(connection, crawl_id, owner="two", per_domain=one)
        assert (keys(mine), keys(theirs)) == (["a.example.com"], ["other.example"])
        end(connection, mine[0])
        assert take(connection, crawl_id, owner="two", per_domain=one) == []
        pacing.release(connection, "one", ["example.com"])
        assert keys(take(connection, crawl_id, owner="two", per_domain=one)) == ["b.example.com"]


def test_a_domain_is_not_released_while_a_site_of_it_is_visited(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, "a.example.com", "b.example.com", "c.example.com")
        first, _ = take(connection, crawl_id, owner="one", per_domain=lambda _: 2)
        end(connection, first)
        pacing.release(connection, "one", ["example.com"])
        assert take(connection, crawl_id, owner="two", per_domain=lambda _: 2) == []


def test_ten_thousand_sites_of_one_host_leave_places_for_others(database: Database) -> None:
    with database.transaction() as connection:
        crawl_id = begin(connection)
        queue(connection, crawl_id, *(f"s{number}.example.com" for number in range(200)))
        queue(connection, crawl_id, *(f"own{number}.example" for number in range(5)))
        leased = take(connection, crawl_id, limit=6, per_domain=lambda domain: 2 if domain == "example.com" else 1)
    assert sorted(site.domain for site in leased) == ["example.com"] * 2 + [f"own{n}.example" for n in range(4)]


def test_how_a_host_stands_is_kept_and_forgotten(database: Database) -> None:
    until = NOW + timedelta(hours=1)
    with database.transaction() as connection:
        queue(connection, begin(connection), "a.example")
        pacing.keep(connection, {"a.example": Pace(until, 5), "www.a.example": Pace(None, 0)})
        assert pacing.load(connection, ["a.example", "www.a.example"], now=NOW) == {"a.example": Pace(until, 5)}
        pacing.forget(connection, ["a.example", "www.a.example"])
        assert pacing.load(connection, ["a.example"], now=NOW) == {"a.example": Pace(until, 5)}


def test_the_log_of_old_runs_goes_and_what_they_found_stays(database: Database) -> None:
    with database.transaction() as connection:
        old = crawls.begin(connection, "recrawl", {"of": "may"}, now=NOW).crawl_id
        queue(connection, old, "a.example")
        unfinished = crawls.begin(connection, "recrawl", {"of": "june"}, now=NOW).crawl_id
        crawls.finish(connection, old, now=NOW)
        later = NOW + timedelta(days=1)
        assert crawls.prune(connection, "recrawl", before=NOW, limit=9) == 0
        assert crawls.prune(connection, "recrawl", before=later, limit=9) == 1
        assert crawls.unfinished_ids(connection, "recrawl") == [unfinished]
        assert frontier.count_in_crawl(connection, old) == 0
        assert list(sites.ids_by_key(connection, ["a.example"])) == ["a.example"]
