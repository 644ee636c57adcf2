"""The blog spider against a real, partly misbehaving web on loopback: one crawl of many hosts, seen from all sides."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bloghound.demo.exchange import PLAIN, Document, html_document, json_document, problem, redirect
from bloghound.jobs.crawl import run_crawl
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from storage.database import Database, open_database
from tests.mockweb import (
    AttributeBomb,
    CalendarTrap,
    Canary,
    CanonicalElsewhere,
    Content,
    Drop,
    GzipBomb,
    MetaRefresh,
    MockWeb,
    NoIndex,
    RedirectLoop,
    RedirectToInternal,
    Refusing,
    RobotsFail500,
    SharedCanonical,
    TdmReserved,
    WrongContentType,
    page,
    post_page,
    small_blog,
)

MAX_PAGES = 24
FEED_LINK = '<link rel="alternate" type="application/rss+xml" href="/feed.xml">'
FEED_HEADER = ("Link", '</feed.xml>; rel="alternate"; type="application/rss+xml"')


def robots(*lines: str) -> Document:
    return Document("\n".join(["User-agent: *", *lines, ""]).encode(), PLAIN)


def linking_to(*paths: str) -> dict[str, Content]:
    """A small blog whose home page links to ``paths``; its posts are found by its feed."""
    links = "".join(f'<p><a href="{path}">A page at {path}</a></p>' for path in paths)
    return small_blog() | {"/": page("Swallow count", f"<h1>Swallow count</h1>{links}", FEED_LINK)}


def account(name: str, **more: object) -> dict[str, object]:
    """An account as Mastodon's public interface shows it."""
    shown: dict[str, object] = {"id": "1", "url": f"http://social.test/@{name}", "display_name": "Pat", "fields": []}
    return shown | {"followers_count": 321, "indexable": True} | more


def status(name: str) -> dict[str, object]:
    shown: dict[str, object] = {"id": "9", "url": f"http://social.test/@{name}/9", "created_at": "2026-05-01T08:00:00Z"}
    return shown | {"visibility": "public", "content": "<p>Two swallows today.</p>"}


SOCIAL: dict[str, Content] = {
    "/api/v1/accounts/lookup?acct=pat": account("pat"),
    "/api/v1/accounts/lookup?acct=shy": account("shy", id="2", indexable=False),
    "/api/v1/accounts/1/statuses": json_document([status("pat")]),
    "/api/v1/accounts/2/statuses": json_document([status("shy")]),
}


SITES: dict[str, dict[str, Content]] = {
    "good.test": small_blog(),
    "forbidden.test": small_blog() | {"/robots.txt": robots("Disallow: /")},
    "partly.test": linking_to("/secret/diary")
    | {"/robots.txt": robots("Disallow: /secret/"), "/secret/diary": post_page("Secret", 9)},
    "homeless.test": small_blog() | {"/robots.txt": robots("Disallow: /$", "Sitemap: /map.xml")},
    "unreachable-robots.test": small_blog() | {"/robots.txt": RobotsFail500()},
    "guessed.test": {
        **small_blog(),
        "/": page("No feed named", "<h1>Hello</h1>"),
        "/rss.xml": small_blog()["/feed.xml"],
    },
    "sitemap.test": {
        **{path: content for path, content in small_blog().items() if path != "/feed.xml"},
        "/": page("Only a sitemap", "<h1>Hello</h1>"),
    },
    "hops.test": linking_to("/a")
    | {"/a": redirect("/b", 302), "/b": redirect("/post-9/", 308), "/post-9/": post_page("Nine", 9)},
    "loop.test": linking_to("/loop") | {"/loop": RedirectLoop()},
    "refusing.test": {"/": problem(403)},
    "gone.test": {},
    "dropping.test": {"/": Drop()},
    "passing.test": linking_to("/busy") | {"/busy": Refusing("0", status=503)},
    "empty.test": {"/": page("Parked", "<p>Nothing here yet.</p>")},
    "noindex.test": linking_to("/private") | {"/private": NoIndex()},
    "reserved.test": linking_to("/reserved") | {"/reserved": TdmReserved()},
    "tdmrep.test": small_blog()
    | {"/.well-known/tdmrep.json": Document(b'[{"location": "/", "tdm-reservation": 1}]', "application/json")},
    "canonical.test": linking_to("/ours/", "/shared-1/", "/shared-2/", "/shared-3/")
    | {"/ours/": CanonicalElsewhere("https://elsewhere.example/theirs/", day=9)}
    | SharedCanonical("/shared/"),
    "bombs.test": linking_to("/attributes", "/gzip", "/picture")
    | {"/attributes": AttributeBomb(), "/gzip": GzipBomb(), "/picture": WrongContentType()},
    "trap.test": linking_to("/calendar/2026/05/") | {"/calendar*": CalendarTrap()},
    "header.test": small_blog()
    | {"/": Document(page("A header names it", "<h1>Hello</h1>").encode(), headers=(FEED_HEADER,))},
    "onesided.test": small_blog(),
    "social.test": SOCIAL,
    "closed.test": {"/robots.txt": robots("Disallow: /api/")},
    "new.test": small_blog(),
    "target.test": small_blog(),
}


NOT_SEEDED = {"new.test", "target.test", "social.test", "closed.test"}
FOUND = {"new.test", "target.test", "@pat"}


@dataclass(frozen=True)
class Crawled:
    """One finished crawl, with the web it saw."""

    web: MockWeb
    report: CrawlReport
    database: Database
    canary_hits: int

    def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def site(self, host: str, path: str = "") -> tuple[str, str]:
        """Health and reason."""
        key = f"{host}:{self.web.port}{path}"
        found = self.rows("SELECT health, health_reason FROM site WHERE key = :key", key=key)
        assert found, f"{host} is not stored"
        return str(found[0][0]), str(found[0][1])

    def outcomes(self, host: str, path: str) -> list[str]:
        url = self.web.url(host, path)
        return [str(row[0]) for row in self.rows("SELECT outcome FROM fetch WHERE url = :url ORDER BY id", url=url)]

    def posts(self, host: str) -> dict[str, tuple[str, str]]:
        """Source and text of the live posts, by path."""
        root = self.web.url(host, "")
        query = (
            "SELECT post.url, post.source, post.text FROM post JOIN site ON site.id = post.site_id "
            "WHERE site.key = :key AND post.state = 'live' ORDER BY post.url"
        )
        found = self.rows(query, key=f"{host}:{self.web.port}")
        return {str(url).removeprefix(root): (str(source), str(words)) for url, source, words in found}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("spider") / "data", parse_timeout_seconds=5)
    with MockWeb(SITES) as web, Canary() as canary:
        add_addresses(web, canary)
        own = dict.fromkeys(web.hosts, (web.address, web.port))
        report = run_crawl(
            settings,
            [*(web.url(host) for host in web.hosts if host not in NOT_SEEDED), *profiles(web)],
            max_pages_per_site=MAX_PAGES,
            static_hosts=own,
            retry_delays_seconds=(0.1,),
        )
        database = open_database(settings)
        yield Crawled(web, report, database, canary.hits)
        database.close()


def profiles(web: MockWeb) -> list[str]:
    return [web.url("social.test", "/@shy"), web.url("social.test", "/@gone"), web.url("closed.test", "/users/ann")]


def add_addresses(web: MockWeb, canary: Canary) -> None:
    """What needs to know the port: sitemaps, and ways to other hosts."""
    web.add("sitemap.test", "/robots.txt", robots(f"Sitemap: {web.url('sitemap.test', '/map.xml')}"))
    for host in ("sitemap.test", "homeless.test"):
        places = "".join(f"<url><loc>{web.url(host, f'/post-{day}/')}</loc></url>" for day in (1, 2, 3))
        urlset = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
        web.add(host, "/map.xml", Document(urlset.encode(), "application/xml"))
    me = f'<a rel="me" href="{web.url("social.test", "/@pat")}">me elsewhere</a>'
    web.add("onesided.test", "/", str(page("One-sided", f"<h1>Swallows</h1>{me}", FEED_LINK)))
    web.add("moved.test", "/", redirect(web.url("new.test"), 301))
    web.add("refresh.test", "/", MetaRefresh(web.url("target.test")))
    for path, content in linking_to("/inside", "/outside").items():
        web.add("internal.test", path, content)
    web.add("internal.test", "/inside", RedirectToInternal(canary.url))
    web.add("internal.test", "/outside", html_document(post_page("Outside", 9, links=f'<a href="{canary.url}">in</a>')))


def test_a_plain_blog_is_stored_whole_from_its_pages(crawled: Crawled) -> None:
    assert crawled.site("good.test") == ("ok", "")
    assert {path: source for path, (source, _) in crawled.posts("good.test").items()} == {
        f"/post-{day}/": "page" for day in (1, 2, 3)
    }


def test_outcomes_add_up_to_the_pages_fetched_and_to_what_the_server_answered(crawled: Crawled) -> None:
    assert sum(crawled.report.outcomes.values()) == crawled.report.pages_fetched
    assert crawled.report.pages_fetched == crawled.rows("SELECT count(*) FROM fetch")[0][0]
    # Twisted asks once more by itself where a kept connection was dropped, so that host is left out.
    asked = [one for one in crawled.web.requests if one.host != "dropping.test"]
    logged = crawled.rows("SELECT count(*) FROM fetch WHERE url NOT LIKE '%dropping.test%'")[0][0]
    assert logged == len(asked)


def test_every_site_has_one_health(crawled: Crawled) -> None:
    seeded = (set(crawled.web.hosts) - NOT_SEEDED) | set(profiles(crawled.web))
    assert sum(crawled.report.sites.values()) == len(seeded) + len(FOUND)


def test_robots_that_forbid_everything_are_obeyed(crawled: Crawled) -> None:
    assert crawled.site("forbidden.test")[0] == "robots"
    assert [one.path for one in crawled.web.requests_to("forbidden.test")] == ["/robots.txt"]


def test_robots_that_forbid_a_folder_are_obeyed(crawled: Crawled) -> None:
    assert crawled.site("partly.test")[0] == "ok"
    assert not crawled.web.requests_to("partly.test", "/secret/diary")


def test_a_blog_whose_home_page_alone_is_forbidden_is_read_by_its_sitemap(crawled: Crawled) -> None:
    assert not crawled.web.requests_to("homeless.test", "/")
    assert len(crawled.posts("homeless.test")) == 3


def test_robots_that_cannot_be_had_forbid_everything_for_now(crawled: Crawled) -> None:
    health, reason = crawled.site("unreachable-robots.test")
    assert (health, "HTTP 500" in reason) == ("failed", True)
    asked = [one.path for one in crawled.web.requests_to("unreachable-robots.test")]
    assert asked == ["/robots.txt"] * (1 + len(["retry"]))


def test_feeds_are_guessed_where_none_is_named(crawled: Crawled) -> None:
    assert crawled.outcomes("guessed.test", "/rss.xml") == ["feed"]
    assert len(crawled.posts("guessed.test")) == 3
    assert not crawled.web.requests_to("good.test", "/rss.xml")


def test_a_feed_in_a_header_is_taken_and_none_is_guessed(crawled: Crawled) -> None:
    assert len(crawled.posts("header.test")) == 3
    assert not crawled.web.requests_to("header.test", "/rss.xml")


def test_sitemaps_that_robots_name_lead_to_posts(crawled: Crawled) -> None:
    assert crawled.outcomes("sitemap.test", "/map.xml") == ["sitemap"]
    assert len(crawled.posts("sitemap.test")) == 3


def test_redirects_are_followed_hop_by_hop_and_lead_to_one_post(crawled: Crawled) -> None:
    assert [crawled.outcomes("hops.test", path) for path in ("/a", "/b")] == [["redirect"], ["redirect"]]
    assert "/post-9/" in crawled.posts("hops.test")
    addresses = crawled.rows("SELECT url FROM post_address WHERE url LIKE '%hops.test%/a' OR url LIKE '%hops.test%/b'")
    assert len(addresses) == 2


def test_a_redirect_loop_ends_after_five_hops(crawled: Crawled) -> None:
    assert len(crawled.web.requests_to("loop.test", "/loop")) == 5 + 1
    assert crawled.site("loop.test")[0] == "ok"


@pytest.mark.parametrize(
    ("host", "health", "words"),
    [
        ("refusing.test", "blocked", "HTTP 403"),
        ("gone.test", "failed", "HTTP 404"),
        ("dropping.test", "failed", "network error"),
    ],
)
def test_a_site_that_does_not_answer_says_why(crawled: Crawled, host: str, health: str, words: str) -> None:
    found, reason = crawled.site(host)
    assert (found, words in reason) == (health, True), reason


def test_a_site_without_posts_is_not_called_a_blog(crawled: Crawled) -> None:
    health, reason = crawled.site("empty.test")
    assert health in {"empty", "not_a_blog"}
    assert reason


def test_a_failure_that_passes_is_asked_again(crawled: Crawled) -> None:
    first, second = crawled.outcomes("passing.test", "/busy")
    assert first == "http_error"
    assert second in {"page", "listing", "post"}


def test_a_connection_that_always_drops_is_given_up(crawled: Crawled) -> None:
    assert crawled.outcomes("dropping.test", "/") == ["network_error", "network_error"]


def test_a_site_that_moved_is_crawled_where_it_went(crawled: Crawled) -> None:
    health, reason = crawled.site("moved.test")
    assert (health, reason) == ("failed", f"moved to {crawled.web.url('new.test')}")
    assert crawled.site("new.test")[0] == "ok"


def test_a_home_page_that_only_sends_on_has_moved(crawled: Crawled) -> None:
    assert crawled.site("refresh.test")[0] == "failed"
    assert crawled.site("target.test")[0] == "ok"


def test_noindex_is_counted_and_not_stored(crawled: Crawled) -> None:
    assert crawled.outcomes("noindex.test", "/private") == ["noindex"]
    assert "/private" not in crawled.posts("noindex.test")


def test_reserved_text_is_not_kept(crawled: Crawled) -> None:
    assert crawled.outcomes("reserved.test", "/reserved") == ["reserved"]
    assert all(not words for path, (_, words) in crawled.posts("reserved.test").items() if path == "/reserved")


def test_a_host_wide_reservation_keeps_no_text_at_all(crawled: Crawled) -> None:
    kept = crawled.posts("tdmrep.test")
    assert kept
    assert not any(words for _, words in kept.values())


def test_a_canonical_address_outside_the_crawl_neither_moves_nor_drops_a_post(crawled: Crawled) -> None:
    assert "/ours/" in crawled.posts("canonical.test")
    assert not crawled.rows("SELECT 1 FROM post WHERE url LIKE '%elsewhere.example%'")


def test_a_canonical_address_shared_by_different_texts_is_ignored(crawled: Crawled) -> None:
    assert {f"/shared-{day}/" for day in (1, 2, 3)} <= set(crawled.posts("canonical.test"))


@pytest.mark.parametrize(
    ("path", "outcome"), [("/attributes", "too_large"), ("/gzip", "too_large"), ("/picture", "not_text")]
)
def test_a_bomb_costs_itself_only(crawled: Crawled, path: str, outcome: str) -> None:
    assert crawled.outcomes("bombs.test", path) == [outcome]
    assert crawled.site("bombs.test")[0] == "ok"


def test_a_trap_takes_no_more_than_the_sites_budget(crawled: Crawled) -> None:
    assert len(crawled.web.requests_to("trap.test")) <= MAX_PAGES + len(["robots.txt", "tdmrep.json"])
    assert set(crawled.posts("trap.test")) >= {f"/post-{day}/" for day in (1, 2, 3)}


def test_a_profile_that_a_blog_names_is_read_but_not_joined_unless_it_names_the_blog_too(crawled: Crawled) -> None:
    assert crawled.site("social.test", "/@pat") == ("ok", "")
    followers = (
        "SELECT value FROM site_metric JOIN site ON site.id = site_id "
        "WHERE key LIKE '%/@pat' AND site_metric.kind = 'followers'"
    )
    assert crawled.rows(followers) == [(321,)]
    assert crawled.rows("SELECT text FROM post WHERE url = 'http://social.test/@pat/9'") == [("Two swallows today.",)]
    assert crawled.rows("SELECT count(*) FROM blogger_proof") == [(0,)]


def test_a_profile_that_is_not_there_says_so(crawled: Crawled) -> None:
    health, reason = crawled.site("social.test", "/@gone")
    assert (health, "no such profile" in reason) == ("failed", True)


def test_posts_of_a_profile_that_may_not_be_indexed_are_not_kept(crawled: Crawled) -> None:
    assert crawled.site("social.test", "/@shy")[0] == "ok"
    assert crawled.rows("SELECT tdm_reserved FROM site WHERE key LIKE '%/@shy'") == [(1,)]
    assert not crawled.rows("SELECT url FROM post WHERE url LIKE '%/@shy/%'")


def test_robots_rule_a_profiles_interface_too(crawled: Crawled) -> None:
    assert crawled.site("closed.test", "/@ann")[0] == "robots"
    assert [one.path for one in crawled.web.requests_to("closed.test")] == ["/robots.txt"]


def test_nothing_inside_is_ever_reached(crawled: Crawled) -> None:
    assert crawled.canary_hits == 0
    assert crawled.outcomes("internal.test", "/inside") == ["other_site"]


def test_every_answer_is_in_the_archive_and_posts_say_where(crawled: Crawled) -> None:
    missing = crawled.rows("SELECT url FROM fetch WHERE status IS NOT NULL AND warc_offset IS NULL")
    assert missing == []
    assert not crawled.rows("SELECT url FROM post WHERE source = 'page' AND warc_file IS NULL")


def test_nothing_is_left_in_the_queue(crawled: Crawled) -> None:
    assert crawled.rows("SELECT count(*) FROM page WHERE state = 'queued'") == [(0,)]
    assert crawled.rows("SELECT count(*) FROM crawl_site WHERE state = 'queued'") == [(0,)]
    assert crawled.rows("SELECT count(*) FROM site WHERE lease_owner IS NOT NULL") == [(0,)]
