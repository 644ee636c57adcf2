"""No way into this machine or its network, through the real spider: every way in by which an address comes, every
spelling and every hostile answer of a name server. A canary stands for what is inside and counts every connection."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import text

from bloghound.demo.exchange import PLAIN, Document, redirect
from bloghound.errors import AddressError, SeedsError
from bloghound.jobs.crawl import resume_crawl, run_crawl
from bloghound.jobs.seeds import entries_of, read_seeds
from bloghound.jobs.sitelists import RowStatus, import_sites
from bloghound.jobs.starting import CrawlWish, start_crawl
from bloghound.records import CrawlReport
from bloghound.settings import Settings
from crawler.plan import WebAccess
from storage import crawls, workspaces
from storage.database import Database, open_database
from storage.tables.base import utc_now
from tests.mockweb import Canary, Content, MetaRefresh, MockWeb, page, post_page, small_blog
from tests.mockweb.internal import CLOSED_PORTS, NAMES, OTHERS, SPELLINGS, FakeLookup, addresses, named_addresses

STATUSES = (301, 302, 303, 307, 308)
CONTACT = "https://bloghound.example/bot"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - the canary hears whatever comes to any address of this machine

Site = dict[str, Content]


def rss(targets: Sequence[str]) -> Document:
    items = "".join(
        f"<item><title>Day {day}</title><link>{escape(url)}</link><guid>{escape(url)}</guid>"
        f"<comments>{escape(url)}</comments><pubDate>02 May 2026 08:00:00 +0000</pubDate></item>"
        for day, url in enumerate(targets)
    )
    more = "".join(f'<atom:link rel="{rel}" href="{escape(url)}"/>' for rel in ("next", "hub") for url in targets)
    channel = f'<channel xmlns:atom="http://www.w3.org/2005/Atom"><title>Feed</title>{more}{items}</channel>'
    return Document(f'<rss version="2.0">{channel}</rss>'.encode(), "application/rss+xml")


def sitemap(targets: Sequence[str], outer: str, inner: str) -> Document:
    entries = "".join(f"<{inner}><loc>{escape(url)}</loc></{inner}>" for url in targets)
    return Document(f"<{outer}>{entries}</{outer}>".encode(), "application/xml")


def anchors(targets: Sequence[str], rel: str = "") -> str:
    return "".join(f'<p><a rel="{rel}" href="{escape(url)}">{escape(url)}</a></p>' for url in targets)


def links(targets: Sequence[str]) -> Site:
    profiles = [f"{url}@ann" for url in targets if url.endswith("/")]
    return small_blog() | {"/post-1/": post_page("Links", 1, links=anchors([*targets, *profiles]))}


def identities(targets: Sequence[str]) -> Site:
    profiles = [f"{url}@ann" for url in targets if url.endswith("/")]
    return small_blog() | {"/": page("Me", anchors(["/post-1/"]) + anchors([*targets, *profiles], rel="me"))}


def heads(targets: Sequence[str]) -> Site:
    """A page whose head, Link header and frames name every target."""
    rels = ("canonical", "alternate", "next", "prev", "amphtml", "author", "me", "stylesheet", "icon", "preconnect")
    named = "".join(
        f'<link rel="{rel}" type="application/rss+xml" href="{escape(url)}">' for rel in rels for url in targets
    )
    frames = "".join(f'<iframe src="{escape(url)}"></iframe><img src="{escape(url)}">' for url in targets)
    header = ", ".join(f'<{url}>; rel="alternate"; type="application/rss+xml"' for url in targets if url.isascii())
    home = page("Heads", anchors(["/post-1/", "/based/"]) + frames, named)
    based = [
        post_page(f"Based on {url}", 4, f'<base href="{escape(url)}">', f'<p>{url * 9}</p><a href="inner">inner</a>')
        for url in targets
    ]
    return (
        small_blog()
        | {"/": Document(home.encode(), headers=(("Link", header[:30_000]),))}
        | {f"/based/{number}/": body for number, body in enumerate(based)}
        | {"/based/": page("All", anchors([f"/based/{number}/" for number in range(len(based))]))}
    )


def maps(targets: Sequence[str]) -> Site:
    lines = "".join(f"Sitemap: {url}\n" for url in (*targets, "/own.xml"))
    return small_blog() | {
        "/robots.txt": Document(f"User-agent: *\n{lines}".encode(), PLAIN),
        "/own.xml": sitemap(targets, "sitemapindex", "sitemap"),
        "/sitemap.xml": sitemap(targets, "urlset", "url"),
    }


def page_redirects(targets: Sequence[str]) -> Site:
    ways = {f"/{status}/{number}": redirect(url, status) for status in STATUSES for number, url in enumerate(targets)}
    return {**small_blog(), "/": page("Redirects", anchors([*ways, "/post-1/"])), **ways}


WAYS: Mapping[str, Callable[[Sequence[str]], Site]] = {
    "links": links,
    "identities": identities,
    "heads": heads,
    "maps": maps,
    "feeds": lambda targets: small_blog() | {"/feed.xml": rss(targets)},
    "redirects": lambda targets: page_redirects(targets[::6]),
}

# What a site has one of: a host for each target.
ONE_BY_ONE: Mapping[str, Callable[[str, int], Site]] = {
    "refresh": lambda url, _: {"/": MetaRefresh(url)},
    "moved": lambda url, status: {"/": redirect(url, status)},
    "robots": lambda url, status: small_blog() | {"/robots.txt": redirect(url, status)},
    "tdmrep": lambda url, status: small_blog(1) | {"/.well-known/tdmrep.json": redirect(url, status)},
}


@dataclass(frozen=True)
class Attacked:
    web: MockWeb
    canary: Canary
    targets: list[str]
    report: CrawlReport
    database: Database

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with self.database.read() as connection:
            return [tuple(row) for row in connection.execute(text(query))]


def lay_traps(web: MockWeb, targets: Sequence[str]) -> None:
    statuses = cycle(STATUSES)
    hosts = {f"{way}.way.test": make(targets) for way, make in WAYS.items()}
    for way, make_one in ONE_BY_ONE.items():
        step = 4 if way == "tdmrep" else 1
        hosts |= {f"{way}-{n}.way.test": make_one(url, next(statuses)) for n, url in enumerate(targets[::step])}
    for host, site in hosts.items():
        for path, content in site.items():
            web.add(host, path, content)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("ssrf"), contact=CONTACT, visit_pages=500)
    with MockWeb(host="127.0.0.2") as web, Canary(EVERYWHERE) as canary:
        port = int(canary.url.rpartition(":")[2].strip("/"))
        closed = [f"http://links.way.test:{number}/" for number in CLOSED_PORTS]
        direct = [f"http://127.0.0.2:{web.port}/"]
        targets = [*addresses(port), *direct, *closed, *(other.format(port=port) for other in OTHERS)]
        lay_traps(web, targets)
        report = run_crawl(
            settings,
            [web.url(host) for host in web.hosts],
            depth=1,
            max_pages_per_site=400,
            static_hosts={"*.way.test": (web.address, web.port)},
            retry_delays_seconds=(0.05,),
            access=WebAccess(ports=(80, 443, port, web.port), lookup=FakeLookup()),
        )
        database = open_database(settings)
        yield Attacked(web, canary, targets, report, database)
        database.close()


def test_nothing_inside_was_so_much_as_connected_to(attacked: Attacked) -> None:
    assert attacked.canary.hits == 0
    assert {one.host for one in attacked.web.requests} == set(attacked.web.hosts)


def test_every_way_was_gone(attacked: Attacked) -> None:
    hosts = {one.host.partition(".")[0].partition("-")[0] for one in attacked.web.requests}
    assert hosts == {*WAYS, *ONE_BY_ONE}
    walked = {
        ("links.way.test", "/post-1/"),
        ("maps.way.test", "/own.xml"),
        ("maps.way.test", "/sitemap.xml"),
        ("feeds.way.test", "/feed.xml"),
        *(("redirects.way.test", f"/{status}/0") for status in STATUSES),
        *((f"{way}-{number}.way.test", "/") for way in ("moved", "refresh") for number in range(40)),
        *((f"robots-{number}.way.test", "/robots.txt") for number in range(40)),
        ("tdmrep-0.way.test", "/.well-known/tdmrep.json"),
        *(("heads.way.test", f"/based/{number}/") for number in range(40)),
    }
    assert walked <= {(one.host, one.path) for one in attacked.web.requests}


def test_nobody_but_the_public_host_answered(attacked: Attacked) -> None:
    assert attacked.rows("SELECT url FROM fetch WHERE status IS NOT NULL AND url NOT LIKE '%.way.test%'") == []


def test_what_was_asked_for_inside_was_refused_by_the_guard(attacked: Attacked) -> None:
    refused = attacked.rows("SELECT url, reason FROM fetch WHERE status IS NULL AND url NOT LIKE '%.way.test%'")
    reasons = {str(reason) for _, reason in refused}
    asked = {str(url) for url, _ in refused}
    assert all(any(f"//{name}.test:" in url for url in asked) for name in NAMES)
    assert len([reason for reason in reasons if "not on the public web" in reason]) >= len(NAMES)


def test_a_name_that_changes_its_answer_is_refused_at_the_second(attacked: Attacked) -> None:
    found = attacked.rows("SELECT reason FROM fetch WHERE url LIKE '%//rebinding.test%' ORDER BY id")
    first, *later = [str(reason) for (reason,) in found]
    assert "not on the public web" not in first
    assert any("rebinding.test is not on the public web: 127.0.0.1" in reason for reason in later)


def test_a_blog_that_leads_inside_is_read_all_the_same(attacked: Attacked) -> None:
    found = attacked.rows("SELECT key FROM site WHERE health = 'ok'")
    assert {f"{way}.way.test:{attacked.web.port}" for way in WAYS} <= {str(key) for (key,) in found}


def test_each_site_has_its_end_and_nothing_waits(attacked: Attacked) -> None:
    assert attacked.rows("SELECT count(*) FROM crawl_site WHERE state = 'queued'") == [(0,)]
    assert sum(attacked.report.outcomes.values()) == attacked.report.pages_fetched


def opml(folder: Path, urls: Sequence[str]) -> Path:
    file = folder / "blogs.opml"
    outlines = "".join(f'<outline type="rss" text="x" htmlUrl="{escape(url)}"/>' for url in urls)
    file.write_text(f'<opml version="2.0"><body>{outlines}</body></opml>', encoding="utf-8")
    return file


def test_seeds_from_a_list_and_from_the_api_are_refused_too(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", contact=CONTACT)
    with Canary(EVERYWHERE) as canary:
        port = int(canary.url.rpartition(":")[2].strip("/"))
        seeds = read_seeds(opml(tmp_path, addresses(port)))
        access = WebAccess(ports=(80, 443, port), lookup=FakeLookup())
        report = run_crawl(settings, seeds, access=access, retry_delays_seconds=())
        by_api = crawl_by_api(settings, addresses(port), named_addresses(80, "nl"), access)
        assert canary.hits == 0
    assert report.sites["failed"] == sum(report.sites.values()) >= len(NAMES) + 20
    assert by_api.sites["failed"] == sum(by_api.sites.values()) == len(NAMES)
    assert set(report.outcomes) | set(by_api.outcomes) <= {"blocked", "network_error"}


def crawl_by_api(settings: Settings, refused: Sequence[str], taken: Sequence[str], access: WebAccess) -> CrawlReport:
    """What the route for imports does, and then a runner: addresses, reserved names and ports are refused at once."""
    database = open_database(settings)
    try:
        rows = import_sites(settings, database, entries_of("\n".join([*refused, *taken])))
        assert [row.text for row in rows if row.status is not RowStatus.REFUSED] == list(taken)
        homes = [row.home_url for row in rows if row.home_url is not None]
        with database.transaction() as connection:
            room = workspaces.ensure(connection, "default", now=utc_now()).workspace_id
        started = start_crawl(settings, database, homes, CrawlWish(), workspace_id=room, workspace="wsp_x")
        with database.read() as connection:
            crawl = crawls.visible(connection, started.crawl_public_id, workspace_id=room, now=utc_now())
        assert crawl is not None
    finally:
        database.close()
    return resume_crawl(settings, crawl.crawl_id, access=access, retry_delays_seconds=())


@pytest.mark.parametrize("address", [*OTHERS, "http://[::1/", "http://[::1.2.3/"])
def test_what_is_no_web_address_is_no_seed(settings: Settings, tmp_path: Path, address: str) -> None:
    with pytest.raises(AddressError):
        run_crawl(settings.model_copy(update={"contact": CONTACT}), [address.format(port=80)])
    with pytest.raises(SeedsError):
        read_seeds(opml(tmp_path, [address.format(port=80)]))


def test_the_spellings_are_more_than_the_obvious_ones() -> None:
    assert len(set(SPELLINGS)) == len(SPELLINGS) >= 30
