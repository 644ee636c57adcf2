"""What a page brings is stored together, once, under all its addresses; on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, select

from bloghound.records import (
    Disclosure,
    EngagementKind,
    EngagementReading,
    Link,
    LinkContext,
    Outcome,
    ParsedPost,
    PostSource,
    UnknownReason,
)
from storage import crawls, engagement, erasure, identity, links, pages, posts, rankable, results, sites, suppressions
from storage.database import Database
from storage.merging import ReadPost
from storage.pages import NewPage
from storage.results import PageResult
from storage.sites import NewSite
from storage.tables import Blogger, EngagementObservation, Fetch, Page, Post, PostAddress, Site
from storage.tables import Link as LinkRow
from storage.tables.base import table_of

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
POST, ADDRESS, OBSERVATION = table_of(Post), table_of(PostAddress), table_of(EngagementObservation)
TEXT = " ".join(f"word{number}" for number in range(60))
HOME = "https://a.example"


def _post(url: str = f"{HOME}/p", text: str = TEXT, source: PostSource = PostSource.PAGE, **more: Any) -> ParsedPost:
    return ParsedPost(url=url, title=more.pop("title", "A post"), text=text, source=source, **more)


class Store:
    """One site in an empty database, and a way to record pages of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        self.site_id = sites.ensure(connection, [NewSite("a.example", HOME)], now=NOW)["a.example"]

    def page(self, url: str, *reads: ReadPost, **more: Any) -> PageResult:
        outcome = more.pop("outcome", Outcome.POST)
        return PageResult(self.crawl_id, self.site_id, url, outcome, NOW, "live", posts=tuple(reads), **more)

    def record(self, *pages: PageResult, now: datetime = NOW) -> list[tuple[int, int]]:
        return results.record(self.connection, pages, secret_key=SECRET, now=now)

    def keep(self, *reads: ReadPost, now: datetime = NOW) -> list[tuple[int, int]]:
        return self.record(*(self.page(read.post.url, read) for read in reads), now=now)

    def count(self, table: Table) -> int:
        return self.connection.execute(select(func.count()).select_from(table)).scalar_one()

    def column(self, column: Any) -> Sequence[Any]:
        return self.connection.execute(select(column).order_by(column.table.c.id)).scalars().all()


def test_the_same_page_twice_is_one_post(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        assert store.keep(ReadPost(_post())) == [(1, 0)]
        assert store.keep(ReadPost(_post())) == [(0, 0)]
        assert store.count(POST) == 1


def test_changed_text_updates_the_post(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post()))
        assert store.keep(ReadPost(_post(text=TEXT + " more"))) == [(0, 1)]
        assert store.column(POST.c.text) == [TEXT + " more"]


def test_a_page_replaces_what_its_feed_said_and_keeps_the_feeds_date(database: Database) -> None:
    feed = _post(f"{HOME}/p?x=1", "A summary.", PostSource.FEED, published=NOW, date_source="feed", author="Ann")
    page = _post(f"{HOME}/p", addresses=(f"{HOME}/p?x=1",))
    with database.transaction() as connection:
        store = Store(connection)
        assert store.keep(ReadPost(feed, in_feed=True)) == [(1, 0)]
        assert store.keep(ReadPost(page)) == [(0, 1)]
        row = connection.execute(select(POST)).one()
    assert (row.url, row.text, row.source, row.published_at, row.in_feed) == (f"{HOME}/p", TEXT, "page", NOW, True)
    assert row.author_id is not None


def test_a_feed_never_replaces_the_text_of_a_page(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post()))
        store.keep(ReadPost(_post(text="A summary.", source=PostSource.FEED), in_feed=True))
        assert store.column(POST.c.text) == [TEXT]
        assert posts.feed_addresses(connection, store.site_id) == [f"{HOME}/p"]


@pytest.mark.parametrize(("first", "second", "kept"), [("url", "feed", "feed"), ("feed", "url", "feed")])
def test_a_sure_date_beats_a_guessed_one(database: Database, first: str, second: str, kept: str) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        for source in (first, second):
            store.keep(ReadPost(_post(published=NOW, date_source=source)))
        assert store.column(POST.c.date_source) == [kept]


def test_the_same_text_under_two_addresses_is_one_post(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        assert store.keep(ReadPost(_post()), ReadPost(_post(f"{HOME}/copy"))) == [(1, 0), (0, 0)]
        assert store.column(ADDRESS.c.url) == [f"{HOME}/p", f"{HOME}/copy"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_listing_that_shows_one_post_changes_nothing_of_it(database: Database, order: tuple[int, int]) -> None:
    reads = [
        ReadPost(_post(title="The post")),
        ReadPost(_post(f"{HOME}/tag/x", title="Tag: x"), state="candidate"),
    ]
    with database.transaction() as connection:
        store = Store(connection)
        for index in order:
            store.keep(reads[index])
        assert store.column(POST.c.title) == ["The post"]
        assert store.column(POST.c.url) == [f"{HOME}/p"]
        assert store.column(POST.c.state) == ["live"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_archive_that_shows_a_post_whole_changes_nothing_of_it(database: Database, order: tuple[int, int]) -> None:
    shown = _post(title="May 2026", text=TEXT + " Older posts", addresses=(f"{HOME}/p", f"{HOME}/2026/05"))
    reads = [ReadPost(_post(title="The post")), ReadPost(shown, state="candidate", at_own_address=False)]
    with database.transaction() as connection:
        store = Store(connection)
        for index in order:
            store.keep(reads[index])
        assert store.column(POST.c.title) == ["The post"]
        assert sorted(store.column(ADDRESS.c.url)) == [f"{HOME}/2026/05", f"{HOME}/p"]


def test_equal_short_texts_are_different_posts(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post(text="Photo of the day.")), ReadPost(_post(f"{HOME}/q", text="Photo of the day.")))
        assert store.count(POST) == 2


def test_a_canonical_address_shared_by_different_texts_is_ignored(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        for number in range(3):
            read = ReadPost(_post(f"{HOME}/{number}", text=f"{TEXT} {number}"), canonical_url=f"{HOME}/")
            store.keep(read)
        store.keep(ReadPost(_post(f"{HOME}/", text=f"{TEXT} home")))
        assert store.column(POST.c.url) == [f"{HOME}/0", f"{HOME}/1", f"{HOME}/2", f"{HOME}/"]


def test_a_canonical_address_on_another_host_neither_moves_nor_drops_a_post(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post(), canonical_url="http://localhost:4000/p"))
        assert store.column(POST.c.url) == [f"{HOME}/p"]
        assert store.column(ADDRESS.c.url) == [f"{HOME}/p"]


def test_a_reserved_post_keeps_no_words(database: Database) -> None:
    read = ReadPost(_post(disclosures=(Disclosure("sponsored", "#ad", 0.0),)), text_reserved=True)
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(read)
        row = connection.execute(select(POST)).one()
    assert (row.title, row.text, row.words, row.disclosures, row.text_reserved) == ("", "", 0, [], True)


def test_a_later_reservation_takes_the_words_away(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post()))
        store.keep(ReadPost(_post(), text_reserved=True))
        assert store.column(POST.c.text) == [""]


def test_hostile_characters_are_stored_as_text(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post(title="nul\x00 and \ud800 alone", author="\udfff\x00")))
        assert store.column(POST.c.title) == ["nul and ? alone"]


def test_page_links_and_log_come_with_the_post(database: Database) -> None:
    inward, outward = Link(f"{HOME}/other", LinkContext.CONTENT), Link("https://b.example/x", LinkContext.CONTENT)
    with database.transaction() as connection:
        store = Store(connection)
        result = store.page(
            f"{HOME}/p",
            ReadPost(_post(links=(inward, outward, Link("no address", LinkContext.CONTENT)))),
            new_pages=(NewPage(f"{HOME}/next", priority=5), NewPage(f"{HOME}/next/", priority=9)),
            site_links=(Link("https://c.example/", LinkContext.BLOGROLL),) * 2,
            site_facts={"title": "Ann's"},
        )
        store.record(result)
        assert store.column(table_of(LinkRow).c.target_url) == ["https://b.example/x", "https://c.example/"]
        assert store.column(table_of(Page).c.state) == ["queued", "done"]
        assert store.column(table_of(Site).c.title) == ["Ann's"]
        assert crawls.outcomes(connection, store.crawl_id) == ({"post": 1}, 1, 0)


def test_a_page_to_be_retried_stays_queued(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.transaction() as connection:
        store = Store(connection)
        store.record(store.page(f"{HOME}/p", outcome=Outcome.HTTP_ERROR, retry_at=later, attempts=1))
        assert pages.due(connection, store.site_id, now=NOW, limit=9) == []
        assert [page.attempts for page in pages.due(connection, store.site_id, now=later, limit=9)] == [1]
        assert pages.queue_state(connection, store.site_id) == (1, later)


def test_the_best_address_is_due_first_and_only_once(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        new = [NewPage(f"{HOME}/low", priority=1), NewPage(f"{HOME}/high", priority=2)]
        pages.enqueue(connection, store.site_id, [*new, NewPage("http://a.example/high/index.html", priority=9)])
        assert [page.url for page in pages.due(connection, store.site_id, now=NOW, limit=9)] == [
            f"{HOME}/high",
            f"{HOME}/low",
        ]


def test_a_new_crawl_asks_again_for_what_leads_to_posts(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.record(store.page(f"{HOME}/", kind="home", outcome=Outcome.LISTING), store.page(f"{HOME}/p", kind="post"))
        pages.requeue_leading(connection, store.site_id, now=NOW)
        assert [page.url for page in pages.due(connection, store.site_id, now=NOW, limit=9)] == [f"{HOME}/"]


def test_engagement_is_written_when_it_changes_and_unknown_takes_nothing_back(database: Database) -> None:
    def reading(count: int | None) -> EngagementReading:
        return EngagementReading(
            EngagementKind.COMMENTS, count, None if count is not None else UnknownReason.NOT_EXPOSED
        )

    with database.transaction() as connection:
        store = Store(connection)
        for day, count in enumerate([None, 3, 3, None, 5]):
            store.keep(ReadPost(_post(engagement=(reading(count),))), now=NOW + timedelta(days=day))
        assert store.column(OBSERVATION.c.count) == [None, 3, 5]
        latest = engagement.latest_readings(connection, [1])
    assert latest[1]["comments"].count == 5


def test_settling_makes_candidates_posts_or_removes_them(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(
            ReadPost(_post(f"{HOME}/yes", text=TEXT + " yes"), state="candidate"),
            ReadPost(_post(f"{HOME}/about", text=TEXT + " about"), state="candidate"),
            ReadPost(_post(f"{HOME}/live", text=TEXT + " live")),
        )
        decided = {f"{HOME}/yes": True, f"{HOME}/about": False, f"{HOME}/live": True, f"{HOME}/none": True}
        assert posts.settle(connection, store.site_id, decided) == (1, 1)
        assert store.column(POST.c.url) == [f"{HOME}/yes", f"{HOME}/live"]
        assert posts.count_live(connection, store.site_id) == 2


def test_edges_count_linking_posts_and_name_them(database: Database) -> None:
    to_b = Link("https://b.example/x", LinkContext.CONTENT)
    with database.transaction() as connection:
        store = Store(connection)
        sites.ensure(connection, [NewSite("b.example", "https://b.example/")], now=NOW)
        store.keep(
            ReadPost(_post(f"{HOME}/1", text=TEXT + " 1", links=(to_b,))),
            ReadPost(
                _post(f"{HOME}/2", text=TEXT + " 2", links=(to_b, Link("https://c.example/", LinkContext.CONTENT)))
            ),
        )
        edges = list(links.site_edges(connection))
        everywhere = list(links.site_edges(connection, between_known=False))
    assert [(edge.source_key, edge.target_key, edge.weight, set(edge.evidence_post_ids)) for edge in edges] == [
        ("a.example", "b.example", 2, {1, 2})
    ]
    assert {edge.target_key for edge in everywhere} == {"b.example", "c.example"}


def test_a_blogger_comes_with_sites_posts_and_followers(database: Database) -> None:
    likes = EngagementReading(EngagementKind.LIKES, 4)
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(
            ReadPost(
                _post(engagement=(likes,), links=(Link("https://b.example/", LinkContext.CONTENT, ("sponsored",)),))
            )
        )
        profile = sites.ensure(connection, [NewSite("m.example/@ann", "https://m.example/@ann")], now=NOW)[
            "m.example/@ann"
        ]
        sites.set_facts(connection, profile, {"kind": "profile", "platform": "mastodon"})
        sites.observe_metric(connection, profile, "followers", 42, source_url="u", now=NOW)
        identity.join(connection, store.site_id, profile, method="rel_me", evidence={"blog": "x"}, now=NOW)
        (outline,) = rankable.outlines(connection)
        assert (outline.posts, outline.site_key) == (1, "a.example")
        (blogger,) = rankable.bloggers(connection, [outline])
        assert store.count(table_of(Blogger)) == 1
    assert [(site.key, site.followers) for site in blogger.sites] == [("a.example", None), ("m.example/@ann", 42)]
    assert (blogger.posts[0].engagement, blogger.posts[0].marked_links, blogger.posts[0].editorial_links) == (
        (likes,),
        1,
        0,
    )


def test_forgetting_leaves_nothing_but_a_keyed_hash(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        other = sites.ensure(
            connection, [NewSite("b.example", "https://b.example/", found_from_url=f"{HOME}/p")], now=NOW
        )["b.example"]
        store.keep(ReadPost(_post(author="Ann")))
        links.keep_site_links(connection, [(other, Link(f"{HOME}/", LinkContext.BLOGROLL))], now=NOW)
        receipt = erasure.forget(connection, "a.example", secret_key=SECRET, now=NOW)
        left = [store.count(table) for table in (POST, ADDRESS, table_of(LinkRow), table_of(Page), table_of(Fetch))]
        assert connection.execute(select(table_of(Site).c.found_from_url)).scalars().all() == [None]
        assert "a.example" in suppressions.load(connection, SECRET)
        assert "b.example" not in suppressions.load(connection, SECRET)
    assert left == [0, 0, 0, 0, 0]
    assert (receipt.blogger_gone, receipt.removed["posts"], receipt.removed["links_in"]) == (True, 1, 1)


def test_listing_names_all_addresses(database: Database) -> None:
    with database.transaction() as connection:
        store = Store(connection)
        store.keep(ReadPost(_post(addresses=(f"{HOME}/old",))))
        rows = list(posts.listing(connection))
    assert [(row["site"], row["url"], row["addresses"]) for row in rows] == [
        ("a.example", f"{HOME}/p", [f"{HOME}/old", f"{HOME}/p"])
    ]
