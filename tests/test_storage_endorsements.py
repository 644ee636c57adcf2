"""Who links to whom, as discovery reads it."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bloghound.records import Link, LinkContext, Outcome, ParsedPost, PostSource, SiteHealth
from storage import crawls, endorsements, frontier, links, results, sites
from storage.database import Database
from storage.merging import ReadPost
from storage.results import PageResult
from storage.sites import NewSite
from storage.tables.base import public_id, utc_now

NOW = utc_now()
KEY = b"k" * 32


class Crawl:
    """A crawl with two seeds and a site that one of them led to; the last one failed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        new = [NewSite(f"{name}.one.co.uk", f"https://{name}.one.co.uk/") for name in ("a", "b")]
        new.append(NewSite("c.example", "https://c.example/", depth=1, found_from_url="https://x/", priority=0.7))
        self.ids = sites.ensure(connection, new, now=NOW)
        frontier.admit(connection, self.id, {self.ids[site.key]: site for site in new}, now=NOW)
        for site in frontier.lease(connection, "me", crawl_ids=[self.id], now=NOW, seconds=60, limit=9):
            health = SiteHealth.FAILED if site.key == "c.example" else SiteHealth.OK
            frontier.end_visit(connection, site, now=NOW, again_at=None, health=health)

    def post(self, key: str, day: int, target: str, *, state: str = "live") -> None:
        link = Link(target, LinkContext.CONTENT, rel=("noopener",), anchor="look")
        url = f"https://{key}/{day}"
        when = NOW - timedelta(days=day)
        post = ParsedPost(url, f"Day {day}", f"words of {day} " * 20, PostSource.PAGE, published=when, links=(link,))
        read = (ReadPost(post, state=state),)
        page = PageResult(self.id, self.ids[key], url, Outcome.POST, NOW, "live", posts=read)
        results.record(self.connection, [page], secret_key=KEY, now=NOW)


def test_sites_that_ended_well_are_sources(database: Database) -> None:
    with database.transaction() as connection:
        crawl = Crawl(connection)
        ended = endorsements.ended_sites(connection, crawl.id)
        late = endorsements.ended_sites(connection, crawl.id, since=NOW + timedelta(seconds=1))
    assert [(site.key, site.domain, site.depth) for site in ended] == [
        ("a.one.co.uk", "one.co.uk", 0),
        ("b.one.co.uk", "one.co.uk", 0),
    ]
    assert late == []


def test_links_of_live_posts_and_blogrolls_speak(database: Database) -> None:
    with database.transaction() as connection:
        crawl = Crawl(connection)
        crawl.post("a.one.co.uk", 1, "https://liked.example/x")
        crawl.post("a.one.co.uk", 2, "https://maybe.example/x", state="candidate")
        found = [
            (crawl.ids["a.one.co.uk"], Link("https://rolled.example/", LinkContext.BLOGROLL)),
            (crawl.ids["a.one.co.uk"], Link("https://footer.example/", LinkContext.BOILERPLATE)),
        ]
        links.keep_site_links(connection, found, now=NOW)
        out = endorsements.links_out_of(connection, list(crawl.ids.values()))
        (inward,) = endorsements.links_to(connection, "liked.example", limit=9)
    assert {(link.target_key, link.context, link.page_url) for link in out} == {
        ("liked.example", LinkContext.CONTENT, "https://a.one.co.uk/1"),
        ("rolled.example", LinkContext.BLOGROLL, "https://a.one.co.uk/"),
    }
    assert (inward.link.anchor, inward.link.rel, inward.source.key) == ("look", ("noopener",), "a.one.co.uk")


def test_posts_are_read_as_far_as_needed_newest_first(database: Database) -> None:
    with database.transaction() as connection:
        crawl = Crawl(connection)
        for day in (3, 1, 2):
            crawl.post("a.one.co.uk", day, "https://liked.example/x")
        newest = endorsements.newest_posts(connection, crawl.ids["a.one.co.uk"], limit=2)
        texts = endorsements.texts_of(connection, newest)
    assert [texts[post_id].title for post_id in newest] == ["Day 1", "Day 2"]
    assert texts[newest[0]].text.startswith("words of 1")


def test_places_are_counted_by_domain_and_depth(database: Database) -> None:
    with database.transaction() as connection:
        domains, depths = endorsements.admitted(connection, Crawl(connection).id)
    assert domains == Counter({"one.co.uk": 2, "c.example": 1})
    assert depths == Counter({0: 2, 1: 1})


def test_the_last_crawl_tells_the_priority(database: Database) -> None:
    with database.transaction() as connection:
        Crawl(connection)
        place = endorsements.last_place(connection, public_id("site", "c.example"))
        assert endorsements.last_place(connection, public_id("site", "none.example")) is None
    assert place is not None
    assert place.priority == pytest.approx(0.7)
    assert place.depth == 1
