"""Whole crawls in processes of their own: archives, both databases, kills, two workers, re-crawls, profiles."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bloghound.demo import DemoWeb
from bloghound.demo.exchange import Document, json_document
from bloghound.errors import AddressError, ArchiveError, CrawlError, SettingsError
from bloghound.jobs.crawl import run_crawl
from bloghound.jobs.supervising import STOP_SECONDS
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.leases import WorkerMark, release_dead_workers, workers_dir
from crawler.plan import CrawlProgress
from storage import crawls, frontier, sites, suppressions
from storage.database import Database, open_database
from storage.tables.base import utc_now
from tests.conftest import PROJECT
from tests.crawling import natural_rows, query, write_archive
from tests.mockweb import ForeverTaking, MockWeb, Refusing, small_blog

HOSTS = ("one.example", "two.example", "three.example")
POSTS = 28


Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("archive"), {host: small_blog(POSTS, host) for host in HOSTS})


def crawl(settings: Settings, archive: Path, progress: Callable[[CrawlProgress], None] | None = None) -> CrawlReport:
    return run_crawl(settings, [f"https://{host}/" for host in HOSTS], archives=[archive], progress=progress)


def rows_of(settings: Settings) -> Rows:
    database = open_database(settings)
    try:
        return natural_rows(database)
    finally:
        database.close()


def kill_at(pages: int) -> Callable[[CrawlProgress], None]:
    """Kills the crawling process, as the system does when memory runs out, once it has stored so many pages."""

    def listen(event: CrawlProgress) -> None:
        for child in multiprocessing.active_children() if event.pages >= pages else ():
            if child.pid is not None and child.name == "bloghound-crawl":
                os.kill(child.pid, signal.SIGKILL)

    return listen


@dataclass(frozen=True)
class Undisturbed:
    """A crawl that nobody kills."""

    settings: Settings
    report: CrawlReport
    rows: Rows


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, archive: Path) -> Undisturbed:
    settings = Settings(data_dir=tmp_path_factory.mktemp("undisturbed"), extraction_workers=1)
    return Undisturbed(settings, crawl(settings, archive), rows_of(settings))


def test_an_archive_answers_like_the_web(
    undisturbed: Undisturbed,
) -> None:
    report, rows = undisturbed.report, undisturbed.rows
    assert report.sites["ok"] == len(HOSTS)
    assert report.outcomes["post"] == len(rows["posts"]) == len(HOSTS) * POSTS
    assert report.outcomes["not_found"] >= len(HOSTS) * len(["robots.txt", "sitemap.xml", "tdmrep.json"])
    assert sum(report.outcomes.values()) == report.pages_fetched
    assert report.errors == ()


def test_a_crawl_stores_the_same_on_every_database(
    tmp_path: Path, database_url: str, archive: Path, undisturbed: Undisturbed
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url, extraction_workers=1)
    crawl(settings, archive)
    assert {name: len(rows) for name, rows in rows_of(settings).items()} == {
        name: len(rows) for name, rows in undisturbed.rows.items()
    }


def test_killed_workers_lose_nothing_and_double_nothing(
    settings: Settings, archive: Path, undisturbed: Undisturbed
) -> None:
    slow = settings.model_copy(update={"concurrent_sites": 1, "extraction_workers": 1})
    for at_pages in (1, POSTS):
        with pytest.raises(CrawlError, match="signal 9"):
            crawl(slow, archive, kill_at(at_pages))
    crawl(settings, archive)
    assert rows_of(settings) == undisturbed.rows
    assert len(query(settings, "SELECT id FROM crawl")) == 1


def test_a_crawl_that_was_finished_is_begun_anew_and_changes_nothing(undisturbed: Undisturbed, archive: Path) -> None:
    again = crawl(undisturbed.settings, archive)
    assert (again.posts_new, again.posts_updated) == (0, 0)
    assert rows_of(undisturbed.settings) == undisturbed.rows
    assert len(query(undisturbed.settings, "SELECT id FROM crawl WHERE finished_at IS NOT NULL")) == 2


def test_an_interrupted_crawl_gives_its_sites_back(settings: Settings, archive: Path) -> None:
    def interrupt(event: CrawlProgress) -> None:
        if event.pages:
            raise KeyboardInterrupt

    slow = settings.model_copy(update={"concurrent_sites": 1, "extraction_workers": 1})
    with pytest.raises(KeyboardInterrupt):
        crawl(slow, archive, interrupt)
    assert query(settings, "SELECT key FROM site WHERE lease_owner IS NOT NULL") == []
    assert query(settings, "SELECT count(*) > 0 FROM crawl_site WHERE state = 'queued'") == [(1,)]
    assert list(workers_dir(settings).iterdir()) == []


def test_a_visit_that_waits_does_not_hold_up_the_end(settings: Settings) -> None:
    asked_at: list[float] = []

    def interrupt(_: CrawlProgress) -> None:
        if web.requests_to("slow.test", "/"):
            asked_at.append(time.monotonic())
            raise KeyboardInterrupt

    with MockWeb({"slow.test": {"/": ForeverTaking()}}) as web:
        own = {"slow.test": (web.address, web.port)}
        with pytest.raises(KeyboardInterrupt):
            run_crawl(settings, [web.url("slow.test")], static_hosts=own, progress=interrupt)
    assert time.monotonic() - asked_at[0] < STOP_SECONDS
    queued = "SELECT state, lease_owner FROM site JOIN crawl_site ON site_id = site.id"
    assert query(settings, queued) == [("queued", None)]


def test_two_workers_share_one_queue(settings: Settings, archive: Path, undisturbed: Undisturbed) -> None:
    few = settings.model_copy(update={"concurrent_sites": 1})
    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(lambda _: crawl(few, archive), range(2)))
    assert rows_of(settings) == undisturbed.rows
    twice = query(settings, "SELECT url FROM fetch WHERE outcome = 'post' GROUP BY url HAVING count(*) > 1")
    assert twice == []
    assert [report.sites["ok"] for report in reports] == [len(HOSTS)] * 2


def test_the_worker_ends_with_its_parent(settings: Settings) -> None:
    script = (
        "import sys, multiprocessing\n"
        "from pathlib import Path\n"
        "from bloghound.jobs.crawl import run_crawl\n"
        "from bloghound.settings import Settings\n"
        "def tell(event):\n"
        "    print(*[child.pid for child in multiprocessing.active_children()], flush=True)\n"
        "if __name__ == '__main__':\n"
        "    host, port = sys.argv[2], int(sys.argv[3])\n"
        "    own = {host: ('127.0.0.1', port)}\n"
        "    settings = Settings(data_dir=Path(sys.argv[1]))\n"
        "    run_crawl(settings, [f'http://{host}:{port}/'], static_hosts=own, progress=tell)\n"
    )
    with MockWeb({"slow.test": {"*": ForeverTaking()}}) as web:
        command = [sys.executable, "-c", script, str(settings.data_dir), "slow.test", str(web.port)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            worker = int(parent.stdout.readline().split()[0])
            parent.kill()
        assert ends_within(worker, 5.0)


def ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return True
        os.sched_yield()
    return False


def test_a_re_crawl_asks_for_what_leads_to_new_posts_and_no_more(settings: Settings) -> None:
    kept = "SELECT url, etag, signals, outcome FROM page ORDER BY url"
    with MockWeb({"blog.test": small_blog(3)}) as web:
        own = {"blog.test": (web.address, web.port)}
        run_crawl(settings, [web.url("blog.test")], static_hosts=own)
        before = query(settings, kept)
        unchanged = run_crawl(settings, [web.url("blog.test")], static_hosts=own)
        after = query(settings, kept)
        seen = len(web.requests)
        for path, content in small_blog(4).items():
            web.add("blog.test", path, content)
        changed = run_crawl(settings, [web.url("blog.test")], static_hosts=own)
        asked = {one.path for one in web.requests[seen:]}
    assert unchanged.outcomes["not_modified"] == len(["home", "feed"])
    assert after == before
    assert (unchanged.posts_new, changed.posts_new) == (0, 1)
    assert "/post-4/" in asked
    assert not {"/post-1/", "/post-2/", "/post-3/"} & asked


def test_what_a_small_budget_left_is_fetched_by_the_next_crawl(settings: Settings) -> None:
    fetched = "SELECT count(*) FROM post WHERE source = 'page' AND state = 'live'"
    with MockWeb({"blog.test": small_blog(POSTS)}) as web:
        own = {"blog.test": (web.address, web.port)}
        run_crawl(settings, [web.url("blog.test")], static_hosts=own, max_pages_per_site=8)
        assert query(settings, fetched) < [(8,)]
        run_crawl(settings, [web.url("blog.test")], static_hosts=own, max_pages_per_site=200)
    assert query(settings, fetched) == [(POSTS,)]


def test_a_robots_txt_that_fails_for_a_moment_is_asked_again(settings: Settings) -> None:
    sitemap = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>'
    pages = small_blog(3) | {"/robots.txt": Refusing("0", status=503), "/sitemap.xml": sitemap}
    with MockWeb({"blog.test": pages}) as web:
        own = {"blog.test": (web.address, web.port)}
        report = run_crawl(settings, [web.url("blog.test")], static_hosts=own, retry_delays_seconds=(0.1,))
        assert [len(web.requests_to("blog.test", path)) for path in ("/robots.txt", "/sitemap.xml")] == [2, 1]
    assert (report.sites["ok"], report.posts_new) == (1, 3)


def test_seeds_for_which_there_is_no_place_are_named(settings: Settings, archive: Path) -> None:
    report = run_crawl(settings, [f"https://{host}/" for host in HOSTS], archives=[archive], max_sites=2)
    assert sum(report.sites.values()) == 2
    assert [HOSTS[2] in error and "2 sites" in error for error in report.errors] == [True]


def test_a_profile_whose_robots_txt_fails_for_a_moment_is_asked_again(settings: Settings) -> None:
    with MockWeb({"social.test": {"/robots.txt": Refusing("0", status=503)}}) as web:
        for path, document in profile_pages(web, "social.test").items():
            web.add("social.test", path, document)
        own = {"social.test": (web.address, web.port)}
        seeds = [web.url("social.test", "/@ann")]
        report = run_crawl(settings, seeds, static_hosts=own, retry_delays_seconds=(0.1,))
    assert (report.sites["ok"], report.posts_new) == (1, 1)


def profile_pages(web: MockWeb, host: str, **wishes: bool) -> dict[str, Document]:
    """The public interface of a profile with one post, whose owner has these wishes."""
    home = web.url(host, "/@ann")
    account = {"id": "7", "url": home, "display_name": "Ann", "note": "About Ann", "fields": []} | wishes
    status = {"id": "1", "url": f"{home}/1", "created_at": "2026-05-01T08:00:00Z", "visibility": "public"}
    return {
        "/api/v1/accounts/lookup?acct=ann": json_document(account),
        "/api/v1/accounts/7/statuses": json_document([status | {"content": "<p>Two swallows today.</p>"}]),
    }


OPT_OUTS: dict[str, dict[str, bool]] = {
    "search.test": {"indexable": False},
    "index.test": {"noindex": True},
    "directory.test": {"discoverable": False},
    "suspended.test": {"suspended": True},
}
"""What the owner of the profile on each host asks for later."""
NOTHING_ASKED: dict[str, dict[str, bool]] = {host: {} for host in OPT_OUTS}


@dataclass(frozen=True)
class Wished:
    """Title, text and whether that is reserved, of the one post on each host, before and after the wishes."""

    before: dict[str, tuple[object, ...]]
    after: dict[str, tuple[object, ...]]


@pytest.fixture(scope="module")
def wished(tmp_path_factory: pytest.TempPathFactory) -> Wished:
    settings = Settings(data_dir=tmp_path_factory.mktemp("wished"), extraction_workers=1)
    stored = "SELECT key, site.title, text, text_reserved FROM site LEFT JOIN post ON post.site_id = site.id"
    found = []
    with MockWeb({host: {} for host in OPT_OUTS}) as web:
        own = dict.fromkeys(OPT_OUTS, (web.address, web.port))
        for wishes in (NOTHING_ASKED, OPT_OUTS):
            for host in OPT_OUTS:
                for path, document in profile_pages(web, host, **wishes[host]).items():
                    web.add(host, path, document)
            run_crawl(settings, [web.url(host, "/@ann") for host in OPT_OUTS], static_hosts=own)
            found.append({str(key).partition(":")[0]: tuple(row) for key, *row in query(settings, stored)})
    return Wished(*found)


@pytest.mark.parametrize("host", OPT_OUTS)
def test_a_profile_that_opts_out_later_loses_what_was_stored(wished: Wished, host: str) -> None:
    assert wished.before[host] == ("Ann", "Two swallows today.", 0)
    assert wished.after[host] == (("Ann", "", 1) if host == "search.test" else ("", None, None))


def test_the_demo_web_is_found_from_its_seeds_with_the_profiles_of_its_bloggers(settings: Settings) -> None:
    with DemoWeb() as web:
        own = dict.fromkeys(web.hosts, (web.address, web.port))
        report = run_crawl(settings, web.seeds, depth=2, static_hosts=own)
        winners = set(web.expected_winner.values())
    joined = query(
        settings,
        "SELECT blog.key, value FROM blogger_proof JOIN site AS blog ON blog.id = blogger_proof.site_id "
        "JOIN site AS profile ON profile.id = other_site_id JOIN site_metric ON site_metric.site_id = profile.id "
        "WHERE method = 'rel_me' AND site_metric.kind = 'followers' AND blog.blogger_id = profile.blogger_id",
    )
    assert report.outcomes["profile"] >= len(joined) > 0
    assert {key for (key,) in query(settings, "SELECT key FROM site WHERE health = 'ok'")} >= winners
    assert not query(settings, "SELECT key FROM site WHERE depth > 0 AND found_from_url IS NULL")


def test_a_forgotten_site_is_not_crawled_again(settings: Settings, archive: Path) -> None:
    database = open_database(settings)
    with database.transaction() as connection:
        suppressions.add(connection, settings.secret_key(), [HOSTS[0]], reason="forgotten", now=utc_now())
    database.close()
    report = crawl(settings, archive)
    assert HOSTS[0] in report.errors[0]
    assert query(settings, "SELECT key FROM site ORDER BY key") == [(host,) for host in sorted(HOSTS[1:])]


def test_a_cut_archive_is_used_as_far_as_it_goes(settings: Settings, archive: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    report = crawl(settings, cut)
    assert report.sites["ok"] >= 1
    assert len(report.errors) == 1
    assert str(cut) in report.errors[0]


def test_what_is_no_archive_is_refused(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no archive")
    with pytest.raises(ArchiveError, match=r"notes\.txt"):
        crawl(settings, tmp_path / "notes.txt")


def test_strangers_are_not_crawled_without_a_contact_address(settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"stranger\.example.*BLOGHOUND_CONTACT"):
        run_crawl(settings, ["https://stranger.example/"])


def test_a_seed_that_is_no_address_is_named(settings: Settings) -> None:
    with pytest.raises(AddressError, match="not an address"):
        run_crawl(settings, ["not an address"], archives=[Path("unused.warc.gz")])


def test_a_dead_workers_leases_are_given_back_at_once(settings: Settings) -> None:
    database = open_database(settings)
    lease_one(database, "host-1-dead")
    mark = workers_dir(settings) / "host-1-dead.lock"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert release_dead_workers(settings, database) == ["host-1-dead"]
    assert leased(database) == [None]
    assert not mark.exists()
    database.close()


def test_a_living_workers_leases_are_left_alone(settings: Settings) -> None:
    database = open_database(settings)
    with WorkerMark(settings) as mark:
        lease_one(database, mark.owner)
        assert release_dead_workers(settings, database) == []
        assert leased(database) == [mark.owner]
    database.close()


def lease_one(database: Database, owner: str) -> None:
    with database.transaction() as connection:
        run = crawls.begin(connection, "crawl", {}, now=utc_now())
        site = sites.seed("https://one.example/")
        ids = sites.ensure(connection, [site], now=utc_now())
        frontier.admit(connection, run.crawl_id, {ids[site.key]: site}, now=utc_now())
        assert frontier.lease(connection, owner, crawl_ids=[run.crawl_id], now=utc_now(), seconds=60, limit=1)


def leased(database: Database) -> list[object]:
    with database.read() as connection:
        return [row[0] for row in connection.execute(text("SELECT lease_owner FROM site"))]
