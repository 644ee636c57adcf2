"""A blogger's posts in pages, with the latest figures and their sources."""

from datetime import timedelta

from bloghound.records import EngagementKind, EngagementReading, ParsedPost, PostSource, UnknownReason
from storage import post_pages
from storage.database import Database
from tests.stored_bloggers import NOW, Stored


def reading(count: int | None) -> EngagementReading:
    reason = UnknownReason.COMMENTS_CLOSED if count is None else None
    return EngagementReading(EngagementKind.COMMENTS, count, reason)


def post(url: str, *readings: EngagementReading, text: str = "Some words of a post.") -> ParsedPost:
    return ParsedPost(url=url, title="T", text=text, source=PostSource.PAGE, published=NOW, engagement=readings)


def test_pages_are_newest_first_and_undated_posts_come_last(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("a.example")
        store.posts("a.example", 1, start=9, published=None, text="Undated words, {number} of them.")
        store.posts("a.example", 4)
        found, after = [], None
        while rows := post_pages.page(connection, [site_id], limit=2, after=after):
            found += [row.url[-1] for row in rows]
            after = rows[-1].position
    assert found == ["0", "1", "2", "3", "9"]


def test_posts_of_one_moment_are_neither_lost_nor_repeated(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("a.example")
        store.posts("a.example", 5, days_apart=0)
        first = post_pages.page(connection, [site_id], limit=3)
        rest = post_pages.page(connection, [site_id], limit=3, after=first[-1].position)
    assert sorted(row.url[-1] for row in [*first, *rest]) == ["0", "1", "2", "3", "4"]


def test_the_latest_figure_is_shown_with_its_source(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("a.example")
        store.keep(site_id, post("https://a.example/p", reading(3)))
        store.keep(site_id, post("https://a.example/p", reading(5)), NOW + timedelta(days=1))
        store.keep(site_id, post("https://a.example/q", reading(None), text="Other words."))
        shown = {row.url[-1]: row.engagement for row in post_pages.page(connection, [site_id], limit=9)}
    assert [(one.kind, one.count, one.observed_at) for one in shown["p"]] == [("comments", 5, NOW + timedelta(days=1))]
    assert [(one.count, one.reason, one.source_url) for one in shown["q"]] == [
        (None, "comments_closed", "https://a.example/q")
    ]


def test_dates_since_a_time_leave_out_the_undated(database: Database) -> None:
    with database.transaction() as connection:
        store = Stored(connection)
        site_id = store.site("a.example")
        store.posts("a.example", 3)
        store.posts("a.example", 1, start=9, published=None, text="Undated words, {number} of them.")
        dated = post_pages.dated_since(connection, [site_id], NOW - timedelta(days=7))
    assert [one.published_at for one in dated] == [NOW - timedelta(days=7), NOW]
