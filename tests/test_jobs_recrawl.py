"""Known sites visited again: what is asked, what becomes of posts that change or vanish, and workers that stay."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import update

from bloghound.demo.exchange import json_document, problem
from bloghound.errors import SettingsError
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.recrawl import run_due, run_standing
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.plan import CrawlProgress
from crawler.schedule import LONGEST, MISSING_FOR, SHORTEST
from storage import erasure, suppressions
from storage.database import open_database
from storage.tables import Page, Site
from storage.tables.base import table_of, utc_now
from tests.conftest import MEASURED, PROJECT
from tests.crawling import query
from tests.mockweb import Content, MockWeb, page, post_page, small_blog

BLOG = "blog.test"
DAY = timedelta(days=1)
PAGE, SITE = table_of(Page), table_of(Site)
POST_STATES = "SELECT state FROM post ORDER BY url"
NEXT_DUE = "SELECT next_due_at FROM site"


def due_at(settings: Settings) -> datetime:
    database = open_database(settings)
    try:
        with database.read() as connection:
            found: datetime = connection.execute(SITE.select()).mappings().one()["next_due_at"]
            return found
    finally:
        database.close()


def make_due(settings: Settings, *paths: str, missing_for: timedelta | None = None) -> None:
    """Let every site be due now, and posts at these paths be due for a look, or missing for so long."""
    database = open_database(settings)
    past = utc_now() - DAY
    with database.transaction() as connection:
        connection.execute(update(SITE).values(next_due_at=past))
        for path in paths:
            values = {"next_fetch_at": past}
            if missing_for is not None:
                values["missing_since"] = utc_now() - missing_for
            connection.execute(update(PAGE).where(PAGE.c.url.endswith(path)).values(**values))
    database.close()


class Visited:
    """A blog that was crawled once, on a web where it goes on."""

    def __init__(self, settings: Settings, web: MockWeb) -> None:
        self.settings, self.web = settings, web
        self.own = dict.fromkeys(web.hosts, (web.address, web.port))

    def visited(self) -> Self:
        """The same after its first crawl."""
        run_crawl(self.settings, [self.web.url(host) for host in self.web.hosts], static_hosts=self.own)
        return self

    def again(self) -> tuple[CrawlReport, list[str]]:
        """What a visit found, and the paths it asked for."""
        before = len(self.web.requests)
        report = run_due(self.settings, static_hosts=self.own, retry_delays_seconds=())
        return report, [one.path for one in self.web.requests[before:]]

    def look(self, *paths: str, missing_for: timedelta | None = None) -> tuple[CrawlReport, list[str]]:
        """A visit at which posts are due for a look."""
        make_due(self.settings, *paths, missing_for=missing_for)
        return self.again()

    def states(self) -> list[object]:
        return [row[0] for row in query(self.settings, POST_STATES)]

    def change(self, path: str, content: Content) -> None:
        self.web.add(BLOG, path, content)


@pytest.fixture(scope="module")
def crawled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    """A blog of two posts, crawled for all tests that go on from there with a copy of what was stored."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("crawled"), extraction_workers=1)
    with MockWeb({BLOG: small_blog(2)}) as web:
        yield Visited(settings, web).visited()


@pytest.fixture
def blog(crawled_once: Visited, settings: Settings) -> Visited:
    shutil.copytree(crawled_once.settings.data_dir, settings.data_dir, dirs_exist_ok=True)
    crawled_once.web.serve_only(BLOG, small_blog(2))
    return Visited(settings, crawled_once.web)


def test_an_unchanged_blog_costs_two_requests(settings: Settings) -> None:
    with MockWeb({BLOG: small_blog(20)}) as web:
        blog = Visited(settings, web).visited()
        before = len(web.requests)
        make_due(settings)
        report, asked = blog.again()
    assert sorted(asked) == ["/feed.xml", "/robots.txt"]
    assert (report.outcomes["not_modified"], report.posts_new, report.posts_updated) == (1, 0, 0)
    assert report.sites["ok"] == 1
    MEASURED.append(f"re-crawl of an unchanged blog of 20 posts: {len(asked)} requests, the first crawl {before}")


def test_what_is_not_due_is_not_visited(blog: Visited) -> None:
    report, asked = blog.again()
    assert (asked, report.pages_fetched) == ([], 0)


def test_every_crawl_says_when_to_come_again(blog: Visited) -> None:
    assert SHORTEST <= due_at(blog.settings) - utc_now() <= LONGEST


def test_a_new_post_is_found_by_the_feed_alone(blog: Visited) -> None:
    for path, content in small_blog(3).items():
        blog.change(path, content)
    report, asked = blog.look()
    assert (
        {"/feed.xml", "/post-3/"} <= set(asked) <= {"/feed.xml", "/post-3/", "/robots.txt", "/.well-known/tdmrep.json"}
    )
    assert report.posts_new == 1


def test_where_the_feed_is_gone_the_home_page_is_asked(blog: Visited) -> None:
    blog.change("/feed.xml", problem(404))
    report, asked = blog.look()
    assert sorted(asked) == ["/", "/feed.xml", "/robots.txt"]
    assert report.sites["ok"] == 1


def commented(day: int, comments: int, words: str = "") -> str:
    count = json.dumps({"@type": "BlogPosting", "commentCount": str(comments)})
    head = f'<script type="application/ld+json">{count}</script>'
    return post_page(f"Swallows, day {day}", day, head, f"<p>{words}</p>")


def test_a_changed_post_is_updated_and_its_engagement_has_a_history(settings: Settings) -> None:
    observed = "SELECT count FROM engagement_observation WHERE kind = 'comments' AND count IS NOT NULL ORDER BY id"
    with MockWeb({BLOG: small_blog(1) | {"/post-1/": commented(1, 2)}}) as web:
        blog = Visited(settings, web).visited()
        blog.change("/post-1/", commented(1, 5, "A correction: the gasworks closed in 1962."))
        report, asked = blog.look("/post-1/")
        unchanged, _ = blog.look("/post-1/")
    assert "/post-1/" in asked
    assert (report.posts_new, report.posts_updated, unchanged.posts_updated) == (0, 1, 0)
    assert query(settings, observed) == [(2,), (5,)]
    assert query(settings, "SELECT count(*) FROM post WHERE text LIKE '%closed in 1962%'") == [(1,)]


def test_a_post_that_is_due_for_a_look_and_unchanged_costs_a_304(blog: Visited) -> None:
    report, asked = blog.look("/post-2/")
    assert sorted(asked) == ["/feed.xml", "/post-2/", "/robots.txt"]
    assert report.outcomes["not_modified"] == len(["feed", "post"])


def test_a_post_that_is_missing_for_a_day_has_vanished_and_may_come_back(blog: Visited) -> None:
    blog.change("/post-1/", problem(404))
    blog.look("/post-1/")
    assert blog.states() == ["live", "live"]
    blog.look("/post-1/", missing_for=MISSING_FOR)
    assert blog.states() == ["vanished", "live"]
    assert query(blog.settings, "SELECT count(*) FROM post WHERE words > 100") == [(2,)]
    blog.change("/post-1/", small_blog(2)["/post-1/"])
    blog.look("/post-1/")
    assert blog.states() == ["live", "live"]


def test_a_post_that_is_gone_for_good_has_vanished_at_once(blog: Visited) -> None:
    blog.change("/post-1/", problem(410))
    blog.look("/post-1/")
    assert blog.states() == ["vanished", "live"]


def test_a_deleted_post_whose_address_gives_an_error_page_with_status_200_vanishes_too(blog: Visited) -> None:
    blog.change("/post-1/", page("Page not found", "<h1>Page not found</h1><p>Nothing is here any more.</p>"))
    blog.look("/post-1/")
    assert blog.states() == ["live", "live"]
    blog.look("/post-1/", missing_for=MISSING_FOR)
    assert blog.states() == ["vanished", "live"]


def test_nothing_vanishes_where_the_whole_site_fails(blog: Visited) -> None:
    for path in small_blog(2):
        blog.change(path, problem(410))
    report, _ = blog.look("/post-1/", "/post-2/", missing_for=MISSING_FOR)
    assert blog.states() == ["live", "live"]
    assert report.sites["failed"] == 1
    assert due_at(blog.settings) - utc_now() <= DAY


def test_a_post_whose_page_asks_not_to_be_indexed_any_more_goes(blog: Visited) -> None:
    blog.change("/post-1/", post_page("Swallows, day 1", 1, '<meta name="robots" content="noindex">'))
    blog.look("/post-1/")
    assert query(blog.settings, "SELECT url FROM post") == [(blog.web.url(BLOG, "/post-2/"),)]


def test_a_site_that_is_suppressed_or_forgotten_is_never_due(settings: Settings) -> None:
    with MockWeb({BLOG: small_blog(2), "other.test": small_blog(2)}) as web:
        blog = Visited(settings, web).visited()
        suppressed, forgotten = (str(row[0]) for row in query(settings, "SELECT key FROM site ORDER BY key"))
        database = open_database(settings)
        with database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), [suppressed], reason="opt-out", now=utc_now())
            erasure.forget(connection, forgotten, secret_key=settings.secret_key(), now=utc_now())
        database.close()
        assert blog.look()[1] == []


def test_a_profile_is_visited_again(settings: Settings) -> None:
    home = "/@ann"
    with MockWeb({"social.test": {}}) as web:
        account = {"id": "7", "url": web.url("social.test", home), "display_name": "Ann", "note": "", "fields": []}
        web.add("social.test", "/api/v1/accounts/lookup?acct=ann", json_document(account))
        web.add("social.test", "/api/v1/accounts/7/statuses", json_document([]))
        own = {"social.test": (web.address, web.port)}
        run_crawl(settings, [web.url("social.test", home)], static_hosts=own)
        assert due_at(settings) > utc_now()
        make_due(settings)
        report = run_due(settings, static_hosts=own)
    assert (report.sites["ok"], report.outcomes["profile"]) == (1, len(["account", "statuses"]))


def test_strangers_are_not_visited_again_without_a_contact_address(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="BLOGHOUND_CONTACT"):
        run_due(settings)
    with pytest.raises(SettingsError, match="BLOGHOUND_CONTACT"):
        run_standing(settings)


def test_an_interrupted_re_crawl_is_continued(blog: Visited) -> None:
    def interrupt(_: CrawlProgress) -> None:
        raise KeyboardInterrupt

    make_due(blog.settings)
    with pytest.raises(KeyboardInterrupt):
        run_due(blog.settings, static_hosts=blog.own, progress=interrupt)
    report, _ = blog.again()
    assert report.sites["ok"] == 1
    assert query(blog.settings, "SELECT kind, finished_at IS NOT NULL FROM crawl") == [("crawl", 1), ("recrawl", 1)]


HOSTS = tuple(f"b{number}.test" for number in range(6))


def until_all_is_done(settings: Settings, kind: str = "recrawl") -> Callable[[CrawlProgress], None]:
    """Interrupts a worker once every crawl is finished, and one of this kind among them."""

    def listen(_: CrawlProgress) -> None:
        crawls = query(settings, "SELECT kind, finished_at IS NOT NULL FROM crawl")
        if all(is_finished for _, is_finished in crawls) and kind in {name for name, _ in crawls}:
            raise KeyboardInterrupt

    return listen


def test_two_workers_that_stay_share_what_is_due(tmp_path: Path, database_url: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url, concurrent_sites=2, extraction_workers=1)

    def stay(_: int) -> None:
        run_standing(settings, static_hosts=blogs.own, progress=until_all_is_done(settings), poll_seconds=0.2)

    with MockWeb({host: small_blog(2) for host in HOSTS}) as web:
        blogs = Visited(settings, web).visited()
        make_due(settings)
        before = len(web.requests)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(stay, range(2)))
        feeds = [one.host for one in web.requests[before:] if one.path == "/feed.xml"]
    assert sorted(feeds) == sorted(HOSTS)
    assert query(settings, "SELECT count(*) FROM site WHERE lease_owner IS NOT NULL") == [(0,)]


def test_a_worker_that_stays_finishes_what_others_left(settings: Settings) -> None:
    def interrupt(event: CrawlProgress) -> None:
        if event.sites_total:
            raise KeyboardInterrupt

    with MockWeb({BLOG: small_blog(3)}) as web:
        own = {BLOG: (web.address, web.port)}
        with pytest.raises(KeyboardInterrupt):
            run_crawl(settings, [web.url(BLOG)], static_hosts=own, progress=interrupt)
        run_standing(settings, static_hosts=own, progress=until_all_is_done(settings, "crawl"), poll_seconds=0.2)
    assert query(settings, "SELECT count(*) FROM post WHERE state = 'live'") == [(3,)]


STAYING = """
import sys
from pathlib import Path
from bloghound.jobs.recrawl import run_standing
from bloghound.settings import Settings

if __name__ == "__main__":
    settings, own = Settings(data_dir=Path(sys.argv[1])), {"blog.test": ("127.0.0.1", int(sys.argv[2]))}
    run_standing(settings, static_hosts=own, progress=lambda event: print(event.pages, flush=True))
    print("ended", flush=True)
"""


def test_a_worker_that_stays_ends_cleanly_when_the_system_asks(blog: Visited) -> None:
    make_due(blog.settings)
    command = [sys.executable, "-c", STAYING, str(blog.settings.data_dir), str(blog.web.port)]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        while int(worker.stdout.readline()) < len(["robots.txt", "feed"]):
            pass
        worker.send_signal(signal.SIGTERM)
        asked_at = time.monotonic()
        assert worker.stdout.read().split()[-1] == "ended"
    assert time.monotonic() - asked_at < 10.0
    assert worker.returncode == 0
    held = "SELECT count(*) FROM site WHERE lease_owner IS NOT NULL OR next_due_at IS NULL"
    assert query(blog.settings, held) == [(0,)]
