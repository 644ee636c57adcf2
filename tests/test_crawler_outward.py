"""From the sites that a crawl is done with to the next ones: real rows, real judge, no spider."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from bloghound.jobs.judging import NicheJudge
from bloghound.records import Link, LinkContext, Outcome, ParsedPost, PostSource, SiteHealth
from bloghound.settings import Settings
from crawler.discovery import admit, seed_sites
from crawler.extract.verdict import LINK_FARM
from crawler.ledger import Ledger
from crawler.outward import Outward, Relevance, is_known_elsewhere, relevance_of, site_relevance
from crawler.plan import CrawlPlan
from storage import crawls, frontier, links, results
from storage.database import Database
from storage.merging import ReadPost
from storage.results import PageResult
from storage.suppressions import Suppressions, keyed_hash
from storage.tables.base import utc_now

KEY = b"k" * 32
NOBODY = Suppressions(KEY, ())
ESPRESSO = "The espresso machine wants finer grinding: dial in the grinder, tamp the coffee, watch the extraction. "
BICYCLE = "We pedalled the old railway path, changed a bicycle tube in the rain and trued the rear wheel. "
JUDGE = NicheJudge(("Home espresso: grinding coffee, dialling in the grinder, extraction on a small machine.",))


@pytest.fixture
def plan(settings: Settings, opened: Database) -> CrawlPlan:
    with opened.transaction() as connection:
        run = crawls.begin(connection, "crawl", {}, now=utc_now())
    return CrawlPlan(settings, run.crawl_id, max_sites=20, max_pages_per_site=10, max_depth=2)


def crawl_sites(
    database: Database,
    plan: CrawlPlan,
    sites: Mapping[str, tuple[str, tuple[str, ...]]],
    *,
    roll: tuple[str, ...] = (),
    flags: tuple[str, ...] = (),
    health: SiteHealth = SiteHealth.OK,
) -> None:
    """Crawl sites to their end: each has one post, of some text and with links to further sites, and a blogroll."""
    now = utc_now()
    with database.transaction() as connection:
        admit(connection, plan, seed_sites([f"https://{key}/" for key in sites], NOBODY)[0], now=now)
        leased = frontier.lease(connection, "me", crawl_ids=[plan.crawl_id], now=now, seconds=60, limit=99)
        for site in leased:
            text, targets = sites[site.key]
            found = tuple(Link(f"https://{target}/", LinkContext.CONTENT) for target in targets)
            post = ParsedPost(f"{site.home_url}post", text[:30], text * 5, PostSource.PAGE, links=found)
            page = PageResult(plan.crawl_id, site.site_id, post.url, Outcome.POST, now, "live", posts=(ReadPost(post),))
            results.record(connection, [page], secret_key=KEY, now=now)
            rolled = [(site.site_id, Link(f"https://{target}/", LinkContext.BLOGROLL)) for target in roll]
            links.keep_site_links(connection, rolled, now=now)
            facts = {"flags": list(flags)}
            frontier.end_visit(connection, site, now=now, again_at=None, health=health, facts=facts)


def next_sites(
    database: Database,
    plan: CrawlPlan,
    places: int = 9,
    *,
    suppressed: tuple[str, ...] = (),
    admits: tuple[str, ...] = ("",),
) -> list[str]:
    """The sites that come in, best first."""
    forgotten = Suppressions(KEY, [keyed_hash(KEY, key) for key in suppressed])

    async def fill() -> None:
        ledger = Ledger(database)
        try:
            outward = Outward(plan, ledger, lambda: forgotten, lambda url: any(part in url for part in admits))
            await outward.fill(places)
        finally:
            ledger.close()

    asyncio.run(fill())
    with database.transaction() as connection:
        leased = frontier.lease(connection, "me", crawl_ids=[plan.crawl_id], now=utc_now(), seconds=60, limit=99)
    return [site.key for site in leased]


def test_without_niches_distinct_linkers_decide(opened: Database, plan: CrawlPlan) -> None:
    both = {"a.example": (BICYCLE, ("once.example", "twice.example")), "b.example": (ESPRESSO, ("twice.example",))}
    crawl_sites(opened, plan, both, roll=("rolled.example",))
    # Two blogrolls weigh as much as one link in a text, which was found first.
    assert next_sites(opened, plan) == ["twice.example", "once.example", "rolled.example"]


def test_with_niches_the_linking_posts_decide(opened: Database, plan: CrawlPlan) -> None:
    cyclists = {f"bike{n}.example": (BICYCLE, ("popular.example",)) for n in range(3)}
    crawl_sites(opened, plan, {**cyclists, "cup.example": (ESPRESSO, ("beans.example",))})
    assert next_sites(opened, plan, 1) == ["popular.example"]
    assert next_sites(opened, replace(plan, judge=JUDGE), 1) == ["beans.example"]


def test_a_site_comes_in_by_the_link_that_says_most_for_it(opened: Database, plan: CrawlPlan) -> None:
    both = {"bike.example": (BICYCLE, ("x.example",)), "cup.example": (ESPRESSO, ("x.example",))}
    crawl_sites(opened, plan, both)
    assert next_sites(opened, replace(plan, judge=JUDGE)) == ["x.example"]
    with opened.read() as connection:
        (found,) = [row for row in connection.exec_driver_sql("SELECT * FROM site") if row.key == "x.example"]
    assert (found.found_from_url, found.depth, found.linkers) == ("https://cup.example/post", 1, 2)


def test_two_sites_of_one_owner_are_one_linker(opened: Database, plan: CrawlPlan) -> None:
    owners = {f"{name}.one-owner.co.uk": (BICYCLE, ("pushed.example",)) for name in ("a", "b", "c")}
    friends = {f"{name}.example": (BICYCLE, ("liked.example",)) for name in ("d", "e")}
    crawl_sites(opened, plan, owners | friends)
    assert next_sites(opened, plan) == ["liked.example", "pushed.example"]


def test_bloggers_on_a_shared_host_are_linkers_of_their_own(opened: Database, plan: CrawlPlan) -> None:
    shared = {f"{name}.wordpress.com": (BICYCLE, ("liked.example",)) for name in ("a", "b")}
    crawl_sites(opened, plan, {"first.example": (BICYCLE, ("once.example",)), **shared})
    assert next_sites(opened, plan) == ["liked.example", "once.example"]


def test_platforms_shops_and_what_is_forgotten_never_come_in(opened: Database, plan: CrawlPlan) -> None:
    targets = ("facebook.com", "amazon.de", "medium.com", "gone.example", "elsewhere.test", "good.example")
    crawl_sites(opened, plan, {"a.example": (BICYCLE, targets)})
    assert next_sites(opened, plan, suppressed=("gone.example",), admits=(".example",)) == ["good.example"]


def test_what_a_link_farm_says_comes_last(opened: Database, plan: CrawlPlan) -> None:
    crawl_sites(opened, plan, {"farm.example": (ESPRESSO, ("pushed.example",))}, flags=(LINK_FARM,))
    crawl_sites(opened, plan, {"bike.example": (BICYCLE, ("honest.example",))})
    assert next_sites(opened, replace(plan, judge=JUDGE)) == ["honest.example", "pushed.example"]


def test_what_is_no_blog_leads_nowhere(opened: Database, plan: CrawlPlan) -> None:
    crawl_sites(opened, plan, {"a.example": (BICYCLE, ("x.example",))}, health=SiteHealth.NOT_A_BLOG)
    assert next_sites(opened, plan) == []


def test_nothing_comes_in_beyond_the_depth_and_the_places(opened: Database, plan: CrawlPlan) -> None:
    crawl_sites(opened, plan, {"a.example": (BICYCLE, tuple(f"x{n}.example" for n in range(9)))})
    assert next_sites(opened, replace(plan, max_depth=0)) == []
    assert len(next_sites(opened, replace(plan, max_sites=1 + 4))) == 4


def test_a_later_worker_knows_what_an_earlier_one_found(opened: Database, plan: CrawlPlan) -> None:
    crawl_sites(opened, plan, {"a.example": (BICYCLE, ("x.example", "y.example"))})
    assert next_sites(opened, plan, 1) == ["x.example"]
    # Each call here makes a worker of its own, with nothing in memory.
    assert next_sites(opened, plan) == ["y.example"]
    assert next_sites(opened, plan) == []


def test_how_much_a_site_is_on_topic() -> None:
    assert site_relevance([0.1, 0.9, 0.3, 0.6]) == pytest.approx((0.9 + 0.6 + 0.3) / 3)
    assert site_relevance([]) == 0.0


def test_how_much_a_link_is_on_topic() -> None:
    relevance = Relevance(site=0.4, posts={7: 0.8})
    assert relevance_of(7, relevance) == pytest.approx((0.8 + 0.4) / 2)
    assert relevance_of(8, relevance) == relevance_of(None, relevance) == 0.4
    assert relevance_of(7, None) is None


def test_what_is_known_to_be_no_blog() -> None:
    assert is_known_elsewhere("medium.com")
    assert not is_known_elsewhere("medium.com/@ann")
