"""Stored worlds as hypothesis draws them, row by row; and what is to be read of them, said in plain words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from bloghound.records import (
    NO_VOTE_RELS,
    Disclosure,
    EngagementKind,
    EngagementReading,
    PostComments,
    RankableBlogger,
    RankablePost,
    RankableSite,
    SiteHealth,
    UnknownReason,
)
from bloghound.urls import fold_url
from storage.database import Database
from storage.tables import Author, Blogger, EngagementObservation, Link, Post, PostAddress, PostComment, Site
from storage.tables.base import table_of

Row = dict[str, Any]

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=365)
DAYS = st.sampled_from([None, *(NOW - timedelta(days=days) for days in (0, 1, 30))])
MOMENTS = [NOW + timedelta(hours=hours) for hours in range(3)]
PAID = {"kind": "sponsored", "words": "paid", "position": 0.5}
RELS: tuple[list[str], ...] = ([], [], ["nofollow"], ["sponsored"], ["sponsored", "ugc"], ["me"])
TABLES = (Blogger, Site, Author, Post, PostAddress, EngagementObservation, PostComment, Link)


@dataclass
class World:
    """Rows by table, in the order in which they may be written."""

    rows: dict[type, list[Row]] = field(default_factory=lambda: {table: [] for table in TABLES})

    def add(self, table: type, **row: Any) -> Row:
        """A row with the next id."""
        self.rows[table].append({"id": len(self.rows[table]) + 1, **row})
        return self.rows[table][-1]

    def write(self, connection: Connection) -> None:
        """Store everything."""
        for table, rows in self.rows.items():
            if rows:
                connection.execute(insert(table_of(table)), rows)

    def of(self, table: type, **values: Any) -> list[Row]:
        """The rows with these values, by id."""
        return [row for row in self.rows[table] if all(row[name] == value for name, value in values.items())]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to four bloggers with up to two sites each, posts in all states, readers, and links everywhere."""
    world = World()
    for number in draw(st.permutations(range(draw(st.integers(1, 4))))):
        keys = [f"s{number}.example", f"p{number}.example"][: draw(st.integers(1, 2))]
        name = draw(st.sampled_from(["", "Ann"]))
        blogger = world.add(Blogger, public_id=f"blg_{number}", name=name, site_key=keys[0], created_at=NOW)
        for key in keys:
            _add_site(draw, world, blogger["id"], key)
    for _ in range(draw(st.integers(0, 9))):
        _add_post(draw, world, draw(st.sampled_from(world.rows[Site])))
    for post in world.rows[Post]:
        _add_readers(draw, world, post["id"])
        _add_links(draw, world, post)
    return world


def _add_site(draw: st.DrawFn, world: World, blogger_id: int, key: str) -> None:
    health = draw(st.sampled_from([None, SiteHealth.OK.value, SiteHealth.NOT_A_BLOG.value]))
    facts: Row = {"title": draw(st.sampled_from(["", "Notes"])), "kind": draw(st.sampled_from(["blog", "profile"]))}
    facts |= {"platform": "ghost", "language": None, "flags": draw(st.sampled_from([[], ["link_farm"]]))}
    home = {"home_url": f"https://{key}/", "public_id": f"site_{key}", "first_seen": NOW, "health": health}
    world.add(Site, blogger_id=blogger_id, key=key, **home, **facts)
    if len(world.rows[Author]) < 2:
        world.add(Author, site_id=world.rows[Site][-1]["id"], name=f"Author of {key}", first_seen=NOW)


def _add_post(draw: st.DrawFn, world: World, site: Row) -> None:
    number = len(world.rows[Post])
    post = world.add(
        Post,
        site_id=site["id"],
        author_id=draw(st.sampled_from([None, *(row["id"] for row in world.of(Author))])),
        url=f"https://{site['key']}/{number}",
        title=f"Entry {number}",
        text=f"Text {number}",
        content_hash=f"{number:064x}",
        text_hash="",
        published_at=draw(DAYS),
        language=draw(st.sampled_from([None, "en"])),
        words=number,
        state=draw(st.sampled_from(["live", "live", "live", "candidate", "vanished"])),
        text_reserved=draw(st.booleans()),
        disclosures=draw(st.sampled_from([[], [PAID]])),
        first_seen=NOW,
        updated_at=NOW,
    )
    for url in (post["url"], f"https://{site['key']}/old/{number}"):
        world.add(PostAddress, post_id=post["id"], site_id=site["id"], url=url, folded_url=fold_url(url), claim="own")


def _add_readers(draw: st.DrawFn, world: World, post_id: int) -> None:
    seen = st.tuples(st.sampled_from(["likes", "comments", "views"]), st.sampled_from(MOMENTS))
    for kind, moment in draw(st.sets(seen, max_size=4)):
        count = draw(st.sampled_from([None, 0, 7]))
        reason = UnknownReason.NOT_EXPOSED.value if count is None else None
        told = {"count": count, "reason": reason, "source_url": "u", "imported_from": ""}
        world.add(EngagementObservation, post_id=post_id, kind=kind, observed_at=moment, **told)
    for source, key in draw(
        st.sets(st.tuples(st.sampled_from(["api", "page", "feed"]), st.integers(1, 3)), max_size=5)
    ):
        words, by_author = draw(st.sampled_from([None, 4, 9])), draw(st.sampled_from([False, False, True]))
        said = {"words": words, "by_author": by_author, "published_at": draw(DAYS), "first_seen": NOW}
        world.add(
            PostComment, post_id=post_id, source=source, comment_key=str(key), commenter_hash=f"h{key % 2}", **said
        )


def _add_links(draw: st.DrawFn, world: World, post: Row) -> None:
    pages = [row["url"] for row in world.rows[PostAddress]] + [row["home_url"] for row in world.rows[Site]]
    forms = st.tuples(st.sampled_from(pages), st.sampled_from(["", "/", "/index.html", "?page=2"]))
    for url, ending in draw(st.sets(forms, max_size=4)):
        context = draw(st.sampled_from(["content", "content", "blogroll"]))
        _add_link(draw, world, f"{url}{ending}", site_id=post["site_id"], post_id=post["id"], context=context)
    if not world.of(Link, site_id=post["site_id"], post_id=None):
        target = draw(st.sampled_from(world.rows[Site]))["home_url"]
        _add_link(draw, world, target, site_id=post["site_id"], post_id=None, context="blogroll")


def _add_link(draw: st.DrawFn, world: World, url: str, **place: Any) -> None:
    target = {"target_url": url, "target_site_key": url.split("/")[2], "anchor": ""}
    seen = {"first_seen": LONG_AGO, "last_seen": draw(st.sampled_from([NOW, LONG_AGO]))}
    world.add(Link, **place, rel=draw(st.sampled_from(RELS)), **target, **seen)


# Every example is undone at its end, so that one empty database serves all.
drawn = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


class _UndoneError(Exception):
    pass


@contextmanager
def stored(database: Database, world: World) -> Iterator[Connection]:
    """A connection to the database with the world in it, which is gone afterwards."""
    with suppress(_UndoneError), database.transaction() as connection:
        world.write(connection)
        yield connection
        raise _UndoneError


def read_plainly(world: World, newest: int | None) -> list[RankableBlogger]:
    """What `storage.rankable.bloggers` has to give, looked up row by row."""
    found = []
    for blogger in sorted(world.rows[Blogger], key=lambda row: str(row["site_key"])):
        sites = sorted(world.of(Site, blogger_id=blogger["id"]), key=lambda row: (row["kind"], row["key"]))
        blogs = [site["id"] for site in sites if site["health"] != SiteHealth.NOT_A_BLOG.value]
        live = [row for row in world.of(Post, state="live") if row["site_id"] in blogs]
        live.sort(key=lambda row: (row["published_at"] or datetime.min.replace(tzinfo=UTC), row["id"]), reverse=True)
        posts = sorted(live[:newest], key=lambda row: int(row["id"]))
        if posts:
            found.append(_blogger(world, blogger, sites, posts))
    return found


def _blogger(world: World, blogger: Row, sites: Sequence[Row], posts: Sequence[Row]) -> RankableBlogger:
    title = next((site["title"] for site in sites if site["title"]), "")
    return RankableBlogger(
        blogger_id=blogger["id"],
        public_id=blogger["public_id"],
        name=blogger["name"] or title or blogger["site_key"],
        site_key=blogger["site_key"],
        home_url=f"https://{blogger['site_key']}/",
        sites=tuple(_site(site) for site in sites),
        posts=tuple(_post(world, post, blogger["id"]) for post in posts),
    )


def _site(row: Row) -> RankableSite:
    same = ("public_id", "key", "home_url", "title", "kind", "platform", "language")
    health = SiteHealth(row["health"]) if row["health"] else None
    return RankableSite(row["id"], **{name: row[name] for name in same}, health=health, flags=tuple(row["flags"]))


def _post(world: World, row: Row, blogger_id: int) -> RankablePost:
    marked = ["sponsored" in link["rel"] for link in world.of(Link, post_id=row["id"])]
    return RankablePost(
        post_id=row["id"],
        url=row["url"],
        content_hash=row["content_hash"],
        language=row["language"],
        published=row["published_at"],
        words=row["words"],
        author=next((author["name"] for author in world.of(Author, id=row["author_id"])), None),
        engagement=_readings(world.of(EngagementObservation, post_id=row["id"])),
        comments=_comments(world.of(PostComment, post_id=row["id"])),
        citing_bloggers=_citing(world, row, blogger_id),
        disclosures=tuple(Disclosure(**found) for found in row["disclosures"]),
        editorial_links=marked.count(False),
        marked_links=marked.count(True),
        text_reserved=row["text_reserved"],
    )


def _readings(rows: Sequence[Row]) -> tuple[EngagementReading, ...]:
    latest = {row["kind"]: row for row in sorted(rows, key=lambda row: row["observed_at"])}
    return tuple(
        EngagementReading(
            EngagementKind(kind), latest[kind]["count"], UnknownReason.NOT_EXPOSED if latest[kind]["reason"] else None
        )
        for kind in sorted(latest)
    )


def _comments(rows: Sequence[Row]) -> PostComments | None:
    if not rows:
        return None
    numbers = Counter(row["source"] for row in rows)
    source = max(("api", "page", "feed"), key=lambda name: numbers[name])
    authors = {row["comment_key"] for row in rows if row["by_author"]}
    told = sorted(
        (row for row in rows if row["source"] == source), key=lambda row: row["published_at"] or NOW + timedelta(days=9)
    )
    readers = [row for row in told if row["comment_key"] not in authors]
    words = tuple(row["words"] for row in readers if row["words"] is not None)
    return PostComments(tuple(row["commenter_hash"] for row in readers), len(told) - len(readers), words)


def _citing(world: World, post: Row, blogger_id: int) -> int:
    pages = {address["folded_url"] for address in world.of(PostAddress, post_id=post["id"])}
    owners = {site["id"]: site["blogger_id"] for site in world.rows[Site]}
    live = {row["id"] for row in world.of(Post, state="live")}
    citing = {
        owners[link["site_id"]]
        for link in world.of(Link, context="content")
        if link["post_id"] in live and NO_VOTE_RELS.isdisjoint(link["rel"]) and fold_url(link["target_url"]) in pages
    }
    return len(citing - {blogger_id})
