"""What stands between the spider and the database: batches that fail in part, places in a crawl, who may come in."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bloghound.errors import StorageError
from bloghound.records import Outcome
from bloghound.settings import Settings
from crawler.discovery import admit, begin_site, moved_site, seed_sites
from crawler.identity.claims import profile_address
from crawler.intake import PRIORITY_HOME
from crawler.ledger import Ledger, Recorder
from crawler.plan import CrawlPlan
from storage import crawls, erasure, frontier, pages, results, sites
from storage.database import Database
from storage.frontier import LeasedSite
from storage.results import PageResult
from storage.suppressions import Suppressions, keyed_hash
from storage.tables.base import utc_now

KEY = b"k" * 32
NOBODY = Suppressions(KEY, ())


@pytest.fixture
def plan(settings: Settings, opened: Database) -> CrawlPlan:
    with opened.transaction() as connection:
        run = crawls.begin(connection, "crawl", {}, now=utc_now())
    return CrawlPlan(settings, run.crawl_id, max_sites=3, max_pages_per_site=10, max_depth=1)


def take_in(database: Database, plan: CrawlPlan, *urls: str) -> list[int]:
    with database.transaction() as connection:
        return admit(connection, plan, seed_sites(urls, NOBODY)[0], now=utc_now())


def leased(database: Database, plan: CrawlPlan) -> list[LeasedSite]:
    with database.transaction() as connection:
        return frontier.lease(connection, "me", crawl_ids=[plan.crawl_id], now=utc_now(), seconds=60, limit=9)


def begin(database: Database, plan: CrawlPlan) -> list[LeasedSite]:
    """Begin the first visit to every site of a crawl."""
    begun = leased(database, plan)
    with database.transaction() as connection:
        for site in begun:
            begin_site(connection, plan, site, now=utc_now())
        frontier.release_all(connection, "me")
    return begun


def result(plan: CrawlPlan, site_id: int, url: str) -> PageResult:
    return PageResult(plan.crawl_id, site_id, url, Outcome.PAGE, utc_now(), "live")


def outcomes(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(text("SELECT url, outcome FROM fetch"))}


def record(database: Database, groups: list[list[PageResult]]) -> Counter[str]:
    """Write groups at once; what the recorder told of them, by outcome."""
    told: Counter[str] = Counter()

    async def run() -> None:
        ledger = Ledger(database)
        recorder = Recorder(ledger, KEY, lambda results, _: told.update(one.outcome.value for one in results))
        try:
            await asyncio.gather(*(recorder.record(group) for group in groups))
        finally:
            ledger.close()

    asyncio.run(run())
    return told


def test_results_of_many_visits_are_written_and_counted(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    groups = [[result(plan, site_id, f"https://one.example/{number}")] for number in range(5)]
    assert record(opened, groups) == {"page": 5}
    assert len(outcomes(opened)) == 5


def test_a_result_that_cannot_be_stored_costs_itself_only(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    good, bad = (result(plan, site_id, f"https://one.example/{name}") for name in ("good", "bad"))
    unstorable = replace(bad, signals={"words": {1, 2}})
    told = record(opened, [[good, unstorable], [replace(good, url="https://one.example/other")]])
    assert told == {"page": 2, "parse_error": 1}
    assert outcomes(opened) == {
        "https://one.example/good": "page",
        "https://one.example/bad": "parse_error",
        "https://one.example/other": "page",
    }


def test_a_database_that_is_gone_is_reported_to_every_visit(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    with opened.transaction() as connection:
        connection.execute(text("DROP TABLE fetch"))
    with pytest.raises(StorageError, match="fetch"):
        record(opened, [[result(plan, site_id, "https://one.example/")]])


def test_whatever_the_database_raises_every_visit_hears_of_it(
    opened: Database, plan: CrawlPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError("no such thing")

    (site_id,) = take_in(opened, plan, "https://one.example/")
    monkeypatch.setattr(results, "record", fail)

    async def within_seconds() -> None:
        ledger = Ledger(opened)
        recorder = Recorder(ledger, KEY)
        try:
            await asyncio.wait_for(recorder.record([result(plan, site_id, "https://one.example/")]), 5)
        finally:
            ledger.close()

    with pytest.raises(LookupError):
        asyncio.run(within_seconds())


def test_a_site_that_is_forgotten_meanwhile_costs_no_other_site_anything(opened: Database, plan: CrawlPlan) -> None:
    one, two = take_in(opened, plan, "https://one.example/", "https://two.example/")
    with opened.transaction() as connection:
        erasure.forget(connection, "one.example", secret_key=KEY, now=utc_now())
    groups = [[result(plan, one, "https://one.example/")], [result(plan, two, "https://two.example/")]]
    with pytest.raises(StorageError):
        record(opened, groups)
    assert outcomes(opened) == {"https://two.example/": "page"}


def test_a_crawl_takes_as_many_sites_as_it_has_places(opened: Database, plan: CrawlPlan) -> None:
    first = take_in(opened, plan, "https://one.example/", "https://two.example/")
    second = take_in(opened, plan, "https://two.example/", "https://three.example/", "https://four.example/")
    assert (len(first), len(second)) == (2, 1)
    assert [site.key for site in leased(opened, plan)] == ["one.example", "two.example", "three.example"]


def test_a_first_visit_begins_with_the_home_page(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/blog/")
    begin(opened, plan)
    with opened.read() as connection:
        due = pages.due(connection, site_id, now=utc_now(), limit=5)
    assert [(page.url, page.kind) for page in due] == [("https://one.example/blog/", "home")]


def test_a_site_that_the_crawl_holds_is_not_asked_again(opened: Database, plan: CrawlPlan) -> None:
    assert take_in(opened, plan, "https://one.example/")
    assert take_in(opened, plan, "https://one.example/") == []


def next_crawl(database: Database, plan: CrawlPlan) -> CrawlPlan:
    with database.transaction() as connection:
        run = crawls.begin(connection, "crawl", {"after": plan.crawl_id}, now=utc_now())
    return replace(plan, crawl_id=run.crawl_id)


def due(database: Database, site_id: int) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(page.url, page.kind) for page in pages.due(connection, site_id, now=utc_now(), limit=9)]


def test_what_a_crawl_had_no_budget_for_waits_for_the_next(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    begin(opened, plan)
    with opened.transaction() as connection:
        pages.enqueue(connection, site_id, [pages.NewPage("https://one.example/post")])
        pages.keep_waiting(connection, site_id)
        assert pages.queue_state(connection, site_id) == (0, None)
    again = next_crawl(opened, plan)
    take_in(opened, again, "https://one.example/")
    begin(opened, again)
    assert due(opened, site_id) == [("https://one.example/", "home"), ("https://one.example/post", "")]


def test_no_more_waits_than_a_few_crawls_could_fetch(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    begin(opened, plan)
    many = [pages.NewPage(f"https://one.example/{number}") for number in range(pages.MAX_WAITING_PAGES + 5)]
    with opened.transaction() as connection:
        pages.enqueue(connection, site_id, many)
        pages.keep_waiting(connection, site_id)
    with opened.read() as connection:
        count, best = connection.execute(text("SELECT count(*), max(priority) FROM page")).one()
    assert (count, best) == (pages.MAX_WAITING_PAGES, PRIORITY_HOME)


def test_a_known_site_begins_where_the_new_seed_says(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    begin(opened, plan)
    with opened.transaction() as connection:
        pages.keep_waiting(connection, site_id)
        pages.enqueue(connection, site_id, [pages.NewPage("https://one.example/blog/")])
    again = next_crawl(opened, plan)
    take_in(opened, again, "https://one.example/blog/")
    assert [(site.home_url, site.depth) for site in begin(opened, again)] == [("https://one.example/blog/", 0)]
    assert due(opened, site_id) == [("https://one.example/blog/", "home"), ("https://one.example/", "listing")]


def test_whoever_was_forgotten_a_moment_ago_is_not_made_known_again(opened: Database, plan: CrawlPlan) -> None:
    with opened.transaction() as connection:
        secret_key = plan.settings.secret_key()
        erasure.forget(connection, "gone.example", secret_key=secret_key, now=utc_now())
    (admitted,) = take_in(opened, plan, "https://gone.example/", "https://there.example/")
    with opened.read() as connection:
        known = sites.ids_by_key(connection, ["gone.example", "there.example"])
    assert known == {"there.example": admitted}


def test_a_re_crawl_brings_in_no_site_that_has_a_time_of_its_own(opened: Database, plan: CrawlPlan) -> None:
    (known,) = take_in(opened, plan, "https://known.example/")
    with opened.transaction() as connection:
        sites.set_facts(connection, known, {"next_due_at": utc_now() + timedelta(days=7)})
        run = crawls.begin(connection, "recrawl", {}, now=utc_now())
    again = replace(plan, crawl_id=run.crawl_id, is_recrawl=True)
    (new,) = take_in(opened, again, "https://known.example/", "https://new.example/")
    assert new != known


def test_suppressed_seeds_are_named_and_kept_out() -> None:
    suppressed = Suppressions(KEY, [keyed_hash(KEY, "two.example")])
    wanted, refused = seed_sites(["https://one.example/", "https://two.example/post"], suppressed)
    assert ([site.key for site in wanted], refused) == (["one.example"], ["https://two.example/post"])


def test_a_profile_has_one_address_however_it_is_written() -> None:
    assert profile_address("https://social.example/users/ann") == "https://social.example/@ann"
    assert profile_address("https://blog.example/users") == "https://blog.example/users"


def test_a_moved_site_keeps_its_depth_and_the_way_it_was_found(opened: Database, plan: CrawlPlan) -> None:
    take_in(opened, plan, "https://one.example/")
    (site,) = leased(opened, plan)
    moved = moved_site(replace(site, depth=1), "https://new.example/blog/")
    assert (moved.key, moved.home_url, moved.depth) == ("new.example", "https://new.example/blog/", 1)
    assert (moved.found_from_url, moved.found_from_site_id) == ("https://one.example/", site.site_id)


def test_a_crawl_from_archives_says_so(plan: CrawlPlan) -> None:
    assert (plan.origin, replace(plan, archives=(str(Path("a.warc.gz")),)).origin) == ("live", "archive")


def test_what_another_crawl_has_fetched_meanwhile_is_not_asked_again(opened: Database, plan: CrawlPlan) -> None:
    (site_id,) = take_in(opened, plan, "https://one.example/")
    at_once = next_crawl(opened, plan)
    take_in(opened, at_once, "https://one.example/")
    begin(opened, plan)
    record(opened, [[replace(result(plan, site_id, "https://one.example/"), kind="home")]])
    begin(opened, at_once)
    assert due(opened, site_id) == []
