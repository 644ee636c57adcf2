"""What readers did: single comments, talks elsewhere, figures by source, and who cites a post."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, select

from bloghound.records import (
    Comment,
    Discussion,
    EngagementKind,
    EngagementReading,
    Link,
    LinkContext,
    Outcome,
    ParsedPost,
    PostSource,
    UnknownReason,
)
from storage import citations, comments, crawls, discussions, engagement, growth, results, sites
from storage.comments import MAX_COMMENTS_PER_POST
from storage.database import Database, upgrade
from storage.merging import ReadPost
from storage.migrating import run_downgrade
from storage.results import PageResult
from storage.sites import NewSite
from storage.suppressions import keyed_hash
from storage.tables import EngagementObservation, PostComment
from storage.tables.base import table_of, utc_now

NOW = utc_now()
KEY = b"k" * 32
URL = "https://a.example/p"
API = "https://a.example/wp-json/wp/v2/comments"
_COMMENT, _OBSERVATION = table_of(PostComment), table_of(EngagementObservation)


class Web:
    """Sites ``a`` to ``c`` in an empty database, and ways to record what was read of them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id
        new = [NewSite(f"{name}.example", f"https://{name}.example/") for name in "abc"]
        self.ids = sites.ensure(connection, new, now=NOW)

    def post(self, url: str = URL, *, source: PostSource = PostSource.PAGE, state: str = "live", **more: Any) -> None:
        text = more.pop("text", f"words of {url} " * 20)
        read = ReadPost(ParsedPost(url, "A post", text, source, **more), state=state)
        self.record(url, posts=(read,))

    def record(self, url: str, *, now: datetime = NOW, key: str = "", **more: Any) -> None:
        key = key or url.split("/")[2]
        page = PageResult(self.crawl_id, self.ids[key], url, Outcome.POST, NOW, "live", **more)
        results.record(self.connection, [page], secret_key=KEY, now=now)

    def rows(self, *names: str) -> list[tuple[Any, ...]]:
        columns = [_COMMENT.c[name] for name in names]
        return [tuple(row) for row in self.connection.execute(select(*columns).order_by(_COMMENT.c.id))]

    def counts(self) -> Sequence[int | None]:
        return self.connection.execute(select(_OBSERVATION.c.count).order_by(_OBSERVATION.c.id)).scalars().all()


def test_comments_are_kept_once_and_without_names(database: Database) -> None:
    read = (Comment("bob", "7", NOW, 12), Comment("eve"), Comment("eve"), Comment("ann", "9", by_author=True))
    with database.transaction() as connection:
        web = Web(connection)
        web.post(comments=read)
        web.post(comments=read)
        eve = keyed_hash(KEY, "eve")
        assert [row[0] for row in web.rows("comment_key")] == ["7", f"{eve}#1", f"{eve}#2", "9"]
        (said,) = comments.of_posts(connection, [1]).values()
    assert said.commenters == (keyed_hash(KEY, "bob"), eve, eve)
    assert (said.author_answers, said.words) == (1, (12,))


def test_of_several_sources_the_one_that_knows_most_is_believed(database: Database) -> None:
    everybody = tuple((URL, Comment(name, str(place))) for place, name in enumerate(("eve", "bob", "kim")))
    with database.transaction() as connection:
        web = Web(connection)
        web.post(comments=(Comment("bob", "1"),))
        web.record(API, comments=everybody, is_api=True)
        web.record("https://a.example/comments/feed/", comments=everybody[:2])
        assert sorted({row[0] for row in web.rows("source")}) == ["api", "feed", "page"]
        (said,) = comments.of_posts(connection, [1]).values()
    assert said.commenters == tuple(keyed_hash(KEY, name) for name in ("eve", "bob", "kim"))


def test_the_authors_answer_is_the_authors_in_every_source(database: Database) -> None:
    marked = (Comment("bob", "1"), Comment("ann", "2", by_author=True))
    unmarked = tuple((URL, Comment(name, str(place + 1))) for place, name in enumerate(("bob", "ann", "eve")))
    with database.transaction() as connection:
        web = Web(connection)
        web.post(comments=marked)
        web.record("https://a.example/comments/feed/", comments=unmarked)
        (said,) = comments.of_posts(connection, [1]).values()
    assert said.commenters == (keyed_hash(KEY, "bob"), keyed_hash(KEY, "eve"))
    assert said.author_answers == 1


def test_comments_come_in_the_order_of_their_dates(database: Database) -> None:
    read = tuple(Comment(f"p{day}", str(day), NOW - timedelta(days=day)) for day in (1, 3, 2))
    with database.transaction() as connection:
        Web(connection).post(comments=read)
        (said,) = comments.of_posts(connection, [1]).values()
    assert said.commenters == tuple(keyed_hash(KEY, f"p{day}") for day in (3, 2, 1))


def test_what_is_about_an_unknown_post_or_by_nobody_is_dropped(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        web.post()
        stray = (("https://a.example/other", Comment("bob")), (URL, Comment("")), ("no address", Comment("eve")))
        web.record(API, comments=stray, readings=(("https://a.example/other", _figure(3)),), is_api=True)
        assert web.rows("id") == []
        assert web.counts() == []


def test_a_page_of_spam_does_not_fill_the_store(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        web.post(comments=tuple(Comment("bot", str(number)) for number in range(MAX_COMMENTS_PER_POST + 5)))
        assert len(web.rows("id")) == MAX_COMMENTS_PER_POST


def _figure(count: int | None, reason: UnknownReason | None = None) -> EngagementReading:
    return EngagementReading(EngagementKind.COMMENTS, count, reason)


def test_sources_that_disagree_for_good_write_no_row_at_every_visit(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        for day in range(3):
            when = NOW + timedelta(days=day)
            read = ReadPost(ParsedPost(URL, "A post", "words " * 40, PostSource.PAGE, engagement=(_figure(12),)))
            web.record(URL, posts=(read,), now=when)
            web.record(f"{API}?page={day}", readings=((URL, _figure(10)),), is_api=True, now=when + timedelta(hours=1))
        assert web.counts() == [12, 10]
        web.record(API, readings=((URL, _figure(11)),), is_api=True, now=NOW + timedelta(days=9))
        assert engagement.latest_readings(connection, [1])[1]["comments"].count == 11


def test_reasons_of_two_sources_do_not_take_turns(database: Database) -> None:
    closed, hidden = _figure(None, UnknownReason.COMMENTS_CLOSED), _figure(None, UnknownReason.NOT_EXPOSED)
    with database.transaction() as connection:
        web = Web(connection)
        web.post()
        for day in range(3):
            web.record(URL, readings=((URL, hidden),), now=NOW + timedelta(days=day))
            web.record(API, readings=((URL, closed),), is_api=True, now=NOW + timedelta(days=day, hours=1))
        assert web.counts() == [None, None]
        assert engagement.latest_readings(connection, [1])[1]["comments"].reason is UnknownReason.COMMENTS_CLOSED


def test_a_talk_elsewhere_keeps_its_latest_figures(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        web.post()
        for points, said in ((3, 1), (120, 48)):
            talk = Discussion("hackernews", "https://news.example/item?id=1", points, said, NOW)
            web.record(API, discussions=((URL, talk),), is_api=True)
        (shown,) = discussions.of_blogger(connection, 1, limit=9)
    assert (shown.post_url, shown.venue, shown.points, shown.comments) == (URL, "hackernews", 120, 48)
    assert shown.started_at == NOW


@pytest.mark.parametrize(
    ("rel", "state", "context", "citing"),
    [
        ((), "live", LinkContext.CONTENT, 1),
        (("noopener",), "live", LinkContext.CONTENT, 1),
        (("nofollow",), "live", LinkContext.CONTENT, 0),
        (("sponsored",), "live", LinkContext.CONTENT, 0),
        ((), "candidate", LinkContext.CONTENT, 0),
        ((), "live", LinkContext.BOILERPLATE, 0),
    ],
)
def test_who_cites_a_post(
    database: Database, rel: tuple[str, ...], state: str, context: LinkContext, citing: int
) -> None:
    link = Link(f"{URL}/", context, rel=rel)
    with database.transaction() as connection:
        web = Web(connection)
        web.post()
        web.post("https://b.example/1", state=state, links=(link,))
        web.post("https://b.example/2", state=state, links=(link,))
        web.post("https://a.example/own", links=(Link(URL, LinkContext.CONTENT),))
        assert citations.citing_bloggers(connection, list(web.ids.values())) == ({1: citing} if citing else {})


def test_each_citing_blogger_counts_once(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        web.post()
        for key in ("b", "b", "c"):
            number = len(web.ids)
            web.post(f"https://{key}.example/{number}", links=(Link(URL, LinkContext.CONTENT),))
        assert citations.citing_bloggers(connection, [web.ids["a.example"]]) == {1: 2}


def test_old_commenters_become_comments_and_again_commenters(database: Database) -> None:
    upgrade(database)
    with database.transaction() as connection:
        Web(connection).post(comments=(Comment("bob"), Comment("eve"), Comment("eve")))
    run_downgrade(database, "0004")
    with database.transaction() as connection:
        query = sa.text("SELECT commenter_hash, comments FROM commenter")
        old = {(person, number) for person, number in connection.execute(query)}
    upgrade(database)
    assert old == {(keyed_hash(KEY, "bob"), 1), (keyed_hash(KEY, "eve"), 2)}
    with database.read() as connection:
        (said,) = comments.of_posts(connection, [1]).values()
    assert sorted(said.commenters) == sorted(keyed_hash(KEY, name) for name in ("bob", "eve", "eve"))


def _shown(*read: Comment, count: int | None = None) -> dict[str, Any]:
    return {"comments": read, "engagement": () if count is None else (_figure(count),)}


def test_what_a_page_that_lists_all_comments_no_longer_shows_goes(database: Database) -> None:
    three = tuple(Comment(name, str(place)) for place, name in enumerate(("bob", "eve", "kim")))
    with database.transaction() as connection:
        web = Web(connection)
        web.post(**_shown(*three, count=3))
        web.post(**_shown(*three[:1], count=3))
        assert len(web.rows("id")) == 3
        web.post(**_shown(*three[:1], count=1))
        assert web.rows("comment_key") == [("0",)]


def test_comments_that_got_ids_are_not_counted_twice(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        web.post(**_shown(Comment("bob"), Comment("ann")))
        web.post(**_shown(Comment("bob", "11"), Comment("ann", "12", by_author=True)))
        (said,) = comments.of_posts(connection, [1]).values()
    assert (said.commenters, said.author_answers) == ((keyed_hash(KEY, "bob"),), 1)


def test_the_interface_is_believed_when_the_page_counts_otherwise(database: Database) -> None:
    with database.transaction() as connection:
        web = Web(connection)
        for day, (on_page, told) in enumerate([(8, 3), (9, 3), (9, 3), (9, 4)]):
            when = NOW + timedelta(days=day)
            read = ReadPost(ParsedPost(URL, "A post", "words " * 40, PostSource.PAGE, engagement=(_figure(on_page),)))
            web.record(URL, posts=(read,), now=when)
            web.record(API, readings=((URL, _figure(told)),), is_api=True, now=when + timedelta(hours=1))
            assert engagement.latest_readings(connection, [1])[1]["comments"].count == told
        assert web.counts() == [8, 3, 9, 3, 4]
        (seen,) = growth.looks(connection, [1]).values()
    assert [look.count for look in seen["comments"]] == [3, 4]


def test_two_sources_of_one_moment_are_both_kept(database: Database) -> None:
    def visit(web: Web, day: int) -> None:
        def read(source: PostSource, count: int) -> ReadPost:
            return ReadPost(ParsedPost(URL, "A post", "words " * 40, source, engagement=(_figure(count),)))

        feed = "https://a.example/feed/"
        both = [(feed, read(PostSource.FEED, 10)), (URL, read(PostSource.PAGE, 12))]
        pages = [
            PageResult(web.crawl_id, web.ids["a.example"], url, Outcome.POST, NOW, "live", posts=(one,))
            for url, one in both
        ]
        results.record(web.connection, pages, secret_key=KEY, now=NOW + timedelta(days=day))

    with database.transaction() as connection:
        web = Web(connection)
        for day in range(3):
            visit(web, day)
        assert web.counts() == [10, 12]
